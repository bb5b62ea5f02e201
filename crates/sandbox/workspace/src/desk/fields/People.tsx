import { Combobox, Field, OptGroup, Option } from '@zendeskgarden/react-dropdowns';
import { useEffect, useState } from 'react';
import styled from 'styled-components';
import { get } from '../../api/client';
import type { Id, User } from '../../api/types';
import { subtle } from '../ui';
import { Below, labelOf } from './Frame';
import type { FieldProps } from './Frame';

const Hint = styled.span`
  ${subtle}
`;

const SEARCH_DELAY_MS = 200;

/** The person who asked: found by typing part of a name or an e-mail address. */
export function RequesterField({ form, field, prop, disabled }: FieldProps) {
  const { world } = form;
  const id = form.value<Id>('requester_id');
  const current = world.user(id);
  const [typed, setTyped] = useState<string | null>(null);
  const [found, setFound] = useState<User[]>([]);

  useEffect(() => {
    if (typed === null || typed.trim().length < 2) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const query = encodeURIComponent(typed.trim());
      get<{ users: User[] }>(`/api/v2/users/search?query=${query}&per_page=20`, abort.signal)
        .then(({ users }) => setFound(users))
        .catch(() => setFound([]));
    }, SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [typed]);

  const choose = (chosen: Id) => {
    // The combobox may tell of one choice more than once, through a handler of an earlier drawing.
    if (form.value('requester_id') === chosen) return;
    const user = found.find(row => row.id === chosen) ?? world.user(chosen);
    if (!user) return;
    world.learn([user]);
    form.setAll({ requester_id: user.id, organization_id: user.organization_id ?? null });
    void world.ensureOrganizations([user.organization_id]).catch(() => undefined);
  };
  const nameOf = (given: unknown) => world.user(Number(given))?.name ?? '–';
  const users = found.some(user => user.id === id) || !current ? found : [current, ...found];
  return (
    <div data-field="requester">
      <Field>
        <Field.Label>{labelOf(field)}</Field.Label>
        <Combobox
          isCompact
          isAutocomplete
          isDisabled={disabled}
          placeholder="Name or e-mail address"
          selectionValue={current ? String(id) : null}
          renderValue={() => current?.name ?? <Hint>Name or e-mail address</Hint>}
          validation={form.fieldErrors[prop] ? 'error' : undefined}
          onChange={({ type, inputValue, selectionValue, isExpanded }) => {
            if (type === 'input:change' && inputValue !== undefined) setTyped(inputValue);
            if (typeof selectionValue === 'string' && selectionValue !== String(id)) {
              choose(Number(selectionValue));
              setTyped(null);
            }
            if (isExpanded === false) setTyped(null);
          }}
        >
          {users.length === 0 ? (
            <Option value="none" label="Type at least two letters" isDisabled />
          ) : (
            users.map(user => (
              <Option key={user.id} value={String(user.id)} label={user.name}>
                {user.name}
                <Option.Meta>{user.email}</Option.Meta>
              </Option>
            ))
          )}
        </Combobox>
        <Below form={form} prop={prop} show={nameOf} />
      </Field>
    </div>
  );
}

/** Who has the ticket: a group, or an agent within one. */
export function AssigneeField({ form, field, prop, disabled }: FieldProps) {
  const { world } = form;
  const { groups, memberships } = world.catalog;
  const [typed, setTyped] = useState<string | null>(null);
  const assignee = form.value<Id | null>('assignee_id');
  const group = form.value<Id | null>('group_id');
  useEffect(() => {
    void world.ensureUsers(memberships.map(row => row.user_id)).catch(() => undefined);
  }, [world, memberships]);

  const keyOf = (groupId: Id | null, userId: Id | null) => `${groupId ?? ''}/${userId ?? ''}`;
  const names = [world.group(group)?.name, world.user(assignee)?.name].filter(Boolean);
  const shown = names.join(' / ');
  const wanted = (typed ?? '').trim().toLowerCase();
  const fits = (...words: (string | undefined)[]) =>
    wanted === '' || words.some(word => word?.toLowerCase().includes(wanted));
  return (
    <div data-field="assignee">
      <Field>
        <Field.Label>{labelOf(field)}</Field.Label>
        <Combobox
          isCompact
          isAutocomplete
          isDisabled={disabled}
          placeholder="–"
          selectionValue={keyOf(group, assignee)}
          renderValue={() => shown || '–'}
          listboxMaxHeight="320px"
          validation={form.fieldErrors[prop] ? 'error' : undefined}
          onChange={({ type, inputValue, selectionValue, isExpanded }) => {
            if (type === 'input:change' && inputValue !== undefined) setTyped(inputValue);
            if (typeof selectionValue === 'string' && selectionValue !== keyOf(group, assignee)) {
              const [groupId, userId] = selectionValue.split('/').map(part => (part ? Number(part) : null));
              form.setAll({ group_id: groupId ?? null, assignee_id: userId ?? null });
              setTyped(null);
            }
            if (isExpanded === false) setTyped(null);
          }}
        >
          {groups.map(row => {
            const agents = memberships
              .filter(one => one.group_id === row.id)
              .flatMap(one => world.user(one.user_id) ?? [])
              .filter(user => fits(user.name, row.name));
            if (agents.length === 0 && !fits(row.name)) return null;
            return (
              <OptGroup key={row.id} legend={row.name}>
                <Option value={keyOf(row.id, null)} label={`${row.name} (group)`} />
                {agents.map(user => (
                  <Option key={user.id} value={keyOf(row.id, user.id)} label={`${row.name} / ${user.name}`}>
                    {user.name}
                  </Option>
                ))}
              </OptGroup>
            );
          })}
        </Combobox>
        <Below form={form} prop={prop} show={given => world.user(Number(given))?.name ?? 'nobody'} />
      </Field>
    </div>
  );
}
