import { ApiError, usePage } from '@aerie/ui';
import { useState } from 'react';
import { paths, type Settings, type Warning } from '../api';

export interface SettingsForm {
  draft: Settings;
  changed: boolean;
  saving: boolean;
  error: unknown;
  /** By number of the warning: why it cannot be saved. */
  problems: ReadonlySet<number>;
  /** Somebody else's settings, saved while these were being changed. */
  theirs: Settings | null;
  edit(change: Partial<Settings>): void;
  save(): void;
  discard(): void;
  takeTheirs(): void;
  overwriteTheirs(): void;
}

const MOST_MINUTES = 10 * 365 * 24 * 60;

export function isUsable(warning: Warning): boolean {
  if ('percent' in warning)
    return Number.isInteger(warning.percent) && warning.percent >= 1 && warning.percent <= 99;
  const { before_minutes: minutes } = warning;
  return Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES;
}

export function useSettings(saved: Settings, onSaved: (settings: Settings) => void): SettingsForm {
  const { api } = usePage();
  const [edits, setEdits] = useState<Partial<Settings>>({});
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<Settings | null>(null);
  const [problems, setProblems] = useState<ReadonlySet<number>>(new Set());
  const draft = { ...saved, ...edits };
  const changed = JSON.stringify(draft) !== JSON.stringify(saved);

  const send = async (version: number) => {
    const wrong = new Set(draft.warnings.flatMap((warning, index) => (isUsable(warning) ? [] : [index])));
    setProblems(wrong);
    if (wrong.size > 0) return;
    setSaving(true);
    setError(null);
    setTheirs(null);
    try {
      onSaved(await api.put<Settings>(paths.settings, { ...draft, version }));
      setEdits({});
    } catch (failure) {
      const current =
        failure instanceof ApiError ? (failure.body as { current?: Settings } | null)?.current : undefined;
      if (current) setTheirs(current);
      else setError(failure);
    } finally {
      setSaving(false);
    }
  };

  const reset = () => {
    setEdits({});
    setError(null);
    setTheirs(null);
    setProblems(new Set());
  };

  return {
    draft,
    changed,
    saving,
    error,
    problems,
    theirs,
    edit: (change) => setEdits((old) => ({ ...old, ...change })),
    save: () => void send(saved.version),
    discard: reset,
    takeTheirs: () => {
      if (theirs) onSaved(theirs);
      reset();
    },
    overwriteTheirs: () => {
      if (theirs) void send(theirs.version);
    },
  };
}
