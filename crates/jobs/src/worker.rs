use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, pending};
use store::{AccountId, Db, Result, Signal, Time};
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::claim::{self, Due, PAGE};
use crate::plan::{Room, plan};
use crate::registry::Entry;
use crate::run::Run;
use crate::{Registry, TOPIC};

/// The safety net: finds what no signal told of (on SQLite another process's jobs, elsewhere a lost connection).
const POLL: Duration = Duration::from_secs(1);
/// Pauses after the database did not answer, doubled from the first to the last.
const AWAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// A look past accounts that must wait reads all they have due. It may take one part in this many of the time.
const WIDE_SHARE: u32 = 5;

/// Limits of one process.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Handlers that run at the same time.
    pub concurrency: usize,
    /// Handlers of one account that run at the same time.
    pub per_account: usize,
    /// How long handlers may go on after the shutdown was asked for. What runs longer is given back.
    pub grace: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self { concurrency: 32, per_account: 4, grace: Duration::from_secs(20) }
    }
}

/// What became of the jobs that a worker took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Handlers that ran.
    pub batches: usize,
    pub done: usize,
    pub retried: usize,
    pub cancelled: usize,
    pub failed: usize,
    pub parked: usize,
    /// Replaced, cancelled or taken over while they ran, or left to the end of their lease.
    pub lost: usize,
}

impl Summary {
    pub(crate) fn add(&mut self, other: &Self) {
        self.batches += other.batches;
        self.done += other.done;
        self.retried += other.retried;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
        self.parked += other.parked;
        self.lost += other.lost;
    }

    pub(crate) fn count(&self, name: &'static str) {
        let outcomes = [
            ("done", self.done),
            ("retried", self.retried),
            ("cancelled", self.cancelled),
            ("failed", self.failed),
            ("parked", self.parked),
            ("lost", self.lost),
        ];
        for (outcome, count) in outcomes.into_iter().filter(|(_, count)| *count > 0) {
            metrics::counter!("aerie_jobs_runs_total", "name" => name, "outcome" => outcome)
                .increment(count as u64);
        }
    }
}

/// Runs what is due. Any number of them, in any number of processes, share one database.
#[derive(Debug)]
pub struct Worker {
    db: Db,
    registry: Arc<Registry>,
    options: WorkerOptions,
}

impl Worker {
    pub fn new(db: Db, registry: Registry, options: WorkerOptions) -> Self {
        Self { db, registry: Arc::new(registry), options }
    }

    /// Works until `shutdown`, then lets handlers finish within the grace and gives back what is still running.
    ///
    /// Goes on through outages of the database. To hear of other nodes' jobs at once the process must run
    /// [`Db::relay_signals`]; without it they are found within a second.
    ///
    /// Dropping the future is like a crash: handlers stop where they are, their jobs come back when the lease ends.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut signals = self.db.signals().subscribe();
        let mut crew = Crew::new(self);
        let mut away = AWAY.0;
        while !shutdown.is_cancelled() {
            let wake = match crew.look().await {
                Ok(wake) => {
                    away = AWAY.0;
                    wake
                }
                Err(error) => {
                    tracing::warn!(%error, "the job queue cannot be read; trying again");
                    metrics::counter!("aerie_jobs_database_errors_total").increment(1);
                    let wake = Wake { quiet_until: Some(Instant::now() + away), ..Wake::default() };
                    away = (away * 2).min(AWAY.1);
                    wake
                }
            };
            tokio::select! {
                () = crew.wait(wake, &mut signals) => {}
                () = shutdown.cancelled() => {}
            }
        }
        crew.stop(self.options.grace).await;
    }

    /// Runs everything that is due at the clock's time, and what that makes due, until nothing is.
    ///
    /// Jobs of names without a handler are left. Fails where the database does.
    pub async fn run_until_idle(&self) -> Result<Summary> {
        let mut signals = self.db.signals().subscribe();
        let mut crew = Crew::new(self);
        loop {
            // What has just finished may have made more due: idle is who looked and saw nothing.
            crew.stale |= crew.running.is_empty();
            let wake = crew.look().await?;
            if crew.running.is_empty() && !wake.more {
                return Ok(crew.summary);
            }
            crew.wait(wake, &mut signals).await;
        }
    }
}

/// When to look again.
#[derive(Debug, Default, Clone, Copy)]
struct Wake {
    /// By the injected clock: when the next job is due.
    next: Option<Time>,
    /// As soon as a handler has finished: there is more.
    more: bool,
    /// In real time: when looking past waiting accounts is allowed again.
    wide_at: Option<Instant>,
    /// In real time: not before, whatever happens.
    quiet_until: Option<Instant>,
}

