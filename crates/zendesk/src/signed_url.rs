//! Signed URLs: who opens an app's page.
//!
//! For apps whose manifest says `signedUrls`, Zendesk opens the page with a form post whose `token` field is a JWT, signed
//! (RS256) with the app's key. [`peek_unverified`] says which account and app it claims to be about, to find the key;
//! [`verify`] says whether it is true. The token comes with the first request only and can be replayed until it expires
//! (about five minutes).

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::base_url::is_subdomain;

/// Longer tokens are not looked at.
const MAX_TOKEN: usize = 16 * 1024;

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a token of this kind.
    #[error("not a signed-URL token")]
    Malformed,
    /// Signed in another way than RS256.
    #[error("not signed with RS256")]
    Algorithm,
    /// What was given as key is not the PEM of an RSA public key.
    #[error("the key is not an RSA public key")]
    Key,
    /// Not signed with this key: the key may have changed, ask for it anew.
    #[error("the signature does not fit the key")]
    Signature,
    /// Signed, but this claim is missing or contradicts the others.
    #[error("the claim {0} is not acceptable")]
    Claim(&'static str),
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not yet valid")]
    NotYetValid,
    /// True, but about another account than expected.
    #[error("meant for another account")]
    OtherAccount,
    /// True, but about another installation than expected.
    #[error("meant for another installation")]
    OtherInstallation,
    /// True, but of another query string than expected.
    #[error("meant for another query string")]
    OtherQuery,
}

/// What a token must say to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// Now.
    pub now: Timestamp,
    /// How far Zendesk's clock may differ.
    pub leeway: Duration,
    /// The account that it must be about, if known.
    pub subdomain: Option<&'a str>,
    /// The installation that it must be about, if known.
    pub installation_id: Option<i64>,
    /// The `qsh` that it must carry. Zendesk does not document how it hashes the query string, so this is off by default.
    pub qsh: Option<&'a str>,
}

impl Expectation<'_> {
    /// Any account's token that is valid now.
    pub fn at(now: Timestamp, leeway: Duration) -> Self {
        Self { now, leeway, subdomain: None, installation_id: None, qsh: None }
    }
}

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub subdomain: String,
    /// The app's installation in it.
    pub installation_id: i64,
    /// The user who opens the page. His role is not said: ask Zendesk.
    pub user_id: i64,
    /// Where the page opens.
    pub context: Context,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// Where the key is said to be (`cnf.jku`), if that is a place where Zendesk keeps keys of this account's apps.
    pub key_url: Option<Url>,
    /// The app's id, out of `key_url`.
    pub app_id: Option<i64>,
    /// Hash of the query string.
    pub qsh: Option<String>,
}

/// Where a page opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// `support`.
    pub product: Option<String>,
    /// `ticket_sidebar`, `nav_bar`, …
    pub location: Option<String>,
    /// The ticket, in ticket locations.
    pub ticket_id: Option<i64>,
    /// The user looked at, in the user sidebar.
    pub user_id: Option<i64>,
    /// The organization looked at, in the organization sidebar.
    pub organization_id: Option<i64>,
}

/// What a token claims, true or not. Good for finding the key to verify it with, and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// The account that it claims to be about.
    pub subdomain: String,
    /// The installation that it claims to be about.
    pub installation_id: i64,
    /// The app, if the token says where its key is and that place is of the same account.
    pub app_id: Option<i64>,
}

#[derive(Deserialize)]
struct Raw {
    iss: Option<String>,
    aud: Option<Value>,
    sub: Option<Value>,
    iat: Option<i64>,
    nbf: Option<i64>,
    exp: Option<i64>,
    qsh: Option<String>,
    cnf: Option<Confirmation>,
    #[serde(default)]
    context: Value,
}

#[derive(Deserialize)]
struct Confirmation {
    jku: Option<String>,
}

/// The parts that say which installation of which account this is.
struct Origin<'a> {
    host: &'a str,
    subdomain: &'a str,
    installation_id: i64,
    key: Option<(Url, i64)>,
}

/// Reads a token **without checking its signature**.
pub fn peek_unverified(token: &str) -> Result<Unverified, Error> {
    check_form(token)?;
    let raw = jsonwebtoken::dangerous::insecure_decode_claims::<Raw>(token).map_err(|_| Error::Malformed)?;
    let origin = raw.origin()?;
    Ok(Unverified {
        subdomain: origin.subdomain.to_owned(),
        installation_id: origin.installation_id,
        app_id: origin.key.map(|(_, app_id)| app_id),
    })
}

/// Checks a token with the app's public key (PEM, as [`crate::apps::public_key`] gives it) and reads it.
pub fn verify(token: &str, key_pem: &str, expected: &Expectation<'_>) -> Result<Claims, Error> {
    check_form(token)?;
    let key = DecodingKey::from_rsa_pem(key_pem.as_bytes()).map_err(|_| Error::Key)?;
    let mut validation = Validation::new(Algorithm::RS256);
    // The library would ask the system's clock; times and audience are checked below.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    let raw = jsonwebtoken::decode::<Raw>(token, &key, &validation)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Error::Signature,
            ErrorKind::InvalidAlgorithm => Error::Algorithm,
            ErrorKind::InvalidKeyFormat | ErrorKind::InvalidRsaKey(_) => Error::Key,
            _ => Error::Malformed,
        })?
        .claims;
    raw.check(expected)
}

