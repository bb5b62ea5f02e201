//! Users.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, ok};
use crate::error::Faults;
use crate::model::{TicketRestriction, User, World};
use crate::tickets::{id_in, tags_from, truthy};
use crate::{ApiError, Caller, Role, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/users", get(list).post(create))
        .route("/api/v2/users/me", get(me))
        .route("/api/v2/users/show_many", get(show_many))
        .route("/api/v2/users/search", get(search))
        .route("/api/v2/users/create_or_update", post(create_or_update))
        .route("/api/v2/users/{user_id}", get(show).put(update))
        .route("/api/v2/users/{user_id}/identities", get(identities))
        .route("/api/v2/groups/{group_id}/users", get(of_group))
        .route("/api/v2/organizations/{organization_id}/users", get(of_organization))
}

/// Also answers when nobody is authenticated, as Zendesk does.
async fn me(State(shared): State<Shared>, caller: Option<Caller>) -> Answer {
    let world = shared.read();
    let user = caller.as_ref().and_then(|c| world.users.get(&c.user_id));
    let Some(user) = user else {
        return ok(json!({"user": {"id": null, "name": "Anonymous user", "email": "invalid@example.com",
            "role": "end-user", "verified": false, "authenticity_token": crate::random::hex::<16>()}}));
    };
    let mut out = render::user(&world, user, Role::Admin);
    out["authenticity_token"] = json!(crate::random::hex::<16>());
    ok(json!({"user": out}))
}

/// The page of users with these ids.
fn page(world: &World, ask: &Ask, ids: &[u64]) -> Answer {
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, ids)?;
    let users = shown.iter().filter_map(|id| world.users.get(id));
    ok(listed("users", users.map(|u| render::user(world, u, ask.caller.role)).collect(), envelope))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let wanted: Vec<&str> = ask
        .query
        .iter()
        .filter(|(k, _)| matches!(k.as_str(), "role" | "role[]"))
        .map(|(_, v)| v.as_str())
        .collect();
    let world = shared.read();
    let users = world.users.values().filter(|u| u.active);
    let ids: Vec<u64> =
        users.filter(|u| wanted.is_empty() || wanted.contains(&u.role.as_str())).map(|u| u.id).collect();
    page(&world, &ask, &ids)
}

async fn of_group(State(shared): State<Shared>, Path(group): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.groups.get(&group).ok_or_else(ApiError::not_found)?;
    let ids: Vec<u64> = world.users.keys().copied().filter(|u| world.is_member(*u, group)).collect();
    page(&world, &ask, &ids)
}

async fn of_organization(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.organizations.get(&id).ok_or_else(ApiError::not_found)?;
    let ids: Vec<u64> =
        world.users.values().filter(|u| u.organization_id == Some(id)).map(|u| u.id).collect();
    page(&world, &ask, &ids)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    // A customer sees himself only.
    if ask.caller.role == Role::EndUser && ask.caller.user_id != id {
        return Err(ApiError::forbidden());
    }
    let user = world.users.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"user": render::user(&world, user, ask.caller.role)}))
}

async fn show_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids: Vec<u64> = if let Some(external) = ask.get("external_ids") {
        let wanted: Vec<&str> = external.split(',').map(str::trim).collect();
        let users = world.users.values();
        users
            .filter(|u| u.external_id.as_deref().is_some_and(|e| wanted.contains(&e)))
            .map(|u| u.id)
            .collect()
    } else {
        ask.ids()?.into_iter().filter(|id| world.users.contains_key(id)).collect()
    };
    page(&world, &ask, &ids)
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let external = ask.get("external_id");
    let query = ask.get("query").unwrap_or_default().trim().to_lowercase();
    let found = |u: &&User| match external {
        Some(external) => u.external_id.as_deref() == Some(external),
        None => matches(u, &query),
    };
    let ids: Vec<u64> = world.users.values().filter(|u| u.active).filter(found).map(|u| u.id).collect();
    page(&world, &ask, &ids)
}

