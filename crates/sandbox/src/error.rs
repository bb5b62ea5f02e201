//! Zendesk's refusals, with the bodies it sends.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

/// A refusal: status, body, and seconds to wait where there are any. The inner box keeps `Result`s small.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    body: Value,
    retry_after: Option<u64>,
}

impl ApiError {
    /// Any status and body; the named constructors are to be preferred.
    pub fn new(status: StatusCode, body: Value) -> ApiError {
        ApiError(Box::new(Inner { status, body, retry_after: None }))
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> ApiError {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The JSON body.
    pub fn body(&self) -> &Value {
        &self.0.body
    }

    /// 404: no such record, or none that the caller may know of.
    pub fn not_found() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, json!({"error": "RecordNotFound", "description": "Not found"}))
    }

    /// 404: no such route.
    pub fn invalid_endpoint() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, json!({"error": "InvalidEndpoint", "description": "Not found"}))
    }

    /// 401: no credentials, or wrong ones.
    pub fn unauthenticated() -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, json!({"error": "Couldn't authenticate you"}))
    }

    /// 401: a bearer token that is unknown, expired or revoked.
    pub fn invalid_token() -> ApiError {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            json!({"error": "invalid_token", "error_description":
                "The access token provided is expired, revoked, malformed or invalid for other reasons."}),
        )
    }

    /// 403: the person may not do this.
    pub fn forbidden() -> ApiError {
        ApiError::new(
            StatusCode::FORBIDDEN,
            json!({"error": {"title": "Forbidden", "message":
                "You do not have access to this page. Please contact the account owner of this help desk for further help."}}),
        )
    }

    /// 403: the token may not do this, e.g. `missing_scopes(&["write"])`.
    pub fn missing_scopes(scopes: &[&str]) -> ApiError {
        let description = format!("Missing the following required scopes: {}", scopes.join(", "));
        ApiError::new(StatusCode::FORBIDDEN, json!({"error": "Forbidden", "description": description}))
    }

    /// 400: the request makes no sense.
    pub fn bad_request(error: &str, description: &str) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, json!({"error": error, "description": description}))
    }

    /// 400: more than `max` ids or items.
    pub fn too_many_values(max: usize) -> ApiError {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            json!({"error": "TooManyValues", "max_count": max,
                "description": format!("Parameter  cannot specify more than {max} values")}),
        )
    }

    /// 422 with one fault. `kind` is Zendesk's word: `BlankValue`, `DuplicateValue`, `InvalidValue`, …
    pub fn invalid(field: &str, kind: &str, description: impl Into<String>) -> ApiError {
        let mut faults = Faults::default();
        faults.add(field, kind, description);
        faults.into_error()
    }

    /// 409: `safe_update` with a stale `updated_stamp`.
    pub fn update_conflict() -> ApiError {
        ApiError::new(
            StatusCode::CONFLICT,
            json!({"error": "UpdateConflict", "description": "Safe Update prevented the update due to outdated \
                ticket data. Please fetch the latest ticket data and try again."}),
        )
    }

    /// 429 with `Retry-After`.
    pub fn too_many_requests(seconds: u64) -> ApiError {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            json!({"error": "APIRateLimitExceeded", "description":
                "Number of allowed API requests per minute exceeded"}),
        )
        .retry_after(seconds)
    }

    /// 400 of an `Idempotency-Key` that was used for another body.
    pub fn idempotency_mismatch() -> ApiError {
        ApiError::bad_request(
            "IdempotentRequestError",
            "Request parameters don't match the given idempotency key",
        )
    }

    /// The form of the newer endpoints (webhooks, trigger categories): `{"errors":[{"code","title"}]}`.
    pub fn coded(status: StatusCode, code: &str, title: &str) -> ApiError {
        ApiError::new(status, json!({"errors": [{"code": code, "title": title}]}))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.0.status, axum::Json(self.0.body)).into_response();
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The faults of a record, collected so that one 422 names all of them.
#[derive(Debug, Default)]
pub struct Faults(Map<String, Value>);

impl Faults {
    /// Adds a fault to a field.
    pub fn add(&mut self, field: &str, kind: &str, description: impl Into<String>) {
        let fault = json!({"description": description.into(), "error": kind});
        if let Value::Array(list) = self.0.entry(field).or_insert_with(|| json!([])) {
            list.push(fault);
        }
    }

    /// `Ok` when there are none.
    ///
    /// # Errors
    /// The 422.
    pub fn check(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }

    fn into_error(self) -> ApiError {
        ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({"error": "RecordInvalid", "description": "Record validation errors", "details": self.0}),
        )
    }
}
