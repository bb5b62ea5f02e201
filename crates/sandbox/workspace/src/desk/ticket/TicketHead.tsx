import { Button, IconButton } from '@zendeskgarden/react-buttons';
import styled from 'styled-components';
import { fieldView } from '../../model/fields';
import type { TicketForm } from '../../model/ticket';
import { useDesk } from '../context';
import { Icon } from '../icons';
import { color } from '../theme';
import { StatusBadge, subtle, TimeAgo } from '../ui';

const Head = styled.header`
  display: flex;
  align-items: flex-start;
  gap: 8px;
  padding: 14px 12px 10px 20px;
  border-bottom: 1px solid ${color('border.default')};
`;
const Words = styled.div`
  flex: 1;
  min-width: 0;
`;
const Subject = styled.input`
  width: 100%;
  margin-inline-start: -6px;
  padding: 1px 5px;
  border: 1px solid transparent;
  border-radius: 4px;
  background: none;
  color: inherit;
  font: inherit;
  font-size: 18px;
  line-height: 24px;
  font-weight: 600;
  text-overflow: ellipsis;
  &:hover:not(:disabled) {
    border-color: ${color('border.default')};
  }
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
    outline-offset: -1px;
  }
  &[aria-invalid='true'] {
    border-color: ${color('border.dangerEmphasis')};
  }
`;
const Facts = styled.p`
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 8px;
  margin-top: 4px;
  font-size: 12px;
  line-height: 20px;
  ${subtle}
`;
/** Narrow pages have a switch of their own. */
const Tray = styled(Button)`
  @media (max-width: 980px) {
    display: none;
  }
`;
const Wrong = styled.p`
  font-size: 12px;
  color: ${color('foreground.danger')};
`;

const CHANNELS: Record<string, string> = {
  email: 'by e-mail',
  web: 'on the web form',
  api: 'through the API',
  web_service: 'through the API',
  mobile: 'on a phone',
};

/** Subject, where the ticket came from, and the switch of the apps column. */
export function TicketHead({ form }: { form: TicketForm }) {
  const desk = useDesk();
  const { record } = form;
  const requester = form.world.user(record.requester_id);
  const problem = form.fieldErrors.subject;
  const field = fieldView(form, 'subject');
  const tray = desk.trayVisible;
  const apps = desk.host.of(form).length;
  return (
    <Head>
      <Words>
        {field?.isVisible === false ? null : (
          <Subject
            aria-label="Subject"
            aria-invalid={problem !== undefined}
            placeholder="Subject"
            value={form.value<string>('subject')}
            disabled={form.closed || field?.isEnabled === false}
            onChange={event => form.set('subject', event.target.value)}
          />
        )}
        {problem ? <Wrong role="alert">{problem}</Wrong> : null}
        <Facts>
          {form.isNew ? (
            'New ticket'
          ) : (
            <>
              <StatusBadge status={record.status} />
              <span>Ticket #{record.id}</span>
              <span aria-hidden="true">·</span>
              <span>
                {requester?.name ?? 'Somebody'} asked {CHANNELS[record.via?.channel ?? 'web'] ?? ''}{' '}
                <TimeAgo at={record.created_at} />
              </span>
            </>
          )}
        </Facts>
      </Words>
      {form.isNew ? null : (
        <IconButton
          size="small"
          aria-label="Fetch the ticket anew"
          title="Fetch the ticket anew"
          onClick={() => void desk.refresh(form).catch(() => undefined)}
        >
          <Icon.Reload />
        </IconButton>
      )}
      {apps > 0 ? (
        <Tray size="small" isBasic={!tray} aria-pressed={tray} onClick={() => desk.appsTray.show(!tray)}>
          <Button.StartIcon>
            <Icon.Grid />
          </Button.StartIcon>
          Apps
        </Tray>
      ) : null}
    </Head>
  );
}
