//! Several workers, and how they hear of work.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use jobs::{Batch, Registry, State, Summary, Worker, WorkerOptions};
use parking_lot::Mutex;

use crate::common::*;

/// Counts who runs what, and notices two at once.
#[derive(Clone, Default)]
struct Watch {
    now: Arc<Mutex<HashSet<i64>>>,
    runs: Arc<Mutex<HashMap<i64, usize>>>,
}

impl Watch {
    async fn apply<J: Numbered>(self, batch: Batch<J>) -> Result<(), jobs::Failure> {
        let numbers = numbers(batch.jobs());
        for n in &numbers {
            assert!(self.now.lock().insert(*n), "{n} runs twice at once");
            *self.runs.lock().entry(*n).or_default() += 1;
        }
        tokio::task::yield_now().await;
        let result = apply(batch).await;
        for n in &numbers {
            self.now.lock().remove(n);
        }
        result
    }

    fn registry(&self) -> Registry {
        let (hits, bulk) = (self.clone(), self.clone());
        Registry::new()
            .handle(move |batch: Batch<Hit>| hits.clone().apply(batch))
            .handle(move |batch: Batch<Bulk>| bulk.clone().apply(batch))
    }
}

store::on_both_databases! {
    migrations = migrations();

    async fn workers_share_the_work_and_each_effect_happens_once(test: &TestDb) {
        let accounts: Vec<_> = (0..5).map(|_| account(test)).collect();
        let watch = Watch::default();
        let mut workers = Vec::new();
        for _ in 0..3 {
            let db = test.database.open(Arc::new(test.clock.clone())).await;
            let options = WorkerOptions { concurrency: 6, per_account: 2, ..WorkerOptions::default() };
            workers.push(Worker::new(db, watch.registry(), options));
        }
        for (i, account) in accounts.iter().enumerate() {
            let base = 1000 * i as i64;
            enqueue_hits(&test.db, account, (base..base + 40).map(|n| (n, at(test, n % 3)))).await;
            enqueue_bulk(&test.db, account, base + 40..base + 240, at(test, 1)).await;
        }
        test.clock.advance(seconds(3));
        let tasks: Vec<_> = workers.into_iter()
            .map(|worker| tokio::spawn(async move { worker.run_until_idle().await.unwrap() })).collect();
        let mut all = Summary::default();
        for task in tasks {
            let summary = within(task).await.unwrap();
            all.done += summary.done;
            all.retried += summary.retried;
            all.lost += summary.lost;
        }
        assert_eq!((all.done, all.retried, all.lost), (1200, 0, 0));
        assert!(watch.runs.lock().values().all(|runs| *runs == 1));
        for (i, account) in accounts.iter().enumerate() {
            let base = 1000 * i as i64;
            assert_eq!(effects(&test.db, account).await, (base..base + 240).collect::<Vec<_>>());
            assert!(listed(&test.db, account, State::Pending).await.is_empty());
        }
    }

    /// One after the other, each enqueued when the one before has run: by polling once a second this takes ten seconds.
    async fn a_commit_wakes_the_workers_of_this_process_at_once(test: &TestDb) {
        let account = account(test);
        let live = Live::start(worker(&test.db, plain()));
        let start = Instant::now();
        for n in 0..10 {
            enqueue_hits(&test.db, &account, [(n, at(test, 0))]).await;
            until(async || effects(&test.db, &account).await.len() as i64 == n + 1).await;
        }
        assert!(start.elapsed() < seconds(5), "{:?}", start.elapsed());
        live.stop().await;
    }

    /// No signals are relayed here: what another process wrote is found all the same.
    async fn the_safety_poll_finds_what_nobody_told_of(test: &TestDb) {
        let account = account(test);
        let other = test.database.open(Arc::new(test.clock.clone())).await;
        let live = Live::start(worker(&test.db, plain()));
        for n in 0..2 {
            enqueue_hits(&other, &account, [(n, at(test, 0))]).await;
            until(async || effects(&other, &account).await.len() as i64 == n + 1).await;
        }
        live.stop().await;
    }

    /// PostgreSQL carries the signal to the other node.
    async fn a_commit_wakes_the_workers_of_other_nodes(test: &TestDb) {
        if test.db.backend() == store::Backend::Sqlite {
            return;
        }
        let account = account(test);
        let other = test.database.open(Arc::new(test.clock.clone())).await;
        let relay = tokio::spawn({ let db = test.db.clone(); async move { db.relay_signals().await } });
        let live = Live::start(worker(&test.db, plain()));
        let mut heard = test.db.signals().subscribe();
        // The listener connects in its own time.
        let mut n = 0;
        while heard.try_recv().is_err() {
            enqueue_hits(&other, &account, [(n, at(test, 0))]).await;
            n += 1;
            until(async || effects(&other, &account).await.len() as i64 == n).await;
        }
        let start = Instant::now();
        for n in n..n + 10 {
            enqueue_hits(&other, &account, [(n, at(test, 0))]).await;
            until(async || effects(&other, &account).await.len() as i64 == n + 1).await;
        }
        assert!(start.elapsed() < seconds(5), "{:?}", start.elapsed());
        live.stop().await;
        relay.abort();
    }
}
