//! Rate limits: per account and minute, and per endpoint, each with the headers that Zendesk sends.

use std::collections::HashMap;

use axum::extract::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::faults::matches;
use crate::model::{JobState, Settings};
use crate::{ApiError, Caller, Shared, World};

/// When this many windows are remembered, those that are over are forgotten.
const SWEEP_AT: usize = 4_096;

/// A limit of one endpoint.
struct Rule {
    /// Its header.
    header: HeaderName,
    routes: &'static [&'static str],
    seconds: i64,
    total: fn(&Settings) -> u32,
    /// Whom it counts for.
    per: Per,
}

#[derive(Clone, Copy)]
enum Per {
    Account,
    /// One user on one path.
    UserAndRecord,
}

// A static and not a constant: header names are made once.
static RULES: [Rule; 9] = [
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-tickets-index"),
        routes: &["GET /api/v2/tickets"],
        seconds: 60,
        total: |_| 100,
        per: Per::Account,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-ticket-request-create-by-user-and-ip"),
        routes: &["POST /api/v2/tickets"],
        seconds: 60,
        total: |_| 300,
        per: Per::UserAndRecord,
    },
    Rule {
        header: HeaderName::from_static("zendesk-rate-limit-tickets-update"),
        routes: &["PUT /api/v2/tickets/{number}"],
        seconds: 60,
        total: |settings| settings.tickets_update_limit,
        per: Per::Account,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-per-ticket-updates"),
        routes: &[
            "PUT /api/v2/tickets/{number}",
            "POST /api/v2/tickets/{number}/tags",
            "PUT /api/v2/tickets/{number}/tags",
            "DELETE /api/v2/tickets/{number}/tags",
        ],
        seconds: 600,
        total: |settings| settings.per_ticket_update_limit,
        per: Per::UserAndRecord,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-views-execute"),
        routes: &["GET /api/v2/views/{number}/execute"],
        seconds: 60,
        total: |_| 5,
        per: Per::UserAndRecord,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-users-update"),
        routes: &["PUT /api/v2/users/{number}"],
        seconds: 60,
        total: |_| 5,
        per: Per::UserAndRecord,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-organizations-update"),
        routes: &["PUT /api/v2/organizations/{number}"],
        seconds: 60,
        total: |_| 5,
        per: Per::UserAndRecord,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-search-export"),
        routes: &["GET /api/v2/search/export"],
        seconds: 60,
        total: |_| 100,
        per: Per::Account,
    },
    Rule {
        header: HeaderName::from_static("zendesk-ratelimit-apps-notify"),
        routes: &["POST /api/v2/apps/notify"],
        seconds: 60,
        total: |_| 100,
        per: Per::Account,
    },
];

/// What makes Zendesk do work after it has answered.
const JOB_ROUTES: [&str; 5] = [
    "PUT /api/v2/tickets/update_many",
    "POST /api/v2/tickets/create_many",
    "DELETE /api/v2/tickets/destroy_many",
    "POST /api/v2/users/create_many",
    "PUT /api/v2/users/update_many",
];
const MAX_JOBS: usize = 30;

/// Counts of calls, by rule (the account's own is `None`) and by whom it counts for.
#[derive(Debug, Default)]
pub(super) struct Limits {
    windows: HashMap<(Option<usize>, String), Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    end: Timestamp,
    seconds: i64,
    used: u32,
}

impl Limits {
    /// The window that is open now; a new one when there is none. A clock that was set back opens a new one too.
    fn window(&mut self, key: (Option<usize>, String), seconds: i64, now: Timestamp) -> &mut Window {
        if self.windows.len() >= SWEEP_AT {
            self.windows.retain(|_, window| now < window.end);
        }
        let end = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        let window = self.windows.entry(key).or_insert(Window { end, seconds, used: 0 });
        if now >= window.end || window.end > end {
            *window = Window { end, seconds, used: 0 };
        }
        window
    }
}

