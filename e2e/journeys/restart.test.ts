import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch } from '../src/browser.ts';
import { Demo } from '../src/demo.ts';
import { ADMIN, AGENT, AGENT_EMAIL, Desk } from '../src/desk.ts';
import { Sandbox } from '../src/sandbox.ts';

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

it('goes on where it was: a deadline set before the restart hits after it', async () => {
  const sandbox = new Sandbox(demo);
  const [ticket] = await sandbox.ticketsOf(AGENT_EMAIL);
  if (!ticket) throw new Error('The seed gives the agent no open ticket.');
  const admin = await Desk.signIn(browser, demo, ADMIN);
  await admin.openTicket(ticket.id);
  await admin.authorise();
  await admin.close();

  const agent = await Desk.signIn(browser, demo, AGENT);
  await agent.openTicket(ticket.id);
  // Long enough for the restart; if it is not, the deadline hits late, and that is told.
  const { at } = await agent.typeDeadline(15);
  await agent.tag('deadline_pending').waitFor();
  await agent.page.context().close();

  await demo.end();
  await demo.run();
  expect((await sandbox.ticket(ticket.id)).tags).toContain('deadline_pending');

  // Nobody has to authorise again.
  const again = await Desk.signIn(browser, demo, AGENT);
  await again.openTicket(ticket.id);
  await again.countdown.waitFor();
  await again.tag('deadline_now').waitFor({ timeout: 20_000 });
  expect(Date.now()).toBeGreaterThanOrEqual(at);
  await again.tag('deadline_pending').waitFor({ state: 'detached' });
  await again.close();
});
