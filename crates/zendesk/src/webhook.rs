//! Signatures of webhook deliveries.
//!
//! Zendesk sends `X-Zendesk-Webhook-Signature: base64(HMAC-SHA256(secret, timestamp + body))` and
//! `X-Zendesk-Webhook-Signature-Timestamp: 2026-09-18T23:38:13Z`. It delivers at least once: remember
//! `X-Zendesk-Webhook-Invocation-Id` to recognise repetitions.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "x-zendesk-webhook-signature";
/// Header with the time that is signed.
pub const TIMESTAMP_HEADER: &str = "x-zendesk-webhook-signature-timestamp";
/// Header that is the same for all deliveries of one event to one webhook.
pub const INVOCATION_ID_HEADER: &str = "x-zendesk-webhook-invocation-id";

/// Why a delivery is not believed. Tell the caller nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not signed with this secret, or changed on the way.
    #[error("the signature does not fit")]
    Mismatch,
    /// Signed, but the time is not a time, too old, or in the future by as much.
    #[error("the delivery is not of this time")]
    Stale,
}

/// Whether Zendesk made this delivery, at most `max_age` before (or, for clocks that differ, after) `now`. `body` is the raw
/// body. Takes the same time whatever the signature is.
pub fn verify(
    secret: &SecretString,
    timestamp: &str,
    body: &[u8],
    signature: &str,
    now: Timestamp,
    max_age: Duration,
) -> Result<(), SignatureError> {
    let signature = STANDARD.decode(signature).map_err(|_| SignatureError::Mismatch)?;
    let mac = mac(secret, timestamp, body).ok_or(SignatureError::Mismatch)?;
    mac.verify_slice(&signature).map_err(|_| SignatureError::Mismatch)?;
    // Last, so that only who knows the secret learns anything about time.
    let signed_at = timestamp.parse::<Timestamp>().map_err(|_| SignatureError::Stale)?;
    if now.duration_since(signed_at).unsigned_abs() > max_age { Err(SignatureError::Stale) } else { Ok(()) }
}

/// The signature of a delivery, for those who play Zendesk's part. `None` only if the secret cannot be a key.
pub fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<String> {
    Some(STANDARD.encode(mac(secret, timestamp, body)?.finalize().into_bytes()))
}

fn mac(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: &str = "2026-09-18T23:38:13Z";
    const MAX_AGE: Duration = Duration::from_secs(300);

    fn secret() -> SecretString {
        // What Zendesk uses for deliveries of webhooks that do not exist yet.
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==".to_owned().into()
    }

    fn at(offset: i64) -> Timestamp {
        Timestamp::from_second(AT.parse::<Timestamp>().unwrap().as_second() + offset).unwrap()
    }

    #[test]
    fn the_signature_is_what_openssl_makes_of_it() {
        let signature = sign(&secret(), AT, b"{\"ticket\":1}").unwrap();
        assert_eq!(signature, "u2mRFzukVg/VyyMl2i/jJUZ5/4EPryv+ngXixeGyDOs=");
        assert_eq!(verify(&secret(), AT, b"{\"ticket\":1}", &signature, at(1), MAX_AGE), Ok(()));
    }

    #[test]
    fn old_and_future_deliveries_are_refused() {
        let signature = sign(&secret(), AT, b"x").unwrap();
        let check = |offset| verify(&secret(), AT, b"x", &signature, at(offset), MAX_AGE);
        for offset in [-300, 0, 300] {
            assert_eq!(check(offset), Ok(()), "{offset}");
        }
        for offset in [-301, 301, 1_000_000] {
            assert_eq!(check(offset), Err(SignatureError::Stale), "{offset}");
        }
        let nonsense = sign(&secret(), "yesterday", b"x").unwrap();
        assert_eq!(
            verify(&secret(), "yesterday", b"x", &nonsense, at(0), MAX_AGE),
            Err(SignatureError::Stale)
        );
    }

    #[test]
    fn unsigned_nonsense_is_refused() {
        for signature in ["", "=", "not base64!", "AAAA"] {
            assert_eq!(
                verify(&secret(), AT, b"x", signature, at(0), MAX_AGE),
                Err(SignatureError::Mismatch),
                "{signature}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_change_is_noticed(body: Vec<u8>, other_body: Vec<u8>, key in ".{0,80}", other_key in ".{0,80}") {
            let key = SecretString::from(key);
            let signature = sign(&key, AT, &body).unwrap();
            prop_assert_eq!(verify(&key, AT, &body, &signature, at(0), MAX_AGE), Ok(()));
            let expected = if body == other_body { Ok(()) } else { Err(SignatureError::Mismatch) };
            prop_assert_eq!(verify(&key, AT, &other_body, &signature, at(0), MAX_AGE), expected);
            // HMAC pads short keys with zeros, which makes such keys the same key.
            let trimmed = |key: &str| key.trim_end_matches('\0').to_owned();
            if trimmed(key.expose_secret()) != trimmed(&other_key) {
                prop_assert_eq!(
                    verify(&other_key.into(), AT, &body, &signature, at(0), MAX_AGE),
                    Err(SignatureError::Mismatch)
                );
            }
        }
    }
}
