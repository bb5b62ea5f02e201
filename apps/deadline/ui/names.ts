import { usePage } from '@aerie/ui';
import { useEffect, useRef, useState } from 'react';

const AT_ONCE = 100;

interface Names {
  /** By ticket. */
  subjects: ReadonlyMap<number, string | null>;
  /** By group. */
  groups: ReadonlyMap<number, string>;
}

interface Answer {
  tickets: { id: number; subject: string | null }[];
  groups?: { id: number; name: string }[];
}

/**
 * Subjects of tickets and names of their groups, asked of Zendesk by the page as the agent: Aerie's server neither knows
 * nor stores them, and an agent sees no subject that Zendesk would not show him.
 */
export function useNames(ticketIds: number[]): Names {
  const { host } = usePage();
  const [names, setNames] = useState<Names>({ subjects: new Map(), groups: new Map() });
  const asked = useRef(new Set<number>());
  const key = [...new Set(ticketIds)].sort((a, b) => a - b).join(',');
  useEffect(() => {
    const missing = key
      .split(',')
      .filter(Boolean)
      .map(Number)
      .filter((id) => !asked.current.has(id));
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      const ids = missing.slice(start, start + AT_ONCE);
      for (const id of ids) asked.current.add(id);
      host.read<Answer>(`/api/v2/tickets/show_many.json?ids=${ids.join(',')}&include=groups`).then(
        ({ tickets, groups = [] }) =>
          setNames((old) => ({
            subjects: new Map([...old.subjects, ...tickets.map(({ id, subject }) => [id, subject] as const)]),
            groups: new Map([...old.groups, ...groups.map(({ id, name }) => [id, name] as const)]),
          })),
        () => {
          // A list without subjects is still a list; they are asked for again when the rows change.
          for (const id of ids) asked.current.delete(id);
        },
      );
    }
  }, [host, key]);
  return names;
}
