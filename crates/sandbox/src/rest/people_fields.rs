//! The fields that administrators make for users and organizations, with their options.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde_json::{Map, Value, json};

use super::render::listed;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::error::Faults;
use crate::model::{FieldOption, FieldOwner, PersonField, World};
use crate::tickets::{id_in, truthy};
use crate::{ApiError, Shared, time};

const KINDS: [&str; 10] = [
    "checkbox",
    "date",
    "decimal",
    "dropdown",
    "integer",
    "lookup",
    "multiselect",
    "regexp",
    "text",
    "textarea",
];

pub(super) fn router() -> Router<Shared> {
    routes(FieldOwner::User).merge(routes(FieldOwner::Organization))
}

fn routes(of: FieldOwner) -> Router<Shared> {
    let (list_key, key) = names(of);
    let root = format!("/api/v2/{list_key}");
    let one = format!("{root}/{{{key}_id}}");
    let option = format!("{one}/options/{{{key}_option_id}}");
    Router::new()
        .route(
            &root,
            get(move |shared, ask| list(of, shared, ask))
                .post(move |shared, ask, body| create(of, shared, ask, body)),
        )
        .route(&format!("{root}/reorder"), put(move |shared, ask, body| reorder(of, shared, ask, body)))
        .route(
            &one,
            get(move |shared, id, ask| show(of, shared, id, ask))
                .put(move |shared, id, ask, body| update(of, shared, id, ask, body))
                .delete(move |shared, id, ask| remove(of, shared, id, ask)),
        )
        .route(
            &format!("{one}/options"),
            get(move |shared, id, ask| options(of, shared, id, ask))
                .post(move |shared, id, ask, body| set_option(of, shared, id, ask, body)),
        )
        .route(
            &option,
            get(move |shared, ids, ask| show_option(of, shared, ids, ask))
                .delete(move |shared, ids, ask| remove_option(of, shared, ids, ask)),
        )
}

/// The keys of a list and of one.
fn names(of: FieldOwner) -> (&'static str, &'static str) {
    match of {
        FieldOwner::User => ("user_fields", "user_field"),
        FieldOwner::Organization => ("organization_fields", "organization_field"),
    }
}

fn render(world: &World, f: &PersonField) -> Value {
    let mut out = json!({
        "url": format!("{}/api/v2/{}/{}.json", world.base_url, names(f.of).0, f.id),
        "id": f.id,
        "type": f.kind,
        "key": f.key,
        "title": f.title,
        "raw_title": f.title,
        "description": f.description,
        "raw_description": f.description,
        "position": f.position,
        "active": f.active,
        "system": false,
        "regexp_for_validation": f.regexp_for_validation,
        "created_at": time::text(f.created_at),
        "updated_at": time::text(f.updated_at),
    });
    if f.kind == "checkbox" {
        out["tag"] = json!(f.tag);
    }
    if has_options(f) {
        out["custom_field_options"] = json!(f.options.iter().map(bare_option).collect::<Vec<_>>());
    }
    out
}

fn has_options(f: &PersonField) -> bool {
    matches!(f.kind.as_str(), "dropdown" | "multiselect")
}

fn bare_option(o: &FieldOption) -> Value {
    json!({"id": o.id, "name": o.name, "raw_name": o.name, "value": o.value})
}

fn render_option(world: &World, f: &PersonField, position: usize, o: &FieldOption) -> Value {
    let mut out = bare_option(o);
    out["position"] = json!(position);
    out["url"] = json!(format!("{}/api/v2/{}/{}/options/{}.json", world.base_url, names(f.of).0, f.id, o.id));
    out
}

fn one(world: &World, of: FieldOwner, id: u64) -> Result<&PersonField, ApiError> {
    world.person_fields.get(&id).filter(|f| f.of == of).ok_or_else(ApiError::not_found)
}

/// Position first, as Zendesk lists them.
fn in_order(world: &World, of: FieldOwner) -> Vec<u64> {
    let mut fields: Vec<&PersonField> = world.person_fields.values().filter(|f| f.of == of).collect();
    fields.sort_by_key(|f| (f.position, f.id));
    fields.into_iter().map(|f| f.id).collect()
}

