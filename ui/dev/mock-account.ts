import type {
  BoardPage,
  Deadline,
  HistoryLine,
  Settings,
  TicketView,
  When,
} from '../../apps/deadline/ui/api';
import type { ActivityItem, Boot } from '../src/types';
import { momentOf, parseTime } from '../src/zoned.ts';
import type { Scenario } from './scenarios.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const TICKET = 123;

const PEOPLE = ['Robin Vega', 'Noor Haddad', 'Lena Fischer', 'Sam Okafor', 'Yuki Tanaka'];
const GROUPS = ['Shipping', 'Billing', 'Technical'];
const SUBJECTS = [
  'Replacement bike light has not arrived',
  'Invoice 2026-1187 shows the wrong VAT number',
  'App closes when I scan a barcode',
  'Please move our delivery to Friday',
  'Refund for the cancelled order is missing',
  'How do I add a second warehouse to the account, and who may see it afterwards?',
];

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: object = {},
  ) {
    super(message);
  }
}

/** The account behind one opened page: deadlines, settings and what happened, as the real API tells it. */
export class MockAccount {
  readonly me = { id: 7, name: 'Lena Fischer' };
  readonly timeZone = 'Europe/Berlin';
  private deadlines: Deadline[] = [];
  private history: HistoryLine[] = [];
  private settings: Settings = {
    warnings: [{ before_minutes: 60 }, { percent: 90 }],
    warning_text: 'Ticket #{{ticket.id}} “{{ticket.title}}” is due soon.',
    hit_text: 'The deadline of ticket #{{ticket.id}} has hit. {{ticket.assignee.name}} is on it.',
    notify: { assignee: true, setter: true, group: false },
    display_field_id: null,
    end_of_day: '17:00:00',
    version: 1,
  };

  constructor(readonly scenario: Scenario) {
    const now = Date.now();
    const offsets = {
      running: 2 * HOUR + 14 * MINUTE,
      soon: 23 * MINUTE,
      late: -12 * MINUTE,
      solved: -2 * HOUR,
    };
    if (scenario.deadline !== 'none') {
      const at = now + offsets[scenario.deadline];
      const state =
        scenario.deadline === 'late'
          ? 'hit'
          : scenario.deadline === 'solved'
            ? 'hit_while_solved'
            : 'pending';
      this.deadlines.push(this.make(TICKET, at, state, now - 26 * HOUR, scenario.deadline === 'soon'));
      this.history.push(
        this.line(now - 26 * HOUR, 'set', at - 4 * HOUR, 'Robin Vega'),
        this.line(now - 25 * HOUR, 'moved', at - 2 * HOUR, 'Noor Haddad'),
        this.line(now - 3 * HOUR, 'moved', at, null, 'trigger'),
      );
      if (state !== 'pending') this.history.push(this.line(at, state, at, null, 'timer'));
    }
    for (let n = 0; n < scenario.others; n++) {
      const at = now + (n - 6) * 47 * MINUTE + (n % 7) * 5 * HOUR * (n > 12 ? 1 : 0);
      this.deadlines.push(
        this.make(
          1000 + n,
          at,
          at < now ? 'hit' : 'pending',
          now - (n + 1) * 3 * HOUR,
          at > now && at < now + HOUR,
        ),
      );
    }
  }

  private make(
    ticket: number,
    at: number,
    state: Deadline['state'],
    setAt: number,
    warning: boolean,
  ): Deadline {
    const person = ticket % 6;
    return {
      id: `deadline_${ticket}`,
      ticket_id: ticket,
      at: new Date(at).toISOString(),
      state,
      set_at: new Date(setAt).toISOString(),
      set_by: { id: ticket % 5, name: PEOPLE[ticket % 5] ?? null },
      span_seconds: Math.round((at - setAt) / 1000),
      version: 1,
      warning,
      warn_at: new Date(at - HOUR).toISOString(),
      assignee: person === 5 ? null : { id: person, name: PEOPLE[person] ?? null },
      group: { id: 70 + (ticket % 3), name: null },
      ticket_status: ['open', 'pending', 'new', 'hold', 'solved'][ticket % 5] ?? null,
    };
  }

  private line(
    at: number,
    event: HistoryLine['event'],
    deadlineAt: number | null,
    name: string | null,
    via: HistoryLine['by']['via'] = 'agent',
  ): HistoryLine {
    return {
      at: new Date(at).toISOString(),
      event,
      deadline_at: deadlineAt === null ? null : new Date(deadlineAt).toISOString(),
      by: { id: null, name, via },
      detail: null,
    };
  }

