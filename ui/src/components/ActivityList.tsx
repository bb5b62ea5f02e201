import { Button } from '@zendeskgarden/react-buttons';
import { Field, Input, Label } from '@zendeskgarden/react-forms';
import { getColor } from '@zendeskgarden/react-theming';
import ClockIcon from '@zendeskgarden/svg-icons/src/16/clock-stroke.svg?icon';
import CheckIcon from '@zendeskgarden/svg-icons/src/16/check-circle-stroke.svg?icon';
import RefusedIcon from '@zendeskgarden/svg-icons/src/16/alert-error-stroke.svg?icon';
import ParkedIcon from '@zendeskgarden/svg-icons/src/16/pause-stroke.svg?icon';
import { useState } from 'react';
import styled from 'styled-components';
import { activityCause, activityText, refusalText } from '../activity';
import { usePage, useT } from '../page';
import { useResource } from '../resource';
import type { ActivityItem, ActivityResult, Page } from '../types';
import { Failed } from './Failed';
import { Moment } from './Moment';
import { SkeletonLines } from './SkeletonLines';
import { Mark, Row, Small, Stack, type Tone } from './styles';

const RESULTS: Record<ActivityResult, { tone: Tone; Icon: typeof CheckIcon }> = {
  sent: { tone: 'done', Icon: CheckIcon },
  merged: { tone: 'done', Icon: CheckIcon },
  done: { tone: 'done', Icon: CheckIcon },
  refused: { tone: 'late', Icon: RefusedIcon },
  parked: { tone: 'soon', Icon: ParkedIcon },
  waiting: { tone: 'settled', Icon: ClockIcon },
};

const Lines = styled.ul`
  border-top: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.subtle' })};
  li {
    display: grid;
    grid-template-columns: 144px 96px minmax(0, 1fr) 200px;
    gap: 16px;
    min-height: 40px;
    padding: 10px 12px;
    border-bottom: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.subtle' })};
  }
  @media (max-width: 760px) {
    li {
      grid-template-columns: 1fr 1fr;
      gap: 4px 16px;
    }
  }
`;

/** "What did the app do, when, why, on whose behalf?": newest first, of one ticket or of all. */
export function ActivityList() {
  const { boot } = usePage();
  const t = useT();
  const [ticket, setTicket] = useState('');
  const wanted = /^\d+$/.test(ticket.trim()) ? ticket.trim() : '';
  return (
    <Stack $gap={4}>
      <Field>
        <Row>
          <Label isRegular>{t('activity.ticket')}</Label>
          <Small>
            <Input
              isCompact
              type="search"
              inputMode="numeric"
              data-search
              value={ticket}
              onChange={(event) => setTicket(event.target.value)}
            />
          </Small>
        </Row>
      </Field>
      <ActivityPages
        key={wanted}
        query={`app=${boot.app}${wanted && `&ticket=${wanted}`}`}
        filtered={wanted !== ''}
      />
    </Stack>
  );
}

function ActivityPages({ query, filtered }: { query: string; filtered: boolean }) {
  const { api, boot, errorText } = usePage();
  const t = useT();
  const first = useResource<Page<ActivityItem>>(`/api/activity?${query}`, { topics: [boot.app] });
  const [more, setMore] = useState<Page<ActivityItem>[]>([]);
  const [failed, setFailed] = useState<unknown>(null);
  const [loading, setLoading] = useState(false);
  const last = more.at(-1) ?? first.data;
  const cursor = last?.next_cursor;

  const loadMore = async () => {
    setLoading(true);
    setFailed(null);
    try {
      const page = await api.get<Page<ActivityItem>>(
        `/api/activity?${query}&cursor=${encodeURIComponent(cursor ?? '')}`,
      );
      setMore((pages) => [...pages, page]);
    } catch (error) {
      setFailed(error);
    } finally {
      setLoading(false);
    }
  };

  if (!first.data) {
    return first.error ? (
      <Failed what={t('activity.failed')} error={first.error} onRetry={first.reload} />
    ) : (
      <SkeletonLines count={8} height={40} gap={0} />
    );
  }
  // A newer first page may push a line onto the second: each is shown once.
  const items = [
    ...new Map([first.data, ...more].flatMap((page) => page.items).map((item) => [item.id, item])).values(),
  ];
  if (items.length === 0) return <p>{t(filtered ? 'activity.empty_ticket' : 'activity.empty')}</p>;
  return (
    <Stack $gap={3}>
      <Lines>
        {items.map((item) => (
          <ActivityLine key={item.id} item={item} />
        ))}
      </Lines>
      {failed !== null && <Small $tone="late">{errorText(failed)}</Small>}
      {cursor && (
        <div>
          <Button size="small" onClick={() => void loadMore()} disabled={loading}>
            {t(loading ? 'loading' : 'activity.more')}
          </Button>
        </div>
      )}
    </Stack>
  );
}

function ActivityLine({ item }: { item: ActivityItem }) {
  const { host, language, time, clock } = usePage();
  const t = useT();
  const { tone, Icon } = RESULTS[item.result];
  const refusal = refusalText(language, item);
  const ticket = item.ticket_id;
  return (
    <li>
      <span>
        <Moment at={item.at} />
      </span>
      <span>
        {ticket !== null && (
          <Button
            isLink
            onClick={() => void host.openTicket(ticket)}
            title={t('ticket.open', { ticket: String(ticket) })}
          >
            #{ticket}
          </Button>
        )}
      </span>
      <Stack $gap={0}>
        <span>{activityText(language, time, item, clock.now())}</span>
        <Small>
          {activityCause(language, item)}
          {item.on_authorization_of &&
            ` ${t('activity.authorization_of', { name: item.on_authorization_of })}`}
        </Small>
      </Stack>
      <Stack $gap={0}>
        <Mark $tone={tone}>
          <Icon />
          {t(`activity.result.${item.result}`)}
        </Mark>
        {refusal && <Small>{refusal}</Small>}
      </Stack>
    </li>
  );
}
