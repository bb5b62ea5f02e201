//! OAuth: clients, consent, codes, tokens.

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::{Shared, World};

/// Everything OAuth keeps in the account.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {}

/// A client that the seed wants to exist.
#[derive(Debug, Clone, Copy)]
pub struct ClientSeed {
    /// What clients send as `client_id`.
    pub identifier: &'static str,
    /// What they send as `client_secret`.
    pub secret: &'static str,
    /// Shown on the consent page.
    pub name: &'static str,
    /// Whether any redirect address on 127.0.0.1 or localhost is accepted.
    pub loopback_redirects: bool,
}

/// Called by the seed once per client.
pub fn add_client(_world: &mut World, _client: ClientSeed) {}

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
}
