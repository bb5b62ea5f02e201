/**
 * What the sandbox answers: the parts of Zendesk's REST objects that the desk reads, and the shapes of
 * `docs/workspace-api.md`. Everything optional here may be absent in an answer.
 */

export type Id = number;

export interface NamedRef {
  id: Id;
  name: string;
}

export interface User {
  id: Id;
  name: string;
  email: string | null;
  role: 'end-user' | 'agent' | 'admin';
  alias?: string | null;
  custom_role_id?: Id | null;
  default_group_id?: Id | null;
  details?: string | null;
  external_id?: string | null;
  iana_time_zone?: string;
  locale?: string;
  notes?: string | null;
  organization_id?: Id | null;
  phone?: string | null;
  photo?: { content_url?: string } | null;
  signature?: string | null;
  tags?: string[];
  time_zone?: string;
  user_fields?: Record<string, unknown>;
}

export interface CurrentUser extends User {
  groups: NamedRef[];
  organizations: NamedRef[];
}

export interface Account {
  subdomain: string;
  name: string;
  host_origin: string;
  plan_name: string;
  time_zone: {
    name: string;
    iana_name: string;
    offset: number;
    formatted_offset: string;
    translated_name: string;
  };
}

/** The places of the support product where an app can appear. */
export type Location =
  | 'ticket_sidebar'
  | 'new_ticket_sidebar'
  | 'user_sidebar'
  | 'organization_sidebar'
  | 'nav_bar'
  | 'top_bar'
  | 'background'
  | 'modal'
  | 'ticket_editor'
  | 'custom_object_record_sidebar'
  | 'system_top_bar';

export interface AppLocation {
  location: Location;
  url: string;
  signed: boolean;
  auto_load: boolean;
  auto_hide: boolean;
  flexible: boolean;
  size?: { width?: string | number; height?: string | number } | null;
  icon_url?: string | null;
}

export interface Installation {
  id: Id;
  app_id: Id;
  name: string;
  enabled: boolean;
  product: string;
  settings: Record<string, unknown>;
  version: string;
  author_name?: string | null;
  /** A file in the app's asset folder; the other files of the package are found beside it. */
  logo_url: string | null;
  default_locale?: string;
  locations: AppLocation[];
}

export type ColorScheme = 'light' | 'dark';

export interface Boot {
  account: Account;
  user: CurrentUser;
  installations: Installation[];
  sdk_url: string;
  save_hook_timeout_ms: number;
  color_scheme: ColorScheme | null;
  api_log: boolean;
}

export interface People {
  account: { subdomain: string; name: string };
  people: {
    id: Id;
    name: string;
    email: string;
    role: string;
    groups: string[];
    photo_color?: string | null;
  }[];
}

export interface Launch {
  url: string;
  method: 'GET' | 'POST';
  token: string | null;
}

export type StatusCategory = 'new' | 'open' | 'pending' | 'hold' | 'solved' | 'closed';

export interface CustomFieldValue {
  id: Id;
  value: unknown;
}

export interface Ticket {
  id: Id;
  subject: string;
  description?: string | null;
  status: StatusCategory;
  custom_status_id?: Id | null;
  priority: string | null;
  type: string | null;
  requester_id: Id;
  submitter_id?: Id;
  assignee_id: Id | null;
  group_id: Id | null;
  organization_id: Id | null;
  brand_id?: Id | null;
  ticket_form_id?: Id | null;
  external_id?: string | null;
  recipient?: string | null;
  collaborator_ids?: Id[];
  follower_ids?: Id[];
  tags: string[];
  custom_fields: CustomFieldValue[];
  via?: { channel: string; source?: unknown };
  created_at: string;
  updated_at: string;
}

export interface Attachment {
  id: Id;
  file_name: string;
  content_url: string;
  content_type: string;
  size: number;
}

export interface Comment {
  id: Id;
  type?: string;
  author_id: Id;
  body: string;
  html_body: string;
  plain_body?: string;
  public: boolean;
  attachments?: Attachment[];
  via?: { channel: string; source?: unknown };
  created_at: string;
}

export interface FieldOption {
  id?: Id;
  name: string;
  value: string;
  default?: boolean;
}

export interface TicketField {
  id: Id;
  type: string;
  title: string;
  description?: string | null;
  active: boolean;
  required: boolean;
  position?: number;
  regexp_for_validation?: string | null;
  custom_field_options?: FieldOption[];
  system_field_options?: FieldOption[];
}

export interface TicketForm {
  id: Id;
  name: string;
  active: boolean;
  default?: boolean;
  ticket_field_ids: Id[];
  agent_conditions?: FormCondition[];
}

export interface FormCondition {
  parent_field_id: Id;
  value: unknown;
  child_fields: {
    id: Id;
    is_required?: boolean;
    required_on_statuses?: { type: string; statuses?: string[]; custom_statuses?: Id[] };
  }[];
}

export interface View {
  id: Id;
  title: string;
  active?: boolean;
  position?: number;
  description?: string | null;
}

export interface Organization {
  id: Id;
  name: string;
  details?: string | null;
  notes?: string | null;
  domain_names?: string[];
  tags?: string[];
  external_id?: string | null;
  group_id?: Id | null;
  shared_comments?: boolean;
  shared_tickets?: boolean;
}

export interface CustomStatus {
  id: Id;
  status_category: StatusCategory;
  agent_label: string;
  active: boolean;
  default: boolean;
}

export interface Brand {
  id: Id;
  name: string;
  subdomain?: string;
  active?: boolean;
  default?: boolean;
}

export interface Macro {
  id: Id;
  title: string;
  active?: boolean;
}