/// What the last look at the database saw.
#[derive(Default)]
struct Known {
    /// Due and not taken by us; others may have taken them meanwhile.
    due: Vec<(Arc<Entry>, Due)>,
    /// Nothing else was due.
    all: bool,
    wake: Wake,
}

/// The handlers that run, and what is known about the rest.
struct Crew<'a> {
    worker: &'a Worker,
    tasks: JoinSet<Summary>,
    running: HashMap<Id, Arc<Run>>,
    per_account: HashMap<AccountId, usize>,
    known: Known,
    /// Something has happened since then that may have made other jobs due.
    stale: bool,
    /// Names that only a newer version knows.
    unknown: BTreeSet<String>,
    wide_after: Instant,
    poll_at: Instant,
    summary: Summary,
}

impl<'a> Crew<'a> {
    fn new(worker: &'a Worker) -> Self {
        Self {
            worker,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            per_account: HashMap::new(),
            known: Known::default(),
            stale: true,
            unknown: BTreeSet::new(),
            wide_after: Instant::now(),
            poll_at: Instant::now() + POLL,
            summary: Summary::default(),
        }
    }

    /// Takes and starts what is due, as far as there is room. Reads what is due only if it may have changed, or if nothing
    /// of what is known can be started.
    async fn look(&mut self) -> Result<Wake> {
        loop {
            let options = &self.worker.options;
            let free = options.concurrency.saturating_sub(self.running.len());
            if free == 0 {
                return Ok(Wake { more: true, ..Wake::default() });
            }
            let now = self.worker.db.clock().now();
            let may_look_wide = self.known.wake.wide_at.is_some_and(|at| at <= Instant::now());
            let fresh = self.stale || may_look_wide;
            if fresh {
                self.known = self.gather(now, free).await?;
                self.stale = false;
                self.poll_at = Instant::now() + POLL;
            }
            let room = Room { free, per_account: options.per_account, running: &self.per_account };
            let planned = plan(&mut self.known.due, &room, self.known.all);
            if planned.is_empty() {
                if fresh || self.known.all && self.known.due.is_empty() && !self.known.wake.more {
                    return Ok(self.known.wake);
                }
                self.stale = true;
                continue;
            }
            let started = Instant::now();
            let wanted: usize = planned.iter().map(|batch| batch.ids.len()).sum();
            let taken = claim::claim(&self.worker.db, now, planned).await?;
            metrics::histogram!("aerie_jobs_claim_seconds").record(started.elapsed().as_secs_f64());
            let got: usize = taken.batches.iter().map(|(_, rows)| rows.len()).sum();
            for (batch, rows) in taken.batches {
                let db = self.worker.db.clone();
                self.start(Run::new(db, batch.account, batch.entry, taken.fence, rows));
            }
            if got < wanted {
                // Somebody was faster, or changed them.
                self.stale = true;
            } else if self.known.all {
                return Ok(Wake {
                    more: self.known.wake.more || !self.known.due.is_empty(),
                    ..self.known.wake
                });
            } else if fresh {
                // There is room left perhaps, and more to see.
                self.stale = self.running.len() < options.concurrency;
            } else {
                return Ok(Wake { more: true, ..self.known.wake });
            }
        }
    }

    /// What is due, of enough accounts to be fair: one with 100,000 due jobs hides nobody.
    async fn gather(&mut self, now: Time, free: usize) -> Result<Known> {
        let limit = self.worker.options.per_account;
        let at_limit = self.per_account.iter().filter(|(_, running)| **running >= limit);
        let mut passed: Vec<AccountId> = at_limit.map(|(account, _)| account.clone()).collect();
        // What waits for a place of its account is to be looked for when that has one.
        let mut known =
            Known { wake: Wake { more: !passed.is_empty(), ..Wake::default() }, ..Known::default() };
        let (mut first, mut idle) = (true, 0);
        let wide_allowed = Instant::now() >= self.wide_after;
        let mut tx = self.worker.db.system_read().await?;
        loop {
            let wide = !passed.is_empty();
            if wide && !wide_allowed {
                known.wake.more = true;
                known.wake.wide_at = Some(self.wide_after);
                return Ok(known);
            }
            let started = Instant::now();
            let unknown: Vec<String> = self.unknown.iter().cloned().collect();
            let page = claim::peek(&mut tx, now, &passed, &unknown).await?;
            if wide {
                self.wide_after = self.wide_after.max(Instant::now()) + started.elapsed() * (WIDE_SHARE - 1);
            }
            let full = page.len() == PAGE;
            let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
            for job in page {
                match self.worker.registry.get(&job.name) {
                    Some(entry) => {
                        if !accounts.contains(&job.account_id) {
                            idle += usize::from(!self.per_account.contains_key(&job.account_id));
                            accounts.insert(job.account_id.clone());
                        }
                        known.due.push((entry, job));
                    }
                    None => self.leave(job.name),
                }
            }
            if !full {
                known.all = first;
                known.wake.next = claim::next_after(&mut tx, now).await?;
                return Ok(known);
            }
            // A full page of nothing but unknown names is no page: the next one leaves them out.
            first &= accounts.is_empty();
            passed.extend(accounts);
            // Accounts without a handler come first: only if there are enough of them the others need not be known.
            if idle >= free {
                known.wake.more = true;
                known.wake.wide_at = Some(self.wide_after);
                return Ok(known);
            }
        }
    }

