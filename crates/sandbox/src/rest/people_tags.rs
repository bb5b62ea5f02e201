//! Tags of users and organizations: GET lists, POST replaces, PUT adds, DELETE removes.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Body, created, ok};
use crate::model::World;
use crate::people;
use crate::tickets::tags_from;
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    let of = |owner: Owner| {
        get(move |shared, id, ask| list(owner, shared, id, ask))
            .post(move |shared, id, ask, body| set(owner, shared, id, ask, body))
            .put(move |shared, id, ask, body| add(owner, shared, id, ask, body))
            .delete(move |shared, id, ask, body| remove(owner, shared, id, ask, body))
    };
    Router::new()
        .route("/api/v2/users/{user_id}/tags", of(Owner::User))
        .route("/api/v2/organizations/{organization_id}/tags", of(Owner::Organization))
}

#[derive(Debug, Clone, Copy)]
enum Owner {
    User,
    Organization,
}

impl Owner {
    fn tags(self, world: &World, id: u64) -> Result<&[String], ApiError> {
        match self {
            Owner::User => world.users.get(&id).filter(|u| u.active).map(|u| u.tags.as_slice()),
            Owner::Organization => world.organizations.get(&id).map(|o| o.tags.as_slice()),
        }
        .ok_or_else(ApiError::not_found)
    }
}

async fn list(owner: Owner, State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    ok(json!({"tags": owner.tags(&shared.read(), id)?}))
}

async fn set(
    owner: Owner,
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    ask: Ask,
    body: Body,
) -> Answer {
    let path = match owner {
        Owner::User => "users",
        Owner::Organization => "organizations",
    };
    let out = change(owner, &shared, id, &ask, &body, |_, given| given)?;
    created(out, &format!("{}/api/v2/{path}/{id}/tags.json", shared.base_url()))
}

async fn add(
    owner: Owner,
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    ask: Ask,
    body: Body,
) -> Answer {
    ok(change(owner, &shared, id, &ask, &body, |mut tags, given| {
        tags.extend(given);
        tags
    })?)
}

async fn remove(
    owner: Owner,
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    ask: Ask,
    body: Body,
) -> Answer {
    ok(change(owner, &shared, id, &ask, &body, |mut tags, given| {
        tags.retain(|t| !given.contains(t));
        tags
    })?)
}

/// Makes the change as any other change of the record, and answers with the tags as they are then.
fn change(
    owner: Owner,
    shared: &Shared,
    id: u64,
    ask: &Ask,
    body: &Body,
    f: impl FnOnce(Vec<String>, Vec<String>) -> Vec<String>,
) -> Result<Value, ApiError> {
    let given = body
        .0
        .get("tags")
        .map(tags_from)
        .ok_or_else(|| ApiError::invalid("tags", "BlankValue", "Tags: cannot be blank"))?;
    let actor = ask.actor(shared);
    let mut world = shared.write();
    let mut tags = f(owner.tags(&world, id)?.to_vec(), given);
    tags.sort();
    tags.dedup();
    let wanted = Map::from_iter([("tags".to_owned(), json!(tags))]);
    match owner {
        Owner::User => people::save_user(&mut world, actor, Some(id), &wanted)?,
        Owner::Organization => people::save_organization(&mut world, actor, Some(id), &wanted)?,
    };
    Ok(json!({"tags": owner.tags(&world, id)?}))
}
