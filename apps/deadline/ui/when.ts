import {
  addBusinessDays,
  localText,
  momentOf,
  parseTime,
  wallTime,
  type Day,
  type TimeOfDay,
} from '@aerie/ui';
import type { When } from './api';

export const DEFAULT_END_OF_DAY = '17:00';
/** When the next business day begins, until schedules say so. */
const START_OF_DAY: TimeOfDay = { hour: 9, minute: 0, second: 0 };
const HOUR_MS = 3_600_000;

export type ChoiceKey = 'in_1h' | 'in_4h' | 'end_of_day' | 'next_business_day' | 'three_business_days';

/** A moment that somebody has chosen: as the server is told, and as the page shows it until the server has answered. */
export interface Chosen {
  when: When;
  at: number;
}

export interface Choice extends Chosen {
  key: ChoiceKey;
  /** The moment is over already (end of today, in the evening). */
  past: boolean;
}

/** The moments that are one click away. Business days are Monday to Friday. */
export function quickChoices(now: number, timeZone: string, endOfDay: string): Choice[] {
  const second = Math.floor(now / 1000) * 1000;
  const wall = wallTime(second, timeZone);
  const inHours = (hours: number): Chosen => {
    const at = second + hours * HOUR_MS;
    return { at, when: { at: new Date(at).toISOString() } };
  };
  const list: [ChoiceKey, Chosen][] = [
    ['in_1h', inHours(1)],
    ['in_4h', inHours(4)],
    ['end_of_day', onDay(wall, parseTime(endOfDay) ?? { hour: 17, minute: 0, second: 0 }, timeZone)],
    ['next_business_day', onDay(addBusinessDays(wall, 1), START_OF_DAY, timeZone)],
    ['three_business_days', onDay(addBusinessDays(wall, 3), wall, timeZone)],
  ];
  return list.map(([key, chosen]) => ({
    key,
    ...chosen,
    past: chosen.at <= now,
  }));
}

/** A day and a time on the agent's wall. The server resolves what daylight saving makes of it; this is the estimate. */
export function onDay(day: Day, time: TimeOfDay, timeZone: string): Chosen {
  return {
    at: momentOf(day, time, timeZone),
    when: { local: localText(day, time), time_zone: timeZone },
  };
}
