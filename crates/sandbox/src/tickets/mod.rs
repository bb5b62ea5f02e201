//! What a change of a ticket means: who may make it, what it sets off, what is written down about it.

pub(crate) mod access;
pub(crate) mod actions;
pub(crate) mod automations;
pub(crate) mod conditions;
mod copies;
pub(crate) mod draft;
mod fields;
pub(crate) mod lifecycle;
mod patch;
mod placeholders;
mod required;
mod triggers;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::Faults;
use crate::model::{Audit, Change, Status, Ticket, TicketRecord, TicketType, Via, World};
use crate::{ApiError, Event, Shared, webhooks};
pub(crate) use actions::known as known_action;
use draft::Draft;
pub(crate) use fields::tags_from;
pub(crate) use triggers::known_condition;

/// What came of a creation or update.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) id: u64,
    pub(crate) created: bool,
    pub(crate) audit: Audit,
    /// Names of the changed properties.
    pub(crate) changes: Vec<String>,
    pub(crate) updated_at: Timestamp,
    /// Webhook deliveries that were written down and are now to be made.
    pub(crate) deliveries: Vec<String>,
    /// Keys of the body that mean nothing.
    pub(crate) unknown: Vec<String>,
    /// Other tickets that changed with it.
    pub(crate) also: Vec<Done>,
}

/// Who changes, when, and by which way.
#[derive(Debug, Clone)]
pub(crate) struct By {
    pub(crate) user_id: u64,
    pub(crate) now: Timestamp,
    pub(crate) via: Via,
}

/// The forms in which a body of changes arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Create,
    Update,
    /// `update_many`, the only one that knows `additional_tags` and `remove_tags`.
    Bulk,
}

/// Creates a ticket from the `ticket` object of a request and runs the triggers.
pub(crate) fn create(world: &mut World, by: &By, body: &Map<String, Value>) -> Result<Done, ApiError> {
    access::may_create(world, by.user_id)?;
    ask(world, by, body)
}

/// Changes a ticket by the `ticket` object of a request and runs the triggers. All or nothing.
pub(crate) fn update(
    world: &mut World,
    by: &By,
    id: u64,
    body: &Map<String, Value>,
    form: Form,
) -> Result<Done, ApiError> {
    let ticket = visible(world, by.user_id, id)?;
    access::may_update(world, by.user_id, body)?;
    refuse_closed(ticket)?;
    refuse_stale(ticket, body)?;
    let mut draft = Draft::update(ticket.clone());
    let mut faults = Faults::default();
    let patch = patch::Patch::read(world, &draft.ticket, body, form, by, &mut faults);
    faults.check()?;
    let unknown = patch.apply(world, &mut draft, by)?;
    finish(world, by, draft, unknown)
}

/// A customer asks: he may name what his side of the desk shows and nothing else.
pub(crate) fn ask(world: &mut World, by: &By, body: &Map<String, Value>) -> Result<Done, ApiError> {
    let mut draft = Draft::create(world, by, body)?;
    let mut faults = Faults::default();
    let patch = patch::Patch::read(world, &draft.ticket, body, Form::Create, by, &mut faults);
    if patch.comment.is_none() {
        faults.add("base", "BlankValue", "Description: cannot be blank");
    }
    faults.check()?;
    let unknown = patch.apply(world, &mut draft, by)?;
    finish(world, by, draft, unknown)
}

/// Somebody who sees a ticket as a customer answers on it, may copy others in, and may say that it is solved.
pub(crate) fn answer(
    world: &mut World,
    by: &By,
    id: u64,
    body: &Map<String, Value>,
) -> Result<Done, ApiError> {
    let ticket = visible(world, by.user_id, id)?;
    refuse_closed(ticket)?;
    let mut draft = Draft::update(ticket.clone());
    let mut faults = Faults::default();
    let patch = patch::Patch::read(world, &draft.ticket, body, Form::Update, by, &mut faults);
    faults.check()?;
    let unknown = patch.apply(world, &mut draft, by)?;
    finish(world, by, draft, unknown)
}

/// Changes nothing but the tags. `change` gets the present tags.
pub(crate) fn retag(
    world: &mut World,
    by: &By,
    id: u64,
    stamp: &Map<String, Value>,
    change: impl FnOnce(&mut Vec<String>),
) -> Result<Done, ApiError> {
    let ticket = visible(world, by.user_id, id)?;
    access::may_edit_properties(world, by.user_id)?;
    refuse_closed(ticket)?;
    refuse_stale(ticket, stamp)?;
    let mut draft = Draft::update(ticket.clone());
    let mut tags = draft.ticket.tags.clone();
    change(&mut tags);
    fields::set_tags(world, &mut draft.ticket, tags);
    draft.record(world, None);
    finish(world, by, draft, Vec::new())
}

/// The ticket, if there is one and this user may see it.
pub(crate) fn visible(world: &World, user_id: u64, id: u64) -> Result<&Ticket, ApiError> {
    let record = world.tickets.get(&id).ok_or_else(ApiError::not_found)?;
    let user = world.users.get(&user_id).ok_or_else(ApiError::unauthenticated)?;
    if access::Sight::of(world, user).covers(&record.ticket) {
        Ok(&record.ticket)
    } else {
        Err(ApiError::forbidden())
    }
}

