//! Bulk work that is done after the answer.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::model::{Job, JobState, Via, Work, World};
use crate::people::{self, Wish};
use crate::tickets::{self, By, Form, lifecycle};
use crate::{ApiError, Shared, random, time};

/// Jobs of one account that may be in flight.
const IN_FLIGHT: usize = 30;

/// Finished jobs that are kept to be asked about.
const KEPT: usize = 1_000;

/// Writes a job down and starts it; it works after the delay in the settings.
///
/// # Errors
/// 429 when too many are in flight.
pub(crate) fn start(
    shared: &Shared,
    user_id: u64,
    work: Work,
    todo: Vec<(u64, Arc<Value>)>,
) -> Result<Job, ApiError> {
    begin(shared, user_id, name(work), work, todo, VecDeque::new())
}

/// The same for work on users, organizations and memberships. `job_type` is Zendesk's name of it.
///
/// # Errors
/// 429 when too many are in flight.
pub(crate) fn start_on_people(
    shared: &Shared,
    user_id: u64,
    job_type: &str,
    people: VecDeque<Wish>,
) -> Result<Job, ApiError> {
    begin(shared, user_id, job_type, Work::Update, Vec::new(), people)
}

fn begin(
    shared: &Shared,
    user_id: u64,
    job_type: &str,
    work: Work,
    todo: Vec<(u64, Arc<Value>)>,
    people: VecDeque<Wish>,
) -> Result<Job, ApiError> {
    let now = shared.now();
    let mut world = shared.write();
    let open: Vec<&String> = world
        .jobs
        .values()
        .filter(|j| matches!(j.status, JobState::Queued | JobState::Working))
        .map(|j| &j.id)
        .collect();
    if open.len() >= IN_FLIGHT {
        let body = json!({"error": "TooManyJobs", "current_job_ids": open, "description": format!(
            "You have too many jobs queued or running. You may only have {IN_FLIGHT} jobs queued or running at a time.")});
        return Err(ApiError::new(http::StatusCode::TOO_MANY_REQUESTS, body).retry_after(10));
    }
    forget_old(&mut world);
    let job = Job {
        id: format!("V3-{}", random::hex::<16>()),
        status: JobState::Queued,
        job_type: job_type.to_owned(),
        total: todo.len() + people.len(),
        progress: None,
        message: None,
        results: Vec::new(),
        created_at: now,
        user_id,
        work,
        todo,
        people,
    };
    world.jobs.insert(job.id.clone(), job.clone());
    drop(world);
    let worker = shared.clone();
    let id = job.id.clone();
    shared.spawn(async move { run(&worker, &id).await });
    Ok(job)
}

/// Goes on with the jobs that were not done when the sandbox stopped.
pub(crate) fn resume(shared: &Shared) {
    let open: Vec<String> = shared
        .read()
        .jobs
        .values()
        .filter(|j| matches!(j.status, JobState::Queued | JobState::Working))
        .map(|j| j.id.clone())
        .collect();
    for id in open {
        let worker = shared.clone();
        shared.spawn(async move { run(&worker, &id).await });
    }
}

fn name(work: Work) -> &'static str {
    match work {
        Work::Update => "Bulk Update Ticket",
        Work::Create => "Bulk Create Ticket",
        Work::Import => "Bulk Import Ticket",
        Work::Delete => "Bulk Delete Ticket",
        Work::DeleteForever => "Bulk Permanently Delete Ticket",
        Work::Spam => "Bulk Mark Ticket As Spam",
        Work::Merge => "Merge Ticket",
    }
}

/// How results name what was done: action and status.
fn words(work: Work) -> (&'static str, &'static str) {
    match work {
        Work::Update => ("update", "Updated"),
        Work::Create | Work::Import => ("create", "Created"),
        Work::Delete | Work::DeleteForever => ("delete", "Deleted"),
        Work::Spam => ("mark_as_spam", "Marked as spam"),
        Work::Merge => ("merge", "Merged"),
    }
}

fn forget_old(world: &mut World) {
    if world.jobs.len() < KEPT {
        return;
    }
    let done = world.jobs.values().filter(|j| !matches!(j.status, JobState::Queued | JobState::Working));
    if let Some(id) = done.min_by_key(|j| j.created_at).map(|j| j.id.clone()) {
        world.jobs.remove(&id);
    }
}

