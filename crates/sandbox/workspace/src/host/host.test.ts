import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bench, installation } from './fixture';
import type { App, Bench } from './fixture';

let b: Bench;
let app: App;

beforeEach(() => {
  b = bench();
  app = b.open();
});
afterEach(() => void vi.useRealTimers());

describe('registration', () => {
  it('answers the handshake with metadata and context', () => {
    app.handshake();
    expect(app.told).toEqual([
      {
        key: 'zaf.app.registered',
        message: {
          metadata: {
            appId: 70,
            installationId: 7,
            name: 'Demo',
            version: '1.2.3',
            settings: { color: 'green' },
          },
          context: {
            instanceGuid: 'guid-1',
            product: 'support',
            account: { subdomain: 'acme' },
            location: 'ticket_sidebar',
            ticketId: 12,
          },
        },
      },
    ]);
  });

  it('ignores everything before the handshake and messages of foreign windows', async () => {
    app.says({ id: 1, request: 'get', params: ['ticket.id'] });
    b.host.onMessage({ source: {}, origin: 'http://evil.test', data: '{"key":"iframe.handshake"}' });
    await Promise.resolve();
    expect(app.told).toEqual([]);
  });

  it('registers again after the page in the iframe was replaced, without the old subscriptions', () => {
    app.handshake();
    app.on('ticket.subject.changed');
    app.handshake();
    b.form.set('subject', 'New');
    expect(app.told.filter(message => message.key === 'zaf.app.registered')).toHaveLength(2);
    expect(app.told.some(message => message.key === 'zaf.ticket.subject.changed')).toBe(false);
  });
});

describe('events', () => {
  it('delivers app.activated to an app that subscribes later, once', () => {
    app.instance.activate(true);
    app.handshake();
    app.on('app.activated');
    app.on('app.activated');
    const seen = app.told.filter(message => message.key === 'zaf.app.activated');
    expect(seen).toEqual([{ key: 'zaf.app.activated', message: { firstLoad: true } }]);
    app.on('app.deactivated');
    app.instance.activate(false);
    app.instance.activate(true);
    expect(app.told.slice(-2).map(message => message.key)).toEqual([
      'zaf.app.deactivated',
      'zaf.app.activated',
    ]);
    expect(app.told.at(-1)?.message).toEqual({ firstLoad: false });
  });

  it('tells only subscribers about changes, and the catch-all about every change', () => {
    app.handshake();
    app.on('ticket.status.changed');
    app.on('*.changed');
    b.form.set('status', 'pending');
    const keys = app.told.map(message => [message.key, message.message]);
    expect(keys).toContainEqual(['zaf.ticket.status.changed', 'pending']);
    expect(keys).toContainEqual(['zaf.*.changed', { propertyName: 'ticket.status', newValue: 'pending' }]);
    expect(keys).toContainEqual([
      'zaf.*.changed',
      {
        propertyName: 'ticket.customStatus',
        newValue: { id: 32, agentLabel: 'Pending', statusCategory: 'pending' },
      },
    ]);
    app.says({ key: 'iframe.off:ticket.status.changed', message: { subscriberCount: 0 } });
    const before = app.told.filter(message => message.key === 'zaf.ticket.status.changed').length;
    b.form.set('status', 'open');
    expect(app.told.filter(message => message.key === 'zaf.ticket.status.changed')).toHaveLength(before);
  });

  it('names custom fields as apps do', () => {
    app.handshake();
    app.on('ticket.custom_field_900.changed');
    b.form.set('custom_field_900', 'us');
    expect(app.told.at(-1)).toEqual({ key: 'zaf.ticket.custom_field_900.changed', message: 'us' });
  });

  it('relays triggers to siblings that follow the instance, and to the instance itself', () => {
    const other = b.open('background');
    const stranger = b.open('background', installation({ id: 8, app_id: 80 }));
    for (const one of [app, other, stranger]) one.handshake();
    other.on('ping', app.instance.guid);
    stranger.on('ping', app.instance.guid);
    app.on('ping');
    app.says({ key: 'iframe.trigger:ping', message: { n: 1 } });
    expect(other.told.at(-1)).toEqual({
      key: 'zaf.ping',
      message: { n: 1 },
      instanceGuid: app.instance.guid,
    });
    expect(app.told.at(-1)).toEqual({ key: 'zaf.ping', message: { n: 1 } });
    expect(stranger.told).toHaveLength(1);
    // Through a child client: the event happens at the addressed instance.
    other.says({ key: 'iframe.trigger:ping', message: { n: 2 } }, app.instance.guid);
    expect(app.told.at(-1)).toEqual({ key: 'zaf.ping', message: { n: 2 } });
  });

  it('delivers notifications to every instance of the app', () => {
    const background = b.open('background');
    const stranger = b.open('background', installation({ id: 8, app_id: 80 }));
    for (const one of [app, background, stranger]) {
      one.handshake();
      one.on('api_notification.hit');
    }
    b.host.notified(70, 'hit', { a: 1 }, '5');
    for (const one of [app, background]) {
      expect(one.told.at(-1)).toEqual({
        key: 'zaf.api_notification.hit',
        message: { body: { a: 1 }, sender: '5' },
      });
    }
    expect(stranger.told).toHaveLength(1);
  });
});

