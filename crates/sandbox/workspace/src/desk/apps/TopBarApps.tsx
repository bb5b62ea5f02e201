import { IconButton } from '@zendeskgarden/react-buttons';
import { useEffect, useRef } from 'react';
import styled from 'styled-components';
import type { Instance } from '../../host/instance';
import { useDesk, useWatched } from '../context';
import { color } from '../theme';
import { AppFrame } from './AppFrame';
import { AppIcon } from './AppIcon';

const Anchor = styled.div`
  position: relative;
`;
/** Kept in the document while closed, so that the app goes on running. */
const Popover = styled.div<{ $open: boolean }>`
  position: absolute;
  inset-inline-end: 0;
  top: calc(100% + 6px);
  z-index: 50;
  overflow: hidden;
  max-width: calc(100vw - 32px);
  max-height: calc(100vh - 80px);
  border: 1px solid ${color('border.default')};
  border-radius: 8px;
  background: ${color('background.raised')};
  box-shadow: 0 8px 24px ${color('shadow.medium')};
  visibility: ${p => (p.$open ? 'visible' : 'hidden')};
`;

/** Icons of the top bar apps; each opens its app in a popover. */
export function TopBarApps() {
  const { host } = useDesk();
  useWatched(host);
  return host.at('top_bar').map(instance => <TopBarApp key={instance.guid} instance={instance} />);
}

function TopBarApp({ instance }: { instance: Instance }) {
  const { host } = useDesk();
  const { pane } = useWatched(instance);
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { open } = pane;

  useEffect(() => {
    instance.activate(open);
    if (!open) return;
    const outside = (event: PointerEvent) => {
      if (!anchor.current?.contains(event.target as Node)) instance.setPane({ open: false });
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      instance.setPane({ open: false });
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', escape);
    };
  }, [open, instance]);

  const toggle = () => {
    for (const other of host.at('top_bar')) if (other !== instance) other.setPane({ open: false });
    instance.setPane({ open: !open, loaded: true });
  };
  const { name } = instance.installation;
  return (
    <Anchor ref={anchor}>
      <IconButton ref={button} aria-label={name} title={name} aria-expanded={open} onClick={toggle}>
        <AppIcon instance={instance} size={18} />
      </IconButton>
      {pane.loaded ? (
        <Popover
          $open={open}
          role="dialog"
          aria-label={name}
          style={{ width: pane.width ?? '320px', height: pane.height ?? '240px' }}
        >
          <AppFrame instance={instance} fill />
        </Popover>
      ) : null}
    </Anchor>
  );
}
