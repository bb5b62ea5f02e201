import {
  ApiError,
  ConnectionError,
  SessionEnded,
  useConnectionLost,
  usePage,
  useResource,
  type Resource,
} from '@aerie/ui';
import { useCallback, useEffect, useRef, useState } from 'react';
import { paths, ticketTopic, type Deadline, type Notice, type TicketView } from './api';
import { isOpen } from './status';
import type { Chosen } from './when';

/** What the agent wants of the ticket's deadline. */
export type Wish = { kind: 'set'; chosen: Chosen } | { kind: 'clear' };

interface Sent {
  wish: Wish;
  version: number | null;
  /** When the agent asked for it. */
  since: number;
  attempt: number;
}

export type Progress =
  | { step: 'idle' }
  /** On its way; the page shows it as done already. */
  | ({ step: 'saving' } & Sent)
  /** Not delivered for want of a connection; sent again until it is. */
  | ({ step: 'waiting' } & Sent)
  | { step: 'refused'; wish: Wish; version: number | null; error: unknown }
  /** Somebody else was quicker: `view` has theirs. */
  | { step: 'conflict'; wish: Wish };

type Answer = TicketView & { notice?: Notice | null };

const RETRY_MS = [2000, 4000, 8000, 15_000];

export interface DeadlineControl {
  resource: Resource<TicketView>;
  /** The ticket's deadline as the agent wants it, while that is being saved; else as the server has it. */
  deadline: Deadline | null;
  /** Whether what is being saved is shown as done already. */
  optimistic: boolean;
  progress: Progress;
  notice: Notice | null;
  /** Sends a wish; `version` is that of the deadline which the agent saw when deciding. True: it is done. */
  send(wish: Wish, version: number | null): Promise<boolean>;
  /** Takes the refusal or conflict off the screen. */
  settle(): void;
}

export function useDeadline(ticketId: number, initial: TicketView | null): DeadlineControl {
  const { api, boot, clock } = usePage();
  const resource = useResource<TicketView>(paths.ticket(ticketId), {
    initial,
    topics: [ticketTopic(ticketId)],
  });
  const [progress, setProgress] = useState<Progress>({ step: 'idle' });
  const [notice, setNotice] = useState<Notice | null>(null);
  const { put } = resource;

  const attempt = useCallback(
    async (sent: Sent): Promise<boolean> => {
      const { wish, version } = sent;
      const path = paths.ticket(ticketId);
      try {
        const answer =
          wish.kind === 'set'
            ? await api.put<Answer>(path, { when: wish.chosen.when, version })
            : await api.delete<Answer>(path, { version });
        put(answer);
        setNotice(answer.notice ?? null);
        setProgress({ step: 'idle' });
        return true;
      } catch (error) {
        if (error instanceof ConnectionError) {
          setProgress({ step: 'waiting', ...sent, attempt: sent.attempt + 1 });
          return false;
        }
        if (error instanceof SessionEnded) {
          setProgress({ step: 'idle' });
          return false;
        }
        const current =
          error instanceof ApiError ? (error.body as { current?: TicketView } | null)?.current : undefined;
        if (!current) {
          setProgress({ step: 'refused', wish, version, error });
          return false;
        }
        put(current);
        // The answer to the first attempt was lost on the way: what is there is what was wanted.
        const done = isFulfilled(wish, current);
        setProgress(done ? { step: 'idle' } : { step: 'conflict', wish });
        return done;
      }
    },
    [api, put, ticketId],
  );

  const send = useCallback(
    (wish: Wish, version: number | null) => {
      setNotice(null);
      const sent = { wish, version, since: clock.now(), attempt: 0 };
      setProgress({ step: 'saving', ...sent });
      return attempt(sent);
    },
    [attempt, clock],
  );

  useRetry(progress, attempt);
  const settle = useCallback(() => setProgress({ step: 'idle' }), []);
  const wished = wishedDeadline(resource.data, progress, boot.agent);
  return {
    resource,
    deadline: wished === undefined ? existing(resource.data) : wished,
    optimistic: wished !== undefined,
    progress,
    notice,
    send,
    settle,
  };
}

/** Sends what is waiting again: after a while, and as soon as the connection is back. */
function useRetry(progress: Progress, attempt: (sent: Sent) => Promise<boolean>): void {
  const lost = useConnectionLost();
  const wasLost = useRef(false);
  useEffect(() => {
    const back = wasLost.current && !lost;
    wasLost.current = lost;
    if (progress.step !== 'waiting') return undefined;
    const wait = back ? 0 : (RETRY_MS[Math.min(progress.attempt, RETRY_MS.length) - 1] ?? 0);
    const timer = setTimeout(() => void attempt(progress), wait);
    return () => clearTimeout(timer);
  }, [progress, attempt, lost]);
}

function isFulfilled(wish: Wish, view: TicketView): boolean {
  if (wish.kind === 'clear') return !isOpen(view.deadline);
  return isOpen(view.deadline) && Date.parse(view.deadline.at) === wish.chosen.at;
}

function existing(view: TicketView | null): Deadline | null {
  return view && isOpen(view.deadline) ? view.deadline : null;
}

/** The deadline as it will be when what is on its way has been done; undefined when nothing is shown in advance. */
function wishedDeadline(
  view: TicketView | null,
  progress: Progress,
  me: Deadline['set_by'],
): Deadline | null | undefined {
  if (!view || (progress.step !== 'saving' && progress.step !== 'waiting')) return undefined;
  const { wish, since, version } = progress;
  if (wish.kind === 'clear') return null;
  // A time that is over is the server's to refuse; nothing is shown of it before.
  if (wish.chosen.at <= since) return undefined;
  const real = existing(view);
  return {
    id: real?.id ?? '',
    ticket_id: view.ticket_id,
    at: new Date(wish.chosen.at).toISOString(),
    state: 'pending',
    set_at: new Date(since).toISOString(),
    set_by: { id: me.id, name: me.name },
    span_seconds: Math.round((wish.chosen.at - since) / 1000),
    version: version ?? 0,
    warning: false,
    warn_at: null,
    assignee: real?.assignee ?? null,
    group: real?.group ?? null,
    ticket_status: real?.ticket_status ?? null,
  };
}
