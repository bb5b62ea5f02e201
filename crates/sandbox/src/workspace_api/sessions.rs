//! Browser sessions of agents and administrators.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::oauth::is_active;
use crate::{ApiError, Role, Shared, World, random};

const COOKIE: &str = "_sandbox_session";

/// Somebody who is signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub user_id: u64,
    /// What forms of this session carry, so that no other page can post them.
    pub csrf: String,
    pub created_at: Timestamp,
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The session that a request's cookie names.
pub fn of<'w>(world: &'w World, headers: &HeaderMap) -> Option<&'w Session> {
    cookie(headers).and_then(|value| world.workspace.sessions.get(value))
}

/// Signs an agent or administrator in. The `Set-Cookie` header; nothing for anybody else.
pub fn open(world: &mut World, user_id: u64, now: Timestamp) -> Option<HeaderValue> {
    let staff = world.users.get(&user_id).is_some_and(|user| user.role != Role::EndUser);
    if !staff || !is_active(world, user_id) {
        return None;
    }
    let value = random::token();
    let header = HeaderValue::from_str(&format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax")).ok()?;
    let session = Session { user_id, csrf: random::token(), created_at: now };
    world.workspace.sessions.insert(value, session);
    Some(header)
}

#[derive(Debug, Deserialize)]
pub(super) struct SignIn {
    user_id: u64,
}

pub(super) async fn sign_in(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(SignIn { user_id }): Json<SignIn>,
) -> Result<impl IntoResponse, ApiError> {
    let now = shared.now();
    let mut world = shared.write();
    close(&mut world, &headers);
    let cookie = open(&mut world, user_id, now)
        .ok_or_else(|| ApiError::invalid("user_id", "InvalidValue", "This person cannot sign in"))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}

pub(super) async fn sign_out(State(shared): State<Shared>, headers: HeaderMap) -> impl IntoResponse {
    close(&mut shared.write(), &headers);
    let ended = HeaderValue::from_static("_sandbox_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, ended)])
}

fn close(world: &mut World, headers: &HeaderMap) {
    if let Some(value) = cookie(headers) {
        world.workspace.sessions.remove(value);
    }
}