async fn list(of: FieldOwner, State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids = in_order(&world, of);
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = shown.iter().filter_map(|id| world.person_fields.get(id));
    ok(listed(names(of).0, found.map(|f| render(&world, f)).collect(), envelope))
}

/// By id or by key.
async fn show(of: FieldOwner, State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let wanted = |f: &&PersonField| f.of == of && (f.key == id || id.parse() == Ok(f.id));
    let found = world.person_fields.values().find(wanted).ok_or_else(ApiError::not_found)?;
    ok(json!({names(of).1: render(&world, found)}))
}

async fn create(of: FieldOwner, State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let (list_key, key) = names(of);
    let given = body.root(key)?;
    let now = shared.now();
    let mut world = shared.write();
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let position =
        world.person_fields.values().filter(|f| f.of == of).map(|f| f.position).max().unwrap_or(0) + 1;
    let mut field = PersonField {
        id: 0,
        of,
        key: text("key"),
        kind: text("type"),
        title: String::new(),
        description: String::new(),
        position,
        active: true,
        regexp_for_validation: None,
        tag: None,
        options: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    let mut faults = Faults::default();
    if !KINDS.contains(&field.kind.as_str()) {
        faults.add("type", "InvalidValue", "Type: is invalid");
    }
    let letters = field.key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if field.key.is_empty() {
        faults.add("key", "BlankValue", "Field key: cannot be blank");
    } else if !letters || field.key.chars().all(|c| c.is_ascii_digit()) {
        faults.add("key", "InvalidValue", "Field key: is invalid");
    } else if world.person_fields.values().any(|f| f.of == of && f.key.eq_ignore_ascii_case(&field.key)) {
        faults.add("key", "DuplicateValue", format!("Field key: {} is already in use", field.key));
    }
    apply(&mut world, &mut field, given, faults)?;
    let id = world.ids.next_id();
    field.id = id;
    let out = json!({key: render(&world, &field)});
    world.person_fields.insert(id, field);
    created(out, &format!("{}/api/v2/{list_key}/{id}.json", world.base_url))
}

/// Type and key stay what they are.
async fn update(
    of: FieldOwner,
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    ask: Ask,
    body: Body,
) -> Answer {
    ask.admin()?;
    let given = body.root(names(of).1)?;
    let now = shared.now();
    let mut world = shared.write();
    let mut field = one(&world, of, id)?.clone();
    apply(&mut world, &mut field, given, Faults::default())?;
    field.updated_at = now;
    let out = json!({names(of).1: render(&world, &field)});
    world.person_fields.insert(id, field);
    ok(out)
}

fn apply(
    world: &mut World,
    field: &mut PersonField,
    given: &Map<String, Value>,
    mut faults: Faults,
) -> Result<(), ApiError> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(|s| s.trim().to_owned());
    field.title = text("title").unwrap_or_else(|| field.title.clone());
    field.description = text("description").unwrap_or_else(|| field.description.clone());
    field.regexp_for_validation =
        text("regexp_for_validation").or_else(|| field.regexp_for_validation.clone());
    field.tag = text("tag").filter(|t| !t.is_empty()).or_else(|| field.tag.clone());
    field.active = given.get("active").map_or(field.active, truthy);
    field.position = given.get("position").and_then(Value::as_i64).unwrap_or(field.position);
    if field.title.is_empty() {
        faults.add("title", "BlankValue", "Title: cannot be blank");
    }
    let pattern = field.regexp_for_validation.as_deref().unwrap_or_default();
    if field.kind == "regexp" && pattern.is_empty() {
        faults.add("regexp_for_validation", "BlankValue", "Regexp for validation: cannot be blank");
    }
    if let Some(Value::Array(list)) = given.get("custom_field_options").filter(|_| has_options(field)) {
        let mut options: Vec<FieldOption> = Vec::new();
        for item in list {
            let part =
                |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
            let (name, value) = (part("name"), part("value").to_lowercase());
            if name.is_empty() || value.is_empty() {
                let text = "Custom field options: name and value cannot be blank";
                faults.add("custom_field_options", "BlankValue", text);
                continue;
            }
            if options.iter().any(|o| o.value == value) {
                let text = format!("Custom field options: value {value} is used more than once");
                faults.add("custom_field_options", "DuplicateValue", text);
            }
            // An option that is already there keeps its id.
            let known = field.options.iter().find(|o| o.value == value).map(|o| o.id);
            let id = known.unwrap_or_else(|| world.ids.next_id());
            options.push(FieldOption { id, name, value, default: false });
        }
        field.options = options;
    }
    if has_options(field) && field.options.is_empty() {
        faults.add("custom_field_options", "BlankValue", "Custom field options: cannot be blank");
    }
    faults.check()
}

