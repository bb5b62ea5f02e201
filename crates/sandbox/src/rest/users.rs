//! Users.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use serde_json::{Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, Body, created, ok};
use crate::model::{User, World};
use crate::people::{self, What};
use crate::tickets::id_in;
use crate::{ApiError, Caller, Role, Shared, jobs};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/users", get(list).post(create))
        .route("/api/v2/users/me", get(me))
        .route("/api/v2/users/show_many", get(show_many))
        .route("/api/v2/users/search", get(search))
        .route("/api/v2/users/autocomplete", get(autocomplete))
        .route("/api/v2/users/count", get(count))
        .route("/api/v2/users/create_many", post(create_many))
        .route("/api/v2/users/create_or_update", post(create_or_update))
        .route("/api/v2/users/create_or_update_many", post(create_or_update_many))
        .route("/api/v2/users/update_many", put(update_many))
        .route("/api/v2/users/destroy_many", delete(destroy_many))
        .route("/api/v2/users/{user_id}", get(show).put(update).delete(destroy))
        .route("/api/v2/users/{user_id}/merge", put(merge))
        .route("/api/v2/users/{user_id}/related", get(related))
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

/// The users whose name, or a word of it, begins with what was typed.
async fn autocomplete(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let typed = ask.get("name").unwrap_or_default().trim().to_lowercase();
    if typed.chars().count() < 2 {
        return Err(ApiError::bad_request("InvalidName", "Name must be at least 2 characters long"));
    }
    let world = shared.read();
    let begins = |u: &&User| {
        let name = u.name.to_lowercase();
        name.starts_with(&typed) || name.split_whitespace().any(|word| word.starts_with(&typed))
    };
    let ids: Vec<u64> = world.users.values().filter(|u| u.active).filter(begins).map(|u| u.id).collect();
    page(&world, &ask, &ids)
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let role = ask.get("role");
    let users = world.users.values().filter(|u| u.active && role.is_none_or(|r| u.role.as_str() == r));
    let value = users.count();
    ok(json!({"count": {"value": value, "refreshed_at": crate::time::text(shared.now())}}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    save(&shared, &ask, &body, None)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    save(&shared, &ask, &body, Some(id))
}

/// By external id or address: 200 for a known user, 201 for a new one.
async fn create_or_update(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    let known = people::known_user(&shared.read(), body.root("user")?);
    save(&shared, &ask, &body, known)
}

fn save(shared: &Shared, ask: &Ask, body: &Body, id: Option<u64>) -> Answer {
    let given = body.root("user")?;
    let actor = ask.actor(shared);
    let mut world = shared.write();
    let key = people::save_user(&mut world, actor, id, given)?;
    let user = world.users.get(&key).ok_or_else(ApiError::not_found)?;
    let out = json!({"user": render::user(&world, user, ask.caller.role)});
    if id.is_some() { ok(out) } else { created(out, &format!("{}/api/v2/users/{key}.json", world.base_url)) }
}

async fn destroy(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    people::destroy_user(&mut world, actor, id)?;
    let user = world.users.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"user": render::user(&world, user, ask.caller.role)}))
}

async fn merge(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    let given = body.root("user")?;
    let actor = ask.actor(&shared);
    let mut world = shared.write();
    let into = match (given.get("id").and_then(id_in), given.get("email").and_then(Value::as_str)) {
        (Some(id), _) => Some(id),
        (None, Some(email)) => world.user_by_email(email).map(|u| u.id),
        (None, None) => None,
    };
    let into = into.ok_or_else(ApiError::not_found)?;
    people::merge_users(&mut world, actor, id, into)?;
    let user = world.users.get(&into).ok_or_else(ApiError::not_found)?;
    ok(json!({"user": render::user(&world, user, ask.caller.role)}))
}

async fn related(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    world.users.get(&id).ok_or_else(ApiError::not_found)?;
    let count =
        |f: &dyn Fn(&crate::model::Ticket) -> bool| world.tickets.values().filter(|r| f(&r.ticket)).count();
    ok(json!({"user_related": {
        "assigned_tickets": count(&|t| t.assignee_id == Some(id)),
        "requested_tickets": count(&|t| t.requester_id == id),
        "ccd_tickets": count(&|t| t.collaborator_ids.contains(&id)),
        "organization_subscriptions": 0,
    }}))
}

async fn create_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let wishes = people::list(What::CreateUser, "users", &body.0)?;
    job(&shared, &ask, "Bulk Create User", wishes)
}

async fn create_or_update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let wishes = people::list(What::CreateOrUpdateUser, "users", &body.0)?;
    job(&shared, &ask, "Bulk Create Or Update User", wishes)
}

/// `{"user": {…}}` for all of `?ids=` (or `?external_ids=`), or `{"users": [{"id", …}]}` each for itself.
async fn update_many(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    let wishes = if body.0.contains_key("users") {
        let mut wishes = people::list(What::UpdateUser, "users", &body.0)?;
        let world = shared.read();
        for wish in wishes.iter_mut().filter(|w| w.id.is_none()) {
            wish.id = people::known_user(&world, &wish.given);
        }
        wishes
    } else {
        people::per_id(What::UpdateUser, &meant(&shared, &ask)?, body.root("user")?)
    };
    job(&shared, &ask, "Bulk Update User", wishes)
}

async fn destroy_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let wishes = people::per_id(What::DestroyUser, &meant(&shared, &ask)?, &serde_json::Map::new());
    job(&shared, &ask, "Bulk Delete User", wishes)
}

/// The users of `?ids=` or `?external_ids=`.
fn meant(shared: &Shared, ask: &Ask) -> Result<Vec<u64>, ApiError> {
    let Some(external) = ask.get("external_ids") else { return ask.ids() };
    let wanted: Vec<&str> = external.split(',').map(str::trim).collect();
    let world = shared.read();
    let named = |u: &&User| u.active && u.external_id.as_deref().is_some_and(|e| wanted.contains(&e));
    Ok(world.users.values().filter(named).map(|u| u.id).collect())
}

/// Starts the job and answers with its status.
pub(super) fn job(
    shared: &Shared,
    ask: &Ask,
    kind: &str,
    wishes: std::collections::VecDeque<people::Wish>,
) -> Answer {
    let job = jobs::start_on_people(shared, ask.caller.user_id, kind, wishes)?;
    ok(json!({"job_status": render::job(&shared.read(), &job)}))
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
