import {
  ActivityList,
  Frame,
  Mark,
  PageTitle,
  Row,
  Shortcuts,
  SkeletonLines,
  focusSearch,
  usePage,
} from '@aerie/ui';
import LateIcon from '@zendeskgarden/svg-icons/src/16/alert-error-stroke.svg?icon';
import { Tab, TabList, TabPanel, Tabs } from '@zendeskgarden/react-tabs';
import { lazy, Suspense, useEffect, useState } from 'react';
import styled from 'styled-components';
import { DeadlineList } from './DeadlineList';
import { TABS, useFilters, type Tab as TabName } from './filters';
import { ABOUT, useT } from './texts';

// Opened once a month, by few.
const Admin = lazy(() => import('./admin/Admin'));

/** Garden's tabs cut off what overflows, and with it everything that sticks to the window. */
const OpenTabs = styled(Tabs)`
  &&& {
    overflow: visible;
  }
`;

/** The page in the navigation bar: all deadlines, what the app did, and its settings. */
export function Board() {
  const { host, role, boot } = usePage();
  const t = useT();
  const [filters, change] = useFilters();
  const [late, setLate] = useState<number | null>(null);
  const tab = filters.tab === 'admin' && role !== 'admin' ? 'board' : filters.tab;

  useEffect(
    () =>
      host.on('app.route.changed', (data) => {
        const route = data as { appRoute?: unknown; appData?: unknown } | null;
        const wanted = String(route?.appRoute ?? route?.appData ?? '').replace(/^\//, '');
        const found = TABS.find((name) => name === wanted);
        if (found) change({ tab: found });
      }),
    [host, change],
  );

  return (
    <Frame kind="board" about={ABOUT.map((key) => t(key))}>
      <Row $gap={4}>
        <PageTitle>{boot.app_name}</PageTitle>
        {late !== null && (
          <Mark $tone={late > 0 ? 'late' : 'settled'}>
            {late > 0 && <LateIcon />}
            {t('board.late', { count: late })}
          </Mark>
        )}
      </Row>
      <OpenTabs selectedItem={tab} onChange={(item) => change({ tab: item as TabName })}>
        <TabList>
          <Tab item="board">{t('tab.board')}</Tab>
          <Tab item="activity">{t('tab.activity')}</Tab>
          {role === 'admin' && <Tab item="admin">{t('tab.admin')}</Tab>}
        </TabList>
        <TabPanel item="board">
          {tab === 'board' && <DeadlineList filters={filters} change={change} onLate={setLate} />}
        </TabPanel>
        <TabPanel item="activity">{tab === 'activity' && <ActivityList />}</TabPanel>
        {role === 'admin' && (
          <TabPanel item="admin">
            {tab === 'admin' && (
              <Suspense fallback={<SkeletonLines count={8} height={32} />}>
                <Admin />
              </Suspense>
            )}
          </TabPanel>
        )}
      </OpenTabs>
      <Shortcuts
        shortcuts={[
          { key: '/', text: t('shortcut.search'), run: focusSearch },
          {
            key: 'b',
            text: t('shortcut.board'),
            run: () => change({ tab: 'board' }),
          },
          {
            key: 'a',
            text: t('shortcut.activity'),
            run: () => change({ tab: 'activity' }),
          },
        ]}
      />
    </Frame>
  );
}
