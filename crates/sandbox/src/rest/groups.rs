//! Groups and memberships.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use serde_json::{Value, json};

use super::render::{self, listed};
use super::users::job;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Group, GroupMembership, World};
use crate::people::{self, What};
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/groups", get(list).post(create))
        .route("/api/v2/groups/assignable", get(list))
        .route("/api/v2/groups/count", get(count))
        .route("/api/v2/groups/{group_id}", get(show).put(update).delete(remove))
        .route("/api/v2/groups/{group_id}/memberships", get(memberships_of_group))
        .route("/api/v2/users/{user_id}/groups", get(groups_of_user))
        .route("/api/v2/users/{user_id}/group_memberships", get(memberships_of_user))
        .route("/api/v2/users/{user_id}/group_memberships/{group_membership_id}", get(membership_of_user))
        .route(
            "/api/v2/users/{user_id}/group_memberships/{group_membership_id}/make_default",
            put(make_default),
        )
        .route("/api/v2/group_memberships", get(memberships).post(join))
        .route("/api/v2/group_memberships/assignable", get(assignable))
        .route("/api/v2/group_memberships/create_many", post(create_many))
        .route("/api/v2/group_memberships/destroy_many", delete(destroy_many))
        .route("/api/v2/group_memberships/{group_membership_id}", get(membership).delete(leave))
}

fn page(world: &World, ask: &Ask, ids: &[u64]) -> Answer {
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, ids)?;
    let groups = shown.iter().filter_map(|id| world.groups.get(id));
    ok(listed("groups", groups.map(|g| render::group(world, g)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids: Vec<u64> = world.groups.values().filter(|g| !g.deleted).map(|g| g.id).collect();
    page(&world, &ask, &ids)
}

async fn groups_of_user(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.users.get(&user).ok_or_else(ApiError::not_found)?;
    let ids: Vec<u64> = world.groups_of(user).map(|g| g.id).collect();
    page(&world, &ask, &ids)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let group = world.groups.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"group": render::group(&world, group)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("group")?;
    let name = given.get("name").and_then(Value::as_str).unwrap_or_default().trim();
    if name.is_empty() {
        return Err(ApiError::invalid("name", "BlankValue", "Name: cannot be blank"));
    }
    let now = shared.now();
    let mut world = shared.write();
    if world.groups.values().any(|g| !g.deleted && g.name == name) {
        return Err(ApiError::invalid("name", "DuplicateValue", format!("Name: {name} is already taken")));
    }
    let group = Group {
        id: world.ids.next_id(),
        name: name.to_owned(),
        description: given.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        default: false,
        is_public: given.get("is_public").is_none_or(crate::tickets::truthy),
        deleted: false,
        created_at: now,
        updated_at: now,
    };
    let out = render::group(&world, &group);
    let location = format!("{}/api/v2/groups/{}.json", world.base_url, group.id);
    world.groups.insert(group.id, group);
    created(json!({"group": out}), &location)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("group")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut group = world.groups.get(&id).filter(|g| !g.deleted).ok_or_else(ApiError::not_found)?.clone();
    if let Some(name) = given.get("name") {
        name.as_str().unwrap_or_default().trim().clone_into(&mut group.name);
    }
    if group.name.is_empty() {
        return Err(ApiError::invalid("name", "BlankValue", "Name: cannot be blank"));
    }
    if world.groups.values().any(|g| !g.deleted && g.id != id && g.name == group.name) {
        let text = format!("Name: {} is already taken", group.name);
        return Err(ApiError::invalid("name", "DuplicateValue", text));
    }
    if let Some(text) = given.get("description").and_then(Value::as_str) {
        text.clone_into(&mut group.description);
    }
    if let Some(public) = given.get("is_public") {
        group.is_public = crate::tickets::truthy(public);
    }
    group.updated_at = now;
    let out = render::group(&world, &group);
    world.groups.insert(id, group);
    ok(json!({"group": out}))
}

/// A deleted group is remembered, for tickets of old; the default group cannot be deleted.
async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    let now = shared.now();
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    let group = world.groups.get_mut(&id).filter(|g| !g.deleted).ok_or_else(ApiError::not_found)?;
    if group.default {
        let text = "Group: the default group cannot be deleted";
        return Err(ApiError::invalid("base", "InvalidValue", text));
    }
    group.deleted = true;
    group.updated_at = now;
    let memberships: Vec<u64> =
        world.group_memberships.values().filter(|m| m.group_id == id).map(|m| m.id).collect();
    for membership in memberships {
        people::leave_group(&mut world, actor, membership)?;
    }
    gone()
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let value = shared.read().groups.values().filter(|g| !g.deleted).count();
    ok(json!({"count": {"value": value, "refreshed_at": crate::time::text(shared.now())}}))
}

fn page_of_memberships(world: &World, ask: &Ask, wanted: impl Fn(&GroupMembership) -> bool) -> Answer {
    let ids: Vec<u64> = world.group_memberships.values().filter(|m| wanted(m)).map(|m| m.id).collect();
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found: Vec<&GroupMembership> =
        shown.iter().filter_map(|id| world.group_memberships.get(id)).collect();
    if ask.includes("users") {
        let users = found.iter().filter_map(|m| world.users.get(&m.user_id));
        envelope.insert("users".to_owned(), users.map(|u| render::user(world, u, ask.caller.role)).collect());
    }
    if ask.includes("groups") {
        let groups = found.iter().filter_map(|m| world.groups.get(&m.group_id));
        envelope.insert("groups".to_owned(), groups.map(|g| render::group(world, g)).collect());
    }
    ok(listed("group_memberships", found.iter().map(|m| render::membership(world, m)).collect(), envelope))
}

async fn memberships(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    page_of_memberships(&shared.read(), &ask, |_| true)
}

async fn memberships_of_user(State(shared): State<Shared>, Path(user): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.users.get(&user).ok_or_else(ApiError::not_found)?;
    page_of_memberships(&world, &ask, |m| m.user_id == user)
}

async fn memberships_of_group(State(shared): State<Shared>, Path(group): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.groups.get(&group).ok_or_else(ApiError::not_found)?;
    page_of_memberships(&world, &ask, |m| m.group_id == group)
}

async fn membership(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let membership = world.group_memberships.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"group_membership": render::membership(&world, membership)}))
}

