/**
 * Zendesk's side of the page, reached through its app framework ("ZAF", v2). The types cover what Aerie uses; the
 * framework is documented at developer.zendesk.com, "Apps core API" and "Apps support API".
 */

interface ZafContext {
  instanceGuid: string;
  product: string;
  location: string;
  account: { subdomain: string };
  ticketId?: number | string;
}

export interface ZafRequest {
  url: string;
  type?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  data?: unknown;
  contentType?: string;
  dataType?: string;
  autoRetry?: boolean;
}

export interface ZafClient {
  on(event: string, handler: (data: unknown) => unknown): void;
  off(event: string, handler: (data: unknown) => unknown): void;
  get(path: string): Promise<Record<string, unknown>>;
  invoke(action: string, ...args: unknown[]): Promise<unknown>;
  request(options: ZafRequest): Promise<unknown>;
  context(): Promise<ZafContext>;
  metadata(): Promise<{ appId: number; installationId: number; name?: string }>;
}

declare global {
  interface Window {
    /** Zendesk's script; `init` answers false when the page is not inside Zendesk. */
    ZAFClient?: { init(): ZafClient | false };
  }
}

/** The part of Zendesk's `currentUser` that pages look at. It decides what is shown, never what is allowed. */
export interface CurrentUser {
  id: number;
  name: string;
  role: string;
  locale?: string;
  timeZone?: { ianaName?: string };
}

export type ColorScheme = 'light' | 'dark';

export class Host {
  constructor(private readonly client: ZafClient | null) {}

  static connect(win: Window): Host {
    return new Host(win.ZAFClient?.init() || null);
  }

  async currentUser(): Promise<CurrentUser> {
    return (await this.get('currentUser')) as CurrentUser;
  }

  async colorScheme(): Promise<ColorScheme> {
    return (await this.get('colorScheme')) === 'dark' ? 'dark' : 'light';
  }

  /** The ticket beside which the page is shown; null where there is none. */
  async ticketId(): Promise<number | null> {
    const context = await this.must().context();
    const id = Number(context.ticketId);
    return Number.isInteger(id) && id > 0 ? id : null;
  }

  /** A GET to Zendesk's own API as the agent, with the agent's permissions. Aerie's server is not involved. */
  async read<T>(path: string): Promise<T> {
    return (await this.must().request({ url: path, type: 'GET', dataType: 'json' })) as T;
  }

  /** Shows a pop-up that stays until the agent closes it. */
  async notify(text: string, kind: 'notice' | 'alert' | 'error'): Promise<void> {
    await this.must().invoke('notify', text, kind, { sticky: true });
  }

  async openTicket(id: number): Promise<void> {
    await this.must().invoke('routeTo', 'ticket', id);
  }

  /** Opens the app's own page in the navigation bar, at `path` below it. */
  async openBoard(fallbackName: string, path: string): Promise<void> {
    const { name } = await this.must().metadata();
    // Zendesk addresses a navigation bar app by its installation's name, in lower case with dashes.
    const slug = (name ?? fallbackName)
      .trim()
      .toLowerCase()
      .replace(/[\s_]+/g, '-');
    await this.must().invoke('routeTo', 'nav_bar', slug, path);
  }

  async resize(height: number): Promise<void> {
    await this.must().invoke('resize', { width: '100%', height: `${height}px` });
  }

  /** Listens to an event of the framework until the returned function is called. */
  on(event: string, handler: (data: unknown) => void): () => void {
    this.client?.on(event, handler);
    return () => this.client?.off(event, handler);
  }

  private async get(path: string): Promise<unknown> {
    return (await this.must().get(path))[path];
  }

  private must(): ZafClient {
    if (!this.client) throw new Error('This page is not inside Zendesk.');
    return this.client;
  }
}
