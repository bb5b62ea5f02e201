//! Jobs, handlers and tables that the tests share.

use std::sync::Arc;
use std::time::Duration;

use jobs::{Batch, Claimed, Failure, Job, Policy, Registry, Summary, Worker, WorkerOptions};
use serde::{Deserialize, Serialize};
pub(crate) use store::testing::TestDb;
use store::{AccountId, Db, Migration, OsRandom, Time, Tx, sql};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The queue's table and one for what the handlers do.
pub(crate) fn migrations() -> &'static [Migration] {
    static ALL: std::sync::OnceLock<Vec<Migration>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = jobs::MIGRATIONS.to_vec();
        let text = "CREATE TABLE effects (account_id TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL);";
        all.push(Migration::portable("test", "0001_init", text));
        all
    })
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub(crate) n: i64,
}

impl Job for Hit {
    const NAME: &'static str = "test.hit";
    const POLICY: Policy = Policy::DEFAULT
        .max_attempts(3)
        .lease(Duration::from_secs(60))
        .backoff(Duration::from_secs(10), Duration::from_secs(15));
}

/// As [`Hit`], handed over by the hundred.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bulk {
    pub(crate) n: i64,
}

impl Job for Bulk {
    const NAME: &'static str = "test.bulk";
    const POLICY: Policy = Hit::POLICY.batch(100);
}

pub(crate) trait Numbered: Job {
    fn n(&self) -> i64;
}

impl Numbered for Hit {
    fn n(&self) -> i64 {
        self.n
    }
}

impl Numbered for Bulk {
    fn n(&self) -> i64 {
        self.n
    }
}

pub(crate) fn account(test: &TestDb) -> AccountId {
    AccountId::generate(test.clock.now(), &OsRandom)
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The test's time and `by` seconds.
pub(crate) fn at(test: &TestDb, by: i64) -> Time {
    store::Clock::now(&test.clock).plus(jiff::SignedDuration::from_secs(by))
}

trait Now {
    fn now(&self) -> Time;
}

impl Now for store::ManualClock {
    fn now(&self) -> Time {
        store::Clock::now(self)
    }
}

pub(crate) async fn effect(tx: &mut Tx, n: i64) -> Result<(), Failure> {
    let now = tx.now();
    let insert = sql("INSERT INTO effects (account_id, n, at) VALUES ($1, $2, $3)").bind(n).bind(now);
    tx.execute(insert).await?;
    Ok(())
}

/// What has happened in the account, in the order of numbers.
pub(crate) async fn effects(db: &Db, account: &AccountId) -> Vec<i64> {
    let mut tx = db.read_prefer_primary(account).await.unwrap();
    let rows: Vec<(i64,)> =
        tx.all(sql("SELECT n FROM effects WHERE account_id = $1 ORDER BY n")).await.unwrap();
    rows.into_iter().map(|(n,)| n).collect()
}

/// The plain handler: an effect per job, with the completion.
pub(crate) async fn apply<J: Numbered>(batch: Batch<J>) -> Result<(), Failure> {
    let (mut tx, jobs) = batch.begin().await?;
    for job in jobs {
        effect(&mut tx, job.job.n()).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) fn plain() -> Registry {
    Registry::new().handle(apply::<Hit>).handle(apply::<Bulk>)
}

pub(crate) fn worker(db: &Db, registry: Registry) -> Worker {
    Worker::new(db.clone(), registry, WorkerOptions::default())
}

pub(crate) async fn run_idle(db: &Db, registry: Registry) -> Summary {
    worker(db, registry).run_until_idle().await.unwrap()
}

pub(crate) async fn enqueue_hits(db: &Db, account: &AccountId, hits: impl IntoIterator<Item = (i64, Time)>) {
    let hits: Vec<(Hit, Time)> = hits.into_iter().map(|(n, at)| (Hit { n }, at)).collect();
    let mut tx = db.write(account).await.unwrap();
    jobs::enqueue_many(&mut tx, hits.iter().map(|(hit, at)| (hit, *at))).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn enqueue_bulk(
    db: &Db,
    account: &AccountId,
    numbers: impl IntoIterator<Item = i64>,
    at: Time,
) {
    let bulk: Vec<Bulk> = numbers.into_iter().map(|n| Bulk { n }).collect();
    let mut tx = db.write(account).await.unwrap();
    jobs::enqueue_many(&mut tx, bulk.iter().map(|job| (job, at))).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn schedule_hit(db: &Db, account: &AccountId, key: &str, n: i64, at: Time) {
    let mut tx = db.write(account).await.unwrap();
    jobs::schedule(&mut tx, key, &Hit { n }, at).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn cancel_hit(db: &Db, account: &AccountId, key: &str) -> bool {
    let mut tx = db.write(account).await.unwrap();
    let cancelled = jobs::cancel::<Hit>(&mut tx, key).await.unwrap();
    tx.commit().await.unwrap();
    cancelled
}

pub(crate) async fn listed(db: &Db, account: &AccountId, state: jobs::State) -> Vec<jobs::Listed> {
    let mut tx = db.read_prefer_primary(account).await.unwrap();
    jobs::list(&mut tx, state, 10_000).await.unwrap()
}

/// A handler that says when it has begun and goes on when it is told to: once a permit.
pub(crate) struct Gate {
    started: mpsc::UnboundedReceiver<(AccountId, i64)>,
    pub(crate) go: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new() -> (Self, Registry) {
        let (tx, started) = mpsc::unbounded_channel();
        let go = Arc::new(Semaphore::new(0));
        let permits = go.clone();
        let registry = Registry::new().handle(move |batch: Batch<Hit>| {
            let (tx, permits) = (tx.clone(), permits.clone());
            async move {
                let _ = tx.send((batch.account().clone(), batch.jobs()[0].job.n));
                permits.acquire().await.unwrap().forget();
                apply(batch).await
            }
        });
        (Self { started, go }, registry)
    }

    /// The next job that a handler has begun.
    pub(crate) async fn started(&mut self) -> (AccountId, i64) {
        within(self.started.recv()).await.unwrap()
    }
}

/// A worker that runs beside the test.
pub(crate) struct Live {
    pub(crate) task: JoinHandle<()>,
    pub(crate) shutdown: CancellationToken,
}

impl Live {
    pub(crate) fn start(worker: Worker) -> Self {
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        Self { task: tokio::spawn(async move { worker.run(stop).await }), shutdown }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        within(self.task).await.unwrap();
    }

    /// As the process had been killed.
    pub(crate) async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// Fails instead of hanging.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(seconds(60), future).await.expect("it happens within a minute")
}

/// Asks until the answer is yes.
pub(crate) async fn until<F: Future<Output = bool>>(mut ask: impl FnMut() -> F) {
    within(async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) fn numbers<J: Numbered>(jobs: &[Claimed<J>]) -> Vec<i64> {
    jobs.iter().map(|job| job.job.n()).collect()
}
