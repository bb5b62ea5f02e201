//! Installations: an app in the account, with settings.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::crud::Id;
use super::manifest::{Manifest, Parameter};
use super::{App, Installation};
use crate::error::Faults;
use crate::model::User;
use crate::{ApiError, Caller, Event, Role, Shared, World, time};

/// Zendesk's ids of the roles that restrictions may name.
const ROLE_ADMIN: u64 = 2;
const ROLE_AGENT: u64 = 4;

/// What may be said about an installation. Outer nothing: leave as it is; inner nothing: no restriction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wish {
    app_id: Option<Id>,
    settings: Map<String, Value>,
    enabled: Option<bool>,
    #[serde(deserialize_with = "given")]
    role_restrictions: Option<Option<Vec<u64>>>,
    #[serde(deserialize_with = "given")]
    group_restrictions: Option<Option<Vec<u64>>>,
}

impl Wish {
    /// Enabled, for everybody, with these settings.
    pub fn with_settings(settings: Map<String, Value>) -> Wish {
        Wish { settings, ..Wish::default() }
    }
}

/// Tells `null` from nothing.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Vec<u64>>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Installs an app.
///
/// # Errors
/// 404 for an unknown app, 422 for settings that do not fit the manifest or a second installation of an app that may
/// be installed once only.
pub fn install(world: &mut World, app_id: u64, wish: Wish, now: Timestamp) -> Result<Installation, ApiError> {
    let app = world.apps.apps.get(&app_id).ok_or_else(ApiError::not_found)?;
    if app.package.manifest.single_install && world.apps.installations_of(app_id).next().is_some() {
        return Err(ApiError::invalid("app_id", "DuplicateValue", "App: can only be installed once"));
    }
    if app.package.requirements().is_some_and(|types| !types.is_empty()) {
        // Said openly rather than installed by halves.
        return Err(ApiError::invalid(
            "app_id",
            "InvalidValue",
            "App: requirements.json is not supported here",
        ));
    }
    let defaults = app.package.manifest.parameters.iter().filter(|p| !p.default.is_null());
    let mut settings: Map<String, Value> = defaults.map(|p| (p.name.clone(), p.default.clone())).collect();
    settings.insert("name".to_owned(), app.name.clone().into());
    merge(&app.package.manifest, &mut settings, wish.settings)?;
    let installation = Installation {
        id: world.ids.next_id(),
        app_id,
        settings,
        enabled: wish.enabled.unwrap_or(true),
        role_restrictions: wish.role_restrictions.flatten().filter(|list| !list.is_empty()),
        group_restrictions: wish.group_restrictions.flatten().filter(|list| !list.is_empty()),
        created_at: now,
        updated_at: now,
    };
    world.apps.installations.insert(installation.id, installation.clone());
    Ok(installation)
}

/// Puts new settings over old ones. Names that the manifest does not know are left out, as Zendesk does.
fn merge(
    manifest: &Manifest,
    settings: &mut Map<String, Value>,
    new: Map<String, Value>,
) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    for (name, value) in new {
        let parameter = manifest.parameters.iter().find(|parameter| parameter.name == name);
        match parameter {
            Some(parameter) if !fits(parameter, &value) => {
                faults.add("settings", "InvalidValue", format!("{name}: is not a valid {}", parameter.kind));
            }
            Some(_) => {
                settings.insert(name, value);
            }
            None if name == "name" && value.as_str().is_some_and(|title| !title.trim().is_empty()) => {
                settings.insert(name, value);
            }
            None => {}
        }
    }
    for parameter in manifest.parameters.iter().filter(|parameter| parameter.required) {
        if is_blank(settings.get(&parameter.name)) {
            faults.add("settings", "BlankValue", format!("{}: cannot be blank", parameter.name));
        }
    }
    faults.check()
}

fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}

fn fits(parameter: &Parameter, value: &Value) -> bool {
    if is_blank(Some(value)) {
        return true;
    }
    match parameter.kind.as_str() {
        "checkbox" => value.is_boolean() || matches!(value.as_str(), Some("true" | "false")),
        "number" => value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok()),
        "url" => value.as_str().is_some_and(|text| url::Url::parse(text).is_ok()),
        _ => !value.is_object() && !value.is_array(),
    }
}

