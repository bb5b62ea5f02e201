//! The account's data, as plain structs. How they look in answers is the business of `rest`.

mod custom;
mod people;
mod rules;
mod setup;
mod talk;
mod ticket;
mod webhook;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use custom::{FieldOwner, PersonField};
pub use people::{
    Group, GroupMembership, Identity, Organization, OrganizationMembership, TicketRestriction, User,
};
pub use rules::{
    Action, Automation, Condition, Conditions, Macro, Mail, Restriction, Trigger, TriggerCategory,
    TriggerRun, View,
};
pub use setup::{
    Account, ChildField, CustomStatus, FieldKind, FieldOption, FormCondition, Holiday, Interval, RequiredOn,
    Schedule, Settings, TicketField, TicketForm,
};
pub use talk::{Attachment, SatisfactionRating, Upload};
pub use ticket::{
    Audit, AuditEvent, Change, Comment, DeletedTicket, Priority, Status, Ticket, TicketRecord, TicketType,
    Via,
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
    /// The fields of users and organizations.
    #[serde(default)]
    pub person_fields: BTreeMap<u64, PersonField>,
    pub tickets: BTreeMap<u64, Arc<TicketRecord>>,
    /// Deleted tickets that can still be restored, by ticket id.
    #[serde(default)]
    pub deleted_tickets: BTreeMap<u64, DeletedTicket>,
    /// The incidents of every problem; kept by `tickets`, made anew when a state file is loaded.
    #[serde(skip)]
    pub incidents: BTreeMap<u64, BTreeSet<u64>>,
    #[serde(default)]
    pub attachments: BTreeMap<u64, Attachment>,
    /// Files that wait for their comment, by token.
    #[serde(default)]
    pub uploads: BTreeMap<String, Upload>,
    #[serde(default)]
    pub satisfaction_ratings: BTreeMap<u64, SatisfactionRating>,
    pub ticket_fields: BTreeMap<u64, TicketField>,
    pub ticket_forms: BTreeMap<u64, TicketForm>,
    pub custom_statuses: BTreeMap<u64, CustomStatus>,
    pub views: BTreeMap<u64, View>,
    pub triggers: BTreeMap<u64, Trigger>,
    #[serde(default)]
    pub trigger_categories: BTreeMap<u64, TriggerCategory>,
    #[serde(default)]
    pub macros: BTreeMap<u64, Macro>,
    #[serde(default)]
    pub automations: BTreeMap<u64, Automation>,
    /// The hour up to which automations have run.
    #[serde(default)]
    pub automations_ran_at: Option<Timestamp>,
    /// What triggers and automations would have sent by e-mail, oldest first; bounded.
    #[serde(default)]
    pub outbox: VecDeque<Arc<Mail>>,
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
    /// The user with this address, in any case; whoever was deleted only when nobody else has it now.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        let all = || self.users.values().filter(|u| u.has_email(email));
        all().find(|u| u.active).or_else(|| all().next())
    }

    /// The groups of a user, in order of membership.
    pub fn groups_of(&self, user_id: u64) -> impl Iterator<Item = &Group> {
        self.group_memberships
            .values()
            .filter(move |m| m.user_id == user_id)
            .filter_map(|m| self.groups.get(&m.group_id))
    }

    /// Makes anew what is not in the state file.
    pub(crate) fn index(&mut self) {
        self.incidents.clear();
        for ticket in self.tickets.values().map(|r| &r.ticket) {
            if let Some(problem) = ticket.problem_id {
                self.incidents.entry(problem).or_default().insert(ticket.id);
            }
        }
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
    /// What is done with each of `todo`.
    #[serde(default)]
    pub work: Work,
    /// Who asked for it: the changes are made on that user's behalf.
    pub user_id: u64,
    /// What is still to be done: ticket ids (0 for tickets to be made) with the body for each.
    pub todo: Vec<(u64, Arc<Value>)>,
    /// What is still to be done to users, organizations and memberships.
    #[serde(default)]
    pub people: VecDeque<Wish>,
}

/// The kinds of jobs on tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    #[default]
    Update,
    Create,
    Import,
    Delete,
    DeleteForever,
    Spam,
    /// The tickets that the body names as `ids` are merged into this one.
    Merge,
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
