use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::Time;

/// Where the time comes from. Injected everywhere, so that a test can move it.
pub trait Clock: Send + Sync + Debug {
    fn now(&self) -> Time;

    /// Resolves when `now()` has reached `until`; at once if it already has.
    fn sleep_until(&self, until: Time) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Time {
        Time::from(Timestamp::now())
    }

    fn sleep_until(&self, until: Time) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The wall clock may be set while we sleep (NTP, suspend): look again at least once a minute.
            while let Some(left) = SystemClock.now().until(until) {
                tokio::time::sleep(left.min(Duration::from_secs(60))).await;
            }
        })
    }
}

/// A clock that stands still until it is moved. For tests and for the demo's time travel.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Time>>,
}

impl ManualClock {
    pub fn new(now: Time) -> Self {
        Self { now: Arc::new(watch::Sender::new(now)) }
    }

    /// Moves the clock forward and wakes whoever sleeps until then.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.now.send_modify(|now| *now = now.plus(by));
    }

    pub fn set(&self, now: Time) {
        self.now.send_replace(now);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        *self.now.borrow()
    }

    fn sleep_until(&self, until: Time) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // An error means that the clock itself is gone: then nobody waits for its time any more.
            let _ = now.wait_for(|now| *now >= until).await;
        })
    }
}
