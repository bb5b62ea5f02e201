import type { Instance } from '../instance';
import type { AppMessage, PathError } from '../protocol';
import { result } from '../protocol';
import type { Host } from '../registry';
import { commonPaths } from './common';
import { currentAccountPaths } from './currentAccount';
import { currentUserPaths } from './currentUser';
import { ticketPaths } from './ticket';
import { ticketFieldPaths } from './ticketFields';
import type { Entry, Scope } from './entry';
import { Refused } from './entry';

/** Everything apps can get, set and invoke. The first entry that matches and can do what is asked is used. */
const TABLE: Entry[] = [
  ...commonPaths,
  ...currentUserPaths,
  ...currentAccountPaths,
  ...ticketFieldPaths,
  ...ticketPaths,
];

type Asked = Extract<AppMessage, { kind: 'get' | 'set' | 'invoke' }>;

/** Answers a get, set or invoke. What cannot be done becomes an error entry: silence would hang the app. */
export async function answer(host: Host, target: Instance | null, message: Asked): Promise<string> {
  const values: Record<string, unknown> = {};
  const errors: Record<string, PathError> = {};
  const attempt = async (path: string, work: (scope: Scope) => unknown) => {
    try {
      if (!target) throw new Refused('belongs to an instance that does not exist');
      values[path] = await work({ host, desk: host.desk, instance: target });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      errors[path] = { name: error instanceof Error ? error.name : 'Error', message: text, path };
    }
  };
  if (message.kind === 'get') {
    await Promise.all(message.paths.map(path => attempt(path, scope => getPath(scope, path))));
  } else if (message.kind === 'set') {
    // In the order given: an app may rely on it.
    for (const [path, value] of Object.entries(message.values)) {
      await attempt(path, scope => setPath(scope, path, value));
    }
  } else {
    for (const [name, args] of Object.entries(message.calls)) {
      await attempt(name, async scope => [(await invokePath(scope, name, args)) ?? null]);
    }
  }
  return result(message.id, values, errors);
}

function find<K extends 'get' | 'set' | 'invoke'>(kind: K, scope: Scope, path: string) {
  let misplaced = false;
  for (const entry of TABLE) {
    const work = entry[kind];
    const match = work && entry.path.exec(path);
    if (!work || !match) continue;
    if (entry.needs === 'ticket' && !scope.instance.ticket) misplaced = true;
    else return { work: work as NonNullable<Entry[K]>, match: match.slice(1).map(group => group ?? '') };
  }
  throw new Refused(
    misplaced ? `is not available at ${scope.instance.location}` : 'is not a known path',
    misplaced ? 'LocationError' : 'PathError',
  );
}

async function getPath(scope: Scope, path: string): Promise<unknown> {
  const { work, match } = find('get', scope, path);
  // An answer crosses to another window as JSON, which has no `undefined`.
  return (await work(scope, match)) ?? null;
}

async function setPath(scope: Scope, path: string, value: unknown): Promise<unknown> {
  const { work, match } = find('set', scope, path);
  await work(scope, match, value);
  return value;
}

async function invokePath(scope: Scope, path: string, args: unknown[]): Promise<unknown> {
  const { work, match } = find('invoke', scope, path);
  return work(scope, match, args);
}
