import type { DeskPort } from '../desk';
import type { Instance } from '../instance';
import type { Host } from '../registry';

/** Who asks, and about which instance. */
export interface Scope {
  host: Host;
  desk: DeskPort;
  instance: Instance;
}

/** A row of the path table: what can be done with the paths that match. `match` holds the pattern's groups. */
export interface Entry {
  path: RegExp;
  needs?: 'ticket';
  get?(scope: Scope, match: string[]): unknown;
  set?(scope: Scope, match: string[], value: unknown): unknown;
  invoke?(scope: Scope, match: string[], args: unknown[]): unknown;
}

/** A path that exists but cannot be served, or a value that is not allowed; the message follows the path's name. */
export class Refused extends Error {
  constructor(message: string, name = 'Error') {
    super(message);
    this.name = name;
  }
}

/** Walks down an object by a dotted path. Nothing below null is null; a name that is not there is refused. */
export function dig(root: unknown, path: string): unknown {
  let at = root;
  for (const name of path === '' ? [] : path.split('.')) {
    if (at === null || at === undefined) return null;
    if (typeof at !== 'object' || !(name in at)) throw new Refused('is not a known path', 'PathError');
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

export const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Refused('needs a text');
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A CSS length: numbers are pixels. */
export const cssSize = (value: unknown): string | null => {
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}px`;
  if (typeof value !== 'string') return null;
  if (/^\d+(\.\d+)?$/.test(value)) return `${value}px`;
  return /^\d+(\.\d+)?(px|vh|vw|%|em|rem)$/.test(value) ? value : null;
};
