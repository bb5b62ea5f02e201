import { ApiError, ConnectionError } from './api';
import en from './locales/en.json';

/** A text, or its plural forms by the CLDR category of `{count}`. */
export type Message = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
export type Messages = Record<string, Message>;
export type Args = Record<string, string | number>;

/** Translates a key; `{name}` in the text is replaced by `args.name`, numbers with the reader's separators. */
export type Translate<Key extends string> = (key: Key, args?: Args) => string;
export type SharedKey = keyof typeof en;

/** An app's texts: English is part of the page, other languages are fetched when they are somebody's. */
export interface Catalogue {
  en: Messages;
  /** `import.meta.glob(['./locales/*.json', '!./locales/en.json'])` */
  others: Record<string, () => Promise<unknown>>;
}

export interface Language {
  /** For the texts: a language that all of them exist in. */
  language: string;
  /** For numbers and times: the agent's own locale where it is of that language. */
  locale: string;
  messages: Messages;
}

const shared: Catalogue = { en, others: import.meta.glob(['./locales/*.json', '!./locales/en.json']) };

/** Loads the texts for an agent's locale (`de`, `en-GB`, `de-x-9`); English for a language that does not exist yet. */
export async function loadLanguage(wanted: string, app: Catalogue): Promise<Language> {
  const locale = usableLocale(wanted);
  const language = locale.split('-')[0] ?? 'en';
  const path = `./locales/${language}.json`;
  const [ofShared, ofApp] = [shared.others[path], app.others[path]];
  if (language === 'en' || !ofShared || !ofApp) {
    return { language: 'en', locale: language === 'en' ? locale : 'en', messages: { ...en, ...app.en } };
  }
  const [sharedMessages, appMessages] = (await Promise.all([ofShared(), ofApp()])) as { default: Messages }[];
  return {
    language,
    locale,
    messages: { ...en, ...app.en, ...sharedMessages?.default, ...appMessages?.default },
  };
}

function usableLocale(wanted: string): string {
  const plain = wanted.replace('_', '-').replace(/-x-.*$/, '');
  try {
    return Intl.getCanonicalLocales(plain)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

export function translator(language: Language): Translate<string> {
  const plural = new Intl.PluralRules(language.locale);
  const number = new Intl.NumberFormat(language.locale);
  return (key, args = {}) => {
    const message = language.messages[key];
    if (message === undefined) return key;
    const text =
      typeof message === 'string'
        ? message
        : (message[plural.select(Number(args.count ?? 0))] ?? message.other);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = args[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? number.format(value) : value;
    });
  };
}

/**
 * The server's sentence, in the reader's language where there is one for its code. `args` may bring what the text wants
 * to say; a text that wants more is not used.
 */
export function serverText(
  language: Language,
  kind: 'error' | 'notice' | 'refused',
  said: { code: string; message: string; args?: Args },
): string {
  const message = language.messages[`${kind}.${said.code}`];
  if (language.language === 'en' || typeof message !== 'string') return said.message;
  const args = said.args ?? {};
  const missing = [...message.matchAll(/\{(\w+)\}/g)].some(([, name = '']) => args[name] === undefined);
  return missing ? said.message : translator(language)(`${kind}.${said.code}`, args);
}

/** What to tell a person about a failed call. */
export function errorText(language: Language, error: unknown): string {
  const t = translator(language);
  if (error instanceof ApiError) return serverText(language, 'error', error);
  if (error instanceof ConnectionError) return t('connection.unreachable');
  return t('failed.unknown');
}
