import type { Boot, ColorScheme } from '../api/types';
import type { World } from '../model/world';

export type NoticeKind = 'notice' | 'alert' | 'error';

export interface Notice {
  /** May hold simple HTML; whoever shows it sanitises it. */
  html: string;
  kind: NoticeKind;
  /** How long it stays; null until somebody closes it. */
  ms: number | null;
}

/** What the app-framework host asks of the desk around it. */
export interface DeskPort {
  readonly boot: Boot;
  readonly world: World;
  colorScheme(): ColorScheme;
  notify(notice: Notice): void;
  /** Goes somewhere on the desk. False when there is no such place. */
  routeTo(place: string, args: unknown[]): boolean;
  appsTray: { visible(): boolean; show(visible: boolean): void };
}
