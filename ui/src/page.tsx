import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { Api, type Fetch } from './api';
import type { PageClock } from './clock';
import type { CurrentUser, Host } from './host';
import { errorText, translator, type Language, type SharedKey, type Translate } from './i18n';
import { Live } from './live';
import { TimeFormat, usableTimeZone } from './time';
import type { AgentRole, Authorization, Boot } from './types';

/** Everything a page's components may want to know or use. */
export interface PageTools {
  boot: Boot;
  host: Host;
  api: Api;
  clock: PageClock;
  live: Live;
  language: Language;
  time: TimeFormat;
  /** Null while nobody has told yet. For showing only: the server decides what is allowed. */
  role: AgentRole | null;
  authorization: Authorization;
  setAuthorization(authorization: Authorization): void;
  sessionEnded: boolean;
  errorText(error: unknown): string;
}

const Context = createContext<PageTools | null>(null);

export function usePage(): PageTools {
  const tools = useContext(Context);
  if (!tools) throw new Error('usePage is for components inside a page.');
  return tools;
}

/** The translator, for the app's own keys (`useT<keyof typeof en>()`) and the shared ones. */
export function useT<Key extends string = never>(): Translate<Key | SharedKey> {
  const { language } = usePage();
  return useMemo(() => translator(language), [language]);
}

/** The time by the server's clock, as a number that changes every `everyMs` (whole seconds). */
export function useNow(everyMs = 1000): number {
  const { clock } = usePage();
  return useSyncExternalStore(clock.subscribe, () => Math.floor(clock.now() / everyMs) * everyMs);
}

/** Whether the connection to the server has been lost. */
export function useConnectionLost(): boolean {
  const { live } = usePage();
  return useSyncExternalStore(live.onLost, live.isLost);
}

/** Calls `onChange` when the server tells of a change in one of the topics, or may have told while nobody listened. */
export function useLive(topics: string[], onChange: () => void): void {
  const { live } = usePage();
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  const key = topics.join(' ');
  useEffect(() => live.listen(key ? key.split(' ') : [], () => latest.current()), [live, key]);
}

interface Status {
  authorization: Authorization;
  sessionEnded: boolean;
}

/** The page's connections and what they have told; made once, outside of React. */
export class Connections {
  readonly api: Api;
  readonly live: Live;
  private status: Status;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly boot: Boot,
    readonly host: Host,
    readonly clock: PageClock,
    fetch: Fetch,
  ) {
    this.status = { authorization: boot.authorization, sessionEnded: false };
    this.api = new Api({
      session: boot.session,
      clock,
      fetch,
      onSessionEnded: () => this.set({ sessionEnded: true }),
      onNotAuthorised: () => this.set({ authorization: { state: 'missing' } }),
    });
    this.live = new Live(this.api, (data) => this.set({ authorization: authorizationOf(data) }));
    followVisibility(this.live, host);
  }

  get = (): Status => this.status;

  set = (change: Partial<Status>): void => {
    this.status = { ...this.status, ...change };
    for (const listener of [...this.listeners]) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

interface Props {
  connections: Connections;
  language: Language;
  children: ReactNode;
}

export function PageProvider({ connections, language, children }: Props) {
  const { boot, host, clock, api, live, set } = connections;
  const status = useSyncExternalStore(connections.subscribe, connections.get);
  const user = useCurrentUser(boot, host);
  const timeZone = usableTimeZone(boot.agent.time_zone ?? user?.timeZone?.ianaName);
  const role = boot.agent.role ?? (user ? (user.role === 'admin' ? 'admin' : 'agent') : null);
  const tools = useMemo<PageTools>(
    () => ({
      boot,
      host,
      clock,
      api,
      live,
      language,
      role,
      ...status,
      setAuthorization: (authorization) => set({ authorization }),
      time: new TimeFormat(language, translator(language), timeZone),
      errorText: (error) => errorText(language, error),
    }),
    [boot, host, clock, api, live, set, language, role, status, timeZone],
  );
  return <Context.Provider value={tools}>{children}</Context.Provider>;
}

/** Asks Zendesk who the agent is, where the server does not know it yet (before the authorization). */
function useCurrentUser(boot: Boot, host: Host): CurrentUser | null {
  const [user, setUser] = useState<CurrentUser | null>(null);
  const known = boot.agent.role !== null && boot.agent.time_zone !== null;
  useEffect(() => {
    if (known) return undefined;
    let gone = false;
    host.currentUser().then(
      (value) => !gone && setUser(value),
      // Without an answer the agent is treated as one without special rights, in the browser's time zone.
      () => !gone && setUser({ id: boot.agent.id, name: '', role: 'agent' }),
    );
    return () => {
      gone = true;
    };
  }, [boot, host, known]);
  return user;
}

/** An `authorization` event brings the new state; one that brings nothing means "ask again", which the data does. */
function authorizationOf(data: string): Authorization {
  try {
    const value = JSON.parse(data) as Partial<Authorization> | null;
    if (value?.state) return value as Authorization;
  } catch {
    // Not JSON: no state in it.
  }
  return { state: 'healthy', granted_by: null };
}

function followVisibility(live: Live, host: Host): void {
  let activated = true;
  const update = () => live.setActive(activated && !document.hidden);
  host.on('app.activated', () => {
    activated = true;
    update();
  });
  host.on('app.deactivated', () => {
    activated = false;
    update();
  });
  document.addEventListener('visibilitychange', update);
}
