//! Users.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Actor, fields, memberships};
use crate::error::Faults;
use crate::model::{FieldOwner, Identity, Status, TicketRestriction, User, World};
use crate::tickets::{id_in, tags_from, truthy};
use crate::{ApiError, Role};

/// The user that `create_or_update` means: by id, by external id, else by address.
pub(crate) fn known(world: &World, given: &Map<String, Value>) -> Option<u64> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).filter(|s| !s.is_empty());
    let active = || world.users.values().filter(|u| u.active);
    let by_external =
        text("external_id").and_then(|e| active().find(|u| u.external_id.as_deref() == Some(e)));
    let found =
        by_external.or_else(|| text("email").and_then(|e| world.user_by_email(e)).filter(|u| u.active));
    found.map(|u| u.id)
}

/// Creates (no `id`) or changes a user; the id. Agents look after customers; other agents are the administrators' business.
pub(crate) fn save(
    world: &mut World,
    actor: Actor,
    id: Option<u64>,
    given: &Map<String, Value>,
) -> Result<u64, ApiError> {
    actor.agent(world)?;
    let now = actor.now;
    let mut user = match id {
        Some(id) => world.users.get(&id).filter(|u| u.active).ok_or_else(ApiError::not_found)?.clone(),
        None => User::new(0, String::new(), None, Role::EndUser, now),
    };
    let touches_staff = user.role != Role::EndUser || given.get("role").is_some_and(|r| r != "end-user");
    if touches_staff {
        actor.admin(world)?;
    }
    let further = apply(world, &mut user, given)?;
    user.updated_at = now;
    if let Some(value) = further {
        let id = world.ids.next_id();
        let identity = Identity {
            id,
            kind: "email".to_owned(),
            value,
            verified: false,
            created_at: now,
            updated_at: now,
        };
        user.identities.push(identity);
    }
    if id.is_none() {
        user.id = world.ids.next_id();
    }
    let (key, organization) = (user.id, user.organization_id);
    world.users.insert(key, user);
    memberships::set_organization(world, actor, key, organization);
    Ok(key)
}

/// Deletes a user, who from then on is only remembered. Refused while a ticket that he requested is not closed.
pub(crate) fn destroy(world: &mut World, actor: Actor, id: u64) -> Result<(), ApiError> {
    actor.agent(world)?;
    let user = world.users.get(&id).filter(|u| u.active).ok_or_else(ApiError::not_found)?;
    if user.role != Role::EndUser {
        actor.admin(world)?;
    }
    if id == actor.user_id {
        return Err(ApiError::forbidden());
    }
    let open = |t: &crate::model::Ticket| t.requester_id == id && t.status != Status::Closed;
    if world.tickets.values().any(|r| open(&r.ticket)) {
        let text = "User cannot be deleted: there are tickets requested by the user that are not closed";
        return Err(ApiError::invalid("base", "InvalidValue", text));
    }
    retire(world, actor, id);
    Ok(())
}

/// Takes a user out of everything that only active users have.
fn retire(world: &mut World, actor: Actor, id: u64) {
    world.group_memberships.retain(|_, m| m.user_id != id);
    world.organization_memberships.retain(|_, m| m.user_id != id);
    if let Some(user) = world.users.get_mut(&id) {
        user.active = false;
        user.organization_id = None;
        user.identities.clear();
        user.updated_at = actor.now;
    }
}

