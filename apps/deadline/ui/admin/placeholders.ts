/** What an administrator may put between `{{` and `}}`; values are read when the text is shown. */
export const PLACEHOLDERS = [
  'ticket.id',
  'ticket.title',
  'ticket.link',
  'ticket.description',
  'ticket.comments_formatted',
  'ticket.priority',
  'ticket.status',
  'ticket.ticket_field_ID',
  'ticket.ticket_field_option_title_ID',
  'ticket.assignee.name',
  'ticket.assignee.email',
  'ticket.assignee.custom_fields.NAME',
  'ticket.assignee.group.name',
  'ticket.assignee.group.custom_fields.NAME',
  'ticket.requester.name',
  'ticket.requester.email',
  'ticket.requester.phone',
  'ticket.requester.details',
  'ticket.requester.custom_fields.NAME',
  'ticket.organization.name',
  'ticket.organization.custom_fields.NAME',
] as const;

const EXAMPLES: Record<string, string> = {
  'ticket.id': '4711',
  'ticket.title': 'Replacement has not arrived',
  'ticket.link': 'https://example.zendesk.com/agent/tickets/4711',
  'ticket.description': 'I ordered a replacement last week and have not heard anything since.',
  'ticket.priority': 'High',
  'ticket.status': 'Open',
  'ticket.assignee.name': 'Robin Vega',
  'ticket.assignee.email': 'robin@example.com',
  'ticket.assignee.group.name': 'Shipping',
  'ticket.requester.name': 'Kim Sato',
  'ticket.requester.email': 'kim@example.com',
  'ticket.requester.phone': '+1 555 0100',
  'ticket.organization.name': 'Sato Bikes',
};

/** The text with examples in its placeholders; as on the server, what is unknown renders as nothing. */
export function preview(text: string): string {
  return text.replace(/\{\{-?\s*([\w.]+)[^}]*\}\}/g, (_, name: string) => EXAMPLES[name] ?? '').trim();
}