async fn run(shared: &Shared, id: &str) {
    let due = {
        let world = shared.read();
        let delay =
            SignedDuration::from_millis(i64::try_from(world.settings.job_delay_ms).unwrap_or(i64::MAX));
        world.jobs.get(id).and_then(|j| j.created_at.checked_add(delay).ok())
    };
    let Some(due) = due else { return };
    shared.clock().sleep_until(due).await;
    with_job(shared, id, |job| job.status = JobState::Working);
    while step(shared, id) {
        // Others get their turn between two tickets.
        tokio::task::yield_now().await;
    }
    let now = shared.now();
    with_job(shared, id, |job| {
        job.status = JobState::Completed;
        job.message = Some(format!("Completed at {}", time::in_message(now)));
    });
}

/// Changes one ticket or person; false when none is left.
fn step(shared: &Shared, id: &str) -> bool {
    let now = shared.now();
    let (by, outcome) = {
        let mut world = shared.write();
        let Some(job) = world.jobs.get_mut(id) else { return false };
        if let Some(wish) = job.people.pop_front() {
            let (user_id, index) = (job.user_id, job.results.len());
            let result = match people::grant(&mut world, user_id, now, &wish) {
                Ok(done) => done.result(index, world.account.id),
                Err(error) => wish.failure(index, &error),
            };
            if let Some(job) = world.jobs.get_mut(id) {
                job.results.push(result);
                job.progress = Some(job.results.len());
            }
            return true;
        }
        if job.todo.is_empty() {
            return false;
        }
        let (ticket, body) = job.todo.remove(0);
        let by = By { user_id: job.user_id, now, via: Via::Api };
        let empty = Map::new();
        let work = job.work;
        let (index, body) = (job.results.len(), body.as_object().unwrap_or(&empty));
        let done = match work {
            Work::Update => tickets::update(&mut world, &by, ticket, body, Form::Bulk),
            Work::Create => tickets::create(&mut world, &by, body),
            Work::Import => lifecycle::import(&mut world, &by, body),
            Work::Delete => lifecycle::delete(&mut world, &by, ticket),
            Work::DeleteForever => lifecycle::delete_forever(&mut world, &by, ticket),
            Work::Spam => lifecycle::spam(&mut world, &by, ticket),
            Work::Merge => lifecycle::merge(&mut world, &by, ticket, body),
        };
        let (action, status) = words(work);
        let result = match &done {
            Ok(done) if matches!(work, Work::Create | Work::Import) => {
                json!({"index": index, "id": done.id, "account_id": world.account.id})
            }
            Ok(_) => json!({"id": ticket, "action": action, "success": true, "status": status}),
            Err(error) => failure(index, ticket, action, error),
        };
        if let Some(job) = world.jobs.get_mut(id) {
            job.results.push(result);
            job.progress = Some(job.results.len());
        }
        (by, done)
    };
    if let Ok(mut done) = outcome {
        tickets::announce(shared, by.user_id, &mut done);
    }
    true
}

fn with_job(shared: &Shared, id: &str, f: impl FnOnce(&mut Job)) {
    if let Some(job) = shared.write().jobs.get_mut(id) {
        f(job);
    }
}

/// A failed ticket in a job's results.
fn failure(index: usize, ticket: u64, action: &str, error: &ApiError) -> Value {
    let kind = match error.status().as_u16() {
        403 => "PermissionDenied".to_owned(),
        404 => "TicketNotFound".to_owned(),
        409 => "UpdateConflict".to_owned(),
        _ if action == "create" => "TicketCreateFailed".to_owned(),
        _ => "TicketUpdateFailed".to_owned(),
    };
    let details = details(error).unwrap_or_else(|| kind.clone());
    let mut out = json!({"id": ticket, "action": action, "success": false, "status": "Failed", "error": kind,
        "details": details});
    if action == "create" {
        out["index"] = json!(index);
    }
    out
}

/// What a refusal says, in one line.
pub(crate) fn details(error: &ApiError) -> Option<String> {
    let body = error.body();
    let faults = body.get("details").and_then(Value::as_object).map(|fields| {
        let faults = fields.values().filter_map(Value::as_array).flatten();
        faults.filter_map(|f| f["description"].as_str()).collect::<Vec<_>>().join(", ")
    });
    faults.or_else(|| body.get("description").and_then(Value::as_str).map(str::to_owned))
}
