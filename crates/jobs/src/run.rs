//! One batch from claim to settlement, without its type.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::SignedDuration;
use parking_lot::Mutex;
use store::{AccountId, Db, Result, Time, Tx, sql};

use crate::claim::{self, Row};
use crate::operate::State;
use crate::outcome::Then;
use crate::registry::Entry;
use crate::{Failure, Outcome, Summary, TOPIC};

/// Longest reason that is kept, in characters.
const REASON: usize = 500;

/// How often settling is tried while the database is away; after that the lease ends and the jobs run again.
const SETTLE_TRIES: u32 = 6;

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) db: Db,
    pub(crate) account: AccountId,
    pub(crate) entry: Arc<Entry>,
    /// Ours, as long as the rows carry it.
    pub(crate) fence: i64,
    pub(crate) rows: Vec<Row>,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    /// Said and not written yet.
    decided: HashMap<i64, Outcome>,
    /// The last transaction that the handler began.
    begun: Option<Begun>,
}

/// What a handler's transaction says about the jobs.
#[derive(Debug)]
struct Begun {
    completes: HashSet<i64>,
    settles: HashMap<i64, Outcome>,
    /// What it will have done, once committed, beside completing.
    summary: Summary,
}

/// How a row is left behind; `None` is "gone".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Rest {
    state: State,
    run_at: Option<Time>,
    reason: String,
}

impl Run {
    pub(crate) fn new(db: Db, account: AccountId, entry: Arc<Entry>, fence: i64, rows: Vec<Row>) -> Self {
        Self { db, account, entry, fence, rows, progress: Mutex::default() }
    }

    pub(crate) fn undecided(&self) -> impl Iterator<Item = &Row> {
        let decided: HashSet<i64> = self.progress.lock().decided.keys().copied().collect();
        self.rows.iter().filter(move |row| !decided.contains(&row.id))
    }

    pub(crate) fn decide(&self, id: i64, outcome: Outcome) {
        self.progress.lock().decided.insert(id, outcome);
    }

    /// Runs the handler, keeps the lease meanwhile, settles what is left. Says what became of the jobs.
    pub(crate) async fn go(self: Arc<Self>) -> Summary {
        let (name, policy) = (self.entry.name, self.entry.policy);
        let now = self.db.clock().now();
        let lateness = metrics::histogram!("aerie_jobs_lateness_seconds", "name" => name);
        for row in &self.rows {
            if row.attempts == 1 {
                lateness.record(now.since(row.due_at).as_secs_f64());
            }
            if row.attempts > i64::from(policy.max_attempts) {
                let why = format!("its worker was lost in each of {} attempts", policy.max_attempts);
                self.decide(row.id, Outcome::Fail { why });
            }
        }
        let result = {
            let handler = AssertUnwindSafe(async { (self.entry.handler)(self.clone()).await }).catch_unwind();
            tokio::select! {
                result = handler => result.unwrap_or_else(|panic| Err(Failure::new(panicked(panic.as_ref())))),
                never = self.keep_lease() => match never {},
            }
        };
        self.finish(result).await
    }

