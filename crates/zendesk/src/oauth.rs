//! OAuth: how an administrator gives access, and how that access is kept fresh.
//!
//! The flow is authorization code with PKCE. Zendesk's codes live two minutes. Every refresh gives a new pair **and kills
//! the old one**: store the pair before using it, and refresh one at a time.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::code_of;
use crate::{BaseUrl, Http, RateSnapshot};

/// Who asks for access: a client of one account, or a global one (`zdg-…`) known to all.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its identifier.
    pub client_id: String,
    /// Its secret; `None` for public clients, for which Zendesk requires PKCE.
    pub secret: Option<SecretString>,
    /// Where Zendesk sends the administrator back to; must be registered with the client.
    pub redirect_uri: String,
    /// How long tokens shall live.
    pub lifetimes: Lifetimes,
}

/// How long tokens shall live. `None`: as the client was set up; for clients of one account that may mean for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lifetimes {
    /// Access token: 5 minutes to 2 days.
    pub access: Option<Duration>,
    /// Refresh token: 7 to 90 days.
    pub refresh: Option<Duration>,
}

/// Access, and the means to renew it.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// Goes into [`crate::Client::new`].
    pub access: SecretString,
    /// Good for one [`Client::refresh`]. Missing if the access token does not expire.
    pub refresh: Option<SecretString>,
    /// How long the access token lives from now; `None`: until revoked.
    pub expires_in: Option<Duration>,
    /// How long the refresh token lives from now.
    pub refresh_expires_in: Option<Duration>,
    /// Granted scopes, separated by spaces.
    pub scope: String,
}

/// Why no tokens came.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The code or refresh token is used up, expired or revoked, or the verifier does not fit: start over with an
    /// administrator.
    #[error("the grant is not valid any more")]
    InvalidGrant,
    /// Zendesk does not know the client, or its secret is wrong: the operator's set-up.
    #[error("Zendesk does not accept the OAuth client")]
    InvalidClient,
    /// Another objection: `invalid_request`, `invalid_scope`, …
    #[error("Zendesk refuses to give tokens ({status} {code})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// OAuth's word for it; may be empty.
        code: String,
    },
    /// Anything that is not about OAuth. If [`crate::Error::may_have_been_done`], the old pair may be dead.
    #[error(transparent)]
    Call(#[from] crate::Error),
}

impl Error {
    /// The same request, sent again later, may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Call(error) if error.is_retryable())
    }
}

/// Proof that who redeems the code is who asked for it (RFC 7636, S256).
pub struct Pkce {
    verifier: SecretString,
    challenge: String,
}

impl fmt::Debug for Pkce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkce").field("challenge", &self.challenge).finish_non_exhaustive()
    }
}

impl Pkce {
    /// From 32 bytes that nobody can guess.
    pub fn new(random: [u8; 32]) -> Self {
        let verifier = URL_SAFE_NO_PAD.encode(random);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        Self { verifier: verifier.into(), challenge }
    }

    /// To keep until the code comes, and give to [`Client::exchange_code`].
    pub fn verifier(&self) -> &SecretString {
        &self.verifier
    }

    /// Goes into [`Client::authorize_url`].
    pub fn challenge(&self) -> &str {
        &self.challenge
    }
}

#[derive(Serialize)]
struct TokenRequest<'a> {
    grant_type: &'static str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_verifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token_expires_in: Option<u64>,
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    scope: String,
}

