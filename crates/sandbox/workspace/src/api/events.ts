/** Live events of `GET /sandbox/workspace/events`. */
export interface LiveEvents {
  ticket: { id: number; updated_at: string; updated_by: number | null; changes: string[] };
  api_notification: { app_id: number; event: string; body: unknown; sender: unknown };
  installations: Record<string, never>;
  clock: { now: string; frozen: boolean };
  reset: Record<string, never>;
}

const NAMES: (keyof LiveEvents)[] = ['ticket', 'api_notification', 'installations', 'clock', 'reset'];
const REOPEN_MS = 2_000;

export interface LiveHandlers {
  on<K extends keyof LiveEvents>(name: K, data: LiveEvents[K]): void;
  /** The connection was lost (false) or is there (again) (true). */
  connection(connected: boolean): void;
}

/** Opens the stream and keeps it open. Returns how to close it. */
export function listen(handlers: LiveHandlers): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource('/sandbox/workspace/events');
    source.onopen = () => handlers.connection(true);
    source.onerror = () => {
      handlers.connection(false);
      // A browser retries a broken connection, but gives up for ever on an answer that is not a stream.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    };
    for (const name of NAMES) {
      source.addEventListener(name, event => {
        handlers.on(name, JSON.parse((event as MessageEvent<string>).data) as never);
      });
    }
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