    /// Extends the lease whenever half of it is over. Never resolves: a lost lease is noticed by the fence.
    async fn keep_lease(&self) -> Infallible {
        let lease = self.entry.policy.lease;
        let ids: Vec<i64> = self.rows.iter().map(|row| row.id).collect();
        loop {
            let clock = self.db.clock();
            clock.sleep_until(after(clock.now(), lease / 2)).await;
            match self.extend(&ids, after(clock.now(), lease)).await {
                Ok(0) => return std::future::pending().await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(job = self.entry.name, account = %self.account, %error, "a lease was not extended");
                }
            }
        }
    }

    async fn extend(&self, ids: &[i64], until: Time) -> Result<u64> {
        let mut tx = self.db.write(&self.account).await?;
        let extended = tx.execute(claim::extend(ids, self.fence, until)?).await?;
        tx.commit().await?;
        Ok(extended)
    }

    /// See [`Batch::begin`](crate::Batch::begin).
    pub(crate) async fn begin(&self) -> Result<(Tx, HashSet<i64>)> {
        // A transaction that was begun before and dropped has settled nothing.
        let mut settles = self.progress.lock().begun.take().map_or_else(HashMap::new, |begun| begun.settles);
        settles.extend(std::mem::take(&mut self.progress.lock().decided));
        let ids: Vec<i64> =
            self.rows.iter().map(|row| row.id).filter(|id| !settles.contains_key(id)).collect();
        // Kept first: what was said is not forgotten if the database fails now.
        let nothing =
            Begun { completes: HashSet::new(), settles: settles.clone(), summary: Summary::default() };
        self.progress.lock().begun = Some(nothing);
        let mut tx = self.db.write(&self.account).await?;
        let completes = removed(&mut tx, &ids, self.fence).await?;
        let summary = self.settle(&mut tx, settles.clone()).await?;
        self.progress.lock().begun = Some(Begun { completes: completes.clone(), settles, summary });
        Ok((tx, completes))
    }

    /// See [`Batch::settle_in`](crate::Batch::settle_in).
    pub(crate) async fn settle_in(&self, tx: &mut Tx, id: i64, outcome: Outcome) -> Result<()> {
        let Some(row) = self.rows.iter().find(|row| row.id == id) else { return Ok(()) };
        if let Some(begun) = &mut self.progress.lock().begun {
            if !begun.completes.remove(&id) {
                return Ok(());
            }
            match outcome {
                Outcome::Done => begun.summary.done += 1,
                Outcome::Cancel { .. } => begun.summary.cancelled += 1,
                Outcome::Retry { .. } => begun.summary.retried += 1,
                Outcome::Fail { .. } => begun.summary.failed += 1,
                Outcome::Park { .. } => begun.summary.parked += 1,
            }
        }
        let Some(rest) = self.rest(row, &outcome) else { return Ok(()) };
        // If the handler has scheduled the same key in this transaction, that is the job now.
        let insert = sql(
            "INSERT INTO jobs (account_id, id, name, key, key_hash, due_at, run_at, fence, attempts, state, payload, reason) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (key_hash) WHERE key_hash IS NOT NULL DO NOTHING",
        );
        let insert = insert.bind(id).bind(self.entry.name).bind(row.key.clone()).bind(row.key_hash);
        let insert = insert.bind(row.due_at).bind(rest.run_at).bind(self.fence + 1).bind(row.attempts);
        tx.execute(insert.bind(rest.state.code()).bind(&row.payload).bind(rest.reason)).await?;
        Ok(())
    }

    /// Settles what the handler has left open and says what became of all.
    async fn finish(&self, result: Result<(), Failure>) -> Summary {
        let (open, mut summary) = self.open(result);
        let mut tries = 0;
        while !open.is_empty() {
            match self.settle_now(open.clone()).await {
                Ok(settled) => {
                    summary.add(&settled);
                    break;
                }
                Err(error) => {
                    tries += 1;
                    tracing::warn!(job = self.entry.name, account = %self.account, %error, tries, "jobs were not settled");
                    if tries == SETTLE_TRIES || !error.is_transient() {
                        summary.lost += open.len();
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100 << tries)).await;
                }
            }
        }
        let accounted = summary.done
            + summary.retried
            + summary.cancelled
            + summary.failed
            + summary.parked
            + summary.lost;
        // Replaced, cancelled or taken over while they ran.
        summary.lost += self.rows.len().saturating_sub(accounted);
        summary.count(self.entry.name);
        summary
    }

    /// What is still to be settled, and what the handler's own transaction has completed.
    fn open(&self, result: Result<(), Failure>) -> (HashMap<i64, Outcome>, Summary) {
        let Progress { decided: mut open, begun } = std::mem::take(&mut *self.progress.lock());
        let mut summary = Summary { batches: 1, ..Summary::default() };
        let failure = match (result, begun) {
            // Written with its effects. If it was not committed after all, everything comes back when the lease ends.
            (Ok(()), Some(begun)) => {
                summary.add(&begun.summary);
                summary.done += begun.completes.len();
                return (open, summary);
            }
            (Ok(()), None) => None,
            (Err(failure), begun) => {
                // Most likely undone; what was committed no longer carries our fence.
                for (id, outcome) in begun.into_iter().flat_map(|begun| begun.settles) {
                    open.entry(id).or_insert(outcome);
                }
                Some(failure)
            }
        };
        let now = self.db.clock().now();
        // One pause for all that failed together: what came as a batch comes back as one.
        let chance = self.db.random();
        let mut pauses: HashMap<i64, Duration> = HashMap::new();
        for row in &self.rows {
            open.entry(row.id).or_insert_with(|| match &failure {
                None => Outcome::Done,
                Some(Failure { then: Then::Park, why }) => Outcome::Park { why: why.clone() },
                Some(Failure { then: Then::Fail, why }) => Outcome::Fail { why: why.clone() },
                Some(Failure { then: Then::RetryAfter(delay), why }) => {
                    Outcome::Retry { at: after(now, *delay), why: why.clone() }
                }
                Some(Failure { then: Then::Backoff, why }) => {
                    let attempt = u32::try_from(row.attempts).unwrap_or(u32::MAX);
                    let pause = pauses.entry(row.attempts);
                    let pause = pause.or_insert_with(|| self.entry.policy.backoff.delay(attempt, &**chance));
                    Outcome::Retry { at: after(now, *pause), why: why.clone() }
                }
            });
        }
        (open, summary)
    }

    async fn settle_now(&self, outcomes: HashMap<i64, Outcome>) -> Result<Summary> {
        let mut tx = self.db.write(&self.account).await?;
        let summary = self.settle(&mut tx, outcomes).await?;
        tx.commit().await?;
        Ok(summary)
    }

    /// Writes outcomes, under the fence. Counts what was still ours.
    async fn settle(&self, tx: &mut Tx, mut outcomes: HashMap<i64, Outcome>) -> Result<Summary> {
        let (mut done, mut cancelled) = (Vec::new(), Vec::new());
        let mut resting: HashMap<Rest, Vec<i64>> = HashMap::new();
        for row in &self.rows {
            let Some(outcome) = outcomes.remove(&row.id) else { continue };
            match (self.rest(row, &outcome), outcome) {
                (Some(rest), _) => resting.entry(rest).or_default().push(row.id),
                (None, Outcome::Cancel { why }) => {
                    tracing::info!(job = self.entry.name, account = %self.account, id = row.id, why, "job cancelled");
                    cancelled.push(row.id);
                }
                (None, _) => done.push(row.id),
            }
        }
        let mut summary = Summary {
            done: removed(tx, &done, self.fence).await?.len(),
            cancelled: removed(tx, &cancelled, self.fence).await?.len(),
            ..Summary::default()
        };
        for (rest, ids) in resting {
            let statement = claim::put(&ids, self.fence, rest.state.code(), rest.run_at, &rest.reason)?;
            let put = tx.all::<(i64,)>(statement).await?.len();
            match rest.state {
                State::Pending => summary.retried += put,
                State::Parked => summary.parked += put,
                State::Failed => summary.failed += put,
            }
            if rest.state == State::Failed && put > 0 {
                tracing::error!(job = self.entry.name, account = %self.account, ?ids, reason = rest.reason, "jobs failed");
            }
        }
        Ok(summary)
    }

    fn rest(&self, row: &Row, outcome: &Outcome) -> Option<Rest> {
        let (state, run_at, reason) = match outcome {
            Outcome::Done | Outcome::Cancel { .. } => return None,
            Outcome::Retry { why, .. } if row.attempts >= i64::from(self.entry.policy.max_attempts) => {
                (State::Failed, None, format!("gave up after {} attempts: {why}", row.attempts))
            }
            Outcome::Retry { at, why } => (State::Pending, Some(*at), why.clone()),
            Outcome::Fail { why } => (State::Failed, None, why.clone()),
            Outcome::Park { why } => (State::Parked, None, why.clone()),
        };
        Some(Rest { state, run_at, reason: reason.chars().take(REASON).collect() })
    }

    /// Gives the jobs back for others to run at once: this worker stops before the handler has finished.
    pub(crate) async fn release(&self) -> Result<()> {
        let ids: Vec<i64> = self.rows.iter().map(|row| row.id).collect();
        let mut tx = self.db.write(&self.account).await?;
        tx.execute(claim::release(&ids, self.fence)?).await?;
        tx.signal(TOPIC);
        tx.commit().await
    }
}

async fn removed(tx: &mut Tx, ids: &[i64], fence: i64) -> Result<HashSet<i64>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(tx.all::<(i64,)>(claim::delete(ids, fence)?).await?.into_iter().map(|(id,)| id).collect())
}

/// `from` plus `by`.
pub(crate) fn after(from: Time, by: Duration) -> Time {
    from.plus(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX))
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", message.unwrap_or("without a message"))
}
