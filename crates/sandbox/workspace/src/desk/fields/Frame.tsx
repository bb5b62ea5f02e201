import { Anchor } from '@zendeskgarden/react-buttons';
import styled from 'styled-components';
import { sameValue } from '../../model/fields';
import type { FieldView } from '../../model/fields';
import type { Prop, TicketForm } from '../../model/ticket';
import { color } from '../theme';

/** What every field of the left column is given. */
export interface FieldProps {
  form: TicketForm;
  field: FieldView;
  prop: Prop;
  disabled: boolean;
}

const Wrong = styled.p`
  margin-top: 4px;
  font-size: 12px;
  line-height: 16px;
  color: ${color('foreground.danger')};
`;
const Overtaken = styled.p`
  margin-top: 4px;
  font-size: 12px;
  line-height: 16px;
  color: ${color('foreground.warning')};
`;

export const labelOf = (field: FieldView): string => (field.isRequired ? `${field.label}*` : field.label);

/** What stands below a field: why it was refused, and what somebody else chose meanwhile. */
export function Below({
  form,
  prop,
  show,
}: {
  form: TicketForm;
  prop: Prop;
  show?: (value: unknown) => string;
}) {
  const problem = form.fieldErrors[prop];
  const theirs = form.overtaken.has(prop) ? form.overtaken.get(prop) : undefined;
  const differs = form.overtaken.has(prop) && !sameValue(theirs, form.value(prop));
  return (
    <>
      {problem ? <Wrong role="alert">{problem}</Wrong> : null}
      {differs ? (
        <Overtaken role="status">
          Somebody else chose “{show?.(theirs) ?? plain(theirs)}”.{' '}
          <Anchor onClick={() => form.revert(prop)}>Take it</Anchor>
        </Overtaken>
      ) : null}
    </>
  );
}

const plain = (value: unknown): string =>
  value === null || value === '' || value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? value.join(', ')
      : String(value);
