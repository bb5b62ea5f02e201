import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, shoot } from '../src/browser.ts';
import { Demo } from '../src/demo.ts';
import { ADMIN, AGENT, AGENT_EMAIL, Desk, OTHER_AGENT } from '../src/desk.ts';
import { Sandbox } from '../src/sandbox.ts';

let demo: Demo;
let browser: Browser;
let sandbox: Sandbox;
/** Each test works on a ticket of its own. */
let tickets: number[];

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
  sandbox = new Sandbox(demo);
  tickets = (await sandbox.ticketsOf(AGENT_EMAIL)).map((ticket) => ticket.id);
  const admin = await Desk.signIn(browser, demo, ADMIN);
  await admin.openTicket(tickets[0] ?? 0);
  await admin.authorise();
  await admin.close();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

function ticket(): number {
  const id = tickets.shift();
  if (id === undefined) throw new Error('The seed gives the agent too few open tickets.');
  return id;
}

async function signIn(name: string, ticketId: number, options = {}): Promise<Desk> {
  const desk = await Desk.signIn(browser, demo, name, options);
  await desk.openTicket(ticketId);
  return desk;
}

describe('one agent', () => {
  it('sets, moves, clears, and takes the clearing back', async () => {
    const id = ticket();
    const desk = await signIn(AGENT, id);
    await desk.sidebar.getByRole('button', { name: /^4 hours/ }).click();
    await desk.countdown.getByText(/in (4 h|3 h 59 min)/).waitFor();
    await desk.sidebar.getByText('Maya Lindqvist set it to', { exact: false }).waitFor();
    await desk.tag('deadline_pending').waitFor();
    await shoot(desk.page, 'sidebar');

    await desk.sidebar.getByRole('button', { name: 'Change', exact: true }).click();
    await desk.typeDeadline(26 * 3600, 'Move');
    await desk.countdown.getByText(/in 1 d 1 h|in 1 d 2 h/).waitFor();
    await desk.sidebar.getByText('Maya Lindqvist moved it to', { exact: false }).waitFor();

    await desk.sidebar.getByRole('button', { name: 'Clear', exact: true }).click();
    await desk.sidebar.getByText('No deadline').waitFor();
    await desk.tag('deadline_pending').waitFor({ state: 'detached' });
    await desk.sidebar.getByRole('button', { name: 'Undo', exact: true }).click();
    await desk.countdown.getByText(/in 1 d/).waitFor();
    await desk.tag('deadline_pending').waitFor();

    // Moving changes nothing on the ticket: one update each for set, cleared and set again.
    const updates = await sandbox.updatesOf(id);
    expect(updates).toHaveLength(3);
    await desk.close();
  });

  it('is told why a time cannot be set, and keeps what he typed', async () => {
    const desk = await signIn(AGENT, ticket());
    await desk.typeDeadline(-3_600);
    await desk.sidebar.getByText('The deadline was not set').waitFor();
    await desk.sidebar.getByText('in the past', { exact: false }).waitFor();
    expect(await desk.sidebar.getByRole('textbox', { name: 'Time' }).inputValue()).not.toBe('');
    expect(await axe(await desk.frame('ticket_sidebar'))).toEqual([]);
    await desk.close();
  });

  it('finds the solved ticket hit as solved', async () => {
    const id = ticket();
    const desk = await signIn(AGENT, id);
    await sandbox.update(id, { status: 'solved' });
    await desk.typeDeadline(2);
    await desk.countdown.getByText('solved in time').waitFor();
    await desk.tag('deadline_while_solved').waitFor();
    const { tags } = await sandbox.ticket(id);
    expect(tags).not.toContain('deadline_now');
    expect(tags).not.toContain('deadline_pending');
    await desk.close();
  });

  it('works by keyboard alone', async () => {
    const desk = await signIn(AGENT, ticket());
    const { page } = desk;
    const frame = await desk.frame('ticket_sidebar');
    await desk.sidebar.getByRole('button', { name: /^1 hour/ }).waitFor();
    const focused = () => frame.evaluate(() => document.activeElement?.textContent ?? '');
    const tabTo = async (text: string) => {
      for (let presses = 0; presses < 80; presses += 1) {
        if ((await focused()).startsWith(text)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not reach "${text}".`);
    };
    // From the top of the desk, as somebody without a mouse would.
    await page.locator('iframe[data-location="ticket_sidebar"]:visible').focus();
    await tabTo('4 hours');
    await page.keyboard.press('Enter');
    await desk.countdown.getByText(/in (4 h|3 h 59 min)/).waitFor();
    await tabTo('Change');
    await page.keyboard.press('Enter');
    await tabTo('1 hour');
    await page.keyboard.press('Enter');
    await desk.countdown.getByText(/in (1 h|59 min)/).waitFor();
    await tabTo('Clear');
    await page.keyboard.press('Enter');
    await desk.sidebar.getByText('No deadline').waitFor();
    await desk.close();
  });
});

describe('two agents', () => {
  it('see within two seconds what the other one does', async () => {
    const id = ticket();
    const maya = await signIn(AGENT, id);
    const jonas = await signIn(OTHER_AGENT, id);
    await jonas.sidebar.getByText('No deadline').waitFor();
    await maya.sidebar.getByRole('button', { name: /^4 hours/ }).click();
    await maya.countdown.waitFor();
    await jonas.countdown.getByText(/in (4 h|3 h 59 min)/).waitFor({ timeout: 2_000 });
    await jonas.sidebar.getByText('set by Maya Lindqvist', { exact: false }).waitFor();
    await jonas.sidebar.getByRole('button', { name: 'Clear', exact: true }).click();
    await jonas.sidebar.getByText('No deadline').waitFor();
    await maya.sidebar.getByText('No deadline').waitFor({ timeout: 2_000 });
    await maya.close();
    await jonas.close();
  });

  it('are shown both versions when both decide at once', async () => {
    const id = ticket();
    const maya = await signIn(AGENT, id);
    const jonas = await signIn(OTHER_AGENT, id);
    await maya.sidebar.getByRole('button', { name: /^1 hour/ }).click();
    await maya.countdown.waitFor();
    await jonas.countdown.waitFor();
    // Both have begun to change the same deadline; Jonas is first.
    await maya.sidebar.getByRole('button', { name: 'Change', exact: true }).click();
    await jonas.sidebar.getByRole('button', { name: 'Change', exact: true }).click();
    await jonas.sidebar.getByRole('button', { name: /^4 hours/ }).click();
    await jonas.countdown.getByText(/in (4 h|3 h 59 min)/).waitFor();
    await maya.countdown.getByText(/in (4 h|3 h 59 min)/).waitFor();
    await maya.typeDeadline(26 * 3600, 'Move');
    await maya.sidebar.getByText('Changed by somebody else meanwhile').waitFor();
    await maya.sidebar.getByText('set by Jonas Weber.', { exact: false }).waitFor();
    expect(await axe(await maya.frame('ticket_sidebar'))).toEqual([]);
    await shoot(maya.page, 'conflict');
    await maya.sidebar.getByRole('button', { name: 'Use mine' }).click();
    await maya.countdown.getByText(/in 1 d/).waitFor();
    await jonas.countdown.getByText(/in 1 d/).waitFor({ timeout: 2_000 });
    await maya.close();
    await jonas.close();
  });
});

describe('the page', () => {
  it('is dark where Zendesk is', async () => {
    const desk = await signIn(AGENT, ticket());
    await desk.page.getByRole('button', { name: /Maya Lindqvist:/ }).click();
    await desk.page.getByRole('menuitem', { name: 'Dark colours' }).click();
    const frame = await desk.frame('ticket_sidebar');
    await expect.poll(() => brightness(frame)).toBeLessThan(80);
    await desk.sidebar.getByRole('button', { name: /^4 hours/ }).click();
    await desk.countdown.waitFor();
    expect(await axe(frame)).toEqual([]);
    expect(await axe(desk.page.mainFrame())).toEqual([]);
    await shoot(desk.page, 'sidebar-dark');
    // Opened anew it is dark from the start.
    await desk.page.reload();
    await desk.countdown.waitFor();
    await expect.poll(async () => brightness(await desk.frame('ticket_sidebar'))).toBeLessThan(80);
    await desk.close();
  });

  it('fits into 280 pixels', async () => {
    const desk = await signIn(AGENT, ticket());
    const width = desk.page.getByRole('separator', { name: 'Width of the apps column' });
    await width.focus();
    await expect
      .poll(async () => {
        await desk.page.keyboard.press('ArrowRight');
        return width.getAttribute('aria-valuenow');
      })
      .toBe('280');
    const frame = await desk.frame('ticket_sidebar');
    const fits = () =>
      frame.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
    await desk.sidebar.getByRole('button', { name: /^4 hours/ }).waitFor();
    expect(await fits(), 'the choices').toBe(true);
    await desk.sidebar.getByRole('button', { name: /^4 hours/ }).click();
    await desk.countdown.waitFor();
    expect(await fits(), 'the countdown').toBe(true);
    await desk.sidebar.getByRole('button', { name: 'Change', exact: true }).click();
    expect(await fits(), 'the change').toBe(true);
    // Nothing is cut off: the frame is as high as what is in it.
    await expect
      .poll(() => frame.evaluate(() => document.documentElement.scrollHeight <= window.innerHeight))
      .toBe(true);
    await shoot(desk.page, 'sidebar-280');
    await desk.close();
  });
});

/** How bright the ground of a page is, 0 to 255. */
function brightness(frame: { evaluate<T>(body: () => T): Promise<T> }): Promise<number> {
  return frame.evaluate(() => {
    const grounds = [document.body, document.documentElement].map((e) => getComputedStyle(e).backgroundColor);
    const ground = grounds.find((color) => !color.endsWith(', 0)')) ?? 'rgb(255, 255, 255)';
    const [r = 255, g = 255, b = 255] = (ground.match(/[\d.]+/g) ?? []).map(Number);
    return (r + g + b) / 3;
  });
}
