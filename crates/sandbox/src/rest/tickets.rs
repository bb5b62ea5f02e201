//! Tickets, comments, audits.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, ok, warned};
use crate::model::{Remembered, Ticket, TicketRecord, Via, Work, World};
use crate::tickets::{self, By, Form, access, id_in};
use crate::{ApiError, Shared, jobs, time};

/// Most tickets of a bulk call.
pub(super) const MOST: usize = 100;
/// How long answers are remembered for `Idempotency-Key`.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(2);

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/tickets", get(list).post(create))
        .route("/api/v2/tickets/count", get(count))
        .route("/api/v2/tickets/show_many", get(show_many))
        .route("/api/v2/tickets/update_many", axum::routing::put(update_many))
        .route("/api/v2/tickets/{ticket_id}", get(show).put(update).delete(super::ticket_life::destroy))
        .route("/api/v2/tickets/{ticket_id}/comments", get(comments))
        .route("/api/v2/tickets/{ticket_id}/comments/count", get(count_comments))
        .route("/api/v2/tickets/{ticket_id}/audits", get(audits))
        .route("/api/v2/tickets/{ticket_id}/audits/count", get(count_audits))
        .route("/api/v2/tickets/{ticket_id}/audits/{audit_id}", get(audit))
        .route("/api/v2/users/{user_id}/tickets/requested", get(requested))
        .route("/api/v2/users/{user_id}/tickets/assigned", get(assigned))
        .route("/api/v2/organizations/{organization_id}/tickets", get(of_organization))
        .merge(super::tags::router())
}

/// By whom a request changes things, now.
pub(super) fn by(shared: &Shared, ask: &Ask) -> By {
    let via = if ask.caller.session { Via::Web } else { Via::Api };
    By { user_id: ask.caller.user_id, now: shared.now(), via }
}

/// The page of tickets with these ids, with side-loads.
pub(super) fn page(world: &World, ask: &Ask, ids: &[u64]) -> Answer {
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, ids)?;
    let found: Vec<&Ticket> = shown.iter().filter_map(|id| Some(&world.tickets.get(id)?.ticket)).collect();
    side_load(world, ask, &found, &mut envelope);
    ok(listed("tickets", found.into_iter().map(|t| render::ticket(world, t)).collect(), envelope))
}

fn side_load(world: &World, ask: &Ask, shown: &[&Ticket], envelope: &mut Map<String, Value>) {
    if ask.includes("users") {
        let ids: BTreeSet<u64> = shown
            .iter()
            .flat_map(|t| [Some(t.requester_id), Some(t.submitter_id), t.assignee_id])
            .flatten()
            .collect();
        let users = ids.iter().filter_map(|id| world.users.get(id));
        let list = users.map(|u| render::user(world, u, ask.caller.role)).collect();
        envelope.insert("users".to_owned(), Value::Array(list));
    }
    if ask.includes("groups") {
        let ids: BTreeSet<u64> = shown.iter().filter_map(|t| t.group_id).collect();
        let list =
            ids.iter().filter_map(|id| world.groups.get(id)).map(|g| render::group(world, g)).collect();
        envelope.insert("groups".to_owned(), Value::Array(list));
    }
    if ask.includes("organizations") {
        let ids: BTreeSet<u64> = shown.iter().filter_map(|t| t.organization_id).collect();
        let found = ids.iter().filter_map(|id| world.organizations.get(id));
        envelope.insert("organizations".to_owned(), found.map(|o| render::organization(world, o)).collect());
    }
}

/// The ids of the tickets that the caller sees and `wanted` likes, in the order asked for.
fn select(world: &World, ask: &Ask, wanted: impl Fn(&Ticket) -> bool) -> Result<Vec<u64>, ApiError> {
    let sight = access::sight(world, ask.caller.user_id)?;
    let all = world.tickets.values().map(|r| &r.ticket);
    let mut found: Vec<&Ticket> = all.filter(|t| wanted(t) && sight.covers(t)).collect();
    let by =
        ask.get("sort_by").or_else(|| ask.get("sort").map(|s| s.trim_start_matches('-'))).unwrap_or("id");
    match by {
        "updated_at" => found.sort_by_key(|t| (t.updated_at, t.id)),
        "created_at" => found.sort_by_key(|t| (t.created_at, t.id)),
        "status" => found.sort_by_key(|t| (t.status, t.id)),
        "priority" => found.sort_by_key(|t| (t.priority, t.id)),
        _ => {}
    }
    if ask.get("sort_order") == Some("desc") || ask.get("sort").is_some_and(|s| s.starts_with('-')) {
        found.reverse();
    }
    Ok(found.into_iter().map(|t| t.id).collect())
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let external = ask.get("external_id");
    let ids = select(&world, &ask, |t| external.is_none() || t.external_id.as_deref() == external)?;
    page(&world, &ask, &ids)
}

