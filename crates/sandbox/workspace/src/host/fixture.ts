import type { Boot, Installation, Ticket } from '../api/types';
import { TicketForm } from '../model/ticket';
import { emptyCatalog, World } from '../model/world';
import type { DeskPort, Notice } from './desk';
import type { Instance } from './instance';
import { Host } from './registry';

/** Test data: an account with one app, one ticket, and apps whose windows record what they are told. */
export const installation = (over: Partial<Installation> = {}): Installation => ({
  id: 7,
  app_id: 70,
  name: 'Demo',
  enabled: true,
  product: 'support',
  settings: { color: 'green' },
  version: '1.2.3',
  logo_url: 'http://127.0.0.1:4000/sandbox/apps/70/assets/logo.png',
  locations: [
    {
      location: 'ticket_sidebar',
      url: '/x',
      signed: false,
      auto_load: true,
      auto_hide: false,
      flexible: true,
    },
  ],
  ...over,
});

export const boot = (): Boot => ({
  account: {
    subdomain: 'acme',
    name: 'Acme',
    host_origin: 'http://127.0.0.1:4000',
    plan_name: 'Suite Enterprise',
    time_zone: {
      name: 'Berlin',
      iana_name: 'Europe/Berlin',
      offset: 60,
      formatted_offset: 'GMT+01:00',
      translated_name: 'Berlin',
    },
  },
  user: {
    id: 1,
    name: 'Ada Admin',
    email: 'admin@acme.test',
    role: 'admin',
    iana_time_zone: 'Asia/Tokyo',
    groups: [{ id: 11, name: 'Support' }],
    organizations: [],
    user_fields: { team: 'blue' },
  },
  installations: [installation()],
  sdk_url: '/sandbox/sdk/zaf_sdk.min.js',
  save_hook_timeout_ms: 1000,
  color_scheme: null,
  api_log: false,
});

export const ticket = (over: Partial<Ticket> = {}): Ticket => ({
  id: 12,
  subject: 'Printer on fire',
  status: 'open',
  priority: 'normal',
  type: 'incident',
  requester_id: 2,
  assignee_id: 1,
  group_id: 11,
  organization_id: null,
  tags: ['printer'],
  custom_fields: [{ id: 900, value: 'eu' }],
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-02T00:00:00Z',
  ...over,
});

export function world(): World {
  const made = new World({
    ...emptyCatalog,
    groups: [
      { id: 11, name: 'Support' },
      { id: 12, name: 'Billing' },
    ],
    memberships: [{ user_id: 1, group_id: 11 }],
    fields: [
      { id: 1, type: 'subject', title: 'Subject', active: true, required: false },
      {
        id: 900,
        type: 'tagger',
        title: 'Region',
        active: true,
        required: true,
        custom_field_options: [
          { name: 'Europe', value: 'eu' },
          { name: 'America', value: 'us' },
        ],
      },
      { id: 901, type: 'checkbox', title: 'VIP', active: true, required: false },
    ],
    forms: [{ id: 5, name: 'Default', active: true, default: true, ticket_field_ids: [1, 900, 901] }],
    statuses: [
      { id: 31, status_category: 'open', agent_label: 'Open', active: true, default: true },
      { id: 32, status_category: 'pending', agent_label: 'Pending', active: true, default: true },
      { id: 33, status_category: 'pending', agent_label: 'Waiting for parts', active: true, default: false },
    ],
  });
  made.learn([
    { id: 1, name: 'Ada Admin', email: 'admin@acme.test', role: 'admin', default_group_id: 11 },
    { id: 2, name: 'Cora Customer', email: 'cora@example.test', role: 'end-user' },
  ]);
  return made;
}

export interface Bench {
  host: Host;
  form: TicketForm;
  notices: Notice[];
  routes: unknown[][];
  /** Opens an app: an instance and what its window was told, parsed. */
  open(location?: Instance['location'], app?: Installation): App;
}

export interface App {
  instance: Instance;
  told: Record<string, unknown>[];
  /** The app says something. */
  says(message: unknown, instanceGuid?: string): void;
  handshake(): void;
  on(event: string, instanceGuid?: string): void;
  /** Asks with get, set or invoke and yields `result`. */
  ask(
    request: 'get' | 'set' | 'invoke',
    params: unknown,
    instanceGuid?: string,
  ): Promise<Record<string, unknown>>;
}

export function bench(): Bench {
  const notices: Notice[] = [];
  const routes: unknown[][] = [];
  let tray = true;
  const desk: DeskPort = {
    boot: boot(),
    world: world(),
    colorScheme: () => 'dark',
    notify: notice => notices.push(notice),
    routeTo: (place, args) => {
      routes.push([place, ...args]);
      return place !== 'nowhere';
    },
    appsTray: { visible: () => tray, show: visible => (tray = visible) },
  };
  let count = 0;
  const host = new Host(desk, () => `guid-${(count += 1)}`);
  const form = TicketForm.existing(desk.world, ticket({ ticket_form_id: 5, custom_status_id: 31 }));
  const open = (location: Instance['location'] = 'ticket_sidebar', app = installation()): App => {
    const onTicket = location === 'ticket_sidebar' || location === 'new_ticket_sidebar';
    const instance = host.create(app, location, onTicket ? { ticket: form } : {});
    const told: Record<string, unknown>[] = [];
    const window = { postMessage: (text: string) => void told.push(JSON.parse(text)) };
    instance.attach(window);
    let id = 0;
    const says = (message: unknown, instanceGuid = instance.guid) => {
      const full = { ...(message as object), appGuid: instance.guid, instanceGuid };
      host.onMessage({ source: window, origin: 'http://app.test', data: JSON.stringify(full) });
    };
    return {
      instance,
      told,
      says,
      handshake: () => says({ key: 'iframe.handshake', message: { version: '2.0.9' } }),
      on: (event, guid) => says({ key: `iframe.on:${event}`, message: { subscriberCount: 1 } }, guid),
      ask: async (request, params, guid) => {
        id += 1;
        const mine = id;
        says({ id: mine, request, params }, guid);
        const answered = () => told.find(message => message.id === mine);
        for (let turn = 0; turn < 200 && !answered(); turn += 1) await Promise.resolve();
        return answered()?.result as Record<string, unknown>;
      },
    };
  };
  return { host, form, notices, routes, open };
}
