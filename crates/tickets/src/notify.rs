//! In-app notifications: written down with the app's own rows, shown in the open pages of the app.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use accounts::agent::{self, Agent};
use accounts::{AGENT_MAX_AGE, Accounts, Urgency, account};
use jiff::SignedDuration;
use jobs::{Batch, Failure, Job, Outcome, Policy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{AccountId, Json, Time, Tx, sql};
use zendesk::{AccessList, Resource, Verb};

use crate::AppAccess;
use crate::activity::{self, Cause, Line, Progress, Verdict};
use crate::error::Result;
use crate::mirror;
use crate::placeholders::{self, Needed, Template, Values};

/// The code of the Activity line of a notification.
pub const NOTIFIED: &str = "tickets.notified";
/// Pages hear it as `api_notification.aerie`.
const EVENT: &str = "aerie";
/// Later than this a pop-up only disturbs.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(1);
/// Who may see a ticket is asked anew after this time.
const FACTS_MAX_AGE: SignedDuration = SignedDuration::from_secs(30);
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 2000;

store::id!(
    /// A notification. Pages that hear it twice show it once.
    NotificationId,
    "ntf"
);

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
    pub to: Audience,
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

/// Shows one notification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notify {
    id: NotificationId,
}

impl Job for Notify {
    const NAME: &'static str = "tickets.notify";
    // No last attempt: a notification that grows old is dropped with a word in Activity.
    const POLICY: Policy = Policy::DEFAULT
        .batch(100)
        .max_attempts(u32::MAX)
        .backoff(Duration::from_secs(2), Duration::from_secs(60));
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

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: NotificationId,
    app: String,
    kind: String,
    title: String,
    body: String,
    audience: Json<Audience>,
    ticket_id: Option<i64>,
    link_ticket_id: Option<i64>,
    activity_id: i64,
    created_at: Time,
    remaining: Option<Json<Vec<i64>>>,
}

/// What became of one.
enum Fate {
    Shown,
    Dropped(Verdict),
    /// Those are still to be told, from that moment on; `None`: it is not known yet who.
    Later {
        at: Time,
        remaining: Option<Vec<i64>>,
    },
    Parked {
        why: String,
        remaining: Option<Vec<i64>>,
    },
}

/// Whom to call.
enum Recipients {
    Everyone,
    Agents(Vec<i64>),
}

