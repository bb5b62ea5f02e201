import type {
  Boot,
  Comment,
  CurrentUser,
  Installation,
  People,
  StatusCategory,
  Ticket,
  User,
} from '../../src/api/types';

const user = (id: number, name: string, role: User['role'], organization_id: number | null = null): User => ({
  id,
  name,
  role,
  email: `${name.toLowerCase().replace(/[^a-z]+/g, '.')}@${role === 'end-user' ? 'example' : 'acme'}.test`,
  organization_id,
  default_group_id: role === 'end-user' ? null : 21,
  iana_time_zone: 'Europe/Berlin',
  locale: 'en-US',
  tags: [],
});

export const users: User[] = [
  user(1, 'Ada Lindqvist', 'admin'),
  user(2, 'Ben Okafor', 'agent'),
  user(3, 'Chiara Conti', 'agent'),
  user(101, 'Dora Delgado', 'end-user', 301),
  user(102, 'Emil Evers', 'end-user', 301),
  user(103, 'Farah Faruqi', 'end-user'),
];
export const organizations = [
  { id: 301, name: 'Harbour Logistics', domain_names: ['example.test'], tags: [] },
];
const groups = [
  { id: 21, name: 'Support' },
  { id: 22, name: 'Billing' },
];

export const catalog = {
  ticket_fields: [
    { id: 1, type: 'subject', title: 'Subject', active: true, required: false },
    { id: 2, type: 'status', title: 'Status', active: true, required: true },
    { id: 3, type: 'tickettype', title: 'Type', active: true, required: false },
    { id: 4, type: 'priority', title: 'Priority', active: true, required: false },
    { id: 5, type: 'assignee', title: 'Assignee', active: true, required: false },
    {
      id: 401,
      type: 'tagger',
      title: 'Product',
      active: true,
      required: true,
      custom_field_options: [
        { id: 1, name: 'Web shop', value: 'web_shop' },
        { id: 2, name: 'Mobile app', value: 'mobile_app' },
        { id: 3, name: 'Invoices', value: 'invoices' },
      ],
    },
    { id: 402, type: 'text', title: 'Order number', active: true, required: false },
    { id: 403, type: 'date', title: 'Promised by', active: true, required: false },
    { id: 404, type: 'checkbox', title: 'Escalated', active: true, required: false },
    {
      id: 405,
      type: 'multiselect',
      title: 'Affected sites',
      active: true,
      required: false,
      custom_field_options: [
        { id: 4, name: 'Rotterdam', value: 'site_rotterdam' },
        { id: 5, name: 'Genoa', value: 'site_genoa' },
      ],
    },
  ],
  ticket_forms: [
    {
      id: 51,
      name: 'Standard',
      active: true,
      default: true,
      ticket_field_ids: [1, 2, 3, 4, 5, 401, 402, 403, 404, 405],
    },
  ],
  groups,
  group_memberships: [
    { id: 1, user_id: 1, group_id: 21 },
    { id: 2, user_id: 2, group_id: 21 },
    { id: 3, user_id: 3, group_id: 22 },
  ],
  brands: [{ id: 61, name: 'Acme', active: true, default: true, subdomain: 'acme' }],
  views: [
    { id: 501, title: 'Your unsolved tickets', active: true },
    { id: 502, title: 'All unsolved tickets', active: true },
    { id: 503, title: 'Recently solved tickets', active: true },
  ],
};

export const ticket = (id: number, status: StatusCategory, subject: string): Ticket => ({
  id,
  subject,
  status,
  priority: (['low', 'normal', 'high', 'urgent', null] as const)[id % 5] ?? null,
  type: (['question', 'incident', 'problem', null] as const)[id % 4] ?? null,
  requester_id: 101 + (id % 3),
  submitter_id: 101 + (id % 3),
  assignee_id: id % 4 === 0 ? null : 1 + (id % 2),
  group_id: 21,
  organization_id: id % 3 === 2 ? null : 301,
  brand_id: 61,
  ticket_form_id: 51,
  collaborator_ids: id % 5 === 0 ? [102] : [],
  tags: ['web_shop', ...(id % 2 ? ['vip'] : [])],
  custom_fields: [
    { id: 401, value: 'web_shop' },
    { id: 402, value: `A-${4000 + id}` },
    { id: 403, value: null },
    { id: 404, value: false },
    { id: 405, value: null },
  ],
  via: { channel: id % 2 ? 'email' : 'web' },
  created_at: '2026-11-18T09:12:00Z',
  updated_at: new Date(Date.parse('2026-11-20T08:00:00Z') + id * 61_000).toISOString(),
});

