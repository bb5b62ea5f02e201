//! Webhooks and what was sent by them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where to call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    /// A ULID.
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
    /// `conditional_ticket_events` or event types.
    pub subscriptions: Vec<String>,
    pub endpoint: String,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub http_method: String,
    /// `json`, `xml` or `form_encoded`.
    pub request_format: String,
    pub authentication: Option<Authentication>,
    pub custom_headers: BTreeMap<String, String>,
    /// Signs deliveries; shown only by its own route.
    pub signing_secret: String,
    pub created_at: Timestamp,
    pub created_by: u64,
    pub updated_at: Timestamp,
    pub updated_by: u64,
}

/// How the webhook shows who it is; secrets are not shown again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Authentication {
    BasicAuth { username: String, password: String },
    BearerToken { token: String },
    ApiKey { name: String, value: String },
}

/// One event to be delivered, with every attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// The invocation id: a ULID.
    pub id: String,
    pub webhook_id: String,
    pub ticket_id: Option<u64>,
    pub body: String,
    pub created_at: Timestamp,
    /// When to try (again); nothing when it is over.
    pub due: Option<Timestamp>,
    pub attempts: Vec<Attempt>,
}

/// One call and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    pub id: String,
    pub at: Timestamp,
    pub completed_at: Timestamp,
    /// The receiver's status; 504 for a time-out, 502 when it could not be reached.
    pub status: u16,
    pub request_headers: BTreeMap<String, String>,
    pub response_headers: BTreeMap<String, String>,
    /// The beginning of it.
    pub response_body: String,
    pub retry_after: Option<u64>,
    /// Why there was no answer.
    pub error: Option<String>,
}

impl Delivery {
    /// Zendesk's word for how it went: `success`, `failed`, or `queued` while there is more to come.
    pub fn status(&self) -> &'static str {
        match self.attempts.last() {
            _ if self.due.is_some() => "queued",
            Some(last) if (200..300).contains(&last.status) => "success",
            _ => "failed",
        }
    }

    /// What the list of invocations shows of it.
    pub fn summary(&self) -> Value {
        serde_json::json!({
            "id": self.id,
            "status_code": self.attempts.last().map(|a| a.status),
            "status": self.status(),
            "latest_completed_at": self.attempts.last().map(|a| a.completed_at),
        })
    }
}
