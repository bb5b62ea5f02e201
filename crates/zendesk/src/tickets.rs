//! Tickets: `/api/v2/tickets`. What happened to them is in [`crate::audits`].

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audits::Audit;
use crate::client::{Call, Client, check_count};
use crate::job_statuses::{self, JobStatus};
use crate::{Error, Resource, Verb};

/// A ticket. Its description is left out on purpose: nobody needs it here.
#[derive(Debug, Clone, Deserialize)]
pub struct Ticket {
    /// Id, the number that agents see.
    pub id: i64,
    /// Subject.
    #[serde(default)]
    pub subject: Option<String>,
    /// Text of the first comment.
    #[serde(default)]
    pub description: Option<String>,
    /// `new`, `open`, `pending`, `hold`, `solved`, `closed`; with custom statuses, the category.
    #[serde(default)]
    pub status: Option<String>,
    /// Custom status, if the account uses them.
    #[serde(default)]
    pub custom_status_id: Option<i64>,
    /// `urgent`, `high`, `normal`, `low`.
    #[serde(default)]
    pub priority: Option<String>,
    /// `problem`, `incident`, `question`, `task`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Customer.
    #[serde(default)]
    pub requester_id: Option<i64>,
    /// Who wrote it down.
    #[serde(default)]
    pub submitter_id: Option<i64>,
    /// Agent.
    #[serde(default)]
    pub assignee_id: Option<i64>,
    /// Group.
    #[serde(default)]
    pub group_id: Option<i64>,
    /// The customer's organization.
    #[serde(default)]
    pub organization_id: Option<i64>,
    /// Brand.
    #[serde(default)]
    pub brand_id: Option<i64>,
    /// Form.
    #[serde(default)]
    pub ticket_form_id: Option<i64>,
    /// Users in copy.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub collaborator_ids: Vec<i64>,
    /// Agents who follow it.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub follower_ids: Vec<i64>,
    /// Tags, ordered as Zendesk gives them.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub tags: Vec<String>,
    /// Values of custom fields.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub custom_fields: Vec<CustomFieldValue>,
    /// Due date of a ticket of type task.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When it last changed, to the second: the stamp of a safe update.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
}

/// The value of a custom field: text, number, boolean, list of tags, or null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomFieldValue {
    /// Id of the ticket field.
    pub id: i64,
    /// Value; `null` empties the field.
    #[serde(default)]
    pub value: Value,
}

/// A change of a ticket: what is not set stays as it is and is not sent.
///
/// ```
/// use zendesk::tickets::TicketPatch;
/// let patch = TicketPatch::default().add_tag("late").remove_tag("pending").assignee(None);
/// assert_eq!(
///     serde_json::to_string(&patch).unwrap(),
///     r#"{"assignee_id":null,"additional_tags":["late"],"remove_tags":["pending"]}"#
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TicketPatch {
    /// New status (category); Zendesk picks the category's default custom status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// New custom status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<i64>,
    /// New priority; the inner `None` empties it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Option<String>>,
    /// New type; the inner `None` empties it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Option<String>>,
    /// New assignee; the inner `None` leaves the ticket without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<i64>>,
    /// New group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<i64>,
    /// New due date of a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Option<Timestamp>>,
    /// Tags to add, leaving the others alone. Zendesk knows this in bulk updates only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_tags: Vec<String>,
    /// Tags to remove. Zendesk knows this in bulk updates only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// All tags, replacing those that the ticket has. Only with a safe update, or what others add is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Custom fields to set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomFieldValue>,
    /// A comment or note to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<NewComment>,
    /// Kept with the audit as `metadata.custom`, where the writer can recognise its own change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A comment to add.
#[derive(Clone, PartialEq, Serialize)]
pub struct NewComment {
    /// Text, or markup.
    #[serde(flatten)]
    pub body: CommentBody,
    /// The customer sees it. Otherwise it is a note among agents.
    pub public: bool,
    /// In whose name; the authorization's user if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_id: Option<i64>,
}

/// What a new comment says.
#[derive(Clone, PartialEq, Serialize)]
pub enum CommentBody {
    /// Plain text.
    #[serde(rename = "body")]
    Text(String),
    /// HTML of the kind that Zendesk's editor makes.
    #[serde(rename = "html_body")]
    Html(String),
}

impl std::fmt::Debug for NewComment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewComment").field("public", &self.public).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CommentBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            CommentBody::Text(_) => "Text(…)",
            CommentBody::Html(_) => "Html(…)",
        })
    }
}

impl TicketPatch {
    /// Adds a tag.
    pub fn add_tag(mut self, tag: impl Into<String>) -> Self {
        self.additional_tags.push(tag.into());
        self
    }

    /// Removes a tag.
    pub fn remove_tag(mut self, tag: impl Into<String>) -> Self {
        self.remove_tags.push(tag.into());
        self
    }

    /// Sets a custom field.
    pub fn custom_field(mut self, id: i64, value: impl Into<Value>) -> Self {
        self.custom_fields.push(CustomFieldValue { id, value: value.into() });
        self
    }

