//! One signed call to a webhook's receiver.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

use crate::model::{Attempt, Authentication, Webhook, World};
use crate::{Shared, random, time};

/// The secret that signs tests of webhooks that do not exist yet.
pub(crate) const TEST_SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";

/// As much of an answer as is kept.
const KEPT_BYTES: usize = 4_096;

/// Everything that a call needs, taken out of the account so that no lock is held meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) webhook_id: String,
    pub(crate) endpoint: String,
    pub(crate) http_method: String,
    pub(crate) request_format: String,
    pub(crate) authentication: Option<Authentication>,
    pub(crate) custom_headers: BTreeMap<String, String>,
    pub(crate) secret: String,
    pub(crate) account_id: u64,
    pub(crate) timeout: Duration,
}

impl Call {
    pub(crate) fn of(webhook: &Webhook, world: &World) -> Call {
        Call {
            webhook_id: webhook.id.clone(),
            endpoint: webhook.endpoint.clone(),
            http_method: webhook.http_method.clone(),
            request_format: webhook.request_format.clone(),
            authentication: webhook.authentication.clone(),
            custom_headers: webhook.custom_headers.clone(),
            secret: webhook.signing_secret.clone(),
            account_id: world.account.id,
            timeout: Duration::from_millis(world.settings.webhook_timeout_ms),
        }
    }
}

/// Base64 of HMAC-SHA256 over the timestamp and the body; the key is the secret as it stands.
pub(crate) fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mac) => mac,
        Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
    };
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Makes the call and says how it went; no answer in time is a 504, no connection a 502.
pub(crate) async fn call(shared: &Shared, to: &Call, body: &str, invocation_id: &str) -> Attempt {
    let at = shared.now();
    let mut attempt = Attempt {
        id: random::ulid(at),
        at,
        completed_at: at,
        status: 502,
        request_headers: BTreeMap::new(),
        response_headers: BTreeMap::new(),
        response_body: String::new(),
        retry_after: None,
        error: None,
    };
    let method = http::Method::from_bytes(to.http_method.as_bytes()).unwrap_or(http::Method::POST);
    let bare = matches!(method, http::Method::GET | http::Method::DELETE);
    let body = if bare { "" } else { body };
    let timestamp = time::text(at);
    let mut headers = BTreeMap::from([
        ("user-agent".to_owned(), "Zendesk Webhook".to_owned()),
        ("x-zendesk-account-id".to_owned(), to.account_id.to_string()),
        ("x-zendesk-webhook-id".to_owned(), to.webhook_id.clone()),
        ("x-zendesk-webhook-invocation-id".to_owned(), invocation_id.to_owned()),
        ("x-zendesk-webhook-signature".to_owned(), signature(&to.secret, &timestamp, body)),
        ("x-zendesk-webhook-signature-timestamp".to_owned(), timestamp),
    ]);
    if !bare {
        let content_type = match to.request_format.as_str() {
            "xml" => "application/xml; charset=utf-8",
            "form_encoded" => "application/x-www-form-urlencoded",
            _ => "application/json; charset=utf-8",
        };
        headers.insert("content-type".to_owned(), content_type.to_owned());
    }
    for (name, value) in &to.custom_headers {
        headers.insert(name.to_lowercase(), value.clone());
    }
    match &to.authentication {
        Some(Authentication::BasicAuth { username, password }) => {
            let encoded = STANDARD.encode(format!("{username}:{password}"));
            headers.insert("authorization".to_owned(), format!("Basic {encoded}"));
        }
        Some(Authentication::BearerToken { token }) => {
            headers.insert("authorization".to_owned(), format!("Bearer {token}"));
        }
        Some(Authentication::ApiKey { name, value }) => {
            headers.insert(name.to_lowercase(), value.clone());
        }
        None => {}
    }
    let mut request = shared.http().request(method, &to.endpoint).body(body.to_owned());
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    attempt.request_headers = headers;
    // Machine time: a receiver that hangs must not hold a frozen sandbox.
    match tokio::time::timeout(to.timeout, exchange(request, &mut attempt)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => attempt.error = Some(error.to_string()),
        Err(_) => {
            attempt.status = 504;
            attempt.error = Some(format!("no answer within {} ms", to.timeout.as_millis()));
        }
    }
    attempt.completed_at = shared.now();
    attempt
}

async fn exchange(request: reqwest::RequestBuilder, attempt: &mut Attempt) -> Result<(), reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    attempt.response_headers = plain(response.headers());
    attempt.retry_after = attempt.response_headers.get("retry-after").and_then(|v| v.parse().ok());
    let bytes = response.bytes().await?;
    attempt.response_body = String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT_BYTES)]).into_owned();
    attempt.status = status;
    Ok(())
}

fn plain(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_an_independent_computation() {
        // printf '2026-11-22T10:00:00Z{"a":1}' | openssl dgst -sha256 -hmac secret -binary | base64
        assert_eq!(
            signature("secret", "2026-11-22T10:00:00Z", r#"{"a":1}"#),
            "FdN/byS1wLvCw4CrOJ9DA1IfwiBxPysww04HQ+X/B6A="
        );
    }
}
