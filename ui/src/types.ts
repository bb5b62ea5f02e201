/** What the server and the pages tell each other; times are RFC 3339 UTC, everything else as in docs/api. */

export type AgentRole = 'admin' | 'agent';
export type PageName = 'sidebar' | 'board' | 'background';

/** The administrator's grant that lets the server work while nobody is looking. */
export type Authorization =
  | { state: 'missing' }
  | {
      state: 'healthy' | 'lost';
      granted_by: string | null;
      lost_since?: string;
      reason?: string;
      parked?: number;
    };

/** One line of the "API access" table: what an app may do with one kind of thing in Zendesk, and why. */
export interface ApiAccess {
  resource: string;
  read: boolean;
  update: boolean;
  create: boolean;
  why: string;
}

export interface Session {
  token: string;
  expires_at: string;
}

/** What the server writes into the page (`<script type="application/json" id="boot">`). */
export interface Boot {
  app: string;
  app_name: string;
  page: PageName;
  /** The server's time when it wrote the page. */
  now: string;
  /** The agent's Zendesk locale, `en` if unknown. */
  locale: string;
  account: { subdomain: string; url: string };
  /** Null members: not yet known to the server, which asks Zendesk only after the authorization. */
  agent: { id: number; name: string | null; role: AgentRole | null; time_zone: string | null };
  session: Session;
  authorization: Authorization;
  api_access: ApiAccess[];
  /** Known when the signed request told it, else the page asks Zendesk for it. */
  ticket_id: number | null;
  /** The app's first data for this page. */
  data: unknown;
}

/** One line of "what did the app do": a code and what its sentence needs (`activity.<code>` in the catalogues). */
export interface ActivityItem {
  id: number;
  at: string;
  ticket_id: number | null;
  app: string;
  code: string;
  args: Record<string, unknown>;
  /** Why: an agent (`text` is the name), a trigger of Zendesk's, or because its time had come. */
  cause: { kind: 'agent' | 'trigger' | 'timer'; text: string };
  on_authorization_of: string | null;
  result: ActivityResult;
  result_code: string | null;
  /** An English sentence. */
  result_detail: string | null;
}

export type ActivityResult = 'sent' | 'merged' | 'refused' | 'parked' | 'waiting' | 'done';

/** A page of a list that is read forwards. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
