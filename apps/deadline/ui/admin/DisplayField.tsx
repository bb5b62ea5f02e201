import { Failed, Help, SkeletonLines, useResource } from '@aerie/ui';
import { Field, Label, Select } from '@zendeskgarden/react-forms';
import { paths, type Settings, type TicketField } from '../api';
import { useT } from '../texts';

/** The ticket field, if any, that always shows the deadline. */
export function DisplayField({ draft, edit }: { draft: Settings; edit(change: Partial<Settings>): void }) {
  const t = useT();
  const fields = useResource<{ items: TicketField[] }>(paths.ticketFields);
  if (!fields.data) {
    if (fields.error) return <Failed what={t('field.failed')} error={fields.error} onRetry={fields.reload} />;
    return <SkeletonLines count={2} height={32} />;
  }
  const { items } = fields.data;
  const chosen = draft.display_field_id;
  const gone = chosen !== null && !items.some((field) => field.id === chosen);
  return (
    <Field>
      <Label>{t('field.label')}</Label>
      <Help>{t('field.label_hint')}</Help>
      <Select
        isCompact
        value={chosen ?? ''}
        onChange={(event) =>
          edit({
            display_field_id: event.target.value ? Number(event.target.value) : null,
          })
        }
      >
        <option value="">{t('field.none')}</option>
        {gone && <option value={chosen}>{t('field.gone', { id: String(chosen) })}</option>}
        {items.map((field) => (
          <option key={field.id} value={field.id}>
            {t(`field.${field.type}`, { title: field.title })}
          </option>
        ))}
      </Select>
    </Field>
  );
}
