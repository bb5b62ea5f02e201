import { expect, it } from 'vitest';
import { activityCause, activityText, refusalText } from './activity';
import { loadLanguage, translator, type Messages } from './i18n';
import { TimeFormat } from './time';
import type { ActivityItem } from './types';

const NOW = Date.parse('2026-11-23T13:00:00Z');
const base: ActivityItem = {
  id: 1,
  at: '2026-11-23T12:59:00Z',
  ticket_id: 7,
  app: 'deadline',
  code: 'tickets.changed',
  args: {},
  cause: { kind: 'agent', text: 'Ada Park' },
  on_authorization_of: null,
  result: 'sent',
  result_code: null,
  result_detail: null,
};

async function tell(locale: string, item: Partial<ActivityItem>, messages: Messages = {}) {
  const language = await loadLanguage(locale, {
    en: messages,
    others: { './locales/de.json': () => Promise.resolve({ default: {} }) },
  });
  const line = { ...base, ...item };
  const text = activityText(
    language,
    new TimeFormat(language, translator(language), 'Europe/Berlin'),
    line,
    NOW,
  );
  return [text, activityCause(language, line), refusalText(language, line)];
}

it('tells what was changed on a ticket, in the language of the reader', async () => {
  const args = { add: ['deadline_now'], remove: ['a', 'b'], fields: [501] };
  expect(await tell('en', { args })).toEqual([
    'Added the tag deadline_now. Removed the tags a, b. Set the field 501.',
    'By Ada Park.',
    null,
  ]);
  expect(
    (await tell('de', { args, cause: { kind: 'timer', text: 'its time had come' } })).slice(0, 2),
  ).toEqual([
    'Tag deadline_now hinzugefügt. Tags a, b entfernt. Feld 501 gesetzt.',
    'Die Zeit war gekommen.',
  ]);
});

it('tells what an app did by the app\u2019s own sentence, times as people say them', async () => {
  const messages = { 'activity.x.set': 'Set to {at}.', 'activity.x.set.moved': 'Moved to {at}.' };
  const args = { at: '2026-11-24T08:00:00Z', moved: false };
  expect((await tell('en', { code: 'x.set', args }, messages))[0]).toBe('Set to tomorrow 9:00.');
  expect((await tell('en', { code: 'x.set', args: { ...args, moved: true } }, messages))[0]).toBe(
    'Moved to tomorrow 9:00.',
  );
  expect((await tell('en', { code: 'x.unheard_of' }))[0]).toBe('x.unheard_of');
});

it('says why something was refused', async () => {
  const refused = {
    result: 'refused',
    result_code: 'closed',
    result_detail: 'The ticket is closed.',
  } as const;
  expect((await tell('en', refused))[2]).toBe('The ticket is closed.');
  expect((await tell('de', refused))[2]).toContain('Das Ticket ist geschlossen');
  expect((await tell('de', { ...refused, result_code: 'unheard_of' }))[2]).toBe('The ticket is closed.');
});
