//! Many tickets at once, the end of tickets, and what hangs on a ticket: people, incidents, relations.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use serde_json::{Value, json};

use super::render::{self, listed};
use super::tickets::{MOST, by, page};
use super::{Answer, Ask, Body, created, gone, ok, warned};
use crate::model::{Job, Ticket, TicketType, Via, Work, World};
use crate::tickets::{self, access, lifecycle};
use crate::{ApiError, Shared, jobs, time};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/tickets/create_many", post(create_many))
        .route("/api/v2/tickets/destroy_many", delete(destroy_many))
        .route("/api/v2/tickets/mark_many_as_spam", put(spam_many))
        .route("/api/v2/tickets/recent", get(recent))
        .route("/api/v2/tickets/{ticket_id}/merge", post(merge))
        .route("/api/v2/tickets/{ticket_id}/mark_as_spam", put(spam))
        .route("/api/v2/tickets/{ticket_id}/related", get(related))
        .route("/api/v2/tickets/{ticket_id}/incidents", get(incidents))
        .route("/api/v2/tickets/{ticket_id}/collaborators", get(collaborators))
        .route("/api/v2/tickets/{ticket_id}/followers", get(followers))
        .route("/api/v2/tickets/{ticket_id}/email_ccs", get(email_ccs))
        .route("/api/v2/tickets/{ticket_id}/comments/{comment_id}/make_private", put(make_private))
        .route("/api/v2/users/{user_id}/tickets/ccd", get(copied))
        .route("/api/v2/users/{user_id}/tickets/followed", get(followed))
        .route("/api/v2/problems", get(problems))
        .route("/api/v2/problems/autocomplete", post(complete_problem))
        .route("/api/v2/deleted_tickets", get(deleted))
        .route("/api/v2/deleted_tickets/destroy_many", delete(destroy_many_for_good))
        .route("/api/v2/deleted_tickets/restore_many", put(restore_many))
        .route("/api/v2/deleted_tickets/{ticket_id}", delete(destroy_for_good))
        .route("/api/v2/deleted_tickets/{ticket_id}/restore", put(restore))
        .route("/api/v2/imports/tickets", post(import))
        .route("/api/v2/imports/tickets/create_many", post(import_many))
}

/// Bodies of `tickets` for a job that makes tickets.
fn bodies(body: &Body) -> Result<Vec<(u64, Arc<Value>)>, ApiError> {
    let Some(Value::Array(list)) = body.0.get("tickets") else {
        return Err(ApiError::bad_request("ParameterMissing", "Required parameter is missing: tickets"));
    };
    if list.len() > MOST {
        return Err(ApiError::too_many_values(MOST));
    }
    if list.is_empty() || !list.iter().all(Value::is_object) {
        return Err(ApiError::bad_request("ParameterMissing", "Required parameter is missing: tickets"));
    }
    Ok(list.iter().map(|v| (0, Arc::new(v.clone()))).collect())
}

fn on_ids(ids: Vec<u64>) -> Vec<(u64, Arc<Value>)> {
    let nothing = Arc::new(Value::Null);
    ids.into_iter().map(|id| (id, nothing.clone())).collect()
}

fn queued(shared: &Shared, job: Result<Job, ApiError>) -> Answer {
    let job = job?;
    ok(json!({"job_status": render::job(&shared.read(), &job)}))
}

async fn create_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let todo = bodies(&body)?;
    queued(&shared, jobs::start(&shared, ask.caller.user_id, Work::Create, todo))
}

async fn destroy_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let todo = on_ids(ask.ids()?);
    queued(&shared, jobs::start(&shared, ask.caller.user_id, Work::Delete, todo))
}

async fn spam_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let todo = on_ids(ask.ids()?);
    queued(&shared, jobs::start(&shared, ask.caller.user_id, Work::Spam, todo))
}

/// `DELETE /tickets/{id}`; its route is with the ticket's others.
pub(super) async fn destroy(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let by = by(&shared, &ask);
    let mut done = lifecycle::delete(&mut shared.write(), &by, id)?;
    tickets::announce(&shared, by.user_id, &mut done);
    gone()
}

