import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, SessionEnded } from './api';
import { EventParser, EventStream, type ServerEvent } from './events';
import { Live } from './live';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A server whose streams the test writes to and breaks. */
class Streams {
  readonly paths: string[] = [];
  readonly signals: AbortSignal[] = [];
  private readonly writers: ReadableStreamDefaultController<Uint8Array>[] = [];
  refuse: Error | null = null;

  stream = (path: string, signal: AbortSignal): Promise<Response> => {
    this.paths.push(path);
    this.signals.push(signal);
    if (this.refuse) return Promise.reject(this.refuse);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.writers.push(controller);
        signal.addEventListener('abort', () => controller.error(new Error('aborted')));
      },
    });
    return Promise.resolve(new Response(body));
  };

  write(text: string): void {
    this.writers.at(-1)?.enqueue(new TextEncoder().encode(text));
  }

  drop(): void {
    this.writers.at(-1)?.close();
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('EventParser', () => {
  it('reads events however they are cut', () => {
    const seen: ServerEvent[] = [];
    const parser = new EventParser((event) => seen.push(event));
    const text =
      ': keep-alive\n\nevent: change\ndata: {"topic":\ndata: "a"}\n\nid: 4\ndata:x\r\n\r\nevent: empty\n\n';
    for (const character of text) parser.push(character);
    expect(seen).toEqual([
      { event: 'change', data: '{"topic":\n"a"}' },
      { event: 'message', data: 'x' },
    ]);
  });
});

describe('EventStream', () => {
  const open = (streams: Streams) => {
    const events: ServerEvent[] = [];
    const connected: boolean[] = [];
    const stream = new EventStream({
      api: streams,
      topics: ['deadline', 'deadline/ticket/1'],
      onEvent: (event) => events.push(event),
      onConnected: (yes) => connected.push(yes),
      random: () => 1,
    });
    return { stream, events, connected };
  };

  it('asks for its topics and reads', async () => {
    const streams = new Streams();
    const { events } = open(streams);
    await settle();
    streams.write('event: change\ndata: {}\n\n');
    await settle();
    expect(streams.paths).toEqual(['/api/events?topics=deadline,deadline%2Fticket%2F1']);
    expect(events).toEqual([{ event: 'change', data: '{}' }]);
  });

  it('comes back, more slowly each time', async () => {
    const streams = new Streams();
    const { connected } = open(streams);
    await settle();
    streams.refuse = new Error('down');
    streams.drop();
    await settle();
    expect(connected).toEqual([true, false]);
    for (const wait of [500, 1000, 2000, 4000]) {
      const before = streams.paths.length;
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(streams.paths).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(streams.paths).toHaveLength(before + 1);
    }
    streams.refuse = null;
    await vi.advanceTimersByTimeAsync(8000);
    expect(connected.at(-1)).toBe(true);
  });

  it('takes a long silence for a dead line', async () => {
    const streams = new Streams();
    open(streams);
    await settle();
    await vi.advanceTimersByTimeAsync(40_000);
    streams.write(': keep-alive\n\n');
    await vi.advanceTimersByTimeAsync(44_000);
    expect(streams.paths).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(streams.signals[0]?.aborted).toBe(true);
    expect(streams.paths).toHaveLength(2);
  });

  it.each([new SessionEnded(), new ApiError(403, 'forbidden', 'No.', {}, null)])(
    'gives up when it may not: %s',
    async (why) => {
      const streams = new Streams();
      streams.refuse = why;
      open(streams);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(streams.paths).toHaveLength(1);
    },
  );
});

describe('Live', () => {
  it('tells those whose topic it is, and after a break everybody', async () => {
    const streams = new Streams();
    const live = new Live(streams, () => undefined);
    const [board, ticket, other] = [vi.fn(), vi.fn(), vi.fn()];
    live.listen(['deadline'], board);
    live.listen(['deadline/ticket/1'], ticket);
    live.listen(['deadline/ticket/11'], other);
    await settle();
    expect(streams.paths).toHaveLength(1);
    streams.write('event: change\ndata: {"topic":"deadline/ticket/1"}\n\n');
    await settle();
    expect([board, ticket, other].map((fn) => fn.mock.calls.length)).toEqual([1, 1, 0]);
    streams.write('event: missed\ndata: {}\n\n');
    await settle();
    expect([board, ticket, other].map((fn) => fn.mock.calls.length)).toEqual([2, 2, 1]);
    streams.drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect([board, ticket, other].map((fn) => fn.mock.calls.length)).toEqual([3, 3, 2]);
  });

  it('hangs up while nobody sees the page, and looks again when somebody does', async () => {
    const streams = new Streams();
    const live = new Live(streams, () => undefined);
    const changed = vi.fn();
    live.listen(['a'], changed);
    await settle();
    live.setActive(false);
    await settle();
    expect(streams.signals[0]?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(streams.paths).toHaveLength(1);
    live.setActive(true);
    await settle();
    expect(streams.paths).toHaveLength(2);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('speaks of a lost connection after three seconds', async () => {
    const streams = new Streams();
    const live = new Live(streams, () => undefined);
    await settle();
    streams.refuse = new Error('down');
    streams.drop();
    await vi.advanceTimersByTimeAsync(2900);
    expect(live.isLost()).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(live.isLost()).toBe(true);
    streams.refuse = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(live.isLost()).toBe(false);
  });

  it('hands on the news of an authorization', async () => {
    const streams = new Streams();
    const authorized = vi.fn();
    new Live(streams, authorized);
    await settle();
    streams.write('event: authorization\ndata: {"state":"healthy"}\n\n');
    await settle();
    expect(authorized).toHaveBeenCalledWith('{"state":"healthy"}');
  });
});
