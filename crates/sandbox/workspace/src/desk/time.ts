import { Observable } from '../model/observable';

const TICK_MS = 20_000;

/** The sandbox's clock, which may be ahead, behind or frozen; watchers hear of it every few seconds. */
export class Time extends Observable {
  #offset = 0;
  #frozen: number | null = null;

  constructor() {
    super();
    setInterval(() => this.changed(), TICK_MS);
  }

  now(): number {
    return this.#frozen ?? Date.now() + this.#offset;
  }

  set(now: number, frozen: boolean): void {
    this.#offset = now - Date.now();
    this.#frozen = frozen ? now : null;
    this.changed();
  }
}

const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dayFormat = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const yearFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

export const exactTime = (iso: string): string => exactFormat.format(new Date(iso));

/** "just now", "12 min ago", "3 h ago", "yesterday 16:05", "Fri 9:30", "4 Jan". */
export function relativeTime(iso: string, now: number): string {
  const then = new Date(iso);
  const minutes = Math.floor((now - then.getTime()) / 60_000);
  if (minutes < -1) return exactFormat.format(then);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const today = new Date(now);
  today.setHours(0, 0, 0, 0);
  const days = Math.ceil((today.getTime() - then.getTime()) / 86_400_000);
  if (days <= 0) return `${Math.floor(minutes / 60)} h ago`;
  if (days === 1) return `yesterday ${clockFormat.format(then)}`;
  if (days < 7) return dayFormat.format(then);
  return (then.getFullYear() === today.getFullYear() ? dateFormat : yearFormat).format(then);
}
