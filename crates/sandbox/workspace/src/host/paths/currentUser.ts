import { dig, Refused } from './entry';
import type { Entry, Scope } from './entry';
import { personView } from './people';

function currentUser({ desk }: Scope) {
  const { user } = desk.boot;
  return {
    ...personView(desk.world, user),
    groups: user.groups.map(({ id, name }) => ({ id, name })),
    organizations: user.organizations,
  };
}

export const currentUserPaths: Entry[] = [
  {
    path: /^currentUser\.customField:(.+)$/,
    get: ({ desk }, [key = '']) => {
      const fields = desk.boot.user.user_fields ?? {};
      if (!(key in fields)) throw new Refused('is not a known user field');
      return fields[key];
    },
  },
  { path: /^currentUser(?:\.(.+))?$/, get: (scope, [rest = '']) => dig(currentUser(scope), rest) },
];
