//! What can go wrong with a call, whose fault it is, and what to do next.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::{RateSnapshot, Resource, Verb};

/// Why a call failed. Neither `Display` nor `Debug` shows secrets, bodies or texts that may name a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Our fault: the app never declared this access. Nothing was sent.
    #[error("access not declared: {verb} {resource}")]
    NotDeclared {
        /// What the call is about.
        resource: Resource,
        /// What it does.
        verb: Verb,
    },
    /// Our fault: such a call does not exist (too many ids, an address that is not secure). Nothing was sent.
    #[error("the call cannot be made: {0}")]
    BadCall(&'static str),
    /// The authorization is expired, revoked or its user is gone (401): refresh, or authorise anew.
    #[error("Zendesk does not accept the authorization (401)")]
    Unauthorized,
    /// The authorization's user or scopes do not reach this far (403): another administrator must authorise.
    #[error("Zendesk forbids the call (403); missing scopes: {missing_scopes:?}")]
    Forbidden {
        /// Scopes that Zendesk said are missing; empty if it is the user's role.
        missing_scopes: Vec<String>,
    },
    /// No such thing, or not visible to this authorization (404).
    #[error("not found (404)")]
    NotFound,
    /// Somebody else changed the same thing (409). `code` is `UpdateConflict` if a safe update was refused.
    #[error("conflicting change (409 {code})")]
    Conflict {
        /// Zendesk's word for it.
        code: String,
    },
    /// The values are not acceptable, or the ticket is closed (422).
    #[error("Zendesk refuses the values (422 {code}) {details:?}")]
    Unprocessable {
        /// Zendesk's word for it, usually `RecordInvalid`.
        code: String,
        /// What is wrong with which field.
        details: Vec<Detail>,
    },
    /// The account's or the endpoint's limit is reached (429), or too many bulk jobs run.
    #[error("too many requests; retry after {retry_after:?}")]
    TooManyRequests {
        /// How long Zendesk asks to wait.
        retry_after: Option<Duration>,
    },
    /// The request's body is too large (413).
    #[error("the request is too large (413)")]
    TooLarge,
    /// Any other answer that is not success: 400, a redirect, a suspended account.
    #[error("Zendesk refuses the call ({status} {code})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Zendesk's word for it: `TooManyValues`, `InvalidEndpoint`, …; may be empty.
        code: String,
    },
    /// Zendesk's fault (5xx): later.
    #[error("Zendesk is in trouble ({status})")]
    Server {
        /// HTTP status.
        status: u16,
        /// How long Zendesk asks to wait.
        retry_after: Option<Duration>,
        /// The change may have been made.
        maybe_done: bool,
    },
    /// The connection failed.
    #[error("no answer: {reason}")]
    Network {
        /// Cause, without addresses.
        reason: String,
        /// The change may have been made.
        maybe_done: bool,
    },
    /// No answer in time.
    #[error("no answer in time")]
    Timeout {
        /// The change may have been made.
        maybe_done: bool,
    },
    /// A success whose body is not what it should be, or is too big.
    #[error("unreadable answer: {reason}")]
    Decode {
        /// What was wrong, without the body's text.
        reason: String,
        /// The change was probably made.
        maybe_done: bool,
    },
}

/// One objection to one field.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    /// The property: `status`, `base`, …
    pub field: String,
    /// Zendesk's sentence, in the account's language. May quote what was sent: not for logs.
    pub description: String,
    /// `BlankValue`, `DuplicateValue`, `InvalidValue`, …; may be empty.
    pub code: String,
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, if self.code.is_empty() { "refused" } else { &self.code })
    }
}