/// Merges a customer into another: tickets, addresses and tags go over, and the first is deleted.
pub(crate) fn merge(world: &mut World, actor: Actor, from: u64, into: u64) -> Result<(), ApiError> {
    actor.agent(world)?;
    let customer = |id: u64| {
        let user = world.users.get(&id).filter(|u| u.active).ok_or_else(ApiError::not_found)?;
        if user.role == Role::EndUser { Ok(user.clone()) } else { Err(ApiError::forbidden()) }
    };
    let (old, mut kept) = (customer(from)?, customer(into)?);
    if from == into {
        return Err(ApiError::invalid("user", "InvalidValue", "User: cannot be merged into itself"));
    }
    let (now, fresh) = (actor.now, world.ids.next_id());
    if let Some(email) = old.email {
        if kept.email.is_none() {
            kept.email = Some(email);
        } else {
            let id = old.primary_identity.unwrap_or(fresh);
            let kind = "email".to_owned();
            kept.identities.push(Identity {
                id,
                kind,
                value: email,
                verified: true,
                created_at: now,
                updated_at: now,
            });
        }
    }
    kept.identities.extend(old.identities);
    kept.tags.extend(old.tags);
    kept.tags.sort();
    kept.tags.dedup();
    kept.external_id = kept.external_id.or(old.external_id);
    kept.phone = kept.phone.or(old.phone);
    kept.updated_at = now;
    retire(world, actor, from);
    world.users.insert(into, kept);
    let swap = |id: &mut u64| {
        if *id == from {
            *id = into;
        }
    };
    let concerns = |t: &crate::model::Ticket| {
        t.requester_id == from || t.submitter_id == from || t.collaborator_ids.contains(&from)
    };
    for record in world.tickets.values_mut().filter(|r| concerns(&r.ticket)) {
        let ticket = &mut Arc::make_mut(record).ticket;
        swap(&mut ticket.requester_id);
        swap(&mut ticket.submitter_id);
        ticket.collaborator_ids.iter_mut().for_each(swap);
    }
    Ok(())
}

/// Takes over what is given; an address that is to be added to the one the user has.
fn apply(world: &World, user: &mut User, given: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let mut faults = Faults::default();
    let mut further = None;
    let optional = |v: &Value| v.as_str().filter(|s| !s.is_empty()).map(str::to_owned);
    for (key, value) in given {
        match key.as_str() {
            "name" => user.name = value.as_str().unwrap_or_default().trim().to_owned(),
            "email" => match value.as_str().map(str::trim) {
                Some(email) if email.contains('@') && !email.contains(' ') => {
                    if world.user_by_email(email).is_some_and(|other| other.active && other.id != user.id) {
                        let text = format!("Email: {email} is already being used by another user");
                        faults.add("email", "DuplicateValue", text);
                    }
                    // A new address does not replace the old one: it is added to it.
                    let email = email.to_lowercase();
                    if user.email.is_none() {
                        user.email = Some(email);
                    } else if !user.has_email(&email) {
                        further = Some(email);
                    }
                }
                _ if value.is_null() && user.email.is_none() => {}
                _ => faults.add("email", "InvalidValue", "Email:  is not properly formatted"),
            },
            "role" => match value.as_str() {
                Some("end-user") => user.role = Role::EndUser,
                Some("agent") => user.role = Role::Agent,
                Some("admin") => user.role = Role::Admin,
                _ => faults.add("role", "InvalidValue", "Role: is invalid"),
            },
            "ticket_restriction" => {
                user.ticket_restriction = match value.as_str() {
                    Some("organization") => Some(TicketRestriction::Organization),
                    Some("groups") => Some(TicketRestriction::Groups),
                    Some("assigned") => Some(TicketRestriction::Assigned),
                    Some("requested") => Some(TicketRestriction::Requested),
                    _ => None,
                };
            }
            "organization_id" => {
                user.organization_id = id_in(value);
                if user.organization_id.is_some_and(|id| !world.organizations.contains_key(&id)) {
                    faults.add("organization_id", "InvalidValue", "Organization: is invalid");
                }
            }
            "external_id" => user.external_id = optional(value),
            "alias" => user.alias = optional(value),
            "details" => user.details = optional(value),
            "notes" => user.notes = optional(value),
            "phone" => user.phone = optional(value),
            "signature" => user.signature = optional(value),
            "tags" => user.tags = tags_from(value),
            "locale" => user.locale = optional(value).unwrap_or_else(|| "en-US".to_owned()),
            "suspended" => user.suspended = truthy(value),
            "user_fields" => {
                fields::apply(world, FieldOwner::User, &mut user.user_fields, value, &mut faults);
            }
            _ => {}
        }
    }
    if user.name.is_empty() {
        faults.add("name", "BlankValue", "Name: is too short (minimum one character)");
    }
    // What was an agent and is one no more loses what only agents have, and the other way round.
    if user.role == Role::EndUser {
        user.ticket_restriction = Some(TicketRestriction::Requested);
        user.light_agent = false;
    } else if user.role == Role::Admin {
        user.ticket_restriction = None;
        user.light_agent = false;
    } else if !given.contains_key("ticket_restriction") && given.contains_key("role") {
        user.ticket_restriction = None;
    }
    faults.check()?;
    Ok(further)
}
