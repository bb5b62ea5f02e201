//! Ticket fields and their options.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, gone, ok};
use crate::error::Faults;
use crate::model::{FieldKind, FieldOption, TicketField, World};
use crate::tickets::{id_in, truthy};
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/ticket_fields", get(list).post(create))
        .route("/api/v2/ticket_fields/count", get(count))
        .route("/api/v2/ticket_fields/{ticket_field_id}", get(show).put(update).delete(remove))
        .route("/api/v2/ticket_fields/reorder", put(reorder))
        .route("/api/v2/ticket_fields/{ticket_field_id}/options", get(options).post(put_option))
        .route(
            "/api/v2/ticket_fields/{ticket_field_id}/options/{option_id}",
            get(option).delete(remove_option),
        )
}

/// Position first, as Zendesk lists them.
fn in_order(world: &World) -> Vec<u64> {
    let mut fields: Vec<&TicketField> = world.ticket_fields.values().collect();
    fields.sort_by_key(|f| (f.position, f.id));
    fields.into_iter().map(|f| f.id).collect()
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids = in_order(&world);
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.ticket_fields.get(id));
    ok(listed("ticket_fields", found.map(|f| render::ticket_field(&world, f)).collect(), envelope))
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let value = shared.read().ticket_fields.len();
    ok(json!({"count": {"value": value, "refreshed_at": crate::time::text(shared.now())}}))
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let field = world.ticket_fields.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"ticket_field": render::ticket_field(&world, field)}))
}

