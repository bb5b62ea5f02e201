/**
 * The wire format between the desk and an app's iframe: what the app-framework SDK posts and what it accepts.
 * Messages from apps are JSON strings, but a hook's reply is a plain object; both forms are read for all of them.
 * Keys from the host start with `zaf.`, keys from the app with `iframe.`.
 */

/** A message of an app, taken apart. `instanceGuid` names the client it was sent through (a child client's is foreign). */
export type AppMessage = { instanceGuid: string | null } & (
  | { kind: 'handshake'; version: string }
  | { kind: 'on' | 'off'; event: string; subscribers: number }
  | { kind: 'get'; id: number; paths: string[] }
  | { kind: 'set'; id: number; values: Record<string, unknown> }
  | { kind: 'invoke'; id: number; calls: Record<string, unknown[]> }
  | { kind: 'http'; key: string; options: Record<string, unknown> }
  | { kind: 'reply'; hook: string; error: { msg?: unknown } | null }
  | { kind: 'trigger'; event: string; data: unknown }
  | { kind: 'noise'; key: string }
);

/** An entry of `errors`: what was asked for could not be done. */
export interface PathError {
  name: string;
  message: string;
  path: string;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a message of an app; null for anything that is not of this protocol. */
export function parse(data: unknown): AppMessage | null {
  let message = data;
  if (typeof data === 'string') {
    try {
      message = JSON.parse(data);
    } catch {
      return null;
    }
  }
  if (!isObject(message)) return null;
  const instanceGuid = typeof message.instanceGuid === 'string' ? message.instanceGuid : null;
  if (typeof message.request === 'string') return request(message, instanceGuid);
  return typeof message.key === 'string' ? keyed(message.key, message, instanceGuid) : null;
}

function request(message: Json, instanceGuid: string | null): AppMessage | null {
  const { id, params } = message;
  if (typeof id !== 'number') return null;
  switch (message.request) {
    case 'get':
      if (!Array.isArray(params) || !params.every(path => typeof path === 'string')) return null;
      return { kind: 'get', id, paths: params, instanceGuid };
    case 'set':
      return isObject(params) ? { kind: 'set', id, values: params, instanceGuid } : null;
    case 'invoke': {
      if (!isObject(params)) return null;
      const calls = Object.fromEntries(
        Object.entries(params).map(([name, args]) => [name, Array.isArray(args) ? args : []]),
      );
      return { kind: 'invoke', id, calls, instanceGuid };
    }
    default:
      return null;
  }
}

function keyed(key: string, message: Json, instanceGuid: string | null): AppMessage {
  const body = message.message;
  const after = (prefix: string) => (key.startsWith(prefix) ? key.slice(prefix.length) : null);
  if (key === 'iframe.handshake') {
    return { kind: 'handshake', version: isObject(body) ? String(body.version ?? '') : '', instanceGuid };
  }
  for (const kind of ['on', 'off'] as const) {
    const event = after(`iframe.${kind}:`);
    if (event !== null) {
      const count = isObject(body) && typeof body.subscriberCount === 'number' ? body.subscriberCount : null;
      return { kind, event, subscribers: count ?? (kind === 'on' ? 1 : 0), instanceGuid };
    }
  }
  const hook = after('iframe.reply:');
  if (hook !== null) {
    return { kind: 'reply', hook, error: isObject(message.error) ? message.error : null, instanceGuid };
  }
  const trigger = after('iframe.trigger:');
  if (trigger !== null) return { kind: 'trigger', event: trigger, data: body, instanceGuid };
  if (/^request:\d+$/.test(key)) {
    const options = typeof body === 'string' ? { url: body } : isObject(body) ? body : {};
    return { kind: 'http', key, options, instanceGuid };
  }
  return { kind: 'noise', key, instanceGuid };
}

// What the host says. Everything is a JSON string: the SDK of any age reads that.

/** Ends the handshake; only now may an app say anything else. */
export const registered = (metadata: unknown, context: unknown): string =>
  JSON.stringify({ key: 'zaf.app.registered', message: { metadata, context } });

/** An event. `instanceGuid` is given when it happened to another instance than the receiver. */
export const event = (name: string, message: unknown, instanceGuid?: string): string =>
  JSON.stringify({ key: `zaf.${name}`, message, ...(instanceGuid ? { instanceGuid } : {}) });

/** The answer to get, set or invoke: a value per path, and `errors` for those that have none. */
export const result = (
  id: number,
  values: Record<string, unknown>,
  errors: Record<string, PathError>,
): string => JSON.stringify({ id, result: { ...values, errors } });

/** A question that the app must answer with `iframe.reply:<name>`. */
export const hook = (name: string): string => JSON.stringify({ key: `zaf.${name}`, needsReply: true });

/** The end of `client.request`. */
export const httpEnd = (key: string, outcome: 'done' | 'fail', responseArgs: unknown[]): string =>
  JSON.stringify({ key: `zaf.${key}.${outcome}`, message: { responseArgs } });
