//! A ticket while it is being changed: the values so far and the audit events they make.

use serde_json::{Map, Value, json};

use super::{By, id_in};
use crate::model::{AuditEvent, Change, Comment, Status, Ticket, Via, World};
use crate::{ApiError, Role, time};

/// An update in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The ticket before the update; nothing for a new one.
    pub(crate) before: Option<Ticket>,
    pub(crate) ticket: Ticket,
    /// Comments added by this update.
    pub(crate) comments: Vec<Comment>,
    pub(crate) events: Vec<AuditEvent>,
    /// Webhook deliveries that triggers asked for.
    pub(crate) deliveries: Vec<String>,
    /// `metadata` of the request.
    pub(crate) metadata: Option<Value>,
    /// The ticket up to which events have been written.
    recorded: Ticket,
    /// Rules do not run: an import.
    pub(crate) quiet: bool,
    audit_id: Option<u64>,
}

impl Draft {
    pub(crate) fn update(ticket: Ticket) -> Draft {
        Draft {
            before: Some(ticket.clone()),
            recorded: ticket.clone(),
            ticket,
            comments: Vec::new(),
            events: Vec::new(),
            deliveries: Vec::new(),
            metadata: None,
            quiet: false,
            audit_id: None,
        }
    }

    /// A new ticket with nothing but a requester: the caller, unless the body names another.
    pub(crate) fn create(world: &mut World, by: &By, body: &Map<String, Value>) -> Result<Draft, ApiError> {
        let requester = world.users.get(&by.user_id).ok_or_else(ApiError::unauthenticated)?;
        let submitter_id = body
            .get("submitter_id")
            .and_then(id_in)
            .filter(|id| world.users.contains_key(id))
            .unwrap_or(by.user_id);
        let form = world.ticket_forms.values().find(|f| f.default).map(|f| f.id);
        let ticket = Ticket {
            id: 0,
            external_id: None,
            via: by.via.clone(),
            subject: String::new(),
            description: String::new(),
            kind: None,
            priority: None,
            status: Status::New,
            custom_status_id: default_status(world, Status::New),
            requester_id: by.user_id,
            submitter_id,
            assignee_id: None,
            group_id: None,
            organization_id: requester.organization_id,
            collaborator_ids: Vec::new(),
            email_cc_ids: Vec::new(),
            follower_ids: Vec::new(),
            followup_ids: Vec::new(),
            satisfaction_rating_id: None,
            problem_id: None,
            due_at: None,
            tags: Vec::new(),
            custom_fields: std::collections::BTreeMap::new(),
            ticket_form_id: form,
            is_public: true,
            created_at: by.now,
            updated_at: by.now,
        };
        let mut draft = Draft::update(ticket);
        draft.before = None;
        if let Some(id) = body.get("via_followup_source_id").filter(|v| !v.is_null()) {
            draft.follow_up(world, by, id)?;
        }
        Ok(draft)
    }

    /// The new ticket goes on where a closed one ended, with its people and fields.
    fn follow_up(&mut self, world: &World, by: &By, id: &Value) -> Result<(), ApiError> {
        let source = super::visible(world, by.user_id, id_in(id).unwrap_or_default())?.clone();
        if source.status != Status::Closed {
            let text = "Via followup source: the ticket is not closed";
            return Err(ApiError::invalid("via_followup_source_id", "InvalidValue", text));
        }
        let t = &mut self.ticket;
        t.via = Via::Followup { ticket_id: source.id };
        t.subject = source.subject;
        t.kind = source.kind;
        t.priority = source.priority;
        t.requester_id = source.requester_id;
        t.organization_id = source.organization_id;
        t.group_id = source.group_id;
        t.ticket_form_id = source.ticket_form_id;
        t.tags = source.tags;
        t.custom_fields = source.custom_fields;
        Ok(())
    }

    /// The id of the audit that this update will be.
    pub(crate) fn audit_id(&mut self, world: &mut World) -> u64 {
        *self.audit_id.get_or_insert_with(|| world.ids.next_id())
    }

    /// Adds a comment.
    pub(crate) fn comment(
        &mut self,
        world: &mut World,
        author_id: u64,
        by: &By,
        said: Said,
        via: Option<Via>,
    ) {
        // Only an agent's comment can be private, and a light agent's always is.
        let (agent, light) =
            world.users.get(&author_id).map_or((false, false), |u| (u.role != Role::EndUser, u.light_agent));
        let public = !light && (said.public || !agent);
        let id = world.ids.next_id();
        let audit_id = self.audit_id(world);
        let attachment_ids = take_uploads(world, &said.uploads, self.ticket.id);
        self.comments.push(Comment {
            id,
            author_id,
            public,
            body: said.body,
            html_body: said.html_body,
            via: via.clone().unwrap_or_else(|| by.via.clone()),
            audit_id,
            created_at: by.now,
            attachment_ids,
        });
        self.events.push(AuditEvent { id, change: Change::Comment, via });
    }

