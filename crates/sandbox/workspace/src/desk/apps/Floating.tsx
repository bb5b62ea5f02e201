import { Close, Modal } from '@zendeskgarden/react-modals';
import styled from 'styled-components';
import type { Instance } from '../../host/instance';
import { useDesk, useWatched } from '../context';
import { AppFrame } from './AppFrame';

const Unseen = styled.div`
  position: absolute;
  width: 0;
  height: 0;
  overflow: hidden;
  visibility: hidden;
`;
const Sized = styled.div<{ $height: string }>`
  height: ${p => p.$height};
  max-height: calc(100vh - 144px);
`;
const Heading = styled.div`
  padding: 16px 56px 12px 20px;
  font-weight: 600;
`;

/** Apps without a page of their own: one hidden iframe each, for as long as somebody is signed in. */
export function Background() {
  const { host } = useDesk();
  useWatched(host);
  return (
    <Unseen aria-hidden="true">
      {host.at('background').map(instance => (
        <AppFrame key={instance.guid} instance={instance} />
      ))}
    </Unseen>
  );
}

/** Modals that apps opened, the newest in front. */
export function Modals() {
  const { host } = useDesk();
  useWatched(host);
  return host.at('modal').map(instance => <AppModal key={instance.guid} instance={instance} />);
}

function AppModal({ instance }: { instance: Instance }) {
  const { host } = useDesk();
  useWatched(instance);
  const { width, height } = instance.pane;
  return (
    <Modal
      onClose={() => host.destroy(instance)}
      aria-label={instance.installation.name}
      style={{ width: width ?? '540px', maxWidth: 'calc(100vw - 48px)', padding: 0 }}
    >
      <Heading>{instance.installation.name}</Heading>
      <Sized $height={height ?? '320px'}>
        <AppFrame instance={instance} fill />
      </Sized>
      <Close aria-label="Close" />
    </Modal>
  );
}
