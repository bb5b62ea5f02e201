import { describe, expect, it } from 'vitest';
import {
  addBusinessDays,
  addDays,
  daysBetween,
  localText,
  momentOf,
  parseTime,
  timeText,
  wallTime,
} from './zoned';

const at = (text: string) => Date.parse(text);
const time = (text: string) => parseTime(text) ?? { hour: -1, minute: 0, second: 0 };

describe('wallTime and momentOf', () => {
  it.each([
    ['2026-11-23T13:30:00Z', 'Europe/Berlin', '2026-11-23T14:30'],
    ['2026-11-23T23:30:05Z', 'Asia/Kolkata', '2026-11-24T05:00:05'],
    ['2026-07-01T03:59:00Z', 'America/New_York', '2026-06-30T23:59'],
    ['2026-01-01T00:00:00Z', 'UTC', '2026-01-01T00:00'],
  ])('%s in %s is %s', (utc, zone, local) => {
    const wall = wallTime(at(utc), zone);
    expect(localText(wall, wall)).toBe(local);
    expect(momentOf(wall, wall, zone)).toBe(at(utc));
  });

  it('moves a time that the day skips an hour on', () => {
    const day = { year: 2026, month: 3, day: 29 };
    expect(momentOf(day, time('2:30'), 'Europe/Berlin')).toBe(at('2026-03-29T01:30:00Z'));
    expect(wallTime(at('2026-03-29T01:30:00Z'), 'Europe/Berlin')).toMatchObject({ hour: 3, minute: 30 });
    expect(momentOf({ year: 2026, month: 3, day: 8 }, time('2:30'), 'America/New_York')).toBe(
      at('2026-03-08T07:30:00Z'),
    );
  });

  it('takes the first of two moments', () => {
    expect(momentOf({ year: 2026, month: 10, day: 25 }, time('2:30'), 'Europe/Berlin')).toBe(
      at('2026-10-25T00:30:00Z'),
    );
    expect(momentOf({ year: 2026, month: 11, day: 1 }, time('1:30'), 'America/New_York')).toBe(
      at('2026-11-01T05:30:00Z'),
    );
  });

  it('goes there and back at every hour of a year', () => {
    for (let hour = 0; hour < 365 * 24; hour += 5) {
      const ms = at('2026-01-01T00:00:00Z') + hour * 3_600_000;
      const wall = wallTime(ms, 'Europe/Berlin');
      const back = momentOf(wall, wall, 'Europe/Berlin');
      // In the hour that there is twice, the first one is meant.
      expect([0, 3_600_000]).toContain(ms - back);
    }
  });
});

describe('days', () => {
  it('counts over months and years', () => {
    expect(addDays({ year: 2026, month: 12, day: 31 }, 1)).toMatchObject({
      year: 2027,
      month: 1,
      day: 1,
      weekday: 5,
    });
    expect(daysBetween({ year: 2026, month: 12, day: 30 }, { year: 2027, month: 1, day: 2 })).toBe(3);
  });

  it('leaves out the weekend', () => {
    const friday = { year: 2026, month: 11, day: 20 };
    expect(addBusinessDays(friday, 1)).toEqual({ year: 2026, month: 11, day: 23 });
    expect(addBusinessDays(friday, 3)).toEqual({ year: 2026, month: 11, day: 25 });
    expect(addBusinessDays({ year: 2026, month: 11, day: 21 }, 1)).toEqual({
      year: 2026,
      month: 11,
      day: 23,
    });
  });
});

describe('parseTime', () => {
  it.each([
    ['14:30', '14:30'],
    ['1430', '14:30'],
    ['9', '9:00'],
    ['9.15', '9:15'],
    ['930', '9:30'],
    ['2:30 pm', '14:30'],
    ['2pm', '14:00'],
    ['12 am', '0:00'],
    ['12:05 p.m.', '12:05'],
    [' 23:59:30 ', '23:59:30'],
  ])('reads %s as %s', (typed, read) => {
    expect(timeText(time(typed))).toBe(read);
  });

  it.each(['', '25:00', '9:60', '13 pm', 'noon', '1:2', '-3', '12345'])('does not read %j', (typed) => {
    expect(parseTime(typed)).toBeNull();
  });
});
