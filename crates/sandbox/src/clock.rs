//! The sandbox's own time. Nothing else in the crate asks the machine what time it is.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

/// Runs with the machine's clock plus an offset, or stands still until it is moved.
#[derive(Debug)]
pub struct Clock {
    state: Mutex<State>,
    moved: watch::Sender<u64>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Running { offset: SignedDuration },
    Frozen { at: Timestamp },
}

impl Default for Clock {
    fn default() -> Clock {
        Clock {
            state: Mutex::new(State::Running { offset: SignedDuration::ZERO }),
            moved: watch::channel(0).0,
        }
    }
}

impl Clock {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        match *self.state.lock() {
            State::Running { offset } => shifted(machine_now(), offset),
            State::Frozen { at } => at,
        }
    }

    /// Whether it stands still.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.state.lock(), State::Frozen { .. })
    }

    /// Sets the time; it goes on running or standing as before.
    pub fn set(&self, to: Timestamp) {
        self.change(|state| match state {
            State::Running { .. } => State::Running { offset: to.duration_since(machine_now()) },
            State::Frozen { .. } => State::Frozen { at: to },
        });
    }

    /// Moves the time forward (or back, with a negative duration).
    pub fn advance(&self, by: SignedDuration) {
        self.change(|state| match state {
            State::Running { offset } => State::Running { offset: offset.saturating_add(by) },
            State::Frozen { at } => State::Frozen { at: shifted(at, by) },
        });
    }

    /// Stops the clock where it is, or lets it run on from there.
    pub fn freeze(&self, frozen: bool) {
        self.change(|state| match (state, frozen) {
            (State::Running { offset }, true) => State::Frozen { at: shifted(machine_now(), offset) },
            (State::Frozen { at }, false) => State::Running { offset: at.duration_since(machine_now()) },
            (same, _) => same,
        });
    }

    /// Returns when the sandbox's time has reached `due`, however it got there.
    pub async fn sleep_until(&self, due: Timestamp) {
        let mut moved = self.moved.subscribe();
        loop {
            moved.borrow_and_update();
            let now = self.now();
            if now >= due {
                return;
            }
            let rest = if self.is_frozen() {
                None
            } else {
                Some(Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO))
            };
            tokio::select! {
                () = sleep(rest) => {}
                changed = moved.changed() => if changed.is_err() { return },
            }
        }
    }

    fn change(&self, f: impl FnOnce(State) -> State) {
        {
            let mut state = self.state.lock();
            *state = f(*state);
        }
        self.moved.send_modify(|n| *n += 1);
    }
}

/// `None` never ends: a frozen clock moves only when somebody moves it.
async fn sleep(rest: Option<Duration>) {
    match rest {
        Some(rest) => tokio::time::sleep(rest).await,
        None => std::future::pending().await,
    }
}

fn shifted(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

// The one place that looks at the machine's clock: everything else takes its time from here.
#[allow(clippy::disallowed_methods)]
fn machine_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_stands_still_and_moves_only_when_told() {
        let clock = Clock::default();
        clock.freeze(true);
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_secs(90));
        assert_eq!(clock.now(), start + SignedDuration::from_secs(90));
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.freeze(false);
        assert!(
            clock.now() >= Timestamp::UNIX_EPOCH
                && clock.now() < Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60)
        );
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_a_frozen_clock_is_moved_past_its_time() {
        let clock = std::sync::Arc::new(Clock::default());
        clock.freeze(true);
        let due = clock.now() + SignedDuration::from_hours(48);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(due).await }
        });
        tokio::task::yield_now().await;
        clock.advance(SignedDuration::from_hours(47));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(SignedDuration::from_hours(1));
        tokio::time::timeout(Duration::from_secs(5), sleeper).await.expect("woken").expect("no panic");
    }
}
