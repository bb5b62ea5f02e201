import { Combobox, Field, Option } from '@zendeskgarden/react-dropdowns';
import { Below, labelOf } from './Frame';
import type { FieldProps } from './Frame';

/** One of a field's options. Options that an app hid are left out, unless it is the one that is chosen. */
export function Choice(
  props: FieldProps & { value: string; onChange: (value: string) => void; clearable?: boolean },
) {
  const { form, field, prop, disabled, value, onChange, clearable = false } = props;
  const options = (field.optionValues ?? []).filter(option => option.isVisible || option.value === value);
  const label = (given: unknown) =>
    field.optionValues?.find(option => option.value === String(given))?.label ?? '–';
  return (
    <div data-field={field.name}>
      <Field>
        <Field.Label>{labelOf(field)}</Field.Label>
        <Combobox
          isCompact
          isEditable={false}
          isDisabled={disabled}
          selectionValue={value}
          inputValue=""
          renderValue={() => (value ? label(value) : '–')}
          validation={form.fieldErrors[prop] ? 'error' : undefined}
          onChange={change => {
            const { selectionValue } = change;
            if (typeof selectionValue === 'string' && selectionValue !== value) onChange(selectionValue);
          }}
        >
          {clearable ? <Option value="" label="–" /> : null}
          {options.map(option => (
            <Option
              key={option.value}
              value={option.value}
              label={option.label}
              isDisabled={!option.isEnabled}
            />
          ))}
        </Combobox>
        <Below form={form} prop={prop} show={label} />
      </Field>
    </div>
  );
}
