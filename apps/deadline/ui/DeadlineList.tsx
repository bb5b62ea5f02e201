import {
  Chip,
  Count,
  DataTable,
  Failed,
  Moment,
  Row,
  SkeletonLines,
  Small,
  Stack,
  useNow,
  usePage,
  useResource,
} from '@aerie/ui';
import type { Column } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { Field, Input, Label } from '@zendeskgarden/react-forms';
import { CursorPagination } from '@zendeskgarden/react-pagination';
import DownloadIcon from '@zendeskgarden/svg-icons/src/16/download-stroke.svg?icon';
import { useEffect, useMemo, useState, type FormEvent } from 'react';
import styled from 'styled-components';
import { paths, TOPIC, type BoardPage, type Deadline } from './api';
import { BulkBar } from './BulkBar';
import { fileQuery, isDefaultList, listQuery, SCOPES, WHENS, type Filters } from './filters';
import { saveFile } from './saveFile';
import { statusOf } from './status';
import { StatusMark } from './StatusMark';
import { useNames } from './names';
import { useT } from './texts';

interface Props {
  filters: Filters;
  change(filters: Partial<Filters>): void;
  onLate(count: number): void;
}

const Views = styled(Row)`
  margin-inline-end: auto;
`;

const Fresh = styled.div<{ $old: boolean }>`
  opacity: ${(p) => (p.$old ? 0.6 : 1)};
  transition: opacity 120ms;
`;

/** The list of deadlines: saved views, filters, search, table, pages. */
export function DeadlineList({ filters, change, onLate }: Props) {
  const { time, boot } = usePage();
  const t = useT();
  const first = useState(() => (isDefaultList(filters) ? (boot.data as BoardPage | null) : null))[0];
  const query = listQuery(filters, time.timeZone);
  const list = useResource<BoardPage>(paths.list(query), {
    initial: first,
    topics: [TOPIC],
  });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const page = list.data;
  const late = page?.counts.late;
  useEffect(() => {
    if (late !== undefined) onLate(late);
  }, [late, onLate]);

  const show = (wanted: Partial<Filters>) => {
    setSelected(new Set());
    change(wanted);
  };

  return (
    <Stack $gap={4}>
      <FilterBar filters={filters} show={show} counts={page?.counts ?? null} />
      {list.error !== null && <Failed what={t('board.failed')} error={list.error} onRetry={list.reload} />}
      {!page && list.error === null && <SkeletonLines count={12} height={40} gap={0} />}
      {page && page.items.length === 0 && <Empty filters={filters} show={show} />}
      {page && page.items.length > 0 && (
        <>
          <Fresh $old={list.loading && list.error === null}>
            <Table page={page} filters={filters} show={show} selected={selected} onSelect={setSelected} />
          </Fresh>
          <Pages page={page} show={show} />
        </>
      )}
      {selected.size > 0 && (
        <BulkBar
          ids={[...selected]}
          endOfDay={page?.end_of_day}
          onSelect={setSelected}
          onChanged={list.reload}
        />
      )}
    </Stack>
  );
}

interface FilterBarProps {
  filters: Filters;
  show(filters: Partial<Filters>): void;
  counts: BoardPage['counts'] | null;
}

function FilterBar({ filters, show, counts }: FilterBarProps) {
  const { api, errorText, time } = usePage();
  const t = useT();
  const [search, setSearch] = useState(filters.q);
  const [failed, setFailed] = useState<unknown>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    show({ q: search.replace(/\D/g, '') });
  };
  const download = async () => {
    setFailed(null);
    try {
      saveFile(await api.file(paths.csv(fileQuery(filters, time.timeZone))), 'deadlines.csv');
    } catch (error) {
      setFailed(error);
    }
  };
  return (
    <Stack $gap={2}>
      <Row $gap={2} role="search">
        <Views $gap={2}>
          <Row $gap={1} role="group" aria-label={t('filter.scope')}>
            {SCOPES.map((scope) => (
              <Chip key={scope} aria-pressed={filters.scope === scope} onClick={() => show({ scope })}>
                {t(`scope.${scope}`)}
              </Chip>
            ))}
          </Row>
          <Divider />
          <Row $gap={1} role="group" aria-label={t('filter.when')}>
            {WHENS.map((when) => (
              <Chip
                key={when}
                aria-pressed={filters.when === when}
                onClick={() => show({ when: filters.when === when ? 'all' : when })}
              >
                {t(`when_filter.${when}`)} <Count>{counts ? t('number', { n: counts[when] }) : ''}</Count>
              </Chip>
            ))}
            <Chip
              aria-pressed={filters.state === 'all'}
              onClick={() => show({ state: filters.state === 'all' ? 'open' : 'all' })}
            >
              {t('filter.ended')}
            </Chip>
          </Row>
        </Views>
        <form onSubmit={submit}>
          <Field>
            <Label hidden>{t('filter.search')}</Label>
            <Input
              isCompact
              type="search"
              inputMode="numeric"
              data-search
              placeholder={t('filter.search')}
              value={search}
              onChange={(event) => {
                setSearch(event.target.value);
                // Emptied by its own cross: back to the whole list.
                if (event.target.value === '' && filters.q) show({ q: '' });
              }}
            />
          </Field>
        </form>
        <Button size="small" onClick={() => void download()}>
          <Button.StartIcon>
            <DownloadIcon />
          </Button.StartIcon>
          {t('csv')}
        </Button>
      </Row>
      {failed !== null && <Small $tone="late">{errorText(failed)}</Small>}
    </Stack>
  );
}

