import type { Comment, Id, StatusCategory, Ticket, TicketForm as FormDefinition } from '../api/types';
import { FieldState, fieldIdOf, sameValue } from './fields';
import { Observable } from './observable';
import type { World } from './world';

/** The properties of a ticket that a page can change. */
export type Prop =
  | 'subject'
  | 'status'
  | 'custom_status_id'
  | 'priority'
  | 'type'
  | 'assignee_id'
  | 'group_id'
  | 'requester_id'
  | 'organization_id'
  | 'brand_id'
  | 'ticket_form_id'
  | 'external_id'
  | 'collaborator_ids'
  | 'tags'
  | `custom_field_${number}`;

const PROPS: Prop[] = [
  'subject',
  'status',
  'custom_status_id',
  'priority',
  'type',
  'assignee_id',
  'group_id',
  'requester_id',
  'organization_id',
  'brand_id',
  'ticket_form_id',
  'external_id',
  'collaborator_ids',
  'tags',
];

export type CommentType = 'publicReply' | 'internalNote';

export interface CommentDraft {
  /** HTML of the composer; empty when nothing was typed. */
  text: string;
  type: CommentType;
  attachments: { filename: string; token: string; contentUrl: string; contentType: string }[];
}

/** The composer as apps command it. */
export interface Editor {
  /** Runs a formatting command (`bold`, `insertHTML`, …) at the cursor. */
  exec(command: string, argument?: string): void;
}

/** A change on the page, named as apps name it: `ticket.subject`, `comment.text`, … */
export interface FormChange {
  name: string;
  value: unknown;
}

const blank = (guid: string, submitter: Id): Ticket & { guid: string } => ({
  guid,
  id: 0,
  subject: '',
  status: 'open',
  priority: null,
  type: null,
  requester_id: 0,
  submitter_id: submitter,
  assignee_id: null,
  group_id: null,
  organization_id: null,
  tags: [],
  custom_fields: [],
  created_at: '',
  updated_at: '',
});

/**
 * A ticket on the desk: what the server last said, what was typed over it, and what apps did to its fields.
 * Values live in `record` (server) and `edits` (touched here); `value()` is what the page shows.
 */
export class TicketForm extends Observable {
  record: Ticket;
  comments: Comment[] = [];
  draft: CommentDraft = { text: '', type: 'publicReply', attachments: [] };
  saving = false;
  /** Messages beside fields, from the last refused save. */
  fieldErrors: Record<string, string> = {};
  /** Messages of the last refused save that belong to no field. */
  problems: string[] = [];
  /** The last save was refused because somebody else had changed the ticket. */
  conflict = false;
  /** What somebody else set a property to after it had been touched here. */
  readonly overtaken = new Map<Prop, unknown>();
  /** What the page does after a save: stay, or close the tab. */
  postSaveAction: 'stay_on_ticket' | 'close_tab' = 'stay_on_ticket';
  /** The composer on the page, while it is there. */
  editor: Editor | null = null;
  /** Apps (instance guids) that hold the Submit button. */
  readonly saveLocks = new Set<string>();

  readonly #edits = new Map<Prop, unknown>();
  readonly #fields = new Map<string, FieldState>();
  readonly #listeners = new Set<(change: FormChange) => void>();

  private constructor(
    readonly world: World,
    record: Ticket,
    /** Identifies a ticket that is not saved yet. */
    readonly newGuid: string | null,
  ) {
    super();
    this.record = record;
  }

  static existing(world: World, record: Ticket): TicketForm {
    return new TicketForm(world, record, null);
  }

  static blank(world: World, guid: string, submitter: Id): TicketForm {
    const form = new TicketForm(world, blank(guid, submitter), guid);
    const { forms, brands } = world.catalog;
    form.record.ticket_form_id = (forms.find(row => row.default) ?? forms[0])?.id ?? null;
    form.record.brand_id = (brands.find(row => row.default) ?? brands[0])?.id ?? null;
    return form;
  }

  get isNew(): boolean {
    return this.newGuid !== null;
  }

  get closed(): boolean {
    return this.record.status === 'closed';
  }

  get definition(): FormDefinition | undefined {
    return this.world.catalog.forms.find(form => form.id === this.value('ticket_form_id'));
  }

