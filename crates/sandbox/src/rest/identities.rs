//! The addresses of a user. The primary e-mail address is the user's own `email`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use serde_json::{Value, json};

use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Identity, User, World};
use crate::people::Actor;
use crate::tickets::truthy;
use crate::{ApiError, Role, Shared, time};

const ROOT: &str = "/api/v2/users/{user_id}/identities";
/// What Zendesk knows as `type`.
const KINDS: [&str; 8] =
    ["email", "twitter", "facebook", "google", "phone_number", "agent_forwarding", "any_channel", "sdk"];

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route(ROOT, get(list).post(create))
        .route(&format!("{ROOT}/{{user_identity_id}}"), get(show).put(update).delete(remove))
        .route(&format!("{ROOT}/{{user_identity_id}}/make_primary"), put(make_primary))
        .route(&format!("{ROOT}/{{user_identity_id}}/verify"), put(verify))
}

/// The id of the primary address.
fn primary_id(user: &User) -> u64 {
    user.primary_identity.unwrap_or(user.id + 1)
}

/// All of them, the primary address first.
fn all(user: &User) -> Vec<Identity> {
    let primary = user.email.iter().map(|email| Identity {
        id: primary_id(user),
        kind: "email".to_owned(),
        value: email.clone(),
        verified: true,
        created_at: user.created_at,
        updated_at: user.updated_at,
    });
    primary.chain(user.identities.iter().cloned()).collect()
}

fn render(base: &str, user: &User, i: &Identity) -> Value {
    let mut out = json!({"id": i.id, "user_id": user.id, "type": i.kind, "value": i.value, "verified": i.verified,
        "primary": i.id == primary_id(user) && i.kind == "email",
        "url": format!("{base}/api/v2/users/{}/identities/{}.json", user.id, i.id),
        "created_at": time::text(i.created_at), "updated_at": time::text(i.updated_at)});
    if i.kind == "email" {
        out["undeliverable_count"] = json!(0);
        out["deliverable_state"] = json!("deliverable");
    }
    out
}

/// The user, when the caller may look after him: staff is the administrators' business, and everybody's own is his.
fn user_of(world: &World, actor: Actor, id: u64, write: bool) -> Result<&User, ApiError> {
    if id != actor.user_id {
        actor.agent(world)?;
    }
    let user = world.users.get(&id).filter(|u| u.active).ok_or_else(ApiError::not_found)?;
    if write && user.role != Role::EndUser {
        actor.admin(world)?;
    }
    Ok(user)
}

