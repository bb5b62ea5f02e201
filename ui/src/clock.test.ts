import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PageClock } from './clock';

beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-11-23T12:00:00.400Z') }));
afterEach(() => vi.useRealTimers());

it('follows the server, whatever the browser thinks the time is', () => {
  const clock = new PageClock();
  clock.follow('2030-01-01T00:00:10Z', Date.now() - 2000);
  expect(new Date(clock.now()).toISOString()).toBe('2030-01-01T00:00:12.000Z');
});

it('ticks on the second for everybody, from one timer, and stops when nobody looks', () => {
  const clock = new PageClock();
  const seen: number[] = [];
  const stop = [clock.subscribe(() => seen.push(clock.now() % 1000)), clock.subscribe(() => undefined)];
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2600);
  expect(seen).toEqual([0, 0, 0]);
  for (const off of stop) off();
  expect(vi.getTimerCount()).toBe(0);
});
