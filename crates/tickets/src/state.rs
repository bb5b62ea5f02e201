//! Writing a ticket change down, in the caller's transaction and nowhere else.

use jiff::SignedDuration;
use store::{Json, Tx, sql};

use crate::activity::{self, Cause, Line, Progress};
use crate::change::TicketChange;
use crate::error::Result;
use crate::send::Wake;

/// The code of the Activity line of a ticket change.
pub const CHANGED: &str = "tickets.changed";

/// How long a change waits for others of the same moment. Later ones do not make it wait longer.
pub const MERGE_WINDOW: SignedDuration = SignedDuration::from_millis(150);

/// Rows of one statement: both databases take some 30,000 values.
const CHUNK: usize = 1000;

/// Writes a wish down; it is sent within moments after the commit, together with others.
///
/// `app` is the folder name of the app whose wish it is; the wish is refused later, in Activity, if the app did not declare
/// that it updates tickets.
pub async fn state(tx: &mut Tx, app: &str, cause: &Cause, change: TicketChange) -> Result<()> {
    state_many(tx, app, cause, vec![change]).await
}

/// As [`state`], many with a few statements. Of several changes of one ticket the later ones count.
pub async fn state_many(tx: &mut Tx, app: &str, cause: &Cause, changes: Vec<TicketChange>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::with_capacity(changes.len());
    for change in &changes {
        change.check()?;
        lines.push(Line {
            app: app.to_owned(),
            ticket_id: Some(change.ticket_id()),
            code: CHANGED,
            args: activity::changed_args(change.wishes()),
            cause: cause.clone(),
            progress: Progress::Waiting,
        });
    }
    let activity_ids = activity::record_many(tx, lines).await?;
    let now = tx.now();
    let pairs: Vec<_> = changes.iter().zip(activity_ids).collect();
    for chunk in pairs.chunks(CHUNK) {
        let mut rows = Vec::with_capacity(chunk.len());
        for (change, activity_id) in chunk {
            rows.push(vec![
                change.ticket_id().into(),
                (*activity_id).into(),
                app.into(),
                Json(change.wishes()).to_value()?,
                now.into(),
                now.into(),
            ]);
        }
        let insert =
            sql("INSERT INTO ticket_changes (account_id, ticket_id, activity_id, app, change, stated_at, \
                                                     not_before) VALUES");
        tx.execute(insert.push_rows(rows)).await?;
    }
    metrics::counter!("aerie_ticket_changes_stated_total").increment(changes.len() as u64);
    // A job of its own for each transaction, because rows that transactions share make them wait for each other.
    jobs::enqueue(tx, &Wake {}, now.plus(MERGE_WINDOW)).await?;
    Ok(())
}
