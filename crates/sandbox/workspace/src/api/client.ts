import type { Boot, Installation, Launch, Location, People } from './types';

/** An answer other than 2xx, or no answer at all (`status` 0). */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number,
    readonly body: unknown,
    message: string,
  ) {
    super(message);
  }

  /** The refused properties of a 422 answer (`details`); custom fields as `custom_field_<id>`. */
  get details(): { field: string; message: string }[] {
    const details = (this.body as { details?: Record<string, Detail[]> } | null)?.details;
    return Object.entries(details ?? {}).flatMap(([field, list]) =>
      list.map(({ description, ticket_field_id: id }) => ({
        field: id === undefined ? field : `custom_field_${id}`,
        message: description ?? 'was refused',
      })),
    );
  }
}

interface Detail {
  description?: string;
  ticket_field_id?: number;
}

const sentence = (status: number, body: unknown): string => {
  const { error, description } = (body ?? {}) as { error?: unknown; description?: unknown };
  if (typeof description === 'string') return description;
  if (error && typeof error === 'object' && 'message' in error) return String(error.message);
  if (typeof error === 'string') return error;
  return status === 0 ? 'The sandbox cannot be reached.' : `The sandbox answered ${status}.`;
};

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Calls the sandbox with the session cookie; JSON in, JSON out. Throws {@link ApiError}. */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, null, sentence(0, null));
  }
  const text = await response.text();
  const parsed = parse(text);
  if (!response.ok) throw new ApiError(response.status, parsed, sentence(response.status, parsed));
  return parsed as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, undefined, signal);

/** The calls of `docs/workspace-api.md`. */
export const workspace = {
  people: () => get<People>('/sandbox/workspace/people'),
  signIn: (userId: number) => call<void>('POST', '/sandbox/workspace/session', { user_id: userId }),
  signOut: () => call<void>('DELETE', '/sandbox/workspace/session'),
  boot: () => get<Boot>('/sandbox/workspace/boot'),
  launch: (installation: Installation, location: Location, context: { ticketId?: number }) =>
    call<Launch>('POST', '/sandbox/workspace/launch', {
      installation_id: installation.id,
      location,
      ...(context.ticketId === undefined ? {} : { ticket_id: context.ticketId }),
    }),
};

/** All pages of an offset-paged list (the desk's reference data are a few hundred rows at most). */
export async function getAll<T>(path: string, key: string): Promise<T[]> {
  const rows: T[] = [];
  let next: string | null = `${path}${path.includes('?') ? '&' : '?'}per_page=100`;
  while (next) {
    const answer: Record<string, unknown> = await get(next);
    rows.push(...((answer[key] as T[] | undefined) ?? []));
    const following = answer.next_page as string | null | undefined;
    // The answer names the account's public address; the page stays on its own.
    next = following
      ? new URL(following, location.origin).pathname + new URL(following, location.origin).search
      : null;
  }
  return rows;
}
