import { expect, it } from 'vitest';
import { quickChoices } from './when';

const ZONE = 'Europe/Berlin';
const choices = (now: string, endOfDay = '17:00') =>
  Object.fromEntries(
    quickChoices(Date.parse(now), ZONE, endOfDay).map(({ key, when, at, past }) => [
      key,
      { when, at: new Date(at).toISOString(), past },
    ]),
  );

it('offers an hour, four, the evening, the next morning and three business days', () => {
  // A Friday, 14:05:33 in Berlin.
  expect(choices('2026-11-20T13:05:33.900Z')).toEqual({
    in_1h: {
      when: { at: '2026-11-20T14:05:33.000Z' },
      at: '2026-11-20T14:05:33.000Z',
      past: false,
    },
    in_4h: {
      when: { at: '2026-11-20T17:05:33.000Z' },
      at: '2026-11-20T17:05:33.000Z',
      past: false,
    },
    end_of_day: {
      when: { local: '2026-11-20T17:00', time_zone: ZONE },
      at: '2026-11-20T16:00:00.000Z',
      past: false,
    },
    next_business_day: {
      when: { local: '2026-11-23T09:00', time_zone: ZONE },
      at: '2026-11-23T08:00:00.000Z',
      past: false,
    },
    three_business_days: {
      when: { local: '2026-11-25T14:05:33', time_zone: ZONE },
      at: '2026-11-25T13:05:33.000Z',
      past: false,
    },
  });
});

it('does not offer an evening that is over', () => {
  expect(choices('2026-11-20T16:00:00Z').end_of_day?.past).toBe(true);
  expect(choices('2026-11-20T16:00:00Z', '18:30').end_of_day).toMatchObject({
    past: false,
    at: '2026-11-20T17:30:00.000Z',
  });
});

it('knows the agent’s day, not UTC’s', () => {
  // 23:30 on Thursday in Berlin would be Thursday in UTC as well; 00:30 on Friday is not.
  expect(choices('2026-11-19T23:30:00Z').end_of_day?.when).toEqual({
    local: '2026-11-20T17:00',
    time_zone: ZONE,
  });
});

it('keeps the hour over a change of the clocks', () => {
  expect(choices('2026-03-27T13:00:00Z').next_business_day?.at).toBe('2026-03-30T07:00:00.000Z');
});
