import { Button, ChevronButton, SplitButton } from '@zendeskgarden/react-buttons';
import { Item, Menu } from '@zendeskgarden/react-dropdowns';
import { useState } from 'react';
import styled from 'styled-components';
import type { StatusCategory } from '../../api/types';
import { fieldView, STATUS_LABELS, STATUSES } from '../../model/fields';
import type { TicketForm } from '../../model/ticket';
import { useDesk } from '../context';
import { Icon } from '../icons';
import { submit } from '../submit';
import { color } from '../theme';
import { StatusBadge, subtle } from '../ui';

const Bar = styled.footer`
  grid-area: submit;
  display: flex;
  align-items: center;
  gap: 12px;
  min-height: 56px;
  padding: 8px 16px;
  border-top: 1px solid ${color('border.default')};
  background: ${color('background.recessed')};
`;
const Said = styled.div`
  display: flex;
  flex: 1;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
  min-width: 0;
  ${subtle}
`;
const Problem = styled.div`
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
  color: ${color('foreground.danger')};
  svg {
    flex: none;
  }
`;
const Choice = styled.span`
  display: flex;
  align-items: center;
  gap: 8px;
`;

/** Saves the ticket with a status of one's choice, and says what stands in the way. */
export function SubmitBar({ form }: { form: TicketForm }) {
  const desk = useDesk();
  const [last, setLast] = useState<StatusCategory | null>(null);
  const saved = form.record.status;
  const chosen = form.value<StatusCategory>('status');
  // A ticket that somebody works on is no longer new.
  const standard = chosen === 'closed' ? 'solved' : chosen;
  const status = last && !form.touched('status') ? last : standard;
  const field = fieldView(form, 'status');
  const offered = STATUSES.filter(value => value !== 'new' || saved === 'new' || form.isNew).filter(
    value => field?.optionValues?.find(option => option.value === value)?.isVisible !== false,
  );
  const isOff = (value: string) =>
    field?.optionValues?.find(option => option.value === value)?.isEnabled === false;
  const locked = form.saveLocks.size > 0;
  const send = (value: StatusCategory, force = false) => {
    setLast(null);
    void submit(desk, form, value, force);
  };
  const discard = async () => {
    form.conflict = false;
    await desk.refresh(form).catch(() => undefined);
    form.changed();
  };

  return (
    <Bar>
      <Said aria-live="polite">
        {form.conflict ? (
          <Problem role="alert">
            <Icon.Alert />
            Somebody else changed this ticket while you were working on it. Nothing was overwritten.
            <Button size="small" onClick={() => void discard()}>
              Look at the changes
            </Button>
            <Button size="small" isDanger onClick={() => send(status, true)}>
              Submit mine over them
            </Button>
          </Problem>
        ) : form.problems.length > 0 ? (
          <Problem role="alert">
            <Icon.Alert />
            {form.problems.join(' ')}
          </Problem>
        ) : locked ? (
          'An app is holding the ticket back for the moment.'
        ) : form.saving ? (
          'Saving'
        ) : form.dirty ? (
          'Changed, not saved'
        ) : null}
      </Said>
      {form.closed ? null : (
        <SplitButton>
          <Button
            isPrimary
            disabled={form.saving || locked}
            onClick={() => send(status)}
            aria-label={`Submit as ${STATUS_LABELS[status] ?? status}`}
          >
            Submit as&nbsp;<b>{STATUS_LABELS[status] ?? status}</b>
          </Button>
          <Menu
            button={props => (
              <ChevronButton
                {...props}
                isPrimary
                disabled={form.saving || locked}
                aria-label="Submit with another status"
              >
                <Icon.ChevronDown />
              </ChevronButton>
            )}
            placement="top-end"
            onChange={({ value }) => value && send(value as StatusCategory)}
          >
            {offered.map(value => (
              <Item key={value} value={value} isDisabled={isOff(value)}>
                <Choice>
                  <StatusBadge status={value} short />
                  Submit as {STATUS_LABELS[value]}
                </Choice>
              </Item>
            ))}
          </Menu>
        </SplitButton>
      )}
    </Bar>
  );
}
