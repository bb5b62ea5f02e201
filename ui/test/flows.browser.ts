import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './browser.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

describe('sidebar', () => {
  it('sets by one click, clears, and takes the clearing back', async () => {
    const opened = await bench.open('sidebar-empty');
    const { frame } = opened;
    await frame.getByRole('button', { name: /^4 hours/ }).click();
    await opened.see(/in (4 h|3 h 59 min)/);
    await opened.see('Lena Fischer set it to', false);
    await frame.getByRole('button', { name: 'Clear' }).click();
    await opened.see('No deadline');
    await opened.see('Deadline cleared.');
    await opened.shoot('sidebar-cleared');
    expect(await opened.axe()).toEqual([]);
    await frame.getByRole('button', { name: 'Undo' }).click();
    await opened.see(/in (4 h|3 h 59 min)/);
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });

  it('is used by keyboard alone', async () => {
    const opened = await bench.open('sidebar-empty', { width: 280 });
    const { frame, page } = opened;
    await frame.getByRole('textbox', { name: 'Time' }).focus();
    await page.keyboard.type('nonsense');
    await page.keyboard.press('Enter');
    await opened.see('Type a time such as 14:30', false);
    await opened.shoot('sidebar-unreadable-280');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('9:15');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('12/31/2030');
    await page.keyboard.press('Enter');
    await opened.see('Dec 31, 2030 9:15');
    await frame.getByRole('button', { name: 'Change', disabled: false }).waitFor();
    // The focus stays where the result is, not at the top of the page.
    await page.keyboard.press('Tab');
    expect(await frame.evaluate(() => document.activeElement?.textContent)).toBe('Change');
    await page.keyboard.press('Enter');
    expect(await frame.getByRole('textbox', { name: 'Time' }).inputValue()).toBe('9:15');
    await frame.getByRole('textbox', { name: 'Time' }).fill('10:45');
    await page.keyboard.press('Enter');
    await opened.see('Dec 31, 2030 10:45');
    await opened.close();
  });

  it('makes room for the calendar below its field', async () => {
    const opened = await bench.open('sidebar-empty', { width: 280, viewport: { width: 600, height: 900 } });
    const { frame, page } = opened;
    const before = await page.evaluate(() => document.querySelector('iframe')?.clientHeight ?? 0);
    await frame.getByRole('textbox', { name: 'Date' }).click();
    const day = frame.getByText('28', { exact: true });
    await day.waitFor();
    await page.waitForFunction(
      (old) => (document.querySelector('iframe')?.clientHeight ?? 0) > old + 100,
      before,
    );
    const box = await day.boundingBox();
    const field = await frame.getByRole('textbox', { name: 'Date' }).boundingBox();
    expect(box?.y).toBeGreaterThan(field?.y ?? Infinity);
    await opened.shoot('sidebar-calendar-280');
    await day.click();
    await page.waitForFunction(
      (old) => (document.querySelector('iframe')?.clientHeight ?? 0) < old + 20,
      before,
    );
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });

  it('says why it was refused and keeps what was typed', async () => {
    const opened = await bench.open('sidebar-refusing');
    const { frame } = opened;
    await frame.getByRole('textbox', { name: 'Time' }).fill('23:59:59');
    await frame.getByRole('button', { name: 'Set', exact: true }).click();
    await opened.see('The database is busy.', false);
    expect(await frame.getByRole('textbox', { name: 'Time' }).inputValue()).toBe('23:59:59');
    await opened.shoot('sidebar-refused');
    expect(await opened.axe()).toEqual([]);
    await opened.close();
  });

  it('goes on without a connection and saves when it is back', async () => {
    const opened = await bench.open('sidebar-running');
    const { frame } = opened;
    await opened.control({ down: true });
    await opened.see('Connection lost');
    await frame.getByRole('button', { name: 'Change' }).click();
    await frame.getByRole('button', { name: /^4 hours/ }).click();
    await opened.see('Not saved yet: waiting for the connection.');
    await opened.shoot('sidebar-waiting');
    expect(await opened.axe()).toEqual([]);
    await opened.control({ down: false });
    await frame.getByText('Not saved yet').waitFor({ state: 'detached', timeout: 20_000 });
    await opened.see('Lena Fischer moved it to', false);
    await frame.getByText('Connection lost').waitFor({ state: 'detached', timeout: 20_000 });
    await opened.close();
  });

  it('shows what another agent does within two seconds, and both versions when both did', async () => {
    const instance = 'two-agents';
    const mine = await bench.open('sidebar-running', { instance });
    const other = await bench.open('sidebar-running', { instance });
    await mine.see(/in 2 h/);
    await other.see(/in 2 h/);
    await mine.frame.getByRole('button', { name: 'Change' }).click();
    await other.frame.getByRole('button', { name: 'Change' }).click();
    const began = Date.now();
    await other.frame.getByRole('button', { name: /^1 hour/ }).click();
    await mine.see(/in (1 h|59 min)/);
    expect(Date.now() - began).toBeLessThan(2000);
    await mine.frame.getByRole('button', { name: /^4 hours/ }).click();
    await mine.see('Changed by somebody else meanwhile');
    await mine.shoot('sidebar-conflict');
    expect(await mine.axe()).toEqual([]);
    await mine.frame.getByRole('button', { name: 'Use mine' }).click();
    await mine.see(/in (4 h|3 h 59 min)/);
    await other.see(/in (4 h|3 h 59 min)/);
    await mine.close();
    await other.close();
  });

  it('is ready the moment an administrator has authorised', async () => {
    const opened = await bench.open('sidebar-ask');
    await opened.see('Ask an administrator', false);
    await opened.control({ authorization: { state: 'healthy', granted_by: 'Ada Park' } });
    await opened.see('No deadline');
    await opened.close();
  });

  it('opens the consent page in a window of its own', async () => {
    const opened = await bench.open('sidebar-authorise');
    const [popup] = await Promise.all([
      opened.page.waitForEvent('popup'),
      opened.frame.getByRole('button', { name: 'Authorise' }).click(),
    ]);
    await popup.waitForURL('**/consent');
    await opened.see('Finish in the window', false);
    await opened.close();
  });

  it('says that it has to be reloaded when its session has ended', async () => {
    const opened = await bench.open('sidebar-session');
    await opened.see('Reload this app');
    await opened.shoot('sidebar-session');
    await opened.close();
  });

  it('follows Zendesk into the dark and leads to the board', async () => {
    const opened = await bench.open('sidebar-running');
    await opened.see(/in 2 h/);
    const background = () => opened.frame.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await background()).toBe('rgb(255, 255, 255)');
    await opened.page.evaluate(() => window.sendToApp('colorScheme.changed', 'dark'));
    await opened.frame.waitForFunction(
      () => getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)',
    );
    await opened.frame.getByRole('button', { name: 'All deadlines' }).click();
    await expect.poll(() => opened.asked('routeTo')).toEqual([['nav_bar', 'deadline', '']]);
    await opened.close();
  });
});

