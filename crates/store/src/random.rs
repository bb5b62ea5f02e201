use std::fmt::Debug;

use parking_lot::Mutex;
use rand::{RngCore, SeedableRng, TryRngCore, rngs::OsRng, rngs::StdRng};

/// Where randomness comes from: secrets, identifiers, jitter. Injected like time.
pub trait Random: Send + Sync + Debug {
    fn fill(&self, bytes: &mut [u8]);

    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // A machine without working randomness must not hand out secrets: better to stop than to go on.
        #[allow(clippy::expect_used, reason = "no secret may be made without randomness")]
        OsRng.try_fill_bytes(bytes).expect("the operating system gives no randomness");
    }
}

/// The same numbers for the same seed. For tests and simulations, never for secrets in production.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill_bytes(bytes);
    }
}
