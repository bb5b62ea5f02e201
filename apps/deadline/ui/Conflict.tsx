import { Note, usePage } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import type { Deadline } from './api';
import { useT } from './texts';
import type { Wish } from './useDeadline';

interface Props {
  /** What the other one made of it. */
  theirs: Deadline | null;
  mine: Wish;
  onKeepTheirs(): void;
  onUseMine(): void;
}

/** Two people decided at once: both versions, and the choice. */
export function Conflict({ theirs, mine, onKeepTheirs, onUseMine }: Props) {
  const { time, clock } = usePage();
  const t = useT();
  const now = clock.now();
  const who = theirs?.set_by.name ?? t('history.somebody');
  const told = (ms: number) => time.moment(ms, now);
  return (
    <Note
      type="warning"
      title={t('conflict.title')}
      actions={
        <>
          <Button size="small" onClick={onUseMine}>
            {t('conflict.mine')}
          </Button>
          <Button size="small" onClick={onKeepTheirs}>
            {t('conflict.theirs')}
          </Button>
        </>
      }
    >
      <p>
        {theirs
          ? t('conflict.theirs_set', { who, when: told(Date.parse(theirs.at)) })
          : t('conflict.theirs_cleared')}
      </p>
      <p>
        {mine.kind === 'set'
          ? t('conflict.mine_set', { when: told(mine.chosen.at) })
          : t('conflict.mine_clear')}
      </p>
    </Note>
  );
}
