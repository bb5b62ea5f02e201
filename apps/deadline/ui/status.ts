import type { Tone } from '@aerie/ui';
import type { Deadline } from './api';

/** What a deadline is to whoever looks at it now. */
export type Status = 'running' | 'soon' | 'late' | 'hit_while_solved' | 'void' | 'cleared';

/** A pending deadline whose time has come is late at that second, before the server has told that it has hit. */
export function statusOf(deadline: Deadline, now: number): Status {
  if (deadline.state === 'hit_while_solved' || deadline.state === 'void' || deadline.state === 'cleared') {
    return deadline.state;
  }
  const at = Date.parse(deadline.at);
  if (deadline.state === 'hit' || at <= now) return 'late';
  const warned = deadline.warning || (deadline.warn_at !== null && Date.parse(deadline.warn_at) <= now);
  return warned ? 'soon' : 'running';
}

export const TONE_OF: Record<Status, Tone> = {
  running: 'neutral',
  soon: 'soon',
  late: 'late',
  hit_while_solved: 'settled',
  void: 'settled',
  cleared: 'settled',
};

/** Whether there is a deadline on the ticket that one can change or clear. */
export function isOpen(deadline: Deadline | null): deadline is Deadline {
  return deadline !== null && deadline.state !== 'cleared' && deadline.state !== 'void';
}
