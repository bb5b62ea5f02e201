//! What goes wrong on purpose: refusals, delays, cut connections.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A fault that waits for calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Given by the sandbox.
    pub id: u64,
    /// Method and path, for example `PUT /api/v2/tickets/update_many`; see [`matches`].
    pub route: String,
    /// Answer with this status and do not do the work.
    pub status: Option<u16>,
    /// Wait this long first.
    pub latency_ms: u64,
    /// Seconds for the header `Retry-After`, together with `status`.
    pub retry_after: Option<u64>,
    /// Close the connection without an answer.
    pub drop: Option<Drop>,
    /// The body, together with `status`; Zendesk's own when absent.
    pub body: Option<Value>,
    /// How many calls it hits; all of them when absent.
    pub times: Option<u64>,
    /// Which share of the calls it hits, 0 to 1; all of them when absent.
    pub share: Option<f64>,
    /// With the same seed the same calls in a row are hit.
    pub seed: u64,
    /// Only calls of this OAuth client.
    pub client: Option<String>,
    /// How many calls it has hit.
    pub hits: u64,
}

/// When the connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drop {
    /// Nothing was done.
    Before,
    /// The work was done and the answer is lost.
    After,
}

/// Why a fault was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    #[error("route must be a method and a path, for example \"PUT /api/v2/tickets/update_many\"")]
    Route,
    #[error("share must be between 0 and 1")]
    Share,
    #[error("status must be between 200 and 599")]
    Status,
    #[error("a fault needs a status, latency_ms or drop")]
    Nothing,
}

/// All faults, oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<(Fault, StdRng)>,
    last_id: u64,
}

/// A fault that has hit a call.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) id: u64,
    pub(super) latency: Duration,
    pub(super) drop: Option<Drop>,
    status: Option<StatusCode>,
    retry_after: Option<u64>,
    body: Option<Value>,
}

impl Hit {
    /// What happens instead of the work: nothing at all (`Some(None)`), an answer, or, with `None`, the work goes on.
    pub(super) fn instead(&self) -> Option<Option<Response>> {
        if self.drop == Some(Drop::Before) {
            return Some(None);
        }
        let status = self.status?;
        let body = self.body.clone().unwrap_or_else(|| usual_body(status));
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Some(Some(response))
    }
}

fn usual_body(status: StatusCode) -> Value {
    match status {
        StatusCode::TOO_MANY_REQUESTS => json!({"error": "APIRateLimitExceeded", "description":
            "Number of allowed API requests per minute exceeded"}),
        StatusCode::NOT_FOUND => json!({"error": "RecordNotFound", "description": "Not found"}),
        StatusCode::UNAUTHORIZED => json!({"error": "Couldn't authenticate you"}),
        StatusCode::SERVICE_UNAVAILABLE => json!({"error": "DatabaseError", "description":
            "Sorry, we could not complete your request. Please try again in a moment."}),
        other => json!({"error": other.canonical_reason().unwrap_or("Error")}),
    }
}

