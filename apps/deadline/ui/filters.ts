import { useCallback, useSyncExternalStore } from 'react';

export const TABS = ['board', 'activity', 'admin'] as const;
export const SCOPES = ['mine', 'groups', 'unassigned', 'all'] as const;
export const WHENS = ['late', 'today', 'week'] as const;

export type Tab = (typeof TABS)[number];
export type Scope = (typeof SCOPES)[number];

/** What the board shows; all of it stands in the address, so that a view can be bookmarked, reloaded and sent on. */
export interface Filters {
  tab: Tab;
  scope: Scope;
  when: (typeof WHENS)[number] | 'all';
  state: 'open' | 'all';
  sort: 'at' | 'set_at' | 'ticket_id';
  order: 'asc' | 'desc';
  /** A ticket number. */
  q: string;
  cursor: string;
}

export const DEFAULTS: Filters = {
  tab: 'board',
  scope: 'mine',
  when: 'all',
  state: 'open',
  sort: 'at',
  order: 'asc',
  q: '',
  cursor: '',
};

const ALLOWED: { [K in keyof Filters]?: readonly string[] } = {
  tab: TABS,
  scope: SCOPES,
  when: [...WHENS, 'all'],
  state: ['open', 'all'],
  sort: ['at', 'set_at', 'ticket_id'],
  order: ['asc', 'desc'],
};

export function readFilters(hash: string): Filters {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const filters: Record<string, string> = { ...DEFAULTS };
  for (const key of Object.keys(DEFAULTS) as (keyof Filters)[]) {
    const value = params.get(key);
    if (value !== null && (ALLOWED[key]?.includes(value) ?? true)) filters[key] = value;
  }
  return filters as unknown as Filters;
}

/** The address for these filters; what else stands in the old one (Zendesk may put its own there) stays. */
export function writeFilters(hash: string, filters: Filters): string {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  for (const key of Object.keys(DEFAULTS) as (keyof Filters)[]) {
    if (filters[key] === DEFAULTS[key]) params.delete(key);
    else params.set(key, filters[key]);
  }
  return `#${params.toString()}`;
}

/** The filter part of the API's query. */
export function listQuery(filters: Filters, timeZone: string): string {
  const { scope, when, state, sort, order, q, cursor } = filters;
  const params = new URLSearchParams({
    scope,
    when,
    state,
    sort,
    order,
    limit: '50',
    time_zone: timeZone,
  });
  if (q) params.set('q', q);
  if (cursor) params.set('cursor', cursor);
  return params.toString();
}

/** The same for a file of everything that the filters show, not of one page. */
export function fileQuery(filters: Filters, timeZone: string): string {
  const params = new URLSearchParams(listQuery({ ...filters, cursor: '' }, timeZone));
  params.delete('limit');
  return params.toString();
}

/** Whether these are the filters whose first page the server put into the page. */
export function isDefaultList(filters: Filters): boolean {
  return (Object.keys(DEFAULTS) as (keyof Filters)[]).every(
    (key) => key === 'tab' || filters[key] === DEFAULTS[key],
  );
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  const change = useCallback((wanted: Partial<Filters>) => {
    const { hash: old } = window.location;
    const next = { ...readFilters(old), ...wanted };
    // Any other view begins at its first page.
    if (!('cursor' in wanted)) next.cursor = '';
    // Replaced, not pushed: the browser's Back belongs to Zendesk, not to an iframe's filters.
    window.history.replaceState(
      null,
      '',
      `${window.location.pathname}${window.location.search}${writeFilters(old, next)}`,
    );
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  }, []);
  return [readFilters(hash), change];
}
