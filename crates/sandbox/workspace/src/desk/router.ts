import { Observable } from '../model/observable';

export type Route =
  | { page: 'view'; viewId: number | null }
  | { page: 'ticket'; ticketId: number }
  | { page: 'new' }
  | { page: 'app'; app: string; rest: string }
  | { page: 'unknown' };

export function parseRoute(path: string): Route {
  const [, agent, kind, first, ...rest] = path.split('/').map(decodeURIComponent);
  if (agent === '' || agent === undefined) return { page: 'view', viewId: null };
  if (agent !== 'agent') return { page: 'unknown' };
  if (kind === undefined || kind === '' || kind === 'dashboard') return { page: 'view', viewId: null };
  if (kind === 'filters') return { page: 'view', viewId: /^\d+$/.test(first ?? '') ? Number(first) : null };
  if (kind === 'tickets' && first === 'new') return { page: 'new' };
  if (kind === 'tickets' && /^\d+$/.test(first ?? '')) return { page: 'ticket', ticketId: Number(first) };
  if (kind === 'apps' && first) return { page: 'app', app: first, rest: rest.join('/') };
  return { page: 'unknown' };
}

/** The address bar. */
export class Router extends Observable {
  path = location.pathname;

  constructor() {
    super();
    window.addEventListener('popstate', () => this.#moved());
  }

  get route(): Route {
    return parseRoute(this.path);
  }

  go(path: string, replace = false): void {
    if (path === this.path) return;
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.#moved();
  }

  #moved(): void {
    this.path = location.pathname;
    this.changed();
  }
}