/// Three parts, not too long, RS256.
fn check_form(token: &str) -> Result<(), Error> {
    if token.len() > MAX_TOKEN {
        return Err(Error::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
        // The library knows a fixed set of algorithms and calls others, `none` included, bad JSON.
        ErrorKind::Json(_) => Error::Algorithm,
        _ => Error::Malformed,
    })?;
    if header.alg == Algorithm::RS256 { Ok(()) } else { Err(Error::Algorithm) }
}

impl Raw {
    fn origin(&self) -> Result<Origin<'_>, Error> {
        let host = self.iss.as_deref().ok_or(Error::Claim("iss"))?;
        let subdomain =
            host.strip_suffix(".zendesk.com").filter(|s| is_subdomain(s)).ok_or(Error::Claim("iss"))?;
        let audience = match self.aud.as_ref() {
            Some(Value::String(audience)) => audience,
            Some(Value::Array(list)) => match list.as_slice() {
                [Value::String(audience)] => audience,
                _ => return Err(Error::Claim("aud")),
            },
            _ => return Err(Error::Claim("aud")),
        };
        let installation_id = zendesk_url(audience, host)
            .and_then(|url| {
                let id = url.path().strip_prefix("/api/v2/apps/installations/")?;
                digits(id.strip_suffix(".json").unwrap_or(id))
            })
            .ok_or(Error::Claim("aud"))?;
        let jku = self.cnf.as_ref().and_then(|cnf| cnf.jku.as_deref());
        let key = jku.and_then(|jku| {
            let url = zendesk_url(jku, host)?;
            let (id, file) = url.path().strip_prefix("/api/v2/apps/")?.split_once('/')?;
            let app_id = matches!(file, "public_key" | "public_key.pem").then(|| digits(id))??;
            Some((url, app_id))
        });
        Ok(Origin { host, subdomain, installation_id, key })
    }

    fn check(&self, expected: &Expectation<'_>) -> Result<Claims, Error> {
        let origin = self.origin()?;
        let issued_at = timestamp(self.iat, "iat")?;
        let expires_at = timestamp(self.exp, "exp")?;
        if expires_at <= issued_at {
            return Err(Error::Claim("exp"));
        }
        let now = expected.now;
        let leeway = jiff::SignedDuration::try_from(expected.leeway).unwrap_or_default();
        if now.duration_since(expires_at) >= leeway {
            return Err(Error::Expired);
        }
        let not_before = self.nbf.map(|nbf| timestamp(Some(nbf), "nbf")).transpose()?;
        if [Some(issued_at), not_before].into_iter().flatten().any(|start| start.duration_since(now) > leeway)
        {
            return Err(Error::NotYetValid);
        }
        if expected.subdomain.is_some_and(|subdomain| subdomain != origin.subdomain) {
            return Err(Error::OtherAccount);
        }
        if expected.installation_id.is_some_and(|id| id != origin.installation_id) {
            return Err(Error::OtherInstallation);
        }
        if expected.qsh.is_some_and(|qsh| self.qsh.as_deref() != Some(qsh)) {
            return Err(Error::OtherQuery);
        }
        let user_id =
            self.sub.as_ref().and_then(|sub| user_id(sub, origin.host)).ok_or(Error::Claim("sub"))?;
        let (key_url, app_id) = origin.key.unzip();
        Ok(Claims {
            subdomain: origin.subdomain.to_owned(),
            installation_id: origin.installation_id,
            user_id,
            context: Context::read(&self.context),
            issued_at,
            expires_at,
            key_url,
            app_id,
            qsh: self.qsh.clone(),
        })
    }
}

impl Context {
    fn read(context: &Value) -> Self {
        let text = |name: &str| context[name].as_str().map(str::to_owned);
        let id = |camel: &str, snake: &str| number(&context[camel]).or_else(|| number(&context[snake]));
        Self {
            product: text("product"),
            location: text("location"),
            ticket_id: id("ticketId", "ticket_id"),
            user_id: id("userId", "user_id"),
            organization_id: id("organizationId", "organization_id"),
        }
    }
}

/// A number, a number as text, or the user's address in the API: what Zendesk sends is not documented.
fn user_id(sub: &Value, host: &str) -> Option<i64> {
    number(sub).or_else(|| {
        let url = zendesk_url(sub.as_str()?, host)?;
        let id = url.path().rsplit_once("/users/")?.1;
        digits(id.strip_suffix(".json").unwrap_or(id))
    })
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().filter(|n| *n > 0),
        Value::String(text) => digits(text),
        _ => None,
    }
}

fn digits(text: &str) -> Option<i64> {
    let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| text.parse().ok())?.filter(|n| *n > 0)
}

/// A bare https URL of exactly this host.
fn zendesk_url(text: &str, host: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.scheme() == "https"
        && url.host_str() == Some(host)
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    plain.then_some(url)
}

fn timestamp(seconds: Option<i64>, claim: &'static str) -> Result<Timestamp, Error> {
    seconds.and_then(|s| Timestamp::from_second(s).ok()).ok_or(Error::Claim(claim))
}