async fn options(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let field = world.ticket_fields.get(&id).ok_or_else(ApiError::not_found)?;
    let list: Vec<Value> = (0..field.options.len()).filter_map(|i| shown_option(&world, field, i)).collect();
    let count = list.len();
    ok(json!({"custom_field_options": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("ticket_field")?;
    let now = shared.now();
    let mut world = shared.write();
    let kind = given.get("type").and_then(|t| serde_json::from_value::<FieldKind>(t.clone()).ok());
    let Some(kind) = kind.filter(|k| k.is_custom()) else {
        return Err(ApiError::invalid("type", "InvalidValue", "Type: is invalid"));
    };
    let position = world.ticket_fields.values().map(|f| f.position).max().unwrap_or(0) + 1;
    let mut field = TicketField {
        id: 0,
        kind,
        title: String::new(),
        title_in_portal: String::new(),
        description: String::new(),
        agent_description: None,
        position,
        active: true,
        required: false,
        required_in_portal: false,
        collapsed_for_agents: false,
        visible_in_portal: false,
        editable_in_portal: false,
        system: false,
        tag: None,
        regexp_for_validation: None,
        options: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    apply(&mut world, &mut field, given)?;
    let id = world.ids.next_id();
    field.id = id;
    let out = render::ticket_field(&world, &field);
    world.ticket_fields.insert(id, field);
    created(json!({"ticket_field": out}), &format!("{}/api/v2/ticket_fields/{id}.json", world.base_url))
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("ticket_field")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut field = world.ticket_fields.get(&id).ok_or_else(ApiError::not_found)?.clone();
    apply(&mut world, &mut field, given)?;
    field.updated_at = now;
    let out = render::ticket_field(&world, &field);
    world.ticket_fields.insert(id, field);
    ok(json!({"ticket_field": out}))
}

fn apply(world: &mut World, field: &mut TicketField, given: &Map<String, Value>) -> Result<(), ApiError> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(|s| s.trim().to_owned());
    let flag = |key: &str, now: bool| given.get(key).map_or(now, truthy);
    let mut faults = Faults::default();
    if let Some(title) = text("title") {
        field.title = title;
    }
    if field.title.is_empty() {
        faults.add("title", "BlankValue", "Title: cannot be blank");
    }
    if let Some(title) = text("title_in_portal") {
        field.title_in_portal = title;
    } else if field.title_in_portal.is_empty() {
        field.title_in_portal.clone_from(&field.title);
    }
    field.description = text("description").unwrap_or_else(|| field.description.clone());
    field.agent_description = text("agent_description").or_else(|| field.agent_description.clone());
    field.regexp_for_validation =
        text("regexp_for_validation").or_else(|| field.regexp_for_validation.clone());
    field.tag = text("tag").filter(|t| !t.is_empty()).or_else(|| field.tag.clone());
    field.active = flag("active", field.active);
    field.required = flag("required", field.required);
    field.required_in_portal = flag("required_in_portal", field.required_in_portal);
    field.collapsed_for_agents = flag("collapsed_for_agents", field.collapsed_for_agents);
    field.visible_in_portal = flag("visible_in_portal", field.visible_in_portal);
    field.editable_in_portal = flag("editable_in_portal", field.editable_in_portal);
    if let Some(Value::Array(list)) = given.get("custom_field_options") {
        let mut options = Vec::new();
        for item in list {
            let part =
                |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
            let (name, value) = (part("name"), part("value").to_lowercase());
            if name.is_empty() || value.is_empty() {
                faults.add(
                    "custom_field_options",
                    "BlankValue",
                    "Custom field options: name and value cannot be blank",
                );
                continue;
            }
            if options.iter().any(|o: &FieldOption| o.value == value) {
                let text = format!("Custom field options: value {value} is used more than once");
                faults.add("custom_field_options", "DuplicateValue", text);
            }
            // An option that is already there keeps its id.
            let known = field.options.iter().find(|o| o.value == value).map(|o| o.id);
            let id = known.unwrap_or_else(|| world.ids.next_id());
            options.push(FieldOption { id, name, value, default: item.get("default").is_some_and(truthy) });
        }
        field.options = options;
    }
    if matches!(field.kind, FieldKind::Tagger | FieldKind::MultiSelect) && field.options.is_empty() {
        faults.add("custom_field_options", "BlankValue", "Custom field options: cannot be blank");
    }
    faults.check()
}

/// An option by its place in the list.
fn shown_option(world: &World, field: &TicketField, position: usize) -> Option<Value> {
    let o = field.options.get(position)?;
    let url = format!("{}/api/v2/ticket_fields/{}/options/{}.json", world.base_url, field.id, o.id);
    Some(json!({"id": o.id, "name": o.name, "raw_name": o.name, "value": o.value, "position": position,
        "default": o.default, "url": url}))
}

async fn option(State(shared): State<Shared>, Path((id, option)): Path<(u64, u64)>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let field = world.ticket_fields.get(&id).ok_or_else(ApiError::not_found)?;
    let at = field.options.iter().position(|o| o.id == option).ok_or_else(ApiError::not_found)?;
    ok(json!({"custom_field_option": shown_option(&world, field, at)}))
}

/// With an `id` the option of that id is changed, without one a new one is added.
async fn put_option(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("custom_field_option")?;
    let mut world = shared.write();
    let mut field = world.ticket_fields.get(&id).ok_or_else(ApiError::not_found)?.clone();
    if !matches!(field.kind, FieldKind::Tagger | FieldKind::MultiSelect) {
        return Err(ApiError::invalid("base", "InvalidValue", "Field: has no options"));
    }
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let (name, value) = (text("name").to_owned(), text("value").to_lowercase());
    let mut faults = Faults::default();
    for (key, text) in [("name", &name), ("value", &value)] {
        if text.is_empty() {
            faults.add(key, "BlankValue", format!("{key}: cannot be blank"));
        }
    }
    let known = given.get("id").filter(|v| !v.is_null()).and_then(id_in);
    if field.options.iter().any(|o| o.value == value && Some(o.id) != known) {
        faults.add("value", "DuplicateValue", format!("Value: {value} is used more than once"));
    }
    faults.check()?;
    let default = given.get("default").is_some_and(truthy);
    let before = known.and_then(|known| field.options.iter().position(|o| o.id == known));
    if known.is_some() && before.is_none() {
        return Err(ApiError::not_found());
    }
    if default {
        field.options.iter_mut().for_each(|o| o.default = false);
    }
    let option_id = known.unwrap_or_else(|| world.ids.next_id());
    let changed = FieldOption { id: option_id, name, value, default };
    let mut at = before.unwrap_or(field.options.len());
    if before.is_some() {
        field.options.remove(at);
    }
    if let Some(wish) = given.get("position").and_then(Value::as_u64).and_then(|p| usize::try_from(p).ok()) {
        at = wish.min(field.options.len());
    }
    field.options.insert(at, changed);
    field.updated_at = shared.now();
    let out = json!({"custom_field_option": shown_option(&world, &field, at)});
    let location = format!("{}/api/v2/ticket_fields/{id}/options/{option_id}.json", world.base_url);
    world.ticket_fields.insert(id, field);
    if before.is_some() { ok(out) } else { created(out, &location) }
}

async fn remove_option(
    State(shared): State<Shared>,
    Path((id, option)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    let field = world.ticket_fields.get_mut(&id).ok_or_else(ApiError::not_found)?;
    let at = field.options.iter().position(|o| o.id == option).ok_or_else(ApiError::not_found)?;
    field.options.remove(at);
    gone()
}

/// A custom field, with its place on all forms. Tickets keep the values, out of sight.
async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    let field = world.ticket_fields.get(&id).ok_or_else(ApiError::not_found)?;
    if field.system {
        return Err(ApiError::invalid("base", "InvalidValue", "A system field cannot be deleted"));
    }
    world.ticket_fields.remove(&id);
    for form in world.ticket_forms.values_mut() {
        form.ticket_field_ids.retain(|f| *f != id);
        for conditions in [&mut form.agent_conditions, &mut form.end_user_conditions] {
            conditions.retain(|c| c.parent_field_id != id);
            for condition in conditions.iter_mut() {
                condition.child_fields.retain(|f| f.id != id);
            }
        }
    }
    gone()
}

async fn reorder(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let ids = body.0.get("ticket_field_ids").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut world = shared.write();
    for (position, id) in (1_i64..).zip(ids.iter().filter_map(id_in)) {
        world.ticket_fields.get_mut(&id).ok_or_else(ApiError::not_found)?.position = position;
    }
    ok(json!({}))
}
