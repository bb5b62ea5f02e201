//! What administrators set up: account, settings, fields, forms, statuses, schedules.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Status;

/// The account itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Account {
    pub id: u64,
    pub subdomain: String,
    pub name: String,
    /// Rails name.
    pub time_zone: String,
    pub iana_time_zone: String,
    pub brand_id: u64,
}

/// Limits, delays and looks: what `/sandbox/settings` shows and changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Calls of the whole account in a minute.
    pub rate_limit_per_minute: u32,
    /// Updates of one ticket by one user in ten minutes.
    pub per_ticket_update_limit: u32,
    /// Ticket updates of the whole account in a minute.
    pub tickets_update_limit: u32,
    /// Whether the signed token's `context` names the ticket.
    pub signed_context_ticket: bool,
    pub access_token_seconds: u64,
    pub refresh_token_seconds: u64,
    /// How long a job waits before it works.
    pub job_delay_ms: u64,
    pub plan_name: String,
    /// `light`, `dark`, or nothing for the browser's choice.
    pub color_scheme: Option<String>,
    /// How long the workspace waits for an app's answer to the save hook.
    pub save_hook_timeout_ms: u64,
    /// How long a webhook's receiver may take.
    pub webhook_timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            rate_limit_per_minute: 700,
            per_ticket_update_limit: 30,
            tickets_update_limit: 100,
            signed_context_ticket: true,
            access_token_seconds: 1_800,
            refresh_token_seconds: 2_592_000,
            job_delay_ms: 300,
            plan_name: "Enterprise".to_owned(),
            color_scheme: None,
            save_hook_timeout_ms: 30_000,
            webhook_timeout_ms: 10_000,
        }
    }
}

/// A ticket field, the system's or one made by an administrator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicketField {
    pub id: u64,
    pub kind: FieldKind,
    pub title: String,
    pub title_in_portal: String,
    pub description: String,
    pub agent_description: Option<String>,
    pub position: i64,
    pub active: bool,
    pub required: bool,
    pub required_in_portal: bool,
    pub collapsed_for_agents: bool,
    pub visible_in_portal: bool,
    pub editable_in_portal: bool,
    /// Made by the system: cannot be removed.
    pub system: bool,
    /// The tag that a ticked checkbox adds.
    pub tag: Option<String>,
    pub regexp_for_validation: Option<String>,
    pub options: Vec<FieldOption>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Zendesk's `type` of a ticket field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    Subject,
    Description,
    Status,
    #[serde(rename = "custom_status")]
    CustomStatus,
    #[serde(rename = "tickettype")]
    TicketType,
    Priority,
    Group,
    Assignee,
    Text,
    TextArea,
    Checkbox,
    Date,
    Integer,
    Decimal,
    Regexp,
    Tagger,
    MultiSelect,
    Lookup,
}

impl FieldKind {
    /// Whether tickets carry its value in `custom_fields`.
    pub fn is_custom(self) -> bool {
        use FieldKind::{
            Checkbox, Date, Decimal, Integer, Lookup, MultiSelect, Regexp, Tagger, Text, TextArea,
        };
        matches!(
            self,
            Text | TextArea | Checkbox | Date | Integer | Decimal | Regexp | Tagger | MultiSelect | Lookup
        )
    }
}

/// A choice of a drop-down or multi-select field. Its value is also a tag.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldOption {
    pub id: u64,
    pub name: String,
    pub value: String,
    pub default: bool,
}

/// A form: which fields, in which order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicketForm {
    pub id: u64,
    pub name: String,
    pub display_name: String,
    pub position: i64,
    pub active: bool,
    pub default: bool,
    pub end_user_visible: bool,
    pub ticket_field_ids: Vec<u64>,
    #[serde(default)]
    pub agent_conditions: Vec<FormCondition>,
    #[serde(default)]
    pub end_user_conditions: Vec<FormCondition>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// While the parent field has this value, the children are on the form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FormCondition {
    pub parent_field_id: u64,
    pub value: Value,
    pub child_fields: Vec<ChildField>,
}

/// A field that a condition shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChildField {
    pub id: u64,
    #[serde(default)]
    pub is_required: bool,
    /// For agents: in which statuses it must be filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_on_statuses: Option<RequiredOn>,
}

/// `ALL_STATUSES`, `NO_STATUSES`, or `SOME_STATUSES` with the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequiredOn {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_statuses: Vec<u64>,
}

/// A custom status within one of the five categories.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomStatus {
    pub id: u64,
    pub status_category: Status,
    pub agent_label: String,
    pub end_user_label: String,
    pub description: String,
    pub end_user_description: String,
    pub active: bool,
    /// The status that setting the category picks.
    pub default: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Business hours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schedule {
    pub id: u64,
    pub name: String,
    /// Rails name, e.g. `Eastern Time (US & Canada)`.
    pub time_zone: String,
    pub intervals: Vec<Interval>,
    pub holidays: Vec<Holiday>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Minutes since Sunday 00:00, 0 to 10080.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    pub start_time: u32,
    pub end_time: u32,
}

/// Days off, both inclusive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holiday {
    pub id: u64,
    pub name: String,
    pub start_date: Date,
    pub end_date: Date,
}