async fn requested(State(shared): State<Shared>, Path(user_id): Path<u64>, ask: Ask) -> Answer {
    listed_for(&shared, &ask, |world| world.users.contains_key(&user_id), |t| t.requester_id == user_id)
}

async fn assigned(State(shared): State<Shared>, Path(user_id): Path<u64>, ask: Ask) -> Answer {
    listed_for(&shared, &ask, |world| world.users.contains_key(&user_id), |t| t.assignee_id == Some(user_id))
}

async fn of_organization(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    listed_for(
        &shared,
        &ask,
        |world| world.organizations.contains_key(&id),
        |t| t.organization_id == Some(id),
    )
}

fn listed_for(
    shared: &Shared,
    ask: &Ask,
    exists: impl FnOnce(&World) -> bool,
    wanted: impl Fn(&Ticket) -> bool,
) -> Answer {
    ask.agent()?;
    let world = shared.read();
    if !exists(&world) {
        return Err(ApiError::not_found());
    }
    let ids = select(&world, ask, wanted)?;
    page(&world, ask, &ids)
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let value = select(&world, &ask, |_| true)?.len();
    ok(json!({"count": {"value": value, "refreshed_at": time::text(shared.now())}}))
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ticket = tickets::visible(&world, ask.caller.user_id, id)?;
    let mut out = Map::new();
    out.insert("ticket".to_owned(), render::ticket(&world, ticket));
    side_load(&world, &ask, &[ticket], &mut out);
    ok(Value::Object(out))
}

async fn show_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let mut ids = ask.ids()?;
    let world = shared.read();
    let sight = access::sight(&world, ask.caller.user_id)?;
    ids.sort_unstable();
    ids.dedup();
    let found: Vec<&Ticket> = ids
        .iter()
        .filter_map(|id| world.tickets.get(id))
        .map(|r| &r.ticket)
        .filter(|t| sight.covers(t))
        .collect();
    let mut envelope = Map::new();
    envelope.insert("count".to_owned(), json!(found.len()));
    envelope.insert("next_page".to_owned(), Value::Null);
    envelope.insert("previous_page".to_owned(), Value::Null);
    side_load(&world, &ask, &found, &mut envelope);
    ok(listed("tickets", found.into_iter().map(|t| render::ticket(&world, t)).collect(), envelope))
}

async fn create(State(shared): State<Shared>, ask: Ask, headers: HeaderMap, body: Body) -> Answer {
    ask.agent()?;
    let ticket = body.root("ticket")?;
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok());
    if key.is_some_and(|k| k.len() > 255) {
        return Err(ApiError::bad_request(
            "IdempotentRequestError",
            "Idempotency key is too long (maximum 255)",
        ));
    }
    let request = hex::encode(Sha256::digest(Value::Object(body.0.clone()).to_string()));
    let by = by(&shared, &ask);
    let (answer, location, done) = {
        let mut world = shared.write();
        if let Some(first) = key.and_then(|k| world.idempotency.get(k)).filter(|r| r.at + REMEMBERED > by.now)
        {
            if first.request != request {
                return Err(ApiError::idempotency_mismatch());
            }
            return looked_up(created(Value::clone(&first.answer), &first.location), "hit");
        }
        let done = tickets::create(&mut world, &by, ticket)?;
        let record = world.tickets.get(&done.id).ok_or_else(ApiError::not_found)?;
        let answer = render::changed(&world, record, &done.audit);
        let location = format!("{}/api/v2/tickets/{}.json", world.base_url, done.id);
        if let Some(key) = key {
            world.idempotency.retain(|_, r| r.at + REMEMBERED > by.now);
            let kept = Remembered {
                at: by.now,
                request,
                answer: Arc::new(answer.clone()),
                location: location.clone(),
            };
            world.idempotency.insert(key.to_owned(), kept);
        }
        (answer, location, done)
    };
    let mut done = done;
    tickets::announce(&shared, by.user_id, &mut done);
    let answer = warned(created(answer, &location), "ticket", &done.unknown);
    if key.is_some() { looked_up(answer, "miss") } else { answer }
}

