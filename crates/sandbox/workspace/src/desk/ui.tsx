import { Avatar } from '@zendeskgarden/react-avatars';
import { PALETTE } from '@zendeskgarden/react-theming';
import type { ReactNode } from 'react';
import styled, { css } from 'styled-components';
import { STATUS_LABELS } from '../model/fields';
import { useDesk, useWatched } from './context';
import { color } from './theme';
import { exactTime, relativeTime } from './time';

/** Colours of the status squares: letters on them keep a contrast of 4.5 or more in both schemes. */
const STATUS_COLORS: Record<string, string> = {
  new: PALETTE.yellow[500],
  open: PALETTE.red[700],
  pending: PALETTE.blue[700],
  hold: PALETTE.black,
  solved: PALETTE.grey[700],
  closed: PALETTE.grey[800],
};

const Square = styled.span<{ $status: string }>`
  display: inline-flex;
  align-items: center;
  justify-content: center;
  flex: none;
  min-width: 20px;
  height: 20px;
  padding: 0 6px;
  border-radius: 4px;
  font-size: 12px;
  line-height: 16px;
  font-weight: 600;
  white-space: nowrap;
  color: ${p => (p.$status === 'new' ? PALETTE.yellow[1000] : PALETTE.white)};
  background: ${p => STATUS_COLORS[p.$status] ?? PALETTE.grey[700]};
  box-shadow: ${p => (p.$status === 'hold' ? `0 0 0 1px ${PALETTE.grey[700]}` : 'none')};
`;

/** A ticket's status: the word, or only its letter where there is little room. */
export function StatusBadge({ status, short }: { status: string; short?: boolean }) {
  const label = STATUS_LABELS[status] ?? status;
  return (
    <Square $status={status} {...(short ? { title: label, role: 'img', 'aria-label': label } : {})}>
      {short ? label.charAt(0) : label}
    </Square>
  );
}

const HUES = ['kale', 'purple', 'crimson', 'blue', 'green', 'fuschia', 'orange', 'teal'] as const;

const initials = (name: string) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .map(word => word.charAt(0))
    .filter((_, at, all) => at === 0 || at === all.length - 1)
    .join('')
    .toUpperCase();

/** A person's initials on a colour of his own. */
export function Face({
  name,
  size = 'small',
}: {
  name: string;
  size?: 'extraextrasmall' | 'extrasmall' | 'small' | 'medium' | 'large';
}) {
  const sum = [...name].reduce((total, char) => (total * 31 + char.charCodeAt(0)) % 65_521, 7);
  const hue = HUES[sum % HUES.length] ?? 'kale';
  return (
    <Avatar
      size={size}
      backgroundColor={PALETTE[hue][700]}
      foregroundColor={PALETTE.white}
      aria-hidden="true"
    >
      <Avatar.Text>{initials(name) || '?'}</Avatar.Text>
    </Avatar>
  );
}

/** A moment, relative to the sandbox's clock; the exact time on hover. */
export function TimeAgo({ at }: { at: string }) {
  const { time } = useDesk();
  useWatched(time);
  if (!at) return null;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, time.now())}
    </time>
  );
}

export const subtle = css`
  color: ${color('foreground.subtle')};
`;
export const ellipsis = css`
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
`;

/** Text for screen readers only. */
export const Unseen = styled.span`
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
`;

const Centre = styled.div`
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 12px;
  height: 100%;
  min-height: 160px;
  padding: 24px;
  text-align: center;
  ${subtle}
`;
const Heading = styled.h2`
  margin: 0;
  font-size: 18px;
  line-height: 24px;
  font-weight: 600;
  color: ${color('foreground.default')};
`;

/** A place with nothing in it, or with something in the way: one sentence and at most one button. */
export function Message({
  icon,
  title,
  children,
}: {
  icon?: ReactNode;
  title?: string;
  children?: ReactNode;
}) {
  return (
    <Centre>
      {icon}
      {title ? <Heading>{title}</Heading> : null}
      {children}
    </Centre>
  );
}
