//! How fast, how late, how large: `cargo bench -p jobs`, on SQLite and, with `AERIE_TEST_POSTGRES`, on PostgreSQL.
//!
//! `AERIE_BENCH_JOBS` (100,000), `AERIE_BENCH_PENDING` (1,000,000) and `AERIE_BENCH_SECONDS` (10) make it smaller.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use jobs::{Batch, Job, Policy, Registry, Worker, WorkerOptions};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::testing::TestDatabase;
use store::{AccountId, Backend, Db, OsRandom, Random, SystemClock, Time, sql2};
use tokio_util::sync::CancellationToken;

#[derive(Serialize, Deserialize)]
struct Deadline {
    deadline: String,
}

impl Job for Deadline {
    const NAME: &'static str = "deadline.hit";
    const POLICY: Policy = Policy::DEFAULT.batch(100);
}

/// The same, one at a time.
#[derive(Serialize, Deserialize)]
struct Single {
    deadline: String,
}

impl Job for Single {
    const NAME: &'static str = "deadline.one";
}

#[tokio::main]
async fn main() {
    println!("{:<10} {:<44} {:>12}", "database", "measure", "value");
    measure(Backend::Sqlite).await;
    if std::env::var_os("AERIE_TEST_POSTGRES").is_some() {
        measure(Backend::Postgres).await;
    }
}

async fn measure(backend: Backend) {
    let database = TestDatabase::create(backend).await;
    let db = database.open(Arc::new(SystemClock)).await;
    db.migrate(jobs::MIGRATIONS).await.unwrap();
    let accounts: Vec<AccountId> =
        (0..100).map(|_| AccountId::generate(db.clock().now(), &OsRandom)).collect();
    let report = |what: &str, value: String| {
        println!("{:<10} {what:<44} {value:>12}", format!("{backend:?}").to_lowercase());
    };
    let (jobs, seconds) = (setting("AERIE_BENCH_JOBS", 100_000), setting("AERIE_BENCH_SECONDS", 10));

    for (what, count) in [("in batches of 100", jobs), ("one at a time", jobs / 10)] {
        let start = (Instant::now(), cpu());
        if what == "one at a time" {
            fill(&db, &accounts, count, |deadline| Single { deadline }, |now| now).await;
        } else {
            fill(&db, &accounts, count, |deadline| Deadline { deadline }, |now| now).await;
        }
        let (wall, busy) = (start.0.elapsed().as_secs_f64(), cpu() - start.1);
        report(&format!("schedule, {what}: jobs/s"), format!("{:.0}", count as f64 / wall));
        report(&format!("schedule, {what}: CPU us/job"), format!("{:.0}", busy * 1e6 / count as f64));
        let registry = Registry::new()
            .handle(|_: Batch<Deadline>| std::future::ready(Ok(())))
            .handle(|_: Batch<Single>| std::future::ready(Ok(())));
        let worker = Worker::new(db.clone(), registry, WorkerOptions::default());
        let start = (Instant::now(), cpu());
        let done = worker.run_until_idle().await.unwrap().done;
        assert_eq!(done, count);
        let (wall, busy) = (start.0.elapsed().as_secs_f64(), cpu() - start.1);
        report(&format!("no-op, {what}: jobs/s"), format!("{:.0}", done as f64 / wall));
        report(&format!("no-op, {what}: CPU us/job"), format!("{:.0}", busy * 1e6 / done as f64));
    }

    lateness(&db, &accounts, seconds, "nothing else pending", &report).await;

    let pending = setting("AERIE_BENCH_PENDING", 1_000_000);
    let before = size(&db).await;
    let day = 86_400_000_000u64;
    fill(
        &db,
        &accounts,
        pending,
        |deadline| Deadline { deadline },
        |now| {
            now.plus(SignedDuration::from_micros(
                3_600_000_000 + i64::try_from(OsRandom.next_u64() % (30 * day)).unwrap(),
            ))
        },
    )
    .await;
    report("bytes a pending job", format!("{:.0}", (size(&db).await - before) as f64 / pending as f64));
    lateness(&db, &accounts, seconds, &format!("{pending} pending"), &report).await;

    db.close().await;
    database.remove().await;
}

