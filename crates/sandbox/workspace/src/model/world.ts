import { ApiError, get, getAll } from '../api/client';
import type {
  Brand,
  CustomStatus,
  Id,
  Macro,
  NamedRef,
  Organization,
  TicketField,
  TicketForm as FormDefinition,
  User,
} from '../api/types';
import { Observable } from './observable';

/** The account's definitions that every ticket page needs. */
export interface Catalog {
  fields: TicketField[];
  forms: FormDefinition[];
  groups: NamedRef[];
  memberships: { user_id: Id; group_id: Id }[];
  brands: Brand[];
  statuses: CustomStatus[];
  macros: Macro[];
}

export const emptyCatalog: Catalog = {
  fields: [],
  forms: [],
  groups: [],
  memberships: [],
  brands: [],
  statuses: [],
  macros: [],
};

/** Lists that a plan may lack answer 404 or 403: the desk then goes without them. */
async function optional<T>(list: Promise<T[]>): Promise<T[]> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return [];
    throw error;
  }
}

export async function loadCatalog(): Promise<Catalog> {
  const [fields, forms, groups, memberships, brands, statuses, macros] = await Promise.all([
    getAll<TicketField>('/api/v2/ticket_fields', 'ticket_fields'),
    optional(getAll<FormDefinition>('/api/v2/ticket_forms', 'ticket_forms')),
    getAll<NamedRef>('/api/v2/groups', 'groups'),
    optional(getAll<{ user_id: Id; group_id: Id }>('/api/v2/group_memberships', 'group_memberships')),
    optional(getAll<Brand>('/api/v2/brands', 'brands')),
    optional(getAll<CustomStatus>('/api/v2/custom_statuses', 'custom_statuses')),
    optional(getAll<Macro>('/api/v2/macros', 'macros')),
  ]);
  return {
    fields: fields.filter(field => field.active),
    forms: forms.filter(form => form.active),
    groups,
    memberships,
    brands: brands.filter(brand => brand.active !== false),
    statuses: statuses.filter(status => status.active),
    macros: macros.filter(macro => macro.active !== false),
  };
}

/** Who and what the desk knows by name: definitions, people, organizations. Fetches what is missing, in bulk. */
export class World extends Observable {
  readonly users = new Map<Id, User>();
  readonly organizations = new Map<Id, Organization>();
  #asked = new Set<string>();

  constructor(public catalog: Catalog = emptyCatalog) {
    super();
  }

  user(id: Id | null | undefined): User | null {
    return id == null ? null : (this.users.get(id) ?? null);
  }

  group(id: Id | null | undefined): NamedRef | null {
    return id == null ? null : (this.catalog.groups.find(group => group.id === id) ?? null);
  }

  groupsOf(userId: Id): NamedRef[] {
    const ids = this.catalog.memberships.filter(m => m.user_id === userId).map(m => m.group_id);
    return this.catalog.groups.filter(group => ids.includes(group.id));
  }

  learn(users: User[]): void {
    for (const user of users) this.users.set(user.id, user);
    if (users.length > 0) this.changed();
  }

  async ensureUsers(ids: (Id | null | undefined)[]): Promise<void> {
    const missing = this.#missing('user', ids);
    for (let at = 0; at < missing.length; at += 100) {
      const part = missing.slice(at, at + 100);
      try {
        this.learn((await get<{ users: User[] }>(`/api/v2/users/show_many?ids=${part.join(',')}`)).users);
      } catch (error) {
        this.#forget('user', part);
        throw error;
      }
    }
  }

  async ensureOrganizations(ids: (Id | null | undefined)[]): Promise<void> {
    const missing = this.#missing('organization', ids);
    if (missing.length === 0) return;
    try {
      const path = `/api/v2/organizations/show_many?ids=${missing.slice(0, 100).join(',')}`;
      for (const row of (await get<{ organizations: Organization[] }>(path)).organizations) {
        this.organizations.set(row.id, row);
      }
      this.changed();
    } catch (error) {
      this.#forget('organization', missing);
      throw error;
    }
  }

  /** Ids not known and not being asked for. */
  #missing(kind: string, ids: (Id | null | undefined)[]): Id[] {
    const known: Map<Id, unknown> = kind === 'user' ? this.users : this.organizations;
    const missing = [...new Set(ids)].filter(
      (id): id is Id => id != null && id > 0 && !known.has(id) && !this.#asked.has(`${kind}${id}`),
    );
    for (const id of missing) this.#asked.add(`${kind}${id}`);
    return missing;
  }

  #forget(kind: string, ids: Id[]): void {
    for (const id of ids) this.#asked.delete(`${kind}${id}`);
  }
}
