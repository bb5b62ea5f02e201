/**
 * The page's clock. It follows the server's, so that a countdown reaches zero when the server says so, however wrong
 * the agent's own clock is. All ticking on a page comes from here: one timer, on the second.
 */
export class PageClock {
  private offset = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly listeners = new Set<() => void>();

  /** `local` gives the browser's time in milliseconds; tests put their own in. */
  // eslint-disable-next-line no-restricted-properties -- the one place that may ask the browser for the time
  constructor(private readonly local: () => number = () => Date.now()) {}

  /** Milliseconds since 1970, by the server's clock. */
  now(): number {
    return this.local() + this.offset;
  }

  /** Takes over the server's time: `serverNow` was true when the browser's clock said `localThen`. */
  follow(serverNow: string, localThen: number = this.local()): void {
    const server = Date.parse(serverNow);
    if (!Number.isNaN(server)) this.offset = server - localThen;
  }

  /** Calls `listener` at every full second until the returned function is called. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.arm();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0 && this.timer) {
        clearTimeout(this.timer);
        this.timer = null;
      }
    };
  };

  private arm(): void {
    const untilNextSecond = 1000 - (((this.now() % 1000) + 1000) % 1000);
    this.timer = setTimeout(() => {
      this.arm();
      for (const listener of [...this.listeners]) listener();
    }, untilNextSecond);
  }
}

/** When the browser received the first byte of this page: the moment that `boot.now` speaks of. */
export function pageArrivedAt(perf: Performance): number {
  const entry = perf.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined;
  return perf.timeOrigin + (entry?.responseStart ?? perf.now());
}
