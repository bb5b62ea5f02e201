//! When and in which order jobs run: never early, earliest first, in batches, fairly.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jobs::{Batch, Registry, Worker, WorkerOptions};
use parking_lot::Mutex;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::Clock;

use crate::common::*;

store::on_both_databases! {
    migrations = migrations();

    /// Random times, a clock that moves in random steps: each job runs once, at the first look at or after its time.
    async fn never_early(test: &TestDb) {
        let ran: Arc<Mutex<HashMap<i64, i64>>> = Arc::default();
        let (log, clock) = (ran.clone(), test.clock.clone());
        let registry = Registry::new().handle(move |batch: Batch<Bulk>| {
            let (log, clock) = (log.clone(), clock.clone());
            async move {
                for job in batch.jobs() {
                    assert!(job.due_at <= clock.now(), "early");
                    assert!(log.lock().insert(job.job.n, clock.now().micros()).is_none(), "twice");
                }
                Ok(())
            }
        });
        let worker = worker(&test.db, registry);
        let times = prop::collection::vec(-5_000_000i64..90_000_000, 1..40);
        let steps = prop::collection::vec(0u64..30_000_000, 1..6);
        let runtime = tokio::runtime::Handle::current();
        let check = |times: Vec<i64>, steps: Vec<u64>| {
            runtime.block_on(async {
                ran.lock().clear();
                let account = account(test);
                let start = test.clock.now();
                let jobs: Vec<_> = times.iter().enumerate().map(|(n, by)| {
                    (Bulk { n: n as i64 }, start.plus(jiff::SignedDuration::from_micros(*by)))
                }).collect();
                let mut tx = test.db.write(&account).await.unwrap();
                jobs::enqueue_many(&mut tx, jobs.iter().map(|(job, at)| (job, *at))).await.unwrap();
                tx.commit().await.unwrap();
                let mut looks = vec![start];
                worker.run_until_idle().await.unwrap();
                for step in steps.into_iter().chain([90_000_000]) {
                    test.clock.advance(std::time::Duration::from_micros(step));
                    looks.push(test.clock.now());
                    worker.run_until_idle().await.unwrap();
                }
                let ran = ran.lock();
                for (job, due) in &jobs {
                    let first = looks.iter().find(|look| *look >= due).unwrap();
                    assert_eq!(ran.get(&job.n), Some(&first.micros()), "due at {due}");
                }
            });
        };
        tokio::task::block_in_place(|| {
            let mut runner = TestRunner::new(Config { cases: 20, failure_persistence: None, ..Config::default() });
            runner.run(&(times, steps), |(times, steps)| { check(times, steps); Ok(()) }).unwrap();
        });
    }

    /// The sleeping worker wakes by the clock, at the microsecond and not before.
    async fn a_live_worker_waits_for_the_moment(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 10)), (2, at(test, 20))]).await;
        let live = Live::start(worker(&test.db, plain()));
        test.clock.advance(std::time::Duration::from_micros(9_999_999));
        enqueue_hits(&test.db, &account, [(0, at(test, -5))]).await;
        until(async || effects(&test.db, &account).await == [0]).await;
        test.clock.advance(std::time::Duration::from_micros(1));
        until(async || effects(&test.db, &account).await == [0, 1]).await;
        test.clock.advance(seconds(10));
        until(async || effects(&test.db, &account).await == [0, 1, 2]).await;
        live.stop().await;
    }

    async fn earliest_first(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, (0..50).map(|n| (n, at(test, (n * 37) % 50 - 100)))).await;
        let order: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = order.clone();
        let registry = Registry::new().handle(move |batch: Batch<Hit>| {
            let log = log.clone();
            async move {
                log.lock().push(batch.jobs()[0].due_at);
                Ok(())
            }
        });
        let options = WorkerOptions { concurrency: 1, ..WorkerOptions::default() };
        Worker::new(test.db.clone(), registry, options).run_until_idle().await.unwrap();
        let order = order.lock();
        assert_eq!(order.len(), 50);
        assert!(order.is_sorted());
    }

    async fn a_thousand_due_at_once_arrive_in_ten_batches(test: &TestDb) {
        let account = account(test);
        enqueue_bulk(&test.db, &account, 0..1000, at(test, 0)).await;
        let summary = run_idle(&test.db, plain()).await;
        assert_eq!((summary.done, summary.batches), (1000, 10));
        assert_eq!(effects(&test.db, &account).await, (0..1000).collect::<Vec<_>>());
    }

    async fn batches_stay_full_when_more_is_due_than_one_look_sees(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, (5000..5050).map(|n| (n, at(test, -1)))).await;
        enqueue_bulk(&test.db, &account, 0..2345, at(test, 0)).await;
        let summary = run_idle(&test.db, plain()).await;
        assert_eq!((summary.done, summary.batches), (2395, 50 + 24));
    }

    /// Both handlers of the busy account hang: the other account runs all the same, and so does a third one later.
    async fn a_busy_account_blocks_nobody(test: &TestDb) {
        let (busy, quiet, late) = (account(test), account(test), account(test));
        enqueue_hits(&test.db, &busy, (0..5000).map(|n| (n, at(test, -10)))).await;
        enqueue_hits(&test.db, &quiet, [(1, at(test, 0))]).await;
        let (mut gate, registry) = Gate::new();
        let options = WorkerOptions { concurrency: 4, per_account: 2, ..WorkerOptions::default() };
        let live = Live::start(Worker::new(test.db.clone(), registry, options));
        let mut first: Vec<_> = vec![gate.started().await.0, gate.started().await.0, gate.started().await.0];
        first.sort_by_key(|account| account == &quiet);
        assert_eq!(first, [busy.clone(), busy.clone(), quiet.clone()]);
        enqueue_hits(&test.db, &late, [(2, at(test, 0))]).await;
        assert_eq!(gate.started().await, (late, 2));
        live.crash().await;
    }

    /// When every place is taken by accounts with much to do, a free one goes to the account that has none.
    async fn a_newcomer_is_next(test: &TestDb) {
        let (one, two, newcomer) = (account(test), account(test), account(test));
        enqueue_hits(&test.db, &one, (0..3000).map(|n| (n, at(test, -20)))).await;
        enqueue_hits(&test.db, &two, (0..3000).map(|n| (n, at(test, -10)))).await;
        let (mut gate, registry) = Gate::new();
        let options = WorkerOptions { concurrency: 4, per_account: 4, ..WorkerOptions::default() };
        let live = Live::start(Worker::new(test.db.clone(), registry, options));
        for _ in 0..4 {
            gate.started().await;
        }
        enqueue_hits(&test.db, &newcomer, [(1, at(test, 0))]).await;
        gate.go.add_permits(1);
        let mut rounds = 1;
        while gate.started().await.0 != newcomer {
            gate.go.add_permits(1);
            rounds += 1;
            // How many depends on how fast this machine looks: one part in five of the time goes into looking further.
            assert!(rounds < 1000, "6,000 others are due earlier; it does not wait for them");
        }
        live.crash().await;
    }

    async fn no_more_handlers_run_than_allowed(test: &TestDb) {
        let accounts: Vec<_> = (0..4).map(|_| account(test)).collect();
        for account in &accounts {
            enqueue_hits(&test.db, account, (0..30).map(|n| (n, at(test, 0)))).await;
        }
        #[derive(Default)]
        struct Seen { all: AtomicUsize, each: Mutex<HashMap<store::AccountId, usize>>, most: AtomicUsize }
        let seen = Arc::new(Seen::default());
        let counted = seen.clone();
        let registry = Registry::new().handle(move |batch: Batch<Hit>| {
            let seen = counted.clone();
            async move {
                let all = 1 + seen.all.fetch_add(1, Ordering::SeqCst);
                seen.most.fetch_max(all, Ordering::SeqCst);
                let mine = {
                    let mut each = seen.each.lock();
                    let mine = each.entry(batch.account().clone()).or_default();
                    *mine += 1;
                    *mine
                };
                let account = batch.account().clone();
                apply(batch).await?;
                *seen.each.lock().get_mut(&account).unwrap() -= 1;
                seen.all.fetch_sub(1, Ordering::SeqCst);
                assert!(mine <= 2, "{mine} of one account");
                assert!(all <= 5, "{all} at once");
                Ok(())
            }
        });
        let options = WorkerOptions { concurrency: 5, per_account: 2, ..WorkerOptions::default() };
        let summary = Worker::new(test.db.clone(), registry, options).run_until_idle().await.unwrap();
        assert_eq!((summary.done, summary.retried), (120, 0));
        assert!(seen.most.load(Ordering::SeqCst) > 1, "handlers run beside each other");
    }
}
