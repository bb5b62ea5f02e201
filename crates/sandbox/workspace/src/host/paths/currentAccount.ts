import { dig } from './entry';
import type { Entry, Scope } from './entry';

function currentAccount({ desk }: Scope) {
  const { plan_name, subdomain, time_zone: zone } = desk.boot.account;
  return {
    planName: plan_name,
    subdomain,
    daysLeftInTrial: 0,
    timeZone: {
      name: zone.name,
      translatedName: zone.translated_name,
      ianaName: zone.iana_name,
      offset: zone.offset,
      formattedOffset: zone.formatted_offset,
    },
  };
}

export const currentAccountPaths: Entry[] = [
  { path: /^currentAccount(?:\.(.+))?$/, get: (scope, [rest = '']) => dig(currentAccount(scope), rest) },
];
