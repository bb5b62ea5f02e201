//! Fields of users and organizations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::FieldOption;

/// A field that an administrator has made for users or organizations; records carry its value under `key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PersonField {
    pub id: u64,
    /// Whose field it is.
    pub of: FieldOwner,
    pub key: String,
    /// Zendesk's `type`: `text`, `dropdown`, …
    pub kind: String,
    pub title: String,
    pub description: String,
    pub position: i64,
    pub active: bool,
    pub regexp_for_validation: Option<String>,
    /// The tag that a ticked checkbox stands for.
    pub tag: Option<String>,
    pub options: Vec<FieldOption>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whose records carry a [`PersonField`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOwner {
    User,
    Organization,
}
