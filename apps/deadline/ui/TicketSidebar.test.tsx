import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { renderPage, testBoot, testServer, type Call } from '@aerie/ui/testing';
import type { TicketView } from './api';
import { TicketSidebar } from './TicketSidebar';
import { catalogue } from './texts';

afterEach(cleanup);

const empty: TicketView = {
  ticket_id: 123,
  deadline: null,
  history: [],
  can_edit: true,
  now: testBoot.now,
};
const withDeadline = (at: string, version: number, by = 'Noor Haddad'): TicketView => ({
  ...empty,
  deadline: {
    id: 'deadline_1',
    ticket_id: 123,
    at,
    state: 'pending',
    set_at: testBoot.now,
    set_by: { id: 9, name: by },
    span_seconds: 3600,
    version,
    warning: false,
    warn_at: null,
    assignee: null,
    group: null,
    ticket_status: 'open',
  },
});

// The boot's clock stands at 13:00 in Berlin.
const IN_4H = '2026-11-23T16:00:00.000Z';

async function open(data: TicketView | null, answer: (call: Call) => [number, unknown], boot = {}) {
  const server = testServer(answer);
  await renderPage(<TicketSidebar />, {
    boot: { data, ...boot },
    fetch: server.fetch,
    catalogue,
  });
  return server.calls;
}

const countdown = () => screen.getByRole('timer').textContent?.trim();
const press = (name: RegExp | string) => fireEvent.click(screen.getByRole('button', { name }));

describe('setting a deadline', () => {
  it('shows it at once and tells the server the moment and the version seen', async () => {
    const calls = await open(empty, () => [200, { ...withDeadline(IN_4H, 1), notice: null }]);
    press(/^4 hours/);
    expect(countdown()).toBe('in 4 h');
    await screen.findByText(/Noor Haddad/);
    expect(calls).toMatchObject([
      {
        method: 'PUT',
        path: '/api/apps/deadline/tickets/123',
        body: { when: { at: IN_4H }, version: null },
      },
    ]);
  });

  it('puts things back and says why when it is refused', async () => {
    await open(empty, () => [422, { error: { code: 'too_far', message: 'At most ten years ahead.' } }]);
    press(/^4 hours/);
    await screen.findByText('At most ten years ahead.');
    expect(screen.queryByRole('timer')).toBeNull();
    expect(screen.getByText('No deadline')).toBeTruthy();
  });

  it('does not show a time that is over before the server has spoken', async () => {
    await open(empty, () => [422, { error: { code: 'in_past', message: '9:00 is in the past.' } }]);
    fireEvent.change(screen.getByRole('textbox', { name: 'Time' }), {
      target: { value: '9:00' },
    });
    press('Set');
    expect(screen.queryByRole('timer')).toBeNull();
    await screen.findByText('9:00 is in the past.');
    expect(screen.getByRole('textbox', { name: 'Time' })).toHaveProperty('value', '9:00');
  });

  it('sends again after the connection was lost, and takes its own first attempt for success', async () => {
    let tries = 0;
    const calls = await open(empty, () => {
      tries += 1;
      if (tries === 1) throw new Error('the line is dead');
      return [
        409,
        {
          error: { code: 'changed_meanwhile', message: 'Changed.' },
          current: withDeadline(IN_4H, 1, 'Lena Fischer'),
        },
      ];
    });
    press(/^4 hours/);
    await screen.findByText(/Not saved yet/);
    expect(countdown()).toBe('in 4 h');
    await waitFor(() => expect(screen.queryByText(/Not saved yet/)).toBeNull(), { timeout: 5000 });
    expect(calls.map((call) => call.body)).toEqual(Array(2).fill({ when: { at: IN_4H }, version: null }));
    expect(screen.queryByText('Changed by somebody else meanwhile')).toBeNull();
  });

  it('shows both versions when somebody else was quicker, and sends the chosen one with the new version', async () => {
    const theirs = withDeadline('2026-11-23T14:00:00.000Z', 5);
    const calls = await open(withDeadline('2026-11-23T13:00:00.000Z', 4), (call) =>
      (call.body as { version: number }).version === 5
        ? [200, { ...withDeadline(IN_4H, 6, 'Lena Fischer'), notice: null }]
        : [
            409,
            {
              error: { code: 'changed_meanwhile', message: 'Changed.' },
              current: theirs,
            },
          ],
    );
    press('Change');
    press(/^4 hours/);
    await screen.findByText('Changed by somebody else meanwhile');
    expect(screen.getByText('Now: today 15:00, set by Noor Haddad.')).toBeTruthy();
    expect(screen.getByText('Yours: today 17:00.')).toBeTruthy();
    press('Use mine');
    await screen.findByText(/Lena Fischer/);
    expect(calls.map((call) => (call.body as { version: number }).version)).toEqual([4, 5]);
  });

  it('tells what daylight saving made of it', async () => {
    const notice = {
      code: 'dst_shifted',
      message: '2:30 does not exist on that day; the deadline is at 3:30.',
    };
    await open(empty, () => [200, { ...withDeadline(IN_4H, 1), notice }]);
    press(/^4 hours/);
    await screen.findByText(notice.message);
  });
});

describe('clearing', () => {
  it('is done at once and can be taken back', async () => {
    const calls = await open(withDeadline(IN_4H, 3), (call) => [
      200,
      call.method === 'DELETE' ? empty : withDeadline(IN_4H, 4),
    ]);
    press('Clear');
    await screen.findByText('Deadline cleared.');
    press('Undo');
    await waitFor(() => expect(countdown()).toBe('in 4 h'));
    expect(calls).toMatchObject([
      { method: 'DELETE', body: { version: 3 } },
      { method: 'PUT', body: { when: { at: IN_4H }, version: null } },
    ]);
  });

  it('asks first where there is no way back', async () => {
    const calls = await open(withDeadline('2026-11-23T11:00:00.000Z', 3), () => [200, empty]);
    press('Clear');
    await screen.findByText('Clear this deadline?');
    expect(calls).toEqual([]);
    press('Clear');
    await screen.findByText('Deadline cleared.');
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });
});

describe('states', () => {
  it('loads what did not come with the page, and can be told to try again', async () => {
    let fails = true;
    await open(null, () =>
      fails
        ? [500, { error: { code: 'internal', message: 'The database is busy.' } }]
        : [200, withDeadline(IN_4H, 1)],
    );
    await screen.findByText('The database is busy.');
    fails = false;
    press('Retry');
    await screen.findByRole('timer');
  });

  it('becomes the panel for the authorization when the server says there is none', async () => {
    await open(null, () => [409, { error: { code: 'not_authorised', message: 'Nobody has.' } }]);
    await screen.findByText('Test is not authorised yet');
  });

  it('gives no control to somebody who may not edit', async () => {
    await open({ ...withDeadline(IN_4H, 1), can_edit: false }, () => [404, {}]);
    expect(screen.queryByRole('button', { name: 'Change' })).toBeNull();
    expect(screen.getByText(/You may see this deadline/)).toBeTruthy();
  });
});