    /// Writes events for everything that changed since the last call; whether there was anything.
    pub(crate) fn record(&mut self, world: &mut World, via: Option<&Via>) -> bool {
        let new = self.before.is_none();
        let mut found = Vec::new();
        differences(&self.recorded, &self.ticket, &mut found);
        if found.is_empty() {
            return false;
        }
        for (field, previous, value) in found {
            let change = if new && via.is_none() {
                Change::Create { field, value }
            } else {
                Change::Change { field, value, previous }
            };
            self.events.push(AuditEvent { id: world.ids.next_id(), change, via: via.cloned() });
        }
        self.recorded = self.ticket.clone();
        true
    }

    /// The events of a ticket's birth: also for the values that it was born with.
    pub(crate) fn record_birth(&mut self, world: &mut World) {
        let t = &self.ticket;
        let born = [
            ("requester_id", Value::String(t.requester_id.to_string())),
            ("status", json!(t.status)),
            ("subject", Value::String(t.subject.clone())),
        ];
        for (field, value) in born {
            let change = Change::Create { field: field.to_owned(), value };
            self.events.push(AuditEvent { id: world.ids.next_id(), change, via: None });
        }
        self.recorded.requester_id = self.ticket.requester_id;
        self.recorded.status = self.ticket.status;
        self.recorded.subject.clone_from(&self.ticket.subject);
        self.record(world, None);
    }
}

/// A comment as it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) body: String,
    pub(crate) html_body: Option<String>,
    pub(crate) public: bool,
    /// Tokens of files that go with it.
    pub(crate) uploads: Vec<String>,
}

/// The files that were uploaded under these tokens, now on a ticket.
fn take_uploads(world: &mut World, tokens: &[String], ticket_id: u64) -> Vec<u64> {
    let taken: Vec<u64> =
        tokens.iter().filter_map(|t| world.uploads.remove(t)).flat_map(|u| u.attachment_ids).collect();
    for id in &taken {
        if let Some(attachment) = world.attachments.get_mut(id) {
            attachment.ticket_id = Some(ticket_id);
        }
    }
    taken
}

/// The custom status that stands for a category.
pub(crate) fn default_status(world: &World, category: Status) -> u64 {
    // A closed ticket keeps a solved one's custom status: Zendesk has none for closed.
    let category = if category == Status::Closed { Status::Solved } else { category };
    world.custom_statuses.values().find(|s| s.default && s.status_category == category).map_or(0, |s| s.id)
}

/// What differs, as field name, former value and value, in the form of audit events: ids are text there.
fn differences(a: &Ticket, b: &Ticket, out: &mut Vec<(String, Value, Value)>) {
    let id = |v: Option<u64>| v.map_or(Value::Null, |v| Value::String(v.to_string()));
    let mut push = |field: &str, a: Value, b: Value| {
        if a != b {
            out.push((field.to_owned(), a, b));
        }
    };
    push("subject", Value::String(a.subject.clone()), Value::String(b.subject.clone()));
    push("requester_id", id(Some(a.requester_id)), id(Some(b.requester_id)));
    push("organization_id", id(a.organization_id), id(b.organization_id));
    push("group_id", id(a.group_id), id(b.group_id));
    push("assignee_id", id(a.assignee_id), id(b.assignee_id));
    push("status", json!(a.status), json!(b.status));
    push("custom_status_id", id(Some(a.custom_status_id)), id(Some(b.custom_status_id)));
    push("priority", json!(a.priority), json!(b.priority));
    push("type", json!(a.kind), json!(b.kind));
    push("ticket_form_id", id(a.ticket_form_id), id(b.ticket_form_id));
    push("problem_id", id(a.problem_id), id(b.problem_id));
    push("external_id", json!(a.external_id), json!(b.external_id));
    push("due_at", json!(a.due_at.map(time::text)), json!(b.due_at.map(time::text)));
    if a.collaborator_ids != b.collaborator_ids {
        push("collaborator_ids", json!(a.collaborator_ids), json!(b.collaborator_ids));
    }
    if a.email_cc_ids != b.email_cc_ids {
        push("email_cc_ids", json!(a.email_cc_ids), json!(b.email_cc_ids));
    }
    if a.follower_ids != b.follower_ids {
        push("follower_ids", json!(a.follower_ids), json!(b.follower_ids));
    }
    if a.tags != b.tags {
        push("tags", json!(a.tags), json!(b.tags));
    }
    if a.custom_fields != b.custom_fields {
        let ids: std::collections::BTreeSet<u64> =
            a.custom_fields.keys().chain(b.custom_fields.keys()).copied().collect();
        for field in ids {
            let value = |t: &Ticket| t.custom_fields.get(&field).map_or(Value::Null, as_event_value);
            push(&field.to_string(), value(a), value(b));
        }
    }
}

/// Checkboxes appear in events as `"1"`.
fn as_event_value(value: &Value) -> Value {
    match value {
        Value::Bool(b) => Value::String(if *b { "1" } else { "0" }.to_owned()),
        other => other.clone(),
    }
}
