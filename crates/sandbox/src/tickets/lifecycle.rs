//! The end of tickets and what may follow it: deletion, restoration, spam, merging; and tickets that are imported.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::draft::{Draft, Said, default_status};
use super::{By, Done, Form, access, copies, fields, finish, id_in, patch, refuse_closed, truthy, visible};
use crate::error::Faults;
use crate::model::{
    Audit, AuditEvent, Change, DeletedTicket, Status, Ticket, TicketRecord, TicketType, Via, World,
};
use crate::{ApiError, Role, time, webhooks};

/// Deletes a ticket; it can be restored until it is deleted for good.
pub(crate) fn delete(world: &mut World, by: &By, id: u64) -> Result<Done, ApiError> {
    visible(world, by.user_id, id)?;
    access::may_edit_properties(world, by.user_id)?;
    let mut record = world.tickets.remove(&id).ok_or_else(ApiError::not_found)?;
    unlink(world, &record.ticket);
    let status = record.ticket.status;
    let done = turned(world, by, &mut record, json!("deleted"), json!(status), "soft_deleted");
    world.deleted_tickets.insert(id, DeletedTicket { record, deleted_at: by.now, actor_id: by.user_id });
    Ok(done)
}

/// Brings a deleted ticket back as it was.
pub(crate) fn restore(world: &mut World, by: &By, id: u64) -> Result<Done, ApiError> {
    access::may_edit_properties(world, by.user_id)?;
    let DeletedTicket { mut record, .. } =
        world.deleted_tickets.remove(&id).ok_or_else(ApiError::not_found)?;
    let status = record.ticket.status;
    let done = turned(world, by, &mut record, json!(status), json!("deleted"), "undeleted");
    link(world, &record.ticket);
    world.tickets.insert(id, record);
    Ok(done)
}

/// Removes a deleted ticket and its files for good.
pub(crate) fn delete_forever(world: &mut World, by: &By, id: u64) -> Result<Done, ApiError> {
    let user = world.users.get(&by.user_id).ok_or_else(ApiError::unauthenticated)?;
    if user.role != Role::Admin {
        return Err(ApiError::forbidden());
    }
    let DeletedTicket { mut record, .. } =
        world.deleted_tickets.remove(&id).ok_or_else(ApiError::not_found)?;
    world.attachments.retain(|_, a| a.ticket_id != Some(id));
    let done = turned(world, by, &mut record, Value::Null, json!("deleted"), "permanently_deleted");
    Ok(done)
}

/// Deletes a ticket and suspends the customer who asked for it.
pub(crate) fn spam(world: &mut World, by: &By, id: u64) -> Result<Done, ApiError> {
    let requester = visible(world, by.user_id, id)?.requester_id;
    if world.users.get(&requester).is_none_or(|u| u.role != Role::EndUser) {
        return Err(ApiError::invalid("base", "InvalidValue", "Requester: an agent cannot be suspended"));
    }
    let mut done = delete(world, by, id)?;
    if let Some(user) = world.users.get_mut(&requester) {
        user.suspended = true;
    }
    if let Some(deleted) = world.deleted_tickets.get(&id) {
        let record = deleted.record.clone();
        done.deliveries.extend(webhooks::ticket_event(
            world,
            &record.ticket,
            "marked_as_spam",
            json!({}),
            by,
        ));
    }
    Ok(done)
}

/// Writes the audit of a ticket's going or coming back.
fn turned(
    world: &mut World,
    by: &By,
    record: &mut Arc<TicketRecord>,
    value: Value,
    previous: Value,
    event: &str,
) -> Done {
    let change = Change::Change { field: "status".to_owned(), value, previous };
    let audit = Audit {
        id: world.ids.next_id(),
        author_id: by.user_id,
        via: by.via.clone(),
        created_at: by.now,
        custom: Value::Null,
        events: vec![AuditEvent { id: world.ids.next_id(), change, via: None }],
    };
    let changed = Arc::make_mut(record);
    changed.ticket.updated_at = by.now;
    changed.audits.push(audit.clone());
    let deliveries = webhooks::ticket_event(world, &record.ticket, event, json!({}), by);
    Done {
        id: record.ticket.id,
        created: false,
        audit,
        changes: vec!["status".to_owned()],
        updated_at: by.now,
        deliveries,
        unknown: Vec::new(),
        also: Vec::new(),
    }
}

