import type { Id, User } from '../../api/types';
import type { World } from '../../model/world';

/** Minutes east of UTC of a time zone at this moment, from the browser's own zone data. */
function offsetOf(zone: string): number {
  try {
    const parts = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      timeZoneName: 'longOffset',
    }).formatToParts();
    const name = parts.find(part => part.type === 'timeZoneName')?.value ?? '';
    const match = /([+-])(\d{2}):(\d{2})/.exec(name);
    return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
  } catch {
    return 0;
  }
}

function formatOffset(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const size = Math.abs(minutes);
  return `GMT${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A person in the form that apps get. */
export function personView(world: World, user: User) {
  const zone = user.iana_time_zone ?? '';
  const offset = zone ? offsetOf(zone) : 0;
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    role: user.role,
    alias: user.alias ?? null,
    avatarUrl: user.photo?.content_url ?? null,
    details: user.details ?? null,
    externalId: user.external_id ?? null,
    groups: world.groupsOf(user.id).map(({ id, name }) => ({ id, name })),
    identities: user.email ? [{ type: 'email', value: user.email, primary: true, verified: true }] : [],
    locale: user.locale ?? 'en-US',
    notes: user.notes ?? null,
    organizations: [organizationView(world, user.organization_id)].filter(row => row !== null),
    signature: user.signature ?? null,
    tags: user.tags ?? [],
    timeZone: {
      name: user.time_zone ?? '',
      translatedName: user.time_zone ?? '',
      ianaName: zone,
      offset,
      formattedOffset: formatOffset(offset),
    },
  };
}

export function organizationView(world: World, id: Id | null | undefined) {
  const row = id == null ? null : world.organizations.get(id);
  if (!row) return null;
  return {
    id: row.id,
    name: row.name,
    details: row.details ?? null,
    notes: row.notes ?? null,
    domains: (row.domain_names ?? []).join(' '),
    externalId: row.external_id ?? null,
    tags: row.tags ?? [],
    group: world.group(row.group_id),
    sharedComments: row.shared_comments ?? false,
    sharedTickets: row.shared_tickets ?? false,
  };
}
