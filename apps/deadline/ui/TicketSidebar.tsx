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
import { useEffect, useRef, useState } from 'react';
import type { Deadline, TicketView } from './api';
import { Conflict } from './Conflict';
import { Countdown } from './Countdown';
import { History } from './History';
import { ABOUT, useT } from './texts';
import { useDeadline, type DeadlineControl, type Wish } from './useDeadline';
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
  const { deadline, progress, notice, send } = control;
  const [draft, setDraft] = useState<Draft>(EMPTY);
  // The version that the agent had before their eyes when they began to change it.
  const [changing, setChanging] = useState<{ version: number } | null>(null);
  const [asking, setAsking] = useState(false);
  const region = useRef<HTMLDivElement>(null);
  const busy = progress.step === 'saving' || progress.step === 'waiting';
  const real = view.deadline;
  const version = real?.version ?? null;

  const finish = () => {
    setChanging(null);
    setAsking(false);
    setDraft(EMPTY);
    // The control that was pressed is gone; the keyboard goes on where its result is.
    region.current?.focus();
  };

  const set = async (chosen: Chosen) => {
    const before = changing ? changing.version : version;
    if (await send({ kind: 'set', chosen }, before)) finish();
  };

  const clear = async (cleared: Deadline) => {
    finish();
    if (!(await send({ kind: 'clear' }, cleared.version))) return;
    const at = Date.parse(cleared.at);
    // A moment that has passed cannot be set again.
    const undo = () => void send({ kind: 'set', chosen: { at, when: { at: cleared.at } } }, null);
    toast({ text: t('clear.done'), undo: at > clock.now() ? undo : undefined });
  };

  const startChange = () => {
    if (!deadline) return;
    const wall = wallTime(Date.parse(deadline.at), time.timeZone);
    const past = Date.parse(deadline.at) <= clock.now();
    setDraft(past ? EMPTY : { day: wall, time: timeText(wall) });
    setChanging({ version: deadline.version });
    control.settle();
  };

  const again = (wish: Wish) => {
    void send(wish, version).then((done) => done && finish());
  };

  const picker = view.can_edit && !busy && (deadline === null || changing !== null);
  return (
    <Stack
      $gap={3}
      ref={region}
      tabIndex={-1}
      as="section"
      aria-label={boot.app_name}
      style={{ outline: 'none' }}
    >
      {deadline ? <Countdown deadline={deadline} /> : <strong>{t('sidebar.none')}</strong>}
      {notice && (
        <Note type="info" title={t('notice.title')}>
          {serverText(language, 'notice', notice)}
        </Note>
      )}
      {busy && <Saving waiting={progress.step === 'waiting'} />}
      {progress.step === 'conflict' && (
        <Conflict
          theirs={deadline}
          mine={progress.wish}
          onUseMine={() => again(progress.wish)}
          onKeepTheirs={() => {
            control.settle();
            finish();
          }}
        />
      )}
      {progress.step === 'refused' && (
        <Note type="error" title={t(progress.wish.kind === 'set' ? 'refused.set' : 'refused.clear')}>
          {errorText(progress.error)}
        </Note>
      )}
      {deadline && !changing && !asking && view.can_edit && !busy && progress.step !== 'conflict' && (
        <Row>
          <Button size="small" onClick={startChange}>
            {t('change')}
          </Button>
          <Button
            size="small"
            isBasic
            onClick={() => (Date.parse(deadline.at) > clock.now() ? void clear(deadline) : setAsking(true))}
          >
            {t('clear')}
          </Button>
        </Row>
      )}
      {asking && deadline && (
        <Note
          type="warning"
          title={t('clear.ask')}
          actions={
            <>
              <Button size="small" isDanger onClick={() => void clear(deadline)}>
                {t('clear')}
              </Button>
              <Button size="small" isBasic onClick={() => setAsking(false)}>
                {t('cancel')}
              </Button>
            </>
          }
        >
          {t('clear.ask_text')}
        </Note>
      )}
      {picker && progress.step !== 'conflict' && (
        <WhenPicker
          draft={draft}
          onDraft={setDraft}
          onChoose={(chosen) => void set(chosen)}
          endOfDay={view.end_of_day ?? DEFAULT_END_OF_DAY}
          submitLabel={t(changing ? 'move' : 'set')}
        >
          {changing && (
            <Button
              isBasic
              size="small"
              onClick={() => {
                control.settle();
                finish();
              }}
            >
              {t('cancel')}
            </Button>
          )}
        </WhenPicker>
      )}
      {!view.can_edit && <Small>{t('sidebar.read_only')}</Small>}
    </Stack>
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
