//! All routes in one router, behind the gate.

use axum::Router;
use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::oas::Oas;
use crate::{ApiError, Shared, apps, control, gate, oas, oauth, rest, serve, workspace_api};

/// The application as it is served.
pub(crate) fn service(shared: &Shared, description: Option<Oas>) -> serve::Service {
    let routes = Router::new()
        .merge(rest::router())
        .merge(oauth::router())
        .merge(apps::router())
        .merge(workspace_api::router())
        .merge(control::router())
        .fallback(|| async { ApiError::invalid_endpoint() })
        .method_not_allowed_fallback(|| async { ApiError::invalid_endpoint() });
    let gated = gate::layer(shared, routes).with_state(shared.clone());
    MapRequestLayer::new(without_json_suffix as fn(Request) -> Request)
        .layer(oas::watched(gated, description))
}

/// Every path of the API also works with `.json`, so the suffix goes before the routes are looked up.
fn without_json_suffix(mut request: Request) -> Request {
    let uri = request.uri();
    let path = uri.path();
    if !path.starts_with("/api/") && !path.starts_with("/oauth/") {
        return request;
    }
    let Some(bare) = path.strip_suffix(".json") else { return request };
    let rewritten = match uri.query() {
        Some(query) => format!("{bare}?{query}"),
        None => bare.to_owned(),
    };
    if let Ok(path_and_query) = PathAndQuery::try_from(rewritten) {
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}
