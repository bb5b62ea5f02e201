import { Help, Row, Small, Stack } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { Checkbox, Field, Fieldset, Label, Textarea } from '@zendeskgarden/react-forms';
import { Notification, Title } from '@zendeskgarden/react-notifications';
import { useRef, useState } from 'react';
import styled from 'styled-components';
import type { Settings } from '../api';
import { useT } from '../texts';
import { PLACEHOLDERS, preview } from './placeholders';

interface Props {
  draft: Settings;
  edit(change: Partial<Settings>): void;
}

const RECEIVERS = ['assignee', 'setter', 'group'] as const;

const Columns = styled.div`
  display: grid;
  grid-template-columns: minmax(0, 640px) minmax(220px, 288px);
  gap: 12px 32px;
  align-items: start;
  @media (max-width: 1080px) {
    grid-template-columns: minmax(0, 640px);
  }
`;

const PlaceholderButton = styled(Button)`
  &&& {
    font-size: 12px;
    line-height: 16px;
  }
`;

const Shown = styled(Notification)`
  &&& {
    width: 100%;
    min-width: 0;
    padding: 12px 16px 12px 40px;
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
`;

/** The texts of the pop-ups, how they will look, and who gets them. */
export function Popups({ draft, edit }: Props) {
  const t = useT();
  return (
    <Stack $gap={5}>
      <PopupText
        label={t('popups.warning')}
        type="warning"
        value={draft.warning_text}
        onChange={(warning_text) => edit({ warning_text })}
      />
      <PopupText
        label={t('popups.hit')}
        type="error"
        value={draft.hit_text}
        onChange={(hit_text) => edit({ hit_text })}
      />
      <Fieldset>
        <Fieldset.Legend>{t('popups.receivers')}</Fieldset.Legend>
        {RECEIVERS.map((receiver) => (
          <Field key={receiver}>
            <Checkbox
              checked={draft.notify[receiver]}
              onChange={(event) =>
                edit({
                  notify: { ...draft.notify, [receiver]: event.target.checked },
                })
              }
            >
              <Label isRegular>{t(`popups.${receiver}`)}</Label>
            </Checkbox>
          </Field>
        ))}
        {RECEIVERS.every((receiver) => !draft.notify[receiver]) && (
          <Small $tone="soon">{t('popups.nobody')}</Small>
        )}
      </Fieldset>
    </Stack>
  );
}

interface TextProps {
  label: string;
  type: 'warning' | 'error';
  value: string;
  onChange(value: string): void;
}

function PopupText({ label, type, value, onChange }: TextProps) {
  const t = useT();
  const field = useRef<HTMLTextAreaElement>(null);
  const [listed, setListed] = useState(false);
  // Where the cursor was left; before it has been anywhere, the end.
  const cursor = useRef<[number, number] | null>(null);
  const insert = (name: string) => {
    const [start, end] = cursor.current ?? [value.length, value.length];
    const placeholder = `{{${name}}}`;
    onChange(value.slice(0, start) + placeholder + value.slice(end));
    cursor.current = [start + placeholder.length, start + placeholder.length];
    field.current?.focus();
  };
  return (
    <Columns>
      <Stack $gap={2}>
        <Field>
          <Label>{label}</Label>
          <Help>{t('popups.text_hint')}</Help>
          <Textarea
            ref={field}
            isCompact
            minRows={2}
            maxRows={8}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onSelect={({ currentTarget }) => {
              cursor.current = [currentTarget.selectionStart, currentTarget.selectionEnd];
            }}
          />
        </Field>
        <div>
          <Button isLink aria-expanded={listed} onClick={() => setListed(!listed)}>
            {t(listed ? 'popups.hide_placeholders' : 'popups.show_placeholders')}
          </Button>
        </div>
        {listed && (
          <Row $gap={2} as="ul" aria-label={t('popups.placeholders')}>
            {PLACEHOLDERS.map((name) => (
              <li key={name}>
                <PlaceholderButton isLink onClick={() => insert(name)}>
                  {name}
                </PlaceholderButton>
              </li>
            ))}
          </Row>
        )}
      </Stack>
      <Stack $gap={1}>
        <Small>{t('popups.preview')}</Small>
        <Shown type={type} role="presentation">
          <Title>{t('popups.preview_title')}</Title>
          {preview(value)}
        </Shown>
      </Stack>
    </Columns>
  );
}
