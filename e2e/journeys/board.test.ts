import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, shoot } from '../src/browser.ts';
import { Demo } from '../src/demo.ts';
import { ADMIN, AGENT, AGENT_EMAIL, Desk } from '../src/desk.ts';
import { Sandbox } from '../src/sandbox.ts';

let demo: Demo;
let browser: Browser;
let admin: Desk;
let agent: Desk;
let mine: number[];

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
  mine = (await new Sandbox(demo).ticketsOf(AGENT_EMAIL)).map((ticket) => ticket.id).slice(0, 4);
  admin = await Desk.signIn(browser, demo, ADMIN);
  await admin.openTicket(first());
  await admin.authorise();
  agent = await Desk.signIn(browser, demo, AGENT);
  for (const [position, id] of mine.entries()) {
    await agent.openTicket(id);
    if (position === 0) {
      await agent.typeDeadline(1);
      await agent.countdown.getByText(/late by/).waitFor();
    } else {
      await agent.sidebar.getByRole('button', { name: position === 1 ? /^1 hour/ : /^\+3 business/ }).click();
      await agent.countdown.waitFor();
    }
  }
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

function first(): number {
  const [id] = mine;
  if (id === undefined) throw new Error('The seed gives the agent no open ticket.');
  return id;
}

const rows = (desk: Desk) => desk.board.locator('tbody tr');

describe('the list', () => {
  it('shows mine first, the latest on top', async () => {
    await agent.openBoard();
    await expect.poll(() => rows(agent).count()).toBe(4);
    await rows(agent).first().getByText(`#${first()}`).waitFor();
    await rows(agent).first().getByText('Late', { exact: false }).waitFor();
    await agent.board.getByText('1 late').waitFor();
    expect(await axe(await agent.frame('nav_bar'))).toEqual([]);
    await shoot(agent.page, 'board');
  });

  it('filters, searches and sorts on the server', async () => {
    await agent.board.getByRole('button', { name: /^Late/ }).click();
    await expect.poll(() => rows(agent).count()).toBe(1);
    await agent.board.getByRole('button', { name: /^Late/ }).click();
    await expect.poll(() => rows(agent).count()).toBe(4);

    const search = agent.board.getByRole('searchbox', { name: 'Ticket number' });
    await search.fill(`${mine[1]}`);
    await search.press('Enter');
    await expect.poll(() => rows(agent).count()).toBe(1);
    await search.fill('');
    await expect.poll(() => rows(agent).count()).toBe(4);

    await agent.board.getByRole('button', { name: 'Unassigned' }).click();
    await agent.board.getByText('No unassigned ticket has a deadline.').waitFor();
    await agent.board.getByRole('button', { name: 'Mine', exact: true }).click();
    await expect.poll(() => rows(agent).count()).toBe(4);

    const numbers = async () =>
      (await rows(agent).getByRole('button', { name: /^#\d+/ }).allTextContents()).map((text) =>
        Number(text.slice(1)),
      );
    await agent.board.getByRole('button', { name: 'Ticket', exact: true }).click();
    await expect.poll(numbers).toEqual([...mine].sort((a, b) => a - b));
    await agent.board.getByRole('button', { name: 'Ticket', exact: true }).click();
    await expect.poll(numbers).toEqual([...mine].sort((a, b) => b - a));
  });

  it('gives what the filter shows as a file', async () => {
    const download = agent.page.waitForEvent('download');
    await agent.board.getByRole('button', { name: 'CSV' }).click();
    const lines = readFileSync(await (await download).path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(lines[0]).toBe('ticket_id,deadline,state,set_at,set_by');
    expect(lines).toHaveLength(5);
    expect(lines.find((line) => line.startsWith(`${first()},`))).toMatch(/,hit,.*Maya Lindqvist$/);
  });

  it('moves and clears several at once', async () => {
    const pick = async (...ids: (number | undefined)[]) => {
      for (const id of ids) await agent.board.getByLabel(`Select ticket ${id}`).check({ force: true });
      await agent.board.getByText(`${ids.length} selected`).waitFor();
    };
    await pick(mine[1], mine[2]);
    await agent.board.getByRole('button', { name: 'Change …' }).click();
    await agent.board.getByRole('button', { name: /^4 hours/ }).click();
    await agent.board.getByText('2 deadlines changed.').waitFor();
    await expect
      .poll(() =>
        rows(agent)
          .getByText(/in (4 h|3 h 59 min)/)
          .count(),
      )
      .toBe(2);

    await pick(mine[1], mine[3]);
    await agent.board.getByRole('button', { name: 'Clear', exact: true }).click();
    await agent.board.getByRole('button', { name: 'Clear 2 deadlines' }).click();
    await agent.board.getByText('2 deadlines cleared.').waitFor();
    await expect.poll(() => rows(agent).count()).toBe(2);
  });

  it('opens a ticket in Zendesk', async () => {
    await rows(agent).first().getByRole('button', { name: /^#\d+/ }).click();
    await agent.page.waitForURL(/\/agent\/tickets\/\d+$/);
    await agent.close();
  });
});

describe('an administrator', () => {
  it('sees in Activity what the app did, and why', async () => {
    await admin.openBoard();
    await admin.board.getByRole('tab', { name: 'Activity' }).click();
    await admin.board.getByText('Added the tag deadline_now', { exact: false }).first().waitFor();
    await admin.board.getByText('Sent', { exact: true }).first().waitFor();
    expect(await axe(await admin.frame('nav_bar'))).toEqual([]);
    await shoot(admin.page, 'activity');
    await admin.board.getByRole('searchbox', { name: 'Ticket number' }).fill(`${mine[3]}`);
    const tickets = async () =>
      new Set(await admin.board.getByRole('button', { name: /^#\d+/ }).allTextContents());
    await expect.poll(tickets).toEqual(new Set([`#${mine[3]}`]));
  });

  it('sets warnings, which the agents’ pages follow', async () => {
    await admin.board.getByRole('tab', { name: 'Admin' }).click();
    await admin.board.getByRole('heading', { name: 'Warnings' }).waitFor();
    expect(await axe(await admin.frame('nav_bar'))).toEqual([]);
    await shoot(admin.page, 'admin');
    const amount = admin.board.getByLabel('Warning 1: how much');
    await amount.fill('45');
    await admin.board.getByRole('button', { name: 'Save', exact: true }).click();
    await admin.board.getByText('Changes are not saved yet.').waitFor({ state: 'detached' });
    for (const section of ['Pop-ups', 'Display field', 'API access', 'What this app does']) {
      await admin.board
        .getByRole('navigation', { name: 'Sections' })
        .getByRole('button', { name: section })
        .click();
      await admin.board.getByRole('heading', { name: section }).waitFor();
      expect(await axe(await admin.frame('nav_bar')), section).toEqual([]);
    }
    await admin.page.reload();
    await admin.board.getByRole('tab', { name: 'Admin' }).click();
    expect(await admin.board.getByLabel('Warning 1: how much').inputValue()).toBe('45');
    await admin.close();
  });

  it('is the only one who sees the settings', async () => {
    const desk = await Desk.signIn(browser, demo, AGENT);
    await desk.openBoard();
    await desk.board.getByRole('tab', { name: 'Activity' }).waitFor();
    expect(await desk.board.getByRole('tab', { name: 'Admin' }).count()).toBe(0);
    await desk.close();
  });
});
