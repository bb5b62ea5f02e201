import { Button } from '@zendeskgarden/react-buttons';
import { Skeleton } from '@zendeskgarden/react-loaders';
import { useState } from 'react';
import styled from 'styled-components';
import type { TicketForm } from '../../model/ticket';
import { useDesk, useWatched } from '../context';
import type { Tab } from '../desk';
import { color } from '../theme';
import { Message } from '../ui';
import { AppsColumn } from './AppsColumn';
import { Composer } from './Composer';
import { Conversation } from './Conversation';
import { Fields } from './Fields';
import { SubmitBar } from './SubmitBar';
import { TicketHead } from './TicketHead';

type Part = 'fields' | 'conversation' | 'apps';

const Frame = styled.article`
  display: grid;
  grid-template:
    'switch switch switch' auto 'fields middle apps' 1fr 'submit submit submit' auto / 272px minmax(0, 1fr)
    auto;
  height: 100%;
  @media (max-width: 1180px) {
    grid-template-columns: 236px minmax(0, 1fr) auto;
  }
  @media (max-width: 980px) {
    grid-template-columns: 0 minmax(0, 1fr) auto;
  }
`;
/** Where there is no room for three columns, one part is in front; the others stay loaded. */
const Column = styled.div<{ $part: Part; $shown: Part }>`
  grid-area: ${p => (p.$part === 'conversation' ? 'middle' : p.$part)};
  min-width: 0;
  min-height: 0;
  display: flex;
  flex-direction: column;
  @media (max-width: 980px) {
    grid-column: 1 / -1;
    grid-row: 2;
    visibility: ${p => (p.$part === p.$shown ? 'inherit' : 'hidden')};
  }
`;
const Switch = styled.div`
  grid-area: switch;
  display: none;
  gap: 4px;
  padding: 6px 12px;
  border-bottom: 1px solid ${color('border.default')};
  @media (max-width: 980px) {
    display: flex;
  }
`;
const Left = styled.div`
  flex: 1;
  overflow: auto;
  padding: 16px;
  border-inline-end: 1px solid ${color('border.default')};
  background: ${color('background.recessed')};
`;
const Waiting = styled.div`
  display: grid;
  gap: 12px;
  padding: 24px;
`;

/** One ticket: fields, conversation with composer, apps, and Submit below. */
export function TicketPage({ tab, shown }: { tab: Tab; shown: boolean }) {
  const desk = useDesk();
  if (tab.problem) {
    return (
      <Message title="No ticket here">
        <p>{tab.problem}</p>
        <Button onClick={() => void desk.retry(tab)}>Try again</Button>
      </Message>
    );
  }
  if (!tab.form) {
    return (
      <Waiting aria-busy="true">
        <Skeleton width="40%" height="28px" />
        <Skeleton height="80px" />
        <Skeleton height="80px" />
      </Waiting>
    );
  }
  return <OpenTicket form={tab.form} shown={shown} />;
}

const PARTS: [Part, string][] = [
  ['fields', 'Fields'],
  ['conversation', 'Conversation'],
  ['apps', 'Apps'],
];

function OpenTicket({ form, shown }: { form: TicketForm; shown: boolean }) {
  useWatched(form);
  useWatched(form.world);
  const [part, setPart] = useState<Part>('conversation');
  return (
    <Frame aria-label={form.value<string>('subject') || 'New ticket'}>
      <Switch role="group" aria-label="Parts of the ticket">
        {PARTS.map(([value, label]) => (
          <Button
            key={value}
            size="small"
            isBasic={value !== part}
            aria-pressed={value === part}
            onClick={() => setPart(value)}
          >
            {label}
          </Button>
        ))}
      </Switch>
      <Column $part="fields" $shown={part}>
        <Left tabIndex={-1}>
          <Fields form={form} />
        </Left>
      </Column>
      <Column $part="conversation" $shown={part}>
        <TicketHead form={form} />
        <Conversation form={form} shown={shown} />
        <Composer form={form} />
      </Column>
      <Column $part="apps" $shown={part}>
        <AppsColumn form={form} />
      </Column>
      <SubmitBar form={form} />
    </Frame>
  );
}