  onChange(listener: (change: FormChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // --- values -----------------------------------------------------------------------------------------------

  saved(prop: Prop): unknown {
    const field = fieldIdOf(prop);
    if (field !== null) return this.record.custom_fields.find(row => row.id === field)?.value ?? null;
    if (prop === 'collaborator_ids') return this.record.collaborator_ids ?? [];
    return this.record[prop as keyof Ticket] ?? null;
  }

  value<T = unknown>(prop: Prop): T {
    return (this.#edits.has(prop) ? this.#edits.get(prop) : this.saved(prop)) as T;
  }

  touched(prop: Prop): boolean {
    return this.#edits.has(prop);
  }

  get dirty(): boolean {
    return this.#edits.size > 0 || this.hasComment;
  }

  get hasComment(): boolean {
    return this.draft.attachments.length > 0 || !isBlankHtml(this.draft.text);
  }

  set(prop: Prop, value: unknown): void {
    this.setAll({ [prop]: value });
  }

  /** Sets several properties at once, so that watchers and apps see one consistent state. */
  setAll(wanted: Partial<Record<Prop, unknown>>): void {
    const values = Object.fromEntries(
      (Object.entries(wanted) as [Prop, unknown][]).filter(
        ([prop, value]) => !sameValue(value, this.value(prop)),
      ),
    );
    // Saying what is so already is no change: inputs may repeat themselves for every time they are drawn.
    if (Object.keys(values).length === 0) return;
    const before = this.#snapshot();
    for (const [prop, value] of Object.entries(values) as [Prop, unknown][]) this.#put(prop, value);
    // A refusal speaks of the value that was sent.
    this.fieldErrors = Object.fromEntries(
      Object.entries(this.fieldErrors).filter(([prop]) => !(prop in values)),
    );
    this.#announce(before);
    this.changed();
  }

  #put(prop: Prop, value: unknown): void {
    const statuses = this.world.catalog.statuses;
    if (sameValue(value, this.saved(prop))) this.#edits.delete(prop);
    else this.#edits.set(prop, value);
    // A status stands for its category's default custom status, a custom status for its category.
    if (prop === 'status') {
      const standard = statuses.find(row => row.status_category === value && row.default);
      if (standard) this.#edits.set('custom_status_id', standard.id);
    }
    if (prop === 'custom_status_id') {
      const category = statuses.find(row => row.id === value)?.status_category;
      if (category && category !== this.saved('status')) this.#edits.set('status', category);
      else this.#edits.delete('status');
    }
    if (prop === 'custom_status_id' || prop === 'status') {
      if (sameValue(this.#edits.get('custom_status_id'), this.saved('custom_status_id'))) {
        this.#edits.delete('custom_status_id');
      }
    }
  }

  /** Drops what was typed over a property. */
  revert(prop: Prop): void {
    this.overtaken.delete(prop);
    this.set(prop, this.saved(prop));
    this.changed();
  }

  setDraft(part: Partial<CommentDraft>): void {
    const before = this.draft;
    this.draft = { ...before, ...part };
    if (before.text !== this.draft.text) this.#tell('comment.text', this.draft.text);
    if (before.type !== this.draft.type) {
      this.#tell('comment.type', this.draft.type);
      this.#tell('channel', channelOf(this.draft.type));
    }
    if (before.attachments !== this.draft.attachments) {
      this.#tell('comment.attachments', this.draft.attachments);
    }
    this.changed();
  }

  // --- what apps did to fields --------------------------------------------------------------------------------

  fieldState(name: string): FieldState {
    let state = this.#fields.get(name);
    if (!state) {
      state = new FieldState();
      this.#fields.set(name, state);
    }
    return state;
  }

  /** Tells apps that the choices of a field are not what they were. */
  optionsChanged(name: string): void {
    this.#tell(`ticketFields.${name}.optionValues`, null);
    this.changed();
  }

  // --- server -------------------------------------------------------------------------------------------------

  /**
   * Takes a newer state of the ticket. Untouched properties follow; touched ones keep what was typed and are
   * listed in `overtaken` when somebody else changed them. After a save of one's own nothing is touched.
   */
  receive(record: Ticket, comments: Comment[] | null, ownSave = false): void {
    const before = this.#snapshot();
    const previous = new Map([...this.#edits.keys()].map(prop => [prop, this.saved(prop)]));
    this.record = record;
    if (ownSave) {
      this.#edits.clear();
      this.overtaken.clear();
      this.draft = { text: '', type: this.draft.type, attachments: [] };
      this.fieldErrors = {};
      this.problems = [];
      this.conflict = false;
    } else {
      for (const [prop, old] of previous) {
        const theirs = this.saved(prop);
        if (sameValue(theirs, this.#edits.get(prop))) {
          this.#edits.delete(prop);
          this.overtaken.delete(prop);
        } else if (!sameValue(old, theirs)) {
          this.overtaken.set(prop, theirs);
        }
      }
    }
    this.#announce(before);
    if (comments && comments.length !== this.comments.length) {
      this.comments = comments;
      this.#tell('ticket.comments', comments.length);
      this.#tell('ticket.conversation', comments.length);
    }
    this.changed();
  }

  /** The body of the update: changed properties only, guarded against changes by others in between. */
  changes(): Record<string, unknown> {
    const body: Record<string, unknown> = {};
    const custom: { id: Id; value: unknown }[] = [];
    for (const [prop, value] of this.#edits) {
      const field = fieldIdOf(prop);
      if (field !== null) custom.push({ id: field, value });
      else body[prop] = value;
    }
    if (custom.length > 0) body.custom_fields = custom;
    if (this.hasComment) {
      body.comment = {
        html_body: this.draft.text,
        public: this.draft.type === 'publicReply',
        ...(this.draft.attachments.length > 0 ? { uploads: this.draft.attachments.map(a => a.token) } : {}),
      };
    }
    if (!this.isNew) {
      body.safe_update = true;
      body.updated_stamp = this.record.updated_at;
    }
    return body;
  }

  // --- events -------------------------------------------------------------------------------------------------

  #tell(name: string, value: unknown): void {
    for (const listener of this.#listeners) listener({ name, value });
  }

  #snapshot(): Map<Prop, unknown> {
    const custom = [
      ...this.world.catalog.fields.map(field => field.id),
      ...this.record.custom_fields.map(field => field.id),
    ].map(id => `custom_field_${id}` as const);
    return new Map([...PROPS, ...new Set(custom)].map(prop => [prop, this.value(prop)]));
  }

  #announce(before: Map<Prop, unknown>): void {
    const now = this.#snapshot();
    for (const [prop, value] of now) {
      if (sameValue(before.get(prop), value)) continue;
      for (const [name, data] of this.#named(prop, value)) this.#tell(name, data);
    }
  }

  /** The names under which apps know a changed property. */
  #named(prop: Prop, value: unknown): [string, unknown][] {
    const { world } = this;
    const person = (root: string): [string, unknown][] => {
      const user = world.user(value as Id | null);
      return [
        [`${root}.id`, value],
        [`${root}.name`, user?.name ?? null],
        [`${root}.email`, user?.email ?? null],
      ];
    };
    switch (prop) {
      case 'status':
        return [
          ['ticket.status', value],
          ['ticket.statusCategory', value],
        ];
      case 'custom_status_id':
        return [['ticket.customStatus', customStatus(world, value as Id | null)]];
      case 'assignee_id':
        return [...person('ticket.assignee.user'), ['ticket.assignee', value]];
      case 'group_id':
        return [
          ['ticket.assignee.group.id', value],
          ['ticket.assignee.group.name', world.group(value as Id | null)?.name ?? null],
        ];
      case 'requester_id':
        return [...person('ticket.requester'), ['ticket.requester', value]];
      case 'organization_id':
        return [['ticket.organization', value]];
      case 'brand_id':
        return [['ticket.brand', world.catalog.brands.find(brand => brand.id === value) ?? null]];
      case 'ticket_form_id':
        return [['ticket.form.id', value]];
      case 'external_id':
        return [['ticket.externalId', value]];
      case 'collaborator_ids':
        return [['ticket.collaborators', (value as Id[]).map(id => world.user(id)?.email ?? null)]];
      default:
        return [[`ticket.${prop}`, value]];
    }
  }
}

export function customStatus(world: World, id: Id | null) {
  const row = world.catalog.statuses.find(status => status.id === id);
  return row ? { id: row.id, agentLabel: row.agent_label, statusCategory: row.status_category } : null;
}

/** Where a comment of this type goes. */
export const channelOf = (type: CommentType) => ({ name: type === 'publicReply' ? 'email' : 'internal' });

/** Whether HTML from the composer shows nothing. */
export function isBlankHtml(html: string): boolean {
  return html.replace(/<(?!img\b)[^>]*>/gi, '').replace(/&nbsp;|\s/g, '') === '';
}

export const isStatus = (value: unknown): value is StatusCategory =>
  typeof value === 'string' && ['new', 'open', 'pending', 'hold', 'solved'].includes(value);
