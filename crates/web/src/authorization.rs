//! The administrator's way to Zendesk's consent page and back.

use accounts::GrantError;
use accounts::authorization::Status;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Form, Json};
use kit::{Platform, session_of};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{AccountId, Time};

use crate::Web;
use crate::public::{Message, html, message, new_nonce};

/// How an app of an account stands, as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum AuthorizationState {
    Missing,
    Healthy { granted_by: String },
    Lost { granted_by: String, lost_since: Time, reason: String, parked: i64 },
}

/// The account's authorization serves all its apps, but each app's access is agreed to by itself: `account` is
/// [`accounts::Accounts::account_of`] a session.
pub(crate) async fn state(
    platform: &Platform,
    account: Option<&AccountId>,
) -> store::Result<AuthorizationState> {
    let Some(account) = account else { return Ok(AuthorizationState::Missing) };
    let mut tx = platform.db().read_prefer_primary(account).await?;
    Ok(match accounts::authorization::status(&mut tx).await? {
        Status::Missing => AuthorizationState::Missing,
        Status::Healthy { granted_by } => AuthorizationState::Healthy { granted_by },
        Status::Lost { granted_by, since, reason } => {
            let parked = jobs::parked(&mut tx).await?;
            AuthorizationState::Lost { granted_by, lost_since: since, reason, parked }
        }
    })
}

/// Where the page sends the administrator.
pub(crate) async fn start(State(platform): State<Platform>, headers: HeaderMap) -> kit::Result<Json<Value>> {
    let session = session_of(&headers, &platform)?;
    platform.app(&session.app).ok_or_else(kit::ApiError::unauthenticated)?;
    let url = platform.accounts().start_grant(&session).await?;
    Ok(Json(json!({ "url": url })))
}

/// What Zendesk's consent page sends back. `error` comes instead of `code` when he said no.
#[derive(Debug, Deserialize)]
pub(crate) struct Callback {
    state: SecretString,
    code: Option<SecretString>,
}

#[derive(Template)]
#[template(path = "grant.html")]
struct GrantTemplate<'a> {
    nonce: &'a str,
    state: &'a str,
    code: Option<&'a str>,
}

/// Changes nothing: a link may be opened by something that only looks. The page posts what it was given.
pub(crate) async fn callback(State(web): State<Web>, Query(callback): Query<Callback>) -> Response {
    let nonce = new_nonce(&web);
    let code = callback.code.as_ref().map(ExposeSecret::expose_secret);
    let template = GrantTemplate { nonce: &nonce, state: callback.state.expose_secret(), code };
    html(&template, &nonce, "form-action 'self'")
}

#[derive(Template)]
#[template(path = "granted.html")]
struct GrantedTemplate<'a> {
    nonce: &'a str,
    app: &'a str,
    administrator: &'a str,
}

pub(crate) async fn finish(State(web): State<Web>, Form(callback): Form<Callback>) -> Response {
    match web.platform().accounts().finish_grant(&callback.state, callback.code.as_ref()).await {
        Ok(granted) => {
            let nonce = new_nonce(&web);
            let app = web.platform().app(&granted.app).map_or("The app", |app| app.name);
            let template = GrantedTemplate { nonce: &nonce, app, administrator: &granted.administrator };
            html(&template, &nonce, "form-action 'none'")
        }
        Err(error) => {
            if let GrantError::Unavailable(source) = &error {
                tracing::warn!(error = %source, "a grant could not be finished");
            }
            let status = match &error {
                GrantError::Unavailable(_) => StatusCode::BAD_GATEWAY,
                GrantError::NotAdministrator(_) | GrantError::OtherApp => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            message(&Message { title: "Not authorised", text: &error.to_string(), status })
        }
    }
}