impl Faults {
    /// Adds a fault. Its id.
    ///
    /// # Errors
    /// When it could never hit anything or says nothing.
    pub fn add(&mut self, mut fault: Fault) -> Result<u64, FaultError> {
        let (method, path) = fault.route.split_once(' ').ok_or(FaultError::Route)?;
        if method.is_empty() || !(path.starts_with('/') || path == "*" || path == "**") {
            return Err(FaultError::Route);
        }
        if fault.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(FaultError::Share);
        }
        if fault.status.is_some_and(|status| !(200..600).contains(&status)) {
            return Err(FaultError::Status);
        }
        if fault.status.is_none() && fault.latency_ms == 0 && fault.drop.is_none() {
            return Err(FaultError::Nothing);
        }
        self.last_id += 1;
        fault.id = self.last_id;
        fault.hits = 0;
        let random = StdRng::seed_from_u64(fault.seed);
        self.list.push((fault, random));
        Ok(self.last_id)
    }

    /// All of them, used up ones too.
    pub fn list(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter().map(|(fault, _)| fault)
    }

    /// Whether there was such a fault.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.list.len();
        self.list.retain(|(fault, _)| fault.id != id);
        self.list.len() < before
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// The first fault that hits this call.
    pub(super) fn hit(&mut self, method: &Method, path: &str, client: Option<&str>) -> Option<Hit> {
        self.list.iter_mut().find_map(|(fault, random)| {
            let concerned = fault.times.is_none_or(|times| fault.hits < times)
                && fault.client.as_deref().is_none_or(|only| client == Some(only))
                && matches(&fault.route, method, path)
                && fault.share.is_none_or(|share| random.random_bool(share));
            concerned.then(|| {
                fault.hits += 1;
                Hit {
                    id: fault.id,
                    latency: Duration::from_millis(fault.latency_ms),
                    drop: fault.drop,
                    status: fault.status.and_then(|status| StatusCode::from_u16(status).ok()),
                    retry_after: fault.retry_after,
                    body: fault.body.clone(),
                }
            })
        })
    }
}

/// Whether a call fits a route: `*` as the method is any method; in the path `*` stands for one segment, `**` for any
/// number of them, and a path that is only `*` for every path. The suffix `.json` makes no difference.
pub fn matches(route: &str, method: &Method, path: &str) -> bool {
    let Some((wanted, pattern)) = route.split_once(' ') else { return false };
    if wanted != "*" && !wanted.eq_ignore_ascii_case(method.as_str()) {
        return false;
    }
    let bare = |path: &str| path.strip_suffix(".json").unwrap_or(path).trim_start_matches('/').to_owned();
    let (pattern, path) = (bare(pattern), bare(path));
    if pattern == "*" {
        return true;
    }
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    segments(&pattern, &path)
}

fn segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], _) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skip| segments(rest, &path[skip..])),
        (["*", rest @ ..], [_, path @ ..]) => segments(rest, path),
        ([one, rest @ ..], [other, path @ ..]) => one == other && segments(rest, path),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_method_and_a_path_with_stars() {
        let put = Method::PUT;
        assert!(matches("PUT /api/v2/tickets/update_many", &put, "/api/v2/tickets/update_many.json"));
        assert!(matches("* /api/v2/tickets/*", &put, "/api/v2/tickets/12"));
        assert!(!matches("PUT /api/v2/tickets/*", &put, "/api/v2/tickets/12/tags"));
        assert!(matches("PUT /api/v2/**", &put, "/api/v2/tickets/12/tags"));
        assert!(matches("PUT /api/**/tags", &put, "/api/v2/tickets/12/tags"));
        assert!(matches("* *", &put, "/oauth/tokens"));
        assert!(!matches("GET /api/v2/tickets/12", &put, "/api/v2/tickets/12"));
    }

    #[test]
    fn a_share_hits_the_same_calls_with_the_same_seed() {
        let run = |seed| {
            let mut faults = Faults::default();
            let fault =
                Fault { route: "* *".into(), status: Some(500), share: Some(0.5), seed, ..Fault::default() };
            faults.add(fault).expect("a proper fault");
            (0..64).map(|_| faults.hit(&Method::GET, "/x", None).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!((16..48).contains(&run(1).iter().filter(|hit| **hit).count()));
    }

    #[test]
    fn a_fault_hits_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults
            .add(Fault { route: "GET /x".into(), status: Some(500), times: Some(2), ..Fault::default() })
            .expect("a proper fault");
        let hits = (0..5).filter(|_| faults.hit(&Method::GET, "/x", None).is_some()).count();
        assert_eq!(hits, 2);
        assert!(faults.add(Fault { route: "/x".into(), status: Some(500), ..Fault::default() }).is_err());
        assert!(faults.add(Fault { route: "GET /x".into(), ..Fault::default() }).is_err());
    }
}
