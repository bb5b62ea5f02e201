//! Tickets with their comments and audits.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A ticket and everything that was said and done on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicketRecord {
    pub ticket: Ticket,
    /// Oldest first.
    pub comments: Vec<Comment>,
    /// Oldest first.
    pub audits: Vec<Audit>,
}

/// A ticket that was deleted and not yet for good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeletedTicket {
    pub record: Arc<TicketRecord>,
    pub deleted_at: Timestamp,
    /// Who deleted it.
    pub actor_id: u64,
}

/// A ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    pub id: u64,
    pub external_id: Option<String>,
    pub via: Via,
    pub subject: String,
    pub description: String,
    pub kind: Option<TicketType>,
    pub priority: Option<Priority>,
    pub status: Status,
    pub custom_status_id: u64,
    pub requester_id: u64,
    pub submitter_id: u64,
    pub assignee_id: Option<u64>,
    pub group_id: Option<u64>,
    pub organization_id: Option<u64>,
    /// Everybody copied in: the CCs and followers together.
    pub collaborator_ids: Vec<u64>,
    #[serde(default)]
    pub email_cc_ids: Vec<u64>,
    /// Agents only.
    #[serde(default)]
    pub follower_ids: Vec<u64>,
    /// Tickets that were opened to follow this one up.
    #[serde(default)]
    pub followup_ids: Vec<u64>,
    /// The latest rating.
    #[serde(default)]
    pub satisfaction_rating_id: Option<u64>,
    pub problem_id: Option<u64>,
    pub due_at: Option<Timestamp>,
    /// Sorted, each once.
    pub tags: Vec<String>,
    /// Only those that have a value.
    pub custom_fields: BTreeMap<u64, Value>,
    pub ticket_form_id: Option<u64>,
    pub is_public: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Zendesk's six system statuses, in order of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    New,
    Open,
    Pending,
    Hold,
    Solved,
    Closed,
}

impl Status {
    /// The word in Zendesk's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Open => "open",
            Status::Pending => "pending",
            Status::Hold => "hold",
            Status::Solved => "solved",
            Status::Closed => "closed",
        }
    }

    /// The status of that name.
    pub fn parse(s: &str) -> Option<Status> {
        use Status::{Closed, Hold, New, Open, Pending, Solved};
        [New, Open, Pending, Hold, Solved, Closed].into_iter().find(|v| v.as_str() == s)
    }
}

/// Zendesk's priorities, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

impl Priority {
    /// The word in Zendesk's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }

    /// The priority of that name.
    pub fn parse(s: &str) -> Option<Priority> {
        [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent]
            .into_iter()
            .find(|v| v.as_str() == s)
    }
}

/// Zendesk's ticket types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketType {
    Problem,
    Incident,
    Question,
    Task,
}

impl TicketType {
    /// The word in Zendesk's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            TicketType::Problem => "problem",
            TicketType::Incident => "incident",
            TicketType::Question => "question",
            TicketType::Task => "task",
        }
    }

    /// The type of that name.
    pub fn parse(s: &str) -> Option<TicketType> {
        use TicketType::{Incident, Problem, Question, Task};
        [Problem, Incident, Question, Task].into_iter().find(|v| v.as_str() == s)
    }
}

/// How something came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    Web,
    Api,
    Email,
    /// A trigger did it.
    Trigger {
        id: u64,
        title: String,
    },
    /// An automation did it.
    Automation {
        id: u64,
        title: String,
    },
    /// A new ticket in place of a closed one.
    Followup {
        ticket_id: u64,
    },
    /// Other tickets were merged into this one, or this one into another.
    Merge {
        ticket_id: u64,
    },
}

/// Something said on a ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comment {
    pub id: u64,
    pub author_id: u64,
    pub public: bool,
    pub body: String,
    /// As given; made from `body` when absent.
    pub html_body: Option<String>,
    pub via: Via,
    pub audit_id: u64,
    pub created_at: Timestamp,
    #[serde(default)]
    pub attachment_ids: Vec<u64>,
}

/// One update of a ticket: everything that changed together, triggers included.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Audit {
    pub id: u64,
    pub author_id: u64,
    pub via: Via,
    pub created_at: Timestamp,
    /// `metadata` of the request.
    pub custom: Value,
    pub events: Vec<AuditEvent>,
}

/// One thing that happened in an update.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditEvent {
    pub id: u64,
    pub change: Change,
    /// When a trigger did it; otherwise as the audit.
    pub via: Option<Via>,
}

/// What happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// A comment was added; its id is the event's.
    Comment,
    /// A value at creation.
    Create { field: String, value: Value },
    /// A value replaced.
    Change { field: String, value: Value, previous: Value },
    /// A trigger notified somebody by e-mail. The sandbox sends none; this is its record.
    Notification { recipients: Vec<u64>, subject: String, body: String },
    /// A trigger called a webhook.
    Webhook { webhook_id: String, body: String },
}