/// `role:agent`, `email:x`, `external_id:x`, `tags:x`, or words that are part of name or address.
pub(super) fn matches(u: &User, query: &str) -> bool {
    let email = u.email.as_deref().unwrap_or_default().to_lowercase();
    query.split_whitespace().filter(|w| *w != "type:user").all(|word| match word.split_once(':') {
        Some(("role", role)) => u.role.as_str() == role,
        Some(("email", wanted)) => email == wanted.trim_matches('"'),
        Some(("external_id", wanted)) => u.external_id.as_deref() == Some(wanted),
        Some(("tags", wanted)) => u.tags.iter().any(|t| t == wanted),
        Some(("name", wanted)) => u.name.to_lowercase().contains(wanted.trim_matches('"')),
        _ => u.name.to_lowercase().contains(word) || email.contains(word),
    })
}

async fn identities(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let user = world.users.get(&id).ok_or_else(ApiError::not_found)?;
    let list: Vec<Value> = user
        .email
        .iter()
        .map(|email| {
            json!({"id": id + 1, "user_id": id, "type": "email", "value": email, "verified": true, "primary": true,
                "url": format!("{}/api/v2/users/{id}/identities/{}.json", world.base_url, id + 1),
                "created_at": crate::time::text(user.created_at), "updated_at": crate::time::text(user.updated_at),
                "undeliverable_count": 0, "deliverable_state": "deliverable"})
        })
        .collect();
    let count = list.len();
    ok(json!({"identities": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    save(&shared, &ask, &body, None)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    save(&shared, &ask, &body, Some(id))
}

/// By external id or address: 200 for a known user, 201 for a new one.
async fn create_or_update(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let given = body.root("user")?;
    let text = |key: &str| given.get(key).and_then(Value::as_str);
    let known = {
        let world = shared.read();
        let by_external = text("external_id")
            .and_then(|e| world.users.values().find(|u| u.external_id.as_deref() == Some(e)))
            .map(|u| u.id);
        by_external.or_else(|| text("email").and_then(|e| world.user_by_email(e)).map(|u| u.id))
    };
    save(&shared, &ask, &body, known)
}

fn save(shared: &Shared, ask: &Ask, body: &Body, id: Option<u64>) -> Answer {
    ask.agent()?;
    let given = body.root("user")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut user = match id {
        Some(id) => world.users.get(&id).ok_or_else(ApiError::not_found)?.clone(),
        None => User::new(0, String::new(), None, Role::EndUser, now),
    };
    // Agents look after customers; other agents are the administrators' business.
    let touches_staff = user.role != Role::EndUser || given.get("role").is_some_and(|r| r != "end-user");
    if touches_staff {
        ask.admin()?;
    }
    apply(&world, &mut user, given)?;
    user.updated_at = now;
    if id.is_none() {
        user.id = world.ids.next_id();
    }
    let key = user.id;
    world.users.insert(key, user);
    let user = world.users.get(&key).ok_or_else(ApiError::not_found)?;
    let out = json!({"user": render::user(&world, user, ask.caller.role)});
    if id.is_some() { ok(out) } else { created(out, &format!("{}/api/v2/users/{key}.json", world.base_url)) }
}

fn apply(world: &World, user: &mut User, given: &Map<String, Value>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    let optional = |v: &Value| v.as_str().filter(|s| !s.is_empty()).map(str::to_owned);
    for (key, value) in given {
        match key.as_str() {
            "name" => user.name = value.as_str().unwrap_or_default().trim().to_owned(),
            "email" => match value.as_str().map(str::trim) {
                Some(email) if email.contains('@') && !email.contains(' ') => {
                    if world.user_by_email(email).is_some_and(|other| other.id != user.id) {
                        let text = format!("Email: {email} is already being used by another user");
                        faults.add("email", "DuplicateValue", text);
                    }
                    user.email = Some(email.to_lowercase());
                }
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
                let fields = value.as_object().cloned().unwrap_or_default();
                user.user_fields.extend(fields.into_iter().collect::<BTreeMap<_, _>>());
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
    faults.check()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn search_words_must_all_match() {
        let user = User::new(
            1,
            "Nina Berg".to_owned(),
            Some("nina@acme.test".to_owned()),
            Role::Agent,
            Timestamp::UNIX_EPOCH,
        );
        assert!(matches(&user, "nina role:agent"));
        assert!(matches(&user, "type:user email:nina@acme.test"));
        assert!(!matches(&user, "nina role:admin"));
        assert!(!matches(&user, "nina otto"));
    }
}
