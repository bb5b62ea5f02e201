import { Help, Row, Small, Stack, parseTime, timeText } from '@aerie/ui';
import { Button, IconButton } from '@zendeskgarden/react-buttons';
import { Field, Input, Label, Message, Select } from '@zendeskgarden/react-forms';
import RemoveIcon from '@zendeskgarden/svg-icons/src/16/trash-stroke.svg?icon';
import { useState } from 'react';
import styled from 'styled-components';
import type { Settings, Warning } from '../api';
import { useT } from '../texts';

interface Props {
  draft: Settings;
  edit(change: Partial<Settings>): void;
  /** Which warnings cannot be saved as they are. */
  problems: ReadonlySet<number>;
}

const UNITS = { minutes: 1, hours: 60, days: 1440 } as const;
type Unit = keyof typeof UNITS | 'percent';

const Narrow = styled.div`
  width: 96px;
`;
const UnitBox = styled.div`
  width: 240px;
`;

/** The largest unit in which the minutes are a whole number. */
function unitOf(warning: Warning): Unit {
  if ('percent' in warning) return 'percent';
  if (warning.before_minutes % UNITS.days === 0) return 'days';
  return warning.before_minutes % UNITS.hours === 0 ? 'hours' : 'minutes';
}

function make(amount: number, unit: Unit): Warning {
  return unit === 'percent' ? { percent: amount } : { before_minutes: amount * UNITS[unit] };
}

/** When to warn before a deadline: any number of moments, each in time or as a share of the whole span. */
export function Warnings({ draft, edit, problems }: Props) {
  const t = useT();
  const { warnings } = draft;
  const replace = (index: number, warning: Warning) =>
    edit({
      warnings: warnings.map((old, at) => (at === index ? warning : old)),
    });
  return (
    <Stack $gap={5}>
      <Stack $gap={3}>
        {warnings.length === 0 && <Small>{t('warnings.none')}</Small>}
        {warnings.map((warning, index) => (
          <WarningRow
            // The rows have no identity but their place.
            key={index}
            number={index + 1}
            warning={warning}
            wrong={problems.has(index)}
            onChange={(changed) => replace(index, changed)}
            onRemove={() => edit({ warnings: warnings.filter((_, at) => at !== index) })}
          />
        ))}
        <div>
          <Button size="small" onClick={() => edit({ warnings: [...warnings, { before_minutes: 60 }] })}>
            {t('warnings.add')}
          </Button>
        </div>
      </Stack>
      <EndOfDay value={draft.end_of_day} onChange={(end_of_day) => edit({ end_of_day })} />
    </Stack>
  );
}

interface RowProps {
  number: number;
  warning: Warning;
  wrong: boolean;
  onChange(warning: Warning): void;
  onRemove(): void;
}

function WarningRow({ number, warning, wrong, onChange, onRemove }: RowProps) {
  const t = useT();
  const [unit, setUnit] = useState<Unit>(unitOf(warning));
  const amount =
    'percent' in warning
      ? warning.percent
      : warning.before_minutes / UNITS[unit === 'percent' ? 'minutes' : unit];
  return (
    <Stack $gap={1}>
      <Row $gap={2}>
        <Narrow>
          <Field>
            <Label hidden>{t('warnings.amount', { number })}</Label>
            <Input
              isCompact
              type="number"
              min={1}
              max={unit === 'percent' ? 99 : undefined}
              value={Number.isFinite(amount) && amount > 0 ? String(amount) : ''}
              validation={wrong ? 'error' : undefined}
              onChange={(event) => onChange(make(event.target.valueAsNumber || 0, unit))}
            />
          </Field>
        </Narrow>
        <UnitBox>
          <Field>
            <Label hidden>{t('warnings.unit', { number })}</Label>
            <Select
              isCompact
              value={unit}
              onChange={(event) => {
                const next = event.target.value as Unit;
                setUnit(next);
                onChange(make(amount, next));
              }}
            >
              {(['minutes', 'hours', 'days', 'percent'] as const).map((name) => (
                <option key={name} value={name}>
                  {t(`warnings.${name}`)}
                </option>
              ))}
            </Select>
          </Field>
        </UnitBox>
        <IconButton
          size="small"
          aria-label={t('warnings.remove', { number })}
          title={t('warnings.remove', { number })}
          onClick={onRemove}
        >
          <RemoveIcon />
        </IconButton>
      </Row>
      {wrong && (
        <Message validation="error" role="alert">
          {t(unit === 'percent' ? 'warnings.wrong_percent' : 'warnings.wrong_time')}
        </Message>
      )}
    </Stack>
  );
}

function shortTime(value: string): string {
  const time = parseTime(value);
  return time ? timeText(time) : value;
}

function EndOfDay({ value, onChange }: { value: string; onChange(value: string): void }) {
  const t = useT();
  // The server writes it with seconds.
  const [text, setText] = useState(() => shortTime(value));
  const wrong = parseTime(text) === null;
  return (
    <Field>
      <Label>{t('end_of_day.label')}</Label>
      <Help>{t('end_of_day.hint')}</Help>
      <Narrow>
        <Input
          isCompact
          value={text}
          validation={wrong ? 'error' : undefined}
          onChange={(event) => {
            setText(event.target.value);
            const time = parseTime(event.target.value);
            if (time) onChange(timeText(time).padStart(5, '0'));
          }}
        />
      </Narrow>
      {wrong && <Message validation="error">{t('when.unreadable')}</Message>}
    </Field>
  );
}
