//! The rows of deadlines, and the steps that change them. Every step writes row, history, ticket change, job and event in the
//! transaction that it is given.

use kit::{
    Audience, Cause, Event, FieldValue, Notification, Settings, Statement, TicketChange, TicketState, Time,
    Tx, sql,
};
use serde::Serialize;

use crate::APP;
use crate::model::{DeadlineId, State, tag_change};
use crate::offline::{Hit, Warn};
use crate::settings::DeadlineSettings;

/// The one deadline of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    pub id: DeadlineId,
    pub ticket_id: i64,
    pub at: Time,
    pub state: State,
    pub set_at: Time,
    /// `None` when a trigger set it.
    pub set_by: Option<i64>,
    pub version: i64,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    id: DeadlineId,
    ticket_id: i64,
    at: Time,
    state: String,
    set_at: Time,
    set_by: Option<i64>,
    version: i64,
}

impl Row {
    pub(crate) fn read(self) -> kit::StoreResult<Deadline> {
        let state = State::parse(&self.state).ok_or_else(|| {
            kit::StoreError::Unreadable(format!("\"{}\" is no state of a deadline", self.state))
        })?;
        Ok(Deadline {
            id: self.id,
            ticket_id: self.ticket_id,
            at: self.at,
            state,
            set_at: self.set_at,
            set_by: self.set_by,
            version: self.version,
        })
    }
}

fn select() -> Statement {
    sql(
        "SELECT d.id, d.ticket_id, d.at, d.state, d.set_at, d.set_by, d.version FROM deadlines d WHERE d.account_id = $1",
    )
}

pub(crate) async fn of_ticket(tx: &mut kit::StoreTx, ticket_id: i64) -> kit::StoreResult<Option<Deadline>> {
    tx.maybe::<Row>(select().push_bind(" AND d.ticket_id = ", ticket_id)).await?.map(Row::read).transpose()
}

pub(crate) async fn of_tickets(
    tx: &mut kit::StoreTx,
    ticket_ids: impl IntoIterator<Item = i64>,
) -> kit::StoreResult<Vec<Deadline>> {
    let rows: Vec<Row> = tx.all(select().push_list(" AND d.ticket_id IN", ticket_ids)).await?;
    rows.into_iter().map(Row::read).collect()
}

pub(crate) async fn by_ids(tx: &mut kit::StoreTx, ids: &[DeadlineId]) -> kit::StoreResult<Vec<Deadline>> {
    let rows: Vec<Row> = tx.all(select().push_list(" AND d.id IN", ids)).await?;
    rows.into_iter().map(Row::read).collect()
}

/// One line of a ticket's history.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub(crate) struct HistoryRow {
    pub at: Time,
    pub event: String,
    pub deadline_at: Time,
    pub via: String,
    pub agent_id: Option<i64>,
    pub detail: Option<String>,
}

