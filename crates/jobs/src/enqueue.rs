//! Writing jobs down, in the caller's transaction and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{AccountId, Error, Json, Result, Statement, Time, Tx, sql, sql2};

use crate::Job;

/// The topic of the signal that wakes workers.
pub const TOPIC: &str = "jobs";

/// Jobs due later than this are not signalled: workers look once a second by themselves and so know of them in time. On
/// PostgreSQL a signal makes its commit wait for every other signalling commit, and most jobs are for much later.
const SIGNALLED_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);

/// Rows of one statement.
const CHUNK: usize = 1000;

/// One row to write, as the statement reads it from JSON.
#[derive(Serialize)]
struct Row {
    at: i64,
    key: Option<String>,
    key_hash: Option<i64>,
    payload: String,
}

/// Runs `job` at `run_at`, or as soon as possible after it.
pub async fn enqueue<J: Job>(tx: &mut Tx, job: &J, run_at: Time) -> Result<()> {
    write::<J>(tx, vec![row(job, run_at)?]).await
}

/// Many jobs of one kind in one statement per thousand.
pub async fn enqueue_many<'a, J: Job>(
    tx: &mut Tx,
    jobs: impl IntoIterator<Item = (&'a J, Time)>,
) -> Result<()> {
    let rows = jobs.into_iter().map(|(job, run_at)| row(job, run_at)).collect::<Result<_>>()?;
    write::<J>(tx, rows).await
}

/// The one job with this name and `key` of the account: runs at `run_at`, instead of whatever was scheduled before.
///
/// That holds for a job that is waiting, parked or failed, and for one that runs at this moment: what it did so far in its
/// transaction does not happen (see [`Batch::begin`](crate::Batch::begin)). If it has just been completed, this is a new job.
pub async fn schedule<J: Job>(tx: &mut Tx, key: &str, job: &J, run_at: Time) -> Result<()> {
    schedule_many(tx, [(key, job, run_at)]).await
}

/// As [`schedule`], many in one statement per thousand. Of a repeated key the last one counts.
pub async fn schedule_many<'a, J: Job>(
    tx: &mut Tx,
    jobs: impl IntoIterator<Item = (&'a str, &'a J, Time)>,
) -> Result<()> {
    // One statement may not replace the same row twice. In the order of the hash: two transactions that schedule the same
    // keys then wait for each other instead of locking each other up.
    let mut rows = BTreeMap::new();
    for (key, job, run_at) in jobs {
        let key_hash = key_hash::<J>(tx.account(), key);
        rows.insert(
            key_hash,
            Row { key: Some(key.to_owned()), key_hash: Some(key_hash), ..row(job, run_at)? },
        );
    }
    write::<J>(tx, rows.into_values().collect()).await
}

/// Takes back the job with this name and `key`. True if there was one that had not been completed.
///
/// Once the transaction is committed the job does not happen, even if it was running.
pub async fn cancel<J: Job>(tx: &mut Tx, key: &str) -> Result<bool> {
    let statement =
        sql("DELETE FROM jobs WHERE account_id = $1 AND key_hash = $2 AND name = $3 AND key = $4")
            .bind(key_hash::<J>(tx.account(), key))
            .bind(J::NAME)
            .bind(key);
    Ok(tx.execute(statement).await? > 0)
}

fn row<J: Job>(job: &J, run_at: Time) -> Result<Row> {
    let payload = serde_json::to_string(job).map_err(|error| Error::Unreadable(error.to_string()))?;
    Ok(Row { at: run_at.micros(), key: None, key_hash: None, payload })
}

async fn write<J: Job>(tx: &mut Tx, mut rows: Vec<Row>) -> Result<()> {
    let soon = tx.now().plus(SIGNALLED_WITHIN).micros();
    if rows.iter().any(|row| row.at <= soon) {
        tx.signal(TOPIC);
    }
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(CHUNK));
        let expected = rows.len() as u64;
        let written = tx.execute(insert().bind(J::NAME).bind(Json(rows).to_value()?)).await?;
        if written != expected {
            // Two keys with the same 64 bits: one in forty million databases with a million keyed jobs each.
            return Err(Error::Constraint("jobs_key".into()));
        }
        rows = rest;
    }
    Ok(())
}

fn insert() -> Statement {
    // On both: a conflict is the same key, unless its 64 bits happen to be those of another one.
    macro_rules! insert {
        ($rows:literal) => {
            concat!(
                "INSERT INTO jobs (account_id, name, key, key_hash, due_at, run_at, payload) ",
                $rows,
                " WHERE TRUE ON CONFLICT (key_hash) WHERE key_hash IS NOT NULL DO UPDATE SET due_at = excluded.due_at, \
                 run_at = excluded.run_at, payload = excluded.payload, fence = jobs.fence + 1, attempts = 0, state = 0, \
                 reason = '' WHERE jobs.account_id = excluded.account_id AND jobs.name = excluded.name \
                 AND jobs.key = excluded.key"
            )
        };
    }
    sql2(
        insert!(
            "SELECT $1, $2, key, key_hash, at, at, payload FROM json_to_recordset($3::json) \
             AS rows(key text, key_hash bigint, at bigint, payload text)"
        ),
        insert!(
            "SELECT $1, $2, value ->> 'key', value ->> 'key_hash', value ->> 'at', value ->> 'at', value ->> 'payload' \
             FROM json_each($3)"
        ),
    )
}

/// What stands for account, name and key in the index: eight bytes instead of sixty in every row.
fn key_hash<J: Job>(account: &AccountId, key: &str) -> i64 {
    let mut hash = Sha256::new();
    for part in [account.as_str(), J::NAME] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(key);
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |bits, byte| (bits << 8) | i64::from(*byte))
}
