import type { Id } from '../../api/types';
import { customFields, fieldIdOf, options } from '../../model/fields';
import { escapeHtml, markdownToHtml } from '../../model/markup';
import { channelOf, customStatus, isStatus } from '../../model/ticket';
import type { Prop, TicketForm } from '../../model/ticket';
import { dig, isRecord, Refused, text } from './entry';
import type { Entry, Scope } from './entry';
import { organizationView, personView } from './people';

const formOf = ({ instance }: Scope): TicketForm => {
  if (!instance.ticket) throw new Refused(`is not available at ${instance.location}`, 'LocationError');
  return instance.ticket;
};

/** A form that may be changed. */
const openForm = (scope: Scope): TicketForm => {
  const form = formOf(scope);
  if (form.closed) throw new Refused('cannot be changed: the ticket is closed');
  return form;
};

const person = (form: TicketForm, id: Id | null) => {
  const user = form.world.user(id);
  return user ? personView(form.world, user) : null;
};

function commentView(form: TicketForm) {
  const { text: html, type, attachments } = form.draft;
  return { text: html, type, useRichText: true, attachments };
}

/** The ticket as apps see it: what is on the page, not what was saved. */
function ticketView(form: TicketForm) {
  const { world, record } = form;
  const assignee = form.value<Id | null>('assignee_id');
  const brand = world.catalog.brands.find(row => row.id === form.value('brand_id'));
  return {
    id: form.isNew ? null : record.id,
    isNew: form.isNew,
    subject: form.value('subject'),
    description: record.description ?? form.comments[0]?.plain_body ?? null,
    status: form.value('status'),
    customStatus: customStatus(world, form.value<Id | null>('custom_status_id')),
    priority: form.value('priority'),
    type: form.value('type'),
    tags: form.value('tags'),
    assignee: { user: person(form, assignee), group: world.group(form.value<Id | null>('group_id')) },
    requester: person(form, form.value<Id | null>('requester_id')),
    organization: organizationView(world, form.value<Id | null>('organization_id')),
    collaborators: form.value<Id[]>('collaborator_ids').flatMap(id => {
      const user = world.user(id);
      return user ? [{ id, name: user.name, email: user.email, role: user.role }] : [];
    }),
    brand: brand ? { id: brand.id, name: brand.name, subdomain: brand.subdomain ?? null } : null,
    form: { id: form.value('ticket_form_id') },
    externalId: form.value('external_id'),
    recipient: record.recipient ?? null,
    sharedWith: [],
    viewers: [],
    via: record.via ?? { channel: 'web' },
    postSaveAction: form.postSaveAction,
    createdAt: record.created_at || null,
    updatedAt: record.updated_at || null,
    comment: commentView(form),
    comments: [...form.comments].reverse().map(comment => ({
      id: comment.id,
      author: person(form, comment.author_id) ?? { id: comment.author_id },
      value: comment.html_body,
      isPublic: comment.public,
      imageAttachments: (comment.attachments ?? []).filter(file => file.content_type.startsWith('image/')),
      nonImageAttachments: (comment.attachments ?? []).filter(
        file => !file.content_type.startsWith('image/'),
      ),
      via: comment.via ?? { channel: 'web' },
      createdAt: comment.created_at,
    })),
    conversation: form.comments.map(comment => {
      const author = world.user(comment.author_id);
      return {
        attachments: (comment.attachments ?? []).map(file => ({
          contentUrl: file.content_url,
          contentType: file.content_type,
          filename: file.file_name,
        })),
        author: {
          id: comment.author_id,
          avatar: author?.photo?.content_url ?? null,
          name: author?.name ?? '',
          role: author?.role ?? 'end-user',
        },
        channel: { name: comment.public ? (comment.via?.channel ?? 'web') : 'internal' },
        message: { content: comment.html_body, contentType: 'text/html' },
        timestamp: comment.created_at,
      };
    }),
  };
}

// --- setting ---------------------------------------------------------------------------------------------------

const oneOf = (value: unknown, allowed: readonly string[]): string => {
  if (typeof value === 'string' && allowed.includes(value)) return value;
  throw new Refused(`must be one of ${allowed.join(', ')}`);
};

const idIn = (value: unknown): Id => {
  const id = Number(isRecord(value) ? value.id : value);
  if (!Number.isInteger(id) || id <= 0) throw new Refused('needs an id');
  return id;
};

const words = (value: unknown): string[] => {
  const list = Array.isArray(value) ? value : [value];
  return [
    ...new Set(
      list.flatMap(item =>
        text(item)
          .toLowerCase()
          .split(/[\s,]+/),
      ),
    ),
  ].filter(Boolean);
};

async function setRequester(form: TicketForm, value: unknown): Promise<void> {
  const id = idIn(value);
  await form.world.ensureUsers([id]);
  const user = form.world.user(id);
  if (!user) throw new Refused('is not a known user');
  await form.world.ensureOrganizations([user.organization_id]);
  form.setAll({ requester_id: id, organization_id: user.organization_id ?? null });
}

