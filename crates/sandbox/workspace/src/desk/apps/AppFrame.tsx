import { Button } from '@zendeskgarden/react-buttons';
import { Skeleton } from '@zendeskgarden/react-loaders';
import { useEffect, useId, useRef, useState } from 'react';
import styled from 'styled-components';
import { workspace } from '../../api/client';
import type { Launch } from '../../api/types';
import type { Instance } from '../../host/instance';
import { useDesk, useWatched } from '../context';
import { color } from '../theme';
import { subtle } from '../ui';

const Box = styled.div<{ $fill: boolean }>`
  position: relative;
  ${p => (p.$fill ? 'height: 100%;' : '')}
`;
const Page = styled.iframe`
  display: block;
  width: 100%;
  border: 0;
`;
const Cover = styled.div`
  position: absolute;
  inset: 0;
  overflow: hidden;
  padding: 12px;
  background: ${color('background.default')};
`;
const Failed = styled.div`
  display: flex;
  flex-direction: column;
  align-items: flex-start;
  gap: 8px;
  padding: 12px;
  ${subtle}
`;

const SANDBOX =
  'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-modals allow-downloads';

/** The iframe of one app instance: launched when it is loaded, and tied to the instance for as long as it lives. */
export function AppFrame({ instance, fill = false }: { instance: Instance; fill?: boolean }) {
  const desk = useDesk();
  useWatched(instance);
  const frame = useRef<HTMLIFrameElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<'starting' | 'shown' | string>('starting');
  const name = useId();
  const { loaded } = instance.pane;

  useEffect(() => {
    const element = frame.current;
    if (!loaded || !element) return;
    let gone = false;
    instance.attach(element.contentWindow);
    launchOf(instance).then(
      launch => {
        if (gone) return;
        element.addEventListener('load', () => !gone && setState('shown'));
        open(element, launch, {
          origin: location.origin,
          app_guid: instance.guid,
          colorScheme: desk.colorScheme(),
        });
      },
      (error: Error) => !gone && setState(error.message),
    );
    return () => {
      gone = true;
      instance.attach(null);
    };
  }, [instance, desk, loaded, attempt]);

  if (!loaded) return null;
  if (state !== 'starting' && state !== 'shown') {
    const retry = () => {
      setState('starting');
      setAttempt(attempt + 1);
    };
    return (
      <Failed role="alert">
        {instance.installation.name} could not be opened. {state}
        <Button size="small" onClick={retry}>
          Try again
        </Button>
      </Failed>
    );
  }
  return (
    <Box $fill={fill}>
      <Page
        ref={frame}
        name={name}
        title={instance.installation.name}
        sandbox={SANDBOX}
        allow="clipboard-write; fullscreen; geolocation; microphone; camera"
        data-app={instance.installation.name}
        data-location={instance.location}
        data-guid={instance.guid}
        style={{ height: fill ? '100%' : (instance.pane.height ?? '80px') }}
      />
      {state === 'starting' ? (
        <Cover aria-hidden="true">
          <Skeleton width="70%" />
          <Skeleton width="40%" />
        </Cover>
      ) : null}
    </Box>
  );
}

function launchOf(instance: Instance): Promise<Launch> {
  if (instance.url !== null) return Promise.resolve({ url: instance.url, method: 'GET', token: null });
  const ticketId = instance.ticket && !instance.ticket.isNew ? instance.ticket.record.id : undefined;
  return workspace.launch(
    instance.installation,
    instance.location,
    ticketId === undefined ? {} : { ticketId },
  );
}

/** Loads the app: a form post with the token where requests are signed, else by address. */
function open(
  frame: HTMLIFrameElement,
  { url, method, token }: Launch,
  params: Record<string, string>,
): void {
  const address = new URL(url, location.origin);
  for (const [name, value] of Object.entries(params)) address.searchParams.set(name, value);
  if (method === 'GET') {
    frame.src = address.href;
    return;
  }
  const form = document.createElement('form');
  form.method = 'post';
  form.action = address.href;
  form.target = frame.name;
  form.hidden = true;
  const field = document.createElement('input');
  field.name = 'token';
  field.value = token ?? '';
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}