impl Error {
    /// The same request, sent again later, may succeed. Whether it is safe to send a change again is another question:
    /// see [`Error::may_have_been_done`].
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::TooManyRequests { .. }
            | Error::Server { .. }
            | Error::Network { .. }
            | Error::Timeout { .. } => true,
            // A safe update fails for as long as its stamp is old; other conflicts are two writers at one moment.
            Error::Conflict { code } => code != "UpdateConflict",
            Error::NotDeclared { .. }
            | Error::BadCall(_)
            | Error::Unauthorized
            | Error::Forbidden { .. }
            | Error::NotFound
            | Error::Unprocessable { .. }
            | Error::TooLarge
            | Error::Refused { .. }
            | Error::Decode { .. } => false,
        }
    }

    /// How long Zendesk asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::TooManyRequests { retry_after } | Error::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A change was sent and nobody knows whether Zendesk made it: look before sending it again. Always `false` for calls
    /// that only read.
    pub fn may_have_been_done(&self) -> bool {
        match self {
            Error::Server { maybe_done, .. }
            | Error::Network { maybe_done, .. }
            | Error::Timeout { maybe_done }
            | Error::Decode { maybe_done, .. } => *maybe_done,
            _ => false,
        }
    }

    /// Turns an answer that is not a success into an error. `writes`: the request was to change something.
    pub(crate) fn from_answer(status: StatusCode, body: &[u8], rate: &RateSnapshot, writes: bool) -> Self {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let code = code_of(&body);
        let retry_after = rate.retry_after;
        match status.as_u16() {
            429 => Error::TooManyRequests { retry_after },
            status if status < 500 && code == "TooManyJobs" => Error::TooManyRequests { retry_after },
            401 => Error::Unauthorized,
            403 => Error::Forbidden { missing_scopes: missing_scopes(&body) },
            404 => Error::NotFound,
            409 => Error::Conflict { code },
            413 => Error::TooLarge,
            422 => Error::Unprocessable { code, details: details(&body) },
            status if status >= 500 => Error::Server { status, retry_after, maybe_done: writes },
            status => Error::Refused { status, code },
        }
    }

    /// What serde says quotes the text it stumbled over; only the place is kept.
    pub(crate) fn from_json(error: &serde_json::Error, writes: bool) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "not the expected shape",
            _ => "not JSON",
        };
        let reason = format!("{what} at line {} column {}", error.line(), error.column());
        Error::Decode { reason, maybe_done: writes }
    }
}

/// `error` is a word, or an object with a title; newer endpoints give `errors[].code`.
pub(crate) fn code_of(body: &Value) -> String {
    let code = body["error"]
        .as_str()
        .or_else(|| body["errors"][0]["code"].as_str())
        .or_else(|| body["error"]["title"].as_str())
        .unwrap_or_default();
    word(code)
}

/// Keeps what looks like an identifier: a sentence may quote somebody's data.
fn word(text: &str) -> String {
    let is_word = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if is_word { text.to_owned() } else { String::new() }
}

/// From `Missing the following required scopes: read, tickets:write`.
fn missing_scopes(body: &Value) -> Vec<String> {
    let description = body["description"].as_str().unwrap_or_default();
    let Some((_, scopes)) = description.split_once("scopes:") else { return Vec::new() };
    scopes
        .split([',', ' '])
        .map(str::trim)
        .filter(|s| {
            !s.is_empty()
                && s.len() <= 64
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b))
        })
        .map(str::to_owned)
        .collect()
}