/// The settings that browsers may see.
pub fn open_settings(app: &App, installation: &Installation) -> Map<String, Value> {
    let manifest = &app.package.manifest;
    let open = installation.settings.iter().filter(|(name, _)| !manifest.is_secure(name));
    open.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether a person may use an installation: an agent or administrator whom no restriction keeps out.
pub fn may_use(world: &World, installation: &Installation, user: &User) -> bool {
    let role = match user.role {
        Role::EndUser => return false,
        Role::Agent => ROLE_AGENT,
        Role::Admin => ROLE_ADMIN,
    };
    let in_role = installation.role_restrictions.as_ref().is_none_or(|roles| roles.contains(&role));
    let groups = installation.group_restrictions.as_ref();
    let in_group = groups.is_none_or(|groups| groups.iter().any(|group| world.is_member(user.id, *group)));
    installation.enabled && in_role && in_group
}

/// An installation as the API shows it: secure settings by name only.
pub fn show_installation(app: &App, installation: &Installation) -> Value {
    let settings = open_settings(app, installation);
    let objects: Vec<Value> =
        installation.settings.keys().map(|name| json!({"name": name, "value": settings.get(name)})).collect();
    json!({
        "id": installation.id,
        "app_id": installation.app_id,
        "product": "support",
        "settings": settings,
        "settings_objects": objects,
        "enabled": installation.enabled,
        "updated": app.updated_at.strftime("%Y%m%d%H%M%S").to_string(),
        "created_at": time::text(installation.created_at),
        "updated_at": time::text(installation.updated_at),
        "role_restrictions": installation.role_restrictions,
        "group_restrictions": installation.group_restrictions,
        "collapsible": true,
        "plan_information": {"name": null},
        "paid": null,
        "has_unpaid_subscription": null,
        "has_incomplete_subscription": false,
        "redirect_path": null,
        "pending_installation": false,
        "pending_job_id": null,
        "servable": installation.enabled,
    })
}

fn find(world: &World, id: u64) -> Result<(&App, &Installation), ApiError> {
    let installation = world.apps.installations.get(&id).ok_or_else(ApiError::not_found)?;
    let app = world.apps.apps.get(&installation.app_id).ok_or_else(ApiError::not_found)?;
    Ok((app, installation))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Include {
    include: String,
}

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Query(include): Query<Include>,
) -> Result<Json<Value>, ApiError> {
    caller.require_agent()?;
    let world = shared.read();
    let apps = &world.apps.apps;
    let shown: Vec<Value> = world
        .apps
        .installations
        .values()
        .filter_map(|installation| {
            let app = apps.get(&installation.app_id)?;
            let mut shown = show_installation(app, installation);
            if include.include.split(',').any(|name| name == "app" || name == "apps") {
                let manifest = &app.package.manifest;
                shown["app"] = json!({"id": app.id, "name": app.name, "version": manifest.version,
                    "short_description": app.short_description, "author_name": manifest.author_name});
            }
            Some(shown)
        })
        .collect();
    Ok(Json(json!({"count": shown.len(), "installations": shown, "next_page": null, "previous_page": null})))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    caller.require_agent()?;
    let world = shared.read();
    let (app, installation) = find(&world, id)?;
    Ok(Json(show_installation(app, installation)))
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    Json(wish): Json<Wish>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require_admin()?;
    let Some(Id(app_id)) = wish.app_id else {
        return Err(ApiError::invalid("app_id", "BlankValue", "App: cannot be blank"));
    };
    let (location, shown) = {
        let now = shared.now();
        let mut world = shared.write();
        let id = install(&mut world, app_id, wish, now)?.id;
        let (app, installation) = find(&world, id)?;
        let location = format!("{}/api/v2/apps/installations/{id}.json", world.base_url);
        (location, show_installation(app, installation))
    };
    shared.emit(Event::Installations);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)))
}

/// Merges settings; changes what else is named and nothing more.
pub(super) async fn update(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
    Json(wish): Json<Wish>,
) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let shown = {
        let now = shared.now();
        let mut world = shared.write();
        let (app, installation) = find(&world, id)?;
        let mut changed = installation.clone();
        merge(&app.package.manifest, &mut changed.settings, wish.settings)?;
        changed.enabled = wish.enabled.unwrap_or(changed.enabled);
        if let Some(roles) = wish.role_restrictions {
            changed.role_restrictions = roles.filter(|list| !list.is_empty());
        }
        if let Some(groups) = wish.group_restrictions {
            changed.group_restrictions = groups.filter(|list| !list.is_empty());
        }
        changed.updated_at = now;
        let shown = show_installation(app, &changed);
        world.apps.installations.insert(id, changed);
        shown
    };
    shared.emit(Event::Installations);
    Ok(Json(shown))
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    caller.require_admin()?;
    shared.write().apps.installations.remove(&id).ok_or_else(ApiError::not_found)?;
    shared.emit(Event::Installations);
    Ok(StatusCode::NO_CONTENT)
}

/// What was created for the app. Packages with requirements cannot be installed, so there is never anything.
pub(super) async fn requirements(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    caller.require_agent()?;
    find(&shared.read(), id)?;
    Ok(Json(json!({"requirements": [], "count": 0, "next_page": null, "previous_page": null})))
}
