//! Sending what waits: who starts it, and how its result is recorded.
//!
//! Two jobs share the work. Every transaction that states a change enqueues a [`Wake`], which locks nothing. A `Wake` that
//! finds no sender enqueues one [`SendRound`]; `ticket_senders` makes sure that an account never has two, so that changes of one
//! ticket are never sent at the same time. A `SendRound` is one round: send what is ready, look at Zendesk's bulk jobs that are
//! due for a look, record, and leave a `Wake` for the moment when there is more to do. Nothing ever sleeps.

mod plan;
mod record;
mod refusal;
mod round;

use jobs::{Batch, Failure, Job, Outcome, Policy};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::{Time, Tx, sql};

use crate::AppAccess;
use accounts::{Accounts, authorization};
use round::Halt;

/// A tag that somebody's trigger waits for is late by so much at most when its worker dies.
const LEASE: Duration = Duration::from_secs(15);

/// Rows of one statement: both databases take some 30,000 values.
const CHUNK: usize = 1000;

/// There may be something to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wake {}

impl Job for Wake {
    const NAME: &'static str = "tickets.wake";
    const POLICY: Policy = Policy::DEFAULT.batch(1000).max_attempts(u32::MAX).lease(LEASE);
}

/// One round of sending. Never more than one of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SendRound {}

impl Job for SendRound {
    const NAME: &'static str = "tickets.send";
    // Without a last attempt: a change is sent or refused, never forgotten.
    const POLICY: Policy = Policy::DEFAULT
        .max_attempts(u32::MAX)
        .backoff(Duration::from_secs(1), Duration::from_secs(60))
        .lease(LEASE);
}

/// The key of the `Wake` that a round leaves behind; those of the apps have none.
const NEXT_ROUND: &str = "next";

pub(crate) async fn wake(batch: Batch<Wake>) -> Result<(), Failure> {
    let (mut tx, ours) = batch.begin().await?;
    if ours.is_empty() {
        return Ok(());
    }
    let start = sql("INSERT INTO ticket_senders (account_id, live) VALUES ($1, TRUE)
                     ON CONFLICT (account_id) DO UPDATE SET live = TRUE WHERE NOT ticket_senders.live");
    if tx.execute(start).await? == 1 {
        let now = tx.now();
        jobs::enqueue(&mut tx, &SendRound {}, now).await?;
    } else if !authorization::status(&mut tx).await?.is_healthy() {
        // The sender is parked and will not see these until somebody authorises.
        record::park_lines(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn send(
    accounts: Accounts,
    access: AppAccess,
    batch: Batch<SendRound>,
) -> Result<(), Failure> {
    let round = round::run(&accounts, batch.account(), &access).await?;
    let (mut tx, ours) = batch.begin().await?;
    let [job] = ours[..] else {
        // The lease was lost: another worker holds the round, and records it. What was sent twice is harmless.
        return Ok(());
    };
    // Whoever wakes now waits for our decision, and then finds no sender or a new one.
    tx.execute(sql("UPDATE ticket_senders SET live = TRUE WHERE account_id = $1")).await?;
    record::record(&mut tx, round.fates).await?;
    match round.halt {
        Some(Halt::Park(why)) => {
            record::park_lines(&mut tx).await?;
            batch.settle_in(&mut tx, job, Outcome::Park { why }).await?;
        }
        Some(Halt::Until(at)) => rest(&mut tx, Some(at)).await?,
        None if record::anything_ready(&mut tx).await? => {
            let now = tx.now();
            jobs::enqueue(&mut tx, &SendRound {}, now).await?;
        }
        None => {
            let next = record::next_moment(&mut tx).await?;
            rest(&mut tx, next).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// No sender until somebody wakes one, or until `next`.
async fn rest(tx: &mut Tx, next: Option<Time>) -> store::Result<()> {
    tx.execute(sql("UPDATE ticket_senders SET live = FALSE WHERE account_id = $1")).await?;
    if let Some(next) = next {
        jobs::schedule(tx, NEXT_ROUND, &Wake {}, next).await?;
    }
    Ok(())
}
