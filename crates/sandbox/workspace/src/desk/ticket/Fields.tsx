import styled from 'styled-components';
import type { Id } from '../../api/types';
import { customFields, fieldIdOf, fieldView } from '../../model/fields';
import type { FieldView } from '../../model/fields';
import type { Prop, TicketForm } from '../../model/ticket';
import { Choice } from '../fields/Choice';
import { CustomField } from '../fields/CustomField';
import { AssigneeField, RequesterField } from '../fields/People';
import { TagsField } from '../fields/Tags';
import type { FieldProps } from '../fields/Frame';
import { Face, subtle } from '../ui';

const Stack = styled.div`
  display: grid;
  gap: 16px;
`;
const Label = styled.div`
  margin-bottom: 4px;
  font-weight: 600;
`;
const People = styled.ul`
  display: grid;
  gap: 4px;
  padding: 0;
  list-style: none;
  li {
    display: flex;
    align-items: center;
    gap: 8px;
  }
`;
const None = styled.span`
  ${subtle}
`;

const PRIORITY_AND_TYPE = ['type', 'priority'] as const;

/** The left column: what the ticket is, who has it, and the account's own fields. */
export function Fields({ form }: { form: TicketForm }) {
  const { catalog } = form.world;
  const organization = form.world.organizations.get(form.value<Id>('organization_id'));
  const custom = customFields(form).map(field => `custom_field_${field.id}` as const);
  return (
    <Stack>
      <Shown form={form} name="requester" prop="requester_id">
        {props => <RequesterField {...props} />}
      </Shown>
      {organization ? (
        <div>
          <Label>Organization</Label>
          {organization.name}
        </div>
      ) : null}
      <Shown form={form} name="assignee" prop="assignee_id">
        {props => <AssigneeField {...props} />}
      </Shown>
      <Copies form={form} />
      {catalog.forms.length > 1 ? (
        <Shown form={form} name="form" prop="ticket_form_id">
          {props => (
            <Choice
              {...props}
              value={String(form.value('ticket_form_id') ?? '')}
              onChange={value => form.set('ticket_form_id', Number(value))}
            />
          )}
        </Shown>
      ) : null}
      <Shown form={form} name="tags" prop="tags">
        {props => <TagsField {...props} />}
      </Shown>
      {PRIORITY_AND_TYPE.map(name => (
        <Shown key={name} form={form} name={name} prop={name}>
          {props => (
            <Choice
              {...props}
              clearable
              value={form.value<string | null>(name) ?? ''}
              onChange={value => form.set(name, value || null)}
            />
          )}
        </Shown>
      ))}
      {custom.map(name => (
        <Shown key={name} form={form} name={name} prop={name}>
          {props => {
            const field = catalog.fields.find(row => row.id === fieldIdOf(name));
            return field ? <CustomField {...props} definition={field} /> : null;
          }}
        </Shown>
      ))}
    </Stack>
  );
}

/** A field, unless the form or an app hides it. */
function Shown(props: {
  form: TicketForm;
  name: string;
  prop: Prop;
  children: (props: FieldProps) => React.ReactNode;
}) {
  const { form, name, prop, children } = props;
  const field: FieldView | null = fieldView(form, name);
  if (!field?.isVisible) return null;
  return children({ form, field, prop, disabled: form.closed || !field.isEnabled });
}

function Copies({ form }: { form: TicketForm }) {
  const ids = form.value<Id[]>('collaborator_ids');
  if (form.isNew || fieldView(form, 'collaborator')?.isVisible === false) return null;
  return (
    <div>
      <Label>CCs</Label>
      {ids.length === 0 ? (
        <None>Nobody</None>
      ) : (
        <People>
          {ids.map(id => {
            const name = form.world.user(id)?.name ?? `Person ${id}`;
            return (
              <li key={id}>
                <Face name={name} size="extraextrasmall" />
                {name}
              </li>
            );
          })}
        </People>
      )}
    </div>
  );
}
