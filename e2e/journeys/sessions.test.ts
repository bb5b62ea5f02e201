import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from '../src/browser.ts';
import { Demo } from '../src/demo.ts';
import { ADMIN, AGENT_EMAIL, Desk } from '../src/desk.ts';
import { Sandbox } from '../src/sandbox.ts';

// Who somebody is, the server takes from Zendesk's signature alone.

let demo: Demo;
let browser: Browser;
let ticketId: number;
/** The administrator's own session, as his page holds it. */
let session: string;
/** The signed form post that opened his page. */
let signed: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
  const [ticket] = await new Sandbox(demo).ticketsOf(AGENT_EMAIL);
  if (!ticket) throw new Error('The seed gives the agent no open ticket.');
  ticketId = ticket.id;
  const admin = await Desk.signIn(browser, demo, ADMIN);
  const post = signedPost(admin.page);
  await admin.openTicket(ticketId);
  await admin.authorise();
  signed = await post;
  const boot = await (
    await admin.frame('ticket_sidebar')
  ).evaluate(() => document.getElementById('boot')?.textContent ?? '{}');
  session = (JSON.parse(boot) as { session: { token: string } }).session.token;
  await admin.close();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

async function signedPost(page: Page): Promise<string> {
  const request = await page.waitForRequest(
    (r) => r.method() === 'POST' && r.url().includes('/pages/sidebar'),
  );
  return new URLSearchParams(request.postData() ?? '').get('token') ?? '';
}

const ask = (path: string, token: string | null, method = 'GET', body?: string) =>
  fetch(demo.server + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body,
  });

const open = (token: string) =>
  fetch(`${demo.server}/apps/deadline/pages/sidebar`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }),
  });

/** The same token with another content behind the old signature. */
function forged(token: string, part: number, change: (content: Record<string, unknown>) => void): string {
  const parts = token.split('.');
  const content = JSON.parse(Buffer.from(parts[part] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
  change(content);
  parts[part] = Buffer.from(JSON.stringify(content)).toString('base64url');
  return parts.join('.');
}

describe('a session', () => {
  it('is good for its own page', async () => {
    expect((await ask(`/api/apps/deadline/tickets/${ticketId}`, session)).status).toBe(200);
  });

  it('is worth nothing when it is missing, invented or altered', async () => {
    const others = {
      missing: null,
      invented: 'eyJzdWJkb21haW4iOiJhY21lIn0.c2lnbmF0dXJl',
      'another agent': forged(session, 0, (content) => {
        content.agent_id = 1;
      }),
      'another account': forged(session, 0, (content) => {
        content.subdomain = 'globex';
      }),
      'a longer life': forged(session, 0, (content) => {
        content.expires_at = '2099-01-01T00:00:00Z';
      }),
    };
    const calls: [string, string, string?][] = [
      ['GET', `/api/apps/deadline/tickets/${ticketId}`],
      ['PUT', `/api/apps/deadline/tickets/${ticketId}`, '{"when":{"in":"1h"},"version":null}'],
      ['GET', '/api/apps/deadline/deadlines'],
      ['GET', '/api/apps/deadline/deadlines.csv'],
      ['GET', '/api/apps/deadline/settings'],
      ['GET', '/api/activity'],
      ['GET', '/api/events?topics=deadline'],
      ['POST', '/api/session/renew'],
      ['POST', '/api/authorization'],
    ];
    for (const [what, token] of Object.entries(others)) {
      for (const [method, path, body] of calls) {
        const answer = await ask(path, token, method, body);
        expect(answer.status, `${what}: ${method} ${path}`).toBe(401);
        const text = await answer.text();
        expect(text, `${what}: ${method} ${path}`).not.toMatch(/acme|globex|signature|expired/i);
      }
    }
  });

  it('does not open the door for triggers', async () => {
    const answer = await ask('/hooks/deadline/set', session, 'POST', `{"ticket_id":${ticketId},"in":"1h"}`);
    expect(answer.status).toBe(401);
  });
});

describe('a page', () => {
  it('opens with the signature of Zendesk', async () => {
    expect((await open(signed)).status).toBe(200);
  });

  it('does not open for another installation, another account, an altered or an unsigned request', async () => {
    const audience = (subdomain: string, id: number) =>
      `https://${subdomain}.zendesk.com/api/v2/apps/installations/${id}.json`;
    const [header = '', content = ''] = signed.split('.');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    const tokens = {
      'another installation': forged(signed, 1, (claims) => {
        claims.aud = audience('acme', 1);
      }),
      'another account': forged(signed, 1, (claims) => {
        claims.aud = audience('globex', 1);
        claims.iss = 'globex.zendesk.com';
      }),
      'without signature': `${unsigned}.${content}.`,
      'cut off': `${header}.${content}`,
      empty: '',
    };
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await open(token);
      expect(answer.status, what).toBe(401);
      expect(await answer.text(), what).not.toContain('id="boot"');
    }
  });
});
