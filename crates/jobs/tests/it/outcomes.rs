//! What handlers can say, and what becomes of the jobs.

use std::sync::Arc;

use jobs::{Batch, Failure, Job, Outcome, Policy, Registry, State};
use parking_lot::Mutex;
use store::sql;

use crate::common::*;

/// A handler for [`Hit`] that always answers the same.
fn answering(failure: impl Fn() -> Failure + Send + Sync + 'static) -> Registry {
    let failure = Arc::new(failure);
    Registry::new().handle(move |_: Batch<Hit>| {
        let failure = failure.clone();
        async move { Err(failure()) }
    })
}

store::on_both_databases! {
    migrations = migrations();

    async fn a_failure_is_tried_again_after_its_backoff_until_the_attempts_are_used_up(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        let registry = || answering(|| Failure::new("zendesk answered 500"));
        // Twice the first pause is 20 s, and the policy's cap is 15.
        for (attempt, least, most) in [(1, 5, 10), (2, 7, 15)] {
            assert_eq!(run_idle(&test.db, registry()).await.retried, 1);
            let job = listed(&test.db, &account, State::Pending).await.remove(0);
            assert_eq!((job.attempts, job.reason.as_str()), (attempt, "zendesk answered 500"));
            let run_at = job.run_at.unwrap();
            assert!(run_at >= at(test, least) && run_at <= at(test, most), "{run_at}");
            assert_eq!(run_idle(&test.db, registry()).await.batches, 0, "not before the pause is over");
            test.clock.set(run_at);
        }
        assert_eq!(run_idle(&test.db, registry()).await.failed, 1);
        let failed = listed(&test.db, &account, State::Failed).await.remove(0);
        assert_eq!(failed.reason, "gave up after 3 attempts: zendesk answered 500");
        assert_eq!(failed.run_at, None);
        test.clock.advance(seconds(100_000));
        assert_eq!(run_idle(&test.db, plain()).await.batches, 0);

        let mut tx = test.db.write(&account).await.unwrap();
        assert_eq!(jobs::retry(&mut tx, &[failed.id, failed.id + 1]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(run_idle(&test.db, plain()).await.done, 1);
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    async fn what_failed_can_be_scheduled_again(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "k", 1, at(test, 0)).await;
        run_idle(&test.db, answering(|| Failure::fail("gone"))).await;
        assert_eq!(listed(&test.db, &account, State::Failed).await.len(), 1);
        schedule_hit(&test.db, &account, "k", 2, at(test, 0)).await;
        assert!(listed(&test.db, &account, State::Failed).await.is_empty());
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [2]);
    }

    async fn the_other_side_says_when(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        run_idle(&test.db, answering(|| Failure::retry_after(seconds(93), "429"))).await;
        assert_eq!(listed(&test.db, &account, State::Pending).await[0].run_at, Some(at(test, 93)));
    }

    async fn an_error_with_a_question_mark_is_a_failure(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        let registry = Registry::new().handle(|batch: Batch<Hit>| async move {
            let (mut tx, _) = batch.begin().await?;
            effect(&mut tx, 1).await?;
            tx.execute(sql("INSERT INTO no_such_table (account_id) VALUES ($1)")).await?;
            tx.commit().await?;
            Ok(())
        });
        assert_eq!(run_idle(&test.db, registry).await.retried, 1);
        assert!(effects(&test.db, &account).await.is_empty(), "the transaction was undone");
        let pending = listed(&test.db, &account, State::Pending).await;
        assert!(pending[0].reason.contains("no_such_table"), "{}", pending[0].reason);
        test.clock.advance(seconds(10));
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [1]);
    }

    async fn a_panic_is_a_failure_and_hurts_nobody_else(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, (0..10).map(|n| (n, at(test, 0)))).await;
        let registry = || Registry::new().handle(|batch: Batch<Hit>| async move {
            assert_ne!(batch.jobs()[0].job.n, 7, "seven is unlucky");
            apply(batch).await
        });
        let summary = run_idle(&test.db, registry()).await;
        assert_eq!((summary.done, summary.retried), (9, 1));
        for _ in 0..2 {
            test.clock.advance(seconds(20));
            run_idle(&test.db, registry()).await;
        }
        let failed = listed(&test.db, &account, State::Failed).await;
        assert!(failed[0].reason.contains("panicked") && failed[0].reason.contains("seven is unlucky"));
        assert_eq!(effects(&test.db, &account).await, [0, 1, 2, 3, 4, 5, 6, 8, 9]);
    }

    async fn a_panic_before_the_first_await_is_one_too(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        let registry = Registry::new().handle(|_: Batch<Hit>| -> std::future::Ready<Result<(), Failure>> {
            panic!("no future was made")
        });
        assert_eq!(run_idle(&test.db, registry).await.retried, 1);
    }

    async fn what_cannot_be_read_has_failed_and_is_kept(test: &TestDb) {
        let account = account(test);
        enqueue_bulk(&test.db, &account, 0..5, at(test, 0)).await;
        let mut tx = test.db.write(&account).await.unwrap();
        for poison in [r#"{"n": "#, r#"{"other": 1}"#, r#"{"n": "text"}"#, ""] {
            let insert = sql("INSERT INTO jobs (account_id, name, due_at, run_at, payload) VALUES ($1, $2, $3, $3, $4)");
            tx.execute(insert.bind(Bulk::NAME).bind(at(test, -1)).bind(poison)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let summary = run_idle(&test.db, plain()).await;
        assert_eq!((summary.done, summary.failed, summary.lost), (5, 4, 0));
        let failed = listed(&test.db, &account, State::Failed).await;
        assert_eq!(failed.len(), 4);
        assert!(failed.iter().all(|job| job.reason.starts_with("unreadable payload: ")), "{failed:?}");
        assert!(failed.iter().any(|job| job.payload == r#"{"other": 1}"#));
    }

    async fn a_batch_of_nothing_readable_reaches_no_handler(test: &TestDb) {
        let account = account(test);
        let mut tx = test.db.write(&account).await.unwrap();
        let insert = sql("INSERT INTO jobs (account_id, name, due_at, run_at, payload) VALUES ($1, $2, $3, $3, $4)");
        tx.execute(insert.bind(Hit::NAME).bind(at(test, 0)).bind("{}")).await.unwrap();
        tx.commit().await.unwrap();
        let summary = run_idle(&test.db, plain()).await;
        assert_eq!((summary.done, summary.failed, summary.lost), (0, 1, 0));
    }

    /// One outcome of each kind, settled before the transaction, inside it, and without one.
    async fn each_job_of_a_batch_has_its_own_outcome(test: &TestDb) {
        for way in ["before", "inside", "without", "before, then an error"] {
            let account = account(test);
            let later = at(test, 500);
            let mut tx = test.db.write(&account).await.unwrap();
            let now = tx.now();
            for n in 0..6 {
                jobs::schedule(&mut tx, &format!("k{n}"), &Bulk { n }, now).await.unwrap();
            }
            tx.commit().await.unwrap();
            let outcome = move |n: i64| match n {
                1 => Outcome::Retry { at: later, why: "later".into() },
                2 => Outcome::Cancel { why: "no use".into() },
                3 => Outcome::Fail { why: "impossible".into() },
                4 => Outcome::Park { why: "no authorization".into() },
                _ => Outcome::Done,
            };
            let registry = Registry::new().handle(move |batch: Batch<Bulk>| async move {
                if way != "inside" {
                    for job in batch.jobs().iter().filter(|job| (1..=4).contains(&job.job.n)) {
                        batch.settle(job, outcome(job.job.n));
                    }
                }
                if way == "without" {
                    let mut tx = batch.db().write(batch.account()).await?;
                    effect(&mut tx, 0).await?;
                    effect(&mut tx, 5).await?;
                    tx.commit().await?;
                    return Ok(());
                }
                let (mut tx, jobs) = batch.begin().await?;
                for job in jobs {
                    if (1..=4).contains(&job.job.n) {
                        batch.settle_in(&mut tx, job, outcome(job.job.n)).await?;
                    } else {
                        effect(&mut tx, job.job.n).await?;
                    }
                }
                if way == "before, then an error" {
                    drop(tx);
                    return Err(Failure::new("oh"));
                }
                tx.commit().await?;
                Ok(())
            });
            let summary = run_idle(&test.db, registry).await;
            let undone = usize::from(way == "before, then an error") * 2;
            let expected = jobs::Summary {
                batches: 1, done: 2 - undone, retried: 1 + undone, cancelled: 1, failed: 1, parked: 1, lost: 0,
            };
            assert_eq!(summary, expected, "{way}");
            let done: &[i64] = if undone > 0 { &[] } else { &[0, 5] };
            assert_eq!(effects(&test.db, &account).await, done, "{way}");
            let keys = |jobs: Vec<jobs::Listed>| -> Vec<(String, String)> {
                jobs.into_iter().map(|job| (job.key.unwrap(), job.reason)).collect()
            };
            let pair = |key: &str, why: &str| (key.to_owned(), why.to_owned());
            let pending = listed(&test.db, &account, State::Pending).await;
            let retried = pending.iter().find(|job| job.run_at == Some(later)).unwrap();
            assert_eq!((retried.key.as_deref(), retried.attempts), (Some("k1"), 1), "{way}");
            assert_eq!(pending.len(), 1 + undone, "{way}");
            assert_eq!(keys(listed(&test.db, &account, State::Failed).await), [pair("k3", "impossible")], "{way}");
            assert_eq!(keys(listed(&test.db, &account, State::Parked).await), [pair("k4", "no authorization")], "{way}");
            let mut tx = test.db.write(&account).await.unwrap();
            for n in 0..6 {
                jobs::cancel::<Bulk>(&mut tx, &format!("k{n}")).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
    }

    async fn retries_that_the_handler_asks_for_are_capped_too(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        let registry = || Registry::new().handle(|batch: Batch<Hit>| async move {
            let at = batch.db().clock().now();
            for job in batch.jobs() {
                batch.settle(job, Outcome::Retry { at, why: "again".into() });
            }
            Ok(())
        });
        let summary = run_idle(&test.db, registry()).await;
        assert_eq!((summary.batches, summary.retried, summary.failed), (3, 2, 1));
    }

    async fn what_failed_as_a_batch_comes_back_as_one(test: &TestDb) {
        let account = account(test);
        enqueue_bulk(&test.db, &account, 0..100, at(test, 0)).await;
        let sizes: Arc<Mutex<Vec<usize>>> = Arc::default();
        let log = sizes.clone();
        let registry = || {
            let log = log.clone();
            Registry::new().handle(move |batch: Batch<Bulk>| {
                log.lock().push(batch.jobs().len());
                let again = batch.jobs()[0].attempt < 2;
                async move { if again { Err(Failure::new("500")) } else { apply(batch).await } }
            })
        };
        run_idle(&test.db, registry()).await;
        test.clock.advance(seconds(10));
        run_idle(&test.db, registry()).await;
        assert_eq!(*sizes.lock(), [100, 100]);
        assert_eq!(effects(&test.db, &account).await.len(), 100);
    }

    async fn a_long_reason_is_cut(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, [(1, at(test, 0))]).await;
        run_idle(&test.db, answering(|| Failure::fail("ä".repeat(10_000)))).await;
        assert_eq!(listed(&test.db, &account, State::Failed).await[0].reason.chars().count(), 500);
    }
}

#[test]
#[should_panic(expected = "two handlers for the job test.hit")]
fn two_handlers_for_one_name_are_a_defect() {
    let _ = Registry::new().handle(apply::<Hit>).handle(apply::<Hit>);
}

#[test]
fn a_policy_says_what_it_is() {
    let policy = Policy::DEFAULT.batch(7).max_attempts(2);
    assert_eq!((policy.batch, policy.max_attempts, policy.lease), (7, 2, Policy::DEFAULT.lease));
}
