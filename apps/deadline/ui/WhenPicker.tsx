import { DateField, parseTime, Row, Small, Stack, useNow, usePage, wallTime, type Day } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { Field, Input, Label, Message } from '@zendeskgarden/react-forms';
import { getColor } from '@zendeskgarden/react-theming';
import { useState, type FormEvent, type ReactNode } from 'react';
import styled from 'styled-components';
import { useT } from './texts';
import { onDay, quickChoices, type ChoiceKey, type Chosen } from './when';

/** What has been typed; kept by the owner, so that nothing is lost when the server refuses. */
export interface Draft {
  day: Day | null;
  time: string;
}

interface Props {
  draft: Draft;
  onDraft(draft: Draft): void;
  onChoose(chosen: Chosen): void;
  endOfDay: string;
  disabled?: boolean;
  submitLabel: string;
  /** More buttons, after the one that sets. */
  children?: ReactNode;
  /** Side by side, where the page is wide. */
  wide?: boolean;
}

const Choices = styled.ul<{ $wide?: boolean }>`
  display: flex;
  flex-direction: ${(p) => (p.$wide ? 'row' : 'column')};
  flex-wrap: wrap;
  gap: ${(p) => (p.$wide ? '8px' : '0')};
`;

const ChoiceButton = styled(Button)<{ $wide?: boolean }>`
  &&& {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    align-items: center;
    width: calc(100% + 8px);
    height: 32px;
    margin: 0 -4px;
    padding: 0 4px;
    font-size: 14px;
    font-weight: 400;
    text-align: start;
    border: 1px solid transparent;
    border-bottom-color: ${(p) => getColor({ theme: p.theme, variable: 'border.subtle' })};
    border-radius: 0;
    ${(p) =>
      p.$wide && {
        border: `1px solid ${getColor({ theme: p.theme, variable: 'border.default' })}`,
        borderRadius: '4px',
        padding: '0 12px',
        margin: '0',
        width: '100%',
      }}
  }
`;

const Fields = styled.div<{ $wide?: boolean }>`
  display: grid;
  grid-template-columns:
    minmax(104px, 1fr) minmax(92px, ${(p) => (p.$wide ? '96px' : '1fr')})
    ${(p) => (p.$wide ? 'auto auto' : '')};
  gap: 8px;
  align-items: end;
  max-width: ${(p) => (p.$wide ? '520px' : '420px')};
`;

export function WhenPicker({
  draft,
  onDraft,
  onChoose,
  endOfDay,
  disabled,
  submitLabel,
  children,
  wide,
}: Props) {
  const { time, clock } = usePage();
  const t = useT();
  const now = useNow(60_000);
  const [unreadable, setUnreadable] = useState(false);
  const today = wallTime(now, time.timeZone);

  // Counted from the click, not from the minute in which the list was drawn.
  const choose = (key: ChoiceKey) => {
    const chosen = quickChoices(clock.now(), time.timeZone, endOfDay).find((choice) => choice.key === key);
    if (chosen && !chosen.past) onChoose({ at: chosen.at, when: chosen.when });
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = parseTime(draft.time);
    setUnreadable(typed === null);
    if (typed) onChoose(onDay(draft.day ?? today, typed, time.timeZone));
  };

  // In the sidebar the buttons have a row of their own: beside the fields there is no room for them.
  const buttons = (
    <>
      <Button type="submit" isPrimary size="small" disabled={disabled}>
        {submitLabel}
      </Button>
      {children}
    </>
  );

  return (
    <Stack $gap={3}>
      <Choices $wide={wide} aria-label={t('when.choices')}>
        {quickChoices(now, time.timeZone, endOfDay).map(({ key, at, past }) => (
          <li key={key}>
            <ChoiceButton
              $wide={wide}
              isBasic
              size="small"
              disabled={disabled || past}
              onClick={() => choose(key)}
            >
              <span>{t(`when.${key}`)}</span>
              <Small>{past ? t('when.past') : time.moment(at, now)}</Small>
            </ChoiceButton>
          </li>
        ))}
      </Choices>
      <form onSubmit={submit} noValidate>
        <Stack $gap={2}>
          <Fields $wide={wide}>
            <DateField
              label={t('when.date')}
              value={draft.day ?? today}
              min={today}
              disabled={disabled}
              onChange={(day) => onDraft({ ...draft, day })}
            />
            <Field>
              <Label isRegular>{t('when.time')}</Label>
              <Input
                isCompact
                placeholder="14:30"
                autoComplete="off"
                inputMode="text"
                value={draft.time}
                disabled={disabled}
                validation={unreadable ? 'error' : undefined}
                onChange={(event) => {
                  setUnreadable(false);
                  onDraft({ ...draft, time: event.target.value });
                }}
              />
            </Field>
            {wide && buttons}
          </Fields>
          {unreadable && (
            <Message validation="error" role="alert">
              {t('when.unreadable')}
            </Message>
          )}
          {!wide && <Row>{buttons}</Row>}
        </Stack>
      </form>
    </Stack>
  );
}
