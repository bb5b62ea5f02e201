import { Moment, Small, Stack, useNow, usePage } from '@aerie/ui';
import styled from 'styled-components';
import type { Deadline } from './api';
import { statusOf } from './status';
import { StatusMark } from './StatusMark';
import { useT } from './texts';

const Box = styled(Stack)`
  container-type: inline-size;
`;

const Big = styled.p`
  font-size: clamp(24px, 9cqi, 28px);
  line-height: 32px;
  min-height: 32px;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
  letter-spacing: -0.01em;
  svg {
    width: 20px;
    height: 20px;
  }
`;

/** The first thing on the sidebar: how long there is still, or how late it is; then when that is and who said so. */
export function Countdown({ deadline }: { deadline: Deadline }) {
  const { time } = usePage();
  const t = useT();
  const now = useNow();
  const at = Date.parse(deadline.at);
  const status = statusOf(deadline, now);
  const words =
    status === 'late'
      ? t('countdown.late', { span: time.span(now - at, true) })
      : status === 'hit_while_solved'
        ? t('countdown.solved')
        : t('time.in', {
            span: time.span(Math.ceil((at - now) / 1000) * 1000, true),
          });
  const setBy = deadline.set_by.name;
  return (
    <Box $gap={1}>
      <Big role="timer" aria-live="off">
        <StatusMark status={status}>{words}</StatusMark>
      </Big>
      <strong>
        <Moment at={deadline.at} as="moment" />
      </strong>
      <Small>
        {setBy ? t('countdown.set_by', { name: setBy }) : t('countdown.set')} ·{' '}
        <Moment at={deadline.set_at} />
      </Small>
    </Box>
  );
}
