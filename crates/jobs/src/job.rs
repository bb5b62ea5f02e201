use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use store::Random;

/// Work for later. The value is what is stored: a few ids, never a name, a text or anything else of a person.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `app.verb`, such as `deadline.hit`. Stored with every job, so it lives for ever.
    const NAME: &'static str;
    const POLICY: Policy = Policy::DEFAULT;
}

/// How jobs of one name are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How many jobs of one account a handler may be given at once.
    pub batch: usize,
    /// How often a job is begun before it has failed.
    pub max_attempts: u32,
    /// How long a worker that was not heard of keeps its jobs. Extended while a handler runs, so this is not a limit on how
    /// long a handler may take but on how long a crash goes unnoticed.
    pub lease: Duration,
    pub backoff: Backoff,
}

impl Policy {
    /// One job at a time, ten attempts over about five hours, noticed within a minute after a crash.
    pub const DEFAULT: Self = Self {
        batch: 1,
        max_attempts: 10,
        lease: Duration::from_secs(60),
        backoff: Backoff { first: Duration::from_secs(20), cap: Duration::from_secs(3600) },
    };

    #[must_use]
    pub const fn batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    #[must_use]
    pub const fn max_attempts(self, max_attempts: u32) -> Self {
        Self { max_attempts, ..self }
    }

    #[must_use]
    pub const fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    #[must_use]
    pub const fn backoff(self, first: Duration, cap: Duration) -> Self {
        Self { backoff: Backoff { first, cap }, ..self }
    }
}

/// How long to wait after a failure: `first`, twice that, twice that again, never more than `cap`; then shortened at random
/// by up to a half, so that what failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub cap: Duration,
}

impl Backoff {
    /// The pause after attempt number `attempt` (from 1).
    pub fn delay(&self, attempt: u32, random: &dyn Random) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.first.saturating_mul(1 << doublings).min(self.cap);
        // 53 bits: as many as an f64 holds exactly.
        let chance = (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        full.mul_f64(1.0 - chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use store::SeededRandom;

    proptest! {
        #[test]
        fn backoff_doubles_up_to_its_cap(attempt in 1u32..100, seed: u64, first in 1u64..100, cap in 1u64..10_000) {
            let backoff = Backoff { first: Duration::from_secs(first), cap: Duration::from_secs(cap) };
            let full = Duration::from_secs(first.saturating_mul(2u64.pow((attempt - 1).min(40))).min(cap));
            let delay = backoff.delay(attempt, &SeededRandom::new(seed));
            prop_assert!(delay <= full && delay >= full / 2, "{delay:?} of {full:?}");
        }
    }
}
