import type { Boot, PageName } from '../src/types';

/** A page in a state: how the page is told to begin, and how the stand-in for the API behaves. */
export interface Scenario {
  title: string;
  page: PageName;
  role: 'admin' | 'agent';
  authorization: Boot['authorization'];
  /** Which deadline ticket 123 has. */
  deadline: 'none' | 'running' | 'soon' | 'late' | 'solved';
  /** How many deadlines the account has beside it. */
  others: number;
  /** The server has not put the data into the page. */
  withoutData?: boolean;
  canEdit?: boolean;
  /** `load`: reading fails; `slow`: reading never ends; `save`: changing is refused; `session`: it has ended. */
  fault?: 'load' | 'slow' | 'save' | 'session';
  newTicket?: boolean;
  hash?: string;
}

const base: Scenario = {
  title: '',
  page: 'sidebar',
  role: 'agent',
  authorization: { state: 'healthy', granted_by: 'Ada Park' },
  deadline: 'none',
  others: 0,
};

const lost: Boot['authorization'] = {
  state: 'lost',
  granted_by: 'Ada Park',
  lost_since: new Date(Date.now() - 3 * 3_600_000).toISOString(),
  reason: 'Her role is no longer administrator.',
  parked: 4,
};

export const SCENARIOS: Record<string, Scenario> = {
  'sidebar-empty': { ...base, title: 'No deadline yet' },
  'sidebar-running': { ...base, title: 'Deadline set', deadline: 'running' },
  'sidebar-soon': { ...base, title: 'Inside the warning window', deadline: 'soon' },
  'sidebar-late': { ...base, title: 'Late', deadline: 'late' },
  'sidebar-solved': { ...base, title: 'Hit while solved', deadline: 'solved' },
  'sidebar-read-only': { ...base, title: 'May not edit', deadline: 'running', canEdit: false },
  'sidebar-new-ticket': { ...base, title: 'Ticket not submitted yet', newTicket: true },
  'sidebar-loading': { ...base, title: 'Loading', withoutData: true, fault: 'slow' },
  'sidebar-failed': { ...base, title: 'Loading failed', withoutData: true, fault: 'load' },
  'sidebar-refusing': { ...base, title: 'Saving is refused', fault: 'save' },
  'sidebar-session': { ...base, title: 'Session ended', deadline: 'running', fault: 'session' },
  'sidebar-ask': { ...base, title: 'Not authorised, agent', authorization: { state: 'missing' } },
  'sidebar-authorise': {
    ...base,
    title: 'Not authorised, administrator',
    role: 'admin',
    authorization: { state: 'missing' },
  },
  'sidebar-lost': { ...base, title: 'Authorization lost, agent', deadline: 'running', authorization: lost },
  'sidebar-lost-admin': {
    ...base,
    title: 'Authorization lost, administrator',
    role: 'admin',
    deadline: 'running',
    authorization: lost,
  },
  board: {
    ...base,
    title: 'Board',
    page: 'board',
    role: 'admin',
    deadline: 'running',
    others: 140,
    hash: 'scope=all',
  },
  'board-empty': { ...base, title: 'Board, empty', page: 'board' },
  'board-failed': {
    ...base,
    title: 'Board, loading failed',
    page: 'board',
    withoutData: true,
    fault: 'load',
  },
  'board-loading': { ...base, title: 'Board, loading', page: 'board', withoutData: true, fault: 'slow' },
  'board-authorise': {
    ...base,
    title: 'Board, not authorised',
    page: 'board',
    role: 'admin',
    authorization: { state: 'missing' },
  },
  'board-lost': {
    ...base,
    title: 'Board, authorization lost',
    page: 'board',
    role: 'admin',
    authorization: lost,
    others: 12,
    hash: 'scope=all',
  },
  activity: { ...base, title: 'Activity', page: 'board', role: 'admin', others: 12, hash: 'tab=activity' },
  admin: { ...base, title: 'Admin', page: 'board', role: 'admin', others: 3, hash: 'tab=admin' },
  background: { ...base, title: 'Background', page: 'background' },
};
