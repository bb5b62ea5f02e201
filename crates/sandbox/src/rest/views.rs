//! Views: lists of tickets by conditions.

mod edit;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, ok};
use crate::model::{Ticket, View, World};
use crate::tickets::access;
use crate::tickets::conditions::{self, Facts};
use crate::{ApiError, Shared, time};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/views", get(list).post(edit::create))
        .route("/api/v2/views/active", get(active))
        .route("/api/v2/views/compact", get(active))
        .route("/api/v2/views/count", get(number))
        .route("/api/v2/views/search", get(search))
        .route("/api/v2/views/show_many", get(show_many))
        .route("/api/v2/views/preview", post(edit::preview))
        .route("/api/v2/views/preview/count", post(edit::preview_count))
        .route("/api/v2/views/update_many", put(edit::update_many))
        .route("/api/v2/views/destroy_many", delete(edit::remove_many))
        .route("/api/v2/views/count_many", get(count_many))
        .route("/api/v2/views/{view_id}", get(show).put(edit::update).delete(edit::remove))
        .route("/api/v2/views/{view_id}/export", get(export))
        .route("/api/v2/views/{view_id}/tickets", get(tickets))
        .route("/api/v2/views/{view_id}/execute", get(execute))
        .route("/api/v2/views/{view_id}/count", get(count))
}

fn page(world: &World, ask: &Ask, wanted: impl Fn(&View) -> bool) -> Answer {
    let allowed = |v: &&View| wanted(v) && super::macros::allowed(world, ask, v.restriction.as_ref());
    let mut views: Vec<&View> = world.views.values().filter(allowed).collect();
    views.sort_by_key(|v| (v.position, v.id));
    let ids: Vec<u64> = views.into_iter().map(|v| v.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.views.get(id));
    ok(listed("views", found.map(|v| render::view(world, v)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    page(&shared.read(), &ask, |_| true)
}

async fn active(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    page(&shared.read(), &ask, |v| v.active)
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let query = ask.get("query").unwrap_or_default().to_lowercase();
    page(&shared.read(), &ask, |v| v.title.to_lowercase().contains(&query))
}

async fn show_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let ids = ask.ids()?;
    page(&shared.read(), &ask, |v| ids.contains(&v.id))
}

async fn number(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let value =
        world.views.values().filter(|v| super::macros::allowed(&world, &ask, v.restriction.as_ref())).count();
    ok(json!({"count": {"value": value, "refreshed_at": time::text(shared.now())}}))
}

/// Zendesk sends the list by e-mail; what it answers is that it has begun.
async fn export(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    find(&world, &ask, id)?;
    ok(json!({"export": {"view_id": id, "status": "starting"}}))
}

fn find<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a View, ApiError> {
    let found = world.views.get(&id);
    found
        .filter(|v| super::macros::allowed(world, ask, v.restriction.as_ref()))
        .ok_or_else(ApiError::not_found)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    ok(json!({"view": render::view(&world, find(&world, &ask, id)?)}))
}

/// The tickets of a view that the caller sees, in the view's order unless another is asked for.
fn members<'a>(
    world: &'a World,
    ask: &Ask,
    view: &View,
    now: jiff::Timestamp,
) -> Result<Vec<&'a Ticket>, ApiError> {
    let user_id = ask.caller.user_id;
    let sight = access::sight(world, user_id)?;
    let inside = |ticket: &&Ticket| {
        let facts = Facts { world, before: None, ticket, comment: None, user_id, via: None, now };
        sight.covers(ticket) && conditions::hold(&view.conditions, &facts).is_ok()
    };
    let mut found: Vec<&Ticket> = world.tickets.values().map(|r| &r.ticket).filter(inside).collect();
    let by = ask.get("sort_by").unwrap_or(&view.sort_by);
    let name = |id: Option<u64>| id.and_then(|id| world.users.get(&id)).map(|u| u.name.clone());
    match by {
        "updated" | "updated_at" => found.sort_by_key(|t| (t.updated_at, t.id)),
        "created" | "created_at" => found.sort_by_key(|t| (t.created_at, t.id)),
        "status" => found.sort_by_key(|t| (t.status, t.id)),
        "priority" => found.sort_by_key(|t| (t.priority, t.id)),
        "subject" => found.sort_by(|a, b| a.subject.cmp(&b.subject)),
        "requester" => found.sort_by_cached_key(|t| (name(Some(t.requester_id)), t.id)),
        "assignee" => found.sort_by_cached_key(|t| (name(t.assignee_id), t.id)),
        _ => {}
    }
    let desc = ask.get("sort_order").map_or(view.sort_desc, |o| o == "desc");
    if desc {
        found.reverse();
    }
    Ok(found)
}

