use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A moment, in whole microseconds: what both databases can store and compare without loss.
///
/// In JSON an RFC 3339 text in UTC, in the database a 64-bit integer of microseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Timestamp", into = "Timestamp")]
pub struct Time(Timestamp);

impl Time {
    /// `None` outside the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Timestamp::from_microsecond(micros).ok().map(Self)
    }

    pub fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// This moment moved by `by`; stays at the end of the calendar rather than passing it.
    pub fn plus(self, by: SignedDuration) -> Self {
        let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        Self::from(self.0.checked_add(by).unwrap_or(end))
    }

    /// Time from `earlier` to this moment; negative when it lies after.
    pub fn since(self, earlier: Time) -> SignedDuration {
        self.0.duration_since(earlier.0)
    }

    /// How long until `later`, or `None` if it is not in the future.
    pub fn until(self, later: Time) -> Option<Duration> {
        Duration::try_from(later.since(self)).ok().filter(|left| !left.is_zero())
    }
}

impl From<Timestamp> for Time {
    fn from(timestamp: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(timestamp.as_microsecond()).unwrap_or(timestamp))
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<DB: sqlx::Database> sqlx::Type<DB> for Time
where
    i64: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        i64::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        i64::compatible(ty)
    }
}

impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for Time
where
    i64: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let micros = i64::decode(value)?;
        Time::from_micros(micros).ok_or_else(|| format!("{micros} is no moment").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn survives_storage(micros in -377_705_000_000_000_000i64..253_402_200_000_000_000) {
            let time = Time::from_micros(micros).unwrap();
            prop_assert_eq!(Time::from_micros(time.micros()), Some(time));
            let json = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), time);
        }
    }

    #[test]
    fn drops_what_a_database_cannot_keep() {
        let time = Time::from("2026-11-22T10:00:00.123456789Z".parse::<Timestamp>().unwrap());
        assert_eq!(time.to_string(), "2026-11-22T10:00:00.123456Z");
    }
}