/// Schedules `count` jobs, a thousand to a transaction.
async fn fill<J: Job>(
    db: &Db,
    accounts: &[AccountId],
    count: usize,
    make: impl Fn(String) -> J,
    when: impl Fn(Time) -> Time,
) {
    let mut left = count;
    for round in 0.. {
        if left == 0 {
            return;
        }
        let mut tx = db.write(&accounts[round % accounts.len()]).await.unwrap();
        let now = tx.now();
        let jobs: Vec<_> = (0..left.min(1000))
            .map(|n| (format!("{}", round * 1000 + n), make(format!("dl_{n:020}")), when(now)))
            .collect();
        left -= jobs.len();
        jobs::schedule_many(&mut tx, jobs.iter().map(|(key, job, at)| (key.as_str(), job, *at)))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

/// A thousand jobs a second, scheduled ten to a transaction, some for now and some for up to two seconds later.
async fn lateness(
    db: &Db,
    accounts: &[AccountId],
    seconds: usize,
    what: &str,
    report: &impl Fn(&str, String),
) {
    let late: Arc<Mutex<Vec<f64>>> = Arc::default();
    let log = late.clone();
    let registry = Registry::new().handle(move |batch: Batch<Deadline>| {
        let now = batch.db().clock().now();
        log.lock().extend(batch.jobs().iter().map(|job| now.since(job.due_at).as_secs_f64() * 1e3));
        std::future::ready(Ok(()))
    });
    let worker = Worker::new(db.clone(), registry, WorkerOptions::default());
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let task = tokio::spawn(async move { worker.run(stop).await });
    let begin = cpu();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for round in 0..seconds * 100 {
        tick.tick().await;
        let mut tx = db.write(&accounts[round % accounts.len()]).await.unwrap();
        let now = tx.now();
        let jobs: Vec<_> = (0..10)
            .map(|n| {
                let ahead = i64::try_from(OsRandom.next_u64() % 2_000_000).unwrap();
                (Deadline { deadline: format!("dl_{n:020}") }, now.plus(SignedDuration::from_micros(ahead)))
            })
            .collect();
        jobs::enqueue_many(&mut tx, jobs.iter().map(|(job, at)| (job, *at))).await.unwrap();
        tx.commit().await.unwrap();
    }
    let count = seconds * 1000;
    while late.lock().len() < count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let busy = cpu() - begin;
    shutdown.cancel();
    task.await.unwrap();
    let mut late = late.lock().clone();
    late.sort_by(f64::total_cmp);
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let index = ((count - 1) as f64 * share) as usize;
        report(&format!("lateness {name}, 1,000/s, {what}: ms"), format!("{:.1}", late[index]));
    }
    report(&format!("CPU, 1,000/s, {what}: us/job"), format!("{:.0}", busy * 1e6 / count as f64));
}

async fn size(db: &Db) -> i64 {
    let mut tx = db.system_read().await.unwrap();
    let statement = sql2(
        "SELECT pg_total_relation_size('jobs')",
        "SELECT (page_count - freelist_count) * page_size \
         FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()",
    );
    tx.maybe::<(i64,)>(statement).await.unwrap().unwrap().0
}

/// Seconds of processor time of this process and, as it works for it, of PostgreSQL. Zero where there is no /proc.
fn cpu() -> f64 {
    let own = ticks("self").unwrap_or(0);
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let postgres = processes.filter_map(|process| {
        let id = process.file_name().into_string().ok()?;
        let command = std::fs::read_to_string(process.path().join("comm")).ok()?;
        (command.trim() == "postgres").then(|| ticks(&id)).flatten()
    });
    // Linux counts in hundredths of a second towards programs, whatever its own clock does.
    (own + postgres.sum::<u64>()) as f64 / 100.0
}

fn ticks(process: &str) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // User and system time stand 11 and 12 fields behind the command, which ends with the last bracket.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}
