//! The control API over HTTP. No login: only this machine may call it.

use axum::Json;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Control;
use crate::gate::faults::Fault;
use crate::model::Settings;
use crate::serve::Connection;
use crate::{ApiError, Event, Shared};

/// Tickets of a fresh account.
const TICKETS: usize = 40;

/// Refuses calls from other machines and from pages of other origins.
///
/// # Errors
/// 403.
pub(crate) fn guard(request: &Request) -> Result<(), ApiError> {
    let peer = request.extensions().get::<ConnectInfo<Connection>>().and_then(|info| info.0.peer());
    let local = peer.is_none_or(|peer| peer.ip().to_canonical().is_loopback());
    if local && crate::gate::same_origin(request.headers()) { Ok(()) } else { Err(ApiError::forbidden()) }
}

/// An absent body is the empty object.
fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| ApiError::bad_request("InvalidBody", &error.to_string()))
}

pub(super) async fn health() -> Json<Value> {
    Json(json!({"ok": true}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    tickets: Option<usize>,
}

pub(super) async fn reset(State(shared): State<Shared>, bytes: Bytes) -> Result<StatusCode, ApiError> {
    let Reset { tickets } = body(&bytes)?;
    Control::new(shared).reset(tickets.unwrap_or(TICKETS)).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    tickets: usize,
}

pub(super) async fn seed(State(shared): State<Shared>, bytes: Bytes) -> Result<Json<Value>, ApiError> {
    let Seed { tickets } = body(&bytes)?;
    let control = Control::new(shared.clone());
    control.seed(tickets).await;
    Ok(Json(json!({"tickets": shared.read().tickets.len()})))
}

fn shown_clock(shared: &Shared) -> Json<Value> {
    Json(json!({"now": shared.now(), "frozen": shared.clock().is_frozen()}))
}

pub(super) async fn clock(State(shared): State<Shared>) -> Json<Value> {
    shown_clock(&shared)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    frozen: Option<bool>,
    now: Option<Timestamp>,
    advance_ms: Option<i64>,
}

/// Frozen or let go first, then set, then moved.
pub(super) async fn set_clock(State(shared): State<Shared>, bytes: Bytes) -> Result<Json<Value>, ApiError> {
    let wish: SetClock = body(&bytes)?;
    if let Some(frozen) = wish.frozen {
        shared.clock().freeze(frozen);
    }
    if let Some(now) = wish.now {
        shared.clock().set(now);
    }
    if let Some(by) = wish.advance_ms {
        shared.clock().advance(SignedDuration::from_millis(by));
    }
    shared.emit(Event::Clock { now: shared.now(), frozen: shared.clock().is_frozen() });
    Ok(shown_clock(&shared))
}

pub(super) async fn faults(State(shared): State<Shared>) -> Json<Value> {
    let faults: Vec<Fault> = shared.gate().faults().list().cloned().collect();
    Json(json!({"faults": faults}))
}

pub(super) async fn add_fault(
    State(shared): State<Shared>,
    bytes: Bytes,
) -> Result<impl IntoResponse, ApiError> {
    let fault: Fault = body(&bytes)?;
    let id = shared.gate().faults().add(fault);
    let id = id.map_err(|error| ApiError::bad_request("InvalidFault", &error.to_string()))?;
    let fault = shared.gate().faults().list().find(|fault| fault.id == id).cloned();
    Ok((StatusCode::CREATED, Json(json!({"fault": fault}))))
}

pub(super) async fn clear_faults(State(shared): State<Shared>) -> StatusCode {
    shared.gate().faults().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn remove_fault(
    State(shared): State<Shared>,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    if shared.gate().faults().remove(id) { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found()) }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogFilter {
    since: u64,
    route: Option<String>,
}

pub(super) async fn log(State(shared): State<Shared>, Query(filter): Query<LogFilter>) -> Response {
    let lines: String = Control::new(shared)
        .log_since(filter.since, filter.route.as_deref())
        .into_iter()
        .map(|call| format!("{call}\n"))
        .collect();
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

pub(super) async fn clear_log(State(shared): State<Shared>) -> StatusCode {
    shared.gate().log().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn settings(State(shared): State<Shared>) -> Json<Settings> {
    Json(shared.read().settings.clone())
}

/// Changes what is named. Unknown names and wrong types are refused.
pub(super) async fn change_settings(
    State(shared): State<Shared>,
    bytes: Bytes,
) -> Result<Json<Settings>, ApiError> {
    let changes: serde_json::Map<String, Value> = body(&bytes)?;
    let mut world = shared.write();
    let refused = |error: serde_json::Error| ApiError::bad_request("InvalidSettings", &error.to_string());
    let mut all = serde_json::to_value(&world.settings).map_err(refused)?;
    for (name, value) in changes {
        all[name] = value;
    }
    world.settings = serde_json::from_value(all).map_err(refused)?;
    Ok(Json(world.settings.clone()))
}
