//! The call log: what was asked and answered, newest calls only, secrets masked when it is read.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::faults;

/// How many calls are kept, and how many bytes of them.
const MAX_ENTRIES: usize = 50_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

const MASK: &str = "***";

/// Headers that are worth knowing afterwards; none carries a secret.
pub const KEPT_HEADERS: [&str; 7] = [
    "user-agent",
    "idempotency-key",
    "x-zendesk-app-id",
    "x-zendesk-marketplace-name",
    "x-zendesk-marketplace-organization-id",
    "x-zendesk-marketplace-app-id",
    "x-zendesk-marketplace-bot-id",
];

/// Keys whose values are secrets wherever they stand, besides everything that ends in `_token` or `_secret`.
const SECRET_KEYS: [&str; 9] = [
    "token",
    "secret",
    "password",
    "code",
    "code_verifier",
    "authorization",
    "api_key",
    "custom_headers",
    "jwt",
];

/// One call. Bodies are kept as they came, which costs nothing; they are parsed and masked when somebody reads them.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Counts up from 1 and never begins again.
    pub seq: u64,
    pub time: Timestamp,
    pub method: Method,
    pub path: String,
    pub query: String,
    /// Identifier of the OAuth client.
    pub client: Option<String>,
    pub user_id: Option<u64>,
    /// Nothing when the connection was cut before the work was done.
    pub status: Option<StatusCode>,
    /// Those of [`KEPT_HEADERS`] that the caller sent.
    pub headers: HeaderMap,
    /// The fault that hit it.
    pub fault: Option<u64>,
    /// Machine time.
    pub duration: Duration,
    pub request: Bytes,
    pub answer: Bytes,
}

impl Entry {
    /// Method and path with `{id}` in place of identifiers.
    pub fn route(&self) -> String {
        let is_id = |segment: &str| {
            let digits = segment.chars().filter(char::is_ascii_digit).count();
            segment.len() == digits && digits > 0 || (segment.len() >= 26 && digits >= 4)
        };
        let segments: Vec<&str> = self.path.split('/').map(|s| if is_id(s) { "{id}" } else { s }).collect();
        format!("{} {}", self.method, segments.join("/"))
    }

    /// As it appears in the log. Bodies are JSON with secrets masked; text when they are neither JSON nor a form, null
    /// when empty.
    pub fn to_json(&self, secret_names: &BTreeSet<String>) -> Value {
        json!({
            "seq": self.seq,
            "time": self.time,
            "method": self.method.as_str(),
            "path": self.path,
            "query": masked_query(&self.query),
            "route": self.route(),
            "client": self.client,
            "user_id": self.user_id,
            "status": self.status.map(|status| status.as_u16()),
            "headers": self.headers.iter().filter_map(|(name, value)| {
                Some((name.to_string(), value.to_str().ok()?.into()))
            }).collect::<Map<String, Value>>(),
            "fault": self.fault,
            "duration_ms": self.duration.as_secs_f64() * 1e3,
            "request": masked_body(&self.request, secret_names),
            "answer": masked_body(&self.answer, secret_names),
        })
    }

    fn size(&self) -> usize {
        self.request.len() + self.answer.len()
    }
}

/// The newest calls, oldest first.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    bytes: usize,
    last_seq: u64,
}