/// `details: {field: [{description, error}]}`, or the newer `errors: [{code, title, source: {pointer}}]`.
fn details(body: &Value) -> Vec<Detail> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(fields) = body["details"].as_object() {
        return fields
            .iter()
            .flat_map(|(field, items)| items.as_array().into_iter().flatten().map(move |item| (field, item)))
            .map(|(field, item)| Detail {
                field: word(field),
                description: text(&item["description"]),
                code: word(item["error"].as_str().unwrap_or_default()),
            })
            .collect();
    }
    let errors = body["errors"].as_array().into_iter().flatten();
    errors
        .map(|item| Detail {
            field: word(item["source"]["pointer"].as_str().unwrap_or_default().trim_start_matches('/')),
            description: text(&item["title"]),
            code: word(item["code"].as_str().unwrap_or_default()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Error {
        let rate = RateSnapshot { retry_after: Some(Duration::from_secs(7)), ..RateSnapshot::default() };
        Error::from_answer(StatusCode::from_u16(status).unwrap(), body.to_string().as_bytes(), &rate, true)
    }

    #[test]
    fn every_status_has_its_meaning() {
        let expect = |status, body: Value, name: &str, retryable: bool, maybe_done: bool| {
            let error = answer(status, body);
            assert!(format!("{error:?}").starts_with(name), "{status}: {error:?}");
            assert_eq!(error.is_retryable(), retryable, "{error:?}");
            assert_eq!(error.may_have_been_done(), maybe_done, "{error:?}");
        };
        expect(401, json!({"error": "Couldn't authenticate you"}), "Unauthorized", false, false);
        expect(403, json!({"error": {"title": "Forbidden", "message": "…"}}), "Forbidden", false, false);
        expect(404, json!({"error": "RecordNotFound"}), "NotFound", false, false);
        expect(409, json!({"error": "UpdateConflict"}), "Conflict", false, false);
        expect(409, json!({"error": "DatabaseConflict"}), "Conflict", true, false);
        expect(413, json!("Payload too large"), "TooLarge", false, false);
        expect(422, json!({"error": "RecordInvalid"}), "Unprocessable", false, false);
        expect(429, json!({"error": "APIRateLimitExceeded"}), "TooManyRequests", true, false);
        expect(422, json!({"error": "TooManyJobs", "current_job_ids": []}), "TooManyRequests", true, false);
        expect(400, json!({"error": "TooManyValues", "max_count": 100}), "Refused", false, false);
        expect(302, json!(null), "Refused", false, false);
        expect(500, json!(null), "Server", true, true);
        expect(503, json!(null), "Server", true, true);
    }

    #[test]
    fn waiting_time_is_passed_on() {
        for status in [429, 503] {
            assert_eq!(answer(status, json!(null)).retry_after(), Some(Duration::from_secs(7)));
        }
        assert_eq!(answer(404, json!(null)).retry_after(), None);
    }

    #[test]
    fn missing_scopes_are_named() {
        let body = json!({"error": "Forbidden", "description": "Missing the following required scopes: read, tickets:write"});
        let Error::Forbidden { missing_scopes } = answer(403, body) else { panic!() };
        assert_eq!(missing_scopes, ["read", "tickets:write"]);
    }

    #[test]
    fn details_of_both_forms_are_read() {
        let old = json!({"error": "RecordInvalid", "details": {"status": [
            {"description": "Status: closed prevents ticket update", "error": "InvalidValue"}, {"description": "x"}]}});
        let Error::Unprocessable { code, details } = answer(422, old) else { panic!() };
        assert_eq!(code, "RecordInvalid");
        assert_eq!(details.len(), 2);
        assert_eq!((details[0].field.as_str(), details[0].code.as_str()), ("status", "InvalidValue"));
        assert_eq!(details[0].description, "Status: closed prevents ticket update");

        let new = json!({"errors": [{"code": "ProductLimitExceeded", "title": "Too many webhooks"}]});
        let Error::Unprocessable { code, details } = answer(422, new) else { panic!() };
        assert_eq!(code, "ProductLimitExceeded");
        assert_eq!(details[0].description, "Too many webhooks");
    }

    #[test]
    fn texts_that_may_name_a_person_are_not_shown() {
        let secret = "ann@example.com";
        for status in [400, 401, 403, 404, 409, 413, 422, 429, 500] {
            for body in [
                json!({"error": secret, "description": secret, "details": {"email": [{"description": secret, "error": secret}]}}),
                json!({"error": {"title": secret, "message": secret}, "details": {secret: [{"description": secret}]}}),
                json!({"errors": [{"code": secret, "title": secret, "source": {"pointer": secret}}]}),
                json!({"description": format!("Missing the following required scopes: {secret}")}),
                json!(secret),
            ] {
                let error = answer(status, body);
                assert!(!format!("{error} {error:?} {error:#?}").contains("ann@"), "{error:?}");
            }
        }
        let wrong = serde_json::from_str::<u64>("\"ann@example.com\"").unwrap_err();
        assert!(wrong.to_string().contains("ann@"), "serde quotes the value");
        let error = Error::from_json(&wrong, true);
        assert!(!format!("{error} {error:?}").contains("ann@"));
        assert!(error.may_have_been_done());
    }
}
