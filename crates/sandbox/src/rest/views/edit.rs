//! Making, changing and trying out views.

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::super::{Answer, Ask, Body, gone, macros, ok, render};
use super::{counted, find, table};
use crate::error::Faults;
use crate::model::{Condition, Conditions, View, World};
use crate::tickets::{id_in, known_condition, truthy};
use crate::{ApiError, Shared};

/// Columns of a view that names none.
const COLUMNS: [&str; 5] = ["subject", "requester", "created", "type", "priority"];

fn blank(world: &World, now: jiff::Timestamp) -> View {
    View {
        id: 0,
        title: String::new(),
        description: None,
        active: true,
        position: world.views.values().map(|v| v.position).max().unwrap_or(0) + 1,
        conditions: Conditions::default(),
        columns: COLUMNS.map(str::to_owned).to_vec(),
        sort_by: "created".to_owned(),
        sort_desc: true,
        group_by: None,
        group_desc: false,
        restriction: None,
        created_at: now,
        updated_at: now,
    }
}

/// Agents make views for themselves, administrators for everybody.
fn may_change(ask: &Ask, view: &View) -> Result<(), ApiError> {
    let own = view.restriction.as_ref().is_some_and(|r| r.kind == "User" && r.id == ask.caller.user_id);
    if own { Ok(()) } else { ask.admin() }
}

pub(super) async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let given = body.root("view")?;
    let mut world = shared.write();
    let mut view = blank(&world, shared.now());
    edit(&world, &mut view, given)?;
    may_change(&ask, &view)?;
    view.id = world.ids.next_id();
    let out = render::view(&world, &view);
    world.views.insert(view.id, view);
    ok(json!({"view": out}))
}

pub(super) async fn update(
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    ask: Ask,
    body: Body,
) -> Answer {
    ask.agent()?;
    let given = body.root("view")?;
    let mut world = shared.write();
    let out = change(&mut world, &ask, id, given, shared.now())?;
    ok(json!({"view": out}))
}

fn change(
    world: &mut World,
    ask: &Ask,
    id: u64,
    given: &Map<String, Value>,
    now: jiff::Timestamp,
) -> Result<Value, ApiError> {
    let mut view = find(world, ask, id)?.clone();
    may_change(ask, &view)?;
    edit(world, &mut view, given)?;
    view.updated_at = now;
    let out = render::view(world, &view);
    world.views.insert(id, view);
    Ok(out)
}

/// Positions and whether they are shown, of many views.
pub(super) async fn update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let list = body.0.get("views").and_then(Value::as_array).cloned().unwrap_or_default();
    let now = shared.now();
    let mut world = shared.write();
    let mut out = Vec::new();
    for given in list.iter().filter_map(Value::as_object) {
        let id = given.get("id").and_then(id_in).ok_or_else(ApiError::not_found)?;
        out.push(change(&mut world, &ask, id, given, now)?);
    }
    let count = out.len();
    ok(json!({"views": out, "count": count, "next_page": null, "previous_page": null}))
}

pub(super) async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let mut world = shared.write();
    may_change(&ask, find(&world, &ask, id)?)?;
    world.views.remove(&id);
    gone()
}

pub(super) async fn remove_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let ids = ask.ids()?;
    let mut world = shared.write();
    for id in &ids {
        may_change(&ask, find(&world, &ask, *id)?)?;
    }
    world.views.retain(|id, _| !ids.contains(id));
    gone()
}

/// A view that is not kept. It needs no title.
fn tried(world: &World, body: &Body, now: jiff::Timestamp) -> Result<View, ApiError> {
    let mut given = body.root("view")?.clone();
    given.insert("title".to_owned(), json!("Preview"));
    let mut view = blank(world, now);
    edit(world, &mut view, &given)?;
    Ok(view)
}

pub(super) async fn preview(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let now = shared.now();
    let world = shared.read();
    table(&world, &ask, &tried(&world, &body, now)?, now)
}

pub(super) async fn preview_count(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let now = shared.now();
    let world = shared.read();
    let view = tried(&world, &body, now)?;
    let mut count = counted(&world, &ask, &view, now)?;
    count["view_id"] = Value::Null;
    count["url"] = Value::Null;
    ok(json!({"view_count": count}))
}

/// `all` and `any` stand at the top or under `conditions`; columns and order under `output` or `execution`.
fn edit(world: &World, view: &mut View, given: &Map<String, Value>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if let Some(title) = given.get("title") {
        title.as_str().unwrap_or_default().trim().clone_into(&mut view.title);
    }
    if view.title.is_empty() {
        faults.add("title", "BlankValue", "Title: cannot be blank");
    }
    if let Some(text) = given.get("description") {
        view.description = text.as_str().map(str::to_owned);
    }
    if let Some(active) = given.get("active") {
        view.active = truthy(active);
    }
    if let Some(position) = given.get("position").and_then(Value::as_i64) {
        view.position = position;
    }
    if let Some(value) = given.get("restriction") {
        view.restriction = macros::restriction(value, &mut faults);
    }
    let nested = given.get("conditions").and_then(Value::as_object).unwrap_or(given);
    if nested.contains_key("all") || nested.contains_key("any") {
        let read = |key: &str| -> Vec<Condition> {
            let list = nested.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|c| serde_json::from_value(c.clone()).ok()).collect()
        };
        view.conditions = Conditions { all: read("all"), any: read("any") };
        for c in view.conditions.all.iter().chain(&view.conditions.any) {
            if !known_condition(world, c) {
                let text = format!("Condition: {} {} is not valid", c.field, c.operator);
                faults.add("conditions", "InvalidValue", text);
            }
        }
    }
    // As at Zendesk, something must say which tickets could be meant at all.
    const NEEDED: [&str; 5] = ["status", "custom_status_id", "type", "group_id", "assignee_id"];
    let bounded =
        view.conditions.all.iter().any(|c| NEEDED.contains(&c.field.as_str()) || c.field == "requester_id");
    if !bounded {
        let text = "Conditions: must check status, type, group, assignee or requester in all";
        faults.add("base", "InvalidConditions", text);
    }
    let output = given.get("output").or_else(|| given.get("execution")).and_then(Value::as_object);
    if let Some(output) = output {
        let word = |key: &str| output.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(list) = output.get("columns").and_then(Value::as_array) {
            let name = |c: &Value| match c {
                Value::String(name) => Some(name.clone()),
                Value::Number(id) => Some(id.to_string()),
                other => other.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
            };
            view.columns = list.iter().filter_map(name).collect();
        }
        if let Some(by) = word("sort_by") {
            view.sort_by = by;
        }
        if let Some(order) = word("sort_order") {
            view.sort_desc = order == "desc";
        }
        if output.contains_key("group_by") {
            view.group_by = word("group_by");
        }
        if let Some(order) = word("group_order") {
            view.group_desc = order == "desc";
        }
    }
    faults.check()
}
