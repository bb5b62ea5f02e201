//! Organizations.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use serde_json::{Map, json};

use super::render::{self, listed};
use super::users::job;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Organization, World};
use crate::people::{self, What};
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/organizations", get(list).post(create))
        .route("/api/v2/organizations/show_many", get(show_many))
        .route("/api/v2/organizations/search", get(search))
        .route("/api/v2/organizations/autocomplete", get(autocomplete))
        .route("/api/v2/organizations/count", get(count))
        .route("/api/v2/organizations/create_many", post(create_many))
        .route("/api/v2/organizations/create_or_update", post(create_or_update))
        .route("/api/v2/organizations/update_many", put(update_many))
        .route("/api/v2/organizations/destroy_many", delete(destroy_many))
        .route("/api/v2/organizations/{organization_id}", get(show).put(update).delete(destroy))
        .route("/api/v2/organizations/{organization_id}/related", get(related))
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
    let ids = meant(&shared, &ask)?;
    let world = shared.read();
    let ids: Vec<u64> = ids.into_iter().filter(|id| world.organizations.contains_key(id)).collect();
    page(&world, &ask, &ids)
}

/// The organizations of `?ids=` or `?external_ids=`.
fn meant(shared: &Shared, ask: &Ask) -> Result<Vec<u64>, ApiError> {
    let Some(external) = ask.get("external_ids") else { return ask.ids() };
    let wanted: Vec<&str> = external.split(',').map(str::trim).collect();
    let world = shared.read();
    let named = |o: &&Organization| o.external_id.as_deref().is_some_and(|e| wanted.contains(&e));
    Ok(world.organizations.values().filter(named).map(|o| o.id).collect())
}

/// By external id or by the whole name.
async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let found = |o: &&Organization| match (ask.get("external_id"), ask.get("name")) {
        (Some(external), _) => o.external_id.as_deref() == Some(external),
        (None, Some(name)) => o.name.eq_ignore_ascii_case(name.trim()),
        (None, None) => false,
    };
    let ids: Vec<u64> = world.organizations.values().filter(found).map(|o| o.id).collect();
    page(&world, &ask, &ids)
}

/// Those whose name begins with what was typed.
async fn autocomplete(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let typed = ask.get("name").unwrap_or_default().trim().to_lowercase();
    if typed.chars().count() < 2 {
        return Err(ApiError::bad_request("InvalidName", "Name must be at least 2 characters long"));
    }
    let world = shared.read();
    let begins = |o: &&Organization| o.name.to_lowercase().starts_with(&typed);
    let ids: Vec<u64> = world.organizations.values().filter(begins).map(|o| o.id).collect();
    page(&world, &ask, &ids)
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let value = shared.read().organizations.len();
    ok(json!({"count": {"value": value, "refreshed_at": crate::time::text(shared.now())}}))
}

async fn related(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.organizations.get(&id).ok_or_else(ApiError::not_found)?;
    let tickets = world.tickets.values().filter(|r| r.ticket.organization_id == Some(id)).count();
    let users = world.organization_memberships.values().filter(|m| m.organization_id == id).count();
    ok(json!({"organization_related": {"tickets_count": tickets, "users_count": users}}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    save(&shared, &ask, &body, None)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    save(&shared, &ask, &body, Some(id))
}

/// 200 for a known organization, 201 for a new one.
async fn create_or_update(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let known = people::known_organization(&shared.read(), body.root("organization")?);
    save(&shared, &ask, &body, known)
}

fn save(shared: &Shared, ask: &Ask, body: &Body, id: Option<u64>) -> Answer {
    let given = body.root("organization")?;
    let actor = ask.actor(shared);
    let mut world = shared.write();
    let key = people::save_organization(&mut world, actor, id, given)?;
    let organization = world.organizations.get(&key).ok_or_else(ApiError::not_found)?;
    let out = json!({"organization": render::organization(&world, organization)});
    let location = format!("{}/api/v2/organizations/{key}.json", world.base_url);
    if id.is_some() { ok(out) } else { created(out, &location) }
}

async fn destroy(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    people::destroy_organization(&mut shared.write(), actor, id)?;
    gone()
}

async fn create_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let wishes = people::list(What::CreateOrganization, "organizations", &body.0)?;
    job(&shared, &ask, "Bulk Create Organization", wishes)
}

/// `{"organization": {…}}` for all of `?ids=`, or `{"organizations": [{"id", …}]}` each for itself.
async fn update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let wishes = if body.0.contains_key("organizations") {
        people::list(What::UpdateOrganization, "organizations", &body.0)?
    } else {
        people::per_id(What::UpdateOrganization, &meant(&shared, &ask)?, body.root("organization")?)
    };
    job(&shared, &ask, "Bulk Update Organization", wishes)
}

async fn destroy_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.admin()?;
    let wishes = people::per_id(What::DestroyOrganization, &meant(&shared, &ask)?, &Map::new());
    job(&shared, &ask, "Bulk Delete Organization", wishes)
}

async fn of_user(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.users.get(&user).ok_or_else(ApiError::not_found)?;
    let mine = world.organization_memberships.values().filter(|m| m.user_id == user);
    let ids: Vec<u64> = mine.map(|m| m.organization_id).collect();
    page(&world, &ask, &ids)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let organization = world.organizations.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"organization": render::organization(&world, organization)}))
}
