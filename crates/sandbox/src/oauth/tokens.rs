//! `/api/v2/oauth/tokens`: looking at tokens and ending them.

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Lifetimes, Token, issue};
use crate::gate::TokenId;
use crate::{ApiError, Caller, Role, Shared, World, time};

/// How much of a token is shown after it was made.
const SHOWN: usize = 10;

fn show_token(world: &World, token: &Token, full: bool) -> Value {
    let cut = |text: &str| if full { text.to_owned() } else { text.chars().take(SHOWN).collect() };
    json!({
        "url": format!("{}/api/v2/oauth/tokens/{}.json", world.base_url, token.id),
        "id": token.id,
        "user_id": token.user_id,
        "client_id": token.client_id,
        "token": cut(&token.access_token),
        "refresh_token": token.refresh_token.as_deref().map(cut),
        "scopes": token.scopes,
        "created_at": time::text(token.created_at),
        "used_at": Value::Null,
        "expires_at": time::text(token.expires_at),
        "refresh_token_expires_at": token.refresh_expires_at.map(time::text),
    })
}

fn may_see(caller: &Caller, token: &Token) -> bool {
    caller.role == Role::Admin || token.user_id == caller.user_id
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    client_id: Option<u64>,
    all: bool,
}

/// One's own tokens; an administrator sees everybody's with `all=true`.
pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Value>, ApiError> {
    caller.require_agent()?;
    let world = shared.read();
    let everybody = filter.all && caller.role == Role::Admin;
    let tokens: Vec<Value> = world
        .oauth
        .tokens
        .values()
        .filter(|token| everybody || token.user_id == caller.user_id)
        .filter(|token| filter.client_id.is_none_or(|id| id == token.client_id))
        .map(|token| show_token(&world, token, false))
        .collect();
    Ok(Json(json!({"count": tokens.len(), "tokens": tokens, "next_page": null, "previous_page": null})))
}

#[derive(Debug, Deserialize)]
pub(super) struct Create {
    token: NewToken,
}

#[derive(Debug, Deserialize)]
struct NewToken {
    client_id: u64,
    scopes: Vec<String>,
    expires_at: Option<Timestamp>,
}

/// A token for oneself without the consent page. Shown in full this once.
pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    Json(Create { token: new }): Json<Create>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require_agent()?;
    let now = shared.now();
    let mut world = shared.write();
    if !world.oauth.clients.contains_key(&new.client_id) {
        return Err(ApiError::invalid("client", "BlankValue", "Client: cannot be blank"));
    }
    let access = match new.expires_at {
        Some(end) => u64::try_from(end.duration_since(now).as_secs()).map_err(|_| {
            ApiError::invalid("expires_at", "InvalidValue", "Expires at: must be in the future")
        })?,
        None => world.settings.access_token_seconds,
    };
    let lifetimes = Lifetimes { access, refresh: None };
    let token = issue(&mut world, new.client_id, caller.user_id, new.scopes.into(), lifetimes, now);
    let shown = show_token(&world, &token, true);
    Ok((StatusCode::CREATED, Json(json!({"token": shown}))))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    let world = shared.read();
    let token = world.oauth.tokens.get(&id).filter(|token| may_see(&caller, token));
    let token = token.ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({"token": show_token(&world, token, false)})))
}

pub(super) async fn revoke(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    let mut world = shared.write();
    if !world.oauth.tokens.get(&id).is_some_and(|token| may_see(&caller, token)) {
        return Err(ApiError::not_found());
    }
    world.oauth.revoke(id);
    Ok(StatusCode::NO_CONTENT)
}

/// The token of this very call; 404 when the call is authenticated in another way.
pub(super) async fn show_current(
    State(shared): State<Shared>,
    current: Option<Extension<TokenId>>,
) -> Result<Json<Value>, ApiError> {
    let Some(Extension(TokenId(id))) = current else { return Err(ApiError::not_found()) };
    let world = shared.read();
    let token = world.oauth.tokens.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({"token": show_token(&world, token, false)})))
}

pub(super) async fn revoke_current(
    State(shared): State<Shared>,
    current: Option<Extension<TokenId>>,
) -> Result<StatusCode, ApiError> {
    let Some(Extension(TokenId(id))) = current else { return Err(ApiError::not_found()) };
    if shared.write().oauth.revoke(id) { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found()) }
}
