import type { PageClock } from './clock';
import type { Session } from './types';

/** A refusal by the server: `code` for programs, `message` a full English sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly args: Record<string, string | number>,
    /** The whole answer: a conflict brings what is there now. */
    readonly body: unknown,
  ) {
    super(message);
  }
}

/** No answer came: nothing is known about whether the server did it. */
export class ConnectionError extends Error {}

/** The page's session has ended; only opening the page anew helps. */
export class SessionEnded extends Error {}

export type Fetch = typeof fetch;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const RENEW_BEFORE_MS = 3 * 60_000;
const RENEW_AGAIN_MS = 20_000;
const REQUEST_TIMEOUT_MS = 20_000;

export interface ApiOptions {
  session: Session;
  clock: PageClock;
  fetch: Fetch;
  /** Called once, when the session has ended for good. */
  onSessionEnded(): void;
  /** Called when the server says that no administrator has authorised the app. */
  onNotAuthorised(): void;
}

/** The server's JSON API, with the page's bearer token, which is renewed before it expires. */
export class Api {
  private session: Session;
  private renewing: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private ended = false;

  constructor(private readonly options: ApiOptions) {
    this.session = options.session;
    this.armRenewal();
  }

  get<T>(path: string): Promise<T> {
    return this.json<T>('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.json<T>('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>('PUT', path, body);
  }

  delete<T>(path: string, body?: unknown): Promise<T> {
    return this.json<T>('DELETE', path, body);
  }

  /** A file, for saving. */
  async file(path: string): Promise<Blob> {
    return (await this.send('GET', path)).blob();
  }

  /** Opens an answer that goes on for ever (server-sent events). */
  stream(path: string, signal: AbortSignal): Promise<Response> {
    return this.send('GET', path, undefined, signal);
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
  }

  private async json<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      throw new ConnectionError('The answer broke off.');
    }
  }

  private async send(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    // A laptop that slept has missed its renewal.
    if (this.msLeft() < RENEW_AGAIN_MS) await this.renew();
    return this.sendNow(method, path, body, signal);
  }

  private async sendNow(
    method: Method,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Response> {
    if (this.ended) throw new SessionEnded();
    const headers: Record<string, string> = { authorization: `Bearer ${this.session.token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await this.options.fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'omit',
        cache: 'no-store',
        signal: signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch (cause) {
      throw new ConnectionError('The server cannot be reached.', { cause });
    }
    if (response.ok) return response;
    throw await this.refusal(response);
  }

  private async refusal(response: Response): Promise<Error> {
    if (response.status === 401) {
      this.end();
      return new SessionEnded();
    }
    const body: unknown = await response.json().catch(() => null);
    const error = (
      body as { error?: { code?: string; message?: string; args?: Record<string, string | number> } } | null
    )?.error;
    // A proxy in between answers in its own words when the server is away.
    if (!error?.message && response.status >= 502)
      return new ConnectionError(`The server answers ${response.status}.`);
    if (error?.code === 'not_authorised') this.options.onNotAuthorised();
    return new ApiError(
      response.status,
      error?.code ?? `http_${response.status}`,
      error?.message ?? `The server answered ${response.status} without saying why.`,
      error?.args ?? {},
      body,
    );
  }

  private msLeft(): number {
    return Date.parse(this.session.expires_at) - this.options.clock.now();
  }

  private renew(): Promise<void> {
    this.renewing ??= this.sendNow('POST', '/api/session/renew')
      .then(async (response) => {
        this.session = (await response.json()) as Session;
        this.armRenewal();
      })
      .finally(() => {
        this.renewing = null;
      });
    return this.renewing;
  }

  private armRenewal(afterMs = Math.max(this.msLeft() - RENEW_BEFORE_MS, 0)): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.renew().catch(() => {
        if (this.ended) return;
        if (this.msLeft() <= 0) this.end();
        else this.armRenewal(RENEW_AGAIN_MS);
      });
    }, afterMs);
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.close();
    this.options.onSessionEnded();
  }
}
