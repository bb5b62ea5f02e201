import type { Language, SharedKey, Translate } from './i18n';
import { DAY_MS, daysBetween, timeText, wallTime } from './zoned';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Up to here a time to come is told as a distance ("in 2 h 14 min"), beyond it as a date. */
const DISTANCE_MS = 12 * HOUR_MS;

/** How moments are written for one reader: language, locale and time zone stay the same while a page lives. */
export class TimeFormat {
  private readonly formats = new Map<string, Intl.DateTimeFormat>();

  constructor(
    private readonly language: Language,
    private readonly t: Translate<SharedKey>,
    readonly timeZone: string,
  ) {}

  /** "14:05", "9:30" */
  time(ms: number): string {
    const { hour, minute } = wallTime(ms, this.timeZone);
    return timeText({ hour, minute, second: 0 });
  }

  /** "Monday, 23 November 2026 at 14:05 CET": for the eye that wants to be sure. */
  exact(ms: number): string {
    const seconds = ms % MINUTE_MS ? ({ second: '2-digit' } as const) : {};
    return this.format(
      seconds.second ? 'exact-seconds' : 'exact',
      {
        weekday: 'long',
        year: 'numeric',
        month: 'long',
        day: 'numeric',
        hour: 'numeric',
        minute: '2-digit',
        ...seconds,
        hourCycle: 'h23',
        timeZoneName: 'short',
      },
      ms,
    );
  }

  /** The day and time of a moment, as short as it can be told: "16:05", "tomorrow 9:00", "Fri 9:30", "12 Mar 9:30". */
  moment(ms: number, now: number): string {
    const time = this.time(ms);
    const today = wallTime(now, this.timeZone);
    const day = wallTime(ms, this.timeZone);
    const away = daysBetween(today, day);
    if (away === 0) return this.t('time.today', { time });
    if (away === 1) return this.t('time.tomorrow', { time });
    if (away === -1) return this.t('time.yesterday', { time });
    if (away > 1 && away < 7) {
      return this.t('time.day', { day: this.format('weekday', { weekday: 'short' }, ms), time });
    }
    const date =
      day.year === today.year
        ? this.format('date', { weekday: 'short', day: 'numeric', month: 'short' }, ms)
        : this.format('date-year', { day: 'numeric', month: 'short', year: 'numeric' }, ms);
    return this.t('time.day', { day: date, time });
  }

  /** "in 2 h 14 min", "12 min ago", and beyond that the moment itself. */
  relative(ms: number, now: number): string {
    const away = ms - now;
    // `now` is a full second: what has just happened may lie a little ahead of it.
    if (away < SECOND_MS && away > -MINUTE_MS) return this.t('time.now');
    if (away > 0 && away <= DISTANCE_MS) return this.t('time.in', { span: this.span(away) });
    if (away < 0 && away > -HOUR_MS) return this.t('time.ago', { span: this.span(-away) });
    return this.moment(ms, now);
  }

  /** "2 h 14 min", "4 min 09 s" (`withSeconds`, below ten minutes), "3 d 4 h": two units at most. */
  span(ms: number, withSeconds = false): string {
    const seconds = Math.max(Math.floor(ms / 1000), 0);
    const [d, h, m, s] = [
      Math.floor(seconds / (DAY_MS / 1000)),
      Math.floor(seconds / 3600) % 24,
      Math.floor(seconds / 60) % 60,
      seconds % 60,
    ];
    if (d > 0) return this.units(d, 'd', h, 'h');
    if (h > 0) return this.units(h, 'h', m, 'min');
    if (m > 0) {
      if (!withSeconds || m >= 10) return this.t('unit.min', { n: m });
      return `${this.t('unit.min', { n: m })} ${this.t('unit.s', { n: String(s).padStart(2, '0') })}`;
    }
    return this.t('unit.s', { n: s });
  }

  private units(a: number, unitA: 'd' | 'h', b: number, unitB: 'h' | 'min'): string {
    const first = this.t(`unit.${unitA}`, { n: a });
    return b > 0 ? `${first} ${this.t(`unit.${unitB}`, { n: b })}` : first;
  }

  private format(name: string, options: Intl.DateTimeFormatOptions, ms: number): string {
    let format = this.formats.get(name);
    if (!format) {
      format = new Intl.DateTimeFormat(this.language.locale, { ...options, timeZone: this.timeZone });
      this.formats.set(name, format);
    }
    return format.format(ms);
  }
}

/** The zone if the browser knows it, else the browser's own: a page must not fail on a zone's name. */
export function usableTimeZone(name: string | null | undefined): string {
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!name) return own;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return own;
  }
}
