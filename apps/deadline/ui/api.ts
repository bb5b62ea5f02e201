/** What the pages and the server say to each other about deadlines; times are RFC 3339 UTC. */

export interface Person {
  id: number;
  name: string | null;
}

export type DeadlineState = 'pending' | 'hit' | 'hit_while_solved' | 'cleared' | 'void';

export interface Deadline {
  id: string;
  ticket_id: number;
  at: string;
  state: DeadlineState;
  set_at: string;
  set_by: { id: number | null; name: string | null };
  span_seconds: number;
  version: number;
  /** Inside the warning window. */
  warning: boolean;
  /** The next or earliest moment of warning. */
  warn_at: string | null;
  assignee: Person | null;
  group: Person | null;
  ticket_status: string | null;
}

export interface HistoryLine {
  at: string;
  event: 'set' | 'moved' | 'warned' | 'hit' | 'hit_while_solved' | 'cleared' | 'void';
  deadline_at: string | null;
  by: {
    id: number | null;
    name: string | null;
    via: 'agent' | 'trigger' | 'timer';
  };
  /** Why it ended, as a code. */
  detail: 'ticket_gone' | null;
}

export interface TicketView {
  ticket_id: number;
  deadline: Deadline | null;
  history: HistoryLine[];
  can_edit: boolean;
  now: string;
  /** The account's end of a working day, "17:00"; from the settings. */
  end_of_day?: string;
}

/** A moment, in one of the ways that people name moments. */
export type When = { at: string } | { local: string; time_zone: string } | { in: string };

export interface Notice {
  code: string;
  message: string;
  args?: Record<string, string | number>;
}

export interface BoardPage {
  items: Deadline[];
  next_cursor: string | null;
  prev_cursor: string | null;
  total: number;
  total_is_about: boolean;
  counts: { late: number; today: number; week: number };
  now: string;
  end_of_day?: string;
}

export interface BulkResult {
  changed: number;
  refused: { id: string; ticket_id: number; message: string }[];
}

export type Warning = { before_minutes: number } | { percent: number };

export interface Settings {
  warnings: Warning[];
  warning_text: string;
  hit_text: string;
  notify: { assignee: boolean; setter: boolean; group: boolean };
  display_field_id: number | null;
  end_of_day: string;
  version: number;
}

export interface TicketField {
  id: number;
  title: string;
  type: 'date' | 'text';
}

export interface WebhookBody {
  action: string;
  url: string;
  /** As it is pasted into Zendesk, placeholders and all; not always JSON by itself. */
  body: string;
  description: string;
}

export interface CreatedWebhook {
  webhook_id: string;
  trigger_id: number | string | null;
  guard_tag: string | null;
}

const BASE = '/api/apps/deadline';

export const paths = {
  ticket: (id: number) => `${BASE}/tickets/${id}`,
  list: (query: string) => `${BASE}/deadlines?${query}`,
  csv: (query: string) => `${BASE}/deadlines.csv?${query}`,
  bulk: `${BASE}/deadlines/bulk`,
  settings: `${BASE}/settings`,
  ticketFields: `${BASE}/ticket-fields`,
  actions: '/api/actions',
  webhooks: '/api/actions/webhooks',
};

/** The topic of all deadlines' news, and of one ticket's. */
export const TOPIC = 'deadline';
export const ticketTopic = (id: number) => `${TOPIC}/ticket/${id}`;
