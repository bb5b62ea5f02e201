//! The REST API under `/api/v2`.

mod account;
mod ask;
mod automations;
mod custom_statuses;
mod fields;
mod forms;
mod groups;
mod identities;
mod incremental;
mod jobs;
mod macros;
mod organization_memberships;
mod organizations;
mod page;
mod people_fields;
mod people_tags;
pub(crate) mod render;
mod requests;
mod satisfaction;
mod schedules;
mod search;
mod tags;
mod ticket_life;
mod tickets;
mod triggers;
mod uploads;
mod users;
mod views;
mod webhooks;

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::{ApiError, Shared};
pub(crate) use ask::{Ask, Body};

/// What handlers return.
pub(crate) type Answer = Result<Response, ApiError>;

/// All routes.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .merge(account::router())
        .merge(automations::router())
        .merge(custom_statuses::router())
        .merge(satisfaction::router())
        .merge(fields::router())
        .merge(forms::router())
        .merge(macros::router())
        .merge(groups::router())
        .merge(identities::router())
        .merge(incremental::router())
        .merge(jobs::router())
        .merge(organization_memberships::router())
        .merge(organizations::router())
        .merge(people_fields::router())
        .merge(people_tags::router())
        .merge(schedules::router())
        .merge(search::router())
        .merge(requests::router())
        .merge(ticket_life::router())
        .merge(tickets::router())
        .merge(uploads::router())
        .merge(triggers::router())
        .merge(users::router())
        .merge(views::router())
        .merge(webhooks::router())
}

/// 200 with a JSON body.
pub(crate) fn ok(body: Value) -> Answer {
    Ok(axum::Json(body).into_response())
}

/// 201 with a JSON body and its address.
pub(crate) fn created(body: Value, location: &str) -> Answer {
    let mut response = (StatusCode::CREATED, axum::Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

/// 204.
pub(crate) fn gone() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Adds the header by which Zendesk reports keys that it ignored.
pub(crate) fn warned(answer: Answer, controller: &str, unknown: &[String]) -> Answer {
    let mut response = answer?;
    if !unknown.is_empty() {
        let keys: Vec<String> = unknown.iter().map(|k| format!("{k:?}")).collect();
        let text = format!(
            "{{:allowed_parameters=>{{:{controller}=>{{:unpermitted_keys=>[{}]}}}}}}",
            keys.join(", ")
        );
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert("x-zendesk-api-warn", value);
        }
    }
    Ok(response)
}
