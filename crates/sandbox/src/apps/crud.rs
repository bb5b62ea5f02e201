//! Uploads and apps. Administrators only, but for the public key.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::package::{Blob, Package};
use super::{App, AppJob, keys};
use crate::{ApiError, Caller, Event, Shared, World, random, time};

/// The file of a multipart form.
async fn file(mut form: Multipart, name: &str) -> Result<Bytes, ApiError> {
    let broken = |_| ApiError::bad_request("InvalidMultipart", "The multipart body could not be read");
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() == Some(name) {
            return field.bytes().await.map_err(broken);
        }
    }
    Err(ApiError::invalid(name, "BlankValue", format!("{name}: cannot be blank")))
}

pub(super) async fn upload(
    State(shared): State<Shared>,
    caller: Caller,
    form: Multipart,
) -> Result<impl IntoResponse, ApiError> {
    caller.require_admin()?;
    let bytes = file(form, "uploaded_data").await?;
    if bytes.is_empty() {
        return Err(ApiError::invalid("uploaded_data", "BlankValue", "uploaded_data: cannot be blank"));
    }
    let mut world = shared.write();
    let id = world.ids.next_id();
    world.apps.uploads.insert(id, Blob::from(bytes));
    Ok((StatusCode::CREATED, Json(json!({"id": id}))))
}

/// Says whether a package would be accepted.
pub(super) async fn validate(caller: Caller, form: Multipart) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let bytes = file(form, "file").await?;
    match open(bytes).await {
        Ok(_) => Ok(Json(json!({}))),
        Err(description) => Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({"error": "RecordInvalid", "description": description}),
        )),
    }
}

/// Unpacks and checks on a thread that may take its time.
pub(super) async fn open(zip: Bytes) -> Result<Package, String> {
    let opened = tokio::task::spawn_blocking(move || Package::open(&zip)).await;
    opened.map_err(|_| "The sandbox is stopping".to_owned())?.map_err(|errors| errors.join("\n"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    upload_id: Option<Id>,
    name: Option<String>,
    short_description: Option<String>,
}

/// A number, also when it was sent as text, as the tools for developers do.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Id(pub(super) u64);

impl TryFrom<Value> for Id {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Id, &'static str> {
        let text = value.as_str().and_then(|text| text.parse().ok());
        value.as_u64().or(text).map(Id).ok_or("must be a number")
    }
}

/// Takes the upload; the package when it is good, else what is wrong with it.
async fn take_upload(shared: &Shared, id: Option<Id>) -> Result<Result<Package, String>, ApiError> {
    let Some(Id(id)) = id else {
        return Err(ApiError::invalid("upload_id", "BlankValue", "Upload: cannot be blank"));
    };
    let zip = shared.write().apps.uploads.remove(&id);
    let zip = zip.ok_or_else(|| ApiError::invalid("upload_id", "InvalidValue", "Upload: is invalid"))?;
    Ok(open(zip.bytes().clone()).await)
}

/// Keeps a package as a new app, or as another version of the app `existing`. Its id.
pub(crate) fn keep(
    world: &mut World,
    package: Package,
    existing: Option<u64>,
    name: Option<String>,
    short_description: Option<String>,
    now: Timestamp,
) -> u64 {
    let id = existing.unwrap_or_else(|| world.ids.next_id());
    let name = name.filter(|name| !name.trim().is_empty());
    match world.apps.apps.get_mut(&id) {
        Some(app) => {
            app.name = name.unwrap_or_else(|| package.name.clone());
            app.short_description = short_description.or(app.short_description.take());
            app.package = package.into();
            app.updated_at = now;
        }
        None => {
            let app = App {
                id,
                name: name.unwrap_or_else(|| package.name.clone()),
                short_description,
                package: package.into(),
                private_key: None,
                created_at: now,
                updated_at: now,
            };
            world.apps.apps.insert(id, app);
        }
    }
    id
}

fn start_job(world: &mut World, outcome: Result<u64, String>, now: Timestamp) -> Json<Value> {
    let delay = SignedDuration::from_millis(i64::try_from(world.settings.job_delay_ms).unwrap_or(i64::MAX));
    let job = AppJob {
        id: random::hex::<16>(),
        app_id: outcome.as_ref().ok().copied(),
        failure: outcome.err(),
        done_at: now.checked_add(delay).unwrap_or(Timestamp::MAX),
    };
    let id = job.id.clone();
    world.apps.jobs.insert(id.clone(), job);
    Json(json!({"job_id": id}))
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    Json(wish): Json<Wish>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require_admin()?;
    let opened = take_upload(&shared, wish.upload_id).await?;
    let now = shared.now();
    let mut world = shared.write();
    let outcome =
        opened.map(|package| keep(&mut world, package, None, wish.name, wish.short_description, now));
    Ok((StatusCode::ACCEPTED, start_job(&mut world, outcome, now)))
}

/// Another version of the package, another name, or both.
pub(super) async fn update(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
    Json(wish): Json<Wish>,
) -> Result<Response, ApiError> {
    caller.require_admin()?;
    if !shared.read().apps.apps.contains_key(&id) {
        return Err(ApiError::not_found());
    }
    let now = shared.now();
    if wish.upload_id.is_some() {
        let opened = take_upload(&shared, wish.upload_id).await?;
        let mut world = shared.write();
        let outcome =
            opened.map(|package| keep(&mut world, package, Some(id), wish.name, wish.short_description, now));
        let job = start_job(&mut world, outcome, now);
        drop(world);
        shared.emit(Event::Installations);
        return Ok((StatusCode::ACCEPTED, job).into_response());
    }
    let mut world = shared.write();
    let app = world.apps.apps.get_mut(&id).ok_or_else(ApiError::not_found)?;
    app.name = wish.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| app.name.clone());
    app.short_description = wish.short_description.or(app.short_description.take());
    app.updated_at = now;
    let shown = show_app(&world.base_url, app_of(&world, id)?);
    Ok(Json(shown).into_response())
}

