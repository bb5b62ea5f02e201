import { useT as useSharedT, type Catalogue } from '@aerie/ui';
import en from './locales/en.json';

export type Key = keyof typeof en;

export const catalogue: Catalogue = {
  en,
  others: import.meta.glob(['./locales/*.json', '!./locales/en.json']),
};
export const useT = () => useSharedT<Key>();

export const ABOUT = ['about.1', 'about.2', 'about.3'] as const satisfies Key[];
