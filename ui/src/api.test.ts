import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError, ConnectionError, SessionEnded } from './api';
import { testBoot, testClock, testServer, type Call } from './testing';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function make(answer: (call: Call) => [number, unknown]) {
  const { clock, move } = testClock();
  const server = testServer(answer);
  const ended = vi.fn();
  const notAuthorised = vi.fn();
  const api = new Api({
    session: testBoot.session,
    clock,
    fetch: server.fetch,
    onSessionEnded: ended,
    onNotAuthorised: notAuthorised,
  });
  const pass = async (ms: number) => {
    move(ms);
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { api, calls: server.calls, ended, notAuthorised, move, pass };
}

const renewed = (token: string, minute: number): [number, unknown] => [
  200,
  { token, expires_at: `2026-11-23T12:${minute}:00Z` },
];

describe('Api', () => {
  it('sends the bearer and reads the answer', async () => {
    const { api, calls } = make(() => [200, { fine: true }]);
    expect(await api.put('/api/x', { a: 1 })).toEqual({ fine: true });
    expect(calls[0]).toMatchObject({
      method: 'PUT',
      path: '/api/x',
      body: { a: 1 },
      headers: { authorization: 'Bearer first' },
    });
  });

  it('renews three minutes before the end, and uses the new token', async () => {
    const { api, calls, pass } = make((call) =>
      call.path.endsWith('renew') ? renewed('second', 30) : [200, {}],
    );
    await pass(11 * 60_000);
    expect(calls).toHaveLength(0);
    await pass(60_000);
    expect(calls.map((call) => call.path)).toEqual(['/api/session/renew']);
    await api.get('/api/x');
    expect(calls[1]?.headers.authorization).toBe('Bearer second');
  });

  it('renews once for all calls of a page that has slept', async () => {
    const { api, calls, move } = make((call) =>
      call.path.endsWith('renew') ? renewed('second', 59) : [200, {}],
    );
    move(14 * 60_000 + 50_000);
    await Promise.all([api.get('/api/a'), api.get('/api/b')]);
    expect(calls.map((call) => call.path)).toEqual(['/api/session/renew', '/api/a', '/api/b']);
  });

  it('tries again while there is time, then says that the session has ended', async () => {
    const { calls, ended, pass } = make(() => {
      throw new Error('offline');
    });
    await pass(12 * 60_000);
    expect(ended).not.toHaveBeenCalled();
    for (let n = 0; n < 12; n++) await pass(20_000);
    expect(calls.length).toBeGreaterThan(5);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('ends on 401 and asks nothing more', async () => {
    const { api, calls, ended } = make(() => [401, { error: { code: 'x', message: 'x' } }]);
    await expect(api.get('/api/x')).rejects.toBeInstanceOf(SessionEnded);
    await expect(api.get('/api/x')).rejects.toBeInstanceOf(SessionEnded);
    expect(calls).toHaveLength(1);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('hands on what the server said, and what is there now', async () => {
    const { api } = make(() => [
      409,
      { error: { code: 'changed_meanwhile', message: 'Changed.', args: { by: 'Ada' } }, current: { v: 2 } },
    ]);
    const error = await api.get('/api/x').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 409,
      code: 'changed_meanwhile',
      message: 'Changed.',
      args: { by: 'Ada' },
      body: { current: { v: 2 } },
    });
  });

  it('tells when nobody has authorised', async () => {
    const { api, notAuthorised } = make(() => [
      409,
      { error: { code: 'not_authorised', message: 'Nobody has.' } },
    ]);
    await expect(api.get('/api/x')).rejects.toBeInstanceOf(ApiError);
    expect(notAuthorised).toHaveBeenCalled();
  });

  it('takes a proxy without a server behind it for a lost connection', async () => {
    const { api } = make(() => [502, '<html>']);
    await expect(api.get('/api/x')).rejects.toBeInstanceOf(ConnectionError);
  });
});
