//! Organizations.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::json;

use super::render::{self, listed};
use super::{Answer, Ask, ok};
use crate::model::World;
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/organizations", get(list))
        .route("/api/v2/organizations/show_many", get(show_many))
        .route("/api/v2/organizations/{organization_id}", get(show))
        .route("/api/v2/users/{user_id}/organizations", get(of_user))
}

fn page(world: &World, ask: &Ask, ids: &[u64]) -> Answer {
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, ids)?;
    let found = shown.iter().filter_map(|id| world.organizations.get(id));
    ok(listed("organizations", found.map(|o| render::organization(world, o)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids: Vec<u64> = world.organizations.keys().copied().collect();
    page(&world, &ask, &ids)
}

async fn show_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids: Vec<u64> = ask.ids()?.into_iter().filter(|id| world.organizations.contains_key(id)).collect();
    page(&world, &ask, &ids)
}

async fn of_user(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let user = world.users.get(&user).ok_or_else(ApiError::not_found)?;
    let ids: Vec<u64> = user.organization_id.into_iter().collect();
    page(&world, &ask, &ids)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let organization = world.organizations.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"organization": render::organization(&world, organization)}))
}
