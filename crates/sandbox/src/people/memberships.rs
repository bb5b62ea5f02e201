//! Who belongs to which group and organization. Everybody who belongs to any has exactly one default.

use serde_json::{Map, Value};

use super::Actor;
use crate::model::{GroupMembership, OrganizationMembership, World};
use crate::tickets::id_in;
use crate::{ApiError, Role};

/// Adds the memberships that a user's `organization_id` implies: accounts of earlier versions have none.
pub(crate) fn complete(world: &mut World) {
    let all: Vec<_> = world.users.values().map(|u| (u.id, u.organization_id, u.created_at)).collect();
    for (user, organization, then) in all {
        if organization.is_some() {
            set_organization(world, Actor { user_id: user, now: then }, user, organization);
        }
    }
}

/// Makes an organization the user's default, joining it where needed; with none the default one is left.
pub(super) fn set_organization(world: &mut World, actor: Actor, user_id: u64, organization: Option<u64>) {
    let now = actor.now;
    match organization {
        None => {
            world.organization_memberships.retain(|_, m| m.user_id != user_id || !m.default);
            choose_organization(world, user_id);
        }
        Some(organization_id) => {
            let of_user = |m: &OrganizationMembership| m.user_id == user_id;
            let known = world
                .organization_memberships
                .values()
                .find(|m| of_user(m) && m.organization_id == organization_id)
                .map(|m| m.id);
            let id = known.unwrap_or_else(|| {
                // The organization that was named before is replaced, not added to.
                world.organization_memberships.retain(|_, m| !of_user(m) || !m.default);
                let id = world.ids.next_id();
                let membership = OrganizationMembership {
                    id,
                    user_id,
                    organization_id,
                    default: true,
                    created_at: now,
                    updated_at: now,
                };
                world.organization_memberships.insert(id, membership);
                id
            });
            for m in world.organization_memberships.values_mut().filter(|m| of_user(m)) {
                m.default = m.id == id;
            }
            if let Some(user) = world.users.get_mut(&user_id) {
                user.organization_id = Some(organization_id);
            }
        }
    }
}

/// When the default is gone the oldest of the others takes its place.
pub(super) fn choose_organization(world: &mut World, user_id: u64) {
    let mut mine = world.organization_memberships.values_mut().filter(|m| m.user_id == user_id);
    let mut default = None;
    if let Some(first) = mine.next() {
        let other = mine.find(|m| m.default).map(|m| m.organization_id);
        if other.is_none() {
            first.default = true;
        }
        default = other.or(Some(first.organization_id));
    }
    if let Some(user) = world.users.get_mut(&user_id) {
        user.organization_id = default;
    }
}

/// Adds a user to an organization; the membership's id.
pub(crate) fn join_organization(
    world: &mut World,
    actor: Actor,
    given: &Map<String, Value>,
) -> Result<u64, ApiError> {
    actor.agent(world)?;
    let user_id = given
        .get("user_id")
        .and_then(id_in)
        .filter(|id| world.users.get(id).is_some_and(|u| u.active))
        .ok_or_else(|| ApiError::invalid("user", "BlankValue", "User: cannot be blank"))?;
    let organization_id = given
        .get("organization_id")
        .and_then(id_in)
        .filter(|id| world.organizations.contains_key(id))
        .ok_or_else(|| ApiError::invalid("organization", "BlankValue", "Organization: cannot be blank"))?;
    let mine = || world.organization_memberships.values().filter(|m| m.user_id == user_id);
    if mine().any(|m| m.organization_id == organization_id) {
        return Err(ApiError::invalid("user_id", "DuplicateValue", "User: has already been taken"));
    }
    let first = mine().next().is_none();
    let wanted = given.get("default").is_some_and(crate::tickets::truthy);
    let id = world.ids.next_id();
    let membership = OrganizationMembership {
        id,
        user_id,
        organization_id,
        default: false,
        created_at: actor.now,
        updated_at: actor.now,
    };
    world.organization_memberships.insert(id, membership);
    if first || wanted {
        set_organization(world, actor, user_id, Some(organization_id));
    }
    Ok(id)
}

/// Ends a membership.
pub(crate) fn leave_organization(world: &mut World, actor: Actor, id: u64) -> Result<(), ApiError> {
    actor.agent(world)?;
    let left = world.organization_memberships.remove(&id).ok_or_else(ApiError::not_found)?;
    choose_organization(world, left.user_id);
    Ok(())
}

/// Makes a membership its user's default.
pub(crate) fn make_organization_default(
    world: &mut World,
    actor: Actor,
    user_id: u64,
    id: u64,
) -> Result<(), ApiError> {
    actor.agent(world)?;
    let membership = world.organization_memberships.get(&id).filter(|m| m.user_id == user_id);
    let organization = membership.ok_or_else(ApiError::not_found)?.organization_id;
    set_organization(world, actor, user_id, Some(organization));
    Ok(())
}

/// Adds an agent to a group; the membership's id.
pub(crate) fn join_group(
    world: &mut World,
    actor: Actor,
    given: &Map<String, Value>,
) -> Result<u64, ApiError> {
    actor.admin(world)?;
    let user_id = given
        .get("user_id")
        .and_then(id_in)
        .filter(|id| world.users.get(id).is_some_and(|u| u.active && u.role != Role::EndUser))
        .ok_or_else(|| ApiError::invalid("user", "InvalidValue", "User: must be an agent"))?;
    let group_id = given
        .get("group_id")
        .and_then(id_in)
        .filter(|id| world.groups.get(id).is_some_and(|g| !g.deleted))
        .ok_or_else(|| ApiError::invalid("group", "InvalidValue", "Group: is invalid"))?;
    if world.is_member(user_id, group_id) {
        return Err(ApiError::invalid("user_id", "DuplicateValue", "User: has already been taken"));
    }
    let first = !world.group_memberships.values().any(|m| m.user_id == user_id);
    let wanted = given.get("default").is_some_and(crate::tickets::truthy);
    let (id, now) = (world.ids.next_id(), actor.now);
    let membership =
        GroupMembership { id, user_id, group_id, default: first, created_at: now, updated_at: now };
    world.group_memberships.insert(id, membership);
    if wanted {
        make_group_default(world, actor, user_id, id)?;
    }
    Ok(id)
}

/// Ends a membership; when it was the default the oldest of the others takes its place.
pub(crate) fn leave_group(world: &mut World, actor: Actor, id: u64) -> Result<(), ApiError> {
    actor.admin(world)?;
    let left = world.group_memberships.remove(&id).ok_or_else(ApiError::not_found)?;
    if left.default
        && let Some(next) = world.group_memberships.values_mut().find(|m| m.user_id == left.user_id)
    {
        next.default = true;
    }
    Ok(())
}

/// Makes a membership its user's default.
pub(crate) fn make_group_default(
    world: &mut World,
    actor: Actor,
    user_id: u64,
    id: u64,
) -> Result<(), ApiError> {
    actor.admin(world)?;
    world.group_memberships.get(&id).filter(|m| m.user_id == user_id).ok_or_else(ApiError::not_found)?;
    for m in world.group_memberships.values_mut().filter(|m| m.user_id == user_id) {
        m.default = m.id == id;
    }
    Ok(())
}
