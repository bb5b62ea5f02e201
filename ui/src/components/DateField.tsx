import { Field, Input, Label } from '@zendeskgarden/react-forms';
import { lazy, Suspense } from 'react';
import { usePage } from '../page';
import type { Day } from '../zoned';

// The calendar is the heaviest control there is and nobody needs it in the first instant.
const DatePicker = lazy(() => import('./DatePicker'));

export interface DateFieldProps {
  label: string;
  value: Day | null;
  min: Day;
  onChange(day: Day): void;
  disabled?: boolean;
}

/** A day, typed as the reader writes it or picked from a calendar. */
export function DateField(props: DateFieldProps) {
  const { language } = usePage();
  return (
    <Field data-date-field>
      <Label isRegular>{props.label}</Label>
      <Suspense
        fallback={
          <Input isCompact readOnly value={props.value ? dayText(props.value, language.locale) : ''} />
        }
      >
        <DatePicker {...props} />
      </Suspense>
    </Field>
  );
}

/** Garden's calendar works on browser-local dates: a day is passed as its local midnight. */
export const toDate = (day: Day): Date => new Date(day.year, day.month - 1, day.day);
export const toDay = (date: Date): Day => ({
  year: date.getFullYear(),
  month: date.getMonth() + 1,
  day: date.getDate(),
});

const format = (locale: string) =>
  new Intl.DateTimeFormat(locale, { year: 'numeric', month: '2-digit', day: '2-digit' });

export function dayText(day: Day, locale: string): string {
  return format(locale).format(toDate(day));
}

/**
 * Reads a day in the order in which the locale writes it. The year has four digits: the calendar takes over a day as
 * soon as it can be read, and "2030" must not become 2020 on the way.
 */
export function parseDay(text: string, locale: string): Day | null {
  const numbers = text.match(/\d+/g)?.map(Number);
  if (numbers?.length !== 3) return null;
  const order = format(locale)
    .formatToParts()
    .map((part) => part.type)
    .filter((type) => type === 'year' || type === 'month' || type === 'day');
  const day: Day = { year: 0, month: 0, day: 0 };
  order.forEach((type, index) => {
    day[type] = numbers[index] ?? 0;
  });
  if (day.year < 1000) return null;
  const date = toDate(day);
  return date.getMonth() === day.month - 1 && date.getDate() === day.day ? day : null;
}
