//! Telling Zendesk: one call per app and agent for all that came together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use accounts::{Accounts, Urgency, account};
use jiff::SignedDuration;
use serde::Serialize;
use store::{AccountId, Time};
use zendesk::{AccessList, Resource, Verb};

use super::recipients::{self, Recipient};
use super::{NotificationId, Row};
use crate::AppAccess;
use crate::activity::{Progress, Verdict};
use crate::placeholders::{self, Needed, Template, Values};

/// Pages hear it as `api_notification.aerie`.
const EVENT: &str = "aerie";
/// Later than this a pop-up only disturbs.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(1);
/// As many pop-ups at a time as somebody reads. With the longest texts that is far from Zendesk's limit of 1 MB a call.
const LISTED: usize = 5;
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 2000;

/// What became of a notification.
#[derive(Debug)]
pub(super) enum Fate {
    /// It was shown, or never will be.
    Ended(Verdict),
    Waits {
        wait: Wait,
        /// Those who are still to be told; `None` leaves what is noted: nobody was told in this attempt.
        left: Option<Vec<i64>>,
    },
}

/// Why somebody was not told yet. Then the others need not be tried either.
#[derive(Debug, Clone)]
pub(super) enum Wait {
    Until(Time),
    /// Until an administrator authorises.
    Parked(String),
}

/// What the page hears.
#[derive(Serialize)]
struct Body<'a> {
    /// Newest first.
    items: Vec<&'a Item<'a>>,
    /// How many more there are.
    more: usize,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a NotificationId,
    title: String,
    text: String,
    link_ticket_id: Option<i64>,
    kind: &'a str,
}

pub(super) struct Courier<'a> {
    pub(super) accounts: &'a Accounts,
    pub(super) account: &'a AccountId,
}

/// One app's notifications on their way.
struct Load<'a> {
    rows: Vec<&'a Row>,
    access: &'a AccessList,
    app_id: i64,
}

/// Who was told of a notification and who was not.
#[derive(Default)]
struct Tally {
    told: bool,
    waits: Vec<Recipient>,
}

