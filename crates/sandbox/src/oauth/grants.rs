//! `POST /oauth/tokens`: a code, a refresh token or a client's own credentials for an access token.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Client, ClientKind, Lifetimes, Token, is_active, issue};
use crate::{ApiError, Role, Shared, World};

/// Bounds that Zendesk sets on what a client may ask for, in seconds.
const ACCESS_SECONDS: std::ops::RangeInclusive<u64> = 300..=172_800;
const REFRESH_SECONDS: std::ops::RangeInclusive<u64> = 604_800..=7_776_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Request {
    grant_type: String,
    client_id: String,
    client_secret: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    scope: Option<String>,
    #[serde(deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(deserialize_with = "seconds")]
    refresh_token_expires_in: Option<u64>,
}

/// A number, or a number as text, which is all that a form can send.
fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(u64),
        Text(String),
    }
    match Option::<Seconds>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Seconds::Number(number)) => Ok(Some(number)),
        Some(Seconds::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

pub(super) async fn exchange(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let now = shared.now();
    let answer = read(&headers, &body).and_then(|request| {
        let mut world = shared.write();
        let client = authenticate(&world, &request)?;
        match request.grant_type.as_str() {
            "authorization_code" => authorization_code(&mut world, &client, &request, now),
            "refresh_token" => refresh(&mut world, &client, &request, now),
            "client_credentials" => client_credentials(&mut world, &client, &request, now),
            _ => Err(refused(
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            )),
        }
    });
    let mut response = match answer {
        Ok(token) => axum::Json(granted(&token)).into_response(),
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Request, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let request = if kind.starts_with("application/json") {
        serde_json::from_slice(body).ok()
    } else {
        serde_urlencoded::from_bytes(body).ok()
    };
    request.ok_or_else(invalid_request)
}

fn authenticate(world: &World, request: &Request) -> Result<Client, ApiError> {
    let client = world.oauth.client(&request.client_id).ok_or_else(invalid_client)?;
    let secret_fits = request.client_secret.as_deref() == Some(client.secret.as_str());
    let accepted = match client.kind {
        ClientKind::Confidential => secret_fits,
        // A public client needs no secret; a wrong one is refused all the same.
        ClientKind::Public => request.client_secret.is_none() || secret_fits,
    };
    if accepted { Ok(client.clone()) } else { Err(invalid_client()) }
}

fn authorization_code(
    world: &mut World,
    client: &Client,
    request: &Request,
    now: jiff::Timestamp,
) -> Result<Token, ApiError> {
    let lifetimes = lifetimes(world, request)?;
    let presented = request.code.as_deref().ok_or_else(invalid_request)?;
    // Looked at before it is taken, so that another client cannot burn it.
    if world.oauth.codes.get(presented).is_none_or(|code| code.client_id != client.id) {
        return Err(invalid_grant());
    }
    let code = world.oauth.codes.remove(presented).ok_or_else(invalid_grant)?;
    let proven = match (&code.challenge, &request.code_verifier) {
        (Some(challenge), Some(verifier)) => {
            *challenge == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
        }
        (None, None) => true,
        _ => false,
    };
    let usable = now < code.expires_at
        && request.redirect_uri.as_deref() == Some(code.redirect_uri.as_str())
        && proven
        && is_active(world, code.user_id);
    if !usable {
        return Err(invalid_grant());
    }
    Ok(issue(world, client.id, code.user_id, code.scopes, lifetimes, now))
}

fn refresh(
    world: &mut World,
    client: &Client,
    request: &Request,
    now: jiff::Timestamp,
) -> Result<Token, ApiError> {
    let lifetimes = lifetimes(world, request)?;
    let presented = request.refresh_token.as_deref().ok_or_else(invalid_request)?;
    let old = world.oauth.by_refresh_token(presented, now).filter(|token| token.client_id == client.id);
    let old = old.cloned().ok_or_else(invalid_grant)?;
    if !is_active(world, old.user_id) {
        return Err(invalid_grant());
    }
    let scopes = match &request.scope {
        Some(scope) => {
            let asked = super::authorize::scopes(scope);
            if !asked.iter().all(|scope| old.scopes.contains(scope)) {
                return Err(refused(
                    "invalid_scope",
                    "The requested scope is invalid, unknown, or malformed.",
                ));
            }
            asked
        }
        None => old.scopes.clone(),
    };
    // Both tokens of the old pair end here: whoever holds a copy finds out.
    world.oauth.revoke(old.id);
    Ok(issue(world, client.id, old.user_id, scopes, lifetimes, now))
}

fn client_credentials(
    world: &mut World,
    client: &Client,
    request: &Request,
    now: jiff::Timestamp,
) -> Result<Token, ApiError> {
    if client.kind == ClientKind::Public {
        return Err(refused(
            "unauthorized_client",
            "The client is not authorized to perform this request using this method.",
        ));
    }
    let lifetimes = Lifetimes { refresh: None, ..lifetimes(world, request)? };
    let admin =
        || world.users.values().find(|user| user.role == Role::Admin && user.active).map(|user| user.id);
    let user_id =
        client.user_id.or_else(admin).filter(|id| is_active(world, *id)).ok_or_else(invalid_client)?;
    let scopes: Arc<[String]> = super::authorize::scopes(request.scope.as_deref().unwrap_or("read"));
    Ok(issue(world, client.id, user_id, scopes, lifetimes, now))
}

fn lifetimes(world: &World, request: &Request) -> Result<Lifetimes, ApiError> {
    let within = |asked: Option<u64>, bounds: std::ops::RangeInclusive<u64>, default: u64| match asked {
        Some(asked) if !bounds.contains(&asked) => Err(refused(
            "invalid_request",
            &format!("The expiration must be between {} and {} seconds.", bounds.start(), bounds.end()),
        )),
        asked => Ok(asked.unwrap_or(default)),
    };
    Ok(Lifetimes {
        access: within(request.expires_in, ACCESS_SECONDS, world.settings.access_token_seconds)?,
        refresh: Some(within(
            request.refresh_token_expires_in,
            REFRESH_SECONDS,
            world.settings.refresh_token_seconds,
        )?),
    })
}

fn granted(token: &Token) -> Value {
    let seconds = |end: jiff::Timestamp| end.duration_since(token.created_at).as_secs();
    let mut answer = json!({
        "access_token": token.access_token,
        "token_type": "bearer",
        "scope": token.scopes.join(" "),
        "expires_in": seconds(token.expires_at),
    });
    if let (Some(refresh), Some(end)) = (&token.refresh_token, token.refresh_expires_at) {
        answer["refresh_token"] = json!(refresh);
        answer["refresh_token_expires_in"] = json!(seconds(end));
    }
    answer
}

fn refused(error: &str, description: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, json!({"error": error, "error_description": description}))
}

fn invalid_request() -> ApiError {
    refused(
        "invalid_request",
        "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise \
         malformed.",
    )
}

fn invalid_grant() -> ApiError {
    refused(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in \
         the authorization request, or was issued to another client.",
    )
}

fn invalid_client() -> ApiError {
    let description = "Client authentication failed due to unknown client, no client authentication included, or \
                       unsupported authentication method.";
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        json!({"error": "invalid_client", "error_description": description}),
    )
}
