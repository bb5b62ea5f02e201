use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// What a page or a door answers instead of what was asked for. The message is a sentence for a person: what happened, then
/// what to do. `code` is for programs and translations and never changes.
#[derive(Debug)]
pub struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    args: Map<String, Value>,
    /// Further members beside `error`, such as the current state after a conflict.
    with: Map<String, Value>,
    retry_after_seconds: Option<u64>,
    /// An answer that was given before and is given again.
    replay: Option<(StatusCode, Value)>,
}

pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            status,
            code,
            message: message.into(),
            args: Map::new(),
            with: Map::new(),
            retry_after_seconds: None,
            replay: None,
        }))
    }

    /// 422: what was sent cannot be done as it stands.
    pub fn unprocessable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 404. Also for what belongs to somebody else: whether it exists is not told.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here with this id.")
    }

    /// 401, without saying what was wrong with the credentials.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "The session has ended. Reload the app in Zendesk to go on.",
        )
    }

    /// 403: an agent asks for what only an administrator may.
    pub fn administrators_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "administrators_only",
            "Only administrators can do this. Ask an administrator of your Zendesk account.",
        )
    }

    /// 403: Zendesk would not let this agent see or change the ticket.
    pub fn not_allowed_on_ticket() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_allowed_on_ticket",
            "Zendesk does not let you work on this ticket, so neither does this app.",
        )
    }

    /// 409: an administrator has to authorise first.
    pub fn not_authorised() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not_authorised",
            "No administrator has authorised the app yet. Ask one to open it and press Authorise.",
        )
    }

    /// A value that the message was made from, for translations.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.args.insert(name.to_owned(), value.into());
        self
    }

    /// A further member of the answer, beside `error`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.with.insert(name.to_owned(), value.into());
        self
    }

    /// The answer that a request with the same key got before.
    pub(crate) fn replay(status: StatusCode, body: Value) -> Self {
        let mut error = Self::new(status, "replay", "");
        error.0.replay = Some((status, body));
        error
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    pub fn code(&self) -> &'static str {
        self.0.code
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    fn internal(error: &dyn std::error::Error) -> Self {
        // Logged once, here; whoever asked learns nothing about the inside.
        tracing::error!(%error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server made a mistake and wrote it down. Nothing was changed; try again, and tell the operator if it stays.",
        )
    }

    fn unavailable(error: &dyn std::error::Error, seconds: u64) -> Self {
        tracing::warn!(%error, "a request could not be served now");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The server cannot reach its database or Zendesk right now. Nothing was changed; try again in a moment.",
        )
        .retry_after(seconds)
    }

    /// When it makes sense to ask again.
    fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        if error.is_transient() { Self::unavailable(&error, 2) } else { Self::internal(&error) }
    }
}

impl From<accounts::Error> for ApiError {
    fn from(error: accounts::Error) -> Self {
        use zendesk::Error as Z;
        match error {
            accounts::Error::NotAuthorised => Self::not_authorised(),
            accounts::Error::Throttled { wait, .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "zendesk_limit",
                "Zendesk's rate limit for this account is used up. Nothing was changed; try again in a minute.",
            )
            .retry_after(wait.as_secs() + 1),
            accounts::Error::Store(error) => error.into(),
            accounts::Error::Zendesk(Z::NotFound) => Self::not_found(),
            accounts::Error::Zendesk(error) if error.is_retryable() => {
                Self::unavailable(&error, error.retry_after().map_or(2, |wait| wait.as_secs() + 1))
            }
            accounts::Error::OAuth(error) if error.is_retryable() => Self::unavailable(&error, 2),
            error => Self::internal(&error),
        }
    }
}

impl From<tickets::Error> for ApiError {
    fn from(error: tickets::Error) -> Self {
        match error {
            tickets::Error::Store(error) => error.into(),
            error => Self::unprocessable("not_possible", error.to_string()),
        }
    }
}

/// Steps that pages, doors and jobs share speak in answers; a job tries again where a page would.
impl From<ApiError> for jobs::Failure {
    fn from(ApiError(error): ApiError) -> Self {
        let why = format!("{}: {}", error.code, error.message);
        match error.retry_after_seconds {
            Some(seconds) => jobs::Failure::retry_after(std::time::Duration::from_secs(seconds), why),
            None if error.status.is_server_error() => jobs::Failure::new(why),
            None if error.code == "not_authorised" => jobs::Failure::park(why),
            None => jobs::Failure::fail(why),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Refusal { status, code, message, args, with, retry_after_seconds, replay } = *self.0;
        if let Some((status, body)) = replay {
            return (status, Json(body)).into_response();
        }
        let mut error = json!({ "code": code, "message": message });
        if !args.is_empty() {
            error["args"] = Value::Object(args);
        }
        let mut body = with;
        body.insert("error".to_owned(), error);
        let mut response = (status, Json(Value::Object(body))).into_response();
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
