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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::Settings;

    /// Ids of the tickets that an agent with this restriction sees.
    fn seen(world: &World, agent: &str, restriction: Option<TicketRestriction>) -> BTreeSet<u64> {
        let mut user = world.user_by_email(agent).expect("in the seed").clone();
        user.ticket_restriction = restriction;
        user.organization_id = world.organizations.keys().next().copied();
        let sight = Sight::of(world, &user);
        world.tickets.values().filter(|r| sight.covers(&r.ticket)).map(|r| r.ticket.id).collect()
    }

    fn those(world: &World, wanted: impl Fn(&Ticket) -> bool) -> BTreeSet<u64> {
        world.tickets.values().filter(|r| wanted(&r.ticket)).map(|r| r.ticket.id).collect()
    }

    #[test]
    fn every_restriction_shows_its_own_tickets_and_no_other() {
        let world = crate::seed::world(Timestamp::UNIX_EPOCH, 40, Settings::default());
        let jonas = world.user_by_email("jonas@acme.test").expect("in the seed").id;
        let groups: Vec<u64> = world.groups_of(jonas).map(|g| g.id).collect();
        let organization = world.organizations.keys().next().copied();
        let see = |r| seen(&world, "jonas@acme.test", r);
        assert_eq!(see(None).len(), 40);
        let expected = those(&world, |t| t.group_id.is_some_and(|g| groups.contains(&g)));
        assert_eq!(see(Some(TicketRestriction::Groups)), expected);
        let expected = those(&world, |t| t.organization_id == organization);
        assert_eq!(see(Some(TicketRestriction::Organization)), expected);
        let expected = those(&world, |t| t.assignee_id == Some(jonas));
        assert_eq!(see(Some(TicketRestriction::Assigned)), expected);
        assert_eq!(see(Some(TicketRestriction::Requested)), BTreeSet::new());
        for set in [TicketRestriction::Groups, TicketRestriction::Organization, TicketRestriction::Assigned] {
            let count = see(Some(set)).len();
            assert!(count > 0 && count < 40, "{set:?} shows {count}");
        }
    }
}
