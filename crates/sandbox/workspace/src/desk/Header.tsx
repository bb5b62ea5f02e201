import { Item, ItemGroup, Menu, Separator } from '@zendeskgarden/react-dropdowns';
import { Button, IconButton } from '@zendeskgarden/react-buttons';
import styled from 'styled-components';
import { workspace } from '../api/client';
import { TopBarApps } from './apps/TopBarApps';
import { useDesk, useWatched } from './context';
import type { Tab } from './desk';
import { Icon } from './icons';
import { color } from './theme';
import { ellipsis, Face, StatusBadge, subtle, Unseen } from './ui';

const Bar = styled.header`
  display: flex;
  align-items: stretch;
  flex: none;
  height: 52px;
  border-bottom: 1px solid ${color('border.default')};
  background: ${color('background.recessed')};
`;
const Tabs = styled.nav`
  display: flex;
  flex: 1;
  min-width: 0;
  overflow-x: auto;
  scrollbar-width: none;
`;
const Slot = styled.div<{ $current: boolean }>`
  display: flex;
  align-items: center;
  flex: 0 1 232px;
  min-width: 132px;
  border-inline-end: 1px solid ${color('border.default')};
  background: ${p => (p.$current ? color('background.default')(p) : 'transparent')};
  box-shadow: ${p => (p.$current ? `inset 0 -2px ${color('border.primaryEmphasis')(p)}` : 'none')};
  &:hover {
    background: ${color('background.default')};
  }
`;
const TabLink = styled.a`
  display: flex;
  align-items: center;
  gap: 8px;
  flex: 1;
  min-width: 0;
  height: 100%;
  padding-inline: 12px 4px;
  color: inherit;
  text-decoration: none;
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
    outline-offset: -2px;
  }
`;
const Words = styled.span`
  min-width: 0;
  b,
  small {
    display: block;
    ${ellipsis}
  }
  b {
    font-weight: 600;
    line-height: 18px;
  }
  small {
    font-size: 12px;
    line-height: 16px;
    ${subtle}
  }
`;
const Edited = styled.span`
  flex: none;
  width: 6px;
  height: 6px;
  border-radius: 50%;
  background: ${color('border.primaryEmphasis')};
`;
const Tools = styled.div`
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 0 12px;
`;
const Add = styled.div`
  display: flex;
  align-items: center;
  padding: 0 8px;
`;

const Me = styled.button`
  position: relative;
  display: flex;
  padding: 4px;
  border: 0;
  border-radius: 50%;
  background: none;
  cursor: pointer;
  &:hover {
    background: ${color('border.default')};
  }
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
  }
`;

/** Open tickets, top bar apps and the person's menu. */
export function Header() {
  const desk = useWatched(useDesk());
  return (
    <Bar>
      <Tabs aria-label="Open tickets">
        {desk.tabs.map(tab => (
          <TicketTab key={tab.key} tab={tab} />
        ))}
        <Add>
          <Button size="small" isBasic onClick={() => desk.router.go('/agent/tickets/new')}>
            <Button.StartIcon>
              <Icon.Plus />
            </Button.StartIcon>
            Add
          </Button>
        </Add>
      </Tabs>
      <Tools>
        <TopBarApps />
        <UserMenu />
      </Tools>
    </Bar>
  );
}

function TicketTab({ tab }: { tab: Tab }) {
  const desk = useDesk();
  const current = desk.currentTab === tab;
  useWatched(tab.form ?? desk);
  const form = tab.form;
  const number = tab.path.split('/').pop() ?? '';
  const title = form?.isNew ? form.value<string>('subject') || 'New ticket' : form?.value<string>('subject');
  const close = () => {
    const warning = 'What you typed in this ticket is not saved. Close it all the same?';
    if (!form?.dirty || window.confirm(warning)) desk.closeTab(tab);
  };
  return (
    <Slot $current={current} onAuxClick={event => event.button === 1 && close()}>
      <TabLink
        href={tab.path}
        aria-current={current ? 'page' : undefined}
        onClick={event => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          desk.router.go(tab.path);
        }}
      >
        {form && !form.isNew ? <StatusBadge status={form.record.status} short /> : null}
        <Words>
          <b>{title ?? `Ticket #${number}`}</b>
          <small>{form?.isNew ? 'Not saved yet' : `#${number}`}</small>
        </Words>
        {form?.dirty ? (
          <Edited role="img" aria-label="Changed, not saved" title="Changed, not saved" />
        ) : null}
      </TabLink>
      <IconButton size="small" aria-label={`Close ${title ?? number}`} onClick={close}>
        <Icon.X />
      </IconButton>
    </Slot>
  );
}

function UserMenu() {
  const desk = useDesk();
  const { user } = desk.boot;
  const scheme = desk.colorScheme();
  const leave = async () => {
    await workspace.signOut();
    location.assign('/');
  };
  return (
    <Menu
      button={props => (
        <Me {...props} title={user.name}>
          <Face name={user.name} />
          <Unseen>{user.name}: light or dark, switch person, sign out</Unseen>
        </Me>
      )}
      placement="bottom-end"
      onChange={({ value }) => {
        if (value === 'dark' || value === 'light') desk.setColorScheme(value);
        if (value === 'messages') {
          desk.host.log.on = !desk.host.log.on;
          desk.host.log.changed();
        }
        if (value === 'leave') void leave();
      }}
    >
      <ItemGroup legend={user.name} aria-label={user.name}>
        <Item value="email" isDisabled>
          {user.email}
        </Item>
      </ItemGroup>
      <Separator />
      <Item
        value={scheme === 'dark' ? 'light' : 'dark'}
        icon={scheme === 'dark' ? <Icon.Sun /> : <Icon.Moon />}
      >
        {scheme === 'dark' ? 'Light colours' : 'Dark colours'}
      </Item>
      <Item value="messages" icon={<Icon.Terminal />}>
        {desk.host.log.on ? 'Hide app messages' : 'Show app messages'}
      </Item>
      <Separator />
      <Item value="leave" icon={<Icon.Exit />}>
        Sign out or switch person
      </Item>
    </Menu>
  );
}