async fn list(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    let world = shared.read();
    let user = user_of(&world, actor, id, false)?;
    let all = all(user);
    let ids: Vec<u64> = all.iter().map(|i| i.id).collect();
    let (shown, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let list =
        all.iter().filter(|i| shown.contains(&i.id)).map(|i| render(&world.base_url, user, i)).collect();
    ok(super::render::listed("identities", list, envelope))
}

async fn show(State(shared): State<Shared>, Path((user, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    let actor = ask.actor(&shared);
    let world = shared.read();
    one(&world, user_of(&world, actor, user, false)?, id)
}

fn one(world: &World, user: &User, id: u64) -> Answer {
    let found = all(user).into_iter().find(|i| i.id == id).ok_or_else(ApiError::not_found)?;
    ok(json!({"identity": render(&world.base_url, user, &found)}))
}

/// An address that can be used, in the form in which it is kept.
fn address(world: &World, user: u64, kind: &str, value: &str) -> Result<String, ApiError> {
    let value = if kind == "email" { value.trim().to_lowercase() } else { value.trim().to_owned() };
    if value.is_empty() || (kind == "email" && (!value.contains('@') || value.contains(' '))) {
        return Err(ApiError::invalid("value", "InvalidValue", "Value:  is not properly formatted"));
    }
    if kind == "email" && world.user_by_email(&value).is_some_and(|other| other.active && other.id != user) {
        let text = format!("Value: {value} is already being used by another user");
        return Err(ApiError::invalid("value", "DuplicateValue", text));
    }
    Ok(value)
}

async fn create(State(shared): State<Shared>, Path(user_id): Path<u64>, ask: Ask, body: Body) -> Answer {
    let actor = ask.actor(&shared);
    let given = body.root("identity")?;
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = text("type");
    if !KINDS.contains(&kind) {
        return Err(ApiError::invalid("type", "InvalidValue", "Type: is invalid"));
    }
    let mut world = shared.write();
    let mut user = user_of(&world, actor, user_id, true)?.clone();
    let value = address(&world, user_id, kind, text("value"))?;
    if all(&user).iter().any(|i| i.kind == kind && i.value == value) {
        let text = format!("Value: {value} is already being used by this user");
        return Err(ApiError::invalid("value", "DuplicateValue", text));
    }
    let id = world.ids.next_id();
    let identity = Identity {
        id,
        kind: kind.to_owned(),
        value: value.clone(),
        verified: given.get("verified").is_some_and(truthy),
        created_at: actor.now,
        updated_at: actor.now,
    };
    if kind == "email" && user.email.is_none() {
        user.email = Some(value);
        user.primary_identity = Some(id);
    } else {
        user.identities.push(identity.clone());
        if kind == "email" && given.get("primary").is_some_and(truthy) {
            promote(&mut user, id)?;
        }
    }
    user.updated_at = actor.now;
    let out = json!({"identity": render(&world.base_url, &user, &identity)});
    let location = format!("{}/api/v2/users/{user_id}/identities/{id}.json", world.base_url);
    world.users.insert(user_id, user);
    created(out, &location)
}

/// Makes a further address the primary one; the one that was becomes a further address.
fn promote(user: &mut User, id: u64) -> Result<(), ApiError> {
    if id == primary_id(user) && user.email.is_some() {
        return Ok(());
    }
    let place = user.identities.iter().position(|i| i.id == id).ok_or_else(ApiError::not_found)?;
    if user.identities.get(place).is_none_or(|i| i.kind != "email") {
        return Err(ApiError::invalid("type", "InvalidValue", "Type: only an e-mail address can be primary"));
    }
    let new = user.identities.remove(place);
    let old = primary_id(user);
    if let Some(value) = user.email.replace(new.value) {
        let (created_at, updated_at) = (user.created_at, new.updated_at);
        let kind = "email".to_owned();
        user.identities.insert(0, Identity { id: old, kind, value, verified: true, created_at, updated_at });
    }
    user.primary_identity = Some(new.id);
    Ok(())
}

/// Changes a user's addresses, all or nothing.
fn change(
    shared: &Shared,
    ask: &Ask,
    user_id: u64,
    f: impl FnOnce(&World, &mut User, Actor) -> Result<(), ApiError>,
) -> Result<User, ApiError> {
    let actor = ask.actor(shared);
    let mut world = shared.write();
    let mut user = user_of(&world, actor, user_id, true)?.clone();
    f(&world, &mut user, actor)?;
    user.updated_at = actor.now;
    world.users.insert(user_id, user.clone());
    Ok(user)
}

async fn update(
    State(shared): State<Shared>,
    Path((user_id, id)): Path<(u64, u64)>,
    ask: Ask,
    body: Body,
) -> Answer {
    let given = body.root("identity")?;
    let user = change(&shared, &ask, user_id, |world, user, actor| {
        let kind = all(user).into_iter().find(|i| i.id == id).ok_or_else(ApiError::not_found)?.kind;
        let value = given.get("value").and_then(Value::as_str);
        let value = value.map(|v| address(world, user_id, &kind, v)).transpose()?;
        if id == primary_id(user) && user.email.is_some() {
            user.email = value.or(user.email.take());
        } else if let Some(i) = user.identities.iter_mut().find(|i| i.id == id) {
            i.value = value.unwrap_or_else(|| i.value.clone());
            // A verified address stays so.
            i.verified |= given.get("verified").is_some_and(truthy);
            i.updated_at = actor.now;
        }
        Ok(())
    })?;
    one(&shared.read(), &user, id)
}

async fn make_primary(
    State(shared): State<Shared>,
    Path((user_id, id)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    change(&shared, &ask, user_id, |_, user, _| promote(user, id))?;
    list(State(shared), Path(user_id), ask).await
}

async fn verify(State(shared): State<Shared>, Path((user_id, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    let user = change(&shared, &ask, user_id, |_, user, _| {
        if let Some(identity) = user.identities.iter_mut().find(|i| i.id == id) {
            identity.verified = true;
        }
        Ok(())
    })?;
    one(&shared.read(), &user, id)
}

async fn remove(State(shared): State<Shared>, Path((user_id, id)): Path<(u64, u64)>, ask: Ask) -> Answer {
    change(&shared, &ask, user_id, |_, user, _| {
        if id == primary_id(user) && user.email.is_some() {
            return Err(ApiError::invalid("base", "InvalidValue", "The primary address cannot be deleted"));
        }
        let before = user.identities.len();
        user.identities.retain(|i| i.id != id);
        if user.identities.len() < before { Ok(()) } else { Err(ApiError::not_found()) }
    })?;
    gone()
}
