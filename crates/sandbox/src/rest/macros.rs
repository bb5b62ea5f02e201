//! Macros: made by administrators and agents, applied by agents. Applying one changes nothing: the answer says what the
//! ticket would be, for the caller to save.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, gone, ok};
use crate::error::Faults;
use crate::model::{Action, Macro, Restriction, World};
use crate::tickets::{self, actions, truthy};
use crate::{ApiError, Role, Shared, time};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/macros", get(list).post(create))
        .route("/api/v2/macros/active", get(active))
        .route("/api/v2/macros/search", get(search))
        .route("/api/v2/macros/categories", get(categories))
        .route("/api/v2/macros/actions", get(known_actions))
        .route("/api/v2/macros/definitions", get(definitions))
        .route("/api/v2/macros/new", get(derived))
        .route("/api/v2/macros/update_many", put(update_many))
        .route("/api/v2/macros/destroy_many", axum::routing::delete(remove_many))
        .route("/api/v2/macros/{macro_id}", get(show).put(update).delete(remove))
        .route("/api/v2/macros/{macro_id}/apply", get(apply))
        .route("/api/v2/tickets/{ticket_id}/macros/{macro_id}/apply", get(apply_to_ticket))
}

fn shown(world: &World, m: &Macro) -> Value {
    json!({
        "url": format!("{}/api/v2/macros/{}.json", world.base_url, m.id),
        "id": m.id,
        "title": m.title,
        "raw_title": m.title,
        "active": m.active,
        "default": false,
        "position": m.position,
        "description": m.description,
        "actions": m.actions,
        "restriction": m.restriction,
        "created_at": time::text(m.created_at),
        "updated_at": time::text(m.updated_at),
    })
}

/// Whether this person may use something that is restricted so.
pub(super) fn allowed(world: &World, ask: &Ask, restriction: Option<&Restriction>) -> bool {
    let me = ask.caller.user_id;
    match restriction {
        None => true,
        Some(r) if r.kind == "User" => r.id == me,
        Some(r) => {
            ask.caller.role == Role::Admin
                || world.is_member(me, r.id)
                || r.ids.iter().any(|g| world.is_member(me, *g))
        }
    }
}

/// The restriction in a body; null lifts it.
pub(super) fn restriction(value: &Value, faults: &mut Faults) -> Option<Restriction> {
    if value.is_null() {
        return None;
    }
    let mut value = value.clone();
    // Groups may be named by `ids` alone.
    if value.get("id").is_none_or(Value::is_null)
        && let Some(first) = value.get("ids").and_then(|ids| ids.get(0)).cloned()
    {
        value["id"] = first;
    }
    let read = serde_json::from_value::<Restriction>(value).ok();
    let good = read.filter(|r| matches!(r.kind.as_str(), "Group" | "User"));
    if good.is_none() {
        faults.add("restriction", "InvalidValue", "Restriction: is invalid");
    }
    good
}

