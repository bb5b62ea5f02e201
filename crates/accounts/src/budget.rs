//! Each account's share of Zendesk's rate limit. All apps of an account, ours and others', share one limit, so background
//! work stops early and leaves the rest to people.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use parking_lot::Mutex;
use store::{Clock, Time};
use zendesk::{Observation, RateObserver};

/// Who is waiting for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A person: may use the whole limit.
    Interactive,
    /// Nobody: leaves a third of the limit to others.
    Background,
}

#[derive(Debug, Clone, Copy, Default)]
struct Share {
    limit: Option<u32>,
    remaining: Option<u32>,
    /// When the current minute's count starts anew.
    resets_at: Option<Time>,
    /// Zendesk said "not before" (429).
    blocked_until: Option<Time>,
}

/// What this process knows about each account's limit, learnt from Zendesk's answers.
#[derive(Debug)]
pub(crate) struct Budgets {
    clock: Arc<dyn Clock>,
    shares: Mutex<HashMap<String, Share>>,
}

impl Budgets {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, shares: Mutex::default() }
    }

    /// `Some(when)` if no call should be made before then.
    pub(crate) fn wait_until(&self, base_url: &str, urgency: Urgency) -> Option<Time> {
        let now = self.clock.now();
        let share = self.shares.lock().get(base_url).copied().unwrap_or_default();
        if let Some(until) = share.blocked_until.filter(|until| *until > now) {
            return Some(until);
        }
        let resets_at = share.resets_at.filter(|at| *at > now)?;
        let floor = match urgency {
            Urgency::Interactive => 0,
            Urgency::Background => share.limit? / 3,
        };
        (share.remaining? <= floor).then_some(resets_at)
    }
}

impl RateObserver for Budgets {
    fn observe(&self, seen: &Observation<'_>) {
        let status = seen.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        metrics::counter!("aerie_zendesk_calls_total", "method" => seen.method.to_string(), "route" => seen.route,
            "status" => status)
        .increment(1);
        let now = self.clock.now();
        let after = |wait: Duration| now.plus(SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO));
        let mut shares = self.shares.lock();
        let share = shares.entry(seen.base_url.as_str().to_owned()).or_default();
        let rate = seen.rate;
        if rate.limit.is_some() {
            share.limit = rate.limit;
            share.remaining = rate.remaining;
            share.resets_at = Some(after(rate.reset.unwrap_or(Duration::from_secs(60))));
        }
        // The account's own limit only: one endpoint's or one ticket's must not hold up all the others. An answer that
        // does not say whose limit it is counts as the account's.
        let whole_account = match rate.remaining {
            Some(remaining) => remaining == 0,
            None => rate.endpoints.iter().all(|endpoint| endpoint.remaining > 0),
        };
        if seen.status == Some(429) && whole_account {
            share.blocked_until = Some(after(rate.retry_after.unwrap_or(Duration::from_secs(5))));
        }
    }
}
