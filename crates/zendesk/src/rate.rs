//! What every answer says about limits.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method};
use jiff::fmt::rfc2822;

use crate::BaseUrl;

/// The limits named in one answer's headers. What the answer did not name is `None` or empty.
///
/// Source: `x-rate-limit`, `x-rate-limit-remaining`, `ratelimit-*`, `retry-after` and the per-endpoint
/// `zendesk-ratelimit-*` headers of the Support API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateSnapshot {
    /// Calls per minute that the account may make, shared by everything that it runs.
    pub limit: Option<u32>,
    /// How many of them are left in this minute.
    pub remaining: Option<u32>,
    /// Time until the minute is over.
    pub reset: Option<Duration>,
    /// How long Zendesk asks to wait.
    pub retry_after: Option<Duration>,
    /// Limits of the endpoint that was called.
    pub endpoints: Vec<EndpointLimit>,
}

/// One `zendesk-ratelimit-{name}: total=30; remaining=29; resets=468` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointLimit {
    /// `per-ticket-updates`, `tickets-index`, …
    pub name: String,
    /// Calls allowed in the endpoint's window.
    pub total: u32,
    /// Calls left in it.
    pub remaining: u32,
    /// Time until the window is over.
    pub resets: Option<Duration>,
}

impl RateSnapshot {
    /// Reads the headers of an answer. What cannot be read counts as absent.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        Self {
            limit: number("x-rate-limit").or_else(|| number("ratelimit-limit")),
            remaining: number("x-rate-limit-remaining").or_else(|| number("ratelimit-remaining")),
            reset: number("ratelimit-reset").map(|s| Duration::from_secs(s.into())),
            retry_after: retry_after(headers),
            endpoints: headers
                .iter()
                .filter_map(|(name, value)| {
                    let name = name.as_str();
                    let name = name
                        .strip_prefix("zendesk-ratelimit-")
                        .or_else(|| name.strip_prefix("zendesk-rate-limit-"))?;
                    EndpointLimit::parse(name, value.to_str().ok()?)
                })
                .collect(),
        }
    }
}

impl EndpointLimit {
    fn parse(name: &str, value: &str) -> Option<Self> {
        let field = |wanted: &str| {
            value.split(';').find_map(|part| {
                let (key, number) = part.split_once('=')?;
                (key.trim() == wanted).then(|| number.trim().parse::<u32>().ok())?
            })
        };
        Some(Self {
            name: name.to_owned(),
            total: field("total")?,
            remaining: field("remaining")?,
            resets: field("resets").map(|s| Duration::from_secs(s.into())),
        })
    }
}

/// Seconds, or a date, which is read against the answer's own `Date` so that no clock is needed.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = rfc2822::parse(text).ok()?.timestamp();
    let now = rfc2822::parse(headers.get(http::header::DATE)?.to_str().ok()?).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// One call that was made, as told to a [`RateObserver`].
#[derive(Debug)]
pub struct Observation<'a> {
    /// The account.
    pub base_url: &'a BaseUrl,
    /// `GET`, `PUT`, …
    pub method: &'a Method,
    /// The pattern of the path, without ids: `/api/v2/tickets/{id}`.
    pub route: &'static str,
    /// `None` if no answer arrived; the call may have counted nevertheless.
    pub status: Option<u16>,
    /// The answer's limits; empty if no answer arrived.
    pub rate: &'a RateSnapshot,
}

/// Told about every call that left this machine, for call counting and budgets. Called on the calling task: be quick.
pub trait RateObserver: fmt::Debug + Send + Sync {
    /// One call was made.
    fn observe(&self, observation: &Observation<'_>);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn all_headers_are_read() {
        let snapshot = RateSnapshot::from_headers(&headers(&[
            ("x-rate-limit", "700"),
            ("x-rate-limit-remaining", "699"),
            ("ratelimit-limit", "1"),
            ("ratelimit-remaining", "1"),
            ("ratelimit-reset", "41"),
            ("retry-after", "93"),
            ("zendesk-ratelimit-per-ticket-updates", "total=30; remaining=29; resets=468"),
            ("zendesk-rate-limit-tickets-update", "total=100;remaining=0"),
            ("zendesk-ratelimit-broken", "remaining=0"),
        ]));
        assert_eq!(snapshot.limit, Some(700));
        assert_eq!(snapshot.remaining, Some(699));
        assert_eq!(snapshot.reset, Some(Duration::from_secs(41)));
        assert_eq!(snapshot.retry_after, Some(Duration::from_secs(93)));
        let mut endpoints = snapshot.endpoints;
        endpoints.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(
            endpoints,
            [
                EndpointLimit {
                    name: "per-ticket-updates".into(),
                    total: 30,
                    remaining: 29,
                    resets: Some(Duration::from_secs(468))
                },
                EndpointLimit { name: "tickets-update".into(), total: 100, remaining: 0, resets: None },
            ]
        );
    }

    #[test]
    fn the_newer_names_alone_are_enough() {
        let snapshot =
            RateSnapshot::from_headers(&headers(&[("ratelimit-limit", "400"), ("ratelimit-remaining", "7")]));
        assert_eq!((snapshot.limit, snapshot.remaining), (Some(400), Some(7)));
    }

    #[test]
    fn a_date_is_read_against_the_answers_own_date() {
        let date = ("date", "Wed, 21 Oct 2026 07:28:00 GMT");
        let later =
            RateSnapshot::from_headers(&headers(&[date, ("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT")]));
        assert_eq!(later.retry_after, Some(Duration::from_secs(90)));
        let past =
            RateSnapshot::from_headers(&headers(&[date, ("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT")]));
        assert_eq!(past.retry_after, Some(Duration::ZERO));
        let alone = RateSnapshot::from_headers(&headers(&[("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT")]));
        assert_eq!(alone.retry_after, None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(value in "[ -~]{0,40}", date in "[ -~]{0,40}") {
            for name in ["x-rate-limit", "ratelimit-reset", "retry-after", "zendesk-ratelimit-x"] {
                RateSnapshot::from_headers(&headers(&[(name, &value), ("date", &date)]));
            }
        }

        #[test]
        fn what_zendesk_writes_is_read_back(total: u32, remaining: u32, resets: u32) {
            let text = format!("total={total}; remaining={remaining}; resets={resets}");
            prop_assert_eq!(
                EndpointLimit::parse("x", &text),
                Some(EndpointLimit {
                    name: "x".into(), total, remaining, resets: Some(Duration::from_secs(resets.into()))
                })
            );
        }
    }
}