describe('the save hook', () => {
  const reply = (error?: { msg: unknown }) =>
    app.instance.receive({ appGuid: 'g', key: 'iframe.reply:ticket.save', ...(error ? { error } : {}) }, '');

  beforeEach(() => {
    app.handshake();
    app.on('ticket.save');
  });

  it('allows when the app answers so, and does not ask apps that do not listen', async () => {
    b.open().handshake();
    const asked = b.host.askToSave(b.form, 1000);
    expect(app.told.at(-1)).toEqual({ key: 'zaf.ticket.save', needsReply: true });
    reply();
    await expect(asked).resolves.toEqual([]);
  });

  it('blocks with the text of the app, or a plain sentence when it gives none', async () => {
    let asked = b.host.askToSave(b.form, 1000);
    reply({ msg: 'Fill in the region' });
    await expect(asked).resolves.toEqual([{ app: 'Demo', message: 'Fill in the region' }]);
    asked = b.host.askToSave(b.form, 1000);
    reply({ msg: false });
    await expect(asked).resolves.toEqual([{ app: 'Demo', message: 'blocked the save' }]);
  });

  it('blocks when the app stays silent, and forgets a reply that comes too late', async () => {
    vi.useFakeTimers();
    const asked = b.host.askToSave(b.form, 2000);
    await vi.advanceTimersByTimeAsync(1999);
    let settled = false;
    void asked.then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await expect(asked).resolves.toEqual([{ app: 'Demo', message: 'did not answer within 2 s' }]);
    reply();
  });

  it('does not wait for an app that was closed meanwhile', async () => {
    const asked = b.host.askToSave(b.form, 60_000);
    b.host.destroy(app.instance);
    await expect(asked).resolves.toEqual([]);
  });
});

describe('modals and other instances', () => {
  it('creates a modal, tells the parent when it closes', async () => {
    app.handshake();
    const result = await app.ask('invoke', {
      'instances.create': [
        { location: 'modal', url: 'assets/modal.html', size: { width: '400px', height: 200 } },
      ],
    });
    const [context] = result['instances.create'] as { instanceGuid: string; location: string }[];
    expect(context).toMatchObject({ location: 'modal', product: 'support' });
    const modal = b.host.instances.get(context?.instanceGuid ?? '');
    expect(modal?.url).toBe('http://127.0.0.1:4000/sandbox/apps/70/assets/modal.html');
    expect(modal?.pane).toMatchObject({ width: '400px', height: '200px' });

    const others = await app.ask('get', ['instances']);
    expect(Object.keys(others.instances as object)).toEqual([app.instance.guid, context?.instanceGuid]);

    app.on('modal.close', context?.instanceGuid);
    await app.ask('invoke', { resize: [{ height: '300px' }] }, context?.instanceGuid);
    expect(modal?.pane.height).toBe('300px');
    await app.ask('invoke', { destroy: [] }, context?.instanceGuid);
    expect(app.told.find(message => message.key === 'zaf.modal.close')).toMatchObject({
      instanceGuid: context?.instanceGuid,
    });
    expect(b.host.instances.size).toBe(1);
  });

  it('refuses to speak for instances of another app', async () => {
    const stranger = b.open('background', installation({ id: 8, app_id: 80 }));
    app.handshake();
    const result = await app.ask('get', ['colorScheme'], stranger.instance.guid);
    expect(result.errors).toHaveProperty('colorScheme');
  });
});
