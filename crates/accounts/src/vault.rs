//! Credentials at rest: authenticated encryption under keys that can be rotated, bound to the account and the column.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use store::Random;
use subtle::ConstantTimeEq;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The server's secret keys. The first one encrypts and signs; the others still decrypt and verify what they once made.
pub struct Keyring(Vec<Key>);

struct Key {
    id: String,
    secret: SecretBox<[u8; KEY_BYTES]>,
}

/// Why a key or a sealed value is refused. Never contains either.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultError {
    #[error(
        "the secret key must be `ID:64 hexadecimal digits` (32 random bytes), one a line, the newest first"
    )]
    BadKey,
    #[error("the key \"{0}\" is listed twice")]
    RepeatedKey(String),
    #[error("no secret key is configured")]
    NoKey,
    #[error(
        "the value was encrypted under the key \"{0}\", which is not configured: add it back to the key file"
    )]
    UnknownKey(String),
    #[error("a sealed value was altered, or belongs to another account or column")]
    Altered,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl Keyring {
    /// Reads keys from `ID:HEX` lines, the newest first. Empty lines and lines that begin with `#` are skipped.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let mut keys: Vec<Key> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (id, digits) = line.split_once(':').ok_or(VaultError::BadKey)?;
            let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if id.is_empty() || id.len() > 32 || !id.chars().all(known) {
                return Err(VaultError::BadKey);
            }
            let mut secret = Box::new([0; KEY_BYTES]);
            hex::decode_to_slice(digits.trim(), secret.as_mut_slice()).map_err(|_| VaultError::BadKey)?;
            if keys.iter().any(|key| key.id == id) {
                return Err(VaultError::RepeatedKey(id.to_owned()));
            }
            keys.push(Key { id: id.to_owned(), secret: SecretBox::new(secret) });
        }
        if keys.is_empty() { Err(VaultError::NoKey) } else { Ok(Self(keys)) }
    }

    /// The text of a new key file with one key.
    pub fn generate(id: &str, random: &dyn Random) -> SecretString {
        let mut secret = [0; KEY_BYTES];
        random.fill(&mut secret);
        SecretString::from(format!("{id}:{}\n", hex::encode(secret)))
    }

    /// Ids of the configured keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// Encrypts `plain`; only the same `context` (account and column) opens it again.
    pub fn seal(
        &self,
        context: &str,
        plain: &SecretString,
        random: &dyn Random,
    ) -> Result<String, VaultError> {
        let key = self.0.first().ok_or(VaultError::NoKey)?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain.expose_secret().as_bytes(), aad: context.as_bytes() };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Altered)?;
        Ok(format!("{}.{}{}", key.id, BASE64.encode(nonce), BASE64.encode(sealed)))
    }

    /// Decrypts what [`Keyring::seal`] made for the same `context`.
    pub fn open(&self, context: &str, sealed: &str) -> Result<SecretString, VaultError> {
        let (id, body) = sealed.split_once('.').ok_or(VaultError::Altered)?;
        let key =
            self.0.iter().find(|key| key.id == id).ok_or_else(|| VaultError::UnknownKey(id.to_owned()))?;
        // 24 bytes are exactly 32 digits of base64.
        let (nonce, body) = body.split_at_checked(32).ok_or(VaultError::Altered)?;
        let nonce = BASE64.decode(nonce).map_err(|_| VaultError::Altered)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| VaultError::Altered)?;
        let body = BASE64.decode(body).map_err(|_| VaultError::Altered)?;
        let payload = Payload { msg: &body, aad: context.as_bytes() };
        let plain = key.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Altered)?;
        String::from_utf8(plain).map(SecretString::from).map_err(|_| VaultError::Altered)
    }

    /// A signature of `message` for one `purpose`, under the current key: `ID.BASE64`.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> Result<String, VaultError> {
        let key = self.0.first().ok_or(VaultError::NoKey)?;
        Ok(format!("{}.{}", key.id, BASE64.encode(key.mac(purpose, message))))
    }

    /// Whether `signature` is one of [`Keyring::sign`] for the same purpose and message. In constant time.
    pub fn verify(&self, purpose: &str, message: &[u8], signature: &str) -> bool {
        let Some((id, mac)) = signature.split_once('.') else { return false };
        let Some(key) = self.0.iter().find(|key| key.id == id) else { return false };
        let Ok(mac) = BASE64.decode(mac) else { return false };
        key.mac(purpose, message).ct_eq(&mac).into()
    }
}

