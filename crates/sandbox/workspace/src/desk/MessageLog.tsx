import { Button, IconButton } from '@zendeskgarden/react-buttons';
import { useEffect, useRef, useState } from 'react';
import styled from 'styled-components';
import { useDesk, useWatched } from './context';
import { Icon } from './icons';
import { color } from './theme';
import { ellipsis, subtle } from './ui';

const Drawer = styled.section`
  display: flex;
  flex-direction: column;
  flex: none;
  height: 240px;
  border-top: 1px solid ${color('border.default')};
  background: ${color('background.recessed')};
`;
const Top = styled.div`
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 4px 8px 4px 16px;
  border-bottom: 1px solid ${color('border.default')};
  h2 {
    flex: 1;
    margin: 0;
    font-size: 14px;
    font-weight: 600;
  }
`;
const Rows = styled.ol`
  flex: 1;
  overflow: auto;
  list-style: none;
  padding: 4px 0;
  font:
    12px/18px ui-monospace,
    Menlo,
    Consolas,
    monospace;
  li {
    display: grid;
    grid-template-columns: 24px 140px 110px 1fr;
    gap: 8px;
    padding: 1px 16px;
    cursor: pointer;
  }
  li > * {
    ${ellipsis}
  }
  li[data-open='true'] > * {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  span {
    ${subtle}
  }
`;

/** For developers of apps: every message between the desk and the apps. Off until asked for. */
export function MessageLog() {
  const { host } = useDesk();
  const log = useWatched(host.log);
  const list = useRef<HTMLOListElement>(null);
  const [open, setOpen] = useState<number | null>(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [log.version]);
  if (!log.on) return null;
  const close = () => {
    log.on = false;
    log.entries.length = 0;
    log.changed();
  };
  const clear = () => {
    log.entries.length = 0;
    log.changed();
  };
  return (
    <Drawer aria-label="App messages">
      <Top>
        <h2>App messages</h2>
        <Button size="small" isBasic onClick={clear}>
          Clear
        </Button>
        <IconButton size="small" aria-label="Hide app messages" onClick={close}>
          <Icon.X />
        </IconButton>
      </Top>
      <Rows ref={list} tabIndex={0} aria-label="Messages">
        {log.entries.map((row, at) => (
          <li
            key={`${row.at}-${at}`}
            data-open={open === row.at}
            onClick={() => setOpen(open === row.at ? null : row.at)}
          >
            <b title={row.direction === 'in' ? 'from the app' : 'to the app'}>
              {row.direction === 'in' ? '←' : '→'}
            </b>
            <b>{row.app}</b>
            <span>{row.location}</span>
            <code>{row.text}</code>
          </li>
        ))}
      </Rows>
    </Drawer>
  );
}
