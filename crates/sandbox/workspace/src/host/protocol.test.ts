import { describe, expect, it } from 'vitest';
import * as protocol from './protocol';

const parse = (message: object) =>
  protocol.parse(JSON.stringify({ appGuid: 'g', instanceGuid: 'g', ...message }));

describe('messages of apps', () => {
  it('reads the handshake', () => {
    expect(parse({ key: 'iframe.handshake', message: { version: '2.0.9' } })).toEqual({
      kind: 'handshake',
      version: '2.0.9',
      instanceGuid: 'g',
    });
  });

  it('reads subscriptions', () => {
    expect(parse({ key: 'iframe.on:ticket.subject.changed', message: { subscriberCount: 2 } })).toMatchObject(
      {
        kind: 'on',
        event: 'ticket.subject.changed',
        subscribers: 2,
      },
    );
    expect(parse({ key: 'iframe.off:context.updated', message: { subscriberCount: 0 } })).toMatchObject({
      kind: 'off',
      event: 'context.updated',
      subscribers: 0,
    });
  });

  it('reads get, set and invoke', () => {
    expect(parse({ id: 1, request: 'get', params: ['ticket.subject'] })).toMatchObject({
      kind: 'get',
      id: 1,
      paths: ['ticket.subject'],
    });
    expect(parse({ id: 2, request: 'set', params: { 'ticket.subject': 'x' } })).toMatchObject({
      kind: 'set',
      values: { 'ticket.subject': 'x' },
    });
    expect(parse({ id: 3, request: 'invoke', params: { resize: [{ height: '80px' }] } })).toMatchObject({
      kind: 'invoke',
      calls: { resize: [{ height: '80px' }] },
    });
  });

  it('reads requests, with options or a bare address', () => {
    expect(parse({ key: 'request:4', message: { url: '/api/v2/users/me' } })).toMatchObject({
      kind: 'http',
      key: 'request:4',
      options: { url: '/api/v2/users/me' },
    });
    expect(parse({ key: 'request:5', message: '/x' })).toMatchObject({ options: { url: '/x' } });
  });

  it('reads the reply to a hook as a plain object', () => {
    expect(protocol.parse({ appGuid: 'g', key: 'iframe.reply:ticket.save' })).toEqual({
      kind: 'reply',
      hook: 'ticket.save',
      error: null,
      instanceGuid: null,
    });
    expect(
      protocol.parse({ appGuid: 'g', key: 'iframe.reply:ticket.save', error: { msg: 'no' } }),
    ).toMatchObject({ error: { msg: 'no' } });
  });

  it('reads triggers and tolerates noise', () => {
    expect(parse({ key: 'iframe.trigger:ping', message: { a: 1 } })).toMatchObject({
      kind: 'trigger',
      event: 'ping',
      data: { a: 1 },
    });
    expect(parse({ key: '__track__' })).toMatchObject({ kind: 'noise' });
    expect(parse({ key: 'session.live' })).toMatchObject({ kind: 'noise' });
  });

  it.each([['not json'], [null], [42], ['[1]'], ['{"id":1,"request":"get","params":"x"}'], ['{"a":1}']])(
    'refuses %s',
    data => {
      expect(protocol.parse(data)).toBeNull();
    },
  );
});

describe('messages of the host', () => {
  it('are the JSON that the SDK reads', () => {
    expect(JSON.parse(protocol.registered({ appId: 1 }, { location: 'modal' }))).toEqual({
      key: 'zaf.app.registered',
      message: { metadata: { appId: 1 }, context: { location: 'modal' } },
    });
    expect(JSON.parse(protocol.event('x', 1))).toEqual({ key: 'zaf.x', message: 1 });
    expect(JSON.parse(protocol.event('x', 1, 'other'))).toEqual({
      key: 'zaf.x',
      message: 1,
      instanceGuid: 'other',
    });
    expect(JSON.parse(protocol.hook('ticket.save'))).toEqual({ key: 'zaf.ticket.save', needsReply: true });
    expect(JSON.parse(protocol.httpEnd('request:1', 'done', [1]))).toEqual({
      key: 'zaf.request:1.done',
      message: { responseArgs: [1] },
    });
    expect(JSON.parse(protocol.result(9, { a: 1 }, { b: { name: 'E', message: 'm', path: 'b' } }))).toEqual({
      id: 9,
      result: { a: 1, errors: { b: { name: 'E', message: 'm', path: 'b' } } },
    });
  });
});
