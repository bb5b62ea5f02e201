import { DatePicker as GardenDatePicker } from '@zendeskgarden/react-datepickers';
import { Input } from '@zendeskgarden/react-forms';
import { usePage } from '../page';
import { dayText, parseDay, toDate, toDay, type DateFieldProps } from './DateField';

export default function DatePicker({ value, min, onChange, disabled }: DateFieldProps) {
  const { language } = usePage();
  const { locale } = language;
  return (
    <GardenDatePicker
      value={value ? toDate(value) : undefined}
      minValue={toDate(min)}
      locale={locale}
      isCompact
      isAnimated={false}
      formatDate={(date) => dayText(toDay(date), locale)}
      customParseDate={(text) => {
        const day = parseDay(text, locale);
        return day ? toDate(day) : new Date(Number.NaN);
      }}
      onChange={(date) => onChange(toDay(date))}
    >
      <Input isCompact disabled={disabled} />
    </GardenDatePicker>
  );
}
