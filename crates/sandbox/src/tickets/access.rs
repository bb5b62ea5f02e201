//! Which tickets a user may see, and what he may do with them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{Ticket, TicketRestriction, User, World};
use crate::{ApiError, Role};

/// Which tickets a user may see; looked up once and then asked for every ticket of a list.
#[derive(Debug)]
pub(crate) enum Sight {
    All,
    Groups { user_id: u64, groups: BTreeSet<u64> },
    Organization { user_id: u64, organization: Option<u64> },
    Assigned { user_id: u64 },
    Requested { user_id: u64 },
}

impl Sight {
    pub(crate) fn of(world: &World, user: &User) -> Sight {
        let user_id = user.id;
        match (user.role, user.ticket_restriction) {
            (Role::EndUser, _) | (Role::Agent, Some(TicketRestriction::Requested)) => {
                Sight::Requested { user_id }
            }
            (Role::Admin, _) | (Role::Agent, None) => Sight::All,
            (Role::Agent, Some(TicketRestriction::Groups)) => {
                Sight::Groups { user_id, groups: world.groups_of(user_id).map(|g| g.id).collect() }
            }
            (Role::Agent, Some(TicketRestriction::Organization)) => {
                Sight::Organization { user_id, organization: user.organization_id }
            }
            (Role::Agent, Some(TicketRestriction::Assigned)) => Sight::Assigned { user_id },
        }
    }

    /// Whether the ticket is among them. Whoever requested a ticket or is copied on it sees it in any case.
    pub(crate) fn covers(&self, ticket: &Ticket) -> bool {
        let involved = |id: &u64| ticket.requester_id == *id || ticket.collaborator_ids.contains(id);
        match self {
            Sight::All => true,
            Sight::Groups { user_id, groups } => {
                ticket.group_id.is_some_and(|g| groups.contains(&g))
                    || ticket.assignee_id == Some(*user_id)
                    || involved(user_id)
            }
            Sight::Organization { user_id, organization } => {
                (organization.is_some() && ticket.organization_id == *organization) || involved(user_id)
            }
            Sight::Assigned { user_id } => ticket.assignee_id == Some(*user_id) || involved(user_id),
            Sight::Requested { user_id } => involved(user_id),
        }
    }
}

/// The sight of a caller.
pub(crate) fn sight(world: &World, user_id: u64) -> Result<Sight, ApiError> {
    world.users.get(&user_id).map(|u| Sight::of(world, u)).ok_or_else(ApiError::unauthenticated)
}

/// Agents with a full seat.
pub(crate) fn may_create(world: &World, user_id: u64) -> Result<(), ApiError> {
    may_edit_properties(world, user_id)
}

/// Agents with a full seat change properties; light agents may only comment.
pub(crate) fn may_update(world: &World, user_id: u64, body: &Map<String, Value>) -> Result<(), ApiError> {
    const WITHOUT_EFFECT: [&str; 4] = ["comment", "safe_update", "updated_stamp", "metadata"];
    let user = world.users.get(&user_id).ok_or_else(ApiError::unauthenticated)?;
    if user.role == Role::EndUser {
        return Err(ApiError::forbidden());
    }
    if user.light_agent && body.keys().any(|k| !WITHOUT_EFFECT.contains(&k.as_str())) {
        return Err(ApiError::forbidden());
    }
    Ok(())
}

/// Agents with a full seat.
pub(crate) fn may_edit_properties(world: &World, user_id: u64) -> Result<(), ApiError> {
    let user = world.users.get(&user_id).ok_or_else(ApiError::unauthenticated)?;
    if user.role == Role::EndUser || user.light_agent { Err(ApiError::forbidden()) } else { Ok(()) }
}
