//! What happened to a ticket: `/api/v2/tickets/{id}/audits` and `…/comments`.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::{Call, Meta};
use crate::tickets::Tickets;
use crate::{Error, Resource};

/// One change of a ticket, with everything that it did.
#[derive(Debug, Clone, Deserialize)]
pub struct Audit {
    /// Id; grows with time. 0 if Zendesk left it out.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub id: i64,
    /// The ticket.
    #[serde(default)]
    pub ticket_id: Option<i64>,
    /// Who did it; -1 is Zendesk itself.
    #[serde(default)]
    pub author_id: Option<i64>,
    /// When.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// What was given with the change: the writer's own part is `metadata.custom`.
    #[serde(default)]
    pub metadata: Value,
    /// What it did.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub events: Vec<AuditEvent>,
}

/// One thing that a change did.
#[derive(Debug, Clone, Deserialize)]
pub struct AuditEvent {
    /// `Create`, `Change`, `Comment`, `Notification`, …
    #[serde(default, rename = "type", deserialize_with = "crate::de::null_as_default")]
    pub kind: String,
    /// The property that changed: `tags`, `status`, a ticket field's id.
    #[serde(default)]
    pub field_name: Option<String>,
    /// New value.
    #[serde(default)]
    pub value: Value,
    /// Old value.
    #[serde(default)]
    pub previous_value: Value,
}

/// A comment on a ticket.
#[derive(Debug, Clone, Deserialize)]
pub struct Comment {
    /// Id; grows with time.
    pub id: i64,
    /// Who wrote it; -1 is Zendesk itself.
    #[serde(default)]
    pub author_id: Option<i64>,
    /// When.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// The customer sees it.
    #[serde(default)]
    pub public: Option<bool>,
    /// Text without markup.
    #[serde(default)]
    pub plain_body: Option<String>,
    /// Text as Zendesk shows it.
    #[serde(default)]
    pub html_body: Option<String>,
    /// The audit that added it.
    #[serde(default)]
    pub audit_id: Option<i64>,
}

impl Tickets<'_> {
    /// The newest `limit` audits, newest first.
    pub async fn audits(&self, ticket_id: i64, limit: usize) -> Result<Vec<Audit>, Error> {
        #[derive(Deserialize)]
        struct Page {
            audits: Vec<Audit>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::Tickets, "/api/v2/tickets/{id}/audits").arg(ticket_id);
        self.newest(call, limit, |page: Page| (page.audits, page.meta), |audit| audit.id).await
    }

    /// The newest `limit` comments, newest first.
    pub async fn comments(&self, ticket_id: i64, limit: usize) -> Result<Vec<Comment>, Error> {
        #[derive(Deserialize)]
        struct Page {
            comments: Vec<Comment>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::Tickets, "/api/v2/tickets/{id}/comments").arg(ticket_id);
        self.newest(call, limit, |page: Page| (page.comments, page.meta), |comment| comment.id).await
    }

    /// Zendesk documents `sort` for comments only, and does not page the audits of archived tickets. So the order is
    /// asked for, looked at, and made: pages that come oldest first are read to the end.
    async fn newest<A: DeserializeOwned, T>(
        &self,
        call: Call,
        limit: usize,
        parts: impl Fn(A) -> (Vec<T>, Option<Meta>),
        id: impl Fn(&T) -> i64,
    ) -> Result<Vec<T>, Error> {
        let call = call.query("sort", "-created_at");
        let more = |read: &[T]| {
            let oldest_first = matches!(read, [first, .., last] if id(first) < id(last));
            oldest_first || read.len() < limit
        };
        let mut items = self.0.fetch_while(call, parts, more).await?;
        items.sort_by_key(|item| Reverse(id(item)));
        items.truncate(limit);
        Ok(items)
    }
}