async function setAssignee(form: TicketForm, value: unknown): Promise<void> {
  if (!isRecord(value)) throw new Refused('needs {userId, groupId}');
  const groupId = value.groupId == null ? null : idIn(value.groupId);
  const userId = value.userId == null ? null : idIn(value.userId);
  if (groupId !== null && !form.world.group(groupId)) throw new Refused('names a group that does not exist');
  if (userId === null) {
    form.setAll({ assignee_id: null, group_id: groupId });
    return;
  }
  await form.world.ensureUsers([userId]);
  const user = form.world.user(userId);
  if (!user || user.role === 'end-user') throw new Refused('names a user who is no agent');
  const groups = form.world.groupsOf(userId).map(group => group.id);
  if (groupId !== null && groups.length > 0 && !groups.includes(groupId)) {
    throw new Refused('names an agent who is not in that group');
  }
  form.setAll({ assignee_id: userId, group_id: groupId ?? user.default_group_id ?? groups[0] ?? null });
}

/** Checks a value against the type of a custom field, as the form would. */
function customValue(form: TicketForm, id: Id, value: unknown): unknown {
  const field = customFields(form).find(row => row.id === id);
  if (!field) throw new Refused('is not a field of this ticket');
  if (value === null || value === '') return field.type === 'checkbox' ? false : null;
  const choices = options(form, `custom_field_${id}`)?.map(option => option.value) ?? [];
  switch (field.type) {
    case 'tagger':
      return oneOf(value, choices);
    case 'multiselect':
      return (Array.isArray(value) ? value : [value]).map(item => oneOf(item, choices));
    case 'checkbox':
      if (value === true || value === 'true' || value === 'yes') return true;
      if (value === false || value === 'false' || value === 'no') return false;
      throw new Refused('must be true or false');
    case 'integer':
      if (!/^-?\d+$/.test(text(value))) throw new Refused('must be a whole number');
      return text(value);
    case 'decimal':
      if (!/^-?\d+(\.\d+)?$/.test(text(value))) throw new Refused('must be a number');
      return text(value);
    case 'date':
      if (!/^\d{4}-\d{2}-\d{2}/.test(text(value))) throw new Refused('must be a date (YYYY-MM-DD)');
      return text(value).slice(0, 10);
    default:
      return text(value);
  }
}

const setters: Record<string, (form: TicketForm, value: unknown) => unknown> = {
  subject: (form, value) => form.set('subject', text(value)),
  status: (form, value) => {
    if (!isStatus(value)) throw new Refused('must be one of new, open, pending, hold, solved');
    if (value === 'new' && form.saved('status') !== 'new' && !form.isNew) {
      throw new Refused('cannot be set to new again');
    }
    form.set('status', value);
  },
  customStatus: (form, value) => {
    const id = idIn(value);
    if (!customStatus(form.world, id)) throw new Refused('is not a known custom status');
    form.set('custom_status_id', id);
  },
  priority: (form, value) =>
    form.set(
      'priority',
      value == null || value === '-' ? null : oneOf(value, ['low', 'normal', 'high', 'urgent']),
    ),
  type: (form, value) =>
    form.set(
      'type',
      value == null || value === 'ticket' ? null : oneOf(value, ['question', 'incident', 'problem', 'task']),
    ),
  tags: (form, value) => form.set('tags', words(value)),
  assignee: setAssignee,
  requester: setRequester,
  brand: (form, value) => {
    const id = idIn(value);
    if (!form.world.catalog.brands.some(row => row.id === id)) throw new Refused('is not a known brand');
    form.set('brand_id', id);
  },
  'form.id': (form, value) => {
    const id = idIn(value);
    if (!form.world.catalog.forms.some(row => row.id === id)) throw new Refused('is not a known form');
    form.set('ticket_form_id', id);
  },
  organization: (form, value) => form.set('organization_id', value == null ? null : idIn(value)),
  externalId: (form, value) => form.set('external_id', value == null ? null : text(value)),
  postSaveAction: (form, value) => {
    form.postSaveAction = oneOf(value, ['stay_on_ticket', 'close_tab']) as TicketForm['postSaveAction'];
    form.changed();
  },
};

const tagsWith = (form: TicketForm, verb: string, given: string[]): string[] => {
  const tags = form.value<string[]>('tags');
  return verb === 'add' ? [...new Set([...tags, ...given])] : tags.filter(tag => !given.includes(tag));
};

/** The people that e-mail addresses or ids stand for, among those the desk knows. */
const knownIds = (form: TicketForm, args: unknown[]): Id[] =>
  args.flat().map(item => {
    const known = [...form.world.users.values()].find(
      user => user.email === item || user.id === Number(isRecord(item) ? item.id : item),
    );
    if (!known) throw new Refused(`does not know ${String(item)}`);
    return known.id;
  });

const append = (form: TicketForm, html: string) => form.setDraft({ text: form.draft.text + html });

