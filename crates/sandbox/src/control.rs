//! The control API: reset, seed, clock, faults, log, settings. Over HTTP under `/sandbox/`, and for suites that run the
//! sandbox in their own process as [`Control`].
//! (`/sandbox/trigger_runs`, `/sandbox/webhook_deliveries` and `/sandbox/oas_violations` are served by the modules that
//! own those data.)

mod in_process;
mod routes;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::Shared;

pub use in_process::{Control, ControlError};
pub(crate) use routes::guard;

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
        .route("/sandbox/health", get(routes::health))
        .route("/sandbox/reset", post(routes::reset))
        .route("/sandbox/seed", post(routes::seed))
        .route("/sandbox/clock", get(routes::clock).post(routes::set_clock))
        .route("/sandbox/faults", get(routes::faults).post(routes::add_fault).delete(routes::clear_faults))
        .route("/sandbox/faults/{id}", delete(routes::remove_fault))
        .route("/sandbox/log", get(routes::log).delete(routes::clear_log))
        .route("/sandbox/settings", get(routes::settings).patch(routes::change_settings))
}
