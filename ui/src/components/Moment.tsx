import { useNow, usePage } from '../page';

const HOUR_MS = 3_600_000;

interface Props {
  at: string;
  /** `relative`: "in 2 h 14 min"; `moment`: "tomorrow 9:00". */
  as?: 'relative' | 'moment';
  className?: string;
}

/** A time as people say it; the exact one, with its zone, on hover and for screen readers. */
export function Moment({ at, as = 'relative', className }: Props) {
  const { clock, time } = usePage();
  const ms = Date.parse(at);
  // Far-off times change by the minute, near ones by the second.
  const now = useNow(Math.abs(ms - clock.now()) < HOUR_MS ? 1000 : 60_000);
  return (
    <time dateTime={at} title={time.exact(ms)} className={className}>
      {as === 'relative' ? time.relative(ms, now) : time.moment(ms, now)}
    </time>
  );
}