  boot(token: string, locale: string): Boot {
    const { scenario } = this;
    const known = scenario.authorization.state !== 'missing';
    const data =
      !known || scenario.withoutData || scenario.newTicket
        ? null
        : scenario.page === 'sidebar'
          ? this.view(TICKET)
          : scenario.page === 'board'
            ? this.list(new URLSearchParams('scope=mine&state=open&sort=at&order=asc&limit=50'))
            : null;
    return {
      app: 'deadline',
      app_name: 'Deadline',
      page: scenario.page,
      now: new Date().toISOString(),
      locale,
      account: { subdomain: 'acme', url: 'http://127.0.0.1' },
      agent: {
        ...this.me,
        role: known ? scenario.role : null,
        time_zone: known ? this.timeZone : null,
        name: known ? this.me.name : null,
      },
      session: this.session(token),
      authorization: scenario.authorization,
      api_access: [
        {
          resource: 'Tickets',
          read: true,
          update: true,
          create: false,
          why: 'Tags and the display field show the deadline; the status says whether a ticket is solved.',
        },
        {
          resource: 'Users, groups, group memberships',
          read: true,
          update: false,
          create: false,
          why: 'Names on the board, and who gets a pop-up.',
        },
        {
          resource: 'Triggers and webhooks',
          read: false,
          update: false,
          create: true,
          why: 'Only when you press “Create in Zendesk”.',
        },
        {
          resource: 'App notifications',
          read: false,
          update: false,
          create: true,
          why: 'Pop-ups when a deadline comes near or hits.',
        },
        {
          resource: 'App installation',
          read: false,
          update: true,
          create: false,
          why: 'Once, to store the account token.',
        },
      ],
      ticket_id: scenario.page === 'sidebar' && !scenario.newTicket && !scenario.withoutData ? TICKET : null,
      data,
    };
  }

  session(token: string): Boot['session'] {
    return { token, expires_at: new Date(Date.now() + 15 * MINUTE).toISOString() };
  }

  view(ticket: number): TicketView {
    return {
      ticket_id: ticket,
      deadline:
        this.deadlines.find((deadline) => deadline.ticket_id === ticket && deadline.state !== 'cleared') ??
        null,
      history: this.history,
      can_edit: this.scenario.canEdit ?? true,
      now: new Date().toISOString(),
      end_of_day: this.settings.end_of_day,
    };
  }

  set(
    ticket: number,
    when: When,
    version: number | null,
    by: string = this.me.name,
  ): TicketView & { notice: null } {
    const old = this.view(ticket).deadline;
    if ((old?.version ?? null) !== version) this.conflict(ticket);
    const at = this.resolve(when);
    if (at <= Date.now())
      throw new Refusal(422, 'in_past', `In the past: ${new Date(at).toISOString()} is over.`, {
        args: { time: new Date(at).toISOString().slice(11, 16), zone: this.timeZone },
      });
    const next = this.make(ticket, at, 'pending', Date.now(), at < Date.now() + HOUR);
    next.set_by = { id: null, name: by };
    next.version = (old?.version ?? 0) + 1;
    this.deadlines = [...this.deadlines.filter((deadline) => deadline.ticket_id !== ticket), next];
    this.history.push(this.line(Date.now(), old ? 'moved' : 'set', at, by));
    return { ...this.view(ticket), notice: null };
  }

  clear(ticket: number, version: number | null): TicketView {
    const old = this.view(ticket).deadline;
    if (old && old.version !== version) this.conflict(ticket);
    this.deadlines = this.deadlines.filter((deadline) => deadline.ticket_id !== ticket);
    this.history.push(this.line(Date.now(), 'cleared', null, this.me.name));
    return this.view(ticket);
  }

  private conflict(ticket: number): never {
    throw new Refusal(409, 'changed_meanwhile', 'Somebody else changed the deadline meanwhile.', {
      current: this.view(ticket),
    });
  }

  private resolve(when: When): number {
    if ('at' in when) return Date.parse(when.at);
    if ('in' in when) throw new Refusal(422, 'not_understood', 'That is not a time.');
    const [date = '', time = ''] = when.local.split('T');
    const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
    return momentOf(
      { year, month, day },
      parseTime(time) ?? { hour: 0, minute: 0, second: 0 },
      when.time_zone,
    );
  }

