import { expect, it } from 'vitest';
import { preview } from './placeholders';
import { isUsable } from './useSettings';

it('fills a text with examples; what is unknown renders as nothing', () => {
  expect(preview('#{{ticket.id}} {{ ticket.assignee.name }}{{ticket.nonsense}}')).toBe('#4711 Robin Vega');
  expect(preview('{{ticket.title | upcase}}')).toBe('Replacement has not arrived');
});

it('accepts whole minutes and whole percents', () => {
  expect([{ before_minutes: 1 }, { percent: 99 }].map(isUsable)).toEqual([true, true]);
  expect(
    [{ before_minutes: 0 }, { before_minutes: 1.5 }, { percent: 100 }, { percent: 0 }].map(isUsable),
  ).toEqual([false, false, false, false]);
});
