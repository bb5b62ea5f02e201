import type { FieldOption, StatusCategory, TicketField } from '../api/types';
import type { Prop, TicketForm } from './ticket';

/** A field of the ticket form as apps see it (`ticketFields`). */
export interface FieldView {
  name: string;
  label: string;
  type: string;
  description: string;
  isEnabled: boolean;
  isVisible: boolean;
  isRequired: boolean;
  requiredOnStatuses: string[];
  optionValues?: OptionView[];
  optionGroups?: { label: string; optionValues: OptionView[] }[];
}

export interface OptionView {
  label: string;
  value: string;
  isEnabled: boolean;
  isVisible: boolean;
}

/** What apps did to a field of one ticket page. */
export class FieldState {
  hidden = false;
  disabled = false;
  readonly hiddenOptions = new Set<string>();
  readonly disabledOptions = new Set<string>();
}

/** System fields in the order of the page, by the names that apps use. */
const SYSTEM = [
  'brand',
  'form',
  'requester',
  'assignee',
  'collaborator',
  'subject',
  'status',
  'tags',
  'type',
  'priority',
] as const;

const LABELS: Record<string, string> = {
  brand: 'Brand',
  form: 'Form',
  requester: 'Requester',
  assignee: 'Assignee',
  collaborator: 'CCs',
  subject: 'Subject',
  status: 'Status',
  tags: 'Tags',
  type: 'Type',
  priority: 'Priority',
};

/** Ticket field types (REST) of the system fields, where they differ from the names that apps use. */
const REST_TYPES: Record<string, string> = { type: 'tickettype', form: 'ticket_form', collaborator: 'cc' };

export const STATUSES: StatusCategory[] = ['new', 'open', 'pending', 'hold', 'solved'];
export const STATUS_LABELS: Record<string, string> = {
  new: 'New',
  open: 'Open',
  pending: 'Pending',
  hold: 'On-hold',
  solved: 'Solved',
  closed: 'Closed',
};

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const named = (values: readonly string[]): FieldOption[] =>
  values.map(value => ({ value, name: STATUS_LABELS[value] ?? capital(value) }));

const SYSTEM_OPTIONS: Record<string, FieldOption[]> = {
  status: named(STATUSES),
  type: named(['question', 'incident', 'problem', 'task']),
  priority: named(['low', 'normal', 'high', 'urgent']),
};

export const isSystem = (name: string): boolean => (SYSTEM as readonly string[]).includes(name);
export const fieldIdOf = (name: string): number | null => {
  const match = /^custom_field_(\d+)$/.exec(name);
  return match ? Number(match[1]) : null;
};

const systemField = (form: TicketForm, name: string): TicketField | undefined =>
  form.world.catalog.fields.find(field => field.type === (REST_TYPES[name] ?? name));

const customTypes = (fields: TicketField[]) =>
  fields.filter(
    field =>
      ![
        'subject',
        'description',
        'status',
        'custom_status',
        'tickettype',
        'priority',
        'group',
        'assignee',
      ].includes(field.type),
  );

/** Custom fields of the ticket's form, in the form's order; without forms every active custom field. */
export function customFields(form: TicketForm): TicketField[] {
  const fields = customTypes(form.world.catalog.fields);
  const definition = form.definition;
  if (!definition) return fields;
  return definition.ticket_field_ids.flatMap(id => fields.find(field => field.id === id) ?? []);
}

/** Whether the form's conditions let a field appear: one that no condition names always does. */
function conditionsAllow(form: TicketForm, id: number, depth = 0): boolean {
  const conditions = (form.definition?.agent_conditions ?? []).filter(condition =>
    condition.child_fields.some(child => child.id === id),
  );
  if (conditions.length === 0 || depth > 10) return true;
  return conditions.some(condition => {
    const parent = form.world.catalog.fields.find(field => field.id === condition.parent_field_id);
    const value = form.value(propOfField(parent?.type ?? '', condition.parent_field_id));
    const matches = Array.isArray(value) ? value.includes(condition.value) : value === condition.value;
    return matches && conditionsAllow(form, condition.parent_field_id, depth + 1);
  });
}

const propOfField = (type: string, id: number): Prop => {
  if (type === 'tickettype') return 'type';
  if (type === 'priority' || type === 'status') return type;
  return `custom_field_${id}`;
};

export function options(form: TicketForm, name: string): FieldOption[] | null {
  const id = fieldIdOf(name);
  if (id === null) {
    if (name === 'brand') return form.world.catalog.brands.map(b => ({ name: b.name, value: String(b.id) }));
    if (name === 'form') return form.world.catalog.forms.map(f => ({ name: f.name, value: String(f.id) }));
    return SYSTEM_OPTIONS[name] ?? null;
  }
  const field = form.world.catalog.fields.find(row => row.id === id);
  return field && ['tagger', 'multiselect'].includes(field.type) ? (field.custom_field_options ?? []) : null;
}

/** One field, or null when the ticket's form has none of this name. */
export function fieldView(form: TicketForm, name: string): FieldView | null {
  const id = fieldIdOf(name);
  if (id === null && !isSystem(name)) return null;
  const field = id === null ? systemField(form, name) : customFields(form).find(row => row.id === id);
  if (id !== null && !field) return null;
  const state = form.fieldState(name);
  const choices = options(form, name)?.map(option => ({
    label: option.name,
    value: option.value,
    isEnabled: !state.disabledOptions.has(option.value),
    isVisible: !state.hiddenOptions.has(option.value),
  }));
  const required = requiredOn(form, field);
  return {
    name,
    label: field?.title ?? LABELS[name] ?? name,
    type: field?.type ?? name,
    description: field?.description ?? '',
    isEnabled: !state.disabled,
    isVisible: !state.hidden && (id === null || conditionsAllow(form, id)),
    isRequired: required.length > 0,
    requiredOnStatuses: required,
    ...(choices ? { optionValues: choices, optionGroups: [{ label: '', optionValues: choices }] } : {}),
  };
}

/** Statuses at which an agent must have filled the field. */
function requiredOn(form: TicketForm, field: TicketField | undefined): string[] {
  if (!field) return [];
  const rules = (form.definition?.agent_conditions ?? [])
    .flatMap(condition => condition.child_fields)
    .filter(child => child.id === field.id)
    .map(child => child.required_on_statuses);
  for (const rule of rules) {
    if (rule?.type === 'ALL_STATUSES') return [...STATUSES];
    if (rule?.type === 'SOME_STATUSES') return rule.statuses ?? [];
  }
  // A field marked as required must be filled before a ticket can be solved.
  return field.required && !isSystem(field.type) ? ['solved'] : [];
}

/** Every field of the ticket's form. */
export function fieldViews(form: TicketForm): FieldView[] {
  const names = [...SYSTEM, ...customFields(form).map(field => `custom_field_${field.id}`)];
  return names.flatMap(name => fieldView(form, name) ?? []);
}

/** Compares two values of a property by what they say. */
export function sameValue(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (value === '' || value === undefined ? null : value);
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}
