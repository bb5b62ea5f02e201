//! The store on both databases: what is not here is not promised.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has failed, as it should")]

use std::time::Duration;

use store::{AccountId, Db, Error, Migration, OsRandom, Time, sql};

const MIGRATIONS: &[Migration] = &[Migration::portable(
    "test",
    "0001_init",
    "CREATE TABLE things (
         account_id TEXT NOT NULL, id BIGINT NOT NULL, name TEXT, done BOOLEAN NOT NULL DEFAULT FALSE, at BIGINT,
         PRIMARY KEY (account_id, id));",
)];

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Thing {
    id: i64,
    name: Option<String>,
    done: bool,
    at: Option<Time>,
}

fn account(db: &Db) -> AccountId {
    AccountId::generate(db.clock().now(), &OsRandom)
}

async fn insert(db: &Db, account: &AccountId, id: i64) {
    let mut tx = db.write(account).await.unwrap();
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO things (account_id, id, name, done, at) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind("a thing")
            .bind(true)
            .bind(now),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn count(db: &Db, account: &AccountId) -> i64 {
    let mut tx = db.read(account).await.unwrap();
    let (n,): (i64,) = tx.one(sql("SELECT count(*) FROM things WHERE account_id = $1")).await.unwrap();
    n
}

store::on_both_databases! {
    migrations = MIGRATIONS;

    async fn rows_come_back_as_they_went_in(test: &TestDb) {
        let account = account(&test.db);
        insert(&test.db, &account, 1).await;
        let mut tx = test.db.write(&account).await.unwrap();
        tx.execute(sql("INSERT INTO things (account_id, id, name, at) VALUES ($1, $2, $3, $4)")
            .bind(2).bind(None::<&str>).bind(None::<Time>)).await.unwrap();
        let things: Vec<Thing> =
            tx.all(sql("SELECT id, name, done, at FROM things WHERE account_id = $1 ORDER BY id")).await.unwrap();
        let now = tx.now();
        assert_eq!(things, [
            Thing { id: 1, name: Some("a thing".into()), done: true, at: Some(now) },
            Thing { id: 2, name: None, done: false, at: None },
        ]);
        let some: Vec<Thing> = tx.all(
            sql("SELECT id, name, done, at FROM things WHERE account_id = $1 AND id > $2").bind(0)
                .push_list(" AND id IN", [2, 3]).push_bind(" LIMIT ", 5),
        ).await.unwrap();
        assert_eq!(some.len(), 1);
    }

    async fn what_is_not_committed_did_not_happen(test: &TestDb) {
        let account = account(&test.db);
        let mut signals = test.db.signals().subscribe();
        let mut tx = test.db.write(&account).await.unwrap();
        tx.execute(sql("INSERT INTO things (account_id, id) VALUES ($1, $2)").bind(1)).await.unwrap();
        tx.signal("things/1");
        drop(tx);
        assert_eq!(count(&test.db, &account).await, 0);
        assert!(signals.try_recv().is_err());
    }

    async fn signals_reach_this_process_and_others_after_the_commit(test: &TestDb) {
        let account = account(&test.db);
        let mut here = test.db.signals().subscribe();
        let other = test.database.open(std::sync::Arc::new(store::SystemClock)).await;
        let mut there = other.signals().subscribe();
        let relay = tokio::spawn({ let other = other.clone(); async move { other.relay_signals().await } });
        let postgres = test.db.backend() == store::Backend::Postgres;
        // The listener connects in its own time: signal until it hears.
        let heard = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let mut tx = test.db.write(&account).await.unwrap();
                tx.signal("things/1");
                tx.signal("things/1");
                tx.commit().await.unwrap();
                let signal = here.recv().await.unwrap();
                assert_eq!(signal.topic, "things/1");
                assert!(here.try_recv().is_err(), "said once");
                if !postgres { break None; }
                if let Ok(signal) = tokio::time::timeout(Duration::from_millis(200), there.recv()).await {
                    break Some(signal.unwrap());
                }
            }
        }).await.unwrap();
        if postgres {
            assert_eq!(heard.unwrap().account, account);
        }
        relay.abort();
    }

    async fn a_statement_without_the_account_is_refused(test: &TestDb) {
        let account = account(&test.db);
        let mut tx = test.db.write(&account).await.unwrap();
        let error = tx.execute(sql("DELETE FROM things")).await.unwrap_err();
        assert!(matches!(error, Error::NotTenantScoped(_)));
    }

    async fn a_read_cannot_write(test: &TestDb) {
        let account = account(&test.db);
        for intent in ["read", "primary"] {
            let mut tx = match intent {
                "read" => test.db.read(&account).await.unwrap(),
                _ => test.db.read_prefer_primary(&account).await.unwrap(),
            };
            let insert = sql("INSERT INTO things (account_id, id) VALUES ($1, $2)").bind(1);
            assert!(tx.execute(insert).await.is_err());
        }
    }

    async fn a_repeated_key_is_a_constraint(test: &TestDb) {
        let account = account(&test.db);
        insert(&test.db, &account, 1).await;
        let mut tx = test.db.write(&account).await.unwrap();
        let error =
            tx.execute(sql("INSERT INTO things (account_id, id) VALUES ($1, $2)").bind(1)).await.unwrap_err();
        assert!(matches!(error, Error::Constraint(_)), "{error:?}");
    }

    async fn accounts_do_not_see_each_other(test: &TestDb) {
        let (one, two) = (account(&test.db), account(&test.db));
        insert(&test.db, &one, 1).await;
        assert_eq!(count(&test.db, &one).await, 1);
        assert_eq!(count(&test.db, &two).await, 0);
        let mut system = test.db.system_read().await.unwrap();
        let all: Vec<(i64,)> = system.all(sql("SELECT id FROM things")).await.unwrap();
        assert_eq!(all.len(), 1);
        drop(system);
        // The second wall: even a statement that forgets to compare sees nothing of others on PostgreSQL.
        if test.db.backend() == store::Backend::Postgres {
            let mut tx = test.db.write(&two).await.unwrap();
            let sneaky = sql("SELECT id FROM things WHERE account_id = $1 OR 1 = 1");
            assert!(tx.all::<(i64,)>(sneaky).await.unwrap().is_empty());
            let foreign = sql("INSERT INTO things (account_id, id) SELECT $2, 9 WHERE $1 <> $2").bind(&one);
            assert!(tx.execute(foreign).await.is_err(), "a row of another account cannot be written");
        }
    }

    async fn system_can_go_on_as_an_account(test: &TestDb) {
        let (one, two) = (account(&test.db), account(&test.db));
        insert(&test.db, &one, 1).await;
        let system = test.db.system_write().await.unwrap();
        let mut tx = system.into_account(two.clone()).await.unwrap();
        tx.execute(sql("INSERT INTO things (account_id, id) VALUES ($1, $2)").bind(7)).await.unwrap();
        let seen: Vec<(i64,)> = tx.all(sql("SELECT id FROM things WHERE account_id = $1")).await.unwrap();
        assert_eq!(seen, [(7,)]);
        tx.commit().await.unwrap();
        assert_eq!(count(&test.db, &two).await, 1);
    }

    async fn pending_migrations_are_told_and_not_run(test: &TestDb) {
        let more = Migration::portable("test", "0002_more", "CREATE TABLE more (account_id TEXT NOT NULL)");
        let all = [MIGRATIONS[0], more];
        assert_eq!(test.db.pending_migrations(&all).await.unwrap(), ["test/0002_more"]);
        assert_eq!(test.db.pending_migrations(&all).await.unwrap(), ["test/0002_more"]);
        test.db.migrate(&all).await.unwrap();
        assert!(test.db.pending_migrations(&all).await.unwrap().is_empty());
        let empty = store::testing::TestDatabase::create(test.db.backend()).await;
        let db = empty.open(std::sync::Arc::new(store::SystemClock)).await;
        assert_eq!(db.pending_migrations(&all).await.unwrap().len(), 2);
        db.close().await;
        empty.remove().await;
    }

    async fn migrations_run_once_and_refuse_to_be_changed(test: &TestDb) {
        let report = test.db.migrate(MIGRATIONS).await.unwrap();
        assert_eq!((report.applied.len(), report.already), (0, 1));
        let changed = [Migration { sqlite: "SELECT 1", postgres: "SELECT 1", ..MIGRATIONS[0] }];
        let error = test.db.migrate(&changed).await.unwrap_err().to_string();
        assert!(error.contains("test/0001_init was changed"), "{error}");
        let error = test.db.migrate(&[]).await.unwrap_err().to_string();
        assert!(error.contains("newer version"), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_database_url_is_refused() {
    for url in ["mysql://root:secret@localhost/x", "aerie.db", "sqlite:", "sqlite::memory:", "postgres//typo"]
    {
        let options = store::Options::new(url);
        let error =
            Db::open(&options, std::sync::Arc::new(store::SystemClock), std::sync::Arc::new(OsRandom))
                .await
                .unwrap_err()
                .to_string();
        assert!(error.contains("sqlite:PATH"), "{url}: {error}");
        assert!(!error.contains("secret"));
    }
}
