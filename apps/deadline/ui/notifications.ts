import type { Host, Translate } from '@aerie/ui';
import type { Key } from './texts';

/** What the server sends through Zendesk for all the deadlines that come near or hit at one moment. */
interface Body {
  /** The newest, newest first. */
  items: Item[];
  /** How many there are beside them. */
  more: number;
}

interface Item {
  id: string;
  /** Plain text, as `text` is; may be empty. */
  title: string;
  text: string;
  link_ticket_id: number | null;
  kind: 'warning' | 'hit';
}

const EVENT = 'api_notification.aerie';
const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Shows each notification once, as a pop-up that stays, and how many more there are. Zendesk delivers to every page of the
 * app and may deliver twice; only the background page, of which there is one, shows them.
 */
export function showNotifications(
  host: Pick<Host, 'on' | 'notify'>,
  texts: Promise<Translate<Key>>,
): () => void {
  const shown = new Set<string>();
  return host.on(EVENT, (data) => {
    const body = read(data);
    const unseen = body?.items.filter((item) => !shown.has(item.id)) ?? [];
    for (const item of unseen) {
      shown.add(item.id);
      const text = item.title ? `${item.title}: ${item.text}` : item.text;
      void host.notify(escape(text), item.kind === 'hit' ? 'alert' : 'notice');
    }
    const count = body?.more ?? 0;
    // What was seen came a second time, and with it the number.
    if (unseen.length === 0 || count === 0) return;
    void texts
      .then((t) => t('popups.more', { count }))
      // A number says enough where the words cannot be had.
      .catch(() => `+${count}`)
      .then((text) => host.notify(escape(text), 'notice'));
  });
}

/** Zendesk's pop-ups read their text as HTML, and the texts of tickets are anybody's. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** The body arrives as it was sent, a string of JSON, or already as the object in it; anything else is not ours. */
function read(data: unknown): Body | null {
  let body = (data as { body?: unknown } | null)?.body;
  if (typeof body === 'string') {
    try {
      body = JSON.parse(body) as unknown;
    } catch {
      return null;
    }
  }
  const { items, more } = (body ?? {}) as Partial<Body>;
  if (!Array.isArray(items) || typeof more !== 'number') return null;
  return { items: items.filter(isItem), more };
}

function isItem(item: unknown): item is Item {
  const { id, title, text } = (item ?? {}) as Partial<Item>;
  return typeof id === 'string' && typeof title === 'string' && typeof text === 'string';
}
