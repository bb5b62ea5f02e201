/** Wall-clock arithmetic in a named time zone, with nothing but what the browser knows about zones. */

/** A moment as a clock on the wall shows it. `month` and `day` count from 1; `weekday` 0 is Sunday. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
}

/** A calendar day, without a zone. */
export type Day = Pick<WallTime, 'year' | 'month' | 'day'>;
/** A time of day. */
export type TimeOfDay = Pick<WallTime, 'hour' | 'minute' | 'second'>;

export const DAY_MS = 86_400_000;
const pad = (n: number, width = 2) => String(n).padStart(width, '0');

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format takes a browser far longer than using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

export function wallTime(ms: number, timeZone: string): WallTime {
  const parts = formatOf(timeZone).formatToParts(ms);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const day = { year: value('year'), month: value('month'), day: value('day') };
  return {
    ...day,
    hour: value('hour'),
    minute: value('minute'),
    second: value('second'),
    weekday: new Date(asUtc(day)).getUTCDay(),
  };
}

/**
 * The moment at which the wall shows this. Of two moments (autumn) the first is meant; a time that a day skips (spring)
 * becomes the one an hour later, as on the server.
 */
export function momentOf(day: Day, time: TimeOfDay, timeZone: string): number {
  const wanted = asUtc(day) + (time.hour * 3600 + time.minute * 60 + time.second) * 1000;
  const offsets = [wanted - DAY_MS, wanted + DAY_MS].map((ms) => offsetAt(ms, timeZone));
  const candidates = offsets
    .map((offset) => wanted - offset)
    .filter((ms) => offsetAt(ms, timeZone) === wanted - ms);
  return candidates.length > 0 ? Math.min(...candidates) : wanted - Math.min(...offsets);
}

function offsetAt(ms: number, timeZone: string): number {
  const wall = wallTime(ms, timeZone);
  const shown = asUtc(wall) + (wall.hour * 3600 + wall.minute * 60 + wall.second) * 1000;
  return shown - Math.floor(ms / 1000) * 1000;
}

function asUtc({ year, month, day }: Day): number {
  return Date.UTC(year, month - 1, day);
}

export function addDays(day: Day, days: number): Day & { weekday: number } {
  const date = new Date(asUtc(day) + days * DAY_MS);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  };
}

/** How many midnights lie between two days; negative when `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((asUtc(to) - asUtc(from)) / DAY_MS);
}

/** The day `count` business days (Monday to Friday) after `day`. */
export function addBusinessDays(day: Day, count: number): Day {
  let at: Day & { weekday: number } = addDays(day, 0);
  for (let left = count; left > 0;) {
    at = addDays(at, 1);
    if (at.weekday !== 0 && at.weekday !== 6) left -= 1;
  }
  return { year: at.year, month: at.month, day: at.day };
}

/** `2026-11-23T14:30`, with seconds only where there are some: what the API calls `local`. */
export function localText(day: Day, time: TimeOfDay): string {
  const seconds = time.second ? `:${pad(time.second)}` : '';
  return `${pad(day.year, 4)}-${pad(day.month)}-${pad(day.day)}T${pad(time.hour)}:${pad(time.minute)}${seconds}`;
}

/** "9:30", with seconds only where there are some. */
export function timeText(time: TimeOfDay): string {
  return `${time.hour}:${pad(time.minute)}${time.second ? `:${pad(time.second)}` : ''}`;
}

/** Reads `14:30`, `1430`, `9`, `9.15`, `2:30 pm`, `14:30:05`; null for anything else. */
export function parseTime(text: string): TimeOfDay | null {
  const match = /^(\d{1,2})(?:[:.h\s]?(\d{2}))?(?:[:.](\d{2}))?\s*([ap])?\.?(?:m\.?)?$/i.exec(text.trim());
  if (!match) return null;
  const [, hours = '', minutes = '0', seconds = '0', half] = match;
  let hour = Number(hours);
  if (half) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  const time = { hour, minute: Number(minutes), second: Number(seconds) };
  return time.hour < 24 && time.minute < 60 && time.second < 60 ? time : null;
}
