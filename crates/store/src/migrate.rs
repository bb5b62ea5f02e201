use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use crate::tx::Connection;
use crate::{Backend, Db, Error, Result};

/// One step of the schema. Runs once, in the order given, and is never changed afterwards.
///
/// The old code may still be running while it is applied: expand first, move the data, contract in a later version.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Who owns the tables: a crate or an app.
    pub owner: &'static str,
    /// `0001_init`; the file's name.
    pub name: &'static str,
    pub postgres: &'static str,
    pub sqlite: &'static str,
}

impl Migration {
    /// A step whose text is the same for both databases.
    pub const fn portable(owner: &'static str, name: &'static str, sql: &'static str) -> Self {
        Self { owner, name, postgres: sql, sqlite: sql }
    }

    /// A step whose text differs.
    pub const fn pair(
        owner: &'static str,
        name: &'static str,
        postgres: &'static str,
        sqlite: &'static str,
    ) -> Self {
        Self { owner, name, postgres, sqlite }
    }

    fn text(&self, backend: Backend) -> &'static str {
        match backend {
            Backend::Postgres => self.postgres,
            Backend::Sqlite => self.sqlite,
        }
    }
}

/// What [`Db::migrate`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// `owner/name` of the steps that ran now.
    pub applied: Vec<String>,
    /// How many had run before.
    pub already: usize,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    id TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// Every table with a column `account_id` is closed to transactions of other accounts, whoever made the table.
const ROW_SECURITY: &str = "
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT c.table_name FROM information_schema.columns c
             JOIN information_schema.tables USING (table_schema, table_name)
             WHERE c.table_schema = current_schema() AND c.column_name = 'account_id' AND table_type = 'BASE TABLE'
               AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = c.table_schema
                               AND p.tablename = c.table_name AND p.policyname = 'of_account')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY of_account ON %I USING (account_id = current_setting(''aerie.account'', true)
                        OR current_setting(''aerie.system'', true) = ''on'')', t);
    END LOOP;
END $$";

impl Db {
    /// Brings the schema up to date. Safe to call on every node at every start.
    ///
    /// Fails with [`Error::Configuration`] where a step that ran before has another text now, and where the database
    /// knows steps that this program does not (an older program on a newer schema).
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<MigrationReport> {
        let backend = self.backend();
        let mut connection = self.begin_migration().await?;
        execute(&mut connection, TABLE).await?;
        let known: HashMap<String, String> = applied(&mut connection).await?.into_iter().collect();
        let mut report = MigrationReport::default();
        for migration in migrations {
            let id = format!("{}/{}", migration.owner, migration.name);
            let checksum = hex::encode(Sha256::digest(migration.text(backend)));
            match known.get(&id) {
                Some(before) if *before == checksum => report.already += 1,
                Some(_) => {
                    return Err(Error::Configuration(format!(
                        "the migration {id} was changed after it ran here: put the old text back and add a new migration"
                    )));
                }
                None => {
                    execute(&mut connection, migration.text(backend)).await?;
                    record(&mut connection, &id, &checksum, self.clock().now().micros()).await?;
                    report.applied.push(id);
                }
            }
        }
        if report.already < known.len() {
            return Err(Error::Configuration(format!(
                "the database has {} migrations that this version does not know: it was used by a newer version; start \
                 that one",
                known.len() - report.already
            )));
        }
        if backend == Backend::Postgres {
            execute(&mut connection, ROW_SECURITY).await?;
        }
        match connection {
            Connection::Postgres(tx) => tx.commit().await?,
            Connection::Sqlite(tx) => tx.commit().await?,
        }
        Ok(report)
    }
}

impl Db {
    /// `owner/name` of the steps that [`Db::migrate`] would run. Changes nothing, also on a database that is still empty.
    pub async fn pending_migrations(&self, migrations: &[Migration]) -> Result<Vec<String>> {
        let mut connection = self.begin_migration().await?;
        let known = match applied(&mut connection).await {
            Ok(known) => known.into_iter().map(|(id, _)| id).collect(),
            // There is no table of migrations yet.
            Err(Error::Defect(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let ids = migrations.iter().map(|migration| format!("{}/{}", migration.owner, migration.name));
        Ok(ids.filter(|id| !known.contains(id)).collect())
    }
}

async fn execute(connection: &mut Connection, text: &'static str) -> Result<()> {
    match connection {
        Connection::Postgres(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop)?,
        Connection::Sqlite(tx) => sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await.map(drop)?,
    }
    Ok(())
}

async fn applied(connection: &mut Connection) -> Result<Vec<(String, String)>> {
    let text = "SELECT id, checksum FROM schema_migrations";
    Ok(match connection {
        Connection::Postgres(tx) => sqlx::query_as(text).fetch_all(&mut **tx).await?,
        Connection::Sqlite(tx) => sqlx::query_as(text).fetch_all(&mut **tx).await?,
    })
}

async fn record(connection: &mut Connection, id: &str, checksum: &str, now: i64) -> Result<()> {
    let text = "INSERT INTO schema_migrations (id, checksum, applied_at) VALUES ($1, $2, $3)";
    match connection {
        Connection::Postgres(tx) => {
            sqlx::query(text).bind(id).bind(checksum).bind(now).execute(&mut **tx).await.map(drop)?;
        }
        Connection::Sqlite(tx) => {
            sqlx::query(text).bind(id).bind(checksum).bind(now).execute(&mut **tx).await.map(drop)?;
        }
    }
    Ok(())
}
