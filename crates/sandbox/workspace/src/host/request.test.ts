import { afterEach, describe, expect, it, vi } from 'vitest';
import { boot, installation } from './fixture';
import { accountPath, prepare, send } from './request';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const answers = (...list: Response[]) => {
  const fetch = vi.fn<typeof globalThis.fetch>(() =>
    Promise.resolve(list.shift() ?? new Response('', { status: 500 })),
  );
  vi.stubGlobal('fetch', fetch);
  return fetch;
};
const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

describe('where a request goes', () => {
  it.each([
    ['/api/v2/users/me', '/api/v2/users/me'],
    ['api/v2/users/me', '/api/v2/users/me'],
    ['http://127.0.0.1:4000/api/v2/x?y=1', '/api/v2/x?y=1'],
    ['https://acme.zendesk.com/api/v2/x', '/api/v2/x'],
    ['https://api.example.test/x', null],
    ['//api.example.test/x', null],
  ])('%s', (url, path) => {
    expect(accountPath(boot(), url)).toBe(path);
  });
});

describe('what is sent', () => {
  it('puts data of a GET into the query and encodes other data as a form', () => {
    expect(prepare({ url: '/a?x=1', data: { ids: [1, 2], q: { r: 's t' } } })).toMatchObject({
      url: '/a?x=1&ids%5B%5D=1&ids%5B%5D=2&q%5Br%5D=s%20t',
      method: 'GET',
      body: null,
    });
    expect(prepare({ url: '/a', type: 'POST', data: { a: 1 } })).toMatchObject({
      body: 'a=1',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' },
    });
    expect(
      prepare({ url: '/a', method: 'put', contentType: 'application/json', data: '{"a":1}' }),
    ).toMatchObject({ method: 'PUT', body: '{"a":1}', headers: { 'Content-Type': 'application/json' } });
  });

  it('sends foreign addresses through the proxy, with the app named', async () => {
    const fetch = answers(
      json({ status: 201, status_text: 'Created', headers: { 'X-A': 'b' }, body: '{"ok":1}' }),
    );
    const end = await send(boot(), installation(), {
      url: 'https://api.example.test/{{setting.path}}',
      secure: true,
      jwt: { algorithm: 'HS256', secret_key: '{{setting.s}}', expiry: 60, claims: { iss: 'x' } },
      headers: { Authorization: 'Bearer {{jwt.token}}' },
      httpCompleteResponse: true,
    });
    expect(fetch.mock.calls[0]?.[0]).toBe('/sandbox/workspace/proxy');
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1]?.body))).toEqual({
      installation_id: 7,
      url: 'https://api.example.test/{{setting.path}}',
      method: 'GET',
      headers: { Authorization: 'Bearer {{jwt.token}}' },
      body: null,
      content_type: null,
      secure: true,
      jwt: { algorithm: 'HS256', secret_key: '{{setting.s}}', expiry: 60, claims: { iss: 'x' } },
    });
    expect(end.outcome).toBe('done');
    expect(end.args[0]).toMatchObject({ status: 201, responseJSON: { ok: 1 }, headers: { 'x-a': 'b' } });
  });
});

describe('what comes back', () => {
  it('is the parsed body', async () => {
    answers(json({ user: { id: 1 } }));
    const end = await send(boot(), installation(), { url: '/api/v2/users/me' });
    expect(end.outcome).toBe('done');
    expect(end.args[0]).toEqual({ user: { id: 1 } });
    expect(end.args[1]).toBe('success');
    expect(end.args[2]).toMatchObject({ status: 200, responseText: '{"user":{"id":1}}' });
  });

  it('is status, text and JSON when it failed', async () => {
    answers(json({ error: 'RecordNotFound' }, 404));
    const end = await send(boot(), installation(), { url: '/api/v2/nope' });
    expect(end.outcome).toBe('fail');
    expect(end.args[0]).toMatchObject({
      status: 404,
      responseText: '{"error":"RecordNotFound"}',
      responseJSON: { error: 'RecordNotFound' },
    });
    expect(end.args[1]).toBe('error');
  });

  it('waits as long as a 429 says and tries again, unless told not to', async () => {
    vi.useFakeTimers();
    const fetch = answers(json({}, 429, { 'Retry-After': '2' }), json({ ok: true }));
    const sent = send(boot(), installation(), { url: '/x' });
    await vi.advanceTimersByTimeAsync(1999);
    expect(fetch).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await sent).args[0]).toEqual({ ok: true });
    answers(json({}, 429, { 'Retry-After': '2' }));
    expect((await send(boot(), installation(), { url: '/x', autoRetry: false })).args[0]).toMatchObject({
      status: 429,
    });
  });

  it('fails when there is no connection or no address', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await send(boot(), installation(), { url: '/x' })).toMatchObject({ outcome: 'fail' });
    expect(await send(boot(), installation(), {})).toMatchObject({ outcome: 'fail' });
  });
});
