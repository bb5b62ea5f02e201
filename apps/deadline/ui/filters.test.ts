import { expect, it } from 'vitest';
import { DEFAULTS, fileQuery, isDefaultList, listQuery, readFilters, writeFilters } from './filters';

it('puts into the address only what differs, and reads it back', () => {
  expect(writeFilters('', DEFAULTS)).toBe('#');
  const filters = { ...DEFAULTS, scope: 'all', when: 'late', q: '42' } as const;
  const hash = writeFilters('#app_guid=g&scope=mine', filters);
  expect(hash).toBe('#app_guid=g&scope=all&when=late&q=42');
  expect(readFilters(hash)).toEqual(filters);
});

it('ignores what it does not know', () => {
  expect(readFilters('#scope=everyone&sort=name&tab=admin')).toEqual({
    ...DEFAULTS,
    tab: 'admin',
  });
});

it('asks the server in its words', () => {
  expect(listQuery({ ...DEFAULTS, q: '42', cursor: 'c' }, 'Europe/Berlin')).toBe(
    'scope=mine&when=all&state=open&sort=at&order=asc&limit=50&time_zone=Europe%2FBerlin&q=42&cursor=c',
  );
});

it('asks for the whole list in a file', () => {
  expect(fileQuery({ ...DEFAULTS, cursor: 'c' }, 'UTC')).toBe(
    'scope=mine&when=all&state=open&sort=at&order=asc&time_zone=UTC',
  );
});

it('knows the list that came with the page, on whichever tab', () => {
  expect(isDefaultList({ ...DEFAULTS, tab: 'admin' })).toBe(true);
  expect(isDefaultList({ ...DEFAULTS, scope: 'all' })).toBe(false);
});