/// Memberships of those to whom tickets can be assigned: not of light agents, nor of the suspended.
async fn assignable(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let may = |u: &crate::model::User| u.active && !u.suspended && !u.light_agent;
    page_of_memberships(&world, &ask, |m| world.users.get(&m.user_id).is_some_and(may))
}

async fn membership_of_user(
    State(shared): State<Shared>,
    Path((user, id)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let found = world.group_memberships.get(&id).filter(|m| m.user_id == user);
    ok(json!({"group_membership": render::membership(&world, found.ok_or_else(ApiError::not_found)?)}))
}

async fn make_default(State(shared): State<Shared>, Path((user, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    people::make_group_default(&mut world, actor, user, id)?;
    page_of_memberships(&world, &ask, |m| m.user_id == user)
}

async fn join(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let given = body.root("group_membership")?;
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    let id = people::join_group(&mut world, actor, given)?;
    let membership = world.group_memberships.get(&id).ok_or_else(ApiError::not_found)?;
    let out = json!({"group_membership": render::membership(&world, membership)});
    created(out, &format!("{}/api/v2/group_memberships/{id}.json", world.base_url))
}

async fn leave(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    people::leave_group(&mut shared.write(), actor, id)?;
    gone()
}

async fn create_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let wishes = people::list(What::JoinGroup, "group_memberships", &body.0)?;
    job(&shared, &ask, "Bulk Create Membership", wishes)
}

async fn destroy_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.admin()?;
    let wishes = people::per_id(What::LeaveGroup, &ask.ids()?, &serde_json::Map::new());
    job(&shared, &ask, "Bulk Delete Membership", wishes)
}
