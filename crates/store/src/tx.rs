use std::borrow::Cow;
use std::sync::Arc;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Postgres, Sqlite, Transaction};

use crate::db::Node;
use crate::{AccountId, Backend, Clock, Error, Random, Result, Signal, Statement, Time, Value};

/// A row type for both databases: `#[derive(sqlx::FromRow)]` is enough.
pub trait Record: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// A transaction of one account. The account is `$1` of every statement.
///
/// Dropped without [`Tx::commit`] it is undone.
#[derive(Debug)]
pub struct Tx {
    account: AccountId,
    inner: Inner,
}

/// A transaction that crosses accounts. For the platform: claiming jobs, finding an account by its token.
#[derive(Debug)]
pub struct SystemTx {
    inner: Inner,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) connection: Connection,
    pub(crate) node: Arc<Node>,
    signals: Vec<Signal>,
}

#[derive(Debug)]
pub(crate) enum Connection {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Inner {
    pub(crate) fn new(connection: Connection, node: Arc<Node>) -> Self {
        Self { connection, node, signals: Vec::new() }
    }

    fn backend(&self) -> Backend {
        match self.connection {
            Connection::Postgres(_) => Backend::Postgres,
            Connection::Sqlite(_) => Backend::Sqlite,
        }
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64> {
        let (text, values) = statement.into_parts(self.backend());
        Ok(match &mut self.connection {
            Connection::Postgres(tx) => {
                postgres_query(text, values).execute(&mut **tx).await?.rows_affected()
            }
            Connection::Sqlite(tx) => sqlite_query(text, values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>> {
        let (text, values) = statement.into_parts(self.backend());
        Ok(match &mut self.connection {
            Connection::Postgres(tx) => {
                let rows = postgres_query(text, values).fetch_all(&mut **tx).await?;
                rows.iter().map(T::from_row).collect::<Result<_, _>>()?
            }
            Connection::Sqlite(tx) => {
                let rows = sqlite_query(text, values).fetch_all(&mut **tx).await?;
                rows.iter().map(T::from_row).collect::<Result<_, _>>()?
            }
        })
    }

    async fn maybe<T: Record>(&mut self, statement: Statement) -> Result<Option<T>> {
        let (text, values) = statement.into_parts(self.backend());
        Ok(match &mut self.connection {
            Connection::Postgres(tx) => {
                let row = postgres_query(text, values).fetch_optional(&mut **tx).await?;
                row.as_ref().map(T::from_row).transpose()?
            }
            Connection::Sqlite(tx) => {
                let row = sqlite_query(text, values).fetch_optional(&mut **tx).await?;
                row.as_ref().map(T::from_row).transpose()?
            }
        })
    }

    async fn commit(mut self) -> Result<()> {
        let signals = std::mem::take(&mut self.signals);
        match self.connection {
            Connection::Postgres(mut tx) => {
                if !signals.is_empty() {
                    // Other nodes hear it from PostgreSQL, with the commit; this one below, without the round trip.
                    let payloads = self.node.envelopes(&signals);
                    sqlx::query("SELECT pg_notify('aerie', payload) FROM unnest($1::text[]) AS payload")
                        .bind(payloads)
                        .execute(&mut *tx)
                        .await?;
                }
                tx.commit().await?;
            }
            Connection::Sqlite(tx) => tx.commit().await?,
        }
        self.node.signals.publish(signals);
        Ok(())
    }

    fn signal(&mut self, account: &AccountId, topic: String) {
        let signal = Signal { account: account.clone(), topic };
        if !self.signals.contains(&signal) {
            self.signals.push(signal);
        }
    }
}

fn postgres_query(
    text: Cow<'static, str>,
    values: Vec<Value>,
) -> sqlx::query::Query<'static, Postgres, PgArguments> {
    // A text that was put together is used once or twice: keeping its plan would only fill the cache.
    let mut query = match text {
        Cow::Borrowed(text) => sqlx::query(text),
        Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)).persistent(false),
    };
    for value in values {
        query = match value {
            Value::Text(v) => query.bind(v),
            Value::Int(v) => query.bind(v),
            Value::Bool(v) => query.bind(v),
        };
    }
    query
}

fn sqlite_query(
    text: Cow<'static, str>,
    values: Vec<Value>,
) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
    let mut query = match text {
        Cow::Borrowed(text) => sqlx::query(text),
        Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)).persistent(false),
    };
    for value in values {
        query = match value {
            Value::Text(v) => query.bind(v),
            Value::Int(v) => query.bind(v),
            Value::Bool(v) => query.bind(v),
        };
    }
    query
}

impl Tx {
    pub(crate) fn new(account: AccountId, inner: Inner) -> Self {
        Self { account, inner }
    }

    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The moment it is, by the injected clock.
    pub fn now(&self) -> Time {
        self.inner.node.clock.now()
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.node.clock
    }

    pub fn random(&self) -> &dyn Random {
        &*self.inner.node.random
    }

    /// Runs a statement; answers how many rows it changed.
    pub async fn execute(&mut self, statement: Statement) -> Result<u64> {
        let statement = self.scoped(statement)?;
        self.inner.execute(statement).await
    }

    /// All rows of a query.
    pub async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>> {
        let statement = self.scoped(statement)?;
        self.inner.all(statement).await
    }

    /// The first row, if there is one.
    pub async fn maybe<T: Record>(&mut self, statement: Statement) -> Result<Option<T>> {
        let statement = self.scoped(statement)?;
        self.inner.maybe(statement).await
    }

    /// The first row of a query that always has one (a count, a `RETURNING`).
    pub async fn one<T: Record>(&mut self, statement: Statement) -> Result<T> {
        self.maybe(statement).await?.ok_or(Error::Defect(sqlx::Error::RowNotFound))
    }

    /// Tells everybody who listens, on every node, once this transaction is committed.
    pub fn signal(&mut self, topic: impl Into<String>) {
        self.inner.signal(&self.account, topic.into());
    }

    /// Makes it so, then sends its signals.
    ///
    /// After [`Error::Unavailable`] it is not known whether it happened: repeat only what may be done twice.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await
    }

    fn scoped(&self, statement: Statement) -> Result<Statement> {
        let text = statement.text(self.inner.backend());
        if !text.contains("account_id") || !text.contains("$1") {
            return Err(Error::NotTenantScoped(text.to_string()));
        }
        Ok(statement.with_first((&self.account).into()))
    }
}

impl SystemTx {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner }
    }

    pub fn now(&self) -> Time {
        self.inner.node.clock.now()
    }

    pub fn random(&self) -> &dyn Random {
        &*self.inner.node.random
    }

    pub async fn execute(&mut self, statement: Statement) -> Result<u64> {
        self.inner.execute(statement).await
    }

    pub async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>> {
        self.inner.all(statement).await
    }

    pub async fn maybe<T: Record>(&mut self, statement: Statement) -> Result<Option<T>> {
        self.inner.maybe(statement).await
    }

    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await
    }

    /// Goes on as a transaction of one account: for what begins by finding or making the account.
    pub async fn into_account(mut self, account: AccountId) -> Result<Tx> {
        if let Connection::Postgres(tx) = &mut self.inner.connection {
            sqlx::query(
                "SELECT set_config('aerie.account', $1, true), set_config('aerie.system', 'off', true)",
            )
            .bind(account.as_str())
            .execute(&mut **tx)
            .await?;
        }
        Ok(Tx::new(account, self.inner))
    }
}
