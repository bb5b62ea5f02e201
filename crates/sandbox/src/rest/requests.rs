//! Requests: tickets as their customers see them. Nobody sees a request that he did not make or is not copied on, and
//! nobody sees what agents say among themselves.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::tickets::by;
use super::{Answer, Ask, Body, created, ok};
use crate::model::{Comment, Status, Ticket, TicketRecord, Via, World};
use crate::tickets::{self, access, truthy};
use crate::{ApiError, Role, Shared, time};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/requests", get(list).post(create))
        .route("/api/v2/requests/open", get(open))
        .route("/api/v2/requests/solved", get(solved))
        .route("/api/v2/requests/ccd", get(copied))
        .route("/api/v2/requests/search", get(search))
        .route("/api/v2/requests/{request_id}", get(show).put(update))
        .route("/api/v2/requests/{request_id}/comments", get(comments))
        .route("/api/v2/requests/{request_id}/comments/{comment_id}", get(comment))
        .route("/api/v2/users/{user_id}/requests", get(of_user))
        .route("/api/v2/organizations/{organization_id}/requests", get(of_organization))
}

/// Its own form of a ticket: without tags, and in the words for customers.
fn request(world: &World, ask: &Ask, t: &Ticket) -> Value {
    let fields: Vec<Value> = world
        .ticket_fields
        .values()
        .filter(|f| f.active && f.kind.is_custom() && f.visible_in_portal)
        .map(|f| json!({"id": f.id, "value": t.custom_fields.get(&f.id)}))
        .collect();
    // Customers see a ticket on hold as open, and a new one too.
    let status = match (ask.caller.role, t.status) {
        (Role::EndUser, Status::New | Status::Hold) => Status::Open,
        (_, status) => status,
    };
    let source = match t.via {
        Via::Followup { ticket_id } => Some(ticket_id),
        _ => None,
    };
    json!({
        "url": format!("{}/api/v2/requests/{}.json", world.base_url, t.id),
        "id": t.id,
        "status": status,
        "custom_status_id": t.custom_status_id,
        "priority": t.priority,
        "type": t.kind,
        "subject": t.subject,
        "description": t.description,
        "organization_id": t.organization_id,
        "via": render::via(&t.via),
        "custom_fields": fields,
        "fields": fields,
        "requester_id": t.requester_id,
        "collaborator_ids": t.collaborator_ids,
        "email_cc_ids": t.email_cc_ids,
        "is_public": t.is_public,
        "due_at": t.due_at.map(time::text),
        "can_be_solved_by_me": can_solve(t, ask.caller.user_id),
        "solved": t.status >= Status::Solved,
        "created_at": time::text(t.created_at),
        "updated_at": time::text(t.updated_at),
        "recipient": null,
        "followup_source_id": source,
        "assignee_id": t.assignee_id,
        "group_id": t.group_id,
        "ticket_form_id": t.ticket_form_id,
    })
}

/// The requester may, once somebody is working on it.
fn can_solve(t: &Ticket, user_id: u64) -> bool {
    t.requester_id == user_id && t.assignee_id.is_some() && t.status < Status::Solved
}

/// Whether this person is the customer's side of the ticket. Agents have such a side too.
fn involved(t: &Ticket, user_id: u64) -> bool {
    t.requester_id == user_id || t.email_cc_ids.contains(&user_id)
}

