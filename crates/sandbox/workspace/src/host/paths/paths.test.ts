import { beforeEach, describe, expect, it } from 'vitest';
import { bench } from '../fixture';
import type { App, Bench } from '../fixture';

let b: Bench;
let app: App;
const get = async (path: string, of = app) => (await of.ask('get', [path]))[path];
const errorOf = async (request: 'get' | 'set' | 'invoke', params: unknown, of = app) =>
  Object.values((await of.ask(request, params)).errors as Record<string, { message: string }>)[0]?.message;

beforeEach(() => {
  b = bench();
  app = b.open();
  app.handshake();
});

describe('get', () => {
  it.each([
    ['ticket.id', 12],
    ['ticket.isNew', false],
    ['ticket.subject', 'Printer on fire'],
    ['ticket.assignee.user.name', 'Ada Admin'],
    ['ticket.assignee.group.id', 11],
    ['ticket.requester.email', 'cora@example.test'],
    ['ticket.organization', null],
    ['ticket.organization.name', null],
    ['ticket.form.id', 5],
    ['ticket.customField:custom_field_900', 'eu'],
    ['ticket.customStatus', { id: 31, agentLabel: 'Open', statusCategory: 'open' }],
    ['ticket.tags', ['printer']],
    ['comment', { text: '', type: 'publicReply', useRichText: true, attachments: [] }],
    ['ticket.comment.type', 'publicReply'],
    ['ticketFields:custom_field_900.label', 'Region'],
    ['ticketFields:custom_field_900.requiredOnStatuses', ['solved']],
    ['ticketFields:priority.isVisible', true],
    ['currentUser.name', 'Ada Admin'],
    ['currentUser.groups', [{ id: 11, name: 'Support' }]],
    ['currentUser.customField:team', 'blue'],
    ['currentUser.timeZone.formattedOffset', 'GMT+09:00'],
    ['currentAccount.subdomain', 'acme'],
    ['currentAccount.timeZone.ianaName', 'Europe/Berlin'],
    ['colorScheme', 'dark'],
    ['visible', true],
    ['appsTray.isVisible', true],
    ['assetURL:pics/a.png', 'http://127.0.0.1:4000/sandbox/apps/70/assets/pics/a.png'],
  ])('%s', async (path, value) => {
    expect(await get(path)).toEqual(value);
  });

  it('answers several paths at once and puts those it cannot answer into errors', async () => {
    const result = await app.ask('get', ['ticket.id', 'ticket.nonsense', 'nonsense']);
    expect(result['ticket.id']).toBe(12);
    expect(result.errors).toEqual({
      'ticket.nonsense': { name: 'PathError', message: 'is not a known path', path: 'ticket.nonsense' },
      nonsense: { name: 'PathError', message: 'is not a known path', path: 'nonsense' },
    });
  });

  it('says so when a path has no meaning at the location', async () => {
    const background = b.open('background');
    background.handshake();
    expect(await errorOf('get', ['ticket.id'], background)).toBe('is not available at background');
    expect(await get('currentUser.id', background)).toBe(1);
  });
});

describe('set', () => {
  it('changes the form, not the saved ticket', async () => {
    await app.ask('set', {
      'ticket.subject': 'Hot printer',
      'ticket.status': 'pending',
      'ticket.tags': ['A b', 'c'],
      'ticket.customField:custom_field_900': 'us',
      'ticket.customField:custom_field_901': 'true',
      'comment.text': '<b>Hi</b>',
      'comment.type': 'internalNote',
    });
    expect(b.form.changes()).toEqual({
      subject: 'Hot printer',
      status: 'pending',
      custom_status_id: 32,
      tags: ['a', 'b', 'c'],
      custom_fields: [
        { id: 900, value: 'us' },
        { id: 901, value: true },
      ],
      comment: { html_body: '<b>Hi</b>', public: false },
      safe_update: true,
      updated_stamp: '2026-01-02T00:00:00Z',
    });
    expect(await get('ticket.subject')).toBe('Hot printer');
    expect(b.form.record.subject).toBe('Printer on fire');
  });

  it('takes a custom status for its category', async () => {
    await app.ask('set', { 'ticket.customStatus': 33 });
    expect(await get('ticket.status')).toBe('pending');
    await app.ask('set', { 'ticket.assignee': { groupId: 12 } });
    expect(b.form.changes()).toMatchObject({ custom_status_id: 33, assignee_id: null, group_id: 12 });
  });

  it.each([
    [{ 'ticket.status': 'closed' }, 'must be one of new, open, pending, hold, solved'],
    [{ 'ticket.status': 'new' }, 'cannot be set to new again'],
    [{ 'ticket.priority': 'enormous' }, 'must be one of low, normal, high, urgent'],
    [{ 'ticket.customField:custom_field_900': 'mars' }, 'must be one of eu, us'],
    [{ 'ticket.customField:custom_field_1234': 'x' }, 'is not a field of this ticket'],
    [{ 'ticket.assignee': { userId: 2 } }, 'names a user who is no agent'],
    [{ 'ticket.assignee': { userId: 1, groupId: 12 } }, 'names an agent who is not in that group'],
    [{ 'ticket.id': 3 }, 'cannot be set'],
    [{ 'currentUser.name': 'x' }, 'is not a known path'],
  ])('refuses %j', async (params, message) => {
    expect(await errorOf('set', params)).toBe(message);
    expect(b.form.dirty).toBe(false);
  });

  it('changes nothing on a closed ticket', async () => {
    b.form.receive({ ...b.form.record, status: 'closed' }, null);
    expect(await errorOf('set', { 'ticket.subject': 'x' })).toContain('the ticket is closed');
  });
});

