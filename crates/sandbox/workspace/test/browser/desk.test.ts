import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startMock } from '../mock/sandbox';
import type { MockSandbox } from '../mock/sandbox';
import { appFrame, inApp, launch } from './chromium';

/** The built page (`npm run build` first) in Chromium, against the mock, with an app that uses the real SDK. */
let browser: Browser;
let mock: MockSandbox;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

beforeEach(async () => {
  mock = await startMock();
  problems.length = 0;
  page = await browser.newPage({
    viewport: { width: 1440, height: 860 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(8_000);
  page.on('pageerror', error => problems.push(error.message));
});
afterEach(async () => {
  await page.close();
  await mock.close();
  expect(problems).toEqual([]);
});

const shot = async (name: string) => {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
};

async function signIn(path = '/') {
  await page.goto(mock.url + path);
  await page.getByRole('button', { name: /Ada Lindqvist/ }).click();
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
}

async function openTicket(id = 1) {
  await signIn(`/agent/tickets/${id}`);
  return appFrame(page, 'ticket_sidebar');
}

const submitted = (id = 1) =>
  mock.calls.filter(call => call.method === 'PUT' && call.path === `/api/v2/tickets/${id}`);
const subject = () => page.getByRole('textbox', { name: 'Subject' });
const submitButton = () => page.getByRole('button', { name: /^Submit as/ });
const eventNames = 'window.events.map(([name]) => name)';

async function axe(): Promise<string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const found = await page.evaluate(
    `axe.run(document, { iframes: false }).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact))
      .map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')))`,
  );
  return found as string[];
}

describe('the desk', () => {
  it('lets a person in and out', async () => {
    await page.goto(mock.url);
    await page.getByRole('heading', { name: 'Sign in to Acme' }).waitFor();
    await shot('sign-in');
    expect(await axe()).toEqual([]);
    await page.getByRole('button', { name: /Ben Okafor/ }).click();
    await page.getByRole('button', { name: /Ben Okafor:/ }).click();
    await page.getByRole('menuitem', { name: /Sign out/ }).click();
    await page.getByRole('heading', { name: 'Sign in to Acme' }).waitFor();
  });

  it('lists views and their tickets, sorted as asked', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Delivery slot vanished from the basket' }).first().waitFor();
    await shot('views');
    expect(await axe()).toEqual([]);
    expect(await page.getByRole('row').count()).toBe(41);
    await page.getByRole('button', { name: 'ID', exact: true }).click();
    await page.getByRole('button', { name: 'ID', exact: true }).click();
    await page.locator('tbody tr:first-child', { hasText: '#40' }).waitFor();
    await page.getByRole('link', { name: /Recently solved/ }).click();
    await page.getByText('No tickets in this view').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Invoice 4711 shows the old address' }).first().click();
    await page.waitForURL(/tickets\/2$/);
  });

  it('shows a ticket and sends only what was changed', async () => {
    await openTicket();
    await page.getByText('Kind regards').waitFor();
    await shot('ticket');
    expect(await axe()).toEqual([]);
    await page.getByLabel('Tags').fill('urgent,');
    await page.getByLabel('Order number').fill('B-1');
    await page.getByRole('textbox', { name: 'Public reply' }).fill('It works again.');
    await page.getByRole('button', { name: 'Submit with another status' }).click();
    await page.getByRole('menuitem', { name: 'Submit as Solved' }).click();
    await page.getByText('It works again.').waitFor();
    expect(submitted()).toHaveLength(1);
    expect(submitted()[0]?.body).toEqual({
      ticket: {
        status: 'solved',
        tags: ['web_shop', 'vip', 'urgent'],
        custom_fields: [{ id: 402, value: 'B-1' }],
        comment: { html_body: 'It works again.', public: true },
        safe_update: true,
        updated_stamp: '2026-11-20T08:01:01.000Z',
      },
    });
    await page.getByText('Changed, not saved').waitFor({ state: 'detached' });
    expect(await page.getByRole('textbox', { name: 'Public reply' }).innerText()).toBe('');
  });

  it('takes in what others change and keeps what was typed', async () => {
    await openTicket();
    await subject().fill('My subject');
    mock.change(1, { subject: 'Their subject', tags: ['new_tag'] });
    await page.locator('[data-tag="new_tag"]').waitFor();
    expect(await subject().inputValue()).toBe('My subject');
  });

  it('asks when somebody else was faster', async () => {
    await openTicket();
    await subject().fill('Mine');
    mock.change(1, { priority: 'urgent' }, false);
    await submitButton().click();
    await page.getByText('Somebody else changed this ticket').waitFor();
    await shot('conflict');
    expect(mock.tickets.get(1)?.subject).not.toBe('Mine');
    await page.getByRole('button', { name: 'Submit mine over them' }).click();
    await page.getByText('Somebody else changed this ticket').waitFor({ state: 'detached' });
    await expect.poll(() => mock.tickets.get(1)?.subject).toBe('Mine');
    expect(mock.tickets.get(1)?.priority).toBe('urgent');
  });

  it('shows what the server refused beside the field', async () => {
    await openTicket();
    mock.refuse('PUT /api/v2/tickets/1', 422, {
      error: 'RecordInvalid',
      description: 'Record validation errors',
      details: {
        base: [{ description: 'Product: is required to solve', error: 'BlankValue' }],
      },
    });
    await submitButton().click();
    await page
      .locator('[data-field="custom_field_401"]')
      .getByText('Product: is required to solve')
      .waitFor();
  });

  it('gives the ticket to another agent and sets fields by their lists', async () => {
    await openTicket();
    await page.locator('[data-field="assignee"]').getByRole('combobox').focus();
    await page.keyboard.type('Chi');
    await page.getByRole('option', { name: /Chiara Conti/ }).click();
    await page.locator('[data-field="priority"]').getByRole('combobox').click();
    await page.getByRole('option', { name: 'Urgent' }).click();
    await page.locator('[data-field="custom_field_405"]').getByRole('combobox').click();
    await page.getByRole('option', { name: 'Genoa' }).click();
    await page.keyboard.press('Escape');
    await page.getByLabel('Escalated').check({ force: true });
    await submitButton().click();
    await expect.poll(() => submitted().length).toBe(1);
    expect(submitted()[0]?.body).toMatchObject({
      ticket: {
        assignee_id: 3,
        group_id: 22,
        priority: 'urgent',
        custom_fields: [
          { id: 405, value: ['site_genoa'] },
          { id: 404, value: true },
        ],
      },
    });
  });

  it('makes a new ticket', async () => {
    await signIn();
    await page.getByRole('button', { name: 'Add' }).click();
    await page.locator('[data-field="requester"]').getByRole('combobox').focus();
    await page.keyboard.type('Farah');
    await page.getByRole('option', { name: /Farah Faruqi/ }).click();
    await subject().fill('A new question');
    await page.getByRole('textbox', { name: 'Public reply' }).fill('Hello Farah');
    await shot('new-ticket');
    await submitButton().click();
    await page.waitForURL(/tickets\/41$/);
    expect(mock.tickets.get(41)).toMatchObject({ subject: 'A new question', requester_id: 103 });
  });

  it('says when the connection is lost, and that it is back', async () => {
    await openTicket();
    mock.dropStreams();
    await page.getByText('The connection to the sandbox was lost').waitFor();
    await page.getByText('The connection to the sandbox was lost').waitFor({ state: 'detached' });
  });

  it('looks right in the dark and where there is little room', async () => {
    await openTicket();
    await page.getByRole('button', { name: /Ada Lindqvist:/ }).click();
    await page.getByRole('menuitem', { name: 'Dark colours' }).click();
    const app = await appFrame(page, 'ticket_sidebar');
    await expect.poll(() => app.evaluate('document.documentElement.dataset.scheme')).toBe('dark');
    await shot('ticket-dark');
    expect(await axe()).toEqual([]);
    await page.setViewportSize({ width: 760, height: 900 });
    await shot('ticket-narrow');
    await page.getByRole('button', { name: 'Apps', exact: true }).first().click();
    await shot('ticket-narrow-apps');
    await page.goto(`${mock.url}/agent/dashboard`);
    await page.getByRole('link', { name: 'Delivery slot vanished from the basket' }).first().waitFor();
    await shot('views-dark-narrow');
    expect(await axe()).toEqual([]);
  });

  it('works by keyboard', async () => {
    await signIn();
    const first = page.getByRole('link', { name: 'Delivery slot vanished from the basket' }).first();
    await first.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/tickets\/1$/);
    await page.getByRole('textbox', { name: 'Public reply' }).focus();
    await page.keyboard.type('By keyboard');
    await page.getByRole('button', { name: 'Submit with another status' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Submit as Open' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => submitted().map(call => call.body))
      .toMatchObject([{ ticket: { status: 'pending', comment: { html_body: 'By keyboard' } } }]);
  });
});

describe('apps', () => {
  it('register, read and change the ticket', async () => {
    const app = await openTicket();
    expect(await app.evaluate('location.search')).toMatch(/^\?kept=1&origin=.*app_guid=.*colorScheme=light/);
    expect(await inApp(app, "client.get('ticket.subject')")).toMatchObject({
      'ticket.subject': 'Delivery slot vanished from the basket',
    });
    expect(await inApp(app, 'client.metadata()')).toMatchObject({
      installationId: 71,
      settings: { greeting: 'Hello' },
    });
    await inApp(app, "client.set('ticket.subject', 'From the app')");
    await expect.poll(() => subject().inputValue()).toBe('From the app');
    await inApp(app, "client.invoke('ticket.tags.add', 'by_app')");
    await page.locator('[data-tag="by_app"]').waitFor();
    await inApp(app, "client.invoke('comment.appendHtml', '<b>bold</b>')");
    await page.getByRole('textbox', { name: 'Public reply' }).getByText('bold').waitFor();
    await inApp(app, "client.invoke('ticketFields:priority.hide')");
    await page.locator('[data-field="priority"]').waitFor({ state: 'detached' });
    await inApp(app, "client.invoke('resize', { height: '222px' })");
    const height =
      'getComputedStyle(document.querySelector(\'iframe[data-location="ticket_sidebar"]\')).height';
    await expect.poll(() => page.evaluate(height)).toBe('222px');
    expect(await inApp(app, "client.get('nonsense').catch(e => e.message)")).toBe(
      '"nonsense" is not a known path',
    );
  });

  it('are opened by a signed form post when they ask for it', async () => {
    await signIn();
    const background = await appFrame(page, 'background');
    const posts = mock.calls.filter(call => call.path === '/demo/app.html' && call.method === 'POST');
    expect(posts.map(call => call.body)).toEqual([{ token: 'signed' }]);
    expect(await background.evaluate('location.search')).toMatch(/^\?kept=1&origin=.*app_guid=/);
  });

  it('hear what happens on the form and from elsewhere', async () => {
    const app = await openTicket();
    await subject().fill('Typed');
    await expect
      .poll(() => app.evaluate('window.events'))
      .toContainEqual(['ticket.subject.changed', 'Typed']);
    mock.change(1, { status: 'pending' });
    await expect
      .poll(() => app.evaluate('window.events'))
      .toContainEqual(['ticket.status.changed', 'pending']);
    await expect.poll(() => app.evaluate(eventNames)).toContain('ticket.updated');
    await page.getByRole('button', { name: /Ada Lindqvist:/ }).click();
    await page.getByRole('menuitem', { name: 'Dark colours' }).click();
    await expect.poll(() => app.evaluate('window.events')).toContainEqual(['colorScheme.changed', 'dark']);
    mock.emit('api_notification', { app_id: 700, event: 'hit', body: { n: 1 }, sender: '1' });
    const background = await appFrame(page, 'background');
    for (const frame of [app, background]) {
      await expect
        .poll(() => frame.evaluate('window.events'))
        .toContainEqual(['api_notification.hit', { body: { n: 1 }, sender: '1' }]);
    }
  });

  it('can hold a save back, and hear of one that went through', async () => {
    const app = await openTicket();
    await app.evaluate("window.verdict = 'Choose a <b>product</b> first'");
    await submitButton().click();
    await page.getByRole('alert').filter({ hasText: 'kept the ticket from being saved' }).waitFor();
    await shot('blocked');
    expect(submitted()).toHaveLength(0);
    await app.evaluate('window.verdict = true');
    await submitButton().click();
    await expect.poll(() => submitted().length).toBe(1);
    await expect
      .poll(() => app.evaluate(eventNames))
      .toEqual(expect.arrayContaining(['ticket.submit.start', 'ticket.submit.done', 'ticket.submit.always']));
    const background = await appFrame(page, 'background');
    await expect.poll(() => background.evaluate(eventNames)).toContain('ticket.saved');
    expect(await background.evaluate(eventNames)).not.toContain('ticket.submit.done');
  });

  it('that stay silent block the save after the time-out', async () => {
    const app = await openTicket();
    await app.evaluate('void (window.verdict = new Promise(() => {}))');
    await submitButton().click();
    await page.getByText(/Demo: did not answer within/).waitFor();
    expect(submitted()).toHaveLength(0);
  });

  it('open modals, talk to them, and hear when they close', async () => {
    const app = await openTicket();
    await inApp(
      app,
      `client.invoke('instances.create', { location: 'modal', url: 'assets/app.html', size: { width: '500px', height: '240px' } })
        .then(data => {
          window.modal = client.instance(data['instances.create'][0].instanceGuid);
          window.modal.on('modal.close', () => window.events.push(['modal.close', null]));
        })`,
    );
    const modal = await appFrame(page, 'modal');
    await shot('modal');
    await inApp(app, "window.modal.trigger('ping', { n: 1 })");
    await expect.poll(() => modal.evaluate('window.events')).toContainEqual(['ping', { n: 1 }]);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => app.evaluate(eventNames)).toContain('modal.close');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('request through the page and through the proxy', async () => {
    const app = await openTicket();
    expect(await inApp(app, "client.request('/api/v2/users/me')")).toMatchObject({
      user: { name: 'Ada Lindqvist' },
    });
    expect(
      await inApp(app, "client.request('/api/v2/nothing').catch(e => [e.status, e.responseJSON.error])"),
    ).toEqual([404, 'InvalidEndpoint']);
    expect(
      await inApp(
        app,
        "client.request({ url: 'https://api.example.test/a', secure: true, headers: { X: '{{setting.s}}' } })",
      ),
    ).toEqual({ fetched: 'https://api.example.test/a', headers: { X: '{{setting.s}}' } });
  });

  it('say something without being able to script the page', async () => {
    const app = await openTicket();
    await inApp(
      app,
      "client.invoke('notify', '<b>Saved</b> <img src=x onerror=\"window.hacked=1\">', 'alert', { sticky: true })",
    );
    const toast = page.getByRole('alert').filter({ hasText: 'Saved' });
    await toast.waitFor();
    expect(await toast.locator('img').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    await toast.getByRole('button', { name: 'Close' }).click();
    await toast.waitFor({ state: 'detached' });
  });

  it('fill the page from the navigation, open in a popover from the top, and keep running', async () => {
    await openTicket();
    await page.getByRole('navigation', { name: 'Workspace' }).getByRole('button', { name: 'Demo' }).click();
    await page.waitForURL(/agent\/apps\/demo$/);
    const bar = await appFrame(page, 'nav_bar');
    await expect.poll(() => bar.evaluate(eventNames)).toContain('pane.activated');
    await shot('nav-bar-app');
    await page.locator('header').getByRole('button', { name: 'Demo' }).click();
    const top = await appFrame(page, 'top_bar');
    await shot('top-bar-app');
    await inApp(top, "client.invoke('popover', 'hide')");
    await page.locator('iframe[data-location="top_bar"]').waitFor({ state: 'hidden' });
    await inApp(top, "client.invoke('routeTo', 'ticket', 2)");
    await page.waitForURL(/tickets\/2$/);
    await inApp(top, "client.invoke('routeTo', 'nav_bar', 'Demo', 'reports/7')");
    await page.waitForURL(/agent\/apps\/demo\/reports\/7$/);
    await expect.poll(() => bar.evaluate(eventNames)).toContain('app.route.changed');
  });

  it('tell each ticket tab when it is in front', async () => {
    const app = await openTicket();
    await page.getByRole('navigation', { name: 'Workspace' }).getByRole('button', { name: 'Views' }).click();
    await expect.poll(() => app.evaluate(eventNames)).toContain('app.deactivated');
    await page.goBack();
    await expect
      .poll(() =>
        app.evaluate("window.events.filter(([name]) => name === 'app.activated').map(([, data]) => data)"),
      )
      .toEqual([{ firstLoad: true }, { firstLoad: false }]);
  });

  it('can be watched by their developers', async () => {
    await openTicket();
    await page.getByRole('button', { name: /Ada Lindqvist:/ }).click();
    await page.getByRole('menuitem', { name: 'Show app messages' }).click();
    await subject().fill('Watched');
    await page
      .getByRole('region', { name: 'App messages' })
      .getByText('zaf.ticket.subject.changed')
      .first()
      .waitFor();
    await shot('messages');
  });
});
