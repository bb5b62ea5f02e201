import { Checkbox, Field, Input, Textarea } from '@zendeskgarden/react-forms';
import { Combobox, Field as ChoiceField, Option } from '@zendeskgarden/react-dropdowns';
import type { TicketField } from '../../api/types';
import { Choice } from './Choice';
import { Below, labelOf } from './Frame';
import type { FieldProps } from './Frame';

const INPUTS: Record<string, { type: string; inputMode?: 'numeric' | 'decimal' }> = {
  date: { type: 'date' },
  integer: { type: 'text', inputMode: 'numeric' },
  decimal: { type: 'text', inputMode: 'decimal' },
};

/** A field that the account defined, by its type. */
export function CustomField(props: FieldProps & { definition: TicketField }) {
  const { form, field, prop, disabled, definition } = props;
  const value = form.value(prop);
  switch (definition.type) {
    case 'tagger':
      return (
        <Choice
          {...props}
          clearable
          value={typeof value === 'string' ? value : ''}
          onChange={next => form.set(prop, next || null)}
        />
      );
    case 'multiselect':
      return <Several {...props} />;
    case 'checkbox':
      return (
        <div data-field={field.name}>
          <Field>
            <Checkbox
              checked={value === true}
              disabled={disabled}
              onChange={event => form.set(prop, event.target.checked)}
            >
              <Field.Label isRegular={false}>{labelOf(field)}</Field.Label>
            </Checkbox>
            <Below form={form} prop={prop} show={given => (given === true ? 'yes' : 'no')} />
          </Field>
        </div>
      );
    default: {
      const text = value === null || value === undefined ? '' : String(value);
      const common = {
        isCompact: true,
        disabled,
        value: text,
        validation: form.fieldErrors[prop] ? ('error' as const) : undefined,
        onChange: (event: { target: { value: string } }) => form.set(prop, event.target.value || null),
      };
      return (
        <div data-field={field.name}>
          <Field>
            <Field.Label>{labelOf(field)}</Field.Label>
            {definition.type === 'textarea' ? (
              <Textarea {...common} minRows={2} maxRows={8} />
            ) : (
              <Input {...common} {...(INPUTS[definition.type] ?? { type: 'text' })} />
            )}
            <Below form={form} prop={prop} />
          </Field>
        </div>
      );
    }
  }
}

function Several({ form, field, prop, disabled }: FieldProps) {
  const value = form.value<string[] | null>(prop) ?? [];
  return (
    <div data-field={field.name}>
      <ChoiceField>
        <ChoiceField.Label>{labelOf(field)}</ChoiceField.Label>
        <Combobox
          isCompact
          isMultiselectable
          isEditable={false}
          isDisabled={disabled}
          selectionValue={value}
          maxTags={20}
          onChange={({ selectionValue }) => {
            if (Array.isArray(selectionValue)) form.set(prop, selectionValue);
          }}
        >
          {(field.optionValues ?? [])
            .filter(option => option.isVisible || value.includes(option.value))
            .map(option => (
              <Option
                key={option.value}
                value={option.value}
                label={option.label}
                isDisabled={!option.isEnabled}
              />
            ))}
        </Combobox>
        <Below form={form} prop={prop} />
      </ChoiceField>
    </div>
  );
}
