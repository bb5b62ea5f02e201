//! Triggers, automations, macros and views: conditions and what follows from them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A business rule that looks at every ticket that was created or changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trigger {
    pub id: u64,
    pub title: String,
    pub description: Option<String>,
    pub active: bool,
    pub position: i64,
    pub category_id: Option<String>,
    pub conditions: Conditions,
    pub actions: Vec<Action>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// All of `all` and, if there are any, at least one of `any`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Conditions {
    #[serde(default)]
    pub all: Vec<Condition>,
    #[serde(default)]
    pub any: Vec<Condition>,
}

/// One comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Condition {
    pub field: String,
    #[serde(default = "is")]
    pub operator: String,
    #[serde(default)]
    pub value: Value,
}

fn is() -> String {
    "is".to_owned()
}

/// One consequence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Action {
    pub field: String,
    #[serde(default)]
    pub value: Value,
}

/// That a trigger was looked at, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct TriggerRun {
    pub time: Timestamp,
    pub ticket_id: u64,
    pub audit_id: u64,
    pub trigger_id: u64,
    pub title: String,
    pub fired: bool,
    /// The condition that failed, or what was changed.
    pub reason: String,
}

/// A list of tickets by conditions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct View {
    pub id: u64,
    pub title: String,
    pub description: Option<String>,
    pub active: bool,
    pub position: i64,
    pub conditions: Conditions,
    /// Column names, e.g. `subject`.
    pub columns: Vec<String>,
    pub sort_by: String,
    pub sort_desc: bool,
    /// By which the rows are grouped.
    #[serde(default)]
    pub group_by: Option<String>,
    #[serde(default)]
    pub group_desc: bool,
    /// Who may use it; everybody when absent.
    #[serde(default)]
    pub restriction: Option<Restriction>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who may use a macro or view: some groups or one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// `Group` or `User`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The user, or the first of the groups.
    pub id: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<u64>,
}

/// Actions that an agent applies to a ticket by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Macro {
    pub id: u64,
    pub title: String,
    pub description: Option<String>,
    pub active: bool,
    pub position: i64,
    pub actions: Vec<Action>,
    pub restriction: Option<Restriction>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A rule that looks at all tickets once an hour.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Automation {
    pub id: u64,
    pub title: String,
    pub active: bool,
    pub position: i64,
    pub conditions: Conditions,
    pub actions: Vec<Action>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A heading under which triggers stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TriggerCategory {
    pub id: u64,
    pub name: String,
    pub position: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An e-mail that a rule would have sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    pub time: Timestamp,
    pub ticket_id: u64,
    /// Title of the trigger or automation.
    pub rule: String,
    /// Addresses.
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
}