fn app_of(world: &World, id: u64) -> Result<&App, ApiError> {
    world.apps.apps.get(&id).ok_or_else(ApiError::not_found)
}

pub(super) async fn job_status(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let now = shared.now();
    let world = shared.read();
    let job = world.apps.jobs.get(&id).ok_or_else(ApiError::not_found)?;
    let base = &world.base_url;
    let done = now >= job.done_at;
    let app_id = job.app_id.filter(|_| done);
    let status = match (done, &job.failure) {
        (false, _) => "queued",
        (true, Some(_)) => "failed",
        (true, None) => "completed",
    };
    Ok(Json(json!({
        "id": job.id,
        "url": format!("{base}/api/v2/apps/job_statuses/{}.json", job.id),
        "app_id": app_id,
        "app_url": app_id.map(|id| format!("{base}/api/v2/apps/{id}.json")),
        "status": status,
        "message": job.failure.as_ref().filter(|_| done),
        "total": 1,
        "progress": i32::from(done),
        "retry_in": if done { 0 } else { 1 },
    })))
}

fn show_app(base: &str, app: &App) -> Value {
    let manifest = &app.package.manifest;
    let parameters: Vec<Value> = manifest
        .parameters
        .iter()
        .enumerate()
        .map(|(position, parameter)| {
            json!({
                "app_id": app.id,
                "name": parameter.name,
                "kind": parameter.kind,
                "position": position,
                "required": parameter.required,
                "secure": parameter.secure,
                "default_value": if parameter.secure { &Value::Null } else { &parameter.default },
            })
        })
        .collect();
    let locations: Vec<&str> = manifest.locations.iter().map(|location| location.location.as_str()).collect();
    json!({
        "id": app.id,
        "name": app.name,
        "short_description": app.short_description,
        "version": manifest.version,
        "framework_version": manifest.framework_version,
        "default_locale": manifest.default_locale,
        "author_name": manifest.author_name,
        "single_install": manifest.single_install,
        "signed_urls": manifest.signed_urls,
        "visibility": if manifest.private { "private" } else { "public" },
        "state": "published",
        "products": ["support"],
        "locations": locations,
        "parameters": parameters,
        "large_icon": super::launch::asset_url(base, app, "logo.png"),
        "small_icon": super::launch::asset_url(base, app, "logo-small.png"),
        "created_at": time::text(app.created_at),
        "updated_at": time::text(app.updated_at),
    })
}

pub(super) async fn list(State(shared): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    caller.require_agent()?;
    let world = shared.read();
    let apps: Vec<Value> = world.apps.apps.values().map(|app| show_app(&world.base_url, app)).collect();
    Ok(Json(json!({"count": apps.len(), "apps": apps, "next_page": null, "previous_page": null})))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    caller.require_agent()?;
    let world = shared.read();
    Ok(Json(show_app(&world.base_url, app_of(&world, id)?)))
}

/// Removes an app with all its installations.
pub(super) async fn delete(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    caller.require_admin()?;
    {
        let mut world = shared.write();
        world.apps.apps.remove(&id).ok_or_else(ApiError::not_found)?;
        world.apps.installations.retain(|_, installation| installation.app_id != id);
    }
    shared.emit(Event::Installations);
    Ok(StatusCode::NO_CONTENT)
}

/// The key with which servers check signed launches. Needs no login; unknown apps are a plain-text 404.
pub(super) async fn public_key(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let key = match id.parse() {
        Ok(id) => super::private_key(&shared, id).await,
        Err(_) => Ok(None),
    };
    match key.and_then(|key| key.map(|pem| keys::public_key_pem(&pem)).transpose()) {
        Ok(Some(pem)) => ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "Not Found").into_response(),
        Err(error) => {
            tracing::error!(%error, "public key");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
