//! What every request passes: an id, a log line, limits, headers.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kit::ApiError;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::Web;

/// No page or door of ours takes more.
const MAX_BODY: usize = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is refused before a handler sees it (a body that does not fit, a missing argument) is answered like every other
/// error: with a code and a sentence.
pub(crate) async fn refusals_as_json(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !status.is_client_error() || kind.is_some_and(|kind| !kind.starts_with(b"text/plain")) {
        return response;
    }
    let (code, otherwise) = match status {
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "This address does not take that method."),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "That is more than the server takes at once."),
        _ => ("not_understood", "The request is not as it should be."),
    };
    let text = axum::body::to_bytes(response.into_body(), MAX_BODY).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let message = if text.is_empty() { otherwise.to_owned() } else { text.into_owned() };
    ApiError::new(status, code, message).into_response()
}

pub(crate) fn wrap(timed: Router<Web>, streams: Router<Web>) -> Router<Web> {
    let request_id = HeaderName::from_static("x-request-id");
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let trace = TraceLayer::new_for_http()
        .make_span_with(|request: &Request<Body>| {
            let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
            // The path only: a query may hold the code of a grant.
            tracing::info_span!("request", id = id.unwrap_or_default(), method = %request.method(),
                path = request.uri().path(), account = tracing::field::Empty)
        })
        .on_request(())
        .on_response(|response: &Response<_>, latency: Duration, span: &Span| {
            let status = response.status().as_u16();
            metrics::histogram!("aerie_http_seconds", "status" => status.to_string())
                .record(latency.as_secs_f64());
            tracing::info!(parent: span, status, ms = latency.as_secs_f64() * 1000.0, "answered");
        });
    let timed = timed
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CompressionLayer::new());
    timed.merge(streams).layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
            .layer(trace)
            .layer(PropagateRequestIdLayer::new(request_id))
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(header(header::REFERRER_POLICY, "no-referrer"))
            .layer(header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"))
            .layer(header(header::CACHE_CONTROL, "no-store"))
            .layer(header(
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            ))
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}
