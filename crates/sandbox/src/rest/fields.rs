//! Ticket fields, forms and custom statuses.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, ok};
use crate::error::Faults;
use crate::model::{FieldKind, FieldOption, TicketField, World};
use crate::tickets::truthy;
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/ticket_fields", get(list).post(create))
        .route("/api/v2/ticket_fields/count", get(count))
        .route("/api/v2/ticket_fields/{ticket_field_id}", get(show).put(update))
        .route("/api/v2/ticket_fields/{ticket_field_id}/options", get(options))
        .route("/api/v2/ticket_forms", get(forms))
        .route("/api/v2/ticket_forms/show_many", get(show_forms))
        .route("/api/v2/ticket_forms/{ticket_form_id}", get(form))
        .route("/api/v2/custom_statuses", get(statuses))
        .route("/api/v2/custom_statuses/{custom_status_id}", get(status))
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
    let list: Vec<Value> = field
        .options
        .iter()
        .map(|o| {
            json!({"id": o.id, "name": o.name, "raw_name": o.name, "value": o.value, "position": 0, "url":
            format!("{}/api/v2/ticket_fields/{id}/options/{}.json", world.base_url, o.id)})
        })
        .collect();
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

async fn forms(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let active = ask.get("active").map(|v| v == "true");
    let mut forms: Vec<_> =
        world.ticket_forms.values().filter(|f| active.is_none_or(|a| f.active == a)).collect();
    forms.sort_by_key(|f| (f.position, f.id));
    let ids: Vec<u64> = forms.into_iter().map(|f| f.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.ticket_forms.get(id));
    ok(listed("ticket_forms", found.map(|f| render::ticket_form(&world, f)).collect(), envelope))
}

async fn show_forms(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let ids = ask.ids()?;
    let found = ids.iter().filter_map(|id| world.ticket_forms.get(id));
    let list: Vec<Value> = found.map(|f| render::ticket_form(&world, f)).collect();
    let count = list.len();
    ok(json!({"ticket_forms": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn form(State(shared): State<Shared>, Path(id): Path<u64>, _ask: Ask) -> Answer {
    let world = shared.read();
    let form = world.ticket_forms.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"ticket_form": render::ticket_form(&world, form)}))
}

async fn statuses(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let categories: Option<Vec<&str>> =
        ask.get("status_categories").map(|c| c.split(',').map(str::trim).collect());
    let flag = |key: &str, value: bool| ask.get(key).is_none_or(|v| (v == "true") == value);
    let found = world.custom_statuses.values().filter(|s| {
        categories.as_ref().is_none_or(|c| c.contains(&s.status_category.as_str()))
            && flag("active", s.active)
            && flag("default", s.default)
    });
    ok(json!({"custom_statuses": found.map(render::custom_status).collect::<Vec<_>>()}))
}

async fn status(State(shared): State<Shared>, Path(id): Path<u64>, _ask: Ask) -> Answer {
    let world = shared.read();
    let status = world.custom_statuses.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"custom_status": render::custom_status(status)}))
}
