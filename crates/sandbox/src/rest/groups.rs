//! Groups and memberships.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Group, GroupMembership, World};
use crate::tickets::id_in;
use crate::{ApiError, Role, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/groups", get(list).post(create))
        .route("/api/v2/groups/assignable", get(list))
        .route("/api/v2/groups/{group_id}", get(show))
        .route("/api/v2/groups/{group_id}/memberships", get(memberships_of_group))
        .route("/api/v2/users/{user_id}/groups", get(groups_of_user))
        .route("/api/v2/users/{user_id}/group_memberships", get(memberships_of_user))
        .route("/api/v2/group_memberships", get(memberships).post(join))
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
    if world.groups.values().any(|g| g.name == name) {
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

async fn join(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("group_membership")?;
    let now = shared.now();
    let mut world = shared.write();
    let user_id = given
        .get("user_id")
        .and_then(id_in)
        .filter(|id| world.users.get(id).is_some_and(|u| u.role != Role::EndUser))
        .ok_or_else(|| ApiError::invalid("user", "InvalidValue", "User: must be an agent"))?;
    let group_id = given
        .get("group_id")
        .and_then(id_in)
        .filter(|id| world.groups.contains_key(id))
        .ok_or_else(|| ApiError::invalid("group", "InvalidValue", "Group: is invalid"))?;
    if world.is_member(user_id, group_id) {
        return Err(ApiError::invalid("user_id", "DuplicateValue", "User: has already been taken"));
    }
    let default = !world.group_memberships.values().any(|m| m.user_id == user_id);
    let id = world.ids.next_id();
    let membership = GroupMembership { id, user_id, group_id, default, created_at: now, updated_at: now };
    let out = render::membership(&world, &membership);
    world.group_memberships.insert(id, membership);
    created(
        json!({"group_membership": out}),
        &format!("{}/api/v2/group_memberships/{id}.json", world.base_url),
    )
}

async fn leave(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    shared.write().group_memberships.remove(&id).ok_or_else(ApiError::not_found)?;
    gone()
}
