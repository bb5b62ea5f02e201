import { expect, it } from 'vitest';
import type { Deadline } from './api';
import { isOpen, statusOf } from './status';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const deadline = (change: Partial<Deadline>): Deadline => ({
  id: 'deadline_1',
  ticket_id: 1,
  at: '2026-11-23T14:00:00Z',
  state: 'pending',
  set_at: '2026-11-23T10:00:00Z',
  set_by: { id: 1, name: 'Ada' },
  span_seconds: 14_400,
  version: 1,
  warning: false,
  warn_at: '2026-11-23T13:00:00Z',
  assignee: null,
  group: null,
  ticket_status: 'open',
  ...change,
});

it.each([
  [{}, 'running'],
  [{ warning: true }, 'soon'],
  [{ warn_at: '2026-11-23T12:00:00Z' }, 'soon'],
  [{ warn_at: null }, 'running'],
  [{ at: '2026-11-23T12:00:00Z' }, 'late'],
  [{ state: 'hit', at: '2026-11-23T11:00:00Z' }, 'late'],
  [{ state: 'hit_while_solved', at: '2026-11-23T11:00:00Z' }, 'hit_while_solved'],
  [{ state: 'void' }, 'void'],
] as [Partial<Deadline>, string][])('%o is %s', (change, status) => {
  expect(statusOf(deadline(change), NOW)).toBe(status);
});

it('can be changed unless it has ended', () => {
  expect(
    (['pending', 'hit', 'hit_while_solved', 'cleared', 'void'] as const).map((state) =>
      isOpen(deadline({ state })),
    ),
  ).toEqual([true, true, true, false, false]);
  expect(isOpen(null)).toBe(false);
});