/// The last 50 steps, newest first.
pub(crate) async fn history(tx: &mut kit::StoreTx, ticket_id: i64) -> kit::StoreResult<Vec<HistoryRow>> {
    let query = sql("SELECT at, event, deadline_at, via, agent_id, detail FROM deadline_history
                     WHERE account_id = $1 AND ticket_id = $2 ORDER BY id DESC LIMIT 50");
    tx.all(query.bind(ticket_id)).await
}

/// Sets the deadline of a ticket, or moves the one it has.
pub(crate) async fn set(
    tx: &mut Tx,
    ticket_id: i64,
    at: Time,
    settings: &DeadlineSettings,
) -> kit::Result<Deadline> {
    let before = of_ticket(tx, ticket_id).await?;
    let from = before.as_ref().map(|deadline| deadline.state);
    let now = tx.now();
    let set_by = agent_of(tx.cause());
    // Setting a deadline to what it is says nothing new: no history, no ticket change, no reset of its warnings.
    if let Some(same) = before.as_ref().filter(|d| d.state == State::Pending && d.at == at) {
        return Ok(same.clone());
    }
    let id = before
        .as_ref()
        .map_or_else(|| DeadlineId::generate(now, tx.random()), |deadline| deadline.id.clone());
    let version = before.as_ref().map_or(1, |deadline| deadline.version + 1);
    // The job first, as the hit itself does: two who take them in different order would wait for each other.
    tx.schedule(&ticket_id.to_string(), &Hit { ticket_id }, at).await?;
    let written = tx
        .execute(
            sql("INSERT INTO deadlines (account_id, id, ticket_id, at, state, set_at, set_by, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (account_id, ticket_id) DO UPDATE SET at = excluded.at, state = excluded.state,
                     set_at = excluded.set_at, set_by = excluded.set_by, version = excluded.version
                     WHERE deadlines.version = excluded.version - 1")
            .bind(&id)
            .bind(ticket_id)
            .bind(at)
            .bind(State::Pending.as_str())
            .bind(now)
            .bind(set_by)
            .bind(version),
        )
        .await?;
    written_by_us(written)?;
    let deadline = Deadline { id, ticket_id, at, state: State::Pending, set_at: now, set_by, version };
    schedule_warning(tx, &deadline, settings, now).await?;
    change_ticket(tx, ticket_id, from, State::Pending, Some(at), settings).await?;
    let step = if from == Some(State::Pending) { "moved" } else { "set" };
    record(tx, &deadline, step, None).await?;
    let event =
        Event::on_ticket("deadline.set", ticket_id).fact("at", at.to_string()).fact("moved", step == "moved");
    tx.emit(event).await?;
    Ok(deadline)
}

/// Takes the deadline of a ticket back. `None` if there was none that could be.
pub(crate) async fn clear(
    tx: &mut Tx,
    ticket_id: i64,
    settings: &DeadlineSettings,
) -> kit::Result<Option<Deadline>> {
    let Some(before) = of_ticket(tx, ticket_id).await? else { return Ok(None) };
    if matches!(before.state, State::Cleared | State::Void) {
        return Ok(None);
    }
    tx.cancel::<Hit>(&ticket_id.to_string()).await?;
    tx.cancel::<Warn>(&ticket_id.to_string()).await?;
    let deadline = end(tx, &before, State::Cleared).await?;
    change_ticket(tx, ticket_id, Some(before.state), State::Cleared, None, settings).await?;
    record(tx, &deadline, "cleared", None).await?;
    tx.emit(Event::on_ticket("deadline.cleared", ticket_id)).await?;
    Ok(Some(deadline))
}

/// The moment came while the ticket was so; `None`: Zendesk has no such ticket any more.
pub(crate) async fn hit(
    tx: &mut Tx,
    before: &Deadline,
    ticket: Option<&TicketState>,
    settings: &DeadlineSettings,
) -> kit::Result<()> {
    let state = State::when_hit(ticket.map(|ticket| ticket.status));
    let ticket_id = before.ticket_id;
    tx.cancel::<Warn>(&ticket_id.to_string()).await?;
    let deadline = end(tx, before, state).await?;
    change_ticket(tx, ticket_id, Some(before.state), state, Some(before.at), settings).await?;
    let why = (state == State::Void).then_some("ticket_gone");
    record(tx, &deadline, state.as_str(), why).await?;
    let name = match state {
        State::HitWhileSolved => "deadline.hit_while_solved",
        State::Void => "deadline.void",
        _ => "deadline.hit",
    };
    tx.emit(Event::on_ticket(name, ticket_id).fact("at", before.at.to_string())).await?;
    if state == State::Hit {
        notify(tx, &deadline, ticket, "hit", &settings.hit_text, settings).await?;
    }
    Ok(())
}

/// A warning came due.
pub(crate) async fn warn(
    tx: &mut Tx,
    deadline: &Deadline,
    ticket: Option<&TicketState>,
    settings: &DeadlineSettings,
) -> kit::Result<()> {
    let now = tx.now();
    schedule_warning(tx, deadline, settings, now).await?;
    record(tx, deadline, "warned", None).await?;
    let event = Event::on_ticket("deadline.warned", deadline.ticket_id).fact("at", deadline.at.to_string());
    tx.emit(event).await?;
    notify(tx, deadline, ticket, "warning", &settings.warning_text, settings).await
}

async fn schedule_warning(
    tx: &mut Tx,
    deadline: &Deadline,
    settings: &DeadlineSettings,
    now: Time,
) -> kit::Result<()> {
    let key = deadline.ticket_id.to_string();
    let next =
        settings.warning_moments(deadline.set_at, deadline.at).into_iter().find(|moment| *moment > now);
    match next {
        Some(moment) => tx.schedule(&key, &Warn { ticket_id: deadline.ticket_id }, moment).await?,
        None => drop(tx.cancel::<Warn>(&key).await?),
    }
    Ok(())
}

async fn end(tx: &mut Tx, before: &Deadline, state: State) -> kit::Result<Deadline> {
    let update = sql("UPDATE deadlines SET state = $2, version = version + 1
                      WHERE account_id = $1 AND id = $3 AND version = $4");
    written_by_us(tx.execute(update.bind(state.as_str()).bind(&before.id).bind(before.version)).await?)?;
    Ok(Deadline { state, version: before.version + 1, ..before.clone() })
}

/// Two transactions may have seen the same version (on PostgreSQL): the one that writes second has to look again.
fn written_by_us(rows: u64) -> kit::StoreResult<()> {
    if rows == 1 { Ok(()) } else { Err(kit::StoreError::Contended) }
}

/// Tags and display field in one change. `shown` is what the display field shows; nothing is sent to a closed ticket.
async fn change_ticket(
    tx: &mut Tx,
    ticket_id: i64,
    from: Option<State>,
    to: State,
    shown: Option<Time>,
    settings: &DeadlineSettings,
) -> kit::Result<()> {
    if to == State::Void {
        return Ok(());
    }
    let tags = tag_change(from, to);
    if tags.is_none() && settings.display_field_id.is_none() {
        return Ok(());
    }
    let mut change = TicketChange::on(ticket_id);
    if let Some(tags) = tags {
        change = tags.add.iter().fold(change, |change, tag| change.add_tag(*tag));
        change = tags.remove.iter().fold(change, |change, tag| change.remove_tag(*tag));
    }
    if let (Some(field_id), Some(display)) = (settings.display_field_id, &settings.display) {
        let value = shown.map_or(FieldValue::Null, |at| FieldValue::from(display.text(at)));
        change = change.set_field(field_id, value);
    }
    Ok(tx.change_ticket(change).await?)
}

async fn record(tx: &mut Tx, deadline: &Deadline, event: &str, detail: Option<&str>) -> kit::Result<()> {
    let now = tx.now();
    let id = HistoryId::generate(now, tx.random());
    let (via, agent_id) = (tx.cause().kind(), agent_of(tx.cause()));
    tx.execute(
        sql("INSERT INTO deadline_history (account_id, id, ticket_id, at, event, deadline_at, via, agent_id, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(deadline.ticket_id)
        .bind(now)
        .bind(event)
        .bind(deadline.at)
        .bind(via)
        .bind(agent_id)
        .bind(detail),
    )
    .await?;
    Ok(())
}

kit::id!(
    /// A line of a ticket's history; in the order of time.
    HistoryId,
    "dh"
);

async fn notify(
    tx: &mut Tx,
    deadline: &Deadline,
    ticket: Option<&TicketState>,
    kind: &str,
    text: &str,
    settings: &DeadlineSettings,
) -> kit::Result<()> {
    let facts = ticket.map(|ticket| ticket.facts).unwrap_or_default();
    let assignee = facts.assignee_id.filter(|_| settings.notify.assignee);
    let setter = deadline.set_by.filter(|_| settings.notify.setter);
    let agents: Vec<i64> = assignee.into_iter().chain(setter).collect();
    let agents = (!agents.is_empty()).then_some(Audience::Agents(agents));
    let group = facts.group_id.filter(|_| settings.notify.group).map(Audience::Group);
    let to: Vec<Audience> = agents.into_iter().chain(group).collect();
    if text.trim().is_empty() || to.is_empty() {
        return Ok(());
    }
    let notification = Notification {
        to,
        title: String::new(),
        text: text.to_owned(),
        kind: kind.to_owned(),
        ticket_id: Some(deadline.ticket_id),
        link_ticket_id: Some(deadline.ticket_id),
    };
    tx.notify(notification).await?;
    Ok(())
}

fn agent_of(cause: &Cause) -> Option<i64> {
    match cause {
        Cause::Agent { id, .. } => Some(*id),
        _ => None,
    }
}

/// The settings of this app in the account of `tx`.
pub(crate) async fn settings(tx: &mut kit::StoreTx) -> kit::StoreResult<DeadlineSettings> {
    Ok(Settings::load(tx, APP).await?.value)
}