const SUBJECTS: [StatusCategory, string][] = [
  ['new', 'Delivery slot vanished from the basket'],
  ['open', 'Invoice 4711 shows the old address'],
  ['open', 'Cannot sign in after changing the phone'],
  ['pending', 'Two pallets arrived with a broken seal'],
  ['hold', 'Export to the customs broker stops at row 900'],
  ['open', 'Discount for schools is not applied'],
  ['solved', 'Where do I find last year’s statements?'],
  ['new', 'App closes when I scan a parcel'],
  ['pending', 'Please add a second contact for Genoa'],
  ['closed', 'Thank you for the quick help'],
];
export const tickets = (): Ticket[] =>
  Array.from({ length: 40 }, (_, at) => {
    const [status, subject] = SUBJECTS[at % SUBJECTS.length] ?? ['open', 'A question'];
    return ticket(at + 1, status, subject);
  });

export const comment = (
  id: number,
  author_id: number,
  html_body: string,
  isPublic: boolean,
  created_at: string,
): Comment => ({
  id,
  author_id,
  html_body,
  body: html_body.replace(/<[^>]+>/g, ''),
  public: isPublic,
  created_at,
  attachments: [],
  via: { channel: 'email' },
});

export const comments = (id: number): Comment[] => [
  comment(
    id * 10,
    101 + (id % 3),
    '<p>Hello,</p><p>since this morning the delivery slot I chose disappears as soon as I open the basket. I tried two browsers and my phone. Can you hold the slot on Thursday for us until this works?</p><p>Kind regards</p>',
    true,
    '2026-11-18T09:12:00Z',
  ),
  comment(
    id * 10 + 1,
    2,
    '<p>Seen with two other customers of the same depot. The slot service was restarted at 8:40.</p>',
    false,
    '2026-11-18T09:40:00Z',
  ),
  comment(
    id * 10 + 2,
    1,
    '<p>Thank you for telling us. I have put the Thursday slot aside for you:</p><ul><li>Thursday, 8 to 10</li><li>Gate 4</li></ul><p>I will write again once the basket keeps it.</p>',
    true,
    '2026-11-18T10:05:00Z',
  ),
];

export const people = (): People => ({
  account: { subdomain: 'acme', name: 'Acme' },
  people: users
    .filter(row => row.role !== 'end-user')
    .map(row => ({
      id: row.id,
      name: row.name,
      email: row.email ?? '',
      role: row.role,
      groups: ['Support'],
    })),
});

export const installations = (url: string): Installation[] => [
  {
    id: 71,
    app_id: 700,
    name: 'Demo',
    enabled: true,
    product: 'support',
    settings: { greeting: 'Hello' },
    version: '1.0.0',
    author_name: 'Test',
    // The app lives on another origin, as apps do.
    logo_url: `${url.replace('127.0.0.1', 'localhost')}/demo/logo.svg`,
    locations: (['ticket_sidebar', 'new_ticket_sidebar', 'nav_bar', 'top_bar', 'background'] as const).map(
      location => ({
        location,
        url: `${url.replace('127.0.0.1', 'localhost')}/demo/app.html?kept=1`,
        signed: location === 'background',
        auto_load: true,
        auto_hide: false,
        flexible: true,
        size: location === 'top_bar' ? { width: 360, height: 220 } : null,
        icon_url: null,
      }),
    ),
  },
];

export const boot = (me: User, url: string): Boot => ({
  account: {
    subdomain: 'acme',
    name: 'Acme',
    host_origin: url,
    plan_name: 'Suite Enterprise',
    time_zone: {
      name: 'Berlin',
      iana_name: 'Europe/Berlin',
      offset: 60,
      formatted_offset: 'GMT+01:00',
      translated_name: 'Berlin',
    },
  },
  user: { ...me, groups: [{ id: 21, name: 'Support' }], organizations: [] } satisfies CurrentUser,
  installations: installations(url),
  sdk_url: '/sandbox/sdk/zaf_sdk.min.js',
  save_hook_timeout_ms: 1500,
  color_scheme: 'light',
  api_log: false,
});
