//! OAuth: clients, the consent page, codes, tokens.
//!
//! As Zendesk does it since 2026: authorization code with PKCE (public clients must use it), access tokens that expire,
//! refresh tokens that rotate (each refresh ends the old pair), client credentials for confidential clients.

mod authorize;
mod clients;
mod grants;
mod pages;
mod tokens;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{Role, Shared, World, random};

/// Everything OAuth keeps in the account. Secrets are kept as they are: it is a sandbox.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {
    pub clients: BTreeMap<u64, Client>,
    /// Codes that have been given out and not yet been exchanged.
    codes: HashMap<String, Code>,
    tokens: BTreeMap<u64, Token>,
    by_access: HashMap<String, u64>,
    by_refresh: HashMap<String, u64>,
}

/// An application that may ask for authorization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    pub id: u64,
    /// What the application sends as `client_id`.
    pub identifier: String,
    /// What it sends as `client_secret`.
    pub secret: String,
    pub kind: ClientKind,
    pub name: String,
    pub description: Option<String>,
    pub company: Option<String>,
    /// Addresses that people may be sent back to, compared exactly.
    pub redirect_uris: Vec<String>,
    /// Besides these, any address on 127.0.0.1 or localhost.
    pub loopback_redirects: bool,
    /// Who made it, and whom client credentials stand for.
    pub user_id: Option<u64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// Runs in browsers or on phones: no secret, PKCE instead.
    Public,
    /// Runs on a server.
    Confidential,
}

/// A code on its way from the consent page to the token endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Code {
    client_id: u64,
    user_id: u64,
    redirect_uri: String,
    scopes: Arc<[String]>,
    /// Base64url of SHA-256 of the verifier.
    challenge: Option<String>,
    expires_at: Timestamp,
}

/// An access token with the refresh token that belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    pub id: u64,
    pub client_id: u64,
    pub user_id: u64,
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub scopes: Arc<[String]>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub refresh_expires_at: Option<Timestamp>,
}

/// How long the tokens of a grant live, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub access: u64,
    /// Nothing: no refresh token at all.
    pub refresh: Option<u64>,
}

impl State {
    /// The client that sends `identifier` as its `client_id`.
    pub fn client(&self, identifier: &str) -> Option<&Client> {
        self.clients.values().find(|client| client.identifier == identifier)
    }

    /// The token, if it is one and has not expired.
    pub fn by_access_token(&self, access_token: &str, now: Timestamp) -> Option<&Token> {
        self.by_access
            .get(access_token)
            .and_then(|id| self.tokens.get(id))
            .filter(|token| now < token.expires_at)
    }

    fn by_refresh_token(&self, refresh_token: &str, now: Timestamp) -> Option<&Token> {
        let token = self.by_refresh.get(refresh_token).and_then(|id| self.tokens.get(id))?;
        token.refresh_expires_at.filter(|end| now < *end).map(|_| token)
    }

    /// Ends a pair of tokens. Whether there was one.
    pub fn revoke(&mut self, id: u64) -> bool {
        let Some(token) = self.tokens.remove(&id) else { return false };
        self.by_access.remove(&token.access_token);
        if let Some(refresh) = &token.refresh_token {
            self.by_refresh.remove(refresh);
        }
        true
    }

    fn add(&mut self, token: Token) {
        self.by_access.insert(token.access_token.clone(), token.id);
        if let Some(refresh) = &token.refresh_token {
            self.by_refresh.insert(refresh.clone(), token.id);
        }
        self.tokens.insert(token.id, token);
    }

    /// Forgets what can never be used again.
    fn sweep(&mut self, now: Timestamp) {
        self.codes.retain(|_, code| now < code.expires_at);
        let over =
            |token: &Token| token.expires_at.max(token.refresh_expires_at.unwrap_or(token.expires_at)) <= now;
        let ended: Vec<u64> =
            self.tokens.values().filter(|token| over(token)).map(|token| token.id).collect();
        for id in ended {
            self.revoke(id);
        }
    }
}

impl Client {
    fn accepts_redirect(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == uri)
            || (self.loopback_redirects && is_loopback(uri))
    }
}

fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let local = match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        _ => false,
    };
    local && matches!(url.scheme(), "http" | "https") && url.fragment().is_none()
}

/// Makes a pair of tokens for a person, as a grant does.
pub fn issue(
    world: &mut World,
    client_id: u64,
    user_id: u64,
    scopes: Arc<[String]>,
    lifetimes: Lifetimes,
    now: Timestamp,
) -> Token {
    world.oauth.sweep(now);
    let after = |seconds: u64| {
        let span = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        now.checked_add(span).unwrap_or(Timestamp::MAX)
    };
    let token = Token {
        id: world.ids.next_id(),
        client_id,
        user_id,
        access_token: random::token(),
        refresh_token: lifetimes.refresh.map(|_| random::token()),
        scopes,
        created_at: now,
        expires_at: after(lifetimes.access),
        refresh_expires_at: lifetimes.refresh.map(after),
    };
    world.oauth.add(token.clone());
    token
}

/// A person who may act: there, not deleted, not suspended.
pub(crate) fn is_active(world: &World, user_id: u64) -> bool {
    world.users.get(&user_id).is_some_and(|user| user.active && !user.suspended)
}

/// A client that the seed wants to exist.
#[derive(Debug, Clone, Copy)]
pub struct ClientSeed {
    /// What clients send as `client_id`.
    pub identifier: &'static str,
    /// What they send as `client_secret`.
    pub secret: &'static str,
    /// Shown on the consent page.
    pub name: &'static str,
    /// Whether any redirect address on 127.0.0.1 or localhost is accepted.
    pub loopback_redirects: bool,
}

/// Called by the seed once per client, after the people are there.
pub fn add_client(world: &mut World, seed: ClientSeed) {
    let admin = world.users.values().find(|user| user.role == Role::Admin);
    let (user_id, now) =
        (admin.map(|user| user.id), admin.map_or(Timestamp::UNIX_EPOCH, |user| user.created_at));
    let id = world.ids.next_id();
    world.oauth.clients.insert(
        id,
        Client {
            id,
            identifier: seed.identifier.to_owned(),
            secret: seed.secret.to_owned(),
            kind: ClientKind::Confidential,
            name: seed.name.to_owned(),
            description: None,
            company: None,
            redirect_uris: Vec::new(),
            loopback_redirects: seed.loopback_redirects,
            user_id,
            created_at: now,
            updated_at: now,
        },
    );
}

/// Its routes.
pub fn router() -> Router<Shared> {
    Router::new()
        .route("/oauth/authorizations/new", get(authorize::ask))
        .route("/oauth/authorizations", post(authorize::decide))
        .route("/oauth/authorizations/sign_in", post(authorize::sign_in))
        .route("/oauth/tokens", post(grants::exchange))
        .route("/api/v2/oauth/tokens", get(tokens::list).post(tokens::create))
        .route("/api/v2/oauth/tokens/current", get(tokens::show_current).delete(tokens::revoke_current))
        .route("/api/v2/oauth/tokens/{id}", get(tokens::show).delete(tokens::revoke))
        .route("/api/v2/oauth/clients", get(clients::list).post(clients::create))
        .route("/api/v2/oauth/clients/{id}", get(clients::show).put(clients::update).delete(clients::delete))
        .route("/api/v2/oauth/clients/{id}/generate_secret", put(clients::generate_secret))
}