fn page(world: &World, ask: &Ask, wanted: impl Fn(&Ticket) -> bool) -> Answer {
    let statuses: Option<Vec<&str>> = ask.get("status").map(|s| s.split(',').map(str::trim).collect());
    let fits = |t: &&Ticket| {
        t.is_public && wanted(t) && statuses.as_ref().is_none_or(|s| s.contains(&t.status.as_str()))
    };
    let mut found: Vec<&Ticket> = world.tickets.values().map(|r| &r.ticket).filter(fits).collect();
    match ask.get("sort_by") {
        Some("updated_at") => found.sort_by_key(|t| (t.updated_at, t.id)),
        Some("created_at") => found.sort_by_key(|t| (t.created_at, t.id)),
        _ => {}
    }
    if ask.get("sort_order") == Some("desc") {
        found.reverse();
    }
    let ids: Vec<u64> = found.into_iter().map(|t| t.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.tickets.get(id));
    ok(listed("requests", found.map(|r| request(world, ask, &r.ticket)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    page(&shared.read(), &ask, |t| t.requester_id == ask.caller.user_id)
}

async fn open(State(shared): State<Shared>, ask: Ask) -> Answer {
    page(&shared.read(), &ask, |t| t.requester_id == ask.caller.user_id && t.status < Status::Solved)
}

async fn solved(State(shared): State<Shared>, ask: Ask) -> Answer {
    page(&shared.read(), &ask, |t| t.requester_id == ask.caller.user_id && t.status >= Status::Solved)
}

async fn copied(State(shared): State<Shared>, ask: Ask) -> Answer {
    page(&shared.read(), &ask, |t| t.email_cc_ids.contains(&ask.caller.user_id))
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    let words: Vec<String> =
        ask.get("query").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let organization: Option<u64> = ask.get("organization_id").and_then(|id| id.parse().ok());
    page(&shared.read(), &ask, |t| {
        let text = format!("{} {}", t.subject, t.description).to_lowercase();
        involved(t, ask.caller.user_id)
            && words.iter().all(|w| text.contains(w))
            && organization.is_none_or(|o| t.organization_id == Some(o))
    })
}

async fn of_user(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    if user != ask.caller.user_id {
        ask.agent()?;
    }
    let world = shared.read();
    world.users.get(&user).ok_or_else(ApiError::not_found)?;
    let sight = access::sight(&world, ask.caller.user_id)?;
    page(&world, &ask, |t| t.requester_id == user && sight.covers(t))
}

async fn of_organization(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.organizations.get(&id).ok_or_else(ApiError::not_found)?;
    let sight = access::sight(&world, ask.caller.user_id)?;
    page(&world, &ask, |t| t.organization_id == Some(id) && sight.covers(t))
}

/// The record behind a request. What is not the caller's does not exist for him.
fn find<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a TicketRecord, ApiError> {
    let record = world.tickets.get(&id).ok_or_else(ApiError::not_found)?;
    let t = &record.ticket;
    let seen = match ask.caller.role {
        Role::EndUser => t.is_public && involved(t, ask.caller.user_id),
        _ => access::sight(world, ask.caller.user_id)?.covers(t),
    };
    if seen { Ok(record) } else { Err(ApiError::not_found()) }
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    ok(json!({"request": request(&world, &ask, &find(&world, &ask, id)?.ticket)}))
}

/// Public comments only, also for agents.
fn public(record: &TicketRecord) -> impl Iterator<Item = &Comment> {
    record.comments.iter().filter(|c| c.public)
}

async fn comments(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let record = find(&world, &ask, id)?;
    let mut ids: Vec<u64> = public(record).map(|c| c.id).collect();
    if ask.get("sort_order") == Some("desc") || ask.get("sort") == Some("-created_at") {
        ids.reverse();
    }
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found: Vec<&Comment> =
        shown.iter().filter_map(|id| record.comments.iter().find(|c| c.id == *id)).collect();
    let mut authors: Vec<u64> = found.iter().map(|c| c.author_id).collect();
    authors.sort_unstable();
    authors.dedup();
    let users = authors.iter().filter_map(|id| world.users.get(id)).map(|u| {
        json!({"id": u.id, "name": u.name, "photo": null, "agent": u.role != Role::EndUser,
            "organization_id": u.organization_id})
    });
    envelope.insert("users".to_owned(), users.collect());
    ok(listed("comments", found.into_iter().map(|c| render::comment(&world, c)).collect(), envelope))
}

async fn comment(State(shared): State<Shared>, Path((id, comment_id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    let world = shared.read();
    let record = find(&world, &ask, id)?;
    let found = public(record).find(|c| c.id == comment_id).ok_or_else(ApiError::not_found)?;
    ok(json!({"comment": render::comment(&world, found)}))
}

/// What a customer may say about a ticket, as the `ticket` object that says the same.
fn as_ticket(world: &World, ask: &Ask, given: &Map<String, Value>, new: bool) -> Map<String, Value> {
    const ALWAYS: [&str; 3] = ["comment", "email_ccs", "collaborators"];
    const WHEN_NEW: [&str; 7] =
        ["subject", "priority", "type", "due_at", "ticket_form_id", "via_followup_source_id", "description"];
    let mut out = Map::new();
    for key in ALWAYS.into_iter().chain(WHEN_NEW.into_iter().filter(|_| new)) {
        if let Some(value) = given.get(key).filter(|v| !v.is_null()) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(value) = given.get("additional_collaborators") {
        out.insert("additional_collaborators".to_owned(), value.clone());
    }
    // A customer speaks for himself and in public.
    if let Some(Value::Object(comment)) = out.get_mut("comment") {
        comment.remove("author_id");
        comment.insert("public".to_owned(), Value::Bool(true));
    }
    if new {
        out.insert("requester_id".to_owned(), json!(ask.caller.user_id));
        if let (false, Some(requester)) = (ask.caller.role == Role::EndUser, given.get("requester")) {
            out.remove("requester_id");
            out.insert("requester".to_owned(), requester.clone());
        }
        let editable = |item: &&Value| {
            let id = item.get("id").and_then(tickets::id_in);
            id.and_then(|id| world.ticket_fields.get(&id)).is_some_and(|f| f.editable_in_portal)
        };
        let fields = given.get("custom_fields").and_then(Value::as_array);
        let fields: Vec<Value> = fields.into_iter().flatten().filter(editable).cloned().collect();
        out.insert("custom_fields".to_owned(), Value::Array(fields));
    }
    out
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let given = body.root("request")?;
    let by = by(&shared, &ask);
    let (answer, location, mut done) = {
        let mut world = shared.write();
        let subject = given.get("subject").and_then(Value::as_str).unwrap_or_default();
        if subject.trim().is_empty() && given.get("via_followup_source_id").is_none() {
            return Err(ApiError::invalid("base", "BlankValue", "Subject: cannot be blank"));
        }
        let ticket = as_ticket(&world, &ask, given, true);
        let done = tickets::ask(&mut world, &by, &ticket)?;
        let record = world.tickets.get(&done.id).ok_or_else(ApiError::not_found)?;
        let answer = json!({"request": request(&world, &ask, &record.ticket)});
        (answer, format!("{}/api/v2/requests/{}.json", world.base_url, done.id), done)
    };
    tickets::announce(&shared, by.user_id, &mut done);
    created(answer, &location)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    let given = body.root("request")?;
    let by = by(&shared, &ask);
    let (answer, mut done) = {
        let mut world = shared.write();
        let record = find(&world, &ask, id)?;
        let mut ticket = as_ticket(&world, &ask, given, false);
        if given.get("solved").is_some_and(truthy) && record.ticket.status < Status::Solved {
            if !can_solve(&record.ticket, by.user_id) {
                return Err(ApiError::forbidden());
            }
            ticket.insert("status".to_owned(), json!("solved"));
        }
        let done = tickets::answer(&mut world, &by, id, &ticket)?;
        let record = world.tickets.get(&id).ok_or_else(ApiError::not_found)?;
        (json!({"request": request(&world, &ask, &record.ticket)}), done)
    };
    tickets::announce(&shared, by.user_id, &mut done);
    ok(answer)
}