impl Window {
    /// Whole seconds until it ends, at least one.
    fn resets(&self, now: Timestamp) -> u64 {
        let rest = self.end.duration_since(now);
        let seconds = rest.as_secs() + i64::from(rest.subsec_nanos() > 0);
        u64::try_from(seconds.clamp(1, self.seconds)).unwrap_or(1)
    }
}

/// Counts a call and gives the headers that tell about it.
///
/// # Errors
/// 429 with the headers; a call that is refused is not counted.
pub(super) fn take(
    shared: &Shared,
    caller: &Caller,
    request: &Request,
) -> Result<HeaderMap, (ApiError, HeaderMap)> {
    let now = shared.now();
    let (method, path) = (request.method(), request.uri().path());
    let world = shared.read();
    let mut limits = shared.gate().limits.lock();
    let mut headers = HeaderMap::new();

    let account_total = world.settings.rate_limit_per_minute;
    let account = *limits.window((None, String::new()), 60, now);
    let concerned: Vec<(usize, &Rule)> =
        RULES.iter().enumerate().filter(|(_, rule)| rule.fits(method, path)).collect();
    let mut refusal =
        (account.used >= account_total).then(|| ApiError::too_many_requests(account.resets(now)));
    for (index, rule) in &concerned {
        let window = limits.window((Some(*index), rule.key(caller, path)), rule.seconds, now);
        if window.used >= (rule.total)(&world.settings) {
            refusal = refusal.or_else(|| Some(ApiError::too_many_requests(window.resets(now))));
        }
    }
    if JOB_ROUTES.iter().any(|route| matches(route, method, path)) {
        let running = running_jobs(&world);
        if running.len() >= MAX_JOBS {
            refusal = refusal.or_else(|| Some(too_many_jobs(&running)));
        }
        let remaining = MAX_JOBS.saturating_sub(running.len() + 1);
        put(
            &mut headers,
            "zendesk-ratelimit-inflight-jobs",
            &format!("total={MAX_JOBS}; remaining={remaining}; resets=0"),
        );
    }

    let counted = u32::from(refusal.is_none());
    let window = limits.window((None, String::new()), 60, now);
    window.used += counted;
    let (remaining, resets) = (account_total.saturating_sub(window.used), window.resets(now));
    for name in ["x-rate-limit", "ratelimit-limit"] {
        put(&mut headers, name, &account_total.to_string());
    }
    for name in ["x-rate-limit-remaining", "ratelimit-remaining"] {
        put(&mut headers, name, &remaining.to_string());
    }
    put(&mut headers, "ratelimit-reset", &resets.to_string());
    for (index, rule) in concerned {
        let window = limits.window((Some(index), rule.key(caller, path)), rule.seconds, now);
        window.used += counted;
        let total = (rule.total)(&world.settings);
        let text = format!(
            "total={total}; remaining={}; resets={}",
            total.saturating_sub(window.used),
            window.resets(now)
        );
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(rule.header.clone(), value);
        }
    }
    match refusal {
        None => Ok(headers),
        Some(error) => Err((error, headers)),
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn running_jobs(world: &World) -> Vec<&str> {
    let running = |state| matches!(state, JobState::Queued | JobState::Working);
    world.jobs.values().filter(|job| running(job.status)).map(|job| job.id.as_str()).collect()
}

fn too_many_jobs(running: &[&str]) -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        json!({"error": "TooManyJobs", "current_job_ids": running, "description":
            format!("Too many jobs are currently queued or running. The limit is {MAX_JOBS}. Try again later.")}),
    )
    .retry_after(1)
}

impl Rule {
    fn fits(&self, method: &Method, path: &str) -> bool {
        self.routes.iter().any(|route| match route.split_once("{number}") {
            None => matches(route, method, path),
            Some((before, after)) => {
                let Some((wanted, prefix)) = before.split_once(' ') else { return false };
                let number = path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(after));
                wanted == method.as_str()
                    && number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
            }
        })
    }

    fn key(&self, caller: &Caller, path: &str) -> String {
        match self.per {
            Per::Account => String::new(),
            // All routes about the same record count together.
            Per::UserAndRecord => format!("{}{}", caller.user_id, path.trim_end_matches("/tags")),
        }
    }
}
