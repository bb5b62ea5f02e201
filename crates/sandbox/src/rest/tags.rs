//! A ticket's tags: GET lists, POST replaces, PUT adds, DELETE removes.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::{Answer, Ask, Body, created, gone, ok};
use crate::tickets::{self, tags_from};
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new().route("/api/v2/tickets/{ticket_id}/tags", get(list).post(set).put(add).delete(remove))
}

async fn list(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ticket = tickets::visible(&world, ask.caller.user_id, id)?;
    ok(json!({"tags": ticket.tags}))
}

async fn set(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    let tags = change(&shared, id, &ask, &body, |tags, given| *tags = given)?;
    created(tags, &format!("{}/api/v2/tickets/{id}/tags.json", shared.base_url()))
}

async fn add(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ok(change(&shared, id, &ask, &body, |tags, given| tags.extend(given))?)
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    change(&shared, id, &ask, &body, |tags, given| tags.retain(|t| !given.contains(t)))?;
    gone()
}

/// Makes the change and answers with the tags as they are then.
fn change(
    shared: &Shared,
    id: u64,
    ask: &Ask,
    body: &Body,
    f: impl FnOnce(&mut Vec<String>, Vec<String>),
) -> Result<Value, ApiError> {
    ask.agent()?;
    let given = body
        .0
        .get("tags")
        .map(tags_from)
        .ok_or_else(|| ApiError::invalid("tags", "BlankValue", "Tags: cannot be blank"))?;
    let by = super::tickets::by(shared, ask);
    let (tags, mut done) = {
        let mut world = shared.write();
        let done = tickets::retag(&mut world, &by, id, &body.0, |tags| f(tags, given))?;
        let tags = world.tickets.get(&id).map(|r| r.ticket.tags.clone()).unwrap_or_default();
        (tags, done)
    };
    tickets::announce(shared, by.user_id, &mut done);
    Ok(json!({"tags": tags}))
}
