import {
  Failed,
  Frame,
  Line,
  Note,
  Row,
  SkeletonLines,
  Small,
  Stack,
  serverText,
  timeText,
  useAutoResize,
  usePage,
  useToast,
  wallTime,
} from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { Inline } from '@zendeskgarden/react-loaders';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import styled from 'styled-components';
import type { Deadline, TicketView } from './api';
import { Conflict } from './Conflict';
import { Countdown } from './Countdown';
import { History } from './History';
import { ABOUT, useT } from './texts';
import { useDeadline, type DeadlineControl } from './useDeadline';
import { DEFAULT_END_OF_DAY, type Chosen } from './when';
import { WhenPicker, type Draft } from './WhenPicker';

/** The ticket sidebar: the one deadline of the ticket. */
export function TicketSidebar() {
  const t = useT();
  useAutoResize();
  return (
    <Frame kind="sidebar" about={ABOUT.map((key) => t(key))}>
      <OfTicket />
    </Frame>
  );
}

/** Finds out beside which ticket the page stands. */
function OfTicket() {
  const { boot, host } = usePage();
  const t = useT();
  const [ticket, setTicket] = useState<{ id: number | null } | null>(
    boot.ticket_id === null ? null : { id: boot.ticket_id },
  );
  useEffect(() => {
    if (boot.ticket_id !== null) return;
    host.ticketId().then(
      (id) => setTicket({ id }),
      () => setTicket({ id: null }),
    );
  }, [boot, host]);
  if (!ticket) return <SkeletonLines count={6} height={24} />;
  if (ticket.id === null) return <p>{t('sidebar.new_ticket')}</p>;
  return <OneDeadline ticketId={ticket.id} initial={boot.data as TicketView | null} />;
}

function OneDeadline({ ticketId, initial }: { ticketId: number; initial: TicketView | null }) {
  const t = useT();
  const control = useDeadline(ticketId, initial);
  const { data: view, error, reload } = control.resource;
  if (!view) {
    if (error) return <Failed what={t('sidebar.failed')} error={error} onRetry={reload} />;
    return <SkeletonLines count={6} height={24} />;
  }
  return (
    <>
      <Editor control={control} view={view} />
      {view.history.length > 0 && <Line />}
      <History lines={view.history} />
      <Footer />
    </>
  );
}

const EMPTY: Draft = { day: null, time: '' };

