import type { ReactNode } from 'react';
import styled from 'styled-components';
import { useConnectionLost, usePage, useT } from '../page';
import { AuthorizePanel } from './AuthorizePanel';
import { LostBanner } from './LostBanner';
import { Note } from './Note';
import { Appear, Hidden, PageTitle, Stack } from './styles';

interface Props {
  /** What the app does, in three lines, for whoever sees it for the first time. */
  about: string[];
  /** `sidebar`: a narrow panel, which Zendesk gives no padding; `board`: a whole page. */
  kind: 'sidebar' | 'board';
  children: ReactNode;
}

const Main = styled.main<{ $kind: Props['kind'] }>`
  ${(p) => (p.$kind === 'sidebar' ? 'padding: 8px 12px 12px;' : 'padding: 20px 24px 0; max-width: 1440px; margin: 0 auto;')}
  display: flex;
  flex-direction: column;
  gap: 12px;
`;

const Gate = styled.div<{ $kind: Props['kind'] }>`
  max-width: ${(p) => (p.$kind === 'board' ? '640px' : 'none')};
`;

/** The states that every page has; the app's own content goes inside. */
export function Frame({ about, kind, children }: Props) {
  const { authorization, sessionEnded, boot } = usePage();
  const lost = useConnectionLost();
  const t = useT();
  return (
    <Main $kind={kind}>
      {/* Zendesk shows the name above a sidebar; a board's content brings its own heading. */}
      {kind === 'sidebar' && <Hidden as="h1">{boot.app_name}</Hidden>}
      {kind === 'board' && authorization.state === 'missing' && <PageTitle>{boot.app_name}</PageTitle>}
      {sessionEnded && (
        <Note type="warning" title={t('session.title')}>
          {t('session.text')}
        </Note>
      )}
      {lost && !sessionEnded && (
        <Appear>
          <Note type="warning" title={t('connection.lost_title')}>
            {t('connection.lost_text')}
          </Note>
        </Appear>
      )}
      {authorization.state === 'lost' && <LostBanner authorization={authorization} />}
      {authorization.state === 'missing' ? (
        <Gate $kind={kind}>
          <AuthorizePanel about={about} />
        </Gate>
      ) : (
        <Stack $gap={3}>{children}</Stack>
      )}
    </Main>
  );
}
