//! The sandbox checks itself: every 2xx answer of the API passes here when the description is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use http::header;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Oas, Violation};

/// The description and what was found against it, each once with the number of times.
#[derive(Debug)]
struct Watch {
    oas: Oas,
    found: Mutex<BTreeMap<Violation, u64>>,
    checked: Mutex<u64>,
}

/// The routes with every answer checked, and `GET /sandbox/oas_violations`.
pub(crate) fn watched(routes: Router, oas: Option<Oas>) -> Router {
    let Some(oas) = oas else {
        return routes.route(
            "/sandbox/oas_violations",
            get(|| async { axum::Json(json!({"enabled": false, "checked": 0, "violations": []})) }),
        );
    };
    let watch = Arc::new(Watch { oas, found: Mutex::default(), checked: Mutex::default() });
    let report = watch.clone();
    routes.layer(from_fn_with_state(watch, look)).route(
        "/sandbox/oas_violations",
        get(move || async move {
            let found = report.found.lock();
            let list: Vec<Value> = found
                .iter()
                .map(|(v, times)| {
                    let mut out = json!(v);
                    out["times"] = json!(times);
                    out
                })
                .collect();
            let checked = *report.checked.lock();
            axum::Json(json!({"enabled": true, "checked": checked, "violations": list}))
        }),
    )
}

async fn look(State(watch): State<Arc<Watch>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let status = response.status();
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
    if !path.starts_with("/api/v2/") || !status.is_success() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::debug!(%error, "an answer ended before it was whole");
            return Response::from_parts(parts, Body::empty());
        }
    };
    let value = if json { serde_json::from_slice::<Value>(&bytes).ok() } else { None };
    let violations = watch.oas.check(&method, &path, status.as_u16(), value.as_ref());
    *watch.checked.lock() += 1;
    for violation in violations {
        tracing::warn!(%violation, "the answer is not as described");
        *watch.found.lock().entry(violation).or_default() += 1;
    }
    Response::from_parts(parts, Body::from(bytes))
}