/// Remembers a ticket as an incident of its problem.
pub(super) fn link(world: &mut World, ticket: &Ticket) {
    if let Some(problem) = ticket.problem_id {
        world.incidents.entry(problem).or_default().insert(ticket.id);
    }
}

pub(super) fn unlink(world: &mut World, ticket: &Ticket) {
    if let Some(problem) = ticket.problem_id
        && let Some(incidents) = world.incidents.get_mut(&problem)
    {
        incidents.remove(&ticket.id);
        if incidents.is_empty() {
            world.incidents.remove(&problem);
        }
    }
}

/// A problem that has just been solved takes its incidents with it, with the comment that solved it.
pub(super) fn solve_incidents(
    world: &mut World,
    by: &By,
    problem: &Ticket,
    said: Option<&Said>,
) -> Vec<Done> {
    let open: Vec<u64> = world.incidents.get(&problem.id).into_iter().flatten().copied().collect();
    let mut all = Vec::new();
    for id in open {
        let Some(incident) = world.tickets.get(&id).map(|r| &r.ticket) else { continue };
        if incident.status >= Status::Solved || incident.kind != Some(TicketType::Incident) {
            continue;
        }
        let mut draft = Draft::update(incident.clone());
        draft.ticket.status = Status::Solved;
        draft.ticket.custom_status_id = default_status(world, Status::Solved);
        if draft.ticket.assignee_id.is_none() {
            patch::assign(world, &mut draft.ticket, problem.assignee_id);
        }
        if let Some(said) = said {
            draft.comment(world, by.user_id, by, said.clone(), None);
        }
        draft.record(world, None);
        // A rule of the account cannot refuse what the system does.
        if let Ok(done) = finish(world, by, draft, Vec::new()) {
            all.push(done);
        }
    }
    all
}

/// The tickets that are to be merged into another, checked: they and the target can be seen and are not closed.
pub(crate) fn mergeable(
    world: &World,
    user_id: u64,
    target: u64,
    body: &Map<String, Value>,
) -> Result<Vec<u64>, ApiError> {
    access::may_edit_properties(world, user_id)?;
    refuse_closed(visible(world, user_id, target)?)?;
    let list = body.get("ids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut sources: Vec<u64> = list.iter().filter_map(id_in).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.is_empty() || sources.contains(&target) {
        return Err(ApiError::invalid("ids", "InvalidValue", "Ids: name other tickets to merge"));
    }
    for id in &sources {
        refuse_closed(visible(world, user_id, *id)?)?;
    }
    Ok(sources)
}

/// Merges the tickets of `ids` into another: they are closed, and it gets a comment that says so.
pub(crate) fn merge(
    world: &mut World,
    by: &By,
    target: u64,
    body: &Map<String, Value>,
) -> Result<Done, ApiError> {
    let sources = mergeable(world, by.user_id, target, body)?;
    let text =
        |key: &str| body.get(key).and_then(Value::as_str).filter(|t| !t.trim().is_empty()).map(str::to_owned);
    let flag = |key: &str| body.get(key).is_some_and(truthy);
    let said = |body: String, public: bool| Said { body, html_body: None, public, uploads: Vec::new() };
    let title = visible(world, by.user_id, target)?.subject.clone();
    let mut also = Vec::new();
    let mut told = String::new();
    let mut requesters = Vec::new();
    for id in sources {
        let source = visible(world, by.user_id, id)?.clone();
        told.push_str(&format!(
            "Request #{id} \"{}\" was closed and merged into this request.\n",
            source.subject
        ));
        requesters.push(source.requester_id);
        let by = By { via: Via::Merge { ticket_id: target }, ..by.clone() };
        let mut draft = Draft::update(source);
        let public = flag("source_comment_is_public") && draft.ticket.is_public;
        let words = text("source_comment").unwrap_or_else(|| {
            format!("This request was closed and merged into request #{target} \"{title}\".")
        });
        draft.comment(world, by.user_id, &by, said(words, public), None);
        draft.ticket.status = Status::Closed;
        draft.ticket.custom_status_id = default_status(world, Status::Closed);
        let mut tags = draft.ticket.tags.clone();
        tags.push("closed_by_merge".to_owned());
        fields::set_tags(world, &mut draft.ticket, tags);
        draft.record(world, None);
        let mut done = finish(world, &by, draft, Vec::new())?;
        if let Some(record) = world.tickets.get(&id).cloned() {
            let event = json!({"merged_into_ticket_id": target.to_string()});
            done.deliveries.extend(webhooks::ticket_event(world, &record.ticket, "merged", event, &by));
        }
        also.push(done);
    }
    let mut draft = Draft::update(visible(world, by.user_id, target)?.clone());
    let public = flag("target_comment_is_public") && draft.ticket.is_public;
    let words = text("target_comment").unwrap_or_else(|| told.trim_end().to_owned());
    draft.comment(world, by.user_id, by, said(words, public), None);
    requesters.retain(|r| *r != draft.ticket.requester_id);
    for requester in requesters {
        copies::add(&mut draft.ticket, requester, false);
    }
    draft.record(world, None);
    let mut done = finish(world, by, draft, Vec::new())?;
    done.also.extend(also);
    Ok(done)
}

