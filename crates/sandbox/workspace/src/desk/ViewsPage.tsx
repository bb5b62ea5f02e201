import { Button } from '@zendeskgarden/react-buttons';
import { Skeleton } from '@zendeskgarden/react-loaders';
import { OffsetPagination } from '@zendeskgarden/react-pagination';
import { Table } from '@zendeskgarden/react-tables';
import { useCallback, useEffect, useState } from 'react';
import styled from 'styled-components';
import { ApiError, get, getAll } from '../api/client';
import type { Ticket, View } from '../api/types';
import { useDesk, useWatched } from './context';
import { Icon } from './icons';
import { chosen, color } from './theme';
import { ellipsis, Message, StatusBadge, subtle, TimeAgo } from './ui';

const PAGE = 50;

const Frame = styled.div`
  display: flex;
  height: 100%;
`;
const Side = styled.nav`
  flex: none;
  width: 248px;
  overflow: auto;
  padding: 20px 12px;
  border-inline-end: 1px solid ${color('border.default')};
  background: ${color('background.recessed')};
  h2 {
    margin: 0 0 12px;
    padding: 0 12px;
    font-size: 18px;
    line-height: 24px;
    font-weight: 600;
  }
  ul {
    list-style: none;
    padding: 0;
  }
  @media (max-width: 900px) {
    display: none;
  }
`;
const ViewLink = styled.a<{ $current: boolean }>`
  display: flex;
  gap: 8px;
  padding: 6px 12px;
  border-radius: 4px;
  color: inherit;
  text-decoration: none;
  font-weight: ${p => (p.$current ? 600 : 400)};
  background: ${p => (p.$current ? chosen(p) : 'transparent')};
  span:first-child {
    flex: 1;
    ${ellipsis}
  }
  span:last-child {
    min-width: 3ch;
    text-align: end;
    font-variant-numeric: tabular-nums;
    ${subtle}
  }
  &:hover {
    background: ${p => (p.$current ? chosen(p) : color('background.subtle')(p))};
    text-decoration: ${p => (p.$current ? 'none' : 'underline')};
  }
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
  }
`;
const Content = styled.section`
  flex: 1;
  min-width: 0;
  overflow: auto;
  padding: 20px 24px;
`;
const Head = styled.div`
  display: flex;
  align-items: baseline;
  gap: 12px;
  margin-bottom: 16px;
  h1 {
    margin: 0;
    font-size: 20px;
    line-height: 28px;
    font-weight: 600;
  }
  span {
    font-variant-numeric: tabular-nums;
    ${subtle}
  }
  select {
    display: none;
    max-width: 60%;
    font: inherit;
    color: inherit;
    background: ${color('background.default')};
    border: 1px solid ${color('border.default')};
    border-radius: 4px;
    padding: 4px 8px;
  }
  @media (max-width: 900px) {
    select {
      display: block;
    }
    h1 {
      display: none;
    }
  }
`;
const Line = styled(Table.Row)`
  cursor: pointer;
  a {
    color: inherit;
    text-decoration: none;
    font-weight: 600;
  }
  a:hover {
    text-decoration: underline;
  }
  time {
    ${subtle}
  }
`;
const Cell = styled(Table.Cell)`
  ${ellipsis}
`;
const Pages = styled.div`
  padding: 20px 0;
`;

interface Column {
  label: string;
  /** The key that the list is sorted by on the server. */
  sort: string | null;
  width?: string;
}
const COLUMNS: Column[] = [
  { label: 'Status', sort: 'status', width: '96px' },
  { label: 'ID', sort: 'id', width: '68px' },
  { label: 'Subject', sort: 'subject' },
  { label: 'Requester', sort: 'requester', width: '13%' },
  { label: 'Updated', sort: 'updated_at', width: '128px' },
  { label: 'Group', sort: null, width: '10%' },
  { label: 'Assignee', sort: 'assignee', width: '12%' },
  { label: 'Priority', sort: 'priority', width: '92px' },
];

interface Page {
  tickets: Ticket[];
  count: number;
}
type Sort = { by: string; order: 'asc' | 'desc' } | null;

