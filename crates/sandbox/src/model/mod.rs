//! The account's data, as plain structs. How they look in answers is the business of `rest`.

mod people;
mod rules;
mod setup;
mod ticket;
mod webhook;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use people::{
    Group, GroupMembership, Identity, Organization, OrganizationMembership, TicketRestriction, User,
};
pub use rules::{Action, Condition, Conditions, Trigger, TriggerRun, View};
pub use setup::{
    Account, CustomStatus, FieldKind, FieldOption, Holiday, Interval, Schedule, Settings, TicketField,
    TicketForm,
};
pub use ticket::{
    Audit, AuditEvent, Change, Comment, Priority, Status, Ticket, TicketRecord, TicketType, Via,
};
pub use webhook::{Attempt, Authentication, Delivery, Webhook};

use crate::people::Wish;
use crate::{apps, oauth, workspace_api};

/// One account with everything in it. A clone is cheap: tickets are shared until one side changes them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct World {
    /// The address of the sandbox, without a slash at the end; set when it starts.
    #[serde(skip)]
    pub base_url: String,
    pub account: Account,
    pub settings: Settings,
    pub ids: Ids,
    pub users: BTreeMap<u64, User>,
    pub groups: BTreeMap<u64, Group>,
    pub group_memberships: BTreeMap<u64, GroupMembership>,
    pub organizations: BTreeMap<u64, Organization>,
    #[serde(default)]
    pub organization_memberships: BTreeMap<u64, OrganizationMembership>,
    pub tickets: BTreeMap<u64, Arc<TicketRecord>>,
    pub ticket_fields: BTreeMap<u64, TicketField>,
    pub ticket_forms: BTreeMap<u64, TicketForm>,
    pub custom_statuses: BTreeMap<u64, CustomStatus>,
    pub views: BTreeMap<u64, View>,
    pub triggers: BTreeMap<u64, Trigger>,
    pub webhooks: BTreeMap<String, Webhook>,
    pub schedules: BTreeMap<u64, Schedule>,
    pub jobs: BTreeMap<String, Job>,
    /// Answers remembered for `Idempotency-Key`, by key.
    pub idempotency: HashMap<String, Remembered>,
    /// The newest trigger evaluations, oldest first; bounded.
    #[serde(skip)]
    pub trigger_runs: VecDeque<Arc<TriggerRun>>,
    /// Webhook deliveries by invocation id (which sorts by time); finished ones are bounded in number.
    pub deliveries: BTreeMap<String, Arc<Delivery>>,
    pub oauth: oauth::State,
    pub apps: apps::State,
    pub workspace: workspace_api::State,
}

impl World {
    /// The user with this address, in any case. Whoever was deleted has given his up.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.values().find(|u| u.active && u.has_email(email))
    }

    /// The groups of a user, in order of membership.
    pub fn groups_of(&self, user_id: u64) -> impl Iterator<Item = &Group> {
        self.group_memberships
            .values()
            .filter(move |m| m.user_id == user_id)
            .filter_map(|m| self.groups.get(&m.group_id))
    }

    /// Whether a user is a member of a group.
    pub fn is_member(&self, user_id: u64, group_id: u64) -> bool {
        self.group_memberships.values().any(|m| m.user_id == user_id && m.group_id == group_id)
    }
}

/// Hands out identifiers that look like Zendesk's: large for everything but tickets, which count up from 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ids {
    next: u64,
    next_ticket: u64,
}

impl Default for Ids {
    fn default() -> Ids {
        // Beyond 32 bits, as in accounts of today, yet exact in JavaScript.
        Ids { next: 21_825_834_093_714, next_ticket: 1 }
    }
}

impl Ids {
    /// A fresh identifier for anything but a ticket.
    pub fn next_id(&mut self) -> u64 {
        let id = self.next;
        self.next += 32;
        id
    }

    /// A fresh ticket number.
    pub fn next_ticket(&mut self) -> u64 {
        let id = self.next_ticket;
        self.next_ticket += 1;
        id
    }
}

/// Work that Zendesk does after it has answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// `V3-` and 32 hexadecimal digits.
    pub id: String,
    pub status: JobState,
    /// Zendesk's name of the job, e.g. `Bulk Update Ticket`.
    pub job_type: String,
    pub total: usize,
    pub progress: Option<usize>,
    pub message: Option<String>,
    pub results: Vec<Value>,
    pub created_at: Timestamp,
    /// Who asked for it: the changes are made on that user's behalf.
    pub user_id: u64,
    /// What is still to be done: ticket ids with the body for each.
    pub todo: Vec<(u64, Arc<Value>)>,
    /// What is still to be done to users, organizations and memberships.
    #[serde(default)]
    pub people: VecDeque<Wish>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    Queued,
    Working,
    Completed,
    Failed,
    Killed,
}

/// An answer kept for two hours under its `Idempotency-Key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Remembered {
    pub at: Timestamp,
    /// SHA-256 of the request's body.
    pub request: String,
    pub answer: Arc<Value>,
    /// The `location` header of that answer.
    pub location: String,
}