impl Log {
    pub(super) fn push(&mut self, mut entry: Entry) {
        self.last_seq += 1;
        entry.seq = self.last_seq;
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// Calls after number `since` that fit `route` (see [`faults::matches`]); an absent route is every route.
    pub fn since<'a>(&'a self, since: u64, route: Option<&'a str>) -> impl Iterator<Item = &'a Entry> {
        // Numbers follow each other, so the first of interest is found without looking at those before it.
        let first = self.entries.partition_point(|entry| entry.seq <= since);
        let fits = move |entry: &&Entry| {
            route.is_none_or(|route| faults::matches(route, &entry.method, &entry.path))
        };
        self.entries.range(first..).filter(fits)
    }

    /// Forgets all calls; numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

/// The headers that go into the log.
pub(super) fn kept(headers: &HeaderMap) -> HeaderMap {
    let kept = KEPT_HEADERS
        .iter()
        .filter_map(|name| Some((HeaderName::from_static(name), headers.get(*name)?.clone())));
    kept.collect()
}

fn is_secret(key: &str, secret_names: &BTreeSet<String>) -> bool {
    SECRET_KEYS.contains(&key)
        || key.ends_with("_token")
        || key.ends_with("_secret")
        || secret_names.contains(key)
}

fn masked_body(body: &[u8], secret_names: &BTreeSet<String>) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if let Ok(mut json) = serde_json::from_slice(body) {
        mask(&mut json, secret_names);
        return json;
    }
    let text = String::from_utf8_lossy(body);
    if text.contains('=') && !text.contains(['\n', ' ', '<']) {
        let mut form = Value::Object(
            url::form_urlencoded::parse(body)
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect::<Map<String, Value>>(),
        );
        mask(&mut form, secret_names);
        return form;
    }
    text.into()
}

/// Masks values under secret keys, and the value of `{"name": "<secret>", "value": …}`.
fn mask(json: &mut Value, secret_names: &BTreeSet<String>) {
    match json {
        Value::Array(list) => list.iter_mut().for_each(|item| mask(item, secret_names)),
        Value::Object(object) => {
            let named =
                object.get("name").and_then(Value::as_str).is_some_and(|n| is_secret(n, secret_names));
            for (key, value) in object.iter_mut() {
                let hide = is_secret(key, secret_names) || (named && key == "value");
                if !hide {
                    mask(value, secret_names);
                } else if let Value::Object(inner) = value {
                    // The record that is called `token`, and headers by name.
                    let all = key == "custom_headers";
                    inner
                        .values_mut()
                        .for_each(|v| if all { *v = MASK.into() } else { mask(v, secret_names) });
                    mask(value, secret_names);
                } else if !value.is_null() {
                    *value = MASK.into();
                }
            }
        }
        _ => {}
    }
}

fn masked_query(query: &str) -> String {
    let nothing = BTreeSet::new();
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name, &nothing) => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    });
    shown.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_appear() {
        let secret_names = BTreeSet::from(["vault_key".to_owned()]);
        let body = br#"{"access_token":"s3cret","installation":{"settings":{"vault_key":"s3cret","name":"x"}},
            "settings_objects":[{"name":"vault_key","value":"s3cret"}],"token":{"id":1,"token":"s3cret"},
            "webhook":{"custom_headers":{"X-Key":"s3cret"},"authentication":{"data":{"password":"s3cret"}}}}"#;
        let shown = masked_body(body, &secret_names).to_string();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("\"id\":1") && shown.contains("\"name\":\"x\""), "{shown}");
        let form =
            masked_body(b"grant_type=refresh_token&refresh_token=s3cret&client_secret=s3cret", &secret_names);
        assert_eq!(
            form,
            json!({"grant_type": "refresh_token", "refresh_token": MASK, "client_secret": MASK})
        );
        assert_eq!(masked_query("a=1&access_token=s3cret"), "a=1&access_token=***");
    }

    #[test]
    fn only_the_newest_calls_are_kept() {
        let mut log = Log::default();
        let entry = Entry {
            seq: 0,
            time: Timestamp::UNIX_EPOCH,
            method: Method::GET,
            path: "/api/v2/tickets/12".into(),
            query: String::new(),
            client: None,
            user_id: None,
            status: Some(StatusCode::OK),
            headers: HeaderMap::new(),
            fault: None,
            duration: Duration::ZERO,
            request: Bytes::new(),
            answer: Bytes::from(vec![b'x'; MAX_BYTES / 4]),
        };
        (0..6).for_each(|_| log.push(entry.clone()));
        let kept: Vec<u64> = log.since(0, None).map(|entry| entry.seq).collect();
        assert_eq!(kept, [3, 4, 5, 6]);
        assert_eq!(entry.route(), "GET /api/v2/tickets/{id}");
        assert_eq!(log.since(5, Some("GET *")).count(), 1);
        assert_eq!(log.since(0, Some("PUT *")).count(), 0);
    }
}
