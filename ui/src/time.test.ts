import { describe, expect, it } from 'vitest';
import { loadLanguage, translator } from './i18n';
import { TimeFormat, usableTimeZone } from './time';

const NOW = Date.parse('2026-11-23T13:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function format(locale: string, zone = 'Europe/Berlin'): Promise<TimeFormat> {
  const language = await loadLanguage(locale, {
    en: {},
    others: { './locales/de.json': () => Promise.resolve({ default: {} }) },
  });
  return new TimeFormat(language, translator(language), zone);
}

describe('relative', () => {
  it.each([
    [2 * HOUR + 14 * MINUTE, 'in 2 h 14 min'],
    [14 * MINUTE, 'in 14 min'],
    [42_000, 'in 42 s'],
    [0, 'just now'],
    [-30_000, 'just now'],
    [-12 * MINUTE, '12 min ago'],
    [-3 * HOUR, 'today 11:00'],
    [20 * HOUR, 'tomorrow 10:00'],
    [-22 * HOUR, 'yesterday 16:00'],
    [4 * 24 * HOUR, 'Fri 14:00'],
    [30 * 24 * HOUR, 'Wed, Dec 23 14:00'],
    [400 * 24 * HOUR, 'Dec 28, 2027 14:00'],
  ])('%d ms away is "%s"', async (away, text) => {
    expect((await format('en-US')).relative(NOW + away, NOW)).toBe(text);
  });

  it('speaks the language of the agent, in his zone', async () => {
    const german = await format('de-AT', 'America/New_York');
    expect(german.relative(NOW - 12 * MINUTE, NOW)).toBe('vor 12 min');
    expect(german.moment(NOW + 24 * HOUR, NOW)).toBe('morgen 8:00');
    expect(german.exact(NOW)).toContain('23. November 2026');
    expect(german.exact(NOW)).toMatch(/GMT-5|EST/);
  });
});

describe('span', () => {
  it.each([
    [3 * 24 * HOUR + 4 * HOUR, '3 d 4 h'],
    [24 * HOUR, '1 d'],
    [4 * MINUTE + 9_000, '4 min 09 s'],
    [14 * MINUTE + 9_000, '14 min'],
    [900, '0 s'],
  ])('%d ms is "%s"', async (ms, text) => {
    expect((await format('en')).span(ms, true)).toBe(text);
  });
});

it('falls back to the browser where a zone has no name it knows', () => {
  expect(usableTimeZone('Europe/Berlin')).toBe('Europe/Berlin');
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(usableTimeZone('Middle/Earth')).toBe(own);
  expect(usableTimeZone(null)).toBe(own);
});
