import { useEffect } from 'react';
import { usePage } from '../page';

const CALENDAR = '[data-garden-id="datepickers.menu"]';
const CALENDAR_HEIGHT = 300;

/** How tall the page wants to be: its content, and a calendar that hangs open below its field. */
function wantedHeight(root: HTMLElement): number {
  let height = root.scrollHeight;
  for (const calendar of root.querySelectorAll<HTMLElement>(CALENDAR)) {
    const field = calendar.closest('[data-date-field]');
    if (!field) continue;
    // Measured from the field and not from the calendar, which flips to where there is room.
    const top = field.getBoundingClientRect().bottom - root.getBoundingClientRect().top;
    height = Math.max(height, top + (calendar.offsetHeight || CALENDAR_HEIGHT) + 16);
  }
  return Math.ceil(height);
}

/** Keeps the iframe as tall as its content (Zendesk's `resize`). */
export function useAutoResize(): void {
  const { host } = usePage();
  useEffect(() => {
    const root = document.getElementById('root');
    if (!root) return undefined;
    let last = 0;
    const measure = () => {
      const height = wantedHeight(root);
      if (height === last) return;
      last = height;
      // Outside of Zendesk there is nobody to ask, and the page is as tall as it is.
      host.resize(height).catch(() => undefined);
    };
    const resized = new ResizeObserver(measure);
    resized.observe(root);
    const changed = new MutationObserver(measure);
    changed.observe(root, { childList: true, subtree: true });
    measure();
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  }, [host]);
}