async fn tickets(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let now = shared.now();
    let world = shared.read();
    let ids: Vec<u64> =
        members(&world, &ask, find(&world, &ask, id)?, now)?.into_iter().map(|t| t.id).collect();
    super::tickets::page(&world, &ask, &ids)
}

async fn count(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let now = shared.now();
    let world = shared.read();
    ok(json!({"view_count": counted(&world, &ask, find(&world, &ask, id)?, now)?}))
}

async fn count_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let now = shared.now();
    let world = shared.read();
    let ids = ask.ids()?;
    let views = ids.iter().filter_map(|id| world.views.get(id));
    let counts: Vec<Value> = views.map(|v| counted(&world, &ask, v, now)).collect::<Result<_, _>>()?;
    ok(json!({"view_counts": counts}))
}

fn counted(world: &World, ask: &Ask, view: &View, now: jiff::Timestamp) -> Result<Value, ApiError> {
    let value = members(world, ask, view, now)?.len();
    Ok(json!({
        "url": format!("{}/api/v2/views/{}/count.json", world.base_url, view.id),
        "view_id": view.id,
        "value": value,
        "pretty": value.to_string(),
        "fresh": true,
        "active": view.active,
    }))
}

/// The view as a table: columns and rows.
async fn execute(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let now = shared.now();
    let world = shared.read();
    let view = find(&world, &ask, id)?;
    table(&world, &ask, view, now)
}

fn table(world: &World, ask: &Ask, view: &View, now: jiff::Timestamp) -> Answer {
    let ids: Vec<u64> = members(world, ask, view, now)?.into_iter().map(|t| t.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found: Vec<&Ticket> = shown.iter().filter_map(|id| Some(&world.tickets.get(id)?.ticket)).collect();
    let rows: Vec<Value> = found.iter().map(|t| row(world, view, t)).collect();
    let mut out = Map::new();
    out.insert("rows".to_owned(), Value::Array(rows));
    out.insert("columns".to_owned(), view.columns.iter().map(|c| render::column(world, c)).collect());
    let mut users: Vec<u64> =
        found.iter().flat_map(|t| [Some(t.requester_id), t.assignee_id]).flatten().collect();
    users.sort_unstable();
    users.dedup();
    let known = users.iter().filter_map(|id| world.users.get(id));
    out.insert("users".to_owned(), known.map(|u| render::user(world, u, ask.caller.role)).collect());
    let mut groups: Vec<u64> = found.iter().filter_map(|t| t.group_id).collect();
    groups.sort_unstable();
    groups.dedup();
    let known = groups.iter().filter_map(|id| world.groups.get(id));
    out.insert("groups".to_owned(), known.map(|g| render::group(world, g)).collect());
    out.insert(
        "view".to_owned(),
        json!({"id": view.id, "url":
        format!("{}/api/v2/views/{}.json", world.base_url, view.id)}),
    );
    out.extend(envelope);
    ok(Value::Object(out))
}

fn row(world: &World, view: &View, t: &Ticket) -> Value {
    let mut row = json!({
        "ticket_id": t.id,
        "ticket": {
            "id": t.id,
            "subject": t.subject,
            "description": t.description,
            "status": t.status,
            "type": t.kind,
            "priority": t.priority,
            "url": format!("{}/api/v2/tickets/{}.json", world.base_url, t.id),
            "last_comment": world.tickets.get(&t.id).and_then(|r| r.comments.last()).map(|c| render::comment(world, c)),
        },
    });
    for column in &view.columns {
        row[column.as_str()] = match column.as_str() {
            "subject" => json!(t.subject),
            "status" => json!(t.status),
            "priority" => json!(t.priority),
            "type" => json!(t.kind),
            "created" => json!(time::text(t.created_at)),
            "updated" => json!(time::text(t.updated_at)),
            "requester" => json!(t.requester_id),
            "assignee" => json!(t.assignee_id),
            "group" => json!(t.group_id),
            "nice_id" => json!(t.id),
            other => {
                other.parse().ok().and_then(|id: u64| t.custom_fields.get(&id)).cloned().unwrap_or_default()
            }
        };
    }
    row
}