impl Courier<'_> {
    /// Delivers `rows` (newest first). Writes nothing: what became of each is for the caller to record.
    pub(super) async fn deliver<'r>(
        &self,
        access: &'r AppAccess,
        rows: &'r [Row],
    ) -> store::Result<HashMap<&'r NotificationId, Fate>> {
        let now = self.accounts.db().clock().now();
        let mut fates = HashMap::new();
        let mut apps: BTreeMap<&str, (&AccessList, Vec<&Row>)> = BTreeMap::new();
        let mut texts = HashMap::new();
        for row in rows {
            for text in [&row.title, &row.body] {
                texts.entry(text.as_str()).or_insert_with(|| Template::parse(text).ok());
            }
            let is_readable = |text: &str| texts.get(text).is_some_and(Option::is_some);
            if now.since(row.created_at) > MAX_AGE {
                let sentence = "It could not be shown within an hour, so it was dropped.";
                fates.insert(&row.id, Fate::refused("expired", sentence));
            } else if !is_readable(&row.title) || !is_readable(&row.body) {
                fates.insert(&row.id, Fate::refused("invalid", "Its text cannot be rendered any more."));
            } else {
                match declared(access.get(&row.app), row) {
                    Ok(access) => {
                        apps.entry(&row.app).or_insert_with(|| (access, Vec::new())).1.push(row);
                    }
                    Err(sentence) => drop(fates.insert(&row.id, Fate::refused("not_declared", sentence))),
                }
            }
        }
        // Once Zendesk says "not now", the others need not ask.
        let mut wait: Option<Wait> = None;
        for (app, (access, rows)) in apps {
            if let Some(wait) = &wait {
                fates.extend(rows.into_iter().map(|row| (&row.id, Fate::waits(wait))));
                continue;
            }
            let Some(app_id) = self.app_id(app).await? else {
                let fate = || Fate::refused("not_installed", format!("The app {app} is not installed."));
                fates.extend(rows.into_iter().map(|row| (&row.id, fate())));
                continue;
            };
            let load = Load { rows, access, app_id };
            match self.carry(&load, &texts, &mut wait).await {
                Ok(carried) => fates.extend(carried),
                // What one app cannot read need not concern the next one.
                Err(error) => {
                    let wait = self.wait(&error);
                    fates.extend(load.rows.iter().map(|row| (&row.id, Fate::waits(&wait))));
                }
            }
        }
        Ok(fates)
    }

    async fn app_id(&self, app: &str) -> store::Result<Option<i64>> {
        let mut tx = self.accounts.db().read_prefer_primary(self.account).await?;
        Ok(account::installation_of(&mut tx, app).await?.map(|installation| installation.app_id))
    }

    /// One call for each recipient. Fails if it cannot be read who and what they are to be told; a call that fails for now
    /// is left in `wait`.
    async fn carry<'r>(
        &self,
        load: &Load<'r>,
        texts: &HashMap<&str, Option<Template>>,
        wait: &mut Option<Wait>,
    ) -> accounts::Result<HashMap<&'r NotificationId, Fate>> {
        let found = recipients::find(self.accounts, self.account, load.access, &load.rows).await?;
        let mut calls: BTreeMap<Recipient, Vec<&Row>> = BTreeMap::new();
        for (row, recipients) in load.rows.iter().zip(&found) {
            for recipient in recipients {
                calls.entry(*recipient).or_default().push(row);
            }
        }
        let listed = calls.values().flat_map(|rows| rows.iter().take(LISTED)).map(|row| (&row.id, *row));
        let items = self.items(load.access, &listed.collect(), texts).await?;
        let mut tallies: HashMap<&NotificationId, Tally> = HashMap::new();
        for (recipient, rows) in calls {
            let items: Vec<&Item<'_>> =
                rows.iter().take(LISTED).filter_map(|row| items.get(&row.id)).collect();
            let body = Body { more: rows.len() - items.len(), items };
            let told = match wait {
                Some(_) => None,
                None => match self.tell(load, &body, recipient).await {
                    Ok(told) => Some(told),
                    Err(error) => {
                        *wait = Some(self.wait(&error));
                        None
                    }
                },
            };
            if told == Some(true) {
                metrics::counter!("aerie_notifications_shown_total").increment(rows.len() as u64);
            }
            for row in rows {
                let tally = tallies.entry(&row.id).or_default();
                match told {
                    Some(told) => tally.told |= told,
                    None => tally.waits.push(recipient),
                }
            }
        }
        let fate = |row: &&'r Row| (&row.id, Fate::of(row, tallies.remove(&row.id), wait.as_ref()));
        Ok(load.rows.iter().map(fate).collect())
    }

    /// Those that somebody sees one by one, with the values of this moment.
    async fn items<'r>(
        &self,
        access: &AccessList,
        listed: &HashMap<&'r NotificationId, &'r Row>,
        texts: &HashMap<&str, Option<Template>>,
    ) -> accounts::Result<HashMap<&'r NotificationId, Item<'r>>> {
        let tickets: BTreeSet<i64> = listed.values().filter_map(|row| row.ticket_id).collect();
        let tickets: Vec<i64> = tickets.into_iter().collect();
        let needed = listed.values().fold(Needed::default(), |needed, row| {
            needed.and(placeholders::needed(&row.title)).and(placeholders::needed(&row.body))
        });
        let values =
            placeholders::read(self.accounts, self.account, access, Urgency::Background, &tickets, &needed)
                .await?;
        let none = Values::default();
        let item = |row: &'r Row| {
            let values = row.ticket_id.and_then(|id| values.get(&id)).unwrap_or(&none);
            let render = |text: &str, max_chars| {
                texts.get(text).and_then(Option::as_ref).map(|template| template.render(values, max_chars))
            };
            Some(Item {
                id: &row.id,
                title: render(&row.title, MAX_TITLE)?,
                text: render(&row.body, MAX_TEXT)?,
                link_ticket_id: row.link_ticket_id,
                kind: &row.kind,
            })
        };
        Ok(listed.values().filter_map(|row| Some((&row.id, item(row)?))).collect())
    }

    /// Whether Zendesk took it; not if it does not know the agent (any more). An error passes with time.
    async fn tell(&self, load: &Load<'_>, body: &Body<'_>, recipient: Recipient) -> accounts::Result<bool> {
        let body = serde_json::to_string(body).map_err(|error| {
            accounts::Error::Store(store::Error::Unreadable(format!("a notification has no JSON: {error}")))
        })?;
        let body = &serde_json::Value::String(body);
        let call = self.accounts.call(self.account, load.access, Urgency::Background, |client| async move {
            client.notify_app(load.app_id, EVENT, body, recipient).await
        });
        use zendesk::Error as Z;
        match call.await {
            Ok(()) => Ok(true),
            Err(accounts::Error::Zendesk(error))
                if !error.is_retryable() && !matches!(error, Z::Unauthorized | Z::Forbidden { .. }) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn wait(&self, error: &accounts::Error) -> Wait {
        use zendesk::Error as Z;
        let now = self.accounts.db().clock().now();
        let after = |wait: Duration| now.plus(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX));
        match error {
            accounts::Error::NotAuthorised
            | accounts::Error::Zendesk(Z::Unauthorized | Z::Forbidden { .. }) => {
                Wait::Parked(error.to_string())
            }
            accounts::Error::Throttled { until, .. } => Wait::Until(*until),
            accounts::Error::Zendesk(zendesk) => Wait::Until(match zendesk.retry_after() {
                Some(wait) => after(wait),
                None if zendesk.is_retryable() => after(Duration::from_secs(5)),
                // Something that was to be read could not be, and not for a passing reason.
                None => after(Duration::from_secs(60)),
            }),
            _ => Wait::Until(after(Duration::from_secs(10))),
        }
    }
}