describe('invoke', () => {
  it('answers with arrays', async () => {
    expect(await app.ask('invoke', { resize: [{ height: '120px', width: '100%' }] })).toEqual({
      resize: [null],
      errors: {},
    });
    expect(app.instance.pane).toMatchObject({ height: '120px', width: '100%' });
    await app.ask('invoke', { resize: [{ height: 'url(x)' }] });
    expect(app.instance.pane.height).toBe('120px');
  });

  it('notifies for a time, or until closed', async () => {
    await app.ask('invoke', { notify: ['Saved', 'alert', 500] });
    await app.ask('invoke', { notify: ['Stay', 'error', { sticky: true }] });
    await app.ask('invoke', { notify: ['Plain'] });
    expect(b.notices).toEqual([
      { html: 'Saved', kind: 'alert', ms: 500 },
      { html: 'Stay', kind: 'error', ms: null },
      { html: 'Plain', kind: 'notice', ms: 8000 },
    ]);
  });

  it('routes, and says when there is no such place', async () => {
    await app.ask('invoke', { routeTo: ['ticket', 5] });
    expect(b.routes).toEqual([['ticket', 5]]);
    expect(await errorOf('invoke', { routeTo: ['nowhere'] })).toContain('nowhere');
  });

  it('hides fields and options', async () => {
    app.on('ticketFields.custom_field_900.optionValues.changed');
    await app.ask('invoke', {
      'ticketFields:priority.hide': [],
      'ticketFields:type.disable': [],
      'ticketFields:custom_field_900.optionValues:us.hide': [],
      'ticketFields:custom_field_900.options.0.disable': [],
    });
    expect(await get('ticketFields:priority.isVisible')).toBe(false);
    expect(await get('ticketFields:type.isEnabled')).toBe(false);
    expect(await get('ticketFields:custom_field_900.optionValues')).toEqual([
      { label: 'Europe', value: 'eu', isEnabled: false, isVisible: true },
      { label: 'America', value: 'us', isEnabled: true, isVisible: false },
    ]);
    const events = app.told.filter(m => m.key === 'zaf.ticketFields.custom_field_900.optionValues.changed');
    expect(events).toHaveLength(2);
    expect(await errorOf('invoke', { 'ticketFields:nope.hide': [] })).toBe('is not a field of this ticket');
  });

  it('adds and removes tags and appends to the comment', async () => {
    await app.ask('invoke', { 'ticket.tags.add': ['hot', 'printer'] });
    await app.ask('invoke', { 'ticket.tags.remove': ['printer'] });
    await app.ask('invoke', { 'comment.appendText': ['a < b'] });
    await app.ask('invoke', { 'comment.appendHtml': ['<i>x</i>'] });
    await app.ask('invoke', { 'ticket.comment.appendMarkdown': ['**y**'] });
    expect(b.form.value('tags')).toEqual(['hot']);
    expect(b.form.draft.text).toBe('a &#60; b<i>x</i><p><strong>y</strong></p>');
  });

  it('holds and releases the Submit button', async () => {
    await app.ask('invoke', { disableSave: [] });
    expect(b.form.saveLocks.size).toBe(1);
    await app.ask('invoke', { enableSave: [] });
    expect(b.form.saveLocks.size).toBe(0);
  });

  it('opens one popover at a time', async () => {
    const first = b.open('top_bar');
    const second = b.open('top_bar');
    first.handshake();
    second.handshake();
    await first.ask('invoke', { popover: ['show'] });
    await second.ask('invoke', { popover: [{ width: 300, height: 200 }] });
    await second.ask('invoke', { popover: ['show'] });
    expect(first.instance.pane.open).toBe(false);
    expect(second.instance.pane).toMatchObject({ open: true, width: '300px', height: '200px' });
    expect(await errorOf('invoke', { popover: ['show'] })).toBe('is only available at top_bar');
  });

  it('never stays silent', async () => {
    expect(await errorOf('invoke', { 'made.up': [] })).toBe('is not a known path');
    expect(await errorOf('invoke', { 'ticket.sendMessage': [{ channel: 'sms' }] })).toContain('sms');
  });
});
