//! The result of a round, in the transaction that completes it.

use std::collections::BTreeMap;

use accounts::authorization;
use store::{Result, Statement, Time, Tx, sql};

use super::CHUNK;
use super::plan::Work;
use super::round::{Fate, READY};
use crate::activity::{self, Progress, Verdict};

/// What is to be written, many rows a statement.
#[derive(Default)]
struct Sheet {
    gone: Vec<i64>,
    alone: Vec<i64>,
    again: BTreeMap<Time, Vec<i64>>,
    look: BTreeMap<Time, Vec<i64>>,
    verdicts: BTreeMap<Verdict, Vec<i64>>,
}

/// Changes that are done or refused are gone; the others stay with what is known about them.
pub(super) async fn record(tx: &mut Tx, fates: Vec<(Work, Fate)>) -> Result<()> {
    let now = tx.now();
    let mut sheet = Sheet::default();
    for (work, fate) in fates {
        let ids = work.changes.iter().map(|change| change.id);
        let lines = work.changes.iter().map(|change| change.activity_id);
        match fate {
            Fate::Done => {
                sheet.gone.extend(ids);
                for change in &work.changes {
                    let waited = now.since(change.stated_at).as_secs_f64();
                    metrics::histogram!("aerie_ticket_change_seconds").record(waited);
                }
                // The last one carried the others: where they disagreed it counted.
                let mut lines: Vec<i64> = lines.collect();
                if let Some(last) = lines.pop() {
                    sheet.verdicts.entry(Verdict::plain(Progress::Sent)).or_default().push(last);
                }
                count("sent", 1);
                if !lines.is_empty() {
                    count("merged", lines.len());
                    sheet.verdicts.entry(Verdict::plain(Progress::Merged)).or_default().extend(lines);
                }
            }
            Fate::Refused(refusal) => {
                count("refused", work.changes.len());
                sheet.gone.extend(ids);
                sheet.verdicts.entry(refusal.verdict()).or_default().extend(lines);
            }
            Fate::Again(at) => {
                count("again", work.changes.len());
                sheet.again.entry(at).or_default().extend(ids);
                // It may have been parked before.
                sheet.verdicts.entry(Verdict::plain(Progress::Waiting)).or_default().extend(lines);
            }
            Fate::LookAt(at) => sheet.look.entry(at).or_default().extend(ids),
            Fate::Alone => sheet.alone.extend(ids),
        }
    }
    sheet.write(tx).await
}

fn count(result: &'static str, changes: usize) {
    metrics::counter!("aerie_ticket_changes_total", "result" => result).increment(changes as u64);
}

impl Sheet {
    async fn write(self, tx: &mut Tx) -> Result<()> {
        if !self.verdicts.is_empty() {
            let administrator = authorization::acting_administrator(tx).await?;
            let waiting = Verdict::plain(Progress::Waiting);
            for (verdict, lines) in &self.verdicts {
                let on_authorization_of = administrator.as_deref().filter(|_| *verdict != waiting);
                activity::settle(tx, lines, verdict, on_authorization_of).await?;
            }
        }
        each(tx, &self.gone, || sql("DELETE FROM ticket_changes WHERE account_id = $1")).await?;
        each(tx, &self.alone, || {
            sql("UPDATE ticket_changes SET alone = TRUE, job_status = NULL, sent_at = NULL, not_before = stated_at
                 WHERE account_id = $1")
        })
        .await?;
        for (at, ids) in &self.again {
            each(tx, ids, || {
                sql("UPDATE ticket_changes SET attempts = attempts + 1, job_status = NULL, sent_at = NULL,
                     not_before = $2 WHERE account_id = $1")
                .bind(*at)
            })
            .await?;
        }
        for (at, ids) in &self.look {
            each(tx, ids, || {
                sql("UPDATE ticket_changes SET not_before = $2 WHERE account_id = $1").bind(*at)
            })
            .await?;
        }
        Ok(())
    }
}

async fn each(tx: &mut Tx, ids: &[i64], statement: impl Fn() -> Statement) -> Result<()> {
    for chunk in ids.chunks(CHUNK) {
        tx.execute(statement().push_list(" AND id IN", chunk.iter().copied())).await?;
    }
    Ok(())
}

/// Says in Activity that what waits is parked.
pub(super) async fn park_lines(tx: &mut Tx) -> Result<()> {
    tx.execute(
        sql(
            "UPDATE activity SET result = $2 WHERE account_id = $1 AND result = $3
             AND id IN (SELECT activity_id FROM ticket_changes WHERE account_id = $1 AND job_status IS NULL)",
        )
        .bind(Progress::Parked.as_str())
        .bind(Progress::Waiting.as_str()),
    )
    .await?;
    Ok(())
}

/// Whether another round would find something to send.
pub(super) async fn anything_ready(tx: &mut Tx) -> Result<bool> {
    let query = sql("SELECT c.id FROM ticket_changes c WHERE c.account_id = $1");
    let query = query.push_bind(READY, tx.now()).push(")) LIMIT 1");
    Ok(tx.maybe::<(i64,)>(query).await?.is_some())
}

/// When the next change is due to be sent again or looked after.
pub(super) async fn next_moment(tx: &mut Tx) -> Result<Option<Time>> {
    let now = tx.now();
    // A look that fell due during the round counts as well; a change behind it waits for it.
    let query = sql("SELECT MIN(not_before) FROM ticket_changes
                     WHERE account_id = $1 AND (not_before > $2 OR job_status IS NOT NULL)");
    let query = query.bind(now);
    Ok(tx.one::<(Option<Time>,)>(query).await?.0)
}
