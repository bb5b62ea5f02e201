import { expect, it, vi } from 'vitest';
import { showNotifications } from './notifications';

function start() {
  let send: (data: unknown) => void = () => undefined;
  const notify = vi.fn(() => Promise.resolve());
  const on = vi.fn((_: string, handler: (data: unknown) => void) => {
    send = handler;
    return () => undefined;
  });
  showNotifications({ on, notify });
  return { notify, on, send: (data: unknown) => send(data) };
}

const body = {
  id: 'n1',
  title: 'Deadline',
  text: 'Ticket #7 is due.',
  link_ticket_id: 7,
  kind: 'warning',
};

it('shows what the server sent, once, as an object or as JSON', () => {
  const { notify, on, send } = start();
  expect(on.mock.calls[0]?.[0]).toBe('api_notification.aerie');
  send({ body, sender: {} });
  send({ body: JSON.stringify(body) });
  send({ body: JSON.stringify({ ...body, id: 'n2', kind: 'hit', title: '' }) });
  expect(notify.mock.calls).toEqual([
    ['Deadline: Ticket #7 is due.', 'notice'],
    ['Ticket #7 is due.', 'alert'],
  ]);
});

it('is silent about anything else', () => {
  const { notify, send } = start();
  for (const data of [null, {}, { body: 'hello' }, { body: { id: 5, text: 'x' } }, { body: null }])
    send(data);
  expect(notify).not.toHaveBeenCalled();
});
