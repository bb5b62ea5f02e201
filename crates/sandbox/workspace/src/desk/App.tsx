import { Button } from '@zendeskgarden/react-buttons';
import { Spinner } from '@zendeskgarden/react-loaders';
import { ToastProvider } from '@zendeskgarden/react-notifications';
import { useCallback, useEffect, useState } from 'react';
import { ApiError, workspace } from '../api/client';
import { listen } from '../api/events';
import type { ColorScheme } from '../api/types';
import { loadCatalog, World } from '../model/world';
import { DeskProvider, useWatched } from './context';
import { Desk } from './desk';
import { Shell } from './Shell';
import { SignIn } from './SignIn';
import { Theme } from './theme';
import { Message } from './ui';

type Session =
  | { kind: 'loading' }
  | { kind: 'signed-out' }
  | { kind: 'failed'; message: string }
  | { kind: 'desk'; desk: Desk };

const systemScheme = (): ColorScheme =>
  (localStorage.getItem('workspace.colorScheme') as ColorScheme | null) ??
  (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

/** From the first request to the desk: signed in or not, reachable or not. */
export function App() {
  const [session, setSession] = useState<Session>({ kind: 'loading' });
  const start = useCallback(async () => {
    try {
      const boot = await workspace.boot();
      const world = new World(await loadCatalog());
      setSession({ kind: 'desk', desk: new Desk(boot, world) });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) setSession({ kind: 'signed-out' });
      else setSession({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  }, []);
  useEffect(() => void start(), [start]);

  if (session.kind === 'desk') return <SignedIn desk={session.desk} />;
  const again = () => {
    setSession({ kind: 'loading' });
    void start();
  };
  return (
    <Theme scheme={systemScheme()}>
      {session.kind === 'loading' ? (
        <Message icon={<Spinner size="32" delayMS={300} />} />
      ) : session.kind === 'signed-out' ? (
        <SignIn onSignedIn={again} />
      ) : (
        <Message title="The desk could not be opened">
          <p>{session.message}</p>
          <Button onClick={again}>Try again</Button>
        </Message>
      )}
    </Theme>
  );
}

function SignedIn({ desk }: { desk: Desk }) {
  useWatched(desk);
  useEffect(() => {
    const onMessage = (event: MessageEvent) => desk.host.onMessage(event);
    // Leaving with something typed asks first.
    const onLeave = (event: BeforeUnloadEvent) => {
      if (desk.tabs.some(tab => tab.form?.dirty)) event.preventDefault();
    };
    const onResize = () => {
      desk.host.emitAll('window.resize', { width: window.innerWidth, height: window.innerHeight });
    };
    window.addEventListener('message', onMessage);
    window.addEventListener('resize', onResize);
    window.addEventListener('beforeunload', onLeave);
    const stop = listen({
      on: (name, data) => desk.live(name, data),
      connection: connected => desk.connection(connected),
    });
    return () => {
      window.removeEventListener('message', onMessage);
      window.removeEventListener('resize', onResize);
      window.removeEventListener('beforeunload', onLeave);
      stop();
    };
  }, [desk]);
  return (
    <Theme scheme={desk.colorScheme()}>
      <DeskProvider value={desk}>
        <ToastProvider zIndex={500} placementProps={{ 'top-end': { style: { top: 64 } } }}>
          <Shell />
        </ToastProvider>
      </DeskProvider>
    </Theme>
  );
}