/// The app's access, if it covers showing `row`; or what it did not declare.
fn declared<'a>(access: Option<&'a AccessList>, row: &Row) -> Result<&'a AccessList, String> {
    let app = &row.app;
    let access = access.filter(|access| access.allows(Resource::AppNotify, Verb::Create));
    let access =
        access.ok_or_else(|| format!("The app {app} did not declare that it shows notifications."))?;
    if row.ticket_id.is_some() && !access.allows(Resource::Tickets, Verb::Read) {
        return Err(format!(
            "The app {app} did not declare that it reads tickets, which say who may be told."
        ));
    }
    Ok(access)
}

impl Fate {
    fn refused(code: &'static str, sentence: impl Into<String>) -> Self {
        Fate::Ended(Verdict::refused(code, sentence))
    }

    /// Nobody was told anything in this attempt; who was told before stays noted.
    fn waits(wait: &Wait) -> Self {
        Fate::Waits { wait: wait.clone(), left: None }
    }

    /// `tally`: of those who were meant in this attempt; `None` if nobody was.
    fn of(row: &Row, tally: Option<Tally>, wait: Option<&Wait>) -> Self {
        // Who is still to be told is noted only once somebody else has been.
        let told = row.remaining.is_some() || tally.as_ref().is_some_and(|tally| tally.told);
        match (tally, wait) {
            (Some(tally), Some(wait)) if !tally.waits.is_empty() => {
                let left = told.then(|| tally.waits.into_iter().flatten().collect());
                Fate::Waits { wait: wait.clone(), left }
            }
            _ if told => Fate::Ended(Verdict::plain(Progress::Sent)),
            (Some(_), _) => Fate::refused("refused", "Zendesk refused to show it."),
            (None, _) => Fate::refused("nobody", "There was nobody to tell who may see the ticket."),
        }
    }
}
