//! RSA key pairs of apps: each app signs the tokens of its pages with a key of its own.
//!
//! Making a 2048-bit key takes a noticeable part of a second, so keys are made when one is first needed and kept in a
//! pool for the whole process: sandboxes of a test suite that live at the same time share them. Apps of the same
//! sandbox never do.

use std::sync::Arc;

use parking_lot::Mutex;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding};

const BITS: usize = 2048;

static POOL: Mutex<Vec<Arc<str>>> = Mutex::new(Vec::new());

/// The key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("RSA key: {0}")]
pub struct KeyError(String);

impl KeyError {
    pub(super) fn interrupted() -> KeyError {
        KeyError("the sandbox is stopping".to_owned())
    }
}

/// A private key (PKCS#8 PEM) for which `taken` is false. Blocks while it is being made.
///
/// # Errors
/// When the key cannot be made.
pub fn private_key(taken: impl Fn(&str) -> bool) -> Result<Arc<str>, KeyError> {
    // The lock is held while a key is made, so that two who need one at the same time do not both make it.
    let mut pool = POOL.lock();
    if let Some(pem) = pool.iter().find(|pem| !taken(pem)) {
        return Ok(pem.clone());
    }
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(|e| KeyError(e.to_string()))?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|e| KeyError(e.to_string()))?;
    let pem: Arc<str> = pem.as_str().into();
    pool.push(pem.clone());
    Ok(pem)
}

/// The public half of a private key, as PEM (`BEGIN PUBLIC KEY`).
///
/// # Errors
/// When `private_pem` is not a private key.
pub fn public_key_pem(private_pem: &str) -> Result<String, KeyError> {
    let key = RsaPrivateKey::from_pkcs8_pem(private_pem).map_err(|e| KeyError(e.to_string()))?;
    key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|e| KeyError(e.to_string()))
}