async fn spam(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let by = by(&shared, &ask);
    let mut done = lifecycle::spam(&mut shared.write(), &by, id)?;
    tickets::announce(&shared, by.user_id, &mut done);
    ok(json!(""))
}

async fn merge(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    lifecycle::mergeable(&shared.read(), ask.caller.user_id, id, &body.0)?;
    let todo = vec![(id, Arc::new(Value::Object(body.0)))];
    queued(&shared, jobs::start(&shared, ask.caller.user_id, Work::Merge, todo))
}

async fn deleted(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let sight = access::sight(&world, ask.caller.user_id)?;
    let mut found: Vec<_> =
        world.deleted_tickets.values().filter(|d| sight.covers(&d.record.ticket)).collect();
    match ask.get("sort_by") {
        Some("subject") => found.sort_by(|a, b| a.record.ticket.subject.cmp(&b.record.ticket.subject)),
        Some("deleted_at") => found.sort_by_key(|d| (d.deleted_at, d.record.ticket.id)),
        _ => {}
    }
    if ask.get("sort_order") == Some("desc") {
        found.reverse();
    }
    let ids: Vec<u64> = found.into_iter().map(|d| d.record.ticket.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let one = |id: &u64| {
        let d = world.deleted_tickets.get(id)?;
        let actor = world.users.get(&d.actor_id).map(|u| u.name.as_str());
        Some(json!({"id": id, "subject": d.record.ticket.subject, "deleted_at": time::text(d.deleted_at),
            "previous_state": d.record.ticket.status, "actor": {"id": d.actor_id, "name": actor}}))
    };
    ok(listed("deleted_tickets", shown.iter().filter_map(one).collect(), envelope))
}

async fn restore(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    restore_all(&shared, &ask, &[id])
}

async fn restore_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    restore_all(&shared, &ask, &ask.ids()?)
}

fn restore_all(shared: &Shared, ask: &Ask, ids: &[u64]) -> Answer {
    let by = by(shared, ask);
    for id in ids {
        let mut done = lifecycle::restore(&mut shared.write(), &by, *id)?;
        tickets::announce(shared, by.user_id, &mut done);
    }
    ok(json!(""))
}

async fn destroy_for_good(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    for_good(&shared, &ask, vec![id])
}

async fn destroy_many_for_good(State(shared): State<Shared>, ask: Ask) -> Answer {
    for_good(&shared, &ask, ask.ids()?)
}

fn for_good(shared: &Shared, ask: &Ask, ids: Vec<u64>) -> Answer {
    ask.admin()?;
    if ids.iter().any(|id| !shared.read().deleted_tickets.contains_key(id)) {
        return Err(ApiError::not_found());
    }
    queued(shared, jobs::start(shared, ask.caller.user_id, Work::DeleteForever, on_ids(ids)))
}

async fn import(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("ticket")?;
    let by = by(&shared, &ask);
    let (answer, location, mut done) = {
        let mut world = shared.write();
        let done = lifecycle::import(&mut world, &by, given)?;
        let record = world.tickets.get(&done.id).ok_or_else(ApiError::not_found)?;
        let answer = json!({"ticket": render::ticket(&world, &record.ticket)});
        (answer, format!("{}/api/v2/tickets/{}.json", world.base_url, done.id), done)
    };
    tickets::announce(&shared, by.user_id, &mut done);
    warned(created(answer, &location), "ticket", &done.unknown)
}

async fn import_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let todo = bodies(&body)?;
    queued(&shared, jobs::start(&shared, ask.caller.user_id, Work::Import, todo))
}

/// The tickets that the caller touched last, newest first.
async fn recent(State(shared): State<Shared>, ask: Ask) -> Answer {
    const KEPT: usize = 5;
    ask.agent()?;
    let world = shared.read();
    let sight = access::sight(&world, ask.caller.user_id)?;
    let me = ask.caller.user_id;
    let mut found: Vec<(jiff::Timestamp, u64)> = world
        .tickets
        .values()
        .filter(|r| sight.covers(&r.ticket))
        .filter_map(|r| Some((r.audits.iter().rev().find(|a| a.author_id == me)?.created_at, r.ticket.id)))
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let ids: Vec<u64> = found.into_iter().take(KEPT).map(|(_, id)| id).collect();
    page(&world, &ask, &ids)
}

