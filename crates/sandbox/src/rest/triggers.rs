//! Triggers, and what came of them.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, gone, ok};
use crate::error::Faults;
use crate::model::{Action, Condition, Conditions, Trigger, World};
use crate::tickets::{known_action, known_condition, truthy};
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/triggers", get(list).post(create))
        .route("/api/v2/triggers/active", get(active))
        .route("/api/v2/triggers/{trigger_id}", get(show).put(update).delete(remove))
        .route("/sandbox/trigger_runs", get(runs))
}

fn page(world: &World, ask: &Ask, wanted: impl Fn(&Trigger) -> bool) -> Answer {
    let mut found: Vec<&Trigger> = world.triggers.values().filter(|t| wanted(t)).collect();
    found.sort_by_key(|t| (t.position, t.id));
    let ids: Vec<u64> = found.into_iter().map(|t| t.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.triggers.get(id));
    ok(listed("triggers", found.map(|t| render::trigger(world, t)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let active = ask.get("active").map(|a| a == "true");
    page(&shared.read(), &ask, |t| active.is_none_or(|a| t.active == a))
}

async fn active(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    page(&shared.read(), &ask, |t| t.active)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let trigger = world.triggers.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"trigger": render::trigger(&world, trigger)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("trigger")?;
    let now = shared.now();
    let mut world = shared.write();
    let position = world.triggers.values().map(|t| t.position).max().unwrap_or(0) + 1;
    let mut trigger = Trigger {
        id: 0,
        title: String::new(),
        description: None,
        active: true,
        position,
        category_id: None,
        conditions: Conditions::default(),
        actions: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    apply(&world, &mut trigger, given)?;
    let id = world.ids.next_id();
    trigger.id = id;
    let out = render::trigger(&world, &trigger);
    world.triggers.insert(id, trigger);
    created(json!({"trigger": out}), &format!("{}/api/v2/triggers/{id}.json", world.base_url))
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("trigger")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut trigger = world.triggers.get(&id).ok_or_else(ApiError::not_found)?.clone();
    apply(&world, &mut trigger, given)?;
    trigger.updated_at = now;
    let out = render::trigger(&world, &trigger);
    world.triggers.insert(id, trigger);
    ok(json!({"trigger": out}))
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    shared.write().triggers.remove(&id).ok_or_else(ApiError::not_found)?;
    gone()
}

fn apply(world: &World, trigger: &mut Trigger, given: &Map<String, Value>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if let Some(title) = given.get("title") {
        title.as_str().unwrap_or_default().trim().clone_into(&mut trigger.title);
    }
    if trigger.title.is_empty() {
        faults.add("title", "BlankValue", "Title: cannot be blank");
    }
    if let Some(text) = given.get("description") {
        trigger.description = text.as_str().map(str::to_owned);
    }
    if let Some(active) = given.get("active") {
        trigger.active = truthy(active);
    }
    if let Some(position) = given.get("position").and_then(Value::as_i64) {
        trigger.position = position;
    }
    if let Some(category) = given.get("category_id") {
        trigger.category_id = category.as_str().map(str::to_owned);
    }
    // `all` and `any` may stand at the top or under `conditions`.
    let nested = given.get("conditions").and_then(Value::as_object).unwrap_or(given);
    if nested.contains_key("all") || nested.contains_key("any") {
        let read = |key: &str| -> Vec<Condition> {
            let list = nested.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|c| serde_json::from_value(c.clone()).ok()).collect()
        };
        trigger.conditions = Conditions { all: read("all"), any: read("any") };
        for c in trigger.conditions.all.iter().chain(&trigger.conditions.any) {
            if !known_condition(world, c) {
                let text = format!("Condition: {} {} is not valid", c.field, c.operator);
                faults.add("conditions", "InvalidValue", text);
            }
        }
    }
    if trigger.conditions.all.is_empty() && trigger.conditions.any.is_empty() {
        faults.add("conditions", "BlankValue", "Conditions: at least one condition is required");
    }
    if let Some(list) = given.get("actions").and_then(Value::as_array) {
        trigger.actions =
            list.iter().filter_map(|a| serde_json::from_value::<Action>(a.clone()).ok()).collect();
        for a in trigger.actions.iter().filter(|a| !known_action(world, a)) {
            faults.add("actions", "InvalidValue", format!("Action: {} is not valid", a.field));
        }
    }
    if trigger.actions.is_empty() {
        faults.add("actions", "BlankValue", "Actions: at least one action is required");
    }
    faults.check()
}

/// `?ticket_id=&trigger_id=&fired=true`: what was looked at and why it fired or not, oldest first.
async fn runs(
    State(shared): State<Shared>,
    axum::extract::Query(query): axum::extract::Query<RunQuery>,
) -> Answer {
    let world = shared.read();
    let found = world.trigger_runs.iter().filter(|r| {
        query.ticket_id.is_none_or(|id| r.ticket_id == id)
            && query.trigger_id.is_none_or(|id| r.trigger_id == id)
            && query.fired.is_none_or(|f| r.fired == f)
    });
    ok(json!({"trigger_runs": found.map(AsRef::as_ref).collect::<Vec<_>>()}))
}

#[derive(Debug, serde::Deserialize)]
struct RunQuery {
    ticket_id: Option<u64>,
    trigger_id: Option<u64>,
    fired: Option<bool>,
}
