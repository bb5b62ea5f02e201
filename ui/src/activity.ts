import { serverText, translator, type Args, type Language } from './i18n';
import type { TimeFormat } from './time';
import type { ActivityItem } from './types';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
/** What a change of a ticket is made of, by the name of the argument that lists it. */
const PARTS = ['add', 'remove', 'fields'] as const;

/** The sentence of a line of Activity; a code that has none yet is shown as it is. */
export function activityText(language: Language, time: TimeFormat, item: ActivityItem, now: number): string {
  const t = translator(language);
  if (item.code === 'tickets.changed') {
    const parts = PARTS.flatMap((part) => {
      const items = listOf(item.args[part]);
      return items.length > 0
        ? [t(`activity.changed.${part}`, { count: items.length, items: items.join(', ') })]
        : [];
    });
    return parts.join(' ');
  }
  const key = `activity.${item.code}${item.args.moved === true ? '.moved' : ''}`;
  if (!(key in language.messages)) return item.code;
  const args: Args = {};
  for (const [name, value] of Object.entries(item.args)) {
    if (typeof value === 'string' && RFC_3339.test(value)) args[name] = time.moment(Date.parse(value), now);
    else if (typeof value === 'string' || typeof value === 'number') args[name] = String(value);
  }
  return t(key, args);
}

/** Why it happened. */
export function activityCause(language: Language, { cause }: ActivityItem): string {
  const t = translator(language);
  return cause.kind === 'agent'
    ? t('activity.by.agent', { name: cause.text })
    : t(`activity.by.${cause.kind}`);
}

/** Why it was refused, in the reader's language where there is a sentence for it. */
export function refusalText(language: Language, item: ActivityItem): string | null {
  if (!item.result_detail) return null;
  return serverText(language, 'refused', { code: item.result_code ?? '', message: item.result_detail });
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
