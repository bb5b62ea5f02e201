//! Who is asking.

use axum::extract::Request;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, Method, header};

use crate::oauth::is_active;
use crate::workspace_api::sessions;
use crate::{ApiError, Caller, Scopes, Shared, World};

/// The id of the access token that authenticated a request: an extension beside [`Caller`].
#[derive(Debug, Clone, Copy)]
pub struct TokenId(pub u64);

/// A person, and the token that the person came with.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) caller: Caller,
    token: Option<TokenId>,
}

impl Identity {
    pub(super) fn put_into(self, request: &mut Request) {
        request.extensions_mut().insert(self.caller);
        if let Some(token) = self.token {
            request.extensions_mut().insert(token);
        }
    }
}

/// The resources that have scopes of their own (`tickets:read`, …), by the first segment of the path.
const RESOURCES: [&str; 11] = [
    "tickets",
    "users",
    "organizations",
    "apps",
    "triggers",
    "automations",
    "targets",
    "webhooks",
    "macros",
    "requests",
    "satisfaction_ratings",
];

/// The person behind a request; nothing when it carries no credentials.
///
/// # Errors
/// 401 when the credentials are wrong, 403 when a page of another origin uses the session cookie.
pub(super) fn identify(shared: &Shared, request: &Request) -> Result<Option<Identity>, ApiError> {
    let headers = request.headers();
    let world = shared.read();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let value = value.to_str().map_err(|_| ApiError::unauthenticated())?;
        return match value.split_once(' ') {
            Some((kind, token)) if kind.eq_ignore_ascii_case("bearer") => {
                bearer(shared, &world, token.trim())
            }
            Some((kind, encoded)) if kind.eq_ignore_ascii_case("basic") => basic(&world, encoded.trim()),
            _ => Err(ApiError::unauthenticated()),
        }
        .map(Some);
    }
    if let Some(token) = query_token(request) {
        return bearer(shared, &world, &token).map(Some);
    }
    let Some(session) = sessions::of(&world, headers).filter(|session| is_active(&world, session.user_id))
    else {
        return Ok(None);
    };
    if request.method() != Method::GET && !same_origin(headers) {
        return Err(ApiError::forbidden());
    }
    Ok(person(&world, session.user_id, Scopes::All, true))
}

fn query_token(request: &Request) -> Option<String> {
    let query = request.uri().query()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "access_token")
        .map(|(_, value)| value.into_owned())
}

fn bearer(shared: &Shared, world: &World, access_token: &str) -> Result<Identity, ApiError> {
    let token =
        world.oauth.by_access_token(access_token, shared.now()).ok_or_else(ApiError::invalid_token)?;
    if !is_active(world, token.user_id) {
        return Err(ApiError::invalid_token());
    }
    // The role is today's, not the one at the time of the grant.
    let identity = person(world, token.user_id, Scopes::Only(token.scopes.clone()), false);
    let mut identity = identity.ok_or_else(ApiError::invalid_token)?;
    identity.caller.client_id =
        world.oauth.clients.get(&token.client_id).map(|client| client.identifier.clone());
    identity.token = Some(TokenId(token.id));
    Ok(identity)
}

fn basic(world: &World, encoded: &str) -> Result<Identity, ApiError> {
    let plain = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = plain.ok_or_else(ApiError::unauthenticated)?;
    let email = plain.strip_suffix("/token:sandbox").ok_or_else(ApiError::unauthenticated)?;
    let user = world.user_by_email(email).filter(|user| is_active(world, user.id));
    user.and_then(|user| person(world, user.id, Scopes::All, false)).ok_or_else(ApiError::unauthenticated)
}

fn person(world: &World, user_id: u64, scopes: Scopes, session: bool) -> Option<Identity> {
    let user = world.users.get(&user_id)?;
    let caller = Caller { user_id, role: user.role, scopes, client_id: None, session };
    Some(Identity { caller, token: None })
}

/// Whether the page that sends this was served by us: pages of other ports on the same host share our cookie and must
/// not be able to use it. Browsers say so themselves (which stays true behind a development server); else the origin
/// that they name with every call that changes something is compared. Other programs say nothing and may.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let fetch_site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    match (fetch_site, text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None) => true,
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == text(header::HOST),
    }
}

/// What may be asked without credentials.
pub(super) fn is_open(method: &Method, path: &str) -> bool {
    if path == "/oauth/tokens" {
        return true;
    }
    if method != Method::GET {
        return false;
    }
    let key = path.strip_prefix("/api/v2/apps/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
    path == "/api/v2/users/me" || matches!(key, Some("public_key" | "public_key.pem"))
}

/// Whether the token's scopes cover method and path.
///
/// # Errors
/// 403 naming the scope that is missing.
pub(super) fn check_scopes(caller: &Caller, method: &Method, path: &str) -> Result<(), ApiError> {
    // Any token may end itself.
    if path == "/api/v2/oauth/tokens/current" && method == Method::DELETE {
        return Ok(());
    }
    let first = path.strip_prefix("/api/v2/").unwrap_or_default().split('/').next().unwrap_or_default();
    let resource = RESOURCES.iter().find(|resource| **resource == first).copied().unwrap_or_default();
    let write = !matches!(*method, Method::GET | Method::HEAD);
    if caller.scopes.allow(resource, write) {
        return Ok(());
    }
    Err(ApiError::missing_scopes(&[if write { "write" } else { "read" }]))
}

/// The client that asks for a token names itself in the body.
pub(super) fn client_in_body(path: &str, body: &[u8]) -> Option<String> {
    if path != "/oauth/tokens" {
        return None;
    }
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) {
        return json.get("client_id").and_then(|id| id.as_str()).map(str::to_owned);
    }
    url::form_urlencoded::parse(body).find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned())
}