  list(query: URLSearchParams): BoardPage {
    const now = Date.now();
    const scope = query.get('scope');
    const inScope = this.deadlines.filter((deadline) =>
      scope === 'mine'
        ? deadline.assignee?.id === 2
        : scope === 'unassigned'
          ? !deadline.assignee
          : scope === 'groups'
            ? deadline.group?.id === 70
            : true,
    );
    const late = (deadline: Deadline) => Date.parse(deadline.at) <= now;
    const within = (hours: number) => (deadline: Deadline) =>
      !late(deadline) && Date.parse(deadline.at) < now + hours * HOUR;
    const filter = { late, today: within(10), week: within(96) }[query.get('when') ?? ''] ?? (() => true);
    const ticket = query.get('q');
    const direction = query.get('order') === 'desc' ? -1 : 1;
    const key = (deadline: Deadline) =>
      query.get('sort') === 'ticket_id'
        ? deadline.ticket_id
        : Date.parse(query.get('sort') === 'set_at' ? deadline.set_at : deadline.at);
    const found = inScope
      .filter(filter)
      .filter((deadline) => !ticket || String(deadline.ticket_id) === ticket)
      .sort((a, b) => direction * (key(a) - key(b)));
    const start = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    return {
      items: found.slice(start, start + limit),
      next_cursor: start + limit < found.length ? String(start + limit) : null,
      prev_cursor: start > 0 ? String(Math.max(start - limit, 0)) : null,
      total: found.length,
      total_is_about: found.length > 100,
      counts: {
        late: inScope.filter(late).length,
        today: inScope.filter(within(10)).length,
        week: inScope.filter(within(96)).length,
      },
      now: new Date().toISOString(),
    };
  }

  bulk(
    ids: string[],
    change: { when?: When; clear?: boolean },
  ): { changed: number; refused: { id: string; ticket_id: number; message: string }[] } {
    const refused: { id: string; ticket_id: number; message: string }[] = [];
    for (const id of ids) {
      const deadline = this.deadlines.find((one) => one.id === id);
      if (!deadline) continue;
      if (deadline.ticket_id % 10 === 7)
        refused.push({
          id,
          ticket_id: deadline.ticket_id,
          message: 'Zendesk does not let you change this ticket.',
        });
      else if (change.when) this.set(deadline.ticket_id, change.when, deadline.version);
      else this.clear(deadline.ticket_id, deadline.version);
    }
    return { changed: ids.length - refused.length, refused };
  }

  activity(
    ticket: string | null,
    cursor: string | null,
  ): { items: ActivityItem[]; next_cursor: string | null } {
    const results: ActivityItem['result'][] = ['sent', 'merged', 'refused', 'parked', 'waiting', 'done'];
    const start = Number(cursor ?? 0);
    const items = Array.from({ length: 20 }, (_, index): ActivityItem => {
      const n = start + index;
      const result = results[n % 6] ?? 'done';
      const [code, args]: [string, Record<string, unknown>] =
        result === 'done'
          ? ['deadline.set', { at: new Date(Date.now() + n * HOUR).toISOString(), moved: n > 6 }]
          : [
              'tickets.changed',
              n % 2
                ? { add: ['deadline_now'], remove: ['deadline_pending'], fields: [] }
                : {
                    add: ['deadline_pending'],
                    remove: ['deadline_now', 'deadline_while_solved'],
                    fields: [501],
                  },
            ];
      return {
        id: n,
        at: new Date(Date.now() - n * 13 * MINUTE).toISOString(),
        ticket_id: 100 + n,
        app: 'deadline',
        code,
        args,
        cause: n % 2 ? { kind: 'timer', text: '' } : { kind: 'agent', text: PEOPLE[n % 5] ?? '' },
        on_authorization_of: n % 3 ? 'Ada Park' : null,
        result,
        result_code: result === 'refused' ? 'closed' : null,
        result_detail: result === 'refused' ? 'Zendesk refused the change: the ticket is closed.' : null,
      };
    }).filter((item) => !ticket || String(item.ticket_id) === ticket);
    return { items, next_cursor: start < 40 && !ticket ? String(start + 20) : null };
  }

  readSettings(): Settings {
    return this.settings;
  }

  writeSettings(next: Settings): Settings {
    if (next.version !== this.settings.version) {
      throw new Refusal(409, 'changed_meanwhile', 'Another administrator saved meanwhile.', {
        current: this.settings,
      });
    }
    this.settings = { ...next, version: next.version + 1 };
    return this.settings;
  }

  /** What Zendesk answers to `tickets/show_many?include=groups`. */
  showMany(ids: number[]): {
    tickets: { id: number; subject: string }[];
    groups: { id: number; name: string }[];
  } {
    const groups = GROUPS.map((name, index) => ({ id: 70 + index, name }));
    return {
      groups,
      tickets: ids
        .filter((id) => id % 11 !== 0)
        .map((id) => ({ id, subject: SUBJECTS[id % SUBJECTS.length] ?? '' })),
    };
  }
}
