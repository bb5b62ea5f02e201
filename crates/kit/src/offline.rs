use std::collections::HashMap;

use accounts::Urgency;
use jiff::SignedDuration;
use jobs::{Batch, Claimed, Failure, Job, Registry};
use tickets::Cause;
use tickets::mirror::TicketState;

use crate::platform::{AppZendesk, Platform};
use crate::tx::Tx;

/// What a job of an app runs with: the jobs of one account that are due now.
#[derive(Debug)]
pub struct JobContext<J: Job> {
    platform: Platform,
    app: &'static str,
    batch: Batch<J>,
}

impl<J: Job> JobContext<J> {
    /// The jobs that were claimed. Some of them may be moved or taken back until [`JobContext::begin`].
    pub fn jobs(&self) -> &[Claimed<J>] {
        self.batch.jobs()
    }

    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    pub fn zendesk(&self) -> AppZendesk {
        self.platform.zendesk(self.app, self.batch.account())
    }

    /// The state of tickets as it is now, in as few calls as possible.
    pub async fn tickets(&self, ids: &[i64]) -> Result<HashMap<i64, TicketState>, Failure> {
        Ok(self.zendesk().tickets(ids, SignedDuration::ZERO, Urgency::Background).await?)
    }

    /// Opens the transaction in which the jobs take effect, and completes in it those that were neither moved nor taken back
    /// meanwhile; only those are answered, and only their effects may be written. HTTP comes before this, never after.
    pub async fn begin(&self) -> Result<(Tx, Vec<&Claimed<J>>), Failure> {
        let (tx, jobs) = self.batch.begin().await?;
        Ok((Tx::new(tx, self.app, Cause::Timer), jobs))
    }
}

pub(crate) fn register<J, F, Fut>(
    registry: Registry,
    platform: &Platform,
    app: &'static str,
    run: F,
) -> Registry
where
    J: Job,
    F: Fn(JobContext<J>) -> Fut + Send + Sync + Copy + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let platform = platform.clone();
    registry.handle(move |batch: Batch<J>| run(JobContext { platform: platform.clone(), app, batch }))
}
