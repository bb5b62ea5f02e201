//! Triggers and views: conditions and what follows from them.

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
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
