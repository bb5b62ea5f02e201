//! Satisfaction ratings: the requester of a solved ticket says how it went.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::render::listed;
use super::{Answer, Ask, Body, ok};
use crate::model::{SatisfactionRating, Status, World};
use crate::tickets::id_in;
use crate::{ApiError, Role, Shared, time};

/// Zendesk's reasons for a bad rating: code and words.
const REASONS: [(u64, &str); 6] = [
    (0, "No reason provided"),
    (5, "The issue took too long to resolve"),
    (6, "The issue was not resolved"),
    (7, "The agent's knowledge is unsatisfactory"),
    (8, "The agent's attitude is unsatisfactory"),
    (100, "Some other reason"),
];

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/satisfaction_ratings", get(list))
        .route("/api/v2/satisfaction_ratings/count", get(count))
        .route("/api/v2/satisfaction_ratings/{satisfaction_rating_id}", get(show))
        .route("/api/v2/satisfaction_reasons", get(reasons))
        .route("/api/v2/satisfaction_reasons/{satisfaction_reason_id}", get(reason))
        .route("/api/v2/tickets/{ticket_id}/satisfaction_rating", post(rate))
}

fn words(code: u64) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

fn shown(world: &World, r: &SatisfactionRating) -> Value {
    json!({
        "url": format!("{}/api/v2/satisfaction_ratings/{}.json", world.base_url, r.id),
        "id": r.id,
        "assignee_id": r.assignee_id,
        "group_id": r.group_id,
        "requester_id": r.requester_id,
        "ticket_id": r.ticket_id,
        "score": r.score,
        "comment": r.comment,
        "reason": words(r.reason_code),
        "reason_code": r.reason_code,
        "reason_id": r.reason_code,
        "created_at": time::text(r.created_at),
        "updated_at": time::text(r.updated_at),
    })
}

/// The ids of the ratings asked for: by score, with or without a comment, and by time.
fn chosen(world: &World, ask: &Ask) -> Vec<u64> {
    let second = |key: &str| ask.get(key).and_then(|s| s.parse::<i64>().ok());
    let (from, to) = (second("start_time"), second("end_time"));
    let fits = |r: &&SatisfactionRating| {
        let scored = match ask.get("score") {
            None => true,
            Some("received") => r.score != "offered",
            Some("received_with_comment") => r.score != "offered" && r.comment.is_some(),
            Some("received_without_comment") => r.score != "offered" && r.comment.is_none(),
            Some(score) => {
                match (score.strip_suffix("_with_comment"), score.strip_suffix("_without_comment")) {
                    (Some(score), _) => r.score == score && r.comment.is_some(),
                    (_, Some(score)) => r.score == score && r.comment.is_none(),
                    _ => r.score == score,
                }
            }
        };
        let at = r.created_at.as_second();
        scored && from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to)
    };
    world.satisfaction_ratings.values().filter(fits).map(|r| r.id).collect()
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let ids = chosen(&world, &ask);
    let (on_page, envelope) = ask.paging()?.cut(&world.base_url, &ids)?;
    let found = on_page.iter().filter_map(|id| world.satisfaction_ratings.get(id));
    ok(listed("satisfaction_ratings", found.map(|r| shown(&world, r)).collect(), envelope))
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let value = chosen(&shared.read(), &ask).len();
    ok(json!({"count": {"value": value, "refreshed_at": time::text(shared.now())}}))
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let found = world.satisfaction_ratings.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"satisfaction_rating": shown(&world, found)}))
}

fn shown_reason(world: &World, code: u64, words: &str) -> Value {
    let made = time::text(jiff::Timestamp::UNIX_EPOCH);
    json!({"url": format!("{}/api/v2/satisfaction_reasons/{code}.json", world.base_url), "id": code,
        "reason_code": code, "value": words, "raw_value": words, "created_at": made, "updated_at": made,
        "deleted_at": null})
}

async fn reasons(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let list: Vec<Value> = REASONS.iter().map(|(code, words)| shown_reason(&world, *code, words)).collect();
    let count = list.len();
    ok(json!({"reasons": list, "count": count, "next_page": null, "previous_page": null}))
}

async fn reason(State(shared): State<Shared>, Path(code): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let words = words(code).ok_or_else(ApiError::not_found)?;
    ok(json!({"reason": shown_reason(&shared.read(), code, words)}))
}

async fn rate(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    let given = body.root("satisfaction_rating")?;
    let now = shared.now();
    let mut world = shared.write();
    let ticket = world.tickets.get(&id).ok_or_else(ApiError::not_found)?.ticket.clone();
    // Only the requester, and only as a customer, of a ticket that somebody solved.
    if ask.caller.role != Role::EndUser || ticket.requester_id != ask.caller.user_id {
        return Err(ApiError::forbidden());
    }
    if ticket.status < Status::Solved || ticket.assignee_id.is_none() {
        return Err(ApiError::invalid(
            "base",
            "InvalidValue",
            "Satisfaction rating: the ticket is not solved",
        ));
    }
    let score = given.get("score").and_then(Value::as_str).unwrap_or_default();
    if !matches!(score, "good" | "bad") {
        return Err(ApiError::invalid("score", "InvalidValue", "Score: must be good or bad"));
    }
    let reason_code =
        given.get("reason_code").or_else(|| given.get("reason_id")).and_then(id_in).unwrap_or(0);
    if words(reason_code).is_none() {
        return Err(ApiError::invalid("reason_code", "InvalidValue", "Reason: is invalid"));
    }
    // A second rating replaces the first.
    let before = ticket.satisfaction_rating_id.and_then(|id| world.satisfaction_ratings.get(&id));
    let (rating_id, created_at) = match before {
        Some(before) => (before.id, before.created_at),
        None => (world.ids.next_id(), now),
    };
    let comment = given.get("comment").and_then(Value::as_str).filter(|c| !c.trim().is_empty());
    let rating = SatisfactionRating {
        id: rating_id,
        ticket_id: id,
        assignee_id: ticket.assignee_id,
        group_id: ticket.group_id,
        requester_id: ticket.requester_id,
        score: score.to_owned(),
        comment: comment.map(str::to_owned),
        reason_code,
        created_at,
        updated_at: now,
    };
    let out = shown(&world, &rating);
    world.satisfaction_ratings.insert(rating_id, rating);
    if let Some(record) = world.tickets.get_mut(&id) {
        let ticket = &mut Arc::make_mut(record).ticket;
        ticket.satisfaction_rating_id = Some(rating_id);
        ticket.updated_at = now;
    }
    ok(json!({"satisfaction_rating": out}))
}
