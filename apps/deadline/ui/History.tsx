import { Moment, Small, Stack, usePage } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { useState } from 'react';
import styled from 'styled-components';
import type { HistoryLine } from './api';
import { useT } from './texts';

const SHORT = 3;

const Lines = styled.ul`
  li {
    padding: 4px 0;
  }
`;

/** What became of the ticket's deadlines, newest first. */
export function History({ lines }: { lines: HistoryLine[] }) {
  const t = useT();
  const [all, setAll] = useState(false);
  if (lines.length === 0) return null;
  const newestFirst = [...lines].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const shown = all ? newestFirst : newestFirst.slice(0, SHORT);
  return (
    <section aria-label={t('history.title')}>
      <Lines>
        {shown.map((line) => (
          <li key={`${line.at} ${line.event}`}>
            <Line line={line} />
          </li>
        ))}
      </Lines>
      {lines.length > SHORT && (
        <Small>
          <Button isLink aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t('history.less') : t('history.all', { count: lines.length })}
          </Button>
        </Small>
      )}
    </section>
  );
}

function Line({ line }: { line: HistoryLine }) {
  const { time, clock } = usePage();
  const t = useT();
  const who = line.by.name ?? t(line.by.via === 'trigger' ? 'history.trigger' : 'history.somebody');
  const when = line.deadline_at ? time.moment(Date.parse(line.deadline_at), clock.now()) : '';
  return (
    <Stack $gap={0}>
      <Small $tone="neutral">
        {t(`history.${line.event}`, { who, when })}
        {line.detail && ` ${t(`history.detail.${line.detail}`)}`}
      </Small>
      <Small>
        <Moment at={line.at} />
      </Small>
    </Stack>
  );
}
