import { Note, Row, Stack, usePage, useToast } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { getColor } from '@zendeskgarden/react-theming';
import { useCallback, useEffect, useState } from 'react';
import styled from 'styled-components';
import { paths, type BulkResult, type When } from './api';
import { useT } from './texts';
import { DEFAULT_END_OF_DAY } from './when';
import { WhenPicker, type Draft } from './WhenPicker';

const Bar = styled.section`
  position: sticky;
  bottom: 0;
  z-index: 10;
  margin: 0 -24px;
  padding: 12px 24px;
  border-top: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.emphasis' })};
  background: ${(p) => getColor({ theme: p.theme, variable: 'background.raised' })};
`;

interface Props {
  /** Which deadlines are selected. */
  ids: string[];
  /** The account's end of a working day, where the server told it. */
  endOfDay: string | undefined;
  onSelect(ids: ReadonlySet<string>): void;
  /** Some of them are not any more what the list shows. */
  onChanged(): void;
}

/** Whether Escape there closes something of its own: a calendar, a dialog. */
function isElsewhere(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[data-date-field], [role="dialog"]') !== null;
}

/** Changes or clears what is selected in the list. */
export function BulkBar({ ids, endOfDay = DEFAULT_END_OF_DAY, onSelect, onChanged }: Props) {
  const { api, errorText } = usePage();
  const t = useT();
  const toast = useToast();
  const [mode, setMode] = useState<'none' | 'change' | 'clear'>('none');
  const [draft, setDraft] = useState<Draft>({ day: null, time: '' });
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const [refused, setRefused] = useState<BulkResult['refused']>([]);
  const count = ids.length;
  const close = useCallback(() => onSelect(new Set()), [onSelect]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || isElsewhere(event.target)) return;
      if (mode === 'none') close();
      else setMode('none');
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [close, mode]);

  const apply = async (change: { when: When } | { clear: true }) => {
    setBusy(true);
    setFailed(null);
    try {
      const result = await api.post<BulkResult>(paths.bulk, { ids, change });
      if (result.changed > 0) {
        toast({
          text: t('clear' in change ? 'bulk.cleared' : 'bulk.changed', {
            count: result.changed,
          }),
        });
      }
      setMode('none');
      setRefused(result.refused);
      // What was refused stays selected, to be tried another way.
      onSelect(new Set(result.refused.map((line) => line.id)));
      if (result.changed > 0) onChanged();
    } catch (error) {
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Bar aria-label={t('bulk.title')}>
      <Stack $gap={3}>
        {failed !== null && (
          <Note type="error" title={t('bulk.failed')}>
            {errorText(failed)}
          </Note>
        )}
        {refused.length > 0 && (
          <Note
            type="warning"
            title={t('bulk.refused', { count: refused.length })}
            actions={
              <Button size="small" onClick={close}>
                {t('close')}
              </Button>
            }
          >
            <ul>
              {refused.map((line) => (
                <li key={line.id}>
                  #{line.ticket_id}: {line.message}
                </li>
              ))}
            </ul>
          </Note>
        )}
        <Row $gap={3}>
          <strong>
            {t(mode === 'clear' ? 'bulk.ask_clear' : 'bulk.selected', {
              count,
            })}
          </strong>
          {mode === 'none' && (
            <>
              <Button size="small" onClick={() => setMode('change')} disabled={busy}>
                {t('bulk.change')}
              </Button>
              <Button size="small" onClick={() => setMode('clear')} disabled={busy}>
                {t('clear')}
              </Button>
              <Button size="small" isBasic onClick={close}>
                {t('bulk.unselect')}
              </Button>
            </>
          )}
          {mode === 'clear' && (
            <>
              <Button
                size="small"
                isPrimary
                isDanger
                onClick={() => void apply({ clear: true })}
                disabled={busy}
              >
                {t('bulk.clear', { count })}
              </Button>
              <Button size="small" isBasic onClick={() => setMode('none')}>
                {t('cancel')}
              </Button>
            </>
          )}
        </Row>
        {mode === 'change' && (
          <WhenPicker
            wide
            draft={draft}
            onDraft={setDraft}
            onChoose={({ when }) => void apply({ when })}
            endOfDay={endOfDay}
            disabled={busy}
            submitLabel={t('bulk.apply', { count })}
          >
            <Button size="small" isBasic onClick={() => setMode('none')}>
              {t('cancel')}
            </Button>
          </WhenPicker>
        )}
      </Stack>
    </Bar>
  );
}
