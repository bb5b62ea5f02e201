#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot have its database must stop")]
//! Databases for tests: the same test body on SQLite and on PostgreSQL.
//!
//! PostgreSQL comes from `AERIE_TEST_POSTGRES` (a URL whose user may create databases and roles; `make test` sets it) or,
//! where that is missing, from a private cluster that `scripts/test-postgres` starts for this process and removes when the
//! process ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::{Backend, Clock, Db, ManualClock, Migration, Options, OsRandom, Random, SystemClock, Time};

/// The login of the application in tests: no superuser, so that row-level security binds it.
const ROLE: &str = "aerie_app";

/// A database of its own for one test, removed with it.
#[derive(Debug)]
pub struct TestDatabase {
    pub url: String,
    folder: Option<tempfile::TempDir>,
    name: Option<String>,
}

impl TestDatabase {
    /// An empty database.
    pub async fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite:{}", folder.path().join("test.db").display());
                Self { url, folder: Some(folder), name: None }
            }
            Backend::Postgres => {
                let name = format!("t_{:016x}", OsRandom.next_u64());
                let mut admin = admin().await;
                let create = format!("CREATE DATABASE {name} OWNER {ROLE}");
                sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.expect("a test database");
                let options = admin_options().username(ROLE).password("aerie").database(&name);
                let url = options.to_url_lossy().to_string();
                Self { url, folder: None, name: Some(name) }
            }
        }
    }

    /// A further process on this database: its own pools, clock and node identity.
    pub async fn open(&self, clock: Arc<dyn Clock>) -> Db {
        let options = Options { connections: 8, ..Options::new(&self.url) };
        Db::open(&options, clock, Arc::new(OsRandom)).await.expect("the test database opens")
    }

    /// Removes the database. Tests that panic leave it to the cluster's removal.
    pub async fn remove(self) {
        if let Some(name) = &self.name {
            let mut admin = admin().await;
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // A test has passed by now: a database that cannot be dropped goes with the cluster.
            let _ = sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut admin).await;
        }
        drop(self.folder);
    }
}

/// A migrated database with the clock that it runs on.
#[derive(Debug)]
pub struct TestDb {
    pub db: Db,
    pub clock: ManualClock,
    pub database: TestDatabase,
}

impl TestDb {
    /// On a clock that stands at 2026-11-23 09:00 UTC, a Monday.
    pub async fn create(backend: Backend, migrations: &[Migration]) -> Self {
        let database = TestDatabase::create(backend).await;
        let clock = ManualClock::new(Time::from_micros(1_795_424_400_000_000).expect("a moment"));
        let db = database.open(Arc::new(clock.clone())).await;
        db.migrate(migrations).await.expect("the migrations run");
        Self { db, clock, database }
    }

    /// As [`TestDb::create`], on the machine's clock: for tests with further processes.
    pub async fn create_live(backend: Backend, migrations: &[Migration]) -> Self {
        let test = Self::create(backend, migrations).await;
        let db = test.database.open(Arc::new(SystemClock)).await;
        Self { db, ..test }
    }

    pub async fn remove(self) {
        self.db.close().await;
        self.database.remove().await;
    }
}

/// Runs each test on SQLite and on PostgreSQL: `async fn name(db: TestDb) { … }` with `migrations = EXPR` first.
#[macro_export]
macro_rules! on_both_databases {
    (migrations = $migrations:expr; $($(#[$meta:meta])* async fn $name:ident($test:ident: &TestDb) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($test: &$crate::testing::TestDb) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$meta])*
            async fn sqlite() {
                let test = $crate::testing::TestDb::create($crate::Backend::Sqlite, $migrations).await;
                body(&test).await;
                test.remove().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$meta])*
            async fn postgres() {
                let test = $crate::testing::TestDb::create($crate::Backend::Postgres, $migrations).await;
                body(&test).await;
                test.remove().await;
            }
        }
    )*};
}

async fn admin() -> PgConnection {
    let mut admin = PgConnection::connect_with(&admin_options()).await.expect("the test PostgreSQL answers");
    // Several test processes may come here at once: the loser of the race finds the role there.
    let role = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD 'aerie'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    sqlx::raw_sql(AssertSqlSafe(role)).execute(&mut admin).await.expect("the test role");
    admin
}

fn admin_options() -> PgConnectOptions {
    let url = match (CLUSTER.get(), std::env::var("AERIE_TEST_POSTGRES")) {
        (None, Ok(url)) => url,
        _ => private_cluster().to_owned(),
    };
    PgConnectOptions::from_str(&url).expect("AERIE_TEST_POSTGRES is a postgres:// URL")
}

static CLUSTER: OnceLock<(Child, String)> = OnceLock::new();

/// Starts a cluster for this process alone, for tests that stop it, and gives its URL. Test databases are made in it from
/// now on.
///
/// The cluster lives as long as the child's standard input stays open: until this process ends, however it ends.
pub fn private_cluster() -> &'static str {
    let (_, url) = CLUSTER.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/test-postgres");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/test-postgres starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).expect("a line from scripts/test-postgres");
        assert!(
            url.starts_with("postgres://"),
            "scripts/test-postgres did not start a cluster; see its message above"
        );
        (child, url.trim().to_owned())
    });
    url
}
