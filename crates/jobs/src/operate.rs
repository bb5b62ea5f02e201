//! What an operator and the platform do with waiting jobs: park, unpark, list, retry, count.

use store::{Json, Result, SystemTx, Time, Tx, sql, sql2};

use crate::TOPIC;

/// How a job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// For its time, for its next attempt, or for the end of the attempt that runs now.
    Pending,
    /// For [`unpark`].
    Parked,
    /// For an operator's [`retry`].
    Failed,
}

impl State {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Parked => 1,
            Self::Failed => 2,
        }
    }
}

/// A job as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Listed {
    pub id: i64,
    pub name: String,
    pub key: Option<String>,
    pub due_at: Time,
    /// When it is looked at next; `None` for parked and failed ones.
    pub run_at: Option<Time>,
    pub attempts: i64,
    /// Why it was put back, parked or given up; empty if it was not.
    pub reason: String,
    /// JSON, as stored.
    pub payload: String,
}

/// Counts over all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Stats {
    /// All that wait for their time or run, `due` included.
    pub pending: i64,
    /// Those whose time has come and that nobody has taken.
    pub due: i64,
    pub parked: i64,
    pub failed: i64,
    /// The moment wanted of the one that waits longest among the `due`.
    pub oldest_due: Option<Time>,
}

/// Puts the pending jobs of the account aside, those of `names` only if given. Gives their number.
///
/// A job that runs at this moment is parked too: what it did in its transaction does not happen.
pub async fn park_all(tx: &mut Tx, names: Option<&[&str]>, why: &str) -> Result<u64> {
    let statement = match names {
        None => sql(
            "UPDATE jobs SET state = 1, run_at = NULL, fence = fence + 1, attempts = 0, reason = $2 \
             WHERE account_id = $1 AND run_at IS NOT NULL",
        )
        .bind(why),
        Some(names) => sql2(
            "UPDATE jobs SET state = 1, run_at = NULL, fence = fence + 1, attempts = 0, reason = $2 \
             WHERE account_id = $1 AND run_at IS NOT NULL AND name IN (SELECT json_array_elements_text($3::json))",
            "UPDATE jobs SET state = 1, run_at = NULL, fence = fence + 1, attempts = 0, reason = $2 \
             WHERE account_id = $1 AND run_at IS NOT NULL AND name IN (SELECT value FROM json_each($3))",
        )
        .bind(why)
        .bind(Json(names).to_value()?),
    };
    tx.execute(statement).await
}

/// Lets the parked jobs of the account run, those of `names` only if given: each at the moment it was wanted for, so those
/// that have been waiting longest come first. Gives their number.
pub async fn unpark(tx: &mut Tx, names: Option<&[&str]>) -> Result<u64> {
    let statement = match names {
        None => sql(
            "UPDATE jobs SET state = 0, run_at = due_at, fence = fence + 1, attempts = 0, reason = '' \
             WHERE account_id = $1 AND state = 1 AND run_at IS NULL",
        ),
        Some(names) => sql2(
            "UPDATE jobs SET state = 0, run_at = due_at, fence = fence + 1, attempts = 0, reason = '' \
             WHERE account_id = $1 AND state = 1 AND run_at IS NULL \
             AND name IN (SELECT json_array_elements_text($2::json))",
            "UPDATE jobs SET state = 0, run_at = due_at, fence = fence + 1, attempts = 0, reason = '' \
             WHERE account_id = $1 AND state = 1 AND run_at IS NULL AND name IN (SELECT value FROM json_each($2))",
        )
        .bind(Json(names).to_value()?),
    };
    tx.signal(TOPIC);
    tx.execute(statement).await
}

/// Jobs of the account in this state, earliest wanted first.
pub async fn list(tx: &mut Tx, state: State, limit: u32) -> Result<Vec<Listed>> {
    let statement = match state {
        State::Pending => sql2(
            "SELECT id, name, key, due_at, run_at, attempts::bigint AS attempts, reason, payload FROM jobs \
             WHERE account_id = $1 AND state = $2 AND run_at IS NOT NULL ORDER BY due_at, id LIMIT $3",
            "SELECT id, name, key, due_at, run_at, attempts, reason, payload FROM jobs \
             WHERE account_id = $1 AND state = $2 AND run_at IS NOT NULL ORDER BY due_at, id LIMIT $3",
        ),
        State::Parked | State::Failed => sql2(
            "SELECT id, name, key, due_at, run_at, attempts::bigint AS attempts, reason, payload FROM jobs \
             WHERE account_id = $1 AND state = $2 AND run_at IS NULL ORDER BY due_at, id LIMIT $3",
            "SELECT id, name, key, due_at, run_at, attempts, reason, payload FROM jobs \
             WHERE account_id = $1 AND state = $2 AND run_at IS NULL ORDER BY due_at, id LIMIT $3",
        ),
    };
    tx.all(statement.bind(state.code()).bind(limit)).await
}

/// How many jobs of the account are parked.
pub async fn parked(tx: &mut Tx) -> Result<i64> {
    let count = sql("SELECT count(*) FROM jobs WHERE account_id = $1 AND state = 1 AND run_at IS NULL");
    Ok(tx.one::<(i64,)>(count).await?.0)
}

/// Gives failed jobs of the account all their attempts again, beginning now. Gives the number of those that had failed.
pub async fn retry(tx: &mut Tx, ids: &[i64]) -> Result<u64> {
    let statement = sql2(
        "UPDATE jobs SET state = 0, run_at = $3, fence = fence + 1, attempts = 0, reason = '' \
         WHERE account_id = $1 AND id = ANY (translate($2, '[]', '{}')::bigint[]) AND state = 2",
        "UPDATE jobs SET state = 0, run_at = $3, fence = fence + 1, attempts = 0, reason = '' \
         WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2)) AND state = 2",
    );
    let now = tx.now();
    tx.signal(TOPIC);
    tx.execute(statement.bind(Json(ids).to_value()?).bind(now)).await
}

/// Counts all jobs. Reads the whole table: for an operator's question and a gauge a minute, not for a request.
pub async fn stats(tx: &mut SystemTx) -> Result<Stats> {
    let statement = sql("SELECT count(run_at) AS pending, count(*) FILTER (WHERE run_at <= $1) AS due, \
         count(*) FILTER (WHERE state = 1) AS parked, count(*) FILTER (WHERE state = 2) AS failed, \
         min(due_at) FILTER (WHERE run_at <= $1) AS oldest_due FROM jobs");
    let now = tx.now();
    Ok(tx.maybe(statement.bind(now)).await?.unwrap_or_default())
}
