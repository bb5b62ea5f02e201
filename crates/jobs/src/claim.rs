//! The statements with which a worker finds and takes what is due. All of them cross accounts and are short.

use std::collections::HashMap;
use std::time::Duration;

use store::{AccountId, Db, Json, Result, Statement, SystemTx, Time, sql, sql2};

use crate::plan::Planned;
use crate::run::after;

/// Rows of one look at what is due.
pub(crate) const PAGE: usize = 1000;

/// A row that is due, as far as planning needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) account_id: AccountId,
    pub(crate) name: String,
    pub(crate) fence: i64,
}

/// A job as it was taken.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) key: Option<String>,
    pub(crate) key_hash: Option<i64>,
    pub(crate) due_at: Time,
    /// Which attempt this is, from 1.
    pub(crate) attempts: i64,
    pub(crate) payload: String,
}

/// Up to [`PAGE`] due jobs, earliest first, of other accounts than `accounts` and other names than `names`.
///
/// Equally early ones come in no order: sorting 100,000 jobs of the same second to take the first ones would cost more than
/// running them.
pub(crate) async fn peek(
    tx: &mut SystemTx,
    now: Time,
    accounts: &[AccountId],
    names: &[String],
) -> Result<Vec<Due>> {
    let statement = sql2(
        "SELECT id, account_id, name, fence::bigint AS fence FROM jobs WHERE run_at <= $1 \
         AND account_id NOT IN (SELECT json_array_elements_text($2::json)) \
         AND name NOT IN (SELECT json_array_elements_text($3::json)) ORDER BY run_at LIMIT 1000",
        "SELECT id, account_id, name, fence FROM jobs WHERE run_at <= $1 \
         AND account_id NOT IN (SELECT value FROM json_each($2)) \
         AND name NOT IN (SELECT value FROM json_each($3)) ORDER BY run_at LIMIT 1000",
    );
    tx.all(statement.bind(now).bind(Json(accounts).to_value()?).bind(Json(names).to_value()?)).await
}

/// When the next job that is not due yet will be.
pub(crate) async fn next_after(tx: &mut SystemTx, now: Time) -> Result<Option<Time>> {
    let statement = sql("SELECT run_at FROM jobs WHERE run_at > $1 ORDER BY run_at LIMIT 1").bind(now);
    Ok(tx.maybe::<(Time,)>(statement).await?.map(|(run_at,)| run_at))
}

/// What [`claim`] took: each planned batch with the rows that were still to be had.
pub(crate) struct Taken {
    /// All rows that were taken carry this fence now.
    pub(crate) fence: i64,
    pub(crate) batches: Vec<(Planned, Vec<Row>)>,
}

/// Takes the planned jobs until the end of their lease, as far as nobody was faster and nobody changed them.
pub(crate) async fn claim(db: &Db, now: Time, planned: Vec<Planned>) -> Result<Taken> {
    // One fence for all of them, greater than each of theirs: then `id` and one number say whether a job is still ours.
    let fence = 1 + planned.iter().map(|batch| batch.fence).max().unwrap_or(0);
    let mut by_lease: HashMap<Duration, Vec<i64>> = HashMap::new();
    for batch in &planned {
        by_lease.entry(batch.entry.policy.lease).or_default().extend(&batch.ids);
    }
    let mut rows: HashMap<i64, Row> = HashMap::new();
    let mut tx = db.system_write().await?;
    for (lease, ids) in by_lease {
        let statement = sql2(
            "UPDATE jobs SET run_at = $2, fence = $3, attempts = attempts + 1 WHERE id IN ( \
               SELECT id FROM jobs WHERE id = ANY (translate($1, '[]', '{}')::bigint[]) AND run_at <= $4 AND fence < $3 \
               FOR UPDATE SKIP LOCKED) \
             RETURNING id, key, key_hash, due_at, attempts::bigint AS attempts, payload",
            // The plus keeps SQLite from going through all that is due instead of looking up the ids.
            "UPDATE jobs SET run_at = $2, fence = $3, attempts = attempts + 1 \
             WHERE id IN (SELECT value FROM json_each($1)) AND +run_at <= $4 AND fence < $3 \
             RETURNING id, key, key_hash, due_at, attempts, payload",
        );
        let statement = statement.bind(Json(&ids).to_value()?).bind(after(now, lease)).bind(fence).bind(now);
        rows.extend(tx.all::<Row>(statement).await?.into_iter().map(|row| (row.id, row)));
    }
    tx.commit().await?;
    let batches = planned.into_iter().filter_map(|batch| {
        let mut taken: Vec<Row> = batch.ids.iter().filter_map(|id| rows.remove(id)).collect();
        taken.sort_unstable_by_key(|row| (row.due_at, row.id));
        (!taken.is_empty()).then_some((batch, taken))
    });
    Ok(Taken { fence, batches: batches.collect() })
}

/// A condition on the ids in `$2` (a JSON list) and the fence in `$3`: jobs of ours that nobody changed meanwhile.
macro_rules! still_ours {
    ($before:literal, $after:literal) => {
        ::store::sql2(
            concat!(
                $before,
                " WHERE account_id = $1 AND id = ANY (translate($2, '[]', '{}')::bigint[]) AND fence = $3",
                $after
            ),
            concat!(
                $before,
                " WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2)) AND fence = $3",
                $after
            ),
        )
    };
}

/// Removes jobs that are still ours.
pub(crate) fn delete(ids: &[i64], fence: i64) -> Result<Statement> {
    Ok(still_ours!("DELETE FROM jobs", " RETURNING id").bind(Json(ids).to_value()?).bind(fence))
}

/// Keeps jobs that are still ours until `until`.
pub(crate) fn extend(ids: &[i64], fence: i64, until: Time) -> Result<Statement> {
    Ok(still_ours!("UPDATE jobs SET run_at = $4", "").bind(Json(ids).to_value()?).bind(fence).bind(until))
}

/// Gives back jobs that are still ours, as if they had not been taken.
pub(crate) fn release(ids: &[i64], fence: i64) -> Result<Statement> {
    let statement =
        still_ours!("UPDATE jobs SET run_at = due_at, fence = fence + 1, attempts = attempts - 1", "");
    Ok(statement.bind(Json(ids).to_value()?).bind(fence))
}

/// Puts jobs that are still ours into another state, under a new fence.
pub(crate) fn put(
    ids: &[i64],
    fence: i64,
    state: i64,
    run_at: Option<Time>,
    reason: &str,
) -> Result<Statement> {
    let statement = still_ours!(
        "UPDATE jobs SET state = $4, run_at = $5, reason = $6, fence = fence + 1",
        " RETURNING id"
    );
    Ok(statement.bind(Json(ids).to_value()?).bind(fence).bind(state).bind(run_at).bind(reason))
}