fn seen<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a Ticket, ApiError> {
    ask.agent()?;
    tickets::visible(world, ask.caller.user_id, id)
}

async fn related(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let ticket = seen(&world, &ask, id)?;
    let source = match ticket.via {
        Via::Followup { ticket_id } => vec![ticket_id.to_string()],
        _ => Vec::new(),
    };
    let topic: Option<&str> = None;
    ok(json!({
        "topic_id": topic,
        "followup_source_ids": source,
        "from_archive": false,
        "incidents": world.incidents.get(&id).map_or(0, |i| i.len()),
        "twitter": {},
    }))
}

async fn incidents(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    seen(&world, &ask, id)?;
    let sight = access::sight(&world, ask.caller.user_id)?;
    let all = world.incidents.get(&id).into_iter().flatten();
    let ids: Vec<u64> =
        all.filter(|id| world.tickets.get(id).is_some_and(|r| sight.covers(&r.ticket))).copied().collect();
    page(&world, &ask, &ids)
}

fn problem_ids(world: &World, ask: &Ask, text: &str) -> Result<Vec<u64>, ApiError> {
    ask.agent()?;
    let sight = access::sight(world, ask.caller.user_id)?;
    let open = |t: &&Ticket| {
        t.kind == Some(TicketType::Problem)
            && t.status < crate::model::Status::Solved
            && t.subject.to_lowercase().contains(text)
            && sight.covers(t)
    };
    Ok(world.tickets.values().map(|r| &r.ticket).filter(open).map(|t| t.id).collect())
}

async fn problems(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let ids = problem_ids(&world, &ask, "")?;
    page(&world, &ask, &ids)
}

async fn complete_problem(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let text = body.0.get("text").and_then(Value::as_str).or_else(|| ask.get("text")).unwrap_or_default();
    let world = shared.read();
    let ids = problem_ids(&world, &ask, &text.to_lowercase())?;
    page(&world, &ask, &ids)
}

fn people(world: &World, ask: &Ask, ids: &[u64]) -> Answer {
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, ids)?;
    let found = shown.iter().filter_map(|id| world.users.get(id));
    ok(listed("users", found.map(|u| render::user(world, u, ask.caller.role)).collect(), envelope))
}

async fn collaborators(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    people(&world, &ask, &seen(&world, &ask, id)?.collaborator_ids)
}

async fn followers(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    people(&world, &ask, &seen(&world, &ask, id)?.follower_ids)
}

async fn email_ccs(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    people(&world, &ask, &seen(&world, &ask, id)?.email_cc_ids)
}

fn of_user(shared: &Shared, ask: &Ask, user: u64, list: fn(&Ticket) -> &Vec<u64>) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.users.get(&user).ok_or_else(ApiError::not_found)?;
    let sight = access::sight(&world, ask.caller.user_id)?;
    let all = world.tickets.values().map(|r| &r.ticket);
    let ids: Vec<u64> = all.filter(|t| list(t).contains(&user) && sight.covers(t)).map(|t| t.id).collect();
    page(&world, ask, &ids)
}

async fn copied(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    of_user(&shared, &ask, user, |t| &t.email_cc_ids)
}

async fn followed(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    of_user(&shared, &ask, user, |t| &t.follower_ids)
}

/// A public comment becomes a note.
async fn make_private(
    State(shared): State<Shared>,
    Path((id, comment)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.agent()?;
    let mut world = shared.write();
    tickets::visible(&world, ask.caller.user_id, id)?;
    access::may_edit_properties(&world, ask.caller.user_id)?;
    let record = world.tickets.get_mut(&id).ok_or_else(ApiError::not_found)?;
    if !record.comments.iter().any(|c| c.id == comment) {
        return Err(ApiError::not_found());
    }
    for c in Arc::make_mut(record).comments.iter_mut().filter(|c| c.id == comment) {
        c.public = false;
    }
    ok(json!(""))
}
