import { IconButton } from '@zendeskgarden/react-buttons';
import { useCallback, useRef, useState } from 'react';
import styled from 'styled-components';
import type { Instance } from '../../host/instance';
import type { TicketForm } from '../../model/ticket';
import { AppFrame } from '../apps/AppFrame';
import { AppLogo } from '../apps/AppIcon';
import { useDesk, useWatched } from '../context';
import { Icon } from '../icons';
import { color } from '../theme';
import { ellipsis, Message } from '../ui';

const MIN = 280;
const MAX = 420;
const KEY = 'workspace.appsWidth';
const clamp = (width: number) => Math.min(MAX, Math.max(MIN, Math.round(width)));

const Side = styled.aside<{ $visible: boolean }>`
  position: relative;
  display: ${p => (p.$visible ? 'flex' : 'none')};
  flex: 1;
  min-height: 0;
  border-inline-start: 1px solid ${color('border.default')};
  background: ${color('background.recessed')};
  @media (max-width: 980px) {
    display: flex;
    width: 100% !important;
    border: 0;
  }
`;
const Scroll = styled.div`
  flex: 1;
  min-width: 0;
  overflow: auto;
  padding: 12px;
`;
const Handle = styled.div`
  position: absolute;
  inset-block: 0;
  inset-inline-start: -4px;
  z-index: 2;
  width: 8px;
  cursor: col-resize;
  touch-action: none;
  &:hover,
  &:focus-visible {
    background: ${color('border.primaryEmphasis')};
    opacity: 0.5;
    outline: none;
  }
  @media (max-width: 980px) {
    display: none;
  }
`;
/** While the column is being dragged, iframes must not swallow the pointer. */
const Shield = styled.div`
  position: fixed;
  inset: 0;
  z-index: 1000;
  cursor: col-resize;
`;
const Panel = styled.section`
  margin-bottom: 12px;
  border: 1px solid ${color('border.default')};
  border-radius: 8px;
  overflow: hidden;
  background: ${color('background.default')};
`;
const Title = styled.h3`
  display: flex;
  align-items: center;
  gap: 4px;
  margin: 0;
  padding-inline-end: 4px;
  font-size: 14px;
  line-height: 20px;
  font-weight: 600;
`;
const Toggle = styled.button`
  display: flex;
  align-items: center;
  gap: 8px;
  flex: 1;
  min-width: 0;
  padding: 8px 4px 8px 12px;
  border: 0;
  background: none;
  color: inherit;
  font: inherit;
  text-align: start;
  cursor: pointer;
  span {
    flex: 1;
    ${ellipsis}
  }
  svg {
    flex: none;
  }
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
    outline-offset: -2px;
  }
`;
const Turn = styled.i<{ $open: boolean }>`
  display: flex;
  transition: transform 0.1s;
  transform: rotate(${p => (p.$open ? '90deg' : '0deg')});
`;
/** Closed panels keep their iframe, so that opening one again shows what was there. */
const Inside = styled.div<{ $open: boolean }>`
  display: ${p => (p.$open ? 'block' : 'none')};
  border-top: 1px solid ${color('border.subtle')};
`;

/** The apps of a ticket, one panel each, in a column whose width the agent sets. */
export function AppsColumn({ form }: { form: TicketForm }) {
  const desk = useWatched(useDesk());
  useWatched(desk.host);
  const [width, setWidth] = useState(() => clamp(Number(localStorage.getItem(KEY)) || 320));
  const [dragging, setDragging] = useState(false);
  const start = useRef({ x: 0, width: 0 });
  const keep = useCallback((next: number) => {
    const fitting = clamp(next);
    setWidth(fitting);
    localStorage.setItem(KEY, String(fitting));
  }, []);
  const order = desk.boot.installations.map(row => row.id);
  const instances = desk.host
    .of(form)
    .filter(instance => instance.location.endsWith('_sidebar'))
    .sort((a, b) => order.indexOf(a.installation.id) - order.indexOf(b.installation.id));
  return (
    <Side $visible={desk.trayVisible && instances.length > 0} aria-label="Apps" style={{ width }}>
      <Handle
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the apps column"
        aria-valuemin={MIN}
        aria-valuemax={MAX}
        aria-valuenow={width}
        tabIndex={0}
        onPointerDown={event => {
          start.current = { x: event.clientX, width };
          setDragging(true);
        }}
        onKeyDown={event => {
          if (event.key === 'ArrowLeft') keep(width + 20);
          if (event.key === 'ArrowRight') keep(width - 20);
        }}
      />
      {dragging ? (
        <Shield
          onPointerMove={event => keep(start.current.width + start.current.x - event.clientX)}
          onPointerUp={() => setDragging(false)}
        />
      ) : null}
      <Scroll>
        {instances.length === 0 ? <Message title="No apps for this ticket" /> : null}
        {instances.map(instance => (
          <AppPanel key={instance.guid} instance={instance} />
        ))}
      </Scroll>
    </Side>
  );
}

function AppPanel({ instance }: { instance: Instance }) {
  const desk = useDesk();
  const { pane } = useWatched(instance);
  const { name, logo_url: logo } = instance.installation;
  return (
    <Panel aria-label={name} hidden={!pane.visible} style={pane.visible ? {} : { display: 'none' }}>
      <Title>
        <Toggle
          aria-expanded={pane.open}
          onClick={() => instance.setPane({ open: !pane.open, loaded: true })}
        >
          <AppLogo url={logo} size={20} />
          <span>{name}</span>
          <Turn $open={pane.open}>
            <Icon.ChevronRight />
          </Turn>
        </Toggle>
        <IconButton
          size="small"
          aria-label={`Reload ${name}`}
          title={`Reload ${name}`}
          onClick={() => desk.restart(instance)}
        >
          <Icon.Reload />
        </IconButton>
      </Title>
      <Inside $open={pane.open}>
        <AppFrame instance={instance} />
      </Inside>
    </Panel>
  );
}