/// Removes a field; its values go with it.
async fn remove(of: FieldOwner, State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    let key = one(&world, of, id)?.key.clone();
    world.person_fields.remove(&id);
    for user in world.users.values_mut().filter(|_| of == FieldOwner::User) {
        user.user_fields.remove(&key);
    }
    for organization in world.organizations.values_mut().filter(|_| of == FieldOwner::Organization) {
        organization.organization_fields.remove(&key);
    }
    gone()
}

/// `{"user_field_ids": [3, 1, 2]}`: the positions from then on.
async fn reorder(of: FieldOwner, State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let wanted = body.0.get(&format!("{}_ids", names(of).1)).and_then(Value::as_array);
    let wanted =
        wanted.ok_or_else(|| ApiError::bad_request("ParameterMissing", "Missing the ids of the fields"))?;
    let mut world = shared.write();
    for (position, id) in (1..).zip(wanted.iter().filter_map(id_in)) {
        if let Some(field) = world.person_fields.get_mut(&id).filter(|f| f.of == of) {
            field.position = position;
        }
    }
    ok(json!({}))
}

async fn options(of: FieldOwner, State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let field = one(&world, of, id)?;
    let ids: Vec<u64> = field.options.iter().map(|o| o.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let all = field.options.iter().enumerate().filter(|(_, o)| shown.contains(&o.id));
    let list = all.map(|(position, o)| render_option(&world, field, position, o)).collect();
    ok(listed("custom_field_options", list, envelope))
}

/// With the id of an option it is changed (200), without one is added (201).
async fn set_option(
    of: FieldOwner,
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    ask: Ask,
    body: Body,
) -> Answer {
    ask.admin()?;
    let given = body.root("custom_field_option")?;
    let mut world = shared.write();
    let mut field = one(&world, of, id)?.clone();
    if !has_options(&field) {
        return Err(ApiError::invalid("base", "InvalidValue", "The field has no options"));
    }
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let (name, value) = (text("name"), text("value").to_lowercase());
    if name.is_empty() || value.is_empty() {
        return Err(ApiError::invalid("name", "BlankValue", "Name and value cannot be blank"));
    }
    let known = given.get("id").and_then(id_in);
    if field.options.iter().any(|o| o.value == value && Some(o.id) != known) {
        return Err(ApiError::invalid(
            "value",
            "DuplicateValue",
            format!("Value: {value} is already in use"),
        ));
    }
    let position = match known {
        Some(known) => {
            let place = field.options.iter().position(|o| o.id == known).ok_or_else(ApiError::not_found)?;
            field.options[place].name = name;
            field.options[place].value = value;
            place
        }
        None => {
            let option = FieldOption { id: world.ids.next_id(), name, value, default: false };
            field.options.push(option);
            field.options.len() - 1
        }
    };
    field.updated_at = shared.now();
    let out = render_option(&world, &field, position, &field.options[position]);
    world.person_fields.insert(id, field);
    let location = out["url"].as_str().unwrap_or_default().to_owned();
    let out = json!({"custom_field_option": out});
    if known.is_some() { ok(out) } else { created(out, &location) }
}

async fn show_option(
    of: FieldOwner,
    State(shared): State<Shared>,
    Path((id, option)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let field = one(&world, of, id)?;
    let position = field.options.iter().position(|o| o.id == option).ok_or_else(ApiError::not_found)?;
    ok(json!({"custom_field_option": render_option(&world, field, position, &field.options[position])}))
}

async fn remove_option(
    of: FieldOwner,
    State(shared): State<Shared>,
    Path((id, option)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    let mut field = one(&world, of, id)?.clone();
    let before = field.options.len();
    field.options.retain(|o| o.id != option);
    if field.options.len() == before {
        return Err(ApiError::not_found());
    }
    world.person_fields.insert(id, field);
    gone()
}