fn looked_up(answer: Answer, how: &'static str) -> Answer {
    let mut response = answer?;
    response.headers_mut().insert("x-idempotency-lookup", HeaderValue::from_static(how));
    Ok(response)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let ticket = body.root("ticket")?;
    let by = by(&shared, &ask);
    let (answer, mut done) = {
        let mut world = shared.write();
        let done = tickets::update(&mut world, &by, id, ticket, Form::Update)?;
        let record = world.tickets.get(&id).ok_or_else(ApiError::not_found)?;
        (render::changed(&world, record, &done.audit), done)
    };
    tickets::announce(&shared, by.user_id, &mut done);
    warned(ok(answer), "ticket", &done.unknown)
}

/// Both forms: one body for `ids=`, or a list of tickets each with a body of its own.
async fn update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let todo: Vec<(u64, Arc<Value>)> = if ask.get("ids").is_some() {
        let ids = ask.ids()?;
        let one = Arc::new(Value::Object(body.root("ticket")?.clone()));
        ids.into_iter().map(|id| (id, one.clone())).collect()
    } else if let Some(Value::Array(list)) = body.0.get("tickets") {
        if list.len() > MOST {
            return Err(ApiError::too_many_values(MOST));
        }
        let with_id = |v: &Value| Some((v.get("id").and_then(id_in)?, Arc::new(v.clone())));
        let todo: Vec<_> = list.iter().filter_map(with_id).collect();
        if todo.len() < list.len() || list.is_empty() {
            return Err(ApiError::bad_request("ParameterMissing", "Every ticket needs an id"));
        }
        todo
    } else {
        return Err(ApiError::bad_request(
            "ParameterMissing",
            "Required parameter is missing: ids or tickets",
        ));
    };
    let job = jobs::start(&shared, ask.caller.user_id, Work::Update, todo)?;
    let world = shared.read();
    ok(json!({"job_status": render::job(&world, &job)}))
}

/// The record behind a ticket that the caller may see.
fn record<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a TicketRecord, ApiError> {
    ask.agent()?;
    tickets::visible(world, ask.caller.user_id, id)?;
    world.tickets.get(&id).map(Arc::as_ref).ok_or_else(ApiError::not_found)
}

async fn comments(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let record = record(&world, &ask, id)?;
    let mut ids: Vec<u64> = record.comments.iter().map(|c| c.id).collect();
    if ask.get("sort_order") == Some("desc") || ask.get("sort") == Some("-created_at") {
        ids.reverse();
    }
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found: Vec<_> = shown.iter().filter_map(|id| record.comments.iter().find(|c| c.id == *id)).collect();
    if ask.includes("users") {
        let authors: BTreeSet<u64> = found.iter().map(|c| c.author_id).collect();
        let users = authors.iter().filter_map(|id| world.users.get(id));
        let list = users.map(|u| render::user(&world, u, ask.caller.role)).collect();
        envelope.insert("users".to_owned(), Value::Array(list));
    }
    ok(listed("comments", found.into_iter().map(|c| render::comment(&world, c)).collect(), envelope))
}

async fn count_comments(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let value = record(&world, &ask, id)?.comments.len();
    ok(json!({"count": {"value": value, "refreshed_at": time::text(shared.now())}}))
}

async fn audits(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let record = record(&world, &ask, id)?;
    let mut ids: Vec<u64> = record.audits.iter().map(|a| a.id).collect();
    if ask.get("sort_order") == Some("desc") || ask.get("sort") == Some("-created_at") {
        ids.reverse();
    }
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| record.audits.iter().find(|a| a.id == *id));
    let list = found.map(|a| render::audit(&world, id, &record.comments, a)).collect();
    ok(listed("audits", list, envelope))
}

async fn count_audits(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let value = record(&world, &ask, id)?.audits.len();
    ok(json!({"count": {"value": value, "refreshed_at": time::text(shared.now())}}))
}

async fn audit(State(shared): State<Shared>, Path((id, audit_id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    let world = shared.read();
    let record = record(&world, &ask, id)?;
    let audit = record.audits.iter().find(|a| a.id == audit_id).ok_or_else(ApiError::not_found)?;
    ok(json!({"audit": render::audit(&world, id, &record.comments, audit)}))
}
