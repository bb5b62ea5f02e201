import { expect, it } from 'vitest';
import { relativeTime } from './time';

const now = new Date(2026, 10, 20, 15, 0).getTime();
const ago = (minutes: number) => relativeTime(new Date(now - minutes * 60_000).toISOString(), now);

it.each([
  [0.5, /^just now$/],
  [12, /^12 min ago$/],
  [3 * 60 + 5, /^3 h ago$/],
  [24 * 60, /^yesterday /],
  [3 * 24 * 60, /^Tue/],
  [20 * 24 * 60, /Oct/],
  [400 * 24 * 60, /2025/],
])('%d minutes ago', (minutes, text) => {
  expect(ago(minutes)).toMatch(text);
});

it('says the exact time of what lies ahead of the clock', () => {
  expect(ago(-10)).toMatch(/2026/);
});
