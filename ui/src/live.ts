import type { Api } from './api';
import { EventStream, type ServerEvent } from './events';

interface Listener {
  topics: string[];
  onChange(): void;
}

/** A short break in the line is not worth a word. */
const TELL_AFTER_MS = 3000;

/**
 * The page's one line to the server for news. Listeners name topics; after a break everything that listens is told to
 * look again, since something may have been missed. A page that nobody sees hangs up, because a browser allows few
 * connections to one server and agents keep many tickets open.
 */
export class Live {
  private readonly listeners = new Set<Listener>();
  private readonly connectionListeners = new Set<(connected: boolean) => void>();
  private stream: EventStream | null = null;
  private openTopics: string | null = null;
  private active = true;
  private everConnected = false;
  private scheduled = false;
  private lost = false;
  private tellTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly api: Pick<Api, 'stream'>,
    private readonly onAuthorization: (data: string) => void,
  ) {
    this.schedule();
  }

  /** Whether the connection has been lost for so long that people should know. */
  isLost = (): boolean => this.lost;

  onLost = (listener: () => void): (() => void) => {
    this.connectionListeners.add(listener);
    return () => this.connectionListeners.delete(listener);
  };

  listen(topics: string[], onChange: () => void): () => void {
    const listener = { topics, onChange };
    this.listeners.add(listener);
    this.schedule();
    return () => {
      this.listeners.delete(listener);
      this.schedule();
    };
  }

  /** Whether anybody can see the page. */
  setActive(active: boolean): void {
    this.active = active;
    this.schedule();
  }

  /** Components come and go together; the line is changed once, after all of them. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.reopen();
    });
  }

  private reopen(): void {
    const topics = [...new Set([...this.listeners].flatMap((listener) => listener.topics))].sort();
    const wanted = this.active ? topics.join(' ') : null;
    if (wanted === this.openTopics) return;
    this.openTopics = wanted;
    this.stream?.close();
    this.stream = null;
    if (wanted === null) return;
    this.stream = new EventStream({
      api: this.api,
      topics,
      onEvent: (event) => this.dispatch(event),
      onConnected: (connected) => this.connected(connected),
    });
  }

  private dispatch({ event, data }: ServerEvent): void {
    if (event === 'authorization') this.onAuthorization(data);
    // The server could not keep up with us: anything may have changed.
    if (event === 'missed') for (const listener of [...this.listeners]) listener.onChange();
    if (event !== 'change') return;
    const topic = (JSON.parse(data) as { topic: string }).topic;
    for (const listener of [...this.listeners]) {
      if (listener.topics.some((wanted) => topic === wanted || topic.startsWith(`${wanted}/`)))
        listener.onChange();
    }
  }

  private connected(connected: boolean): void {
    if (!connected) {
      this.tellTimer ??= setTimeout(() => this.setLost(true), TELL_AFTER_MS);
      return;
    }
    if (this.tellTimer) clearTimeout(this.tellTimer);
    this.tellTimer = null;
    this.setLost(false);
    if (this.everConnected) for (const listener of [...this.listeners]) listener.onChange();
    this.everConnected = true;
  }

  private setLost(lost: boolean): void {
    if (this.lost === lost) return;
    this.lost = lost;
    for (const listener of [...this.connectionListeners]) listener(lost);
  }
}