const EDITOR_COMMANDS: Record<string, string> = {
  bold: 'bold',
  italic: 'italic',
  underline: 'underline',
  strikethrough: 'strikeThrough',
  bulletedList: 'insertUnorderedList',
  numberedList: 'insertOrderedList',
  indent: 'indent',
  outdent: 'outdent',
  quote: 'formatBlock',
  codeBlock: 'formatBlock',
};

function editor(form: TicketForm, verb: string, args: unknown[]): void {
  const [first, second] = args;
  const insert = (html: string) => {
    if (form.editor) form.editor.exec('insertHTML', html);
    else append(form, html);
  };
  if (verb === 'insert') insert(text(first));
  else if (verb === 'hyperlink') {
    insert(`<a href="${escapeHtml(text(first))}">${escapeHtml(text(second ?? first))}</a>`);
  } else if (verb === 'inlineImage') insert(`<img src="${escapeHtml(text(first))}" alt="">`);
  else {
    const command = EDITOR_COMMANDS[verb];
    if (!command) throw new Refused('is not a known path', 'PathError');
    if (!form.editor) throw new Refused('needs the composer, which is not open');
    form.editor.exec(command, verb === 'quote' ? 'blockquote' : verb === 'codeBlock' ? 'pre' : undefined);
  }
}

export const ticketPaths: Entry[] = [
  { path: /^(?:ticket\.)?channel$/, needs: 'ticket', get: scope => channelOf(formOf(scope).draft.type) },
  {
    path: /^ticket\.customField:(custom_field_\d+)$/,
    needs: 'ticket',
    get: (scope, [name = '']) => {
      const form = formOf(scope);
      if (!customFields(form).some(field => `custom_field_${field.id}` === name)) {
        throw new Refused('is not a field of this ticket');
      }
      return form.value(name as Prop);
    },
    set: (scope, [name = ''], value) => {
      const form = openForm(scope);
      form.set(name as Prop, customValue(form, fieldIdOf(name) ?? 0, value));
    },
  },
  {
    path: /^(?:ticket\.)?comment(?:\.(text|type|useRichText|attachments))?$/,
    needs: 'ticket',
    get: (scope, [rest = '']) => dig(commentView(formOf(scope)), rest),
    set: (scope, [rest = ''], value) => {
      const form = openForm(scope);
      if (rest === 'text') form.setDraft({ text: text(value) });
      else if (rest === 'type') {
        form.setDraft({ type: oneOf(value, ['publicReply', 'internalNote']) as 'publicReply' });
      } else throw new Refused('cannot be set');
    },
  },
  {
    path: /^(?:ticket\.)?comment\.append(Text|Html|Markdown)$/,
    needs: 'ticket',
    invoke: (scope, [kind], [value]) => {
      const given = text(value);
      const html =
        kind === 'Html'
          ? given
          : kind === 'Markdown'
            ? markdownToHtml(given)
            : escapeHtml(given).replace(/\n/g, '<br>');
      append(openForm(scope), html);
    },
  },
  {
    path: /^ticket(?:\.(.+))?$/,
    needs: 'ticket',
    get: (scope, [rest = '']) => dig(ticketView(formOf(scope)), rest),
    set: async (scope, [name = ''], value) => {
      const set = setters[name];
      if (!set) throw new Refused('cannot be set');
      await set(openForm(scope), value);
    },
  },
  {
    path: /^ticket\.tags\.(add|remove)$/,
    needs: 'ticket',
    invoke: (scope, [verb = ''], args) => {
      const form = openForm(scope);
      form.set('tags', tagsWith(form, verb, words(args.flat())));
    },
  },
  {
    path: /^ticket\.collaborators\.(add|remove)$/,
    needs: 'ticket',
    invoke: (scope, [verb], args) => {
      const form = openForm(scope);
      const given = knownIds(form, args);
      const ids = form.value<Id[]>('collaborator_ids');
      form.set(
        'collaborator_ids',
        verb === 'add' ? [...new Set([...ids, ...given])] : ids.filter(id => !given.includes(id)),
      );
    },
  },
  {
    path: /^ticket\.sendMessage$/,
    needs: 'ticket',
    invoke: (_scope, _, [message]) => {
      const channel = isRecord(message) ? String(message.channel) : '';
      // The tickets of this account come by e-mail and web form: a message there is a comment, sent by Submit.
      throw new Refused(`cannot send: the ticket has no messaging channel "${channel}"`);
    },
  },
  {
    path: /^(enable|disable)Save$/,
    needs: 'ticket',
    invoke: (scope, [verb]) => {
      const form = formOf(scope);
      if (verb === 'disable') form.saveLocks.add(scope.instance.guid);
      else form.saveLocks.delete(scope.instance.guid);
      form.changed();
    },
  },
  {
    path: /^ticket\.editor\.([a-zA-Z]+)$/,
    needs: 'ticket',
    invoke: (scope, [verb = ''], args) => editor(openForm(scope), verb, args),
  },
];
