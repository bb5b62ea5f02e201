//! In-app notifications: written down with the app's own rows, shown in the open pages of the app.
//!
//! Many may come at one moment, because many deadlines fall on the end of a day. They are delivered together: each agent gets
//! one call that lists the newest and counts the rest. Which agent was told of which notification is kept for each pair, so
//! that a limit in the middle repeats nothing and loses nothing.

mod delivery;
mod recipients;
mod statement;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use accounts::Accounts;
use jobs::{Batch, Failure, Job, Outcome, Policy};
use serde::{Deserialize, Serialize};
use store::{AccountId, Json, Time, Tx, sql};

use crate::AppAccess;
use crate::activity::{self, Progress, Verdict};
use delivery::{Courier, Fate, Wait};

pub use statement::{Audience, Notification, notify};

/// The code of the Activity line of a notification.
pub const NOTIFIED: &str = "tickets.notified";

store::id!(
    /// A notification. Pages that hear it twice show it once.
    NotificationId,
    "ntf"
);

/// Shows one notification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notify {
    id: NotificationId,
}

impl Job for Notify {
    const NAME: &'static str = "tickets.notify";
    // A batch costs a call per agent, so the larger the better: as large as two batches of deadlines that hit.
    // No last attempt: a notification that grows old is dropped with a word in Activity.
    const POLICY: Policy = Policy::DEFAULT
        .batch(1000)
        .max_attempts(u32::MAX)
        .backoff(Duration::from_secs(2), Duration::from_secs(60));
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: NotificationId,
    app: String,
    kind: String,
    title: String,
    body: String,
    audience: Json<Vec<Audience>>,
    ticket_id: Option<i64>,
    link_ticket_id: Option<i64>,
    activity_id: i64,
    created_at: Time,
    /// Agents who are still to be told, once others have been.
    remaining: Option<Json<Vec<i64>>>,
}

pub(crate) async fn run(accounts: Accounts, access: AppAccess, batch: Batch<Notify>) -> Result<(), Failure> {
    let ids: Vec<NotificationId> = batch.jobs().iter().map(|job| job.job.id.clone()).collect();
    let rows = load(&accounts, batch.account(), &ids).await?;
    let courier = Courier { accounts: &accounts, account: batch.account() };
    let fates = courier.deliver(&access, &rows).await?;
    record(&batch, &rows, fates).await
}

async fn load(accounts: &Accounts, account: &AccountId, ids: &[NotificationId]) -> store::Result<Vec<Row>> {
    let mut tx = accounts.db().read_prefer_primary(account).await?;
    let query = sql(
        "SELECT id, app, kind, title, body, audience, ticket_id, link_ticket_id, activity_id, created_at, remaining
         FROM notifications WHERE account_id = $1",
    )
    .push_list(" AND id IN", ids);
    // The newest are listed, so they come first.
    tx.all(query.push(" ORDER BY created_at DESC, activity_id DESC")).await
}

/// Writes down what became of the notifications, as far as this worker still holds them.
async fn record(
    batch: &Batch<Notify>,
    rows: &[Row],
    mut fates: HashMap<&NotificationId, Fate>,
) -> Result<(), Failure> {
    let rows: HashMap<&NotificationId, &Row> = rows.iter().map(|row| (&row.id, row)).collect();
    let (mut tx, ours) = batch.begin().await?;
    let mut ended: BTreeMap<Verdict, Vec<&Row>> = BTreeMap::new();
    let mut waiting: BTreeMap<Verdict, Vec<i64>> = BTreeMap::new();
    let mut remaining: BTreeMap<Vec<i64>, Vec<&NotificationId>> = BTreeMap::new();
    for job in ours {
        let Some(row) = rows.get(&job.job.id) else { continue };
        match fates.remove(&row.id) {
            None => {}
            Some(Fate::Ended(verdict)) => ended.entry(verdict).or_default().push(row),
            Some(Fate::Waits { wait, left }) => {
                let (progress, outcome) = match wait {
                    Wait::Until(at) => {
                        let why = "Zendesk did not take it yet".to_owned();
                        (Progress::Waiting, Outcome::Retry { at, why })
                    }
                    Wait::Parked(why) => (Progress::Parked, Outcome::Park { why }),
                };
                waiting.entry(Verdict::plain(progress)).or_default().push(row.activity_id);
                if let Some(left) = left {
                    remaining.entry(left).or_default().push(&row.id);
                }
                batch.settle_in(&mut tx, job, outcome).await?;
            }
        }
    }
    end(&mut tx, ended).await?;
    for (verdict, lines) in waiting {
        activity::settle(&mut tx, &lines, &verdict, None).await?;
    }
    for (agents, ids) in remaining {
        let update = sql("UPDATE notifications SET remaining = $2 WHERE account_id = $1");
        tx.execute(update.bind(Json(agents).to_value()?).push_list(" AND id IN", ids)).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn end(tx: &mut Tx, ended: BTreeMap<Verdict, Vec<&Row>>) -> store::Result<()> {
    let administrator = accounts::authorization::acting_administrator(tx).await?;
    for (verdict, rows) in ended {
        let lines: Vec<i64> = rows.iter().map(|row| row.activity_id).collect();
        activity::settle(tx, &lines, &verdict, administrator.as_deref()).await?;
        let delete = sql("DELETE FROM notifications WHERE account_id = $1");
        tx.execute(delete.push_list(" AND id IN", rows.iter().map(|row| &row.id))).await?;
    }
    Ok(())
}
