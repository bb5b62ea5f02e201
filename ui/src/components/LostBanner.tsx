import { usePage, useT } from '../page';
import type { Authorization } from '../types';
import { AuthorizeButton } from './AuthorizePanel';
import { Note } from './Note';

/** "Authorization lost": since when, what is parked, and what to do about it. */
export function LostBanner({
  authorization,
}: {
  authorization: Exclude<Authorization, { state: 'missing' }>;
}) {
  const { time, clock, role } = usePage();
  const t = useT();
  const since = authorization.lost_since
    ? time.moment(Date.parse(authorization.lost_since), clock.now())
    : t('lost.unknown_since');
  const who = authorization.granted_by ?? t('lost.unknown_who');
  return (
    <Note
      type="warning"
      title={t('lost.title')}
      actions={role === 'admin' ? <AuthorizeButton again /> : undefined}
    >
      <p>
        {t('lost.since', { since, who })} {authorization.reason}
      </p>
      <p>
        {t('lost.parked', { count: authorization.parked ?? 0 })} {role === 'admin' ? '' : t('lost.ask')}
      </p>
    </Note>
  );
}