const Divider = styled.span`
  width: 8px;
`;

function Empty({ filters, show }: { filters: Filters; show(filters: Partial<Filters>): void }) {
  const t = useT();
  if (filters.q) {
    return (
      <Stack $gap={3}>
        <p>{t('empty.search', { ticket: filters.q })}</p>
        <div>
          <Button onClick={() => show({ q: '', scope: 'all', when: 'all', state: 'all' })}>
            {t('empty.show_all')}
          </Button>
        </div>
      </Stack>
    );
  }
  const narrowed = filters.when !== 'all' || filters.scope !== 'all';
  return (
    <Stack $gap={3}>
      <p>
        {t(
          filters.when !== 'all'
            ? 'empty.when'
            : filters.scope === 'all'
              ? 'empty.all'
              : `empty.${filters.scope}`,
        )}
      </p>
      {narrowed && (
        <div>
          <Button onClick={() => show({ scope: 'all', when: 'all' })}>{t('empty.show_all')}</Button>
        </div>
      )}
    </Stack>
  );
}

interface TableProps {
  page: BoardPage;
  filters: Filters;
  show(filters: Partial<Filters>): void;
  selected: ReadonlySet<string>;
  onSelect(selected: ReadonlySet<string>): void;
}

function Table({ page, filters, show, selected, onSelect }: TableProps) {
  const { host } = usePage();
  const t = useT();
  const { subjects, groups } = useNames(page.items.map((item) => item.ticket_id));
  const columns = useMemo<Column<Deadline>[]>(
    () => [
      {
        key: 'at',
        header: t('column.at'),
        width: '224px',
        sort: 'at',
        cell: (row) => <State deadline={row} />,
      },
      {
        key: 'ticket',
        header: t('column.ticket'),
        sort: 'ticket_id',
        cell: (row) => (
          <>
            <Button
              isLink
              title={t('ticket.open', { ticket: String(row.ticket_id) })}
              onClick={() => void host.openTicket(row.ticket_id)}
            >
              #{row.ticket_id}
            </Button>{' '}
            {subjects.get(row.ticket_id)}
          </>
        ),
      },
      {
        key: 'status',
        header: t('column.status'),
        width: '116px',
        cell: (row) => <TicketStatus status={row.ticket_status} />,
      },
      {
        key: 'assignee',
        header: t('column.assignee'),
        width: '150px',
        cell: (row) => row.assignee?.name ?? '–',
      },
      {
        key: 'group',
        header: t('column.group'),
        width: '116px',
        extra: true,
        cell: (row) => groupName(row, groups),
      },
      {
        key: 'set',
        header: t('column.set'),
        width: '264px',
        extra: true,
        sort: 'set_at',
        cell: (row) => (
          <>
            {row.set_by.name} · <Moment at={row.set_at} />
          </>
        ),
      },
    ],
    [t, host, subjects, groups],
  );
  return (
    <DataTable
      label={t('tab.board')}
      columns={columns}
      rows={page.items}
      rowId={(row) => row.id}
      rowLabel={(row) => t('row', { ticket: String(row.ticket_id) })}
      sort={{ by: filters.sort, order: filters.order }}
      onSort={({ by, order }) => show({ sort: by as Filters['sort'], order })}
      selected={selected}
      onSelect={onSelect}
    />
  );
}

/** The server knows a group by its number only; Zendesk tells the page its name. */
function groupName({ group }: Deadline, names: ReadonlyMap<number, string>): string {
  return group ? (group.name ?? names.get(group.id) ?? '') : '–';
}

const STATUSES = ['new', 'open', 'pending', 'hold', 'solved', 'closed'] as const;

function TicketStatus({ status }: { status: string | null }) {
  const t = useT();
  const known = STATUSES.find((name) => name === status);
  return <>{known ? t(`ticket_status.${known}`) : (status ?? '–')}</>;
}

function State({ deadline }: { deadline: Deadline }) {
  const t = useT();
  const now = useNow();
  const status = statusOf(deadline, now);
  const word = status === 'running' || status === 'soon' ? null : t(`status.${status}`);
  return (
    <StatusMark status={status}>
      {word && `${word} · `}
      <Moment at={deadline.at} />
    </StatusMark>
  );
}

function Pages({ page, show }: { page: BoardPage; show(filters: Partial<Filters>): void }) {
  const t = useT();
  return (
    <Row $spread>
      <Small>
        {t(page.total_is_about ? 'board.about' : 'board.total', {
          count: page.total,
        })}
      </Small>
      {(page.prev_cursor !== null || page.next_cursor !== null) && (
        <CursorPagination aria-label={t('pages')}>
          <CursorPagination.Previous
            disabled={page.prev_cursor === null}
            onClick={() => show({ cursor: page.prev_cursor ?? '' })}
          >
            {t('pages.previous')}
          </CursorPagination.Previous>
          <CursorPagination.Next
            disabled={page.next_cursor === null}
            onClick={() => show({ cursor: page.next_cursor ?? '' })}
          >
            {t('pages.next')}
          </CursorPagination.Next>
        </CursorPagination>
      )}
    </Row>
  );
}
