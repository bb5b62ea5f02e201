import { lazy, Suspense, useEffect, useRef, useState } from 'react';

export interface Shortcut {
  key: string;
  text: string;
  run(): void;
}

const ShortcutsHelp = lazy(() => import('./ShortcutsHelp'));

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  return (
    element.isContentEditable || element.closest('input:not([type=checkbox]), textarea, select') !== null
  );
}

/** Single-key shortcuts of a page, and `?`, which lists them. Keys that are being typed into a field are none. */
export function Shortcuts({ shortcuts }: { shortcuts: Shortcut[] }) {
  const [open, setOpen] = useState(false);
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target))
        return;
      const found = latest.current.find((shortcut) => shortcut.key === event.key);
      if (!found && event.key !== '?') return;
      event.preventDefault();
      if (found) found.run();
      else setOpen(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <ShortcutsHelp shortcuts={shortcuts} onClose={() => setOpen(false)} />
    </Suspense>
  );
}

/** Puts the cursor into the page's search field. */
export function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  field?.focus();
  field?.select();
}
