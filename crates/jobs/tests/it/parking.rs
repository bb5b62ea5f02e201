//! Work that waits for an authorization.

use std::sync::Arc;

use jobs::{Batch, Failure, Job, Registry, State, Worker, WorkerOptions};
use parking_lot::Mutex;

use crate::common::*;

store::on_both_databases! {
    migrations = migrations();

    async fn parked_jobs_wait_and_come_back_in_the_order_they_were_wanted(test: &TestDb) {
        let (account, other) = (account(test), account(test));
        enqueue_hits(&test.db, &account, (0..20).map(|n| (n, at(test, (n * 7) % 20)))).await;
        enqueue_hits(&test.db, &account, [(100, at(test, 5000))]).await;
        enqueue_hits(&test.db, &other, [(1, at(test, 0))]).await;
        let mut tx = test.db.write(&account).await.unwrap();
        assert_eq!(jobs::park_all(&mut tx, None, "the authorization was withdrawn").await.unwrap(), 21);
        tx.commit().await.unwrap();
        test.clock.advance(seconds(1000));
        assert_eq!(run_idle(&test.db, plain()).await.done, 1, "the other account goes on");
        let parked = listed(&test.db, &account, State::Parked).await;
        assert_eq!(parked.len(), 21);
        assert!(parked.iter().all(|job| job.reason == "the authorization was withdrawn" && job.run_at.is_none()));

        let mut tx = test.db.write(&account).await.unwrap();
        assert_eq!(jobs::unpark(&mut tx, None).await.unwrap(), 21);
        tx.commit().await.unwrap();
        let order: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = order.clone();
        let registry = Registry::new().handle(move |batch: Batch<Hit>| {
            log.lock().push(batch.jobs()[0].due_at);
            apply(batch)
        });
        let options = WorkerOptions { concurrency: 1, ..WorkerOptions::default() };
        let worker = Worker::new(test.db.clone(), registry, options);
        assert_eq!(worker.run_until_idle().await.unwrap().done, 20, "and what is not due yet still waits");
        let order = order.lock().clone();
        assert!(order.is_sorted() && order.len() == 20);
        test.clock.advance(seconds(4000));
        assert_eq!(worker.run_until_idle().await.unwrap().done, 1);
    }

    async fn only_the_named_jobs_are_parked_and_unparked(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        enqueue_bulk(&test.db, &account, [2], at(test, 0)).await;
        let mut tx = test.db.write(&account).await.unwrap();
        assert_eq!(jobs::park_all(&mut tx, Some(&[Hit::NAME, "test.none"]), "no scope").await.unwrap(), 1);
        tx.commit().await.unwrap();
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [2]);
        let mut tx = test.db.write(&account).await.unwrap();
        assert_eq!(jobs::unpark(&mut tx, Some(&[Bulk::NAME])).await.unwrap(), 0);
        assert_eq!(jobs::unpark(&mut tx, Some(&[Hit::NAME])).await.unwrap(), 1);
        tx.commit().await.unwrap();
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [1, 2]);
    }

    async fn a_handler_can_park_and_the_attempts_begin_anew(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        for _ in 0..5 {
            let registry = Registry::new().handle(|_: Batch<Hit>| async { Err(Failure::park("401")) });
            assert_eq!(run_idle(&test.db, registry).await.parked, 1);
            let mut tx = test.db.write(&account).await.unwrap();
            assert_eq!(jobs::unpark(&mut tx, None).await.unwrap(), 1);
            tx.commit().await.unwrap();
        }
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    async fn what_is_parked_can_be_replaced_and_cancelled(test: &TestDb) {
        let account = account(test);
        for key in ["a", "b"] {
            schedule_hit(&test.db, &account, key, 1, at(test, 0)).await;
        }
        let mut tx = test.db.write(&account).await.unwrap();
        jobs::park_all(&mut tx, None, "no authorization").await.unwrap();
        tx.commit().await.unwrap();
        assert!(cancel_hit(&test.db, &account, "a").await);
        schedule_hit(&test.db, &account, "b", 2, at(test, 0)).await;
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [2]);
    }
}
