//! What the workspace page asks for beyond `/api/v2`, and the page itself. The contract is `docs/workspace-api.md`.

mod boot;
mod events;
mod pages;
mod proxy;
pub mod sessions;

use std::collections::HashMap;

use axum::Router;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use crate::Shared;

/// Who is signed in.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {
    /// By the value of the cookie.
    sessions: HashMap<String, sessions::Session>,
}

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
        .route("/sandbox/workspace/people", get(boot::people))
        .route("/sandbox/workspace/session", post(sessions::sign_in).delete(sessions::sign_out))
        .route("/sandbox/workspace/boot", get(boot::boot))
        .route("/sandbox/workspace/launch", post(boot::launch))
        .route("/sandbox/workspace/events", get(events::stream))
        .route("/sandbox/workspace/proxy", post(proxy::proxy))
        .route("/sandbox/assets/{*path}", get(pages::asset))
        .route("/sandbox/sdk/{file}", get(pages::sdk))
        .route("/sandbox/apps/{app_id}/assets/{*path}", get(pages::app_asset))
        .route("/", get(pages::index))
        .route("/agent", get(pages::index))
        .route("/agent/{*path}", get(pages::index))
}
