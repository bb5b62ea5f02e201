import { Notification, useToast } from '@zendeskgarden/react-notifications';
import { useEffect } from 'react';
import { safeNotice } from '../model/markup';
import { useDesk } from './context';

const TYPES = { notice: 'success', alert: 'warning', error: 'error' } as const;
const WORDS = { notice: 'Notice', alert: 'Alert', error: 'Error' } as const;

/** Shows what apps and the desk have to say, at the upper right. */
export function Toasts() {
  const desk = useDesk();
  const { addToast } = useToast();
  useEffect(() => {
    desk.showNotice = ({ html, kind, ms }) => {
      addToast(
        ({ close }) => (
          <Notification type={TYPES[kind]} role={kind === 'notice' ? 'status' : 'alert'}>
            <Notification.Title>{WORDS[kind]}</Notification.Title>
            <span dangerouslySetInnerHTML={{ __html: safeNotice(html) }} />
            <Notification.Close aria-label="Close" onClick={close} />
          </Notification>
        ),
        { placement: 'top-end', autoDismiss: ms ?? false },
      );
    };
    return () => {
      desk.showNotice = () => undefined;
    };
  }, [desk, addToast]);
  return null;
}