/// A ticket with its history, as another system had it: no rules run, and the times are those given.
pub(crate) fn import(world: &mut World, by: &By, body: &Map<String, Value>) -> Result<Done, ApiError> {
    let user = world.users.get(&by.user_id).ok_or_else(ApiError::unauthenticated)?;
    if user.role != Role::Admin {
        return Err(ApiError::forbidden());
    }
    let moment = |v: &Value, key: &str| {
        v.get(key).and_then(Value::as_str).and_then(time::parse).map(|t| t.min(by.now))
    };
    let whole = Value::Object(body.clone());
    let born = moment(&whole, "created_at").unwrap_or(by.now);
    let comments: Vec<Value> = body.get("comments").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut ticket = body.clone();
    for key in ["comments", "created_at", "updated_at", "solved_at"] {
        ticket.remove(key);
    }
    // A description is the first comment.
    let mut rest = comments.as_slice();
    if !ticket.contains_key("comment") && !ticket.contains_key("description") {
        let Some((first, others)) = comments.split_first() else {
            return Err(ApiError::invalid("base", "BlankValue", "Description: cannot be blank"));
        };
        ticket.insert("comment".to_owned(), as_comment(first));
        rest = others;
    }
    let first_by = By { now: born, ..by.clone() };
    let mut draft = Draft::create(world, &first_by, &ticket)?;
    draft.quiet = true;
    let mut faults = Faults::default();
    let read = patch::Patch::read(world, &draft.ticket, &ticket, Form::Create, &first_by, &mut faults);
    if read.comment.is_none() {
        faults.add("base", "BlankValue", "Description: cannot be blank");
    }
    faults.check()?;
    let unknown = read.apply(world, &mut draft, &first_by)?;
    for comment in rest {
        let at = moment(comment, "created_at").unwrap_or(by.now);
        let author = comment.get("author_id").and_then(id_in).filter(|id| world.users.contains_key(id));
        let words = comment.get("value").or_else(|| comment.get("body")).and_then(Value::as_str);
        let Some(words) = words.filter(|w| !w.trim().is_empty()) else { continue };
        let said = Said {
            body: words.to_owned(),
            html_body: comment.get("html_body").and_then(Value::as_str).map(str::to_owned),
            public: comment.get("public").is_none_or(truthy),
            uploads: Vec::new(),
        };
        draft.comment(world, author.unwrap_or(by.user_id), &By { now: at, ..by.clone() }, said, None);
    }
    draft.comments.sort_by_key(|c| (c.created_at, c.id));
    let last = draft.comments.last().map_or(born, |c| c.created_at);
    let touched = moment(&whole, "updated_at").or_else(|| moment(&whole, "solved_at")).unwrap_or(last);
    finish(world, &By { now: touched.max(born), ..by.clone() }, draft, unknown)
}

/// Imported comments say `value` where others say `body`.
fn as_comment(given: &Value) -> Value {
    let mut comment = given.clone();
    if let Some(words) = given.get("value").filter(|_| given.get("body").is_none()) {
        comment["body"] = words.clone();
    }
    comment
}