describe('board', () => {
  it('filters, sorts and searches in the address', async () => {
    const opened = await bench.open('board');
    const { frame, page } = opened;
    await opened.see('#1000');
    await frame.getByRole('button', { name: /^Late/ }).click();
    await frame.getByText('#1009', { exact: true }).waitFor({ state: 'detached' });
    expect(await frame.evaluate(() => location.hash)).toBe('#scope=all&when=late');
    await frame.getByRole('button', { name: /^Late/ }).click();
    await frame.getByRole('button', { name: 'Ticket', exact: true }).click();
    await opened.see('#123');
    await frame.locator('tbody tr').first().getByText('#123', { exact: true }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('1042');
    await page.keyboard.press('Enter');
    await frame.getByText('#123', { exact: true }).waitFor({ state: 'detached' });
    await opened.see('#1042');
    expect(await frame.evaluate(() => location.hash)).toBe('#scope=all&sort=ticket_id&q=1042');
    await frame.getByRole('button', { name: '#1042' }).click();
    await expect.poll(() => opened.asked('routeTo')).toEqual([['ticket', 1042]]);
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });

  it('pages, and saves what the filter shows as CSV', async () => {
    const opened = await bench.open('board');
    const { frame } = opened;
    await opened.see('about 141 deadlines');
    await frame.getByRole('button', { name: 'Next' }).click();
    await frame.getByText('#1000', { exact: true }).waitFor({ state: 'detached' });
    await frame.getByRole('button', { name: 'Previous' }).click();
    await opened.see('#1000');
    const [download] = await Promise.all([
      opened.page.waitForEvent('download'),
      frame.getByRole('button', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('deadlines.csv');
    await opened.close();
  });

  it('changes and clears several at once and says what was refused', async () => {
    const opened = await bench.open('board');
    const { frame } = opened;
    await opened.see('#1000');
    for (const ticket of [1005, 1007, 1008])
      await frame.getByLabel(`Select ticket ${ticket}`).check({ force: true });
    await opened.see('3 selected');
    await opened.shoot('board-selected');
    await frame.getByRole('button', { name: 'Change …' }).click();
    await opened.shoot('board-bulk-change');
    expect(await opened.axe()).toEqual([]);
    await frame.getByRole('button', { name: /^4 hours/ }).click();
    await opened.see('2 deadlines changed.');
    await opened.see('#1007: Zendesk does not let you change this ticket.', false);
    await opened.shoot('board-bulk-refused');
    expect(await opened.axe()).toEqual([]);
    await frame
      .getByRole('region', { name: 'Selected deadlines' })
      .getByRole('button', { name: 'Close' })
      .click();
    await frame.getByLabel('Select ticket 1000').check({ force: true });
    await frame.getByRole('button', { name: 'Clear' }).click();
    await frame.getByRole('button', { name: 'Clear 1 deadline' }).click();
    await frame.getByText('#1000', { exact: true }).waitFor({ state: 'detached' });
    await opened.close();
  });

  it('lists its shortcuts', async () => {
    const opened = await bench.open('board');
    await opened.see('#1000');
    // A key reaches an iframe once it has been clicked into.
    await opened.frame.getByRole('heading', { name: 'Deadline' }).click();
    await opened.page.keyboard.press('?');
    await opened.see('Keyboard shortcuts');
    await opened.shoot('board-shortcuts');
    expect(await opened.axe()).toEqual([]);
    await opened.page.keyboard.press('Escape');
    await opened.frame.getByText('Keyboard shortcuts').waitFor({ state: 'detached' });
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });

  it('shows the activity of one ticket, and older lines', async () => {
    const opened = await bench.open('activity');
    await opened.see('#100');
    await opened.frame.getByRole('button', { name: 'Show older' }).click();
    await opened.see('#130');
    await opened.frame.getByLabel('Ticket number').fill('103');
    await opened.frame.getByText('#100', { exact: true }).waitFor({ state: 'detached' });
    await opened.see('#103');
    await opened.close();
  });
});

describe('admin', () => {
  it('saves settings, and notices that somebody else did', async () => {
    const instance = 'two-admins';
    const mine = await bench.open('admin', { instance });
    const other = await bench.open('admin', { instance });
    await mine.frame.getByRole('button', { name: 'Add a warning' }).click();
    await mine.frame.getByLabel('Warning 3: how much').fill('');
    await mine.frame.getByRole('button', { name: 'Save' }).click();
    await mine.see('Type a whole number of minutes', false);
    await mine.frame.getByLabel('Warning 3: how much').fill('15');
    await other.see('Add a warning');
    await mine.frame.getByRole('button', { name: 'Save' }).click();
    await mine.frame.getByText('Changes are not saved yet.').waitFor({ state: 'detached' });
    await other.frame.getByRole('button', { name: 'Pop-ups' }).click();
    await other.frame.getByRole('button', { name: 'Show placeholders' }).first().click();
    await other.frame.getByRole('button', { name: 'ticket.requester.name' }).click();
    await other.see('Kim Sato', false);
    await other.shoot('admin-popups');
    expect(await other.axe()).toEqual([]);
    await other.frame.getByRole('button', { name: 'Save' }).click();
    await other.see('Another administrator saved these settings meanwhile');
    await other.shoot('admin-elsewhere');
    await other.frame.getByRole('button', { name: 'Load theirs' }).click();
    await other.frame.getByRole('button', { name: 'Warnings' }).click();
    expect(await other.frame.getByLabel('Warning 3: how much').inputValue()).toBe('15');
    expect([...mine.complaints, ...other.complaints]).toEqual([]);
    await mine.close();
    await other.close();
  });

  it('creates webhook and trigger in Zendesk, and shows field and access', async () => {
    const opened = await bench.open('admin');
    const { frame } = opened;
    await frame.getByRole('button', { name: 'Display field' }).click();
    await frame.getByLabel('Ticket field').selectOption('502');
    await frame.getByRole('button', { name: 'Save' }).click();
    await frame.getByText('Changes are not saved yet.').waitFor({ state: 'detached' });
    await frame.getByRole('button', { name: 'Automation' }).click();
    await frame.getByRole('button', { name: 'Create in Zendesk' }).first().click();
    await opened.shoot('admin-automation');
    expect(await opened.axe()).toEqual([]);
    await frame.getByRole('button', { name: 'Create in Zendesk' }).first().click();
    await opened.see('The webhook and the trigger are in Zendesk');
    await frame.getByRole('button', { name: 'API access' }).click();
    await opened.see('Triggers and webhooks');
    await opened.shoot('admin-access');
    expect(await opened.axe()).toEqual([]);
    await opened.close();
  });
});

describe('background', () => {
  it('shows each notification once', async () => {
    const opened = await bench.open('background');
    await opened.frame.waitForFunction(() => 'ZAFClient' in window);
    const send = (id: string, kind: string, more = 0) =>
      opened.page.evaluate(
        ([name, sort, rest]) => {
          const item = {
            id: name,
            title: 'Deadline',
            text: 'Ticket #123 is due.',
            link_ticket_id: 123,
            kind: sort,
          };
          window.sendToApp('api_notification.aerie', {
            body: JSON.stringify({ items: [item], more: rest }),
            sender: {},
          });
        },
        [id, kind, more] as const,
      );
    await expect
      .poll(async () => {
        await send('n1', 'warning');
        return (await opened.asked('notify')).length;
      })
      .toBe(1);
    await send('n2', 'hit', 12);
    await send('n1', 'warning', 12);
    await expect.poll(async () => (await opened.asked('notify')).length).toBe(3);
    expect(await opened.asked('notify')).toEqual([
      ['Deadline: Ticket #123 is due.', 'notice', { sticky: true }],
      ['Deadline: Ticket #123 is due.', 'alert', { sticky: true }],
      ['And 12 more deadlines', 'notice', { sticky: true }],
    ]);
    await opened.close();
  });
});
