//! What the workspace page asks for beyond `/api/v2`.

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::Shared;

/// Browser sessions and the like.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {}

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
}
