/** Where the people of the sandbox live; typed times are read there. */
export const ZONE = 'Europe/Berlin';

/** A moment as an agent types it: "11/24/2026", "14:05:09". */
export interface Typed {
  date: string;
  time: string;
  /** The same, in milliseconds since 1970. */
  at: number;
}

/** The full second at least so many seconds ahead. */
export function ahead(seconds: number): Typed {
  const at = Math.ceil(Date.now() / 1000 + seconds) * 1000;
  const moment = new Date(at);
  const date = new Intl.DateTimeFormat('en-US', {
    timeZone: ZONE,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(moment);
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(moment);
  return { date, time, at };
}

/** Whether both moments lie on the same day of the people of the sandbox. */
export function isToday(at: number): boolean {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE });
  return day.format(new Date(at)) === day.format(new Date());
}
