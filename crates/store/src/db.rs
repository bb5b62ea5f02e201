use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlitePool, Transaction};

use crate::tx::{Connection, Inner};
use crate::{AccountId, Clock, Error, Random, Result, Signal, Signals, SystemTx, Tx};

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`. Anything else is refused, never turned into an empty SQLite file.
    pub url: String,
    /// A streaming replica of the PostgreSQL above, for reads that may be a moment old.
    pub replica_url: Option<String>,
    /// Connections of this process to each server.
    pub connections: u32,
}

impl Options {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), replica_url: None, connections: 16 }
    }
}

/// What a health check found.
#[derive(Debug, Clone)]
pub struct Health {
    pub backend: Backend,
    /// Version as the server tells it.
    pub version: String,
    /// How far the replica lies behind, where there is one.
    pub replica_lag: Option<Duration>,
    /// Row-level security does not bind a superuser: then the second wall is not there.
    pub bypasses_row_security: bool,
}

/// The database of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Pools,
    pub(crate) node: Arc<Node>,
}

#[derive(Debug, Clone)]
enum Pools {
    Postgres { primary: PgPool, replica: Option<PgPool> },
    Sqlite { writer: SqlitePool, readers: SqlitePool },
}

/// What all transactions of a process share.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) signals: Signals,
    /// Tells this process's own signals from others' when PostgreSQL hands them back.
    id: u64,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    node: u64,
    #[serde(flatten)]
    signal: Signal,
}

impl Node {
    pub(crate) fn envelopes(&self, signals: &[Signal]) -> Vec<String> {
        let envelope = |signal: &Signal| {
            serde_json::to_string(&Envelope { node: self.id, signal: signal.clone() }).unwrap_or_default()
        };
        signals.iter().map(envelope).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Intent {
    Read,
    ReadPrimary,
    Write,
}

impl Db {
    /// Opens the database. Creates a SQLite file that is not there; never creates a PostgreSQL database.
    pub async fn open(options: &Options, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self> {
        let pools = match options.url.split_once(':') {
            Some(("sqlite", path)) => {
                if options.replica_url.is_some() {
                    return Err(Error::Configuration(
                        "a replica needs PostgreSQL: remove the replica URL or set a postgres:// database URL".into(),
                    ));
                }
                open_sqlite(path.trim_start_matches("//"), options.connections).await?
            }
            Some(("postgres" | "postgresql", _)) => {
                let primary =
                    postgres_pool(options.connections).connect_with(postgres_options(&options.url)?).await?;
                let replica = match &options.replica_url {
                    // The replica may be away: reads then come from the primary.
                    Some(url) => {
                        Some(postgres_pool(options.connections).connect_lazy_with(postgres_options(url)?))
                    }
                    None => None,
                };
                Pools::Postgres { primary, replica }
            }
            _ => {
                // The URL may hold a password: say only how it begins.
                let scheme = options.url.split(':').next().unwrap_or_default();
                return Err(Error::Configuration(format!(
                    "the database URL begins with \"{scheme}\": it must be sqlite:PATH or postgres://USER@HOST/NAME"
                )));
            }
        };
        let id = random.next_u64();
        let node = Arc::new(Node { clock, random, signals: Signals::new(), id });
        Ok(Self { pools, node })
    }

    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Postgres { .. } => Backend::Postgres,
            Pools::Sqlite { .. } => Backend::Sqlite,
        }
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.node.clock
    }

    pub fn random(&self) -> &Arc<dyn Random> {
        &self.node.random
    }

    pub fn signals(&self) -> &Signals {
        &self.node.signals
    }

    /// A read that may be a moment old: from the replica where there is one.
    pub async fn read(&self, account: &AccountId) -> Result<Tx> {
        Ok(Tx::new(account.clone(), self.begin(Intent::Read, Some(account)).await?))
    }

    /// A read that sees what was just written.
    pub async fn read_prefer_primary(&self, account: &AccountId) -> Result<Tx> {
        Ok(Tx::new(account.clone(), self.begin(Intent::ReadPrimary, Some(account)).await?))
    }

    /// The only transaction of an account that can write.
    pub async fn write(&self, account: &AccountId) -> Result<Tx> {
        Ok(Tx::new(account.clone(), self.begin(Intent::Write, Some(account)).await?))
    }

    /// A read across accounts. For the platform.
    pub async fn system_read(&self) -> Result<SystemTx> {
        Ok(SystemTx::new(self.begin(Intent::ReadPrimary, None).await?))
    }

    /// A transaction across accounts. For the platform.
    pub async fn system_write(&self) -> Result<SystemTx> {
        Ok(SystemTx::new(self.begin(Intent::Write, None).await?))
    }

    async fn begin(&self, intent: Intent, account: Option<&AccountId>) -> Result<Inner> {
        let connection = match &self.pools {
            Pools::Sqlite { writer, readers } => Connection::Sqlite(match intent {
                Intent::Write => writer.begin_with("BEGIN IMMEDIATE").await?,
                _ => readers.begin_with("BEGIN").await?,
            }),
            Pools::Postgres { primary, replica } => {
                let statement = begin_statement(intent, account);
                let transaction = match (intent, replica) {
                    (Intent::Read, Some(replica)) => match begin_postgres(replica, &statement).await {
                        Ok(transaction) => {
                            metrics::counter!("aerie_db_reads_total", "from" => "replica").increment(1);
                            transaction
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the replica did not answer; reading from the primary");
                            metrics::counter!("aerie_db_reads_total", "from" => "fallback").increment(1);
                            begin_postgres(primary, &statement).await?
                        }
                    },
                    _ => begin_postgres(primary, &statement).await?,
                };
                Connection::Postgres(transaction)
            }
        };
        Ok(Inner::new(connection, self.node.clone()))
    }

    /// Whether the database answers, and what an operator would want to know about it.
    pub async fn health(&self) -> Result<Health> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let version: String =
                    sqlx::query_scalar("SELECT sqlite_version()").fetch_one(readers).await?;
                Ok(Health {
                    backend: Backend::Sqlite,
                    version,
                    replica_lag: None,
                    bypasses_row_security: false,
                })
            }
            Pools::Postgres { primary, replica } => {
                let (version, bypasses): (String, bool) = sqlx::query_as(
                    "SELECT current_setting('server_version'), rolsuper OR rolbypassrls FROM pg_roles \
                     WHERE rolname = current_user",
                )
                .fetch_one(primary)
                .await?;
                let replica_lag = match replica {
                    None => None,
                    Some(replica) => {
                        let micros: Option<i64> = sqlx::query_scalar(
                            "SELECT (extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000000)::bigint",
                        )
                        .fetch_one(replica)
                        .await?;
                        Some(Duration::from_micros(micros.unwrap_or(0).max(0).unsigned_abs()))
                    }
                };
                Ok(Health {
                    backend: Backend::Postgres,
                    version,
                    replica_lag,
                    bypasses_row_security: bypasses,
                })
            }
        }
    }

    /// Carries signals between the processes that share this database, until dropped.
    ///
    /// PostgreSQL delivers them with the commit. SQLite does not tell one process about another's commit; there this
    /// resolves never, and whoever waits looks for himself now and then.
    pub async fn relay_signals(&self) {
        let Pools::Postgres { primary, .. } = &self.pools else {
            return std::future::pending().await;
        };
        loop {
            if let Err(error) = self.listen(primary).await {
                tracing::warn!(%error, "signals of other nodes are not heard; listening again in a second");
            }
            let again = self.clock().now().plus(jiff::SignedDuration::from_secs(1));
            self.clock().sleep_until(again).await;
        }
    }

    async fn listen(&self, primary: &PgPool) -> Result<()> {
        let mut listener = PgListener::connect_with(primary).await?;
        listener.listen("aerie").await?;
        loop {
            let notification = listener.recv().await?;
            match serde_json::from_str::<Envelope>(notification.payload()) {
                Ok(envelope) if envelope.node != self.node.id => {
                    self.signals().publish(vec![envelope.signal])
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "a signal of another node cannot be read"),
            }
        }
    }

    /// Waits for running transactions and closes all connections.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres { primary, replica } => {
                primary.close().await;
                if let Some(replica) = replica {
                    replica.close().await;
                }
            }
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }

    pub(crate) async fn begin_migration(&self) -> Result<Connection> {
        Ok(match &self.pools {
            Pools::Sqlite { writer, .. } => Connection::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres { primary, .. } => {
                let mut tx = begin_postgres(primary, &begin_statement(Intent::Write, None)).await?;
                // One node migrates, the others wait here and then find nothing to do.
                sqlx::query("SELECT pg_advisory_xact_lock(4740238)").execute(&mut *tx).await?;
                Connection::Postgres(tx)
            }
        })
    }
}

/// BEGIN and the account in one round trip. Identifiers consist of letters, digits and `_` only (`AccountId` sees to it),
/// so that the text cannot be broken out of.
fn begin_statement(intent: Intent, account: Option<&AccountId>) -> String {
    let mode = if intent == Intent::Write { "" } else { " READ ONLY" };
    match account {
        Some(account) => format!("BEGIN{mode}; SET LOCAL aerie.account = '{account}'"),
        None => format!("BEGIN{mode}; SET LOCAL aerie.system = 'on'"),
    }
}

/// A connection that died in the pool (the database was restarted) fails at BEGIN: then take another one. Nothing has
/// been done in it yet, so nothing can be done twice.
async fn begin_postgres(pool: &PgPool, statement: &str) -> Result<Transaction<'static, Postgres>> {
    let mut left = pool.size() + 1;
    loop {
        match pool.begin_with(AssertSqlSafe(statement)).await {
            Ok(transaction) => return Ok(transaction),
            Err(error) => {
                let error = Error::from(error);
                if left == 0 || !error.is_transient() {
                    return Err(error);
                }
                left -= 1;
            }
        }
    }
}

async fn open_sqlite(path: &str, connections: u32) -> Result<Pools> {
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(Error::Configuration(
            "the SQLite database needs a file: sqlite:PATH, for example sqlite:.aerie/aerie.db".into(),
        ));
    }
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::Configuration(format!("the folder {} cannot be made: {error}", folder.display()))
        })?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    let writer = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(connections.clamp(2, 8))
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(Pools::Sqlite { writer, readers })
}

fn postgres_options(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        Error::Configuration(
            "the PostgreSQL URL cannot be read: postgres://USER:PASSWORD@HOST:PORT/NAME".into(),
        )
    })?;
    Ok(options
        .application_name("aerie")
        .options([("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "60s")]))
}

fn postgres_pool(connections: u32) -> PgPoolOptions {
    // Dead connections are found by BEGIN (see begin_postgres): a ping before each use would cost a round trip.
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
}
