//! Custom statuses: each belongs to one of five categories, and one of each category is its default.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde_json::{Map, Value, json};

use super::render;
use super::{Answer, Ask, Body, created, ok};
use crate::error::Faults;
use crate::model::{CustomStatus, Status};
use crate::tickets::truthy;
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/custom_statuses", get(list).post(create))
        .route("/api/v2/custom_statuses/{custom_status_id}", get(show).put(update))
        .route("/api/v2/custom_status/default", put(make_default))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
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

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, _ask: Ask) -> Answer {
    let world = shared.read();
    let status = world.custom_statuses.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"custom_status": render::custom_status(status)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("custom_status")?;
    let word = given.get("status_category").and_then(Value::as_str).unwrap_or_default();
    // Nothing but tickets is ever closed.
    let Some(status_category) = Status::parse(word).filter(|s| *s != Status::Closed) else {
        return Err(ApiError::invalid("status_category", "InvalidValue", "Status category: is invalid"));
    };
    let now = shared.now();
    let mut world = shared.write();
    let mut status = CustomStatus {
        id: 0,
        status_category,
        agent_label: String::new(),
        end_user_label: String::new(),
        description: String::new(),
        end_user_description: String::new(),
        active: true,
        default: false,
        created_at: now,
        updated_at: now,
    };
    edit(&mut status, given)?;
    let id = world.ids.next_id();
    status.id = id;
    let out = render::custom_status(&status);
    world.custom_statuses.insert(id, status);
    let location = format!("{}/api/v2/custom_statuses/{id}.json", world.base_url);
    created(json!({"custom_status": out}), &location)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("custom_status")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut status = world.custom_statuses.get(&id).ok_or_else(ApiError::not_found)?.clone();
    edit(&mut status, given)?;
    status.updated_at = now;
    let out = render::custom_status(&status);
    world.custom_statuses.insert(id, status);
    ok(json!({"custom_status": out}))
}

/// The category is for ever.
fn edit(status: &mut CustomStatus, given: &Map<String, Value>) -> Result<(), ApiError> {
    const LONGEST_LABEL: usize = 48;
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(|s| s.trim().to_owned());
    let mut faults = Faults::default();
    if let Some(label) = text("agent_label") {
        status.agent_label = label;
    }
    if status.agent_label.is_empty() {
        faults.add("agent_label", "BlankValue", "Agent label: cannot be blank");
    }
    if status.agent_label.chars().count() > LONGEST_LABEL {
        faults.add("agent_label", "TooLong", "Agent label: is too long (maximum is 48 characters)");
    }
    if let Some(label) = text("end_user_label") {
        status.end_user_label = label;
    }
    if status.end_user_label.is_empty() {
        status.end_user_label.clone_from(&status.agent_label);
    }
    if let Some(description) = text("description") {
        status.description = description;
    }
    if let Some(description) = text("end_user_description") {
        status.end_user_description = description;
    }
    if let Some(active) = given.get("active").map(truthy) {
        if status.default && !active {
            faults.add("active", "InvalidValue", "Active: a default status cannot be deactivated");
        }
        status.active = active;
    }
    faults.check()
}

/// `{"ids": "1,2"}`: each becomes the default of its category, in place of the one before.
async fn make_default(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let ids: Vec<u64> = match body.0.get("ids") {
        Some(Value::String(text)) => text.split(',').filter_map(|id| id.trim().parse().ok()).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(crate::tickets::id_in).collect(),
        _ => Vec::new(),
    };
    let mut world = shared.write();
    for id in &ids {
        let chosen = world.custom_statuses.get(id).filter(|s| s.active).ok_or_else(ApiError::not_found)?;
        let category = chosen.status_category;
        for status in world.custom_statuses.values_mut().filter(|s| s.status_category == category) {
            status.default = status.id == *id;
        }
    }
    ok(json!({}))
}
