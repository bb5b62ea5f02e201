//! Workers that die, stall or stop; a database that goes away.

use std::sync::Arc;

use jobs::{Job, State, Worker, WorkerOptions};
use store::testing::TestDb;
use store::{Clock, Db, ManualClock, sql};

use crate::common::*;

store::on_both_databases! {
    migrations = migrations();

    async fn a_crash_repeats_the_job_once_its_lease_is_over(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let live = Live::start(worker(&test.db, registry));
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        gate.started().await;
        live.crash().await;
        test.clock.advance(Hit::POLICY.lease - std::time::Duration::from_micros(1));
        assert_eq!(run_idle(&test.db, plain()).await.batches, 0, "somebody may still be at it");
        test.clock.advance(std::time::Duration::from_micros(1));
        assert_eq!(run_idle(&test.db, plain()).await.done, 1);
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    async fn a_job_that_kills_its_worker_each_time_has_failed(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        for _ in 0..Hit::POLICY.max_attempts {
            let (mut gate, registry) = Gate::new();
            let live = Live::start(worker(&test.db, registry));
            gate.started().await;
            live.crash().await;
            test.clock.advance(Hit::POLICY.lease);
        }
        assert_eq!(run_idle(&test.db, plain()).await.failed, 1);
        let failed = listed(&test.db, &account, State::Failed).await;
        assert_eq!(failed[0].reason, "its worker was lost in each of 3 attempts");
        assert!(effects(&test.db, &account).await.is_empty());
    }

    async fn the_lease_is_extended_while_a_handler_runs(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let live = Live::start(worker(&test.db, registry));
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        gate.started().await;
        for _ in 0..5 {
            test.clock.advance(Hit::POLICY.lease / 2);
            let end = test.clock.now().plus(jiff::SignedDuration::try_from(Hit::POLICY.lease).unwrap());
            until(async || listed(&test.db, &account, State::Pending).await[0].run_at == Some(end)).await;
        }
        assert_eq!(run_idle(&test.db, plain()).await.batches, 0);
        gate.go.add_permits(1);
        live.stop().await;
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    /// A process that was suspended: its clock stands, another one takes over, and then it goes on as if nothing were.
    async fn a_worker_that_lost_its_lease_is_fenced(test: &TestDb) {
        let account = account(test);
        let asleep = test.database.open(Arc::new(ManualClock::new(test.clock.now()))).await;
        let (mut gate, registry) = Gate::new();
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        let live = Live::start(worker(&asleep, registry));
        gate.started().await;
        test.clock.advance(Hit::POLICY.lease * 2);
        assert_eq!(run_idle(&test.db, plain()).await.done, 1);
        gate.go.add_permits(1);
        live.stop().await;
        assert_eq!(effects(&test.db, &account).await, [1], "once");
    }

    async fn a_shutdown_lets_handlers_finish(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let options = WorkerOptions { concurrency: 1, ..WorkerOptions::default() };
        let live = Live::start(Worker::new(test.db.clone(), registry, options));
        enqueue_hits(&test.db, &account, [(1, at(test, 0)), (2, at(test, 0))]).await;
        let (_, first) = gate.started().await;
        live.shutdown.cancel();
        gate.go.add_permits(2);
        within(live.task).await.unwrap();
        assert_eq!(effects(&test.db, &account).await, [first], "what runs is finished, nothing is begun");
    }

    async fn what_outlasts_the_grace_is_given_back_at_once(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let options = WorkerOptions { grace: std::time::Duration::from_millis(10), ..WorkerOptions::default() };
        let live = Live::start(Worker::new(test.db.clone(), registry, options));
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        gate.started().await;
        live.stop().await;
        let pending = listed(&test.db, &account, State::Pending).await;
        assert_eq!((pending[0].attempts, pending[0].run_at), (0, Some(at(test, 0))));
        assert_eq!(run_idle(&test.db, plain()).await.done, 1, "no lease to wait for");
    }

    /// Connections are cut and refused again and again while 300 jobs run: each happens once.
    async fn an_outage_of_the_database_costs_time_and_nothing_else(test: &TestDb) {
        let account = account(test);
        // One connection, so that it is not let go while nobody is let in.
        let options = store::Options { connections: 1, ..store::Options::new(&test.database.url) };
        let admin = Db::open(&options, Arc::new(test.clock.clone()), Arc::new(store::OsRandom)).await.unwrap();
        enqueue_bulk(&test.db, &account, 0..100, at(test, 0)).await;
        enqueue_hits(&test.db, &account, (100..300).map(|n| (n, at(test, n)))).await;
        let live = Live::start(worker(&test.db, plain()));
        for round in 1..=5 {
            until(async || {
                test.clock.advance(seconds(10));
                effects(&admin, &account).await.len() >= 40 * round
            }).await;
            // Jobs are due, running and being written right now.
            test.clock.advance(seconds(30));
            outage(test, &admin, true).await;
            outage(test, &admin, false).await;
        }
        until(async || {
            test.clock.advance(seconds(10));
            effects(&admin, &account).await.len() >= 300
        }).await;
        assert_eq!(effects(&admin, &account).await, (0..300).collect::<Vec<_>>());
        until(async || listed(&admin, &account, State::Pending).await.is_empty()).await;
        live.stop().await;
    }
}

/// On PostgreSQL cuts all connections but `admin`'s and lets nobody in, or lets them in again. SQLite has no server to lose:
/// there somebody else holds the write lock for a moment.
async fn outage(test: &TestDb, admin: &Db, begins: bool) {
    if test.db.backend() == store::Backend::Sqlite {
        let tx = admin.system_write().await.unwrap();
        let holds = std::time::Duration::from_millis(20);
        tokio::time::sleep(holds).await;
        return drop(tx);
    }
    let limit = if begins {
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 0', current_database()); END $$"
    } else {
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT -1', current_database()); END $$"
    };
    let mut tx = admin.system_write().await.unwrap();
    tx.execute(sql(limit)).await.unwrap();
    tx.commit().await.unwrap();
    if begins {
        let mut tx = admin.system_write().await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity \
                   WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()";
        tx.all::<(bool,)>(sql(cut)).await.unwrap();
    }
}
