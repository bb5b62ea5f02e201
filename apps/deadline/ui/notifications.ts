import type { Host } from '@aerie/ui';

/** What the server sends through Zendesk when a deadline comes near or hits. */
interface Notification {
  id: string;
  title: string;
  text: string;
  link_ticket_id: number | null;
  kind: 'warning' | 'hit';
}

const EVENT = 'api_notification.aerie';

/**
 * Shows each notification once, as a pop-up that stays. Zendesk delivers to every page of the app and may deliver twice;
 * only the background page, of which there is one, shows them.
 */
export function showNotifications(host: Pick<Host, 'on' | 'notify'>): () => void {
  const shown = new Set<string>();
  return host.on(EVENT, (data) => {
    const notification = read(data);
    if (!notification || shown.has(notification.id)) return;
    shown.add(notification.id);
    const text = notification.title ? `${notification.title}: ${notification.text}` : notification.text;
    void host.notify(text, notification.kind === 'hit' ? 'alert' : 'notice');
  });
}

/** The body arrives as it was sent, an object or a string of JSON; anything else is not ours. */
function read(data: unknown): Notification | null {
  let body = (data as { body?: unknown } | null)?.body;
  if (typeof body === 'string') {
    try {
      body = JSON.parse(body) as unknown;
    } catch {
      return null;
    }
  }
  const { id, text } = (body ?? {}) as Partial<Notification>;
  return typeof id === 'string' && typeof text === 'string' ? (body as Notification) : null;
}
