/** What the apps' pages share. An app imports from here (`@aerie/ui`) and from Garden, and from nowhere else. */
export * from './api';
export { readBoot } from './boot';
export { PageClock } from './clock';
export * from './components/ActivityList';
export * from './components/ApiAccessTable';
export * from './components/AuthorizePanel';
export * from './components/Chip';
export * from './components/DataTable';
export { DateField } from './components/DateField';
export * from './components/Failed';
export * from './components/Frame';
export * from './components/Moment';
export * from './components/Note';
export * from './components/SaveBar';
export * from './components/Shortcuts';
export * from './components/SkeletonLines';
export * from './components/styles';
export { useToast } from './components/Toaster';
export * from './components/resize';
export { Host } from './host';
export {
  loadLanguage,
  serverText,
  translator,
  type Catalogue,
  type Language,
  type Messages,
  type Translate,
} from './i18n';
export {
  Connections,
  PageProvider,
  useLive,
  useNow,
  usePage,
  useT,
  useConnectionLost,
  type PageTools,
} from './page';
export { useResource, type Resource } from './resource';
export { startPage } from './start';
export { TimeFormat } from './time';
export * from './types';
export * from './zoned';
