import { ApiError, SessionEnded } from './api';
import type { Api } from './api';

export interface ServerEvent {
  event: string;
  data: string;
}

export interface EventStreamOptions {
  api: Pick<Api, 'stream'>;
  topics: string[];
  onEvent(event: ServerEvent): void;
  /** True when events flow; false when the connection was lost. After a loss something may have been missed. */
  onConnected(connected: boolean): void;
  /** Between 0 and 1; spreads out the pages that lost their server at the same moment. */
  random?: () => number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
/** The server sends a comment at least this often; silence for longer means that the line is dead. */
const SILENCE_MS = 45_000;

/**
 * Server-sent events read with fetch, because the browser's own EventSource cannot send the bearer token. Reconnects by
 * itself until closed.
 */
export class EventStream {
  private controller = new AbortController();
  private waits = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;

  constructor(private readonly options: EventStreamOptions) {
    void this.run();
  }

  close(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    this.controller.abort();
  }

  private async run(): Promise<void> {
    this.controller = new AbortController();
    const query = this.options.topics.map(encodeURIComponent).join(',');
    try {
      const response = await this.options.api.stream(`/api/events?topics=${query}`, this.controller.signal);
      if (!response.body) throw new Error('The event stream has no body.');
      this.waits = 0;
      this.options.onConnected(true);
      await this.read(response.body);
    } catch (error) {
      if (error instanceof SessionEnded || (error instanceof ApiError && error.status === 403)) return;
    }
    if (this.closed) return;
    this.options.onConnected(false);
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.waits, LONGEST_WAIT_MS);
    this.waits += 1;
    const wait = longest / 2 + ((this.options.random ?? Math.random)() * longest) / 2;
    this.timer = setTimeout(() => void this.run(), wait);
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser(this.options.onEvent);
    for (;;) {
      const watchdog = setTimeout(() => this.controller.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(watchdog));
      if (done || this.closed) return;
      parser.push(decoder.decode(value, { stream: true }));
    }
  }
}

/** The text format of server-sent events (HTML standard, 9.2.6), as far as a server of ours uses it. */
export class EventParser {
  private rest = '';
  private event = '';
  private data: string[] = [];

  constructor(private readonly emit: (event: ServerEvent) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0) this.emit({ event: this.event || 'message', data: this.data.join('\n') });
      this.event = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    if (field === 'data') this.data.push(value);
  }
}