    /// Sets the status.
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// Sets the assignee; `None` leaves the ticket without one.
    pub fn assignee(mut self, user_id: Option<i64>) -> Self {
        self.assignee_id = Some(user_id);
        self
    }

    /// Sets the group.
    pub fn group(mut self, group_id: i64) -> Self {
        self.group_id = Some(group_id);
        self
    }

    /// Adds a note that only agents see.
    pub fn private_note(mut self, text: impl Into<String>) -> Self {
        self.comment =
            Some(NewComment { body: CommentBody::Text(text.into()), public: false, author_id: None });
        self
    }

    /// Nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A change of one ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TicketUpdate {
    /// What to change.
    #[serde(flatten)]
    pub patch: TicketPatch,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    safe: Option<SafeUpdate>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SafeUpdate {
    safe_update: bool,
    updated_stamp: Timestamp,
}

impl TicketUpdate {
    /// Only if nobody changed the ticket since `updated_at`; otherwise [`Error::Conflict`] with `UpdateConflict`. It also
    /// makes a repeated request harmless: the first one moves the stamp (but a change within the same second does not).
    pub fn only_if_unchanged_since(mut self, updated_at: Timestamp) -> Self {
        self.safe = Some(SafeUpdate { safe_update: true, updated_stamp: updated_at });
        self
    }
}

impl From<TicketPatch> for TicketUpdate {
    fn from(patch: TicketPatch) -> Self {
        Self { patch, safe: None }
    }
}

/// What an update answers.
#[derive(Debug, Clone, Deserialize)]
pub struct UpdatedTicket {
    /// The ticket afterwards, triggers included.
    pub ticket: Ticket,
    /// The audit that the change made.
    #[serde(default)]
    pub audit: Option<Audit>,
}

/// Calls about tickets.
#[derive(Debug, Clone, Copy)]
pub struct Tickets<'a>(pub(crate) &'a Client);

impl Client {
    /// Calls about tickets.
    pub fn tickets(&self) -> Tickets<'_> {
        Tickets(self)
    }
}

impl Tickets<'_> {
    /// One ticket.
    pub async fn show(&self, id: i64) -> Result<Ticket, Error> {
        #[derive(Deserialize)]
        struct One {
            ticket: Ticket,
        }
        let call = Call::get(Resource::Tickets, "/api/v2/tickets/{id}").arg(id);
        Ok(self.0.fetch::<One>(call).await?.ticket)
    }

    /// Up to 100 tickets. Those that do not exist are missing in the answer.
    pub async fn show_many(&self, ids: &[i64]) -> Result<Vec<Ticket>, Error> {
        #[derive(Deserialize)]
        struct Many {
            #[serde(default, deserialize_with = "crate::de::null_as_default")]
            tickets: Vec<Ticket>,
        }
        let call = Call::get(Resource::Tickets, "/api/v2/tickets/show_many").ids(ids)?;
        Ok(self.0.fetch::<Many>(call).await?.tickets)
    }

    /// Changes one ticket, now. Zendesk allows 30 of these in 10 minutes per ticket and user. A closed ticket is
    /// [`Error::Unprocessable`]. Adding and removing single tags is [`Error::BadCall`]: Zendesk would ignore it here, so do
    /// it by a bulk update, or set all `tags` with a safe update.
    pub async fn update(&self, id: i64, update: &TicketUpdate) -> Result<UpdatedTicket, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            ticket: &'a TicketUpdate,
        }
        if !update.patch.additional_tags.is_empty() || !update.patch.remove_tags.is_empty() {
            return Err(Error::BadCall("single tags are added and removed by bulk updates only"));
        }
        let call = Call::new(Resource::Tickets, Verb::Update, Method::PUT, "/api/v2/tickets/{id}")
            .arg(id)
            .json(&Body { ticket: update })?;
        self.0.fetch(call).await
    }

    /// Makes the same change to up to 100 tickets, as a background job.
    pub async fn update_many_same(&self, ids: &[i64], patch: &TicketPatch) -> Result<JobStatus, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            ticket: &'a TicketPatch,
        }
        self.update_many(update_many().ids(ids)?.json(&Body { ticket: patch })?).await
    }

    /// Makes a change of its own to each of up to 100 tickets, as a background job.
    pub async fn update_many_each(&self, changes: &[(i64, TicketPatch)]) -> Result<JobStatus, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            tickets: Vec<Change<'a>>,
        }
        #[derive(Serialize)]
        struct Change<'a> {
            id: i64,
            #[serde(flatten)]
            patch: &'a TicketPatch,
        }
        check_count(changes.len())?;
        let tickets = changes.iter().map(|(id, patch)| Change { id: *id, patch }).collect();
        self.update_many(update_many().json(&Body { tickets })?).await
    }

    async fn update_many(&self, call: Call) -> Result<JobStatus, Error> {
        Ok(self.0.fetch::<job_statuses::One>(call).await?.job_status)
    }
}

fn update_many() -> Call {
    Call::new(Resource::Tickets, Verb::Update, Method::PUT, "/api/v2/tickets/update_many")
}
