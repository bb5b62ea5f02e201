//! Every request passes here: who asks, may they, how often, what goes wrong on purpose, and what is written down.
//!
//! Order: faults, authentication, scopes, limits, the handler, headers, the call log. Calls of `/api` and
//! `/oauth/tokens` go through all of it; the workspace's own calls are only authenticated; pages and the control API
//! pass untouched.

mod auth;
pub mod faults;
mod limits;
pub mod log;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use parking_lot::Mutex;

use auth::Identity;
pub use auth::TokenId;
pub(crate) use auth::same_origin;
use faults::{Drop, Faults, Hit};
use limits::Limits;
use log::{Entry, Log};

use crate::serve::Connection;
use crate::{ApiError, Caller, Shared, control};

/// Largest body of a request: an app package or an attachment of 50 MB with its wrapping.
const MAX_BODY: usize = 64 * 1024 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// What the gate remembers between calls. In memory only: a restart begins with empty windows and no faults.
#[derive(Debug, Default)]
pub struct Gate {
    faults: Mutex<Faults>,
    limits: Mutex<Limits>,
    log: Mutex<Log>,
}

impl Gate {
    /// Faults that are waiting for calls.
    pub fn faults(&self) -> parking_lot::MutexGuard<'_, Faults> {
        self.faults.lock()
    }

    /// The newest calls.
    pub fn log(&self) -> parking_lot::MutexGuard<'_, Log> {
        self.log.lock()
    }

    /// Forgets everything, as a reset does.
    pub fn reset(&self) {
        self.faults.lock().clear();
        *self.limits.lock() = Limits::default();
        self.log.lock().clear();
    }
}

/// Puts the gate in front of all routes.
pub fn layer(shared: &Shared, routes: Router<Shared>) -> Router<Shared> {
    routes.layer(axum::middleware::from_fn_with_state(shared.clone(), pass))
}

async fn pass(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/oauth/tokens" {
        // A task of its own: work goes on when the client has given up waiting, as it does at Zendesk.
        let work = tokio::spawn(async move { api_call(&shared, request, next).await });
        return work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a call failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        });
    }
    if path.starts_with("/sandbox/workspace/") {
        if let Ok(Some(identity)) = auth::identify(&shared, &request) {
            identity.put_into(&mut request);
        }
    } else if is_control(path)
        && let Err(error) = control::guard(&request)
    {
        return error.into_response();
    }
    next.run(request).await
}

/// Everything under `/sandbox/` that is not for browsers.
fn is_control(path: &str) -> bool {
    let pages = ["/sandbox/assets/", "/sandbox/sdk/", "/sandbox/apps/"];
    path.starts_with("/sandbox/") && !pages.iter().any(|page| path.starts_with(page))
}

