//! Writing jobs down, replacing and taking them back while nothing runs.

use jobs::{Registry, State};
use store::sql;

use crate::common::*;

store::on_both_databases! {
    migrations = migrations();

    async fn what_is_not_committed_is_not_run(test: &TestDb) {
        let account = account(test);
        let mut tx = test.db.write(&account).await.unwrap();
        jobs::enqueue(&mut tx, &Hit { n: 1 }, at(test, 0)).await.unwrap();
        drop(tx);
        assert_eq!(run_idle(&test.db, plain()).await, jobs::Summary::default());
        let mut tx = test.db.write(&account).await.unwrap();
        jobs::enqueue(&mut tx, &Hit { n: 2 }, at(test, 0)).await.unwrap();
        tx.commit().await.unwrap();
        let summary = run_idle(&test.db, plain()).await;
        assert_eq!((summary.done, summary.batches), (1, 1));
        assert_eq!(effects(&test.db, &account).await, [2]);
        assert!(listed(&test.db, &account, State::Pending).await.is_empty(), "a job that is done is gone");
    }

    async fn a_key_has_one_job_and_the_last_schedule_counts(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "ticket/1", 1, at(test, 10)).await;
        schedule_hit(&test.db, &account, "ticket/1", 2, at(test, 100)).await;
        schedule_hit(&test.db, &account, "ticket/2", 3, at(test, 10)).await;
        test.clock.advance(seconds(10));
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [3], "the old time of ticket/1 no longer counts");
        schedule_hit(&test.db, &account, "ticket/1", 4, at(test, 20)).await;
        test.clock.advance(seconds(20));
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [3, 4], "earlier than before works too");
        test.clock.advance(seconds(1000));
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [3, 4]);
    }

    async fn the_same_key_is_another_one_in_another_account_and_for_another_name(test: &TestDb) {
        let (one, two) = (account(test), account(test));
        schedule_hit(&test.db, &one, "k", 1, at(test, 0)).await;
        schedule_hit(&test.db, &two, "k", 2, at(test, 0)).await;
        let mut tx = test.db.write(&one).await.unwrap();
        jobs::schedule(&mut tx, "k", &Bulk { n: 3 }, at(test, 0)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(cancel_hit(&test.db, &two, "k").await);
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &one).await, [1, 3]);
        assert!(effects(&test.db, &two).await.is_empty());
    }

    async fn many_at_once_and_the_last_of_a_repeated_key(test: &TestDb) {
        let account = account(test);
        let hits: Vec<(String, Hit)> = (0..2500).map(|n| (format!("ticket/{}", n % 2400), Hit { n })).collect();
        let mut tx = test.db.write(&account).await.unwrap();
        let now = tx.now();
        jobs::schedule_many(&mut tx, hits.iter().map(|(key, hit)| (key.as_str(), hit, now))).await.unwrap();
        jobs::schedule_many(&mut tx, [("again", &Hit { n: 1 }, now), ("again", &Hit { n: 2 }, now)]).await.unwrap();
        jobs::enqueue_many(&mut tx, std::iter::empty::<(&Hit, store::Time)>()).await.unwrap();
        tx.commit().await.unwrap();
        let pending = listed(&test.db, &account, State::Pending).await;
        assert_eq!(pending.len(), 2401);
        let of = |key: &str| pending.iter().find(|job| job.key.as_deref() == Some(key)).unwrap().payload.clone();
        assert_eq!(of("ticket/99"), r#"{"n":2499}"#);
        assert_eq!(of("ticket/100"), r#"{"n":100}"#);
        assert_eq!(of("again"), r#"{"n":2}"#);
    }

    async fn a_cancelled_job_does_not_run(test: &TestDb) {
        let account = account(test);
        schedule_hit(&test.db, &account, "k", 1, at(test, 10)).await;
        assert!(cancel_hit(&test.db, &account, "k").await);
        assert!(!cancel_hit(&test.db, &account, "k").await, "there is nothing to cancel any more");
        test.clock.advance(seconds(100));
        assert_eq!(run_idle(&test.db, plain()).await.batches, 0);
        schedule_hit(&test.db, &account, "k", 2, at(test, 0)).await;
        run_idle(&test.db, plain()).await;
        assert_eq!(effects(&test.db, &account).await, [2], "the key can be used again");
        assert!(!cancel_hit(&test.db, &account, "k").await, "what is done cannot be cancelled");
    }

    async fn an_odd_key_is_a_key_like_any_other(test: &TestDb) {
        let account = account(test);
        for key in ["", "a'b\"c\\d", "ticket/\u{1F4A9}\n", "[1]"] {
            schedule_hit(&test.db, &account, key, 1, at(test, 10)).await;
            schedule_hit(&test.db, &account, key, 1, at(test, 10)).await;
            assert_eq!(listed(&test.db, &account, State::Pending).await.len(), 1);
            assert!(cancel_hit(&test.db, &account, key).await);
        }
    }

    /// Two nodes schedule the same thousand keys at once, in opposite order: neither locks the other up.
    async fn concurrent_schedules_do_not_lock_each_other_up(test: &TestDb) {
        let account = account(test);
        let other = test.database.open(std::sync::Arc::new(test.clock.clone())).await;
        let keys: Vec<String> = (0..1000).map(|n| format!("ticket/{n}")).collect();
        let backwards: Vec<String> = keys.iter().rev().cloned().collect();
        let now = at(test, 0);
        let write = |db: store::Db, keys: Vec<String>, account: store::AccountId| async move {
            for n in 0..5 {
                let hit = Hit { n };
                let mut tx = db.write(&account).await.unwrap();
                jobs::schedule_many(&mut tx, keys.iter().map(|key| (key.as_str(), &hit, now))).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        within(futures_join(write(test.db.clone(), keys, account.clone()), write(other, backwards, account.clone()))).await;
        assert_eq!(listed(&test.db, &account, State::Pending).await.len(), 1000);
    }

    async fn a_pending_job_takes_at_most_250_bytes(test: &TestDb) {
        let account = account(test);
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Deadline { deadline: String }
        impl jobs::Job for Deadline {
            const NAME: &'static str = "deadline.hit";
        }
        let size = async || {
            let mut tx = test.db.system_read().await.unwrap();
            let statement = store::sql2(
                "SELECT pg_total_relation_size('jobs')",
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            );
            tx.maybe::<(i64,)>(statement).await.unwrap().unwrap().0
        };
        let before = size().await;
        const COUNT: u64 = 20_000;
        let mut tx = test.db.write(&account).await.unwrap();
        let rows: Vec<_> = (0..COUNT).map(|n| {
            // Times in no order, as people set them.
            let due = at(test, ((n * 7919) % 1_000_003) as i64);
            (format!("{}", 1_000_000 + n), Deadline { deadline: format!("dl_{n:020}") }, due)
        }).collect();
        for chunk in rows.chunks(1000) {
            jobs::schedule_many(&mut tx, chunk.iter().map(|(key, job, at)| (key.as_str(), job, *at))).await.unwrap();
        }
        tx.commit().await.unwrap();
        let each = (size().await - before) as f64 / COUNT as f64;
        assert!((100.0..=250.0).contains(&each), "{each} bytes a pending job");
    }

    async fn statistics_count_what_there_is(test: &TestDb) {
        let (one, two) = (account(test), account(test));
        let early = at(test, 0);
        enqueue_hits(&test.db, &one, [(1, early), (2, at(test, 1000))]).await;
        enqueue_hits(&test.db, &two, [(3, at(test, 5))]).await;
        test.clock.advance(seconds(10));
        let mut tx = test.db.write(&two).await.unwrap();
        jobs::park_all(&mut tx, None, "no authorization").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.write(&two).await.unwrap();
        tx.execute(sql("INSERT INTO jobs (account_id, name, due_at, state, payload) VALUES ($1, $2, 0, 2, '')").bind("x"))
            .await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.system_read().await.unwrap();
        let stats = jobs::stats(&mut tx).await.unwrap();
        assert_eq!(stats, jobs::Stats { pending: 2, due: 1, parked: 1, failed: 1, oldest_due: Some(early) });
    }

    async fn jobs_of_a_newer_version_are_left_alone(test: &TestDb) {
        let account = account(test);
        enqueue_hits(&test.db, &account, (0..1500).map(|n| (n, at(test, 0)))).await;
        enqueue_bulk(&test.db, &account, [7000], at(test, 0)).await;
        test.clock.advance(seconds(1));
        let old = Registry::new().handle(apply::<Bulk>);
        let summary = run_idle(&test.db, old).await;
        assert_eq!((summary.done, summary.failed), (1, 0), "what is known runs, though it stands behind a page of unknown");
        assert_eq!(listed(&test.db, &account, State::Pending).await.len(), 1500);
        assert!(listed(&test.db, &account, State::Pending).await.iter().all(|job| job.attempts == 0));
    }
}

async fn futures_join<A, B>(one: impl Future<Output = A>, two: impl Future<Output = B>) -> (A, B) {
    tokio::join!(one, two)
}
