//! Requests of apps to other servers (`client.request` without `cors`): sent from here, with secure settings filled in.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::apps::install;
use crate::apps::launch::fill;
use crate::apps::manifest::Manifest;
use crate::{ApiError, Caller, Shared};

/// How long the other server may take.
const TIMEOUT: Duration = Duration::from_secs(60);
const DEFAULT_EXPIRY: i64 = 3_600;

/// What the page may not set: these belong to the connection, or to us.
const REFUSED_HEADERS: [&str; 7] =
    ["host", "cookie", "content-length", "connection", "transfer-encoding", "origin", "referer"];

#[derive(Debug, Deserialize)]
pub(super) struct Request {
    installation_id: u64,
    url: String,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    secure: bool,
    jwt: Option<Jwt>,
}

fn get() -> String {
    "GET".to_owned()
}

#[derive(Debug, Deserialize)]
struct Jwt {
    #[serde(default = "hs256")]
    algorithm: String,
    secret_key: String,
    expiry: Option<i64>,
    #[serde(default)]
    claims: Map<String, Value>,
}

fn hs256() -> String {
    "HS256".to_owned()
}

/// A request that is ready to be sent.
struct Prepared {
    url: Url,
    method: reqwest::Method,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

pub(super) async fn proxy(
    State(shared): State<Shared>,
    caller: Caller,
    Json(request): Json<Request>,
) -> Result<Json<Value>, ApiError> {
    let Prepared { url, method, headers, body } = prepare(&shared, &caller, request)?;
    let mut outgoing = shared.http().request(method, url).timeout(TIMEOUT);
    for (name, value) in headers {
        outgoing = outgoing.header(name, value);
    }
    if let Some(body) = body {
        outgoing = outgoing.body(body);
    }
    let answer = match outgoing.send().await {
        Ok(answer) => answer,
        Err(error) => return Ok(Json(unreachable(&error))),
    };
    let status = answer.status();
    let headers: Map<String, Value> = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    match answer.text().await {
        Ok(body) => Ok(Json(json!({
            "status": status.as_u16(),
            "status_text": status.canonical_reason().unwrap_or_default(),
            "headers": headers,
            "body": body,
        }))),
        Err(error) => Ok(Json(unreachable(&error))),
    }
}

/// What the app sees when its server cannot be reached.
fn unreachable(error: &reqwest::Error) -> Value {
    let status = if error.is_timeout() { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
    tracing::debug!(%error, "the proxy could not reach an app's server");
    json!({
        "status": status.as_u16(),
        "status_text": status.canonical_reason(),
        "headers": {},
        "body": "",
    })
}

fn refused(description: impl Into<String>) -> ApiError {
    ApiError::bad_request("ProxyRefused", &description.into())
}

fn prepare(shared: &Shared, caller: &Caller, request: Request) -> Result<Prepared, ApiError> {
    let now = shared.now();
    let world = shared.read();
    let user = world.users.get(&caller.user_id).ok_or_else(ApiError::unauthenticated)?;
    let installation =
        world.apps.installations.get(&request.installation_id).ok_or_else(ApiError::not_found)?;
    let app = world.apps.apps.get(&installation.app_id).ok_or_else(ApiError::not_found)?;
    if !install::may_use(&world, installation, user) {
        return Err(ApiError::not_found());
    }
    let manifest = &app.package.manifest;
    let secure = request.secure || request.jwt.is_some();
    let put = |text: &str, place: &str| {
        if secure { fill_secure(manifest, &installation.settings, text, place) } else { Ok(text.to_owned()) }
    };
    let url =
        Url::parse(&put(&request.url, "url")?).map_err(|error| refused(format!("Bad address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("Bad address: only http and https can be asked"));
    }
    let host = url.host_str().unwrap_or_default();
    if secure && !manifest.domain_whitelist.iter().any(|allowed| covers(allowed, host)) {
        return Err(refused(format!("{host} is not in the domainWhitelist of the manifest")));
    }
    let token = match &request.jwt {
        Some(jwt) => Some(sign(manifest, &installation.settings, jwt, now.as_second())?),
        None => None,
    };
    let mut headers = Vec::new();
    for (name, value) in &request.headers {
        if REFUSED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let mut value = put(value, "header")?;
        if let Some(token) = &token {
            value = value.replace("{{jwt.token}}", token);
        }
        let fits = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
            && http::HeaderValue::from_str(&value).is_ok();
        if !fits {
            return Err(refused(format!("Bad header {name}")));
        }
        headers.push((name.clone(), value));
    }
    let has_kind = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if let Some(kind) = request.content_type.filter(|_| !has_kind) {
        headers.push(("content-type".to_owned(), kind));
    }
    let body = request.body.map(|body| put(&body, "body")).transpose()?;
    let method = reqwest::Method::from_bytes(request.method.to_ascii_uppercase().as_bytes());
    let method = method.map_err(|_| refused("Bad method"))?;
    Ok(Prepared { url, method, headers, body })
}

/// Whether an entry of the whitelist (`example.com`, `*.example.com`) covers a host.
fn covers(allowed: &str, host: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => allowed.eq_ignore_ascii_case(host),
    }
}

/// Fills in settings, secure ones too, where the manifest lets them stand.
fn fill_secure(
    manifest: &Manifest,
    settings: &Map<String, Value>,
    text: &str,
    place: &str,
) -> Result<String, ApiError> {
    for used in text.split("{{setting.").skip(1) {
        let name = used.split("}}").next().unwrap_or_default().trim();
        if !settings.contains_key(name) {
            return Err(refused(format!("There is no setting {name}")));
        }
        let scopes = manifest.parameters.iter().find(|p| p.name == name).map(|p| p.scopes.as_slice());
        let scopes = scopes.unwrap_or_default();
        if !scopes.is_empty() && !scopes.iter().any(|scope| scope == place) {
            return Err(refused(format!("The setting {name} may not be used in the {place}")));
        }
    }
    Ok(fill(text, settings))
}

fn sign(manifest: &Manifest, settings: &Map<String, Value>, jwt: &Jwt, now: i64) -> Result<String, ApiError> {
    if jwt.algorithm != "HS256" {
        return Err(refused("Only HS256 tokens can be made"));
    }
    let secret = fill_secure(manifest, settings, &jwt.secret_key, "jwt_secret_key")?;
    let mut claims = Map::new();
    for (name, value) in &jwt.claims {
        let value = match value {
            Value::String(text) => fill_secure(manifest, settings, text, "jwt_claim")?.into(),
            other => other.clone(),
        };
        claims.insert(name.clone(), value);
    }
    claims.insert("iat".to_owned(), now.into());
    claims.insert("exp".to_owned(), now.saturating_add(jwt.expiry.unwrap_or(DEFAULT_EXPIRY)).into());
    jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .map_err(|error| refused(format!("The token could not be made: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whitelist_names_hosts() {
        assert!(covers("example.com", "EXAMPLE.com"));
        assert!(!covers("example.com", "a.example.com"));
        assert!(covers("*.example.com", "a.example.com"));
        assert!(!covers("*.example.com", "badexample.com"));
    }
}
