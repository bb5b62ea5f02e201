import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type OpenOptions } from './browser.ts';

/** Every state of every page: drawn without complaint, with nothing for axe to find. */
const STATES: [name: string, seen: string | RegExp, options?: OpenOptions][] = [
  ['sidebar-empty', 'No deadline'],
  ['sidebar-empty', 'No deadline', { width: 280 }],
  ['sidebar-empty', 'Keine Frist', { locale: 'de', width: 380 }],
  ['sidebar-empty', 'No deadline', { scheme: 'dark' }],
  ['sidebar-running', /in 2 h 1[34] min/],
  ['sidebar-running', /in 2 h 1[34] min/, { width: 280 }],
  ['sidebar-running', /in 2 h 1[34] min/, { locale: 'de-DE', width: 280 }],
  ['sidebar-running', /in 2 h 1[34] min/, { scheme: 'dark', width: 380 }],
  ['sidebar-soon', /in 2[23] min/],
  ['sidebar-soon', /in 2[23] min/, { scheme: 'dark' }],
  ['sidebar-late', /late by 12 min/],
  ['sidebar-late', /late by 12 min/, { scheme: 'dark', width: 280 }],
  ['sidebar-solved', 'solved in time'],
  ['sidebar-read-only', /You may see this deadline/],
  ['sidebar-new-ticket', /Submit the ticket first/],
  ['sidebar-loading', 'Loading …'],
  ['sidebar-failed', 'The deadline could not be loaded'],
  ['sidebar-ask', /Ask an administrator/],
  ['sidebar-authorise', 'Authorise Deadline', { width: 280 }],
  ['sidebar-authorise', 'Deadline autorisieren', { locale: 'de' }],
  ['sidebar-lost', 'The authorization is lost'],
  ['sidebar-lost-admin', 'Authorise again', { width: 280 }],
  ['board', '#1000'],
  ['board', '#1000', { scheme: 'dark' }],
  ['board', '#1000', { locale: 'de' }],
  ['board', '#1000', { viewport: { width: 820, height: 700 } }],
  ['board-empty', /None of the tickets assigned to you/],
  ['board-failed', 'The deadlines could not be loaded'],
  ['board-loading', 'Loading …'],
  ['board-authorise', 'Authorise Deadline'],
  ['board-lost', 'The authorization is lost'],
  ['activity', /Added the tag/],
  ['admin', 'Add a warning'],
  ['admin', 'Warnung hinzufügen', { locale: 'de', scheme: 'dark' }],
];

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

describe('states', () => {
  it.each(STATES)('%s shows %s %o', async (name, seen, options = {}) => {
    const opened = await bench.open(name, options);
    await opened.see(seen);
    const variant = [options.scheme, options.locale, options.width, options.viewport?.width]
      .filter(Boolean)
      .join('-');
    await opened.shoot(variant ? `${name}-${variant}` : name);
    expect(await opened.axe()).toEqual([]);
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });
});
