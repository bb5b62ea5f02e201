//! Automations, and the mail that rules would have sent.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};
use serde_json::{Map, Value, json};

use super::render::listed;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::error::Faults;
use crate::model::{Action, Automation, Condition, Conditions, World};
use crate::tickets::{automations, conditions, id_in, known_action, known_condition, truthy};
use crate::{ApiError, Shared, time};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/automations", get(list).post(create))
        .route("/api/v2/automations/active", get(active))
        .route("/api/v2/automations/search", get(search))
        .route("/api/v2/automations/update_many", axum::routing::put(update_many))
        .route("/api/v2/automations/destroy_many", delete(remove_many))
        .route("/api/v2/automations/{automation_id}", get(show).put(update).delete(remove))
        .route("/sandbox/outbox", get(outbox).delete(empty_outbox))
}

fn shown(world: &World, a: &Automation) -> Value {
    json!({
        "url": format!("{}/api/v2/automations/{}.json", world.base_url, a.id),
        "id": a.id,
        "title": a.title,
        "raw_title": a.title,
        "active": a.active,
        "default": false,
        "position": a.position,
        "conditions": a.conditions,
        "actions": a.actions,
        "created_at": time::text(a.created_at),
        "updated_at": time::text(a.updated_at),
    })
}

fn page(world: &World, ask: &Ask, wanted: impl Fn(&Automation) -> bool) -> Answer {
    ask.agent()?;
    let mut found: Vec<&Automation> = world.automations.values().filter(|a| wanted(a)).collect();
    found.sort_by_key(|a| (a.position, a.id));
    let ids: Vec<u64> = found.into_iter().map(|a| a.id).collect();
    let (on_page, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = on_page.iter().filter_map(|id| world.automations.get(id));
    ok(listed("automations", found.map(|a| shown(world, a)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    let active = ask.get("active").map(|a| a == "true");
    page(&shared.read(), &ask, |a| active.is_none_or(|wanted| a.active == wanted))
}

async fn active(State(shared): State<Shared>, ask: Ask) -> Answer {
    page(&shared.read(), &ask, |a| a.active)
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    let query = ask.get("query").unwrap_or_default().to_lowercase();
    page(&shared.read(), &ask, |a| a.title.to_lowercase().contains(&query))
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let found = world.automations.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"automation": shown(&world, found)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("automation")?;
    let now = shared.now();
    let mut world = shared.write();
    let position = world.automations.values().map(|a| a.position).max().unwrap_or(0) + 1;
    let mut new = Automation {
        id: 0,
        title: String::new(),
        active: true,
        position,
        conditions: Conditions::default(),
        actions: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    edit(&world, &mut new, given)?;
    let id = world.ids.next_id();
    new.id = id;
    let out = shown(&world, &new);
    world.automations.insert(id, new);
    created(json!({"automation": out}), &format!("{}/api/v2/automations/{id}.json", world.base_url))
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("automation")?;
    let mut world = shared.write();
    let out = change(&mut world, id, given, shared.now())?;
    ok(json!({"automation": out}))
}

fn change(
    world: &mut World,
    id: u64,
    given: &Map<String, Value>,
    now: jiff::Timestamp,
) -> Result<Value, ApiError> {
    let mut changed = world.automations.get(&id).ok_or_else(ApiError::not_found)?.clone();
    edit(world, &mut changed, given)?;
    changed.updated_at = now;
    let out = shown(world, &changed);
    world.automations.insert(id, changed);
    Ok(out)
}

async fn update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let list = body.0.get("automations").and_then(Value::as_array).cloned().unwrap_or_default();
    let now = shared.now();
    let mut world = shared.write();
    let mut out = Vec::new();
    for given in list.iter().filter_map(Value::as_object) {
        let id = given.get("id").and_then(id_in).ok_or_else(ApiError::not_found)?;
        out.push(change(&mut world, id, given, now)?);
    }
    let count = out.len();
    ok(json!({"automations": out, "count": count, "next_page": null, "previous_page": null}))
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    shared.write().automations.remove(&id).ok_or_else(ApiError::not_found)?;
    gone()
}

async fn remove_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.admin()?;
    let ids = ask.ids()?;
    shared.write().automations.retain(|id, _| !ids.contains(id));
    gone()
}

fn edit(world: &World, a: &mut Automation, given: &Map<String, Value>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if let Some(title) = given.get("title") {
        title.as_str().unwrap_or_default().trim().clone_into(&mut a.title);
    }
    if a.title.is_empty() {
        faults.add("title", "BlankValue", "Title: cannot be blank");
    }
    if let Some(active) = given.get("active") {
        a.active = truthy(active);
    }
    if let Some(position) = given.get("position").and_then(Value::as_i64) {
        a.position = position;
    }
    // `all` and `any` may stand at the top or under `conditions`.
    let nested = given.get("conditions").and_then(Value::as_object).unwrap_or(given);
    if nested.contains_key("all") || nested.contains_key("any") {
        let read = |key: &str| -> Vec<Condition> {
            let list = nested.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|c| serde_json::from_value(c.clone()).ok()).collect()
        };
        a.conditions = Conditions { all: read("all"), any: read("any") };
        for c in a.conditions.all.iter().chain(&a.conditions.any) {
            if !known_condition(world, c) && !conditions::is_time(&c.field) {
                let text = format!("Condition: {} {} is not valid", c.field, c.operator);
                faults.add("conditions", "InvalidValue", text);
            }
        }
    }
    if let Some(list) = given.get("actions").and_then(Value::as_array) {
        a.actions = list.iter().filter_map(|a| serde_json::from_value::<Action>(a.clone()).ok()).collect();
        for action in a.actions.iter().filter(|a| !known_action(world, a)) {
            faults.add("actions", "InvalidValue", format!("Action: {} is not valid", action.field));
        }
    }
    if a.actions.is_empty() {
        faults.add("actions", "BlankValue", "Actions: at least one action is required");
    }
    if !automations::looks_at_time(&a.conditions) {
        faults.add("base", "InvalidValue", "Conditions: at least one must be about time");
    } else if !automations::ends(&a.conditions, &a.actions) {
        let text = "Actions: one must make a condition untrue, or a condition must hold for one hour only";
        faults.add("base", "InvalidValue", text);
    }
    faults.check()
}

/// `?ticket_id=`: the mail that triggers and automations would have sent, oldest first.
async fn outbox(
    State(shared): State<Shared>,
    axum::extract::Query(query): axum::extract::Query<OutboxQuery>,
) -> Answer {
    let world = shared.read();
    let found = world.outbox.iter().filter(|m| query.ticket_id.is_none_or(|id| m.ticket_id == id));
    ok(json!({"mails": found.map(AsRef::as_ref).collect::<Vec<_>>()}))
}

#[derive(Debug, serde::Deserialize)]
struct OutboxQuery {
    ticket_id: Option<u64>,
}

async fn empty_outbox(State(shared): State<Shared>) -> Answer {
    shared.write().outbox.clear();
    gone()
}
