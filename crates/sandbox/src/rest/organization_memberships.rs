//! Who belongs to which organization.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::users::job;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{OrganizationMembership, World};
use crate::people::{self, What};
use crate::{ApiError, Role, Shared, time};

const ROOT: &str = "/api/v2/organization_memberships";

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route(ROOT, get(list).post(join))
        .route(&format!("{ROOT}/create_many"), post(create_many))
        .route(&format!("{ROOT}/destroy_many"), delete(destroy_many))
        .route(&format!("{ROOT}/{{organization_membership_id}}"), get(show).delete(leave))
        .route("/api/v2/users/{user_id}/organization_memberships", get(of_user).post(join_as))
        .route(
            "/api/v2/users/{user_id}/organization_memberships/{organization_membership_id}",
            get(show_of_user).delete(leave_of_user),
        )
        .route(
            "/api/v2/users/{user_id}/organization_memberships/{organization_membership_id}/make_default",
            put(make_default),
        )
        .route("/api/v2/organizations/{organization_id}/organization_memberships", get(of_organization))
        .route("/api/v2/users/{user_id}/organizations/{organization_id}", delete(leave_organization))
        .route(
            "/api/v2/users/{user_id}/organizations/{organization_id}/make_default",
            put(organization_default),
        )
}

fn render_one(world: &World, m: &OrganizationMembership) -> Value {
    json!({
        "url": format!("{}{ROOT}/{}.json", world.base_url, m.id),
        "id": m.id,
        "user_id": m.user_id,
        "organization_id": m.organization_id,
        "default": m.default,
        "organization_name": world.organizations.get(&m.organization_id).map(|o| &o.name),
        "view_tickets": true,
        "created_at": time::text(m.created_at),
        "updated_at": time::text(m.updated_at),
    })
}

fn page(world: &World, ask: &Ask, wanted: impl Fn(&OrganizationMembership) -> bool) -> Answer {
    let ids: Vec<u64> = world.organization_memberships.values().filter(|m| wanted(m)).map(|m| m.id).collect();
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found: Vec<_> = shown.iter().filter_map(|id| world.organization_memberships.get(id)).collect();
    if ask.includes("users") {
        let users = found.iter().filter_map(|m| world.users.get(&m.user_id));
        envelope.insert("users".to_owned(), users.map(|u| render::user(world, u, ask.caller.role)).collect());
    }
    if ask.includes("organizations") {
        let all = found.iter().filter_map(|m| world.organizations.get(&m.organization_id));
        envelope.insert("organizations".to_owned(), all.map(|o| render::organization(world, o)).collect());
    }
    ok(listed("organization_memberships", found.iter().map(|m| render_one(world, m)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    page(&shared.read(), &ask, |_| true)
}

async fn of_user(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    // A customer sees his own.
    if ask.caller.role == Role::EndUser && ask.caller.user_id != user {
        return Err(ApiError::forbidden());
    }
    let world = shared.read();
    world.users.get(&user).ok_or_else(ApiError::not_found)?;
    page(&world, &ask, |m| m.user_id == user)
}

async fn of_organization(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.organizations.get(&id).ok_or_else(ApiError::not_found)?;
    page(&world, &ask, |m| m.organization_id == id)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let found = world.organization_memberships.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"organization_membership": render_one(&world, found)}))
}

/// The membership, when it is this user's.
fn of(world: &World, user: u64, id: u64) -> Result<&OrganizationMembership, ApiError> {
    world.organization_memberships.get(&id).filter(|m| m.user_id == user).ok_or_else(ApiError::not_found)
}

async fn show_of_user(State(shared): State<Shared>, Path((user, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    ok(json!({"organization_membership": render_one(&world, of(&world, user, id)?)}))
}

async fn join(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    join_with(&shared, &ask, body.root("organization_membership")?)
}

async fn join_as(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask, body: Body) -> Answer {
    let mut given = body.root("organization_membership")?.clone();
    given.insert("user_id".to_owned(), json!(user));
    join_with(&shared, &ask, &given)
}

fn join_with(shared: &Shared, ask: &Ask, given: &Map<String, Value>) -> Answer {
    let actor = ask.actor(shared);
    let mut world = shared.write();
    let id = people::join_organization(&mut world, actor, given)?;
    let membership = world.organization_memberships.get(&id).ok_or_else(ApiError::not_found)?;
    let out = json!({"organization_membership": render_one(&world, membership)});
    created(out, &format!("{}{ROOT}/{id}.json", world.base_url))
}

async fn leave(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    people::leave_organization(&mut shared.write(), actor, id)?;
    gone()
}

async fn leave_of_user(State(shared): State<Shared>, Path((user, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    ask.agent()?;
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    of(&world, user, id)?;
    people::leave_organization(&mut world, actor, id)?;
    gone()
}

async fn make_default(State(shared): State<Shared>, Path((user, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    people::make_organization_default(&mut world, actor, user, id)?;
    page(&world, &ask, |m| m.user_id == user)
}

/// The membership of a user in an organization.
fn between(world: &World, user: u64, organization: u64) -> Result<u64, ApiError> {
    let mut all = world.organization_memberships.values();
    let found = all.find(|m| m.user_id == user && m.organization_id == organization);
    found.map(|m| m.id).ok_or_else(ApiError::not_found)
}

async fn leave_organization(
    State(shared): State<Shared>,
    Path((user, organization)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.agent()?;
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    let id = between(&world, user, organization)?;
    people::leave_organization(&mut world, actor, id)?;
    gone()
}

async fn organization_default(
    State(shared): State<Shared>,
    Path((user, organization)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.agent()?;
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    let id = between(&world, user, organization)?;
    people::make_organization_default(&mut world, actor, user, id)?;
    ok(json!({"organization_membership": render_one(&world, of(&world, user, id)?)}))
}

async fn create_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let wishes = people::list(What::JoinOrganization, "organization_memberships", &body.0)?;
    job(&shared, &ask, "Bulk Create Organization Membership", wishes)
}

async fn destroy_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let wishes = people::per_id(What::LeaveOrganization, &ask.ids()?, &Map::new());
    job(&shared, &ask, "Bulk Delete Organization Membership", wishes)
}
