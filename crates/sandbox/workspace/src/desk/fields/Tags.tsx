import { FauxInput, Field, Input } from '@zendeskgarden/react-forms';
import { Tag } from '@zendeskgarden/react-tags';
import { useRef, useState } from 'react';
import styled from 'styled-components';
import { Below, labelOf } from './Frame';
import type { FieldProps } from './Frame';

const Box = styled(FauxInput)`
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
  min-height: 32px;
  padding: 4px 8px;
`;
const Typed = styled(Input)`
  flex: 1;
  width: auto;
  min-width: 40px;
`;

/** Tags: typed words become tags at a space, comma or Enter; Backspace takes the last one back. */
export function TagsField({ form, field, prop, disabled }: FieldProps) {
  const tags = form.value<string[]>('tags');
  const [typed, setTyped] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const add = (text: string) => {
    const fresh = text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean);
    if (fresh.length > 0) form.set('tags', [...new Set([...tags, ...fresh])]);
    setTyped('');
  };
  const remove = (tag: string) => {
    form.set(
      'tags',
      form.value<string[]>('tags').filter(other => other !== tag),
    );
    input.current?.focus();
  };
  return (
    <div data-field="tags">
      <Field>
        <Field.Label>{labelOf(field)}</Field.Label>
        <Box disabled={disabled} onClick={() => input.current?.focus()}>
          {tags.map(tag => (
            <Tag key={tag} data-tag={tag} size="medium">
              <span>{tag}</span>
              {disabled ? null : (
                <Tag.Close aria-label={`Remove ${tag}`} tabIndex={0} onClick={() => remove(tag)} />
              )}
            </Tag>
          ))}
          <Typed
            ref={input}
            isBare
            isCompact
            disabled={disabled}
            value={typed}
            onChange={event => {
              const { value } = event.target;
              if (/[\s,]$/.test(value)) add(value);
              else setTyped(value);
            }}
            onKeyDown={event => {
              if (event.key === 'Enter') {
                event.preventDefault();
                add(typed);
              }
              const last = tags.at(-1);
              if (event.key === 'Backspace' && typed === '' && last !== undefined) remove(last);
            }}
            onBlur={() => add(typed)}
          />
        </Box>
        <Below form={form} prop={prop} />
      </Field>
    </div>
  );
}