fn page(world: &World, ask: &Ask, wanted: impl Fn(&Macro) -> bool) -> Answer {
    ask.agent()?;
    let active = ask.get("active").map(|a| a == "true");
    let fits = |m: &&Macro| {
        wanted(m) && active.is_none_or(|a| m.active == a) && allowed(world, ask, m.restriction.as_ref())
    };
    let mut found: Vec<&Macro> = world.macros.values().filter(fits).collect();
    match ask.get("sort_by") {
        Some("alphabetical") => found.sort_by(|a, b| a.title.cmp(&b.title)),
        Some("created_at") => found.sort_by_key(|m| (m.created_at, m.id)),
        Some("updated_at") => found.sort_by_key(|m| (m.updated_at, m.id)),
        _ => found.sort_by_key(|m| (m.position, m.id)),
    }
    if ask.get("sort_order") == Some("desc") {
        found.reverse();
    }
    let ids: Vec<u64> = found.into_iter().map(|m| m.id).collect();
    let (on_page, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = on_page.iter().filter_map(|id| world.macros.get(id));
    ok(listed("macros", found.map(|m| shown(world, m)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    let category = ask.get("category").map(|c| format!("{c}::"));
    page(&shared.read(), &ask, |m| category.as_ref().is_none_or(|c| m.title.starts_with(c)))
}

async fn active(State(shared): State<Shared>, ask: Ask) -> Answer {
    page(&shared.read(), &ask, |m| m.active)
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    let query = ask.get("query").unwrap_or_default().to_lowercase();
    page(&shared.read(), &ask, |m| m.title.to_lowercase().contains(&query))
}

/// What stands before `::` in titles.
async fn categories(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let mut names: Vec<&str> =
        world.macros.values().filter_map(|m| Some(m.title.split_once("::")?.0)).collect();
    names.sort_unstable();
    names.dedup();
    ok(json!({"categories": names}))
}

async fn known_actions(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let list: Vec<Value> = actions::described(&shared.read(), true)
        .into_iter()
        .map(|a| {
            json!({"value": a["subject"], "title": a["title"], "title_for_field": a["title"], "group": "ticket",
                "output_key": null, "target": null, "operators": [{"title": "Is", "value": "is"}],
                "values": {"type": a["type"], "list": a["values"]}})
        })
        .collect();
    ok(json!({"actions": list}))
}

async fn definitions(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    ok(json!({"definitions": {"actions": actions::described(&shared.read(), true)}}))
}

/// A macro made from another or from a ticket, not kept.
async fn derived(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let id = |key: &str| ask.get(key).and_then(|id| id.parse::<u64>().ok());
    if let Some(id) = id("macro_id") {
        let mut out = shown(&world, find(&world, &ask, id)?);
        out["id"] = Value::Null;
        return ok(json!({"macro": out}));
    }
    let ticket = id("ticket_id").ok_or_else(|| {
        ApiError::bad_request("ParameterMissing", "Required parameter is missing: macro_id or ticket_id")
    })?;
    let t = tickets::visible(&world, ask.caller.user_id, ticket)?;
    let mut list = vec![json!({"field": "status", "value": t.status})];
    if let Some(priority) = t.priority {
        list.push(json!({"field": "priority", "value": priority}));
    }
    if let Some(kind) = t.kind {
        list.push(json!({"field": "type", "value": kind}));
    }
    if !t.tags.is_empty() {
        list.push(json!({"field": "current_tags", "value": t.tags.join(" ")}));
    }
    ok(json!({"macro": {"title": t.subject, "active": true, "actions": list, "restriction": null}}))
}

fn find<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a Macro, ApiError> {
    ask.agent()?;
    let found = world.macros.get(&id).filter(|m| allowed(world, ask, m.restriction.as_ref()));
    found.ok_or_else(ApiError::not_found)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    ok(json!({"macro": shown(&world, find(&world, &ask, id)?)}))
}

/// Agents make macros for themselves, administrators for everybody.
fn may_change(ask: &Ask, m: &Macro) -> Result<(), ApiError> {
    let own = m.restriction.as_ref().is_some_and(|r| r.kind == "User" && r.id == ask.caller.user_id);
    if own { Ok(()) } else { ask.admin() }
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let given = body.root("macro")?;
    let now = shared.now();
    let mut world = shared.write();
    let position = world.macros.values().map(|m| m.position).max().unwrap_or(0) + 1;
    let mut new = Macro {
        id: 0,
        title: String::new(),
        description: None,
        active: true,
        position,
        actions: Vec::new(),
        restriction: None,
        created_at: now,
        updated_at: now,
    };
    edit(&world, &mut new, given)?;
    may_change(&ask, &new)?;
    let id = world.ids.next_id();
    new.id = id;
    let out = shown(&world, &new);
    world.macros.insert(id, new);
    ok(json!({"macro": out}))
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    let given = body.root("macro")?;
    let mut world = shared.write();
    let out = change(&mut world, &ask, id, given, shared.now())?;
    ok(json!({"macro": out}))
}

fn change(
    world: &mut World,
    ask: &Ask,
    id: u64,
    given: &Map<String, Value>,
    now: jiff::Timestamp,
) -> Result<Value, ApiError> {
    let mut m = find(world, ask, id)?.clone();
    may_change(ask, &m)?;
    edit(world, &mut m, given)?;
    m.updated_at = now;
    let out = shown(world, &m);
    world.macros.insert(id, m);
    Ok(out)
}

async fn update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let list = body.0.get("macros").and_then(Value::as_array).cloned().unwrap_or_default();
    let now = shared.now();
    let mut world = shared.write();
    let mut out = Vec::new();
    for given in list.iter().filter_map(Value::as_object) {
        let id = given.get("id").and_then(tickets::id_in).ok_or_else(ApiError::not_found)?;
        out.push(change(&mut world, &ask, id, given, now)?);
    }
    let count = out.len();
    ok(json!({"macros": out, "count": count, "next_page": null, "previous_page": null}))
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let mut world = shared.write();
    may_change(&ask, find(&world, &ask, id)?)?;
    world.macros.remove(&id);
    gone()
}

async fn remove_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    let ids = ask.ids()?;
    let mut world = shared.write();
    for id in &ids {
        may_change(&ask, find(&world, &ask, *id)?)?;
    }
    world.macros.retain(|id, _| !ids.contains(id));
    gone()
}

fn edit(world: &World, m: &mut Macro, given: &Map<String, Value>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if let Some(title) = given.get("title") {
        title.as_str().unwrap_or_default().trim().clone_into(&mut m.title);
    }
    if m.title.is_empty() {
        faults.add("title", "BlankValue", "Title: cannot be blank");
    }
    if let Some(text) = given.get("description") {
        m.description = text.as_str().map(str::to_owned);
    }
    if let Some(active) = given.get("active") {
        m.active = truthy(active);
    }
    if let Some(position) = given.get("position").and_then(Value::as_i64) {
        m.position = position;
    }
    if let Some(value) = given.get("restriction") {
        m.restriction = restriction(value, &mut faults);
    }
    if let Some(list) = given.get("actions").and_then(Value::as_array) {
        m.actions = list.iter().filter_map(|a| serde_json::from_value::<Action>(a.clone()).ok()).collect();
        for a in m.actions.iter().filter(|a| !actions::known_in_macros(world, a)) {
            faults.add("actions", "InvalidValue", format!("Action: {} is not valid", a.field));
        }
    }
    if m.actions.is_empty() {
        faults.add("actions", "BlankValue", "Actions: at least one action is required");
    }
    faults.check()
}

/// Only what the macro says.
async fn apply(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    let m = find(&world, &ask, id)?;
    ok(json!({"result": {"ticket": actions::alone(&world, ask.caller.user_id, &m.actions)}}))
}

/// The whole ticket as it would be.
async fn apply_to_ticket(
    State(shared): State<Shared>,
    Path((ticket, id)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    let world = shared.read();
    let m = find(&world, &ask, id)?;
    let t = tickets::visible(&world, ask.caller.user_id, ticket)?;
    let (after, comment) = actions::applied(&world, ask.caller.user_id, t, &m.actions);
    let mut out = render::ticket(&world, &after);
    if let Some(comment) = comment {
        out["comment"] = comment;
    }
    ok(json!({"result": {"ticket": out}}))
}
