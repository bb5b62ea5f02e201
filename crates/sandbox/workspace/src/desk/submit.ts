import { ApiError, call } from '../api/client';
import type { StatusCategory, Ticket } from '../api/types';
import { customFields } from '../model/fields';
import type { TicketForm } from '../model/ticket';
import { escapeHtml, plainText } from '../model/markup';
import type { Desk } from './desk';

/** Properties of a 422 answer whose names differ from those on the page. */
const FIELD_NAMES: Record<string, string> = {
  assignee: 'assignee_id',
  group: 'group_id',
  requester: 'requester_id',
  brand: 'brand_id',
  ticket_form: 'ticket_form_id',
};

/**
 * Submits a ticket page with a status: apps are asked first, then only what was changed is sent, guarded against
 * changes by others. `force` sends over the newest state after a conflict.
 */
export async function submit(
  desk: Desk,
  form: TicketForm,
  status: StatusCategory,
  force = false,
): Promise<void> {
  if (form.saving || form.saveLocks.size > 0) return;
  const before = form.value<StatusCategory>('status');
  form.saving = true;
  form.problems = [];
  form.fieldErrors = {};
  form.conflict = false;
  // Apps that are asked shall see the status that is about to be saved.
  form.set('status', status);
  const giveBack = () => {
    form.saving = false;
    if (form.value('status') === status) form.set('status', before);
    form.changed();
  };

  const blocked = await desk.host.askToSave(form, desk.boot.save_hook_timeout_ms);
  if (blocked.length > 0) {
    form.problems = blocked.map(({ app, message }) => `${app}: ${plainText(message)}`);
    for (const { app, message } of blocked) {
      const html = `<strong>${escapeHtml(app)}</strong> kept the ticket from being saved: ${message}`;
      desk.notify({ html, kind: 'error', ms: null });
    }
    giveBack();
    return;
  }

  desk.host.emitTicket(form, 'ticket.submit.start', {});
  try {
    if (force) form.record = (await call<{ ticket: Ticket }>('GET', path(form))).ticket;
    const body = { ticket: form.changes() };
    const { ticket } = form.isNew
      ? await call<{ ticket: Ticket }>('POST', '/api/v2/tickets', body)
      : await call<{ ticket: Ticket }>('PUT', path(form), body);
    desk.host.emitTicket(form, 'ticket.submit.done', {});
    desk.host.emitTicket(form, 'ticket.submit.always', {});
    for (const instance of desk.host.at('background')) {
      desk.host.emitAt(instance, 'ticket.saved', { ticketId: ticket.id });
    }
    form.saving = false;
    await saved(desk, form, ticket);
  } catch (error) {
    refused(form, error);
    giveBack();
    desk.host.emitTicket(form, 'ticket.submit.fail', { message: form.problems[0] ?? null });
    desk.host.emitTicket(form, 'ticket.submit.always', {});
  }
}

const path = (form: TicketForm) => `/api/v2/tickets/${form.record.id}`;

async function saved(desk: Desk, form: TicketForm, ticket: Ticket): Promise<void> {
  desk.lists.changed();
  if (form.isNew) {
    desk.closeTicket(form);
    desk.router.go(`/agent/tickets/${ticket.id}`);
    return;
  }
  form.receive(ticket, null, true);
  if (form.postSaveAction === 'close_tab') desk.closeTicket(form);
  // The comment that was just written comes with the conversation.
  else await desk.refresh(form).catch(() => undefined);
}

/** Refusals of the ticket as a whole (`base`) begin with the title of the custom field that they are about. */
function customFieldNamed(form: TicketForm, message: string): string | null {
  const field = customFields(form).find(row => message.startsWith(`${row.title}:`));
  return field ? `custom_field_${field.id}` : null;
}

function refused(form: TicketForm, error: unknown): void {
  if (error instanceof ApiError && error.status === 409) {
    form.conflict = true;
    return;
  }
  if (error instanceof ApiError && error.details.length > 0) {
    const known = new Set(['subject', 'status', 'priority', 'type', 'tags', ...Object.values(FIELD_NAMES)]);
    for (const { field, message } of error.details) {
      const name = FIELD_NAMES[field] ?? customFieldNamed(form, message) ?? field;
      if (known.has(name) || name.startsWith('custom_field_')) form.fieldErrors[name] = message;
      else form.problems.push(message);
    }
    if (form.problems.length === 0) form.problems = ['The ticket was not saved. See the marked fields.'];
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  form.problems = [`The ticket was not saved. ${message} What you typed is still here.`];
}
