//! Writing a notification down.

use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Json, Tx, sql};

use super::{NOTIFIED, NotificationId, Notify};
use crate::activity::{self, Cause, Line, Progress};
use crate::error::Result;
use crate::placeholders;

/// Who is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// These agents, by Zendesk's user id.
    Agents(Vec<i64>),
    /// The members of a group, as far as Aerie knows them: whoever has opened an app.
    Group(i64),
    /// Whoever has the app open.
    Everyone,
}

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// All of these together; whoever is in several of them is told once.
    pub to: Vec<Audience>,
    /// The administrator's texts, with placeholders; filled in when it is shown, with values that are never stored.
    pub title: String,
    pub text: String,
    /// `warning`, `hit`: the page chooses colour and behaviour by it.
    pub kind: String,
    /// The ticket that it is about. Then only agents who may see that ticket are told.
    pub ticket_id: Option<i64>,
    /// The ticket that opens when it is clicked.
    pub link_ticket_id: Option<i64>,
}

/// Writes a notification down; it is shown within moments after the commit.
///
/// Fails with [`Error::Template`](crate::Error::Template) if a text cannot be rendered; check it where it is written, with
/// [`placeholders::validate`].
pub async fn notify(
    tx: &mut Tx,
    app: &str,
    cause: &Cause,
    notification: Notification,
) -> Result<NotificationId> {
    placeholders::validate(&notification.title)?;
    placeholders::validate(&notification.text)?;
    let now = tx.now();
    let line = Line {
        app: app.to_owned(),
        ticket_id: notification.ticket_id,
        code: NOTIFIED,
        args: json!({ "kind": notification.kind, "to": notification.to }),
        cause: cause.clone(),
        progress: Progress::Waiting,
    };
    let activity_id = activity::record(tx, line).await?;
    let id = NotificationId::generate(now, tx.random());
    tx.execute(
        sql("INSERT INTO notifications (account_id, id, app, kind, title, body, audience, ticket_id, link_ticket_id,
                                        activity_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(&id)
        .bind(app)
        .bind(notification.kind)
        .bind(notification.title)
        .bind(notification.text)
        .bind(Json(&notification.to).to_value()?)
        .bind(notification.ticket_id)
        .bind(notification.link_ticket_id)
        .bind(activity_id)
        .bind(now),
    )
    .await?;
    jobs::enqueue(tx, &Notify { id: id.clone() }, now).await?;
    Ok(id)
}
