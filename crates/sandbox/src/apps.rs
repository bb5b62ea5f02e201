//! Apps: uploads, apps, installations, public keys, notify.

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::Shared;

/// Everything about apps in the account.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {}

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
}
