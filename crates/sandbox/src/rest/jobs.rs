//! Job statuses.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::render;
use super::{Answer, Ask, ok};
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/job_statuses", get(list))
        .route("/api/v2/job_statuses/show_many", get(show_many))
        .route("/api/v2/job_statuses/{job_status_id}", get(show))
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let mut jobs: Vec<_> = world.jobs.values().collect();
    jobs.sort_by_key(|j| std::cmp::Reverse(j.created_at));
    jobs.truncate(100);
    let list: Vec<Value> = jobs.into_iter().map(|j| render::job(&world, j)).collect();
    let count = list.len();
    ok(json!({"job_statuses": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn show_many(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let wanted: Vec<&str> = ask.get("ids").unwrap_or_default().split(',').map(str::trim).collect();
    if wanted.len() > 100 {
        return Err(ApiError::too_many_values(100));
    }
    let world = shared.read();
    let jobs = wanted.iter().filter_map(|id| world.jobs.get(*id));
    let list: Vec<Value> = jobs.map(|j| render::job(&world, j)).collect();
    let count = list.len();
    ok(json!({"job_statuses": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn show(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let job = world.jobs.get(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"job_status": render::job(&world, job)}))
}
