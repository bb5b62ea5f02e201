import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings, When } from '../../apps/deadline/ui/api';
import { MockAccount, Refusal, TICKET } from './mock-account.ts';
import { SCENARIOS } from './scenarios.ts';

interface Instance {
  account: MockAccount;
  listeners: Set<ServerResponse>;
  /** The server is away. */
  down: boolean;
}

async function body(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  res.end(JSON.stringify(value));
}

/** The accounts behind the opened pages, by the page's session token. */
export class MockApi {
  private readonly instances = new Map<string, Instance>();

  /** Opening a page again under the same name finds its account as it was left. */
  open(scenario: string, token: string): MockAccount | null {
    const found = SCENARIOS[scenario];
    if (!found) return null;
    let instance = this.instances.get(token);
    if (!instance || instance.account.scenario !== found) {
      instance = { account: new MockAccount(found), listeners: new Set(), down: false };
      this.instances.set(token, instance);
    }
    return instance.account;
  }

  /** What the world does to an opened page: for tests, and for the console. */
  async control(req: IncomingMessage, res: ServerResponse, token: string): Promise<void> {
    const instance = this.instances.get(token);
    if (!instance) return json(res, 404, {});
    const wish = (await body(req)) as { down?: boolean; authorization?: unknown; other_agent_sets?: string };
    if (wish.down !== undefined) {
      instance.down = wish.down;
      if (wish.down) for (const listener of instance.listeners) listener.destroy();
    }
    if (wish.authorization) this.push(instance, 'authorization', wish.authorization);
    if (wish.other_agent_sets) {
      const { account } = instance;
      account.set(
        TICKET,
        { at: wish.other_agent_sets },
        account.view(TICKET).deadline?.version ?? null,
        'Noor Haddad',
      );
      this.push(instance, 'change', { topic: `deadline/ticket/${TICKET}` });
    }
    json(res, 200, {});
  }

  async handle(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
    const instance = this.instances.get((req.headers.authorization ?? '').replace('Bearer ', ''));
    if (!instance)
      return json(res, 401, { error: { code: 'session_ended', message: 'The session has ended.' } });
    if (instance.down) return void res.destroy();
    const { fault } = instance.account.scenario;
    const reading = req.method === 'GET';
    if (fault === 'session')
      return json(res, 401, { error: { code: 'session_ended', message: 'The session has ended.' } });
    if (url.pathname === '/api/events') return this.events(instance, res);
    if (fault === 'slow' && reading) return;
    if ((fault === 'load' && reading) || (fault === 'save' && !reading)) {
      return json(res, 500, {
        error: {
          code: 'internal',
          message: 'The database is busy. Nothing was changed; try again in a minute.',
        },
      });
    }
    try {
      await this.route(instance, req, res, url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { args, ...extra } = error.extra as { args?: unknown };
      json(res, error.status, { error: { code: error.code, message: error.message, args }, ...extra });
    }
  }

  private async route(
    instance: Instance,
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
  ): Promise<void> {
    const { account } = instance;
    const wish = await body(req);
    const changed = (answer: unknown, topic: string) => {
      this.push(instance, 'change', { topic });
      json(res, 200, answer);
    };
    const ticket = /^\/api\/apps\/deadline\/tickets\/(\d+)$/.exec(url.pathname)?.[1];
    const version = wish.version as number | null;
    switch (
      `${req.method} ${ticket ? 'ticket' : url.pathname.replace('/api/', '').replace('apps/deadline/', '')}`
    ) {
      case 'GET ticket':
        return json(res, 200, account.view(Number(ticket)));
      case 'PUT ticket':
        return changed(account.set(Number(ticket), wish.when as When, version), `deadline/ticket/${ticket}`);
      case 'DELETE ticket':
        return changed(account.clear(Number(ticket), version), `deadline/ticket/${ticket}`);
      case 'POST session/renew':
        return json(res, 200, account.session((req.headers.authorization ?? '').replace('Bearer ', '')));
      case 'POST authorization':
        return json(res, 200, { url: '/consent' });
      case 'GET activity':
        return json(
          res,
          200,
          account.activity(url.searchParams.get('ticket'), url.searchParams.get('cursor')),
        );
      case 'GET deadlines':
        return json(res, 200, account.list(url.searchParams));
      case 'GET deadlines.csv':
        res.writeHead(200, { 'content-type': 'text/csv' });
        res.end(
          `ticket,at\n${account
            .list(url.searchParams)
            .items.map((item) => `${item.ticket_id},${item.at}`)
            .join('\n')}\n`,
        );
        return;
      case 'POST deadlines/bulk':
        return changed(account.bulk(wish.ids as string[], wish.change as { when?: When }), 'deadline');
      case 'GET settings':
        return json(res, 200, account.readSettings());
      case 'PUT settings':
        return json(res, 200, account.writeSettings(wish as unknown as Settings));
      case 'GET ticket-fields':
        return json(res, 200, {
          items: [
            { id: 501, title: 'Due', type: 'date' },
            { id: 502, title: 'Promised by', type: 'text' },
          ],
        });
      case 'GET actions':
        return json(res, 200, {
          can_create: true,
          items: [
            {
              action: 'deadline.set',
              url: 'https://apps.acme.test/hooks/deadline/set',
              description: 'Sets or moves the deadline of a ticket.',
              body: '{"ticket_id": {{ticket.id}}, "in": "4h"}',
            },
            {
              action: 'deadline.clear',
              url: 'https://apps.acme.test/hooks/deadline/clear',
              description: 'Clears the deadline of a ticket.',
              body: '{"ticket_id": {{ticket.id}}}',
            },
          ],
        });
      case 'POST actions/webhooks':
        return json(res, 200, { webhook_id: '01HZZZ', trigger_id: 77, guard_tag: 'aerie_deadline_set' });
      default:
        return json(res, 404, {
          error: { code: 'not_found', message: `There is no ${req.method} ${url.pathname}.` },
        });
    }
  }

  private events(instance: Instance, res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write(': hello\n\n');
    instance.listeners.add(res);
    res.on('close', () => instance.listeners.delete(res));
  }

  private push(instance: Instance, event: string, data: unknown): void {
    for (const listener of instance.listeners)
      listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
