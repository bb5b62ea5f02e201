//! What happens while nobody is looking, and what triggers may ask for.

use std::collections::HashMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kit::{Action, ActionContext, ApiError, Failure, Job, JobContext, Policy, Time, Urgency};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::deadline::{self, Deadline};
use crate::model::{State, When, parse_duration};

/// The moment of a deadline. One job a ticket, keyed by the ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub ticket_id: i64,
}

impl Job for Hit {
    const NAME: &'static str = "deadline.hit";
    // Many deadlines fall on the same second (end of day): one batch reads all their tickets with few calls. While Zendesk
    // cannot be read we ask again soon and for long: a deadline is worth being late, not being lost. When a worker dies
    // another one takes over soon.
    const POLICY: Policy = Policy::DEFAULT
        .batch(1000)
        .max_attempts(500)
        .backoff(Duration::from_secs(2), Duration::from_secs(300))
        .lease(Duration::from_secs(15));
}

/// The next warning of a deadline. One job a ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Warn {
    pub ticket_id: i64,
}

impl Job for Warn {
    const NAME: &'static str = "deadline.warn";
    const POLICY: Policy = Policy::DEFAULT.batch(500);
}

/// Whether each ticket is solved is read now, for all deadlines of this moment together; then each hits in one transaction.
pub(crate) async fn hit(context: JobContext<Hit>) -> Result<(), Failure> {
    let ids: Vec<i64> = context.jobs().iter().map(|claimed| claimed.job.ticket_id).collect();
    let states = context.tickets(&ids).await?;
    let (mut tx, jobs) = context.begin().await?;
    let settings = deadline::settings(&mut tx).await?;
    let deadlines = due(&mut tx, jobs.iter().map(|claimed| claimed.job.ticket_id)).await?;
    for claimed in jobs {
        if let Some(deadline) = deadlines.get(&claimed.job.ticket_id) {
            deadline::hit(&mut tx, deadline, states.get(&deadline.ticket_id), &settings).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// A warning goes to whoever the ticket is assigned to now.
pub(crate) async fn warn(context: JobContext<Warn>) -> Result<(), Failure> {
    let ids: Vec<i64> = context.jobs().iter().map(|claimed| claimed.job.ticket_id).collect();
    let states = context.tickets(&ids).await?;
    let (mut tx, jobs) = context.begin().await?;
    let settings = deadline::settings(&mut tx).await?;
    let deadlines = due(&mut tx, jobs.iter().map(|claimed| claimed.job.ticket_id)).await?;
    let now = tx.now();
    // After an outage the deadline itself may have passed: then its hit says so, and "soon" would be wrong.
    for deadline in deadlines.values().filter(|deadline| deadline.at > now) {
        deadline::warn(&mut tx, deadline, states.get(&deadline.ticket_id), &settings).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The pending deadlines of these tickets. (A job without one is the rest of something that was undone by hand.)
async fn due(
    tx: &mut kit::StoreTx,
    tickets: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Deadline>, Failure> {
    let deadlines = deadline::of_tickets(tx, tickets).await?;
    let pending = deadlines.into_iter().filter(|deadline| deadline.state == State::Pending);
    Ok(pending.map(|deadline| (deadline.ticket_id, deadline)).collect())
}

pub(crate) fn actions() -> [Action; 2] {
    [
        Action::new(
            "set",
            "Sets the deadline of a ticket, or moves it.",
            r#"{"ticket_id": {{ticket.id}}, "in": "4h"}"#,
            set,
        ),
        Action::new("clear", "Clears the deadline of a ticket.", r#"{"ticket_id": {{ticket.id}}}"#, clear),
    ]
}

/// `deadline.set`: exactly one of `at`, `local`, `in`, `from_field`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetArgs {
    pub ticket_id: i64,
    pub at: Option<String>,
    pub local: Option<String>,
    #[serde(rename = "in")]
    pub after: Option<String>,
    /// A date field of the ticket: its day at the end of the day.
    pub from_field: Option<i64>,
    /// With `from_field`: `2h`, `-3d`.
    pub offset: Option<String>,
    pub time_zone: Option<String>,
}

async fn set(context: ActionContext, args: SetArgs) -> kit::Result<Value> {
    let ticket_id = args.ticket_id;
    let ticket = context.ticket(ticket_id).await?;
    refuse_closed(ticket.status)?;
    let mut when = When {
        at: args.at.clone(),
        local: args.local.clone(),
        time_zone: args.time_zone.clone(),
        after: args.after.clone(),
    };
    if let Some(field_id) = args.from_field {
        let at = from_field(&context, &args, field_id).await?;
        if when.at.replace(at.to_string()).is_some() {
            let message = "Give either at or from_field, not both.";
            return Err(ApiError::unprocessable("not_understood", message));
        }
    }
    let understood = when.understand(context.now()).map_err(refuse_when)?;
    let mut tx = context.begin().await?;
    let settings = deadline::settings(&mut tx).await?;
    let deadline = deadline::set(&mut tx, ticket_id, understood.at, &settings).await?;
    let answer = json!({ "ticket_id": ticket_id, "at": deadline.at, "state": deadline.state });
    context.finish(tx, answer).await
}

/// The moment that a date field of the ticket means. The value is read, used and not kept.
async fn from_field(context: &ActionContext, args: &SetArgs, field_id: i64) -> kit::Result<Time> {
    let ticket_id = args.ticket_id;
    let ticket = context
        .zendesk()
        .call(Urgency::Background, move |client| async move { client.tickets().show(ticket_id).await })
        .await?;
    let value = ticket.custom_fields.iter().find(|field| field.id == field_id);
    let text = value.and_then(|field| field.value.as_str()).unwrap_or_default();
    let date: Date = text.parse().map_err(|_| {
        ApiError::unprocessable(
            "field_not_a_date",
            format!(
                "The field {field_id} of ticket {ticket_id} holds no date. Fill it in, or use another field."
            ),
        )
    })?;
    let zone = match args.time_zone.as_deref() {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name).map_err(|_| {
            ApiError::unprocessable("not_understood", format!("There is no time zone \"{name}\"."))
        })?,
    };
    let settings = context.settings::<crate::settings::DeadlineSettings>().await?;
    let at = date.to_datetime(settings.end_of_day).to_zoned(zone).map_err(|_| {
        ApiError::unprocessable("not_understood", format!("{date} is too far away. Choose an earlier date."))
    })?;
    let at = Time::from(at.timestamp());
    match args.offset.as_deref().map(str::trim).filter(|offset| !offset.is_empty()) {
        None => Ok(at),
        Some(offset) => {
            let (back, span) = match offset.strip_prefix('-') {
                Some(span) => (true, span),
                None => (false, offset.trim_start_matches('+')),
            };
            let span = parse_duration(span).ok_or_else(|| {
                let message = format!("\"{offset}\" is no offset. Write it like 2h or -3d.");
                ApiError::unprocessable("not_understood", message)
            })?;
            Ok(at.plus(if back { -span } else { span }))
        }
    }
}

/// `deadline.clear`. A ticket without deadline is left as it is: a trigger may fire on its own echo.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearArgs {
    pub ticket_id: i64,
}

async fn clear(context: ActionContext, args: ClearArgs) -> kit::Result<Value> {
    let mut tx = context.begin().await?;
    let settings = deadline::settings(&mut tx).await?;
    let cleared = deadline::clear(&mut tx, args.ticket_id, &settings).await?.is_some();
    context.finish(tx, json!({ "ticket_id": args.ticket_id, "cleared": cleared })).await
}

pub(crate) fn refuse_closed(status: kit::Status) -> kit::Result<()> {
    if matches!(status, kit::Status::Closed | kit::Status::Deleted) {
        let message = "The ticket is closed, so it takes no deadline. Open a follow-up to set one there.";
        return Err(ApiError::unprocessable("ticket_closed", message));
    }
    Ok(())
}

pub(crate) fn refuse_when(error: crate::model::WhenError) -> ApiError {
    let refused = ApiError::unprocessable(error.code(), error.to_string());
    match error {
        crate::model::WhenError::InPast { time, ago, zone } => {
            refused.arg("time", time).arg("ago", ago).arg("zone", zone)
        }
        crate::model::WhenError::TooFar(until) => refused.arg("until", until),
        crate::model::WhenError::NotUnderstood(_) => refused,
    }
}
