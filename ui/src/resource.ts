import { useCallback, useEffect, useRef, useState } from 'react';
import { SessionEnded } from './api';
import { useLive, usePage } from './page';

export interface Resource<T> {
  /** The newest answer; while another address is being fetched, that of the last one. */
  data: T | null;
  /** What went wrong with the last attempt. The data, if any, is still there. */
  error: unknown;
  loading: boolean;
  reload(): void;
  /** Puts in an answer that came another way (of a PUT). */
  put(data: T): void;
}

export interface ResourceOptions<T> {
  /** Came with the page, for the first address only. */
  initial?: T | null;
  /** News about these is a reason to look again. */
  topics?: string[];
}

const NEWS_EVERY_MS = 1000;

/** A GET that stays true: fetched when the address changes and when the server tells of a change. */
export function useResource<T>(
  path: string | null,
  { initial = null, topics = [] }: ResourceOptions<T> = {},
): Resource<T> {
  const { api, clock } = usePage();
  const [state, setState] = useState<{ data: T | null; error: unknown; loading: boolean }>({
    data: initial,
    error: null,
    loading: initial === null,
  });
  // Counts what was begun, so that an answer overtaken by a newer one is dropped.
  const newest = useRef(0);
  const skip = useRef(initial !== null ? path : null);

  const load = useCallback(async () => {
    if (path === null) return;
    const mine = ++newest.current;
    setState((old) => ({ ...old, loading: true }));
    try {
      const data = await api.get<T>(path);
      if (mine === newest.current) setState({ data, error: null, loading: false });
    } catch (error) {
      if (mine !== newest.current || error instanceof SessionEnded) return;
      setState((old) => ({ ...old, error, loading: false }));
    }
  }, [api, path]);

  useEffect(() => {
    const first = skip.current === path;
    skip.current = null;
    if (!first) void load();
  }, [load, path]);

  // A burst of news (a thousand deadlines at once) is one reason to look again, not a thousand.
  const lastNews = useRef(Number.NEGATIVE_INFINITY);
  const pending = useRef<ReturnType<typeof setTimeout> | null>(null);
  useLive(topics, () => {
    if (pending.current) return;
    const wait = Math.max(lastNews.current + NEWS_EVERY_MS - clock.now(), 0);
    pending.current = setTimeout(() => {
      pending.current = null;
      lastNews.current = clock.now();
      void load();
    }, wait);
  });
  useEffect(
    () => () => {
      if (pending.current) clearTimeout(pending.current);
      pending.current = null;
    },
    [load],
  );

  const put = useCallback((data: T) => {
    newest.current += 1;
    setState({ data, error: null, loading: false });
  }, []);
  return { ...state, reload: () => void load(), put };
}