pub(crate) async fn run(accounts: Accounts, access: AppAccess, batch: Batch<Notify>) -> Result<(), Failure> {
    let courier = Courier { accounts: &accounts, account: batch.account() };
    let ids: Vec<NotificationId> = batch.jobs().iter().map(|job| job.job.id.clone()).collect();
    let rows = courier.load(&ids).await?;
    let values = courier.values(&rows, &access).await;
    let mut fates: HashMap<&NotificationId, Fate> = HashMap::new();
    // Once Zendesk says "not now", the others need not ask.
    let mut halt: Option<accounts::Error> = None;
    for row in rows.values() {
        let expired = courier.now().since(row.created_at) > MAX_AGE;
        let fate = match (&halt, &values) {
            _ if expired => {
                let sentence = "It could not be shown within an hour, so it was dropped.";
                Fate::Dropped(Verdict::refused("expired", sentence))
            }
            (Some(error), _) | (None, Err(error)) => courier.put_off(error, None),
            (None, Ok(values)) => match courier.show(row, access.get(&row.app), values).await {
                Ok(fate) => fate,
                Err((error, remaining)) => {
                    let fate = courier.put_off(&error, remaining);
                    if !matches!(fate, Fate::Dropped(_)) {
                        halt = Some(error);
                    }
                    fate
                }
            },
        };
        fates.insert(&row.id, fate);
    }
    let (mut tx, ours) = batch.begin().await?;
    let administrator = accounts::authorization::acting_administrator(&mut tx).await?;
    for job in ours {
        let (Some(row), Some(fate)) = (rows.get(&job.job.id), fates.remove(&job.job.id)) else { continue };
        let (verdict, remaining, outcome) = match fate {
            Fate::Shown => (Verdict::plain(Progress::Sent), None, Outcome::Done),
            Fate::Dropped(verdict) => (verdict, None, Outcome::Done),
            Fate::Later { at, remaining } => {
                let outcome = Outcome::Retry { at, why: "Zendesk did not take it yet".to_owned() };
                (Verdict::plain(Progress::Waiting), remaining, outcome)
            }
            Fate::Parked { why, remaining } => {
                (Verdict::plain(Progress::Parked), remaining, Outcome::Park { why })
            }
        };
        let acting = administrator.as_deref().filter(|_| outcome == Outcome::Done);
        activity::settle(&mut tx, &[row.activity_id], &verdict, acting).await?;
        if outcome == Outcome::Done {
            tx.execute(sql("DELETE FROM notifications WHERE account_id = $1 AND id = $2").bind(&row.id))
                .await?;
        } else {
            if let Some(remaining) = remaining {
                let update = sql("UPDATE notifications SET remaining = $2 WHERE account_id = $1 AND id = $3");
                tx.execute(update.bind(Json(remaining).to_value()?).bind(&row.id)).await?;
            }
            batch.settle_in(&mut tx, job, outcome).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

struct Courier<'a> {
    accounts: &'a Accounts,
    account: &'a AccountId,
}

impl Courier<'_> {
    fn now(&self) -> Time {
        self.accounts.db().clock().now()
    }

    async fn load(&self, ids: &[NotificationId]) -> store::Result<HashMap<NotificationId, Row>> {
        let mut tx = self.accounts.db().read_prefer_primary(self.account).await?;
        let query = sql(
            "SELECT id, app, kind, title, body, audience, ticket_id, link_ticket_id, activity_id, created_at,
                                remaining FROM notifications WHERE account_id = $1",
        )
        .push_list(" AND id IN", ids);
        let rows: Vec<Row> = tx.all(query).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }

    /// What the texts mention, of all tickets of an app at once. By app and ticket.
    async fn values(
        &self,
        rows: &HashMap<NotificationId, Row>,
        access: &AppAccess,
    ) -> accounts::Result<HashMap<(String, i64), Values>> {
        let mut wanted: HashMap<&str, (Needed, BTreeSet<i64>)> = HashMap::new();
        for row in rows.values() {
            let (needed, tickets) = wanted.entry(&row.app).or_default();
            let mentioned = placeholders::needed(&row.title).and(placeholders::needed(&row.body));
            *needed = std::mem::take(needed).and(mentioned);
            tickets.extend(row.ticket_id);
        }
        let mut values = HashMap::new();
        for (app, (needed, tickets)) in wanted {
            let Some(access) = access.get(app) else { continue };
            let tickets: Vec<i64> = tickets.into_iter().collect();
            let urgency = Urgency::Background;
            let read =
                placeholders::read(self.accounts, self.account, access, urgency, &tickets, &needed).await?;
            values.extend(read.into_iter().map(|(id, values)| ((app.to_owned(), id), values)));
        }
        Ok(values)
    }

    /// An error comes with the agents who are still to be told, where that is known.
    async fn show(
        &self,
        row: &Row,
        access: Option<&AccessList>,
        values: &HashMap<(String, i64), Values>,
    ) -> Result<Fate, (accounts::Error, Option<Vec<i64>>)> {
        let Some(access) = access.filter(|access| access.allows(Resource::AppNotify, Verb::Create)) else {
            let sentence = format!("The app {} did not declare that it shows notifications.", row.app);
            return Ok(Fate::Dropped(Verdict::refused("not_declared", sentence)));
        };
        let Some(app_id) = self.app_id(&row.app).await.map_err(|error| (error.into(), None))? else {
            let sentence = format!("The app {} is not installed.", row.app);
            return Ok(Fate::Dropped(Verdict::refused("not_installed", sentence)));
        };
        let none = Values::default();
        let values = row.ticket_id.and_then(|id| values.get(&(row.app.clone(), id))).unwrap_or(&none);
        let texts = (Template::parse(&row.title), Template::parse(&row.body));
        let (Ok(title), Ok(text)) = texts else {
            let sentence = "Its text cannot be rendered any more.";
            return Ok(Fate::Dropped(Verdict::refused("invalid", sentence)));
        };
        let body = json!({
            "id": row.id,
            "title": title.render(values, MAX_TITLE),
            "text": text.render(values, MAX_TEXT),
            "link_ticket_id": row.link_ticket_id,
            "kind": row.kind,
        });
        let recipients = match &row.remaining {
            Some(remaining) => Recipients::Agents(remaining.0.clone()),
            None => self.recipients(row, access).await.map_err(|error| (error, None))?,
        };
        self.deliver(app_id, access, &Value::String(body.to_string()), recipients).await
    }

    async fn app_id(&self, app: &str) -> store::Result<Option<i64>> {
        let mut tx = self.accounts.db().read_prefer_primary(self.account).await?;
        Ok(account::installation_of(&mut tx, app).await?.map(|installation| installation.app_id))
    }

    async fn deliver(
        &self,
        app_id: i64,
        access: &AccessList,
        body: &Value,
        recipients: Recipients,
    ) -> Result<Fate, (accounts::Error, Option<Vec<i64>>)> {
        let agents = match recipients {
            Recipients::Everyone => vec![None],
            Recipients::Agents(agents) => agents.into_iter().map(Some).collect(),
        };
        if agents.is_empty() {
            let sentence = "There was nobody to tell who may see the ticket.";
            return Ok(Fate::Dropped(Verdict::refused("nobody", sentence)));
        }
        let mut told = 0;
        for (index, agent_id) in agents.iter().copied().enumerate() {
            let call = self.accounts.call(self.account, access, Urgency::Background, |client| async move {
                client.notify_app(app_id, EVENT, body, agent_id).await
            });
            match call.await {
                Ok(()) => told += 1,
                // Zendesk does not know the agent any more: the others are told nevertheless.
                Err(accounts::Error::Zendesk(
                    zendesk::Error::NotFound
                    | zendesk::Error::Unprocessable { .. }
                    | zendesk::Error::Refused { .. },
                )) => {}
                Err(error) => {
                    let remaining = agents.iter().skip(index).copied().collect();
                    return Err((error, remaining));
                }
            }
        }
        metrics::counter!("aerie_notifications_shown_total").increment(told);
        Ok(if told == 0 {
            Fate::Dropped(Verdict::refused("refused", "Zendesk refused to show it."))
        } else {
            Fate::Shown
        })
    }

    /// Nobody is told about a ticket that Zendesk would not let him see.
    async fn recipients(&self, row: &Row, access: &AccessList) -> accounts::Result<Recipients> {
        let facts = match row.ticket_id {
            None => None,
            Some(id) => {
                let (ids, urgency) = ([id], Urgency::Background);
                let states = mirror::facts(self.accounts, self.account, access, &ids, FACTS_MAX_AGE, urgency);
                states.await?.remove(&id).map(|state| state.facts)
            }
        };
        let may_see = |agent: &Agent| facts.as_ref().is_none_or(|facts| agent.may_see(facts));
        let known = match &row.audience.0 {
            Audience::Agents(ids) => {
                let mut told = Vec::new();
                for id in ids {
                    // The assignee sees his ticket, whoever he is.
                    let allowed = facts.is_none_or(|facts| facts.assignee_id == Some(*id))
                        || self
                            .accounts
                            .agent(self.account, *id, AGENT_MAX_AGE)
                            .await?
                            .is_some_and(|a| may_see(&a));
                    if allowed && !told.contains(id) {
                        told.push(*id);
                    }
                }
                return Ok(Recipients::Agents(told));
            }
            Audience::Group(group_id) => {
                let agents = self.agents().await?;
                agents.into_iter().filter(|agent| agent.group_ids.contains(group_id)).collect()
            }
            Audience::Everyone if facts.is_none() => return Ok(Recipients::Everyone),
            Audience::Everyone => {
                let agents = self.agents().await?;
                if agents.iter().all(Agent::sees_all_tickets) {
                    return Ok(Recipients::Everyone);
                }
                agents
            }
        };
        Ok(Recipients::Agents(
            known.iter().filter(|agent| may_see(agent)).map(|agent| agent.user_id).collect(),
        ))
    }

    /// Who has opened an app: nobody else has a page in which something could be shown.
    async fn agents(&self) -> store::Result<Vec<Agent>> {
        let mut tx = self.accounts.db().read_prefer_primary(self.account).await?;
        let query = sql("SELECT user_id FROM agents WHERE account_id = $1 AND active ORDER BY user_id");
        let ids: Vec<(i64,)> = tx.all(query).await?;
        let ids: Vec<i64> = ids.into_iter().map(|(id,)| id).collect();
        let agents = agent::find_many(&mut tx, &ids).await?;
        Ok(agents.into_iter().filter(|agent| agent.role != agent::Role::EndUser).collect())
    }

    fn put_off(&self, error: &accounts::Error, remaining: Option<Vec<i64>>) -> Fate {
        use zendesk::Error as Z;
        let after =
            |wait: Duration| self.now().plus(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX));
        let at = match error {
            accounts::Error::NotAuthorised
            | accounts::Error::Zendesk(Z::Unauthorized | Z::Forbidden { .. }) => {
                return Fate::Parked { why: error.to_string(), remaining };
            }
            accounts::Error::Throttled { until, .. } => *until,
            accounts::Error::Zendesk(zendesk) => match zendesk.retry_after() {
                Some(wait) => after(wait),
                None if zendesk.is_retryable() => after(Duration::from_secs(5)),
                None => {
                    let sentence = "Zendesk refused to show it.";
                    return Fate::Dropped(Verdict::refused("refused", sentence));
                }
            },
            _ => after(Duration::from_secs(10)),
        };
        Fate::Later { at, remaining }
    }
}