    /// Jobs of a newer version wait for a node that runs it.
    fn leave(&mut self, name: String) {
        if !self.unknown.contains(&name) {
            tracing::error!(
                name,
                "jobs of this name are due and this version has no handler for them: left alone"
            );
            metrics::counter!("aerie_jobs_unknown_names_total", "name" => name.clone()).increment(1);
            self.unknown.insert(name);
        }
    }

    fn start(&mut self, run: Run) {
        let run = Arc::new(run);
        *self.per_account.entry(run.account.clone()).or_default() += 1;
        let task = self.tasks.spawn(run.clone().go());
        self.running.insert(task.id(), run);
        metrics::gauge!("aerie_jobs_running").increment(1);
    }

    fn finished(&mut self, result: Result<(Id, Summary), JoinError>) {
        let id = match result {
            Ok((id, summary)) => {
                self.summary.add(&summary);
                self.stale |= summary.retried > 0;
                id
            }
            Err(error) => {
                tracing::error!(%error, "a batch of jobs ended without an answer; they run again after their lease");
                error.id()
            }
        };
        if let Some(run) = self.running.remove(&id) {
            metrics::gauge!("aerie_jobs_running").decrement(1);
            if let Some(count) = self.per_account.get_mut(&run.account) {
                *count -= 1;
                if *count == 0 {
                    self.per_account.remove(&run.account);
                }
            }
        }
    }

    /// Waits until there is a reason to look again. Takes note of the handlers that finish meanwhile.
    async fn wait(&mut self, wake: Wake, signals: &mut broadcast::Receiver<Signal>) {
        if let Some(quiet_until) = wake.quiet_until {
            self.stale = true;
            return tokio::time::sleep_until(quiet_until).await;
        }
        let mut next: BoxFuture<'_, ()> = match wake.next {
            Some(next) => self.worker.db.clock().sleep_until(next),
            None => pending().boxed(),
        };
        let mut wide: BoxFuture<'_, ()> = match wake.wide_at {
            Some(at) => tokio::time::sleep_until(at).boxed(),
            // Somebody else was faster and there may be more: soon.
            None if wake.more && self.running.is_empty() => {
                tokio::time::sleep(Duration::from_millis(2)).boxed()
            }
            None => pending().boxed(),
        };
        let poll_at = self.poll_at;
        let mut poll = tokio::time::sleep_until(poll_at).boxed();
        loop {
            tokio::select! {
                Some(result) = self.tasks.join_next_with_id() => {
                    self.finished(result);
                    // What finished at the same time makes room at the same time.
                    while let Some(result) = self.tasks.try_join_next_with_id() {
                        self.finished(result);
                    }
                    if wake.more || self.stale || self.running.is_empty() {
                        return;
                    }
                }
                // Other jobs may be due now.
                () = heard(signals) => break,
                () = &mut next => break,
                () = &mut wide => break,
                () = &mut poll => break,
            }
        }
        self.stale = true;
        self.poll_at = Instant::now() + POLL;
    }

    async fn stop(mut self, grace: Duration) {
        let finish = async {
            while let Some(result) = self.tasks.join_next_with_id().await {
                self.finished(result);
            }
        };
        if tokio::time::timeout(grace, finish).await.is_ok() {
            return;
        }
        self.tasks.shutdown().await;
        for run in self.running.values() {
            tracing::warn!(job = run.entry.name, account = %run.account, "stopped before it finished; given back");
            metrics::gauge!("aerie_jobs_running").decrement(1);
            if let Err(error) = run.release().await {
                tracing::warn!(%error, "jobs were not given back; they run again after their lease");
            }
        }
    }
}

/// Resolves when jobs were written down somewhere.
async fn heard(signals: &mut broadcast::Receiver<Signal>) {
    loop {
        match signals.recv().await {
            Ok(signal) if signal.topic != TOPIC => {}
            // Too much was said to hear it all: some of it may have been for us.
            Ok(_) | Err(RecvError::Lagged(_)) => break,
            Err(RecvError::Closed) => return pending().await,
        }
    }
    // One look answers all that was said before it.
    while !matches!(signals.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
}
