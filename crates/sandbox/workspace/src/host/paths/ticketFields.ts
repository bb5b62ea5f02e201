import { fieldView, fieldViews, options } from '../../model/fields';
import type { TicketForm } from '../../model/ticket';
import { dig, Refused } from './entry';
import type { Entry, Scope } from './entry';

const formOf = ({ instance }: Scope): TicketForm => {
  if (!instance.ticket) throw new Refused(`is not available at ${instance.location}`, 'LocationError');
  return instance.ticket;
};

function field(scope: Scope, name: string) {
  const view = fieldView(formOf(scope), name);
  if (!view) throw new Refused('is not a field of this ticket');
  return view;
}

/** Hides, shows, enables or disables one choice of a field. */
function changeOption(scope: Scope, name: string, value: string, verb: string): void {
  const form = formOf(scope);
  field(scope, name);
  if (!(options(form, name) ?? []).some(option => option.value === value)) {
    throw new Refused('is not an option of this field');
  }
  const state = form.fieldState(name);
  if (verb === 'hide') state.hiddenOptions.add(value);
  if (verb === 'show') state.hiddenOptions.delete(value);
  if (verb === 'disable') state.disabledOptions.add(value);
  if (verb === 'enable') state.disabledOptions.delete(value);
  form.optionsChanged(name);
}

export const ticketFieldPaths: Entry[] = [
  { path: /^ticketFields$/, needs: 'ticket', get: scope => fieldViews(formOf(scope)) },
  {
    path: /^ticketFields:([^.:]+)(?:\.(.+))?$/,
    needs: 'ticket',
    get: (scope, [name = '', rest = '']) => dig(field(scope, name), rest),
  },
  {
    path: /^ticketFields:([^.:]+)\.(hide|show|toggle|enable|disable)$/,
    needs: 'ticket',
    invoke: (scope, [name = '', verb = '']) => {
      const form = formOf(scope);
      field(scope, name);
      const state = form.fieldState(name);
      if (verb === 'enable' || verb === 'disable') state.disabled = verb === 'disable';
      else state.hidden = verb === 'toggle' ? !state.hidden : verb === 'hide';
      form.changed();
    },
  },
  {
    path: /^ticketFields:([^.:]+)\.optionValues:(.+)\.(hide|show|enable|disable)$/,
    needs: 'ticket',
    invoke: (scope, [name = '', value = '', verb = '']) => changeOption(scope, name, value, verb),
  },
  {
    path: /^ticketFields:([^.:]+)\.(?:options|optionValues)\.(\d+)\.(hide|show|enable|disable)$/,
    needs: 'ticket',
    invoke: (scope, [name = '', at = '', verb = '']) => {
      const option = options(formOf(scope), name)?.[Number(at)];
      if (!option) throw new Refused('is not an option of this field');
      changeOption(scope, name, option.value, verb);
    },
  },
];
