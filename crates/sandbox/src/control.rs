//! The control API under `/sandbox/`: reset, seed, clock, faults, log, settings.
//! (`/sandbox/trigger_runs`, `/sandbox/webhook_deliveries` and `/sandbox/oas_violations` are served by the modules that own those data.)

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::Shared;

/// Faults, log and the like.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {}

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
}
