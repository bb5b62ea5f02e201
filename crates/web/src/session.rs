//! A page that stays open keeps its session.

use accounts::session::{LIFETIME, Session};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use kit::{ApiError, Platform, session_of};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// A new token for the same person, app and installation. Somebody who is no agent any more gets none.
pub(crate) async fn renew(State(platform): State<Platform>, headers: HeaderMap) -> kit::Result<Json<Value>> {
    let session = session_of(&headers, &platform)?;
    let app = platform.app(&session.app).ok_or_else(ApiError::unauthenticated)?;
    match kit::Caller::from_session(&platform, app.id, session.clone()).await {
        Ok(_) => {}
        // Before an administrator has authorised the server cannot know who is an agent; Zendesk's signature says so.
        Err(error) if error.code() == "not_authorised" => {}
        Err(error) => return Err(error),
    }
    let renewed = Session { expires_at: platform.db().clock().now().plus(LIFETIME), ..session };
    let token = renewed.to_token(platform.accounts().keys()).map_err(accounts::Error::from)?;
    Ok(Json(json!({ "token": token.expose_secret(), "expires_at": renewed.expires_at })))
}
