import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Comment, Ticket, User } from '../../src/api/types';
import * as data from './data';

/**
 * A small stand-in for the sandbox's server, for tests of the page: it serves the built page, the demo app of
 * `test/fixtures` and the few calls that the desk makes, with state, conflicts and live events.
 */
export interface MockSandbox {
  url: string;
  tickets: Map<number, Ticket>;
  comments: Map<number, Comment[]>;
  /** What was asked, newest last. */
  calls: { method: string; path: string; body: unknown }[];
  /** The next answer to calls whose method and path begin so. */
  refuse(prefix: string, status: number, body: unknown): void;
  /** Somebody else changes a ticket. */
  change(id: number, part: Partial<Ticket>, tell?: boolean): void;
  emit(event: string, body: unknown): void;
  dropStreams(): void;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export async function startMock(): Promise<MockSandbox> {
  const tickets = new Map(data.tickets().map(row => [row.id, row]));
  const comments = new Map([...tickets.keys()].map(id => [id, data.comments(id)]));
  const streams = new Set<ServerResponse>();
  const calls: MockSandbox['calls'] = [];
  const refusals: { prefix: string; status: number; body: unknown }[] = [];
  let signedIn: number | null = null;
  let stamp = Date.parse('2026-11-20T10:00:00Z');
  let nextComment = 10_000;
  let url = '';

  const emit = (event: string, body: unknown) => {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
  };
  const change = (id: number, part: Partial<Ticket>, by: number, tell = true) => {
    const before = tickets.get(id);
    if (!before) throw new Error(`there is no ticket ${id}`);
    stamp += 1000;
    const after = { ...before, ...part, updated_at: new Date(stamp).toISOString() };
    tickets.set(id, after);
    if (tell) {
      emit('ticket', { id, updated_at: after.updated_at, updated_by: by, changes: Object.keys(part) });
    }
    return after;
  };

  const update = (id: number, wish: Record<string, unknown>, by: User): [number, unknown] => {
    const ticket = tickets.get(id);
    if (!ticket) return [404, { error: 'RecordNotFound', description: 'Not found' }];
    const { safe_update, updated_stamp, comment, custom_fields, ...rest } = wish;
    if (safe_update === true && updated_stamp !== ticket.updated_at) {
      return [409, { error: 'UpdateConflict', description: 'Safe Update prevented the update' }];
    }
    const custom = (custom_fields ?? []) as Ticket['custom_fields'];
    if (comment) {
      const { html_body, public: isPublic } = comment as { html_body: string; public: boolean };
      nextComment += 1;
      const said = data.comment(
        nextComment,
        by.id,
        html_body,
        isPublic,
        new Date(stamp + 1000).toISOString(),
      );
      comments.set(id, [...(comments.get(id) ?? []), said]);
    }
    const merged = ticket.custom_fields.map(row => custom.find(one => one.id === row.id) ?? row);
    return [200, { ticket: change(id, { ...rest, custom_fields: merged }, by.id) }];
  };

  const answer = (method: string, path: string, query: URLSearchParams, body: never): [number, unknown] => {
    const me = data.users.find(user => user.id === signedIn);
    const list = (key: string, rows: unknown[]): [number, unknown] => [
      200,
      { [key]: rows, count: rows.length, next_page: null, previous_page: null },
    ];
    if (path === '/sandbox/workspace/people') return [200, data.people()];
    if (path === '/sandbox/workspace/session') {
      signedIn = method === 'DELETE' ? null : (body as { user_id: number }).user_id;
      return [204, null];
    }
    if (!me) return [401, { error: "Couldn't authenticate you" }];
    if (path === '/sandbox/workspace/boot') return [200, data.boot(me, url)];
    if (path === '/sandbox/workspace/launch') {
      const { installation_id, location } = body as { installation_id: number; location: string };
      const app = data.installations(url).find(row => row.id === installation_id);
      const place = app?.locations.find(row => row.location === location);
      if (!place) return [404, { error: 'RecordNotFound', description: 'Not found' }];
      return [
        200,
        { url: place.url, method: place.signed ? 'POST' : 'GET', token: place.signed ? 'signed' : null },
      ];
    }
    if (path === '/sandbox/workspace/proxy') {
      const wish = body as { url: string; headers: Record<string, string> };
      return [
        200,
        {
          status: 200,
          status_text: 'OK',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ fetched: wish.url, headers: wish.headers }),
        },
      ];
    }
    if (path === '/api/v2/users/me') return [200, { user: me }];
    if (path === '/api/v2/users/show_many') {
      const ids = (query.get('ids') ?? '').split(',').map(Number);
      return list(
        'users',
        data.users.filter(user => ids.includes(user.id)),
      );
    }
    if (path === '/api/v2/users/search') {
      const word = (query.get('query') ?? '').toLowerCase();
      return list(
        'users',
        data.users.filter(user => `${user.name} ${user.email}`.toLowerCase().includes(word)),
      );
    }
    if (path === '/api/v2/organizations/show_many') return list('organizations', data.organizations);
    for (const [key, rows] of Object.entries(data.catalog)) {
      if (path === `/api/v2/${key}`) return list(key, rows);
    }
    if (path === '/api/v2/views/count_many') {
      return [
        200,
        { view_counts: data.catalog.views.map(view => ({ view_id: view.id, value: tickets.size })) },
      ];
    }
    const view = /^\/api\/v2\/views\/(\d+)\/tickets$/.exec(path);
    if (view) {
      const key = (query.get('sort_by') ?? 'id') as keyof Ticket;
      const sign = query.get('sort_order') === 'desc' ? -1 : 1;
      const rows = Number(view[1]) === 503 ? [] : [...tickets.values()];
      rows.sort((a, b) => sign * String(a[key]).localeCompare(String(b[key]), 'en', { numeric: true }));
      return list('tickets', rows);
    }
    const one = /^\/api\/v2\/tickets\/(\d+)(\/comments)?$/.exec(path);
    if (one) {
      const id = Number(one[1]);
      if (method === 'PUT') return update(id, (body as { ticket: Record<string, unknown> }).ticket, me);
      const ticket = tickets.get(id);
      if (!ticket) return [404, { error: 'RecordNotFound', description: 'Not found' }];
      return one[2] ? list('comments', comments.get(id) ?? []) : [200, { ticket }];
    }
    if (method === 'POST' && path === '/api/v2/tickets') {
      const { comment, ...wish } = (body as { ticket: Record<string, unknown> }).ticket;
      const id = Math.max(...tickets.keys()) + 1;
      tickets.set(id, { ...data.ticket(id, 'open', ''), ...wish });
      comments.set(id, []);
      const [, made] = update(id, { comment }, me);
      return [201, made];
    }
    return [404, { error: 'InvalidEndpoint', description: 'Not found' }];
  };

  const file = (response: ServerResponse, path: string) => {
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Access-Control-Allow-Origin': '*' });
    createReadStream(path).pipe(response);
  };

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://mock');
    if (path === '/sandbox/workspace/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': hello\n\n');
      streams.add(response);
      request.on('close', () => streams.delete(response));
      return;
    }
    if (path.startsWith('/sandbox/sdk/'))
      return file(response, join(root, 'dist', path.slice('/sandbox/'.length)));
    if (path.startsWith('/sandbox/assets/'))
      return file(response, join(root, 'dist', path.slice('/sandbox/assets/'.length)));
    if (path === '/' || path.startsWith('/agent')) return file(response, join(root, 'dist/index.html'));

    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const method = request.method ?? 'GET';
      const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
      const body: unknown = isForm
        ? Object.fromEntries(new URLSearchParams(text))
        : JSON.parse(text || 'null');
      calls.push({ method, path, body });
      if (path.startsWith('/demo/'))
        return file(response, join(root, 'test/fixtures', path.slice('/demo/'.length)));
      const at = refusals.findIndex(row => `${method} ${path}`.startsWith(row.prefix));
      const refusal = at >= 0 ? refusals.splice(at, 1)[0] : undefined;
      const [status, said] = refusal
        ? [refusal.status, refusal.body]
        : answer(method, path, searchParams, body as never);
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(said === null ? '' : JSON.stringify(said));
    });
  });
  await new Promise<void>(resolve => server.listen(Number(process.env.MOCK_PORT ?? 0), '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    tickets,
    comments,
    calls,
    refuse: (prefix, status, body) => refusals.push({ prefix, status, body }),
    change: (id, part, tell = true) => void change(id, part, 2, tell),
    emit,
    dropStreams: () => {
      for (const stream of streams) stream.destroy();
    },
    close: () =>
      new Promise(resolve => {
        for (const stream of streams) stream.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
