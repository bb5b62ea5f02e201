import ClockIcon from '@zendeskgarden/svg-icons/src/16/clock-stroke.svg?icon';
import SoonIcon from '@zendeskgarden/svg-icons/src/16/alert-warning-stroke.svg?icon';
import LateIcon from '@zendeskgarden/svg-icons/src/16/alert-error-stroke.svg?icon';
import DoneIcon from '@zendeskgarden/svg-icons/src/16/check-circle-stroke.svg?icon';
import { Mark } from '@aerie/ui';
import type { ReactNode } from 'react';
import { TONE_OF, type Status } from './status';

const ICONS: Record<Status, typeof ClockIcon> = {
  running: ClockIcon,
  soon: SoonIcon,
  late: LateIcon,
  hit_while_solved: DoneIcon,
  void: DoneIcon,
  cleared: DoneIcon,
};

/** Colour and icon of a status, around its words. */
export function StatusMark({ status, children }: { status: Status; children: ReactNode }) {
  const Icon = ICONS[status];
  return (
    <Mark $tone={TONE_OF[status]} data-status={status}>
      <Icon />
      {children}
    </Mark>
  );
}
