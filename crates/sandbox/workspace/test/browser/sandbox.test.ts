import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, crc32 } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appFrame, inApp, launch } from './chromium';
import { zip } from './zip';

/** The page against a real sandbox: `SANDBOX_URL` names one that may be reset. */
const url = process.env.SANDBOX_URL ?? '';
const admin = `Basic ${Buffer.from('admin@acme.test/token:sandbox').toString('base64')}`;
const fixtures = join(import.meta.dirname, '..', 'fixtures');

async function rest<T>(method: string, path: string, body?: unknown): Promise<T> {
  const raw = body instanceof FormData;
  const response = await fetch(url + path, {
    method,
    headers: { Authorization: admin, ...(raw || !body ? {} : { 'Content-Type': 'application/json' }) },
    body: raw ? body : body ? JSON.stringify(body) : null,
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json().catch(() => null)) as T;
}

/** A square of one colour as PNG. */
function png(size: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), 4 + body.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([
    Buffer.from([0]),
    Buffer.concat(Array.from({ length: size }, () => Buffer.from([48, 166, 160]))),
  ]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)));
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

async function installDemo(): Promise<void> {
  const icon = readFileSync(join(fixtures, 'logo.svg'));
  const location = Object.fromEntries(
    ['ticket_sidebar', 'new_ticket_sidebar', 'nav_bar', 'top_bar', 'background'].map(place => [
      place,
      'assets/app.html',
    ]),
  );
  const manifest = {
    name: 'Demo',
    author: { name: 'Test', email: 'test@example.test' },
    version: '1.0.0',
    frameworkVersion: '2.0',
    defaultLocale: 'en',
    private: true,
    location: { support: location },
  };
  const files = {
    'manifest.json': Buffer.from(JSON.stringify(manifest)),
    'translations/en.json': Buffer.from(JSON.stringify({ app: { name: 'Demo' } })),
    'assets/app.html': readFileSync(join(fixtures, 'app.html')),
    'assets/logo.png': png(320),
    'assets/logo-small.png': png(128),
    'assets/icon_nav_bar.svg': icon,
    'assets/icon_top_bar.svg': icon,
  };
  const form = new FormData();
  form.append('uploaded_data', new Blob([new Uint8Array(zip(files))]), 'demo.zip');
  const upload = await rest<{ id: number }>('POST', '/api/v2/apps/uploads.json', form);
  const made = await rest<{ job_id: string }>('POST', '/api/apps.json', {
    upload_id: upload.id,
    name: 'Demo',
  });
  const job = () =>
    rest<{ status: string; app_id: number; message: string }>(
      'GET',
      `/api/v2/apps/job_statuses/${made.job_id}`,
    );
  await expect.poll(async () => (await job()).status, { timeout: 10_000 }).toBe('completed');
  const { app_id } = await job();
  await rest('POST', '/api/support/apps/installations.json', { app_id, settings: { name: 'Demo' } });
}

describe.skipIf(url === '')('against the sandbox itself', () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const shot = async (name: string) => {
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
  };

  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1440, height: 860 }, reducedMotion: 'reduce' });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', error => problems.push(error.message));
  });
  afterAll(() => browser.close());

  it('works from signing in to a saved ticket, with an app on it', async () => {
    await rest('POST', '/sandbox/reset', {});
    await installDemo();
    await page.goto(url);
    await page.getByRole('button', { name: /Alex Morgan/ }).click();
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link').nth(1).click();
    await page.locator('tbody a').first().waitFor();
    await shot('real-views');
    await page.locator('tbody a').first().click();
    const app = await appFrame(page, 'ticket_sidebar');
    await shot('real-ticket');
    const { 'ticket.id': id } = await inApp<{ 'ticket.id': number }>(app, "client.get('ticket.id')");
    await page.getByLabel('Tags').fill('from_the_desk,');
    await inApp(app, "client.invoke('comment.appendHtml', 'Said <b>by the app</b>')");
    await page
      .getByRole('button', { name: /^Submit as/ })
      .first()
      .click();
    await page.getByRole('log').getByText('by the app').waitFor();
    const { ticket } = await rest<{ ticket: { tags: string[] } }>('GET', `/api/v2/tickets/${id}`);
    expect(ticket.tags).toContain('from_the_desk');

    await rest('PUT', `/api/v2/tickets/${id}/tags`, { tags: ['from_elsewhere'] });
    await page.locator('[data-tag="from_elsewhere"]').waitFor();
    await expect
      .poll(() => app.evaluate('window.events.map(([name]) => name)'))
      .toContain('ticket.tags.changed');

    const { installations } = await rest<{ installations: { app_id: number }[] }>(
      'GET',
      '/api/v2/apps/installations.json',
    );
    const body = { app_id: installations[0]?.app_id, event: 'hit', body: { n: 1 } };
    await rest('POST', '/api/v2/apps/notify.json', body);
    await expect
      .poll(() => app.evaluate('window.events.map(([name]) => name)'))
      .toContain('api_notification.hit');
    expect(await inApp(app, "client.request('/api/v2/users/me')")).toMatchObject({
      user: { email: 'admin@acme.test' },
    });
    await shot('real-saved');
    expect(problems).toEqual([]);
  });
});
