import { Nav } from '@zendeskgarden/react-chrome';
import { Button } from '@zendeskgarden/react-buttons';
import styled from 'styled-components';
import { AppFrame } from './apps/AppFrame';
import { AppIcon } from './apps/AppIcon';
import { Background, Modals } from './apps/Floating';
import { useDesk, useWatched } from './context';
import { slug } from './desk';
import { Header } from './Header';
import { Icon } from './icons';
import { MessageLog } from './MessageLog';
import { color } from './theme';
import { TicketPage } from './ticket/TicketPage';
import { Toasts } from './Toasts';
import { Message } from './ui';
import { ViewsPage } from './ViewsPage';

const Frame = styled.div`
  display: flex;
  height: 100%;
`;
const Column = styled.div`
  display: flex;
  flex-direction: column;
  flex: 1;
  min-width: 0;
`;
const Main = styled.main`
  position: relative;
  flex: 1;
  min-height: 0;
  background: ${color('background.default')};
`;
/** Pages stay where they are when others are in front: an iframe that moves in the document starts anew. */
const Layer = styled.div<{ $shown: boolean }>`
  position: absolute;
  inset: 0;
  visibility: ${p => (p.$shown ? 'visible' : 'hidden')};
  z-index: ${p => (p.$shown ? 1 : 0)};
`;
const Lost = styled.div`
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 8px 16px;
  background: ${color('background.warning')};
  color: ${color('foreground.warning')};
  border-bottom: 1px solid ${color('border.warning')};
`;
const Skip = styled.a`
  position: absolute;
  left: 72px;
  top: -60px;
  z-index: 100;
  padding: 8px 16px;
  border-radius: 4px;
  background: ${color('background.raised')};
  &:focus {
    top: 8px;
  }
`;

/** The whole page of somebody who is signed in. */
export function Shell() {
  const desk = useWatched(useDesk());
  useWatched(desk.router);
  useWatched(desk.host);
  const { route } = desk.router;
  const current = desk.currentTab;
  const navBar = desk.host.at('nav_bar');
  const shownApp =
    route.page === 'app' ? navBar.find(instance => slug(instance.installation) === route.app) : undefined;
  const go = (path: string) => () => desk.router.go(path);
  return (
    <Frame>
      <Skip href="#main">Skip to the content</Skip>
      <Nav aria-label="Workspace">
        <Nav.List>
          <Nav.Item hasBrandmark onClick={go('/agent/dashboard')} title={desk.boot.account.name}>
            <Nav.ItemIcon>
              <Icon.Inbox />
            </Nav.ItemIcon>
            <Nav.ItemText>{desk.boot.account.name}</Nav.ItemText>
          </Nav.Item>
          <Nav.Item isCurrent={route.page === 'view'} onClick={go('/agent/dashboard')} title="Views">
            <Nav.ItemIcon>
              <Icon.Views />
            </Nav.ItemIcon>
            <Nav.ItemText>Views</Nav.ItemText>
          </Nav.Item>
          {navBar.map(instance => (
            <Nav.Item
              key={instance.guid}
              isCurrent={instance === shownApp}
              onClick={go(`/agent/apps/${slug(instance.installation)}`)}
              title={instance.installation.name}
            >
              <Nav.ItemIcon>
                <AppIcon instance={instance} size={20} onDark />
              </Nav.ItemIcon>
              <Nav.ItemText>{instance.installation.name}</Nav.ItemText>
            </Nav.Item>
          ))}
        </Nav.List>
      </Nav>
      <Column>
        <Header />
        {desk.connected ? null : (
          <Lost role="status">
            <Icon.Alert />
            The connection to the sandbox was lost. What you see may be old; trying again.
          </Lost>
        )}
        <Main id="main" tabIndex={-1}>
          {route.page === 'view' ? (
            <Layer $shown>
              <ViewsPage viewId={route.viewId} />
            </Layer>
          ) : null}
          {desk.tabs.map(tab => (
            <Layer key={tab.key} $shown={tab === current}>
              <TicketPage tab={tab} shown={tab === current} />
            </Layer>
          ))}
          {navBar.map(instance => (
            <Layer key={instance.guid} $shown={instance === shownApp}>
              <AppFrame instance={instance} fill />
            </Layer>
          ))}
          {route.page === 'unknown' || (route.page === 'app' && !shownApp) ? (
            <Layer $shown>
              <Message title="There is nothing here">
                <p>The address names no view, ticket or installed app.</p>
                <Button onClick={go('/agent/dashboard')}>Go to the views</Button>
              </Message>
            </Layer>
          ) : null}
        </Main>
        <MessageLog />
      </Column>
      <Background />
      <Modals />
      <Toasts />
    </Frame>
  );
}
