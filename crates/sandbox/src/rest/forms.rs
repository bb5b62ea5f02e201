//! Ticket forms: which fields, in which order, and which of them under which condition.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, gone, ok};
use crate::error::Faults;
use crate::model::{FormCondition, TicketForm, World};
use crate::tickets::{id_in, truthy};
use crate::{ApiError, Role, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/ticket_forms", get(list).post(create))
        .route("/api/v2/ticket_forms/show_many", get(show_many))
        .route("/api/v2/ticket_forms/reorder", put(reorder))
        .route("/api/v2/ticket_forms/{ticket_form_id}", get(show).put(update).delete(remove))
        .route("/api/v2/ticket_forms/{ticket_form_id}/clone", post(duplicate))
}

fn in_order<'a>(world: &'a World, ask: &Ask) -> Vec<&'a TicketForm> {
    let flag = |key: &str| ask.get(key).map(|v| v == "true");
    let (active, portal) = (flag("active"), flag("end_user_visible"));
    let customer = ask.caller.role == Role::EndUser;
    let fits = |f: &&TicketForm| {
        active.is_none_or(|a| f.active == a)
            && portal.is_none_or(|p| f.end_user_visible == p)
            && (!customer || (f.active && f.end_user_visible))
    };
    let mut forms: Vec<&TicketForm> = world.ticket_forms.values().filter(fits).collect();
    forms.sort_by_key(|f| (f.position, f.id));
    forms
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let ids: Vec<u64> = in_order(&world, &ask).into_iter().map(|f| f.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.ticket_forms.get(id));
    ok(listed("ticket_forms", found.map(|f| render::ticket_form(&world, f)).collect(), envelope))
}

async fn show_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let ids = ask.ids()?;
    some(&world, ids.iter().filter_map(|id| world.ticket_forms.get(id)))
}

fn some<'a>(world: &World, forms: impl Iterator<Item = &'a TicketForm>) -> Answer {
    let list: Vec<Value> = forms.map(|f| render::ticket_form(world, f)).collect();
    let count = list.len();
    ok(json!({"ticket_forms": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, _ask: Ask) -> Answer {
    let world = shared.read();
    let form = world.ticket_forms.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"ticket_form": render::ticket_form(&world, form)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("ticket_form")?;
    let now = shared.now();
    let mut world = shared.write();
    let position = world.ticket_forms.values().map(|f| f.position).max().unwrap_or(0) + 1;
    let mut form = TicketForm {
        id: 0,
        name: String::new(),
        display_name: String::new(),
        position,
        active: true,
        default: false,
        end_user_visible: false,
        // The system's fields are on every form.
        ticket_field_ids: world.ticket_fields.values().filter(|f| f.system).map(|f| f.id).collect(),
        agent_conditions: Vec::new(),
        end_user_conditions: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    edit(&world, &mut form, given)?;
    form.id = world.ids.next_id();
    let location = format!("{}/api/v2/ticket_forms/{}.json", world.base_url, form.id);
    created(json!({"ticket_form": keep(&mut world, form)}), &location)
}

/// Keeps the form; there is one default only.
fn keep(world: &mut World, form: TicketForm) -> Value {
    if form.default {
        for other in world.ticket_forms.values_mut() {
            other.default = false;
        }
    }
    let out = render::ticket_form(world, &form);
    world.ticket_forms.insert(form.id, form);
    out
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("ticket_form")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut form = world.ticket_forms.get(&id).ok_or_else(ApiError::not_found)?.clone();
    edit(&world, &mut form, given)?;
    form.updated_at = now;
    ok(json!({"ticket_form": keep(&mut world, form)}))
}

fn edit(world: &World, form: &mut TicketForm, given: &Map<String, Value>) -> Result<(), ApiError> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(|s| s.trim().to_owned());
    let flag = |key: &str, now: bool| given.get(key).map_or(now, truthy);
    let mut faults = Faults::default();
    if let Some(name) = text("name") {
        form.name = name;
    }
    if form.name.is_empty() {
        faults.add("name", "BlankValue", "Name: cannot be blank");
    }
    if let Some(name) = text("display_name") {
        form.display_name = name;
    }
    if form.display_name.is_empty() {
        form.display_name.clone_from(&form.name);
    }
    form.end_user_visible = flag("end_user_visible", form.end_user_visible);
    form.active = flag("active", form.active);
    // Another form must become the default before this one can stop being it.
    form.default = form.default || flag("default", false);
    if form.default && !form.active {
        faults.add("active", "InvalidValue", "Active: the default form cannot be deactivated");
    }
    if let Some(position) = given.get("position").and_then(Value::as_i64) {
        form.position = position;
    }
    if let Some(list) = given.get("ticket_field_ids").and_then(Value::as_array) {
        let mut ids: Vec<u64> = list.iter().filter_map(id_in).collect();
        if ids.iter().any(|id| !world.ticket_fields.contains_key(id)) {
            faults.add("ticket_field_ids", "InvalidValue", "Ticket fields: are invalid");
        }
        let system = world.ticket_fields.values().filter(|f| f.system).map(|f| f.id);
        ids.extend(system.filter(|id| !list.iter().filter_map(id_in).any(|other| other == *id)));
        form.ticket_field_ids = ids;
    }
    for (key, conditions) in [
        ("agent_conditions", &mut form.agent_conditions),
        ("end_user_conditions", &mut form.end_user_conditions),
    ] {
        let Some(value) = given.get(key) else { continue };
        match serde_json::from_value::<Vec<FormCondition>>(value.clone()) {
            Ok(read) => *conditions = read,
            Err(_) => faults.add(key, "InvalidValue", format!("{key}: are invalid")),
        }
    }
    let on_form = |id: u64| form.ticket_field_ids.contains(&id);
    for c in form.agent_conditions.iter().chain(&form.end_user_conditions) {
        if !on_form(c.parent_field_id) || !c.child_fields.iter().all(|f| on_form(f.id)) {
            faults.add("conditions", "InvalidValue", "Conditions: name fields that are not on the form");
        }
    }
    faults.check()
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    let form = world.ticket_forms.get(&id).ok_or_else(ApiError::not_found)?;
    if form.default {
        return Err(ApiError::invalid("base", "InvalidValue", "The default form cannot be deleted"));
    }
    world.ticket_forms.remove(&id);
    gone()
}

async fn duplicate(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    let now = shared.now();
    let mut world = shared.write();
    let mut form = world.ticket_forms.get(&id).ok_or_else(ApiError::not_found)?.clone();
    form.id = world.ids.next_id();
    form.name = format!("Copy of {}", form.name);
    form.default = false;
    form.position = world.ticket_forms.values().map(|f| f.position).max().unwrap_or(0) + 1;
    (form.created_at, form.updated_at) = (now, now);
    ok(json!({"ticket_form": keep(&mut world, form)}))
}

async fn reorder(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let ids = body.0.get("ticket_form_ids").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut world = shared.write();
    for (position, id) in (1_i64..).zip(ids.iter().filter_map(id_in)) {
        world.ticket_forms.get_mut(&id).ok_or_else(ApiError::not_found)?.position = position;
    }
    some(&world, in_order(&world, &ask).into_iter())
}
