import { translator, type Host, type Language } from '@aerie/ui';
import { expect, it, vi } from 'vitest';
import de from './locales/de.json';
import en from './locales/en.json';
import { showNotifications } from './notifications';
import type { Key } from './texts';

const language = (code: string, messages: Language['messages']) =>
  Promise.resolve(translator({ language: code, locale: code, messages }) as (key: Key) => string);

function start(texts = language('en', en)) {
  let send: (data: unknown) => void = () => undefined;
  const notify = vi.fn<Host['notify']>(() => Promise.resolve());
  const on = vi.fn((_: string, handler: (data: unknown) => void) => {
    send = handler;
    return () => undefined;
  });
  showNotifications({ on, notify }, texts);
  return { notify, on, send: (data: unknown) => send(data) };
}

const item = {
  id: 'n1',
  title: 'Deadline',
  text: 'Ticket #7 is due.',
  link_ticket_id: 7,
  kind: 'warning',
};
const body = { items: [item], more: 0 };

it('shows what the server sent, once, as JSON or as an object', () => {
  const { notify, on, send } = start();
  expect(on.mock.calls[0]?.[0]).toBe('api_notification.aerie');
  send({ body, sender: {} });
  send({ body: JSON.stringify(body) });
  const items = [{ ...item, id: 'n2', kind: 'hit', title: '' }, item, { ...item, id: 'n3' }];
  send({ body: JSON.stringify({ items, more: 0 }) });
  expect(notify.mock.calls).toEqual([
    ['Deadline: Ticket #7 is due.', 'notice'],
    ['Ticket #7 is due.', 'alert'],
    ['Deadline: Ticket #7 is due.', 'notice'],
  ]);
});

it.each([
  ['en', en, 1, 'And 1 more deadline'],
  ['en', en, 1295, 'And 1,295 more deadlines'],
  ['de', de, 1, 'Und 1 weitere Frist'],
  ['de', de, 12, 'Und 12 weitere Fristen'],
])('says in %s how many more there are', async (code, messages, more, text) => {
  const { notify, send } = start(language(code, messages));
  send({ body: JSON.stringify({ items: [item], more }) });
  await vi.waitFor(() => expect(notify).toHaveBeenCalledTimes(2));
  expect(notify.mock.calls[1]).toEqual([text, 'notice']);
});

it('counts what came a second time once', async () => {
  const { notify, send } = start();
  const twice = JSON.stringify({ items: [item], more: 3 });
  send({ body: twice });
  send({ body: twice });
  send({ body: { items: [{ ...item, id: 'n2' }], more: 4 } });
  await vi.waitFor(() => expect(notify).toHaveBeenCalledTimes(4));
  const texts = notify.mock.calls.map(([text]) => text);
  expect(texts.slice(2)).toEqual(['And 3 more deadlines', 'And 4 more deadlines']);
});

it('says the number where the words cannot be loaded', async () => {
  const { notify, send } = start(Promise.reject(new Error('offline')));
  send({ body: { items: [item], more: 12 } });
  await vi.waitFor(() => expect(notify).toHaveBeenCalledTimes(2));
  expect(notify.mock.calls[1]).toEqual(['+12', 'notice']);
});

it('lets no text of a ticket be markup', () => {
  const { notify, send } = start();
  send({ body: { items: [{ ...item, title: 'A & B', text: `<img src="x" onerror='y'>` }], more: 0 } });
  expect(notify.mock.calls[0]?.[0]).toBe('A &amp; B: &lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt;');
});

it('is silent about anything else', async () => {
  const { notify, send } = start();
  for (const data of [
    null,
    {},
    { body: 'hello' },
    { body: item },
    { body: null },
    { body: { items: 'x', more: 1 } },
    { body: { items: [null, 'x', { id: 5, title: '', text: 'x' }], more: 3 } },
  ])
    send(data);
  // Had any of it been shown, it would have been before this.
  send({ body: { items: [item], more: 1 } });
  await vi.waitFor(() => expect(notify.mock.calls.at(-1)).toEqual(['And 1 more deadline', 'notice']));
  expect(notify).toHaveBeenCalledTimes(2);
});
