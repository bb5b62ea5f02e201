//! Identifiers: a prefix that says what it is, then time and chance, so that new rows stand together in an index.

use crate::{Random, Time};

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 48 bits of milliseconds and 52 bits of chance as 20 digits, in the order of time.
#[doc(hidden)]
pub fn encode(prefix: &str, now: Time, random: &dyn Random) -> String {
    let millis = (now.micros() / 1000).max(0) as u128 & 0xffff_ffff_ffff;
    let chance = u128::from(random.next_u64()) >> 12;
    let mut bits = (millis << 52) | chance;
    let mut digits = [0u8; 20];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(bits & 31) as usize];
        bits >>= 5;
    }
    format!("{prefix}_{}", String::from_utf8_lossy(&digits))
}

/// Whether `text` is an identifier with this prefix.
#[doc(hidden)]
pub fn decode(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|digits| digits.len() == 20 && digits.bytes().all(|b| DIGITS.contains(&b)))
}

/// Declares a type of identifier: `id!(/// A deadline. DeadlineId, "dl");`
///
/// It is text everywhere outside (`dl_01jd…`), parsing refuses anything else, and it is made by `Tx::new_id`.
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn generate(now: $crate::Time, random: &dyn $crate::Random) -> Self {
                Self($crate::encode_id($prefix, now, random))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                if $crate::decode_id($prefix, text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::Error::Unreadable(concat!("not an identifier that begins with ", $prefix, "_").into()))
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }

        impl From<&$name> for $crate::Value {
            fn from(id: &$name) -> Self {
                Self::Text(Some(id.0.clone()))
            }
        }

        impl From<$name> for $crate::Value {
            fn from(id: $name) -> Self {
                Self::Text(Some(id.0))
            }
        }

        impl<DB: ::sqlx::Database> ::sqlx::Type<DB> for $name
        where
            String: ::sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <String as ::sqlx::Type<DB>>::type_info()
            }

            fn compatible(ty: &DB::TypeInfo) -> bool {
                <String as ::sqlx::Type<DB>>::compatible(ty)
            }
        }

        impl<'r, DB: ::sqlx::Database> ::sqlx::Decode<'r, DB> for $name
        where
            String: ::sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> ::std::result::Result<Self, ::sqlx::error::BoxDynError> {
                Ok(<String as ::sqlx::Decode<'r, DB>>::decode(value)?.parse::<$name>()?)
            }
        }
    };
}

id!(
    /// One Zendesk instance (subdomain) that uses at least one app: the unit of tenancy.
    AccountId,
    "acc"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn ids_sort_by_time_and_refuse_other_kinds() {
        let random = SeededRandom::new(1);
        let early = AccountId::generate(Time::from_micros(1_000_000).unwrap(), &random);
        let late = AccountId::generate(Time::from_micros(2_000_000_000_000_000).unwrap(), &random);
        assert!(early < late);
        assert_eq!(early.as_str().parse::<AccountId>().unwrap(), early);
        assert!("task_0123456789abcdefghjk".parse::<AccountId>().is_err());
        assert!("acc_0123456789abcdefghj'".parse::<AccountId>().is_err());
    }
}
