//! The one source of randomness: identifiers, tokens, secrets.

use jiff::Timestamp;
use rand::RngCore;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    // The one place that asks the machine for randomness; nothing here needs to be repeatable.
    #[allow(clippy::disallowed_methods)]
    rand::rng().fill_bytes(&mut out);
    out
}

/// `2 * N` hexadecimal digits.
pub fn hex<const N: usize>() -> String {
    hex::encode(bytes::<N>())
}

/// A token of 64 hexadecimal digits, the form of Zendesk's access tokens.
pub fn token() -> String {
    hex::<32>()
}

/// A UUID (version 4).
pub fn uuid() -> String {
    let mut b = bytes::<16>();
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let h = hex::encode(b);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

/// A ULID: 26 characters, the first ten from the time, so that later ones sort after earlier ones.
pub fn ulid(now: Timestamp) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let millis = u128::try_from(now.as_millisecond()).unwrap_or(0) & 0xffff_ffff_ffff;
    let mut tail = [0; 16];
    tail[6..].copy_from_slice(&bytes::<10>());
    let value = (millis << 80) | u128::from_be_bytes(tail);
    (0..26)
        .rev()
        .map(|i| char::from(ALPHABET[usize::try_from((value >> (5 * i)) & 31).unwrap_or(0)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulids_have_the_form_and_order_of_their_time() {
        let early = ulid(Timestamp::UNIX_EPOCH);
        let late = ulid("2026-11-22T10:00:00Z".parse().expect("time"));
        assert_eq!(early.len(), 26);
        assert!(early.starts_with("0000000000"));
        assert!(late > early);
        assert_eq!(uuid().len(), 36);
        assert_ne!(token(), token());
    }
}
