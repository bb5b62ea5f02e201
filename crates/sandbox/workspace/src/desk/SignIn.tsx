import { Button } from '@zendeskgarden/react-buttons';
import { Skeleton } from '@zendeskgarden/react-loaders';
import { useEffect, useState } from 'react';
import styled from 'styled-components';
import { workspace } from '../api/client';
import type { People } from '../api/types';
import { color } from './theme';
import { ellipsis, Face, Message, subtle } from './ui';

const Page = styled.main`
  height: 100%;
  overflow: auto;
  padding: 64px 16px;
  background: ${color('background.recessed')};
`;
const Sheet = styled.div`
  max-width: 520px;
  margin: 0 auto;
  padding: 32px;
  border: 1px solid ${color('border.default')};
  border-radius: 8px;
  background: ${color('background.raised')};
`;
const Title = styled.h1`
  margin: 0 0 4px;
  font-size: 20px;
  line-height: 28px;
  font-weight: 600;
`;
const Lead = styled.p`
  margin: 0 0 20px;
  ${subtle}
`;
const List = styled.ul`
  list-style: none;
  padding: 0;
  border-top: 1px solid ${color('border.subtle')};
`;
const Person = styled.button`
  display: flex;
  align-items: center;
  gap: 12px;
  width: 100%;
  padding: 10px 8px;
  border: 0;
  border-bottom: 1px solid ${color('border.subtle')};
  background: none;
  color: inherit;
  font: inherit;
  text-align: start;
  cursor: pointer;
  &:hover {
    background: ${color('background.recessed')};
  }
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
    outline-offset: -2px;
  }
`;
const Who = styled.span`
  flex: 1;
  min-width: 0;
  b {
    display: block;
    font-weight: 600;
  }
  span {
    display: block;
    font-size: 12px;
    line-height: 16px;
    ${subtle}
    ${ellipsis}
  }
`;
const Role = styled.span`
  font-size: 12px;
  ${subtle}
`;

const ROLES: Record<string, string> = { admin: 'Administrator', agent: 'Agent' };

/** Chooses who sits at the desk. There are no passwords in a sandbox. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [people, setPeople] = useState<People | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [busy, setBusy] = useState<number | null>(null);
  useEffect(() => {
    workspace.people().then(setPeople, (error: Error) => setProblem(error.message));
  }, [attempt]);

  const choose = async (id: number) => {
    setBusy(id);
    try {
      await workspace.signIn(id);
      onSignedIn();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(null);
    }
  };
  const retry = () => {
    setProblem(null);
    setAttempt(attempt + 1);
  };

  if (problem) {
    return (
      <Page>
        <Message title="Signing in did not work">
          <p>{problem}</p>
          <Button onClick={retry}>Try again</Button>
        </Message>
      </Page>
    );
  }
  return (
    <Page>
      <Sheet>
        <Title>{people ? `Sign in to ${people.account.name}` : <Skeleton width="60%" />}</Title>
        <Lead>This is a sandbox: choose who you are.</Lead>
        <List>
          {people
            ? people.people.map(person => (
                <li key={person.id}>
                  <Person onClick={() => void choose(person.id)} disabled={busy !== null}>
                    <Face name={person.name} size="medium" />
                    <Who>
                      <b>{person.name}</b>
                      <span>{[person.email, person.groups.join(', ')].filter(Boolean).join(' · ')}</span>
                    </Who>
                    <Role>{ROLES[person.role] ?? person.role}</Role>
                  </Person>
                </li>
              ))
            : [1, 2, 3, 4, 5, 6].map(row => (
                <li key={row}>
                  <Skeleton height="60px" />
                </li>
              ))}
        </List>
      </Sheet>
    </Page>
  );
}
