//! `POST /api/v2/apps/notify`: an app's server tells the app's pages something.

use axum::extract::State;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::crud::Id;
use crate::{ApiError, Caller, Event, Shared};

/// Largest request, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The number under which apps run that are served from a developer's machine and not installed.
const LOCAL_APP: u64 = 0;

#[derive(Debug, Deserialize)]
struct Notification {
    app_id: Id,
    #[serde(default)]
    event: String,
    #[serde(default)]
    body: Value,
    agent_id: Option<Id>,
}

pub(super) async fn notify(
    State(shared): State<Shared>,
    caller: Caller,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    caller.require_agent()?;
    if body.len() > MAX_BODY {
        let text = json!({"error": "PayloadTooLarge", "description": "Payload too large"});
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    let notification: Notification = serde_json::from_slice(&body)
        .map_err(|_| ApiError::bad_request("InvalidParameter", "The notification is malformed"))?;
    if notification.event.trim().is_empty() {
        return Err(ApiError::invalid("event", "BlankValue", "event: cannot be blank"));
    }
    let Id(app_id) = notification.app_id;
    if app_id != LOCAL_APP && shared.read().apps.installations_of(app_id).next().is_none() {
        return Err(ApiError::not_found());
    }
    shared.emit(Event::ApiNotification {
        app_id,
        event: notification.event,
        body: notification.body,
        sender: caller.user_id,
        agent_id: notification.agent_id.map(|Id(id)| id),
    });
    Ok(StatusCode::OK)
}
