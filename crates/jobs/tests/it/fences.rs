//! Replaced, cancelled or parked while running: the old run's effects do not happen.

use jobs::{Batch, Failure, Job, Registry, State};

use crate::common::*;

store::on_both_databases! {
    migrations = migrations();

    async fn replaced_while_running_the_new_time_counts(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let live = Live::start(worker(&test.db, registry));
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        assert_eq!(gate.started().await.1, 1);
        schedule_hit(&test.db, &account, "k", 2, at(test, 30)).await;
        gate.go.add_permits(10);
        live.stop().await;
        assert!(effects(&test.db, &account).await.is_empty(), "the replaced run has no effect");
        let pending = listed(&test.db, &account, State::Pending).await;
        assert_eq!((pending.len(), pending[0].run_at, pending[0].attempts), (1, Some(at(test, 30)), 0));
        test.clock.advance(seconds(30));
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [2]);
    }

    async fn cancelled_while_running_it_does_not_happen(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let live = Live::start(worker(&test.db, registry));
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        gate.started().await;
        assert!(cancel_hit(&test.db, &account, "k").await);
        // Scheduled again, it is another job: the old run must not take it for its own.
        schedule_hit(&test.db, &account, "k", 2, at(test, 0)).await;
        assert_eq!(gate.started().await.1, 2);
        gate.go.add_permits(10);
        live.stop().await;
        assert_eq!(effects(&test.db, &account).await, [2]);
    }

    async fn parked_while_running_it_runs_later(test: &TestDb) {
        let account = account(test);
        let (mut gate, registry) = Gate::new();
        let live = Live::start(worker(&test.db, registry));
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        gate.started().await;
        let mut tx = test.db.write(&account).await.unwrap();
        assert_eq!(jobs::park_all(&mut tx, None, "no authorization").await.unwrap(), 1);
        tx.commit().await.unwrap();
        gate.go.add_permits(10);
        live.stop().await;
        assert!(effects(&test.db, &account).await.is_empty());
        let mut tx = test.db.write(&account).await.unwrap();
        jobs::unpark(&mut tx, None).await.unwrap();
        tx.commit().await.unwrap();
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    /// Of a batch only those happen that nobody touched meanwhile.
    async fn a_batch_goes_on_without_those_that_were_changed(test: &TestDb) {
        let account = account(test);
        let mut tx = test.db.write(&account).await.unwrap();
        let now = tx.now();
        for n in 0..5 {
            jobs::schedule(&mut tx, &format!("k{n}"), &Bulk { n }, now).await.unwrap();
        }
        tx.commit().await.unwrap();
        let registry = Registry::new().handle(move |batch: Batch<Bulk>| async move {
            assert_eq!(batch.jobs().len(), 5);
            let mut tx = batch.db().write(batch.account()).await?;
            jobs::cancel::<Bulk>(&mut tx, "k1").await?;
            let later = tx.now().plus(jiff::SignedDuration::from_secs(60));
            jobs::schedule(&mut tx, "k3", &Bulk { n: 33 }, later).await?;
            tx.commit().await?;
            apply(batch).await
        });
        let summary = run_idle(&test.db, registry).await;
        assert_eq!((summary.done, summary.lost), (3, 2));
        assert_eq!(effects(&test.db, &account).await, [0, 2, 4]);
    }

    /// While the handler's transaction is open a cancellation waits, and then learns that it came too late.
    async fn a_cancellation_is_true_only_if_it_prevents(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        let db = test.db.clone();
        let registry = Registry::new().handle(move |batch: Batch<Hit>| {
            let db = db.clone();
            async move {
                let account = batch.account().clone();
                let (mut tx, jobs) = batch.begin().await?;
                assert_eq!(jobs.len(), 1);
                let cancel = tokio::spawn(async move { cancel_hit(&db, &account, "k").await });
                effect(&mut tx, 1).await?;
                assert!(!cancel.is_finished());
                tx.commit().await?;
                assert!(!cancel.await.unwrap());
                Ok::<_, Failure>(())
            }
        });
        assert_eq!(run_idle(&test.db, registry).await.done, 1);
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    /// A job that schedules itself again in its own transaction.
    async fn a_job_can_follow_itself(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "sweep", 0, at(test, 0)).await;
        let registry = || Registry::new().handle(|batch: Batch<Hit>| async move {
            let (mut tx, jobs) = batch.begin().await?;
            for job in jobs {
                effect(&mut tx, job.job.n).await?;
                let next = tx.now().plus(jiff::SignedDuration::from_secs(60));
                jobs::schedule(&mut tx, "sweep", &Hit { n: job.job.n + 1 }, next).await?;
            }
            tx.commit().await?;
            Ok(())
        });
        for _ in 0..3 {
            run_idle(&test.db, registry()).await;
            test.clock.advance(seconds(60));
        }
        assert_eq!(effects(&test.db, &account).await, [0, 1, 2]);
        assert_eq!(listed(&test.db, &account, State::Pending).await.len(), 1);
    }

    /// What is not committed comes back, though the handler says that all is well.
    async fn a_forgotten_commit_loses_nothing(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        let forgetful = Registry::new().handle(|batch: Batch<Hit>| async move {
            let (mut tx, _) = batch.begin().await?;
            effect(&mut tx, 1).await
        });
        run_idle(&test.db, forgetful).await;
        assert!(effects(&test.db, &account).await.is_empty());
        test.clock.advance(Hit::POLICY.lease);
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [1]);
    }
}