async fn api_call(shared: &Shared, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let time = shared.now();
    let connection = request.extensions().get::<ConnectInfo<Connection>>().map(|info| info.0.clone());
    let request_id = crate::random::uuid();
    let (parts, body) = request.into_parts();
    let Ok(sent) = to_bytes(body, MAX_BODY).await else {
        let body = serde_json::json!({"error": "PayloadTooLarge", "description": "Payload too large"});
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, body).into_response();
    };
    let textual = is_text(&parts.headers);
    let mut request = Request::from_parts(parts, Body::from(sent.clone()));

    let identity = auth::identify(shared, &request);
    let who = identity.as_ref().ok().and_then(Option::as_ref).map(|identity| &identity.caller);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let client =
        who.and_then(|who| who.client_id.clone()).or_else(|| auth::client_in_body(uri.path(), &sent));
    let mut entry = Entry {
        seq: 0,
        time,
        method: method.clone(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        client: client.clone(),
        user_id: who.map(|who| who.user_id),
        status: None,
        headers: log::kept(request.headers()),
        fault: None,
        duration: Duration::ZERO,
        request: if textual { sent } else { Bytes::new() },
        answer: Bytes::new(),
    };

    let hit = shared.gate().faults().hit(&method, uri.path(), client.as_deref());
    if let Some(hit) = &hit {
        entry.fault = Some(hit.id);
        // Machine time: what a client sees of a slow server is its own clock.
        tokio::time::sleep(hit.latency).await;
    }
    let before = hit.as_ref().and_then(Hit::instead);
    let answer = match before {
        Some(None) => None,
        Some(Some(response)) => Some(response),
        None => {
            let etag = request.headers().get(header::IF_NONE_MATCH).cloned();
            let done = admit(shared, identity, &mut request);
            let (mut response, limit_headers) = match done {
                Ok(headers) => (next.run(request).await, headers),
                Err((error, headers)) => (error.into_response(), headers),
            };
            response.headers_mut().extend(limit_headers);
            let response = finish(response, &method, &uri, etag).await;
            if hit.as_ref().is_some_and(|hit| hit.drop == Some(Drop::After)) {
                // The work is done; nobody hears of it.
                entry.status = Some(response.status());
                None
            } else {
                Some(response)
            }
        }
    };
    let response = match answer {
        Some(mut response) => {
            entry.status = Some(response.status());
            if let Ok(id) = HeaderValue::from_str(&request_id) {
                response.headers_mut().insert("x-request-id", id);
            }
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
            if is_text(&parts.headers) {
                entry.answer = bytes.clone();
            }
            Response::from_parts(parts, Body::from(bytes))
        }
        None => {
            if let Some(connection) = connection {
                connection.hang_up();
            }
            StatusCode::NO_CONTENT.into_response()
        }
    };
    entry.duration = started.elapsed();
    shared.gate().log().push(entry);
    response
}

/// Authentication, scopes and limits. Both outcomes carry the limits' headers.
fn admit(
    shared: &Shared,
    identity: Result<Option<Identity>, ApiError>,
    request: &mut Request,
) -> Result<HeaderMap, (ApiError, HeaderMap)> {
    let bare = |error: ApiError| (error, HeaderMap::new());
    let identity = identity.map_err(bare)?;
    let Some(identity) = identity else {
        return if auth::is_open(request.method(), request.uri().path()) {
            Ok(HeaderMap::new())
        } else {
            Err(bare(ApiError::unauthenticated()))
        };
    };
    auth::check_scopes(&identity.caller, request.method(), request.uri().path()).map_err(bare)?;
    let headers = if is_limited(&identity.caller, request.headers()) {
        limits::take(shared, &identity.caller, request)?
    } else {
        HeaderMap::new()
    };
    identity.put_into(request);
    Ok(headers)
}

/// Zendesk's own pages do not use up the account's calls; what apps ask through them does, and says so.
fn is_limited(caller: &Caller, headers: &HeaderMap) -> bool {
    !caller.session || headers.contains_key("x-zendesk-app-id")
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["application/json", "application/x-www-form-urlencoded", "text/"]
        .iter()
        .any(|text| kind.starts_with(text))
}

/// The headers that every answer of Zendesk has, and the short answer to a reader who has it already.
async fn finish(
    response: Response,
    method: &Method,
    uri: &http::Uri,
    if_none_match: Option<HeaderValue>,
) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let set = |headers: &mut HeaderMap, name: &'static str, value: &'static str| {
        let name = HeaderName::from_static(name);
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        parts.headers.insert(header::CONTENT_TYPE, JSON);
    }
    if uri.path().starts_with("/api/v2/") {
        set(&mut parts.headers, "x-zendesk-api-version", "v2");
    }
    set(&mut parts.headers, "cache-control", "max-age=0, private, must-revalidate");
    set(&mut parts.headers, "x-frame-options", "SAMEORIGIN");
    set(&mut parts.headers, "x-content-type-options", "nosniff");
    if method == Method::GET && parts.status == StatusCode::OK {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let etag = format!("W/\"{:032x}\"", hasher.finish());
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            if if_none_match.as_ref() == Some(&etag) {
                parts.status = StatusCode::NOT_MODIFIED;
                parts.headers.remove(header::CONTENT_TYPE);
                bytes = Bytes::new();
            }
            parts.headers.insert(header::ETAG, etag);
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}
