//! Organizations.

use serde_json::{Map, Value};

use super::{Actor, fields, memberships};
use crate::ApiError;
use crate::error::Faults;
use crate::model::{FieldOwner, Organization, World};
use crate::tickets::{id_in, tags_from};

/// The organization that `create_or_update` means: by id, by external id, else by name.
pub(crate) fn known(world: &World, given: &Map<String, Value>) -> Option<u64> {
    let text = |key: &str| given.get(key).and_then(Value::as_str);
    if let Some(id) = given.get("id").and_then(id_in) {
        return world.organizations.contains_key(&id).then_some(id);
    }
    let all = || world.organizations.values();
    let by_external = text("external_id").and_then(|e| all().find(|o| o.external_id.as_deref() == Some(e)));
    let found = by_external
        .or_else(|| text("name").and_then(|n| all().find(|o| o.name.eq_ignore_ascii_case(n.trim()))));
    found.map(|o| o.id)
}

/// Creates (no `id`) or changes an organization; its id. Zendesk leaves that to administrators, and lets agents change
/// notes and tags only.
pub(crate) fn save(
    world: &mut World,
    actor: Actor,
    id: Option<u64>,
    given: &Map<String, Value>,
) -> Result<u64, ApiError> {
    actor.agent(world)?;
    let agents_may = |key: &String| matches!(key.as_str(), "notes" | "tags" | "id");
    if id.is_none() || !given.keys().all(agents_may) {
        actor.admin(world)?;
    }
    let mut organization = match id {
        Some(id) => world.organizations.get(&id).ok_or_else(ApiError::not_found)?.clone(),
        None => Organization {
            id: 0,
            name: String::new(),
            external_id: None,
            domain_names: Vec::new(),
            details: None,
            notes: None,
            group_id: None,
            tags: Vec::new(),
            organization_fields: std::collections::BTreeMap::new(),
            created_at: actor.now,
            updated_at: actor.now,
        },
    };
    apply(world, &mut organization, given)?;
    organization.updated_at = actor.now;
    if id.is_none() {
        organization.id = world.ids.next_id();
    }
    let id = organization.id;
    world.organizations.insert(id, organization);
    Ok(id)
}

fn apply(world: &World, o: &mut Organization, given: &Map<String, Value>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    let optional = |v: &Value| v.as_str().filter(|s| !s.is_empty()).map(str::to_owned);
    for (key, value) in given {
        match key.as_str() {
            "name" => value.as_str().unwrap_or_default().trim().clone_into(&mut o.name),
            "external_id" => o.external_id = optional(value),
            "details" => o.details = optional(value),
            "notes" => o.notes = optional(value),
            "tags" => o.tags = tags_from(value),
            "domain_names" => o.domain_names = tags_from(value),
            "group_id" => {
                o.group_id = id_in(value);
                if o.group_id.is_some_and(|id| world.groups.get(&id).is_none_or(|g| g.deleted)) {
                    faults.add("group_id", "InvalidValue", "Group: is invalid");
                }
            }
            "organization_fields" => {
                let fields = &mut o.organization_fields;
                fields::apply(world, FieldOwner::Organization, fields, value, &mut faults);
            }
            _ => {}
        }
    }
    if o.name.is_empty() {
        faults.add("name", "BlankValue", "Name: cannot be blank");
    }
    let others = || world.organizations.values().filter(|other| other.id != o.id);
    if others().any(|other| other.name.eq_ignore_ascii_case(&o.name)) {
        faults.add("name", "DuplicateValue", "Name: has already been taken");
    }
    if o.external_id.is_some() && others().any(|other| other.external_id == o.external_id) {
        faults.add("external_id", "DuplicateValue", "External: has already been taken");
    }
    faults.check()
}

/// Removes an organization, with its memberships and from its tickets.
pub(crate) fn destroy(world: &mut World, actor: Actor, id: u64) -> Result<(), ApiError> {
    actor.admin(world)?;
    world.organizations.remove(&id).ok_or_else(ApiError::not_found)?;
    let members: Vec<u64> = world
        .organization_memberships
        .values()
        .filter(|m| m.organization_id == id)
        .map(|m| m.user_id)
        .collect();
    world.organization_memberships.retain(|_, m| m.organization_id != id);
    for user in members {
        memberships::choose_organization(world, user);
    }
    for record in world.tickets.values_mut().filter(|r| r.ticket.organization_id == Some(id)) {
        std::sync::Arc::make_mut(record).ticket.organization_id = None;
    }
    Ok(())
}