impl Client {
    /// Where to send the administrator. Zendesk sends him to `redirect_uri` with `code` and `state`, or with `error`
    /// (`access_denied`). `state` must be something that only his browser session knows.
    pub fn authorize_url(&self, base: &BaseUrl, scopes: &[&str], state: &str, pkce: &Pkce) -> Url {
        let mut url = base.at("/oauth/authorizations/new");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", state)
            .append_pair("code_challenge", pkce.challenge())
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// Redeems a code; it can be redeemed once. `verifier`: of the [`Pkce`] whose challenge was sent.
    pub async fn exchange_code(
        &self,
        http: &Http,
        base: &BaseUrl,
        code: &str,
        verifier: &SecretString,
    ) -> Result<TokenPair, Error> {
        let request = TokenRequest {
            code: Some(code),
            redirect_uri: Some(&self.redirect_uri),
            code_verifier: Some(verifier.expose_secret()),
            ..self.request("authorization_code")
        };
        fetch(http, base, &request).await
    }

    /// Trades a refresh token for a new pair; the old pair is dead as soon as Zendesk has done it, even if the answer is
    /// lost on the way.
    pub async fn refresh(
        &self,
        http: &Http,
        base: &BaseUrl,
        refresh: &SecretString,
    ) -> Result<TokenPair, Error> {
        let refresh_token = Some(refresh.expose_secret());
        fetch(http, base, &TokenRequest { refresh_token, ..self.request("refresh_token") }).await
    }

    fn request(&self, grant_type: &'static str) -> TokenRequest<'_> {
        TokenRequest {
            grant_type,
            client_id: &self.client_id,
            client_secret: self.secret.as_ref().map(ExposeSecret::expose_secret),
            code: None,
            redirect_uri: None,
            code_verifier: None,
            refresh_token: None,
            expires_in: self.lifetimes.access.map(|d| d.as_secs()),
            refresh_token_expires_in: self.lifetimes.refresh.map(|d| d.as_secs()),
        }
    }
}

async fn fetch(http: &Http, base: &BaseUrl, request: &TokenRequest<'_>) -> Result<TokenPair, Error> {
    let body = serde_json::to_vec(request)
        .map_err(|_| crate::Error::BadCall("the token request cannot be written as JSON"))?;
    let request = Request::post(base.at("/oauth/tokens").as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .body(Bytes::from(body))
        .map_err(|_| crate::Error::BadCall("not a URL"))?;
    let answer = http.send_to_zendesk(request).await?;
    let status = answer.status();
    if !status.is_success() {
        let rate = RateSnapshot::from_headers(answer.headers());
        return Err(refusal(status, answer.body(), &rate));
    }
    let tokens = serde_json::from_slice::<TokenAnswer>(answer.body())
        .map_err(|error| crate::Error::from_json(&error, true))?;
    Ok(TokenPair {
        access: tokens.access_token.into(),
        refresh: tokens.refresh_token.map(Into::into),
        expires_in: tokens.expires_in.map(Duration::from_secs),
        refresh_expires_in: tokens.refresh_token_expires_in.map(Duration::from_secs),
        scope: tokens.scope,
    })
}

fn refusal(status: StatusCode, body: &[u8], rate: &RateSnapshot) -> Error {
    let code = code_of(&serde_json::from_slice::<Value>(body).unwrap_or_default());
    match (status.as_u16(), code.as_str()) {
        (400 | 401, "invalid_grant") => Error::InvalidGrant,
        (400 | 401, "invalid_client" | "unauthorized_client") => Error::InvalidClient,
        (400 | 401 | 403 | 422, _) => Error::Refused { status: status.as_u16(), code },
        _ => Error::Call(crate::Error::from_answer(status, body, rate, true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105,
            214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let pkce = Pkce::new(random);
        assert_eq!(pkce.verifier().expose_secret(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(!format!("{pkce:?}").contains("dBjft"));
    }

    #[test]
    fn the_authorize_url_carries_everything_encoded() {
        let client = Client {
            client_id: "zdg-apps & co".into(),
            secret: Some("hush".to_owned().into()),
            redirect_uri: "https://apps.example.com/oauth?x=1".into(),
            lifetimes: Lifetimes::default(),
        };
        let base = BaseUrl::for_subdomain("acme").unwrap();
        let pkce = Pkce::new([7; 32]);
        let url = client.authorize_url(&base, &["read", "tickets:write"], "s&t", &pkce);
        assert!(url.as_str().starts_with("https://acme.zendesk.com/oauth/authorizations/new?"));
        let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let expected = [
            ("client_id", "zdg-apps & co"),
            ("code_challenge", pkce.challenge()),
            ("code_challenge_method", "S256"),
            ("redirect_uri", "https://apps.example.com/oauth?x=1"),
            ("response_type", "code"),
            ("scope", "read tickets:write"),
            ("state", "s&t"),
        ];
        assert_eq!(query, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert!(!format!("{client:?}").contains("hush"));
    }
}