/// Tells the watchers and sends what is to be sent. After the lock is released.
pub(crate) fn announce(shared: &Shared, by: u64, done: &mut Done) {
    if !done.changes.is_empty() || done.created {
        shared.emit(Event::Ticket {
            id: done.id,
            created: done.created,
            updated_at: done.updated_at,
            updated_by: by,
            changes: std::mem::take(&mut done.changes),
        });
    }
    for id in done.deliveries.drain(..) {
        webhooks::deliver(shared, id);
    }
    for other in &mut done.also {
        announce(shared, by, other);
    }
}

fn finish(world: &mut World, by: &By, mut draft: Draft, unknown: Vec<String>) -> Result<Done, ApiError> {
    let created = draft.before.is_none();
    let audit_id = draft.audit_id(world);
    if !draft.quiet && (created || !draft.events.is_empty()) {
        triggers::run(world, &mut draft, by);
    }
    let changes = changed_names(&draft);
    if created || !changes.is_empty() {
        draft.ticket.updated_at = by.now;
    }
    let events_sent = if !draft.quiet && (created || !changes.is_empty()) {
        webhooks::ticket_events(world, &draft, by)
    } else {
        Vec::new()
    };
    let mut deliveries = std::mem::take(&mut draft.deliveries);
    deliveries.extend(events_sent);
    let audit = Audit {
        id: audit_id,
        author_id: by.user_id,
        via: by.via.clone(),
        created_at: by.now,
        custom: draft.metadata.take().unwrap_or(Value::Null),
        events: std::mem::take(&mut draft.events),
    };
    let id = draft.ticket.id;
    let updated_at = draft.ticket.updated_at;
    let solved = draft.before.as_ref().is_some_and(|b| b.status < Status::Solved)
        && draft.ticket.status == Status::Solved
        && draft.ticket.kind == Some(TicketType::Problem);
    let problem = solved.then(|| draft.ticket.clone());
    let last_words = draft.comments.first().map(|c| draft::Said {
        body: c.body.clone(),
        html_body: c.html_body.clone(),
        public: c.public,
        uploads: Vec::new(),
    });
    if draft.before.as_ref().and_then(|b| b.problem_id) != draft.ticket.problem_id {
        if let Some(before) = &draft.before {
            lifecycle::unlink(world, before);
        }
        lifecycle::link(world, &draft.ticket);
    }
    if created
        && let Via::Followup { ticket_id } = draft.ticket.via
        && let Some(source) = world.tickets.get_mut(&ticket_id)
    {
        Arc::make_mut(source).ticket.followup_ids.push(id);
    }
    if created {
        let record =
            TicketRecord { ticket: draft.ticket, comments: draft.comments, audits: vec![audit.clone()] };
        world.tickets.insert(id, Arc::new(record));
    } else if !audit.events.is_empty()
        && let Some(record) = world.tickets.get_mut(&id)
    {
        let record = Arc::make_mut(record);
        record.ticket = draft.ticket;
        record.comments.append(&mut draft.comments);
        record.audits.push(audit.clone());
    }
    let also = match problem {
        Some(problem) => lifecycle::solve_incidents(world, by, &problem, last_words.as_ref()),
        None => Vec::new(),
    };
    Ok(Done { id, created, audit, changes, updated_at, deliveries, unknown, also })
}

fn changed_names(draft: &Draft) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for event in &draft.events {
        let name = match &event.change {
            Change::Comment => "comment".to_owned(),
            Change::Create { field, .. } | Change::Change { field, .. } => {
                if field.bytes().all(|b| b.is_ascii_digit()) {
                    format!("custom_field_{field}")
                } else {
                    field.clone()
                }
            }
            Change::Notification { .. } | Change::Webhook { .. } => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn refuse_closed(ticket: &Ticket) -> Result<(), ApiError> {
    if ticket.status == Status::Closed {
        return Err(ApiError::invalid("status", "InvalidValue", "Status: closed prevents ticket update"));
    }
    Ok(())
}

/// `safe_update`: the caller says which state the change was made for.
fn refuse_stale(ticket: &Ticket, body: &Map<String, Value>) -> Result<(), ApiError> {
    if !body.get("safe_update").is_some_and(truthy) {
        return Ok(());
    }
    let stamp = body.get("updated_stamp").and_then(Value::as_str).unwrap_or_default();
    let same = stamp.parse::<Timestamp>().is_ok_and(|t| t.as_second() == ticket.updated_at.as_second());
    if same { Ok(()) } else { Err(ApiError::update_conflict()) }
}

/// Zendesk takes booleans as such, as words and as digits.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Bool(b) => *b,
        Value::String(s) => matches!(s.as_str(), "true" | "1" | "yes"),
        Value::Number(n) => n.as_i64() == Some(1),
        _ => false,
    }
}

/// An id as a number or as digits.
pub(crate) fn id_in(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