impl Key {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("vault").into())
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        hmac(&self.derive(purpose), message)
    }

    /// One key for each purpose, so that what is made for one is worth nothing for another.
    fn derive(&self, purpose: &str) -> [u8; KEY_BYTES] {
        hmac(self.secret.expose_secret(), purpose.as_bytes())
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A new random secret of 256 bits as text that fits in a header.
pub fn new_secret(random: &dyn Random) -> SecretString {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    SecretString::from(BASE64.encode(bytes))
}

/// What is stored of a random secret. A plain hash is enough for 256 random bits; looking it up leaks nothing of use.
pub fn hash_secret(secret: &SecretString) -> String {
    hex::encode(Sha256::digest(secret.expose_secret().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::SeededRandom;

    fn keyring(ids: &[&str]) -> Keyring {
        let random = SeededRandom::new(7);
        let all: String =
            ["a", "b"].iter().map(|id| Keyring::generate(id, &random).expose_secret().to_owned()).collect();
        let chosen: Vec<&str> =
            ids.iter().map(|id| all.lines().find(|line| line.starts_with(id)).unwrap()).collect();
        Keyring::parse(&chosen.join("\n")).unwrap()
    }

    #[test]
    fn opens_only_in_its_own_place() {
        let keys = keyring(&["a"]);
        let random = SeededRandom::new(1);
        let secret = SecretString::from("s3cret");
        let sealed = keys.seal("acc_1/refresh", &secret, &random).unwrap();
        assert!(!sealed.contains("s3cret"));
        assert_eq!(keys.open("acc_1/refresh", &sealed).unwrap().expose_secret(), "s3cret");
        assert_eq!(keys.open("acc_2/refresh", &sealed).unwrap_err(), VaultError::Altered);
        let altered = format!("{}A", &sealed[..sealed.len() - 1]);
        assert!(altered == sealed || keys.open("acc_1/refresh", &altered).is_err());
        assert_ne!(sealed, keys.seal("acc_1/refresh", &secret, &random).unwrap(), "a new nonce each time");
    }

    #[test]
    fn older_keys_open_and_lost_ones_are_named() {
        let random = SeededRandom::new(1);
        let sealed = keyring(&["a"]).seal("x", &"s".into(), &random).unwrap();
        assert_eq!(keyring(&["b", "a"]).open("x", &sealed).unwrap().expose_secret(), "s");
        assert_eq!(keyring(&["b"]).open("x", &sealed).unwrap_err(), VaultError::UnknownKey("a".into()));
    }

    #[test]
    fn signatures_are_bound_to_purpose_and_message() {
        let keys = keyring(&["a"]);
        let signature = keys.sign("session", b"m").unwrap();
        assert!(keys.verify("session", b"m", &signature));
        assert!(!keys.verify("session", b"n", &signature));
        assert!(!keys.verify("other", b"m", &signature));
        assert!(!keyring(&["b"]).verify("session", b"m", &signature));
        assert!(!keys.verify("session", b"m", "nonsense"));
    }

    #[test]
    fn bad_keys_are_refused_and_debug_shows_only_ids() {
        for text in ["", "abc", "a:12", "a b:00", ":00"] {
            assert!(Keyring::parse(text).is_err(), "{text}");
        }
        let line = Keyring::generate("a", &SeededRandom::new(1)).expose_secret().to_owned();
        assert!(matches!(Keyring::parse(&format!("{line}{line}")), Err(VaultError::RepeatedKey(_))));
        assert_eq!(format!("{:?}", keyring(&["b", "a"])), r#"["b", "a"]"#);
    }
}
