import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ApiError, ConnectionError } from './api';
import { errorText, loadLanguage, serverText, translator, type Language, type Message } from './i18n';

const root = join(__dirname, '../..');
const folders = [
  'ui/src/locales',
  ...readdirSync(join(root, 'apps')).map((app) => `apps/${app}/ui/locales`),
].filter((folder) => existsSync(join(root, folder)));

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, Message>;
const texts = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message));
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each(folders)('%s', (folder) => {
  const en = read(`${folder}/en.json`);
  const others = readdirSync(join(root, folder)).filter((name) => name !== 'en.json');

  it('has German', () => expect(others).toContain('de.json'));

  it.each(others)('%s has the keys of English, no text empty', (name) => {
    const other = read(`${folder}/${name}`);
    expect(Object.keys(other).sort()).toEqual(Object.keys(en).sort());
    expect(Object.values(other).flatMap(texts)).not.toContain('');
  });

  it.each(others)('%s fills the same placeholders, and has the plurals of its language', (name) => {
    const other = read(`${folder}/${name}`);
    const categories = new Intl.PluralRules(name.replace('.json', '')).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(en)) {
      const theirs = other[key] ?? '';
      const wanted = new Set(texts(message).flatMap(holes));
      // What the server says in errors and notices need not use all that it knows.
      if (!/^(error|notice)\./.test(key))
        expect([key, new Set(texts(theirs).flatMap(holes))]).toEqual([key, wanted]);
      if (typeof message !== 'string')
        expect([key, Object.keys(theirs).sort()]).toEqual([key, [...categories].sort()]);
    }
  });

  it('does not shout', () => {
    const all = [en, ...others.map((name) => read(`${folder}/${name}`))].flatMap((messages) =>
      Object.values(messages),
    );
    expect(all.flatMap(texts).filter((text) => /!|Oops|went wrong|\.\.\./.test(text))).toEqual([]);
  });
});

const language = (messages: Record<string, Message>, code = 'en'): Language => ({
  language: code,
  locale: code,
  messages,
});

describe('translator', () => {
  it('fills placeholders, counts, and writes numbers as the reader does', () => {
    const t = translator(
      language({ n: { one: '{count} Zeile', other: '{count} Zeilen' }, who: '{name} von {team}' }, 'de'),
    );
    expect(t('n', { count: 1 })).toBe('1 Zeile');
    expect(t('n', { count: 12345 })).toBe('12.345 Zeilen');
    expect(t('who', { name: 'Ada' })).toBe('Ada von {team}');
  });
});

describe('loadLanguage', () => {
  const catalogue = {
    en: { hello: 'Hello' },
    others: { './locales/de.json': () => Promise.resolve({ default: { hello: 'Hallo' } }) },
  };

  it.each([
    ['de', 'de', 'Hallo'],
    ['de-CH', 'de', 'Hallo'],
    ['de-x-7', 'de', 'Hallo'],
    ['en-GB', 'en', 'Hello'],
    ['fr', 'en', 'Hello'],
    ['not a locale', 'en', 'Hello'],
  ])('%s is %s', async (locale, code, text) => {
    const loaded = await loadLanguage(locale, catalogue);
    expect([loaded.language, loaded.messages.hello]).toEqual([code, text]);
  });
});

describe('what the server says', () => {
  const said = { code: 'in_past', message: 'In the past: 14:05 is over.', args: { time: '14:05' } };
  const german = language({ 'error.in_past': '{time} ist vorbei.' }, 'de');

  it('is shown as it is in English, translated by its code elsewhere', () => {
    expect(serverText(language({ 'error.in_past': '{time} is over' }), 'error', said)).toBe(said.message);
    expect(serverText(german, 'error', said)).toBe('14:05 ist vorbei.');
  });

  it('is shown as it is when a translation is missing, or wants what was not told', () => {
    expect(serverText(german, 'error', { ...said, code: 'other' })).toBe(said.message);
    expect(serverText(german, 'error', { ...said, args: {} })).toBe(said.message);
  });

  it('tells a refusal from a lost connection', async () => {
    const en = await loadLanguage('en', { en: {}, others: {} });
    expect(errorText(en, new ApiError(422, 'x', 'The ticket is closed.', {}, null))).toBe(
      'The ticket is closed.',
    );
    expect(errorText(en, new ConnectionError('x'))).toContain('cannot be reached');
  });
});