/** The account's views and the tickets in one of them. */
export function ViewsPage({ viewId }: { viewId: number | null }) {
  const desk = useDesk();
  useWatched(desk.lists);
  const [views, setViews] = useState<View[] | null>(null);
  const [counts, setCounts] = useState<Record<number, number>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(async () => {
    try {
      const all = await getAll<View>('/api/v2/views', 'views');
      const active = all.filter(view => view.active !== false);
      setViews(active);
      setProblem(null);
      setCounts(await countsOf(active));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }, []);
  const { version } = desk.lists;
  useEffect(() => void load(), [load, version]);

  const view = views?.find(row => row.id === viewId) ?? (viewId === null ? views?.[0] : undefined);
  if (problem && !views) {
    return (
      <Message title="The views could not be fetched">
        <p>{problem}</p>
        <Button onClick={() => void load()}>Try again</Button>
      </Message>
    );
  }
  return (
    <Frame>
      <Side aria-label="Views">
        <h2>Views</h2>
        <ul>
          {views
            ? views.map(row => (
                <li key={row.id}>
                  <ViewLink
                    href={`/agent/filters/${row.id}`}
                    $current={row === view}
                    aria-current={row === view ? 'page' : undefined}
                    onClick={event => {
                      event.preventDefault();
                      desk.router.go(`/agent/filters/${row.id}`);
                    }}
                  >
                    <span title={row.title}>{row.title}</span>
                    <span>{counts[row.id] ?? ''}</span>
                  </ViewLink>
                </li>
              ))
            : [1, 2, 3, 4, 5].map(row => <Skeleton key={row} height="32px" />)}
        </ul>
      </Side>
      <Content aria-label={view?.title ?? 'Tickets'}>
        {views && !view ? (
          <Message title={viewId === null ? 'This account has no views' : 'There is no such view'} />
        ) : view && views ? (
          <TicketTable key={view.id} view={view} views={views} />
        ) : null}
      </Content>
    </Frame>
  );
}

/** How many tickets each view holds; a plan without counts shows none. */
async function countsOf(views: View[]): Promise<Record<number, number>> {
  if (views.length === 0) return {};
  try {
    const ids = views.slice(0, 20).map(view => view.id);
    const { view_counts } = await get<{ view_counts: { view_id: number; value: number | null }[] }>(
      `/api/v2/views/count_many?ids=${ids.join(',')}`,
    );
    return Object.fromEntries(view_counts.map(row => [row.view_id, row.value ?? 0]));
  } catch (error) {
    if (error instanceof ApiError) return {};
    throw error;
  }
}

function TicketTable({ view, views }: { view: View; views: View[] }) {
  const desk = useDesk();
  const { world } = desk;
  useWatched(world);
  const { version } = useWatched(desk.lists);
  const [page, setPage] = useState(1);
  const [sort, setSort] = useState<Sort>(null);
  const [data, setData] = useState<Page | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    const order = sort ? `&sort_by=${sort.by}&sort_order=${sort.order}` : '';
    get<Page>(`/api/v2/views/${view.id}/tickets?per_page=${PAGE}&page=${page}${order}`, abort.signal)
      .then(async answer => {
        await world.ensureUsers(answer.tickets.flatMap(row => [row.requester_id, row.assignee_id]));
        if (abort.signal.aborted) return;
        setData(answer);
        setProblem(null);
      })
      .catch((error: Error) => !abort.signal.aborted && setProblem(error.message));
    return () => abort.abort();
  }, [view.id, page, sort, world, version, attempt]);

  const sortBy = (key: string) => {
    setPage(1);
    setSort({ by: key, order: sort?.by === key && sort.order === 'asc' ? 'desc' : 'asc' });
  };
  const pages = data ? Math.ceil(data.count / PAGE) : 1;
  return (
    <>
      <Head>
        <h1>{view.title}</h1>
        <select
          aria-label="View"
          value={view.id}
          onChange={event => desk.router.go(`/agent/filters/${event.target.value}`)}
        >
          {views.map(row => (
            <option key={row.id} value={row.id}>
              {row.title}
            </option>
          ))}
        </select>
        <span>{data ? `${data.count} ${data.count === 1 ? 'ticket' : 'tickets'}` : ' '}</span>
      </Head>
      {problem && !data ? (
        <Message title="The tickets could not be fetched">
          <p>{problem}</p>
          <Button onClick={() => setAttempt(attempt + 1)}>Try again</Button>
        </Message>
      ) : data && data.tickets.length === 0 ? (
        <Message icon={<Icon.Inbox width={32} height={32} />} title="No tickets in this view" />
      ) : (
        <Table size="small" style={{ minWidth: 860 }}>
          <Table.Head isSticky>
            <Table.HeaderRow>
              {COLUMNS.map(({ label, sort: key, width }) =>
                key ? (
                  <Table.SortableCell
                    key={label}
                    width={width}
                    sort={sort?.by === key ? sort.order : undefined}
                    onClick={() => sortBy(key)}
                  >
                    {label}
                  </Table.SortableCell>
                ) : (
                  <Table.HeaderCell key={label} width={width} style={{ verticalAlign: 'middle' }}>
                    {label}
                  </Table.HeaderCell>
                ),
              )}
            </Table.HeaderRow>
          </Table.Head>
          <Table.Body>
            {data
              ? data.tickets.map(ticket => <TicketRow key={ticket.id} ticket={ticket} />)
              : Array.from({ length: 10 }, (_, at) => (
                  <Table.Row key={at}>
                    {COLUMNS.map(({ label }) => (
                      <Table.Cell key={label}>
                        <Skeleton width="70%" />
                      </Table.Cell>
                    ))}
                  </Table.Row>
                ))}
          </Table.Body>
        </Table>
      )}
      {pages > 1 ? (
        <Pages>
          <OffsetPagination totalPages={pages} currentPage={page} onChange={setPage} />
        </Pages>
      ) : null}
    </>
  );
}

function TicketRow({ ticket }: { ticket: Ticket }) {
  const { router, world } = useDesk();
  const path = `/agent/tickets/${ticket.id}`;
  const priority = ticket.priority ? ticket.priority.charAt(0).toUpperCase() + ticket.priority.slice(1) : '–';
  return (
    <Line
      onClick={event => {
        // Ctrl and ⌘ open the link beside, as links do.
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        router.go(path);
      }}
    >
      <Cell>
        <StatusBadge status={ticket.status} />
      </Cell>
      <Cell>#{ticket.id}</Cell>
      <Cell>
        <a href={path} title={ticket.subject}>
          {ticket.subject}
        </a>
      </Cell>
      <Cell>{world.user(ticket.requester_id)?.name ?? ''}</Cell>
      <Cell>
        <TimeAgo at={ticket.updated_at} />
      </Cell>
      <Cell>{world.group(ticket.group_id)?.name ?? '–'}</Cell>
      <Cell>{world.user(ticket.assignee_id)?.name ?? '–'}</Cell>
      <Cell>{priority}</Cell>
    </Line>
  );
}
