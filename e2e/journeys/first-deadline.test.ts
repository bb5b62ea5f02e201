import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axe, launch, shoot } from '../src/browser.ts';
import { Demo } from '../src/demo.ts';
import { ADMIN, AGENT, AGENT_EMAIL, Desk } from '../src/desk.ts';
import { Sandbox } from '../src/sandbox.ts';

// From nothing to a deadline that hits: one story, told in order.

let demo: Demo;
let browser: Browser;
let sandbox: Sandbox;
let agent: Desk;
let ticketId: number;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
  sandbox = new Sandbox(demo);
  const [ticket] = await sandbox.ticketsOf(AGENT_EMAIL);
  if (!ticket) throw new Error('The seed gives the agent no open ticket.');
  ticketId = ticket.id;
  agent = await Desk.signIn(browser, demo, AGENT);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

it('tells an agent to ask an administrator', async () => {
  await agent.openTicket(ticketId);
  await agent.sidebar.getByRole('heading', { name: 'Deadline is not authorised yet' }).waitFor();
  await agent.sidebar.getByText('Ask an administrator of your Zendesk', { exact: false }).waitFor();
  expect(await agent.sidebar.getByRole('button', { name: 'Authorise' }).count()).toBe(0);
  expect(await axe(await agent.frame('ticket_sidebar'))).toEqual([]);
  await shoot(agent.page, '1-ask-an-administrator');
});

it('lets an administrator authorise, on Zendesk’s own page', async () => {
  const admin = await Desk.signIn(browser, demo, ADMIN);
  await admin.openTicket(ticketId);
  const access = admin.sidebar.getByRole('table', { name: 'API access' });
  await access
    .getByRole('row', { name: /Tickets/ })
    .first()
    .waitFor();
  expect(await axe(await admin.frame('ticket_sidebar'))).toEqual([]);
  await shoot(admin.page, '2-authorise');

  const opened = admin.page.waitForEvent('popup');
  await admin.sidebar.getByRole('button', { name: 'Authorise', exact: true }).click();
  const consent = await opened;
  await consent.getByRole('button', { name: 'Allow', exact: true }).waitFor();
  expect(await axe(consent.mainFrame())).toEqual([]);
  await shoot(consent, '3-consent');
  await consent.getByRole('button', { name: 'Allow', exact: true }).click();
  await consent.getByRole('heading', { name: 'Deadline is authorised' }).waitFor();

  await admin.sidebar.getByText('No deadline').waitFor();
  await admin.close();
});

it('lets the agent go on without a reload', async () => {
  await agent.sidebar.getByText('No deadline').waitFor();
  await agent.sidebar.getByRole('button', { name: /^4 hours/ }).waitFor();
  await shoot(agent.page, '4-no-deadline');
});

it('counts down, changes the tags at the second, and starts the trigger', async () => {
  const { at } = await agent.typeDeadline(3);
  await agent.countdown.getByText(/in [1-4] s/).waitFor();
  await agent.tag('deadline_pending').waitFor();
  await shoot(agent.page, '5-countdown');

  await agent.tag('deadline_now').waitFor();
  expect(Date.now()).toBeGreaterThanOrEqual(at);
  await agent.tag('deadline_pending').waitFor({ state: 'detached' });
  await agent.countdown.getByText(/late by/).waitFor();

  // The seeded trigger waits for the tag.
  await agent.tag('deadline_escalated').waitFor();
  await agent.page
    .locator('[data-kind="note"]')
    .getByText('The deadline of this ticket has passed.', { exact: false })
    .waitFor();
  await agent.sidebar.getByText('The deadline hit.').waitFor();

  // The one who set it is told, wherever he works.
  const popup = agent.page
    .getByRole('alert')
    .filter({ hasText: `The deadline of ticket #${ticketId} has passed` });
  await popup.waitFor();
  await popup.getByRole('button', { name: 'Close' }).click();
  await popup.waitFor({ state: 'detached' });
  await shoot(agent.page, '6-hit');

  // What Zendesk was asked for, and when.
  const ticket = await sandbox.ticket(ticketId);
  expect(ticket.tags).toContain('deadline_now');
  expect(ticket.tags).not.toContain('deadline_pending');
  expect(ticket.priority).toBe('urgent');
  const updates = await sandbox.updatesOf(ticketId);
  const hits = updates.filter((call) => JSON.stringify(call.request).includes('deadline_now'));
  const hit = hits.at(-1);
  const sentAt = Date.parse(hit?.time ?? '');
  expect(sentAt, 'not before its time').toBeGreaterThanOrEqual(at);
  expect(sentAt - at, 'milliseconds late').toBeLessThan(2_000);
  const notes = (await sandbox.comments(ticketId)).filter((comment) => /has passed/.test(comment.body));
  expect(notes).toHaveLength(1);
  expect(notes[0]?.public).toBe(false);
});

it('has left nothing that keeps people out', async () => {
  expect(await axe(await agent.frame('ticket_sidebar'))).toEqual([]);
  expect(await axe(agent.page.mainFrame())).toEqual([]);
  await agent.close();
});
