//! The short-lived bearer token of a page: who opened it, sealed by the server's key. Nothing is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Time;

use crate::vault::{Keyring, VaultError};

/// A page left open is renewed by the page itself; one that was closed is worthless soon.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

const PURPOSE: &str = "session";

/// Who is in front of a page, as Zendesk signed it. Nothing in it comes from the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub subdomain: String,
    pub app: String,
    pub app_id: i64,
    pub installation_id: i64,
    pub agent_id: i64,
    pub expires_at: Time,
}

impl Session {
    pub fn to_token(&self, keys: &Keyring) -> Result<SecretString, VaultError> {
        let body = serde_json::to_vec(self).map_err(|_| VaultError::Altered)?;
        let signature = keys.sign(PURPOSE, &body)?;
        Ok(SecretString::from(format!("{}.{signature}", BASE64.encode(body))))
    }

    /// `None` for a token that is not ours or not valid any more at `now`.
    pub fn from_token(token: &SecretString, keys: &Keyring, now: Time) -> Option<Self> {
        let (body, signature) = token.expose_secret().split_once('.')?;
        let body = BASE64.decode(body).ok()?;
        if !keys.verify(PURPOSE, &body, signature) {
            return None;
        }
        let session: Session = serde_json::from_slice(&body).ok()?;
        (now < session.expires_at).then_some(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::SeededRandom;

    #[test]
    fn ends_with_its_time_and_cannot_be_altered() {
        let keys = Keyring::parse(Keyring::generate("a", &SeededRandom::new(1)).expose_secret()).unwrap();
        let now = Time::from_micros(1_800_000_000_000_000).unwrap();
        let session = Session {
            subdomain: "acme".into(),
            app: "deadline".into(),
            app_id: 1,
            installation_id: 2,
            agent_id: 3,
            expires_at: now.plus(LIFETIME),
        };
        let token = session.to_token(&keys).unwrap();
        assert_eq!(Session::from_token(&token, &keys, now), Some(session.clone()));
        assert_eq!(Session::from_token(&token, &keys, now.plus(LIFETIME)), None);
        let other = Session { agent_id: 4, ..session }.to_token(&keys).unwrap();
        let (body, _) = other.expose_secret().split_once('.').unwrap();
        let (_, signature) = token.expose_secret().split_once('.').unwrap();
        let forged = SecretString::from(format!("{body}.{signature}"));
        assert_eq!(Session::from_token(&forged, &keys, now), None);
    }
}
