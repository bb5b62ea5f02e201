import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Observable } from '../model/observable';
import type { Desk } from './desk';

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

/** The desk of the signed-in person. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('There is no desk before somebody signed in.');
  return desk;
}

/** Renders again whenever the thing changes. */
export function useWatched<T extends Observable>(thing: T): T {
  useSyncExternalStore(thing.watch, () => thing.version);
  return thing;
}