function Editor({ control, view }: { control: DeadlineControl; view: TicketView }) {
  const { clock, time, boot, errorText, language } = usePage();
  const t = useT();
  const toast = useToast();
  const { deadline, progress, notice, send, settle } = control;
  const [draft, setDraft] = useState<Draft>(EMPTY);
  // The version that the agent had before their eyes when they began to change it.
  const [changing, setChanging] = useState<{ version: number } | null>(null);
  const [asking, setAsking] = useState(false);
  const region = useRef<HTMLDivElement>(null);
  const busy = progress.step === 'saving' || progress.step === 'waiting';
  const conflict = progress.step === 'conflict';
  const refusedSet = progress.step === 'refused' && progress.wish.kind === 'set';
  const version = view.deadline?.version ?? null;

  const close = () => {
    setChanging(null);
    setAsking(false);
    // The control that was pressed goes away; the keyboard goes on where its result is.
    region.current?.focus();
  };

  const set = (chosen: Chosen) => {
    if (busy) return;
    const seen = changing ? changing.version : progress.step === 'refused' ? progress.version : version;
    void send({ kind: 'set', chosen }, seen);
    close();
  };

  const clear = async (cleared: Deadline) => {
    setDraft(EMPTY);
    close();
    if (!(await send({ kind: 'clear' }, cleared.version))) return;
    const at = Date.parse(cleared.at);
    // A moment that has passed cannot be set again.
    const undo = () => void send({ kind: 'set', chosen: { at, when: { at: cleared.at } } }, null);
    toast({ text: t('clear.done'), undo: at > clock.now() ? undo : undefined });
  };

  const startChange = (current: Deadline) => {
    const at = Date.parse(current.at);
    const wall = wallTime(at, time.timeZone);
    setDraft(at <= clock.now() ? EMPTY : { day: wall, time: timeText(wall) });
    setChanging({ version: current.version });
    settle();
  };

  const cancel = () => {
    settle();
    close();
  };

  const picking =
    view.can_edit &&
    !conflict &&
    (deadline === null || refusedSet || (busy ? !control.optimistic : changing !== null));
  return (
    <Region
      $gap={3}
      ref={region}
      tabIndex={-1}
      as="section"
      aria-label={boot.app_name}
      onKeyDown={(event: KeyboardEvent<HTMLElement>) => {
        // In the date's field Escape closes the calendar, and nothing more.
        if (event.key !== 'Escape' || (event.target as HTMLElement).closest('[data-date-field]')) return;
        if (asking || changing) cancel();
      }}
    >
      {deadline ? <Countdown deadline={deadline} /> : <strong>{t('sidebar.none')}</strong>}
      {notice && (
        <Note type="info" title={t('notice.title')}>
          {serverText(language, 'notice', notice)}
        </Note>
      )}
      {conflict && (
        <Conflict
          theirs={deadline}
          mine={progress.wish}
          onUseMine={() => void send(progress.wish, version)}
          onKeepTheirs={cancel}
        />
      )}
      {progress.step === 'refused' && (
        <Note type="error" title={t(progress.wish.kind === 'set' ? 'refused.set' : 'refused.clear')}>
          {errorText(progress.error)}
        </Note>
      )}
      {asking && deadline && (
        <AskClear onClear={() => void clear(deadline)} onCancel={() => setAsking(false)} />
      )}
      {deadline && view.can_edit && !picking && !asking && !conflict && (
        <Row>
          <Button size="small" disabled={busy} onClick={() => startChange(deadline)}>
            {t('change')}
          </Button>
          <Button
            size="small"
            isBasic
            disabled={busy}
            onClick={() => (Date.parse(deadline.at) > clock.now() ? void clear(deadline) : setAsking(true))}
          >
            {t('clear')}
          </Button>
          {busy && <Saving waiting={progress.step === 'waiting'} />}
        </Row>
      )}
      {picking && (
        <>
          <WhenPicker
            draft={draft}
            onDraft={setDraft}
            onChoose={set}
            endOfDay={view.end_of_day ?? DEFAULT_END_OF_DAY}
            submitLabel={t(deadline ? 'move' : 'set')}
          >
            {deadline && (
              <Button isBasic size="small" onClick={cancel}>
                {t('cancel')}
              </Button>
            )}
          </WhenPicker>
          {busy && <Saving waiting={progress.step === 'waiting'} />}
        </>
      )}
      {!view.can_edit && <Small>{t('sidebar.read_only')}</Small>}
    </Region>
  );
}

/** Takes the focus when a control inside it has gone; nothing to see of it. */
const Region = styled(Stack)`
  outline: none;
`;

/** Asked before clearing what cannot be set again. */
function AskClear({ onClear, onCancel }: { onClear(): void; onCancel(): void }) {
  const t = useT();
  return (
    <Note
      type="warning"
      title={t('clear.ask')}
      actions={
        <>
          <Button size="small" isDanger onClick={onClear}>
            {t('clear')}
          </Button>
          <Button size="small" isBasic onClick={onCancel}>
            {t('cancel')}
          </Button>
        </>
      }
    >
      {t('clear.ask_text')}
    </Note>
  );
}

function Saving({ waiting }: { waiting: boolean }) {
  const t = useT();
  return (
    <Small role="status">
      <Inline size={12} aria-hidden /> {t(waiting ? 'saving.waiting' : 'saving.now')}
    </Small>
  );
}

function Footer() {
  const { host, boot, role } = usePage();
  const t = useT();
  return (
    <Small as="footer">
      <Row $gap={3}>
        <Button isLink onClick={() => void host.openBoard(boot.app_name, '')}>
          {t('footer.all')}
        </Button>
        {role === 'admin' && (
          <Button isLink onClick={() => void host.openBoard(boot.app_name, 'admin')}>
            {t('footer.settings')}
          </Button>
        )}
      </Row>
    </Small>
  );
}
