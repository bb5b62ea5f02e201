//! What the sidebar and the Admin screen ask for.

use std::collections::HashMap;

use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use kit::{
    Admin, ApiError, Caller, Event, Opening, Platform, Settings, TicketField, TicketState, Time, Urgency,
    agents,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::APP;
use crate::board;
use crate::deadline::{self, Deadline, HistoryRow};
use crate::model::{State, Understood, When};
use crate::offline::{refuse_closed, refuse_when};
use crate::settings::{DeadlineSettings, Display, FieldKind};

pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/tickets/{ticket_id}", get(show).put(set).delete(clear))
        .route("/deadlines", get(board::list))
        .route("/deadlines.csv", get(board::csv))
        .route("/deadlines/bulk", post(board::bulk))
        .route("/settings", get(settings).put(change_settings))
        .route("/ticket-fields", get(ticket_fields))
}

/// A person as a page shows him; the name is missing while the mirror does not know him.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Person {
    pub id: Option<i64>,
    pub name: Option<String>,
}

/// A deadline as pages see it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DeadlineView {
    pub id: String,
    pub ticket_id: i64,
    pub at: Time,
    pub state: State,
    pub set_at: Time,
    pub set_by: Person,
    pub span_seconds: i64,
    pub version: i64,
    /// Inside the warning window: amber.
    pub warning: bool,
    /// When the warning window begins.
    pub warn_at: Option<Time>,
    pub assignee: Option<Person>,
    pub group: Option<Person>,
    pub ticket_status: Option<&'static str>,
}

/// The names that a page needs, from the mirror of agents.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<i64, String>);

impl Names {
    pub(crate) async fn load(
        tx: &mut kit::StoreTx,
        ids: impl IntoIterator<Item = i64>,
    ) -> kit::StoreResult<Self> {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let agents = agents::find_many(tx, &ids).await?;
        Ok(Self(agents.into_iter().map(|agent| (agent.user_id, agent.name)).collect()))
    }

    pub(crate) fn person(&self, id: Option<i64>) -> Person {
        Person { id, name: id.and_then(|id| self.0.get(&id).cloned()) }
    }
}

impl DeadlineView {
    pub(crate) fn new(
        deadline: &Deadline,
        ticket: Option<&TicketState>,
        names: &Names,
        settings: &DeadlineSettings,
        now: Time,
    ) -> Self {
        let warn_at = match deadline.state {
            State::Pending => settings.warning_moments(deadline.set_at, deadline.at).first().copied(),
            _ => None,
        };
        Self {
            id: deadline.id.to_string(),
            ticket_id: deadline.ticket_id,
            at: deadline.at,
            state: deadline.state,
            set_at: deadline.set_at,
            set_by: names.person(deadline.set_by),
            span_seconds: deadline.at.since(deadline.set_at).as_secs(),
            version: deadline.version,
            warning: warn_at.is_some_and(|warn_at| warn_at <= now),
            warn_at,
            assignee: ticket.and_then(|t| t.facts.assignee_id).map(|id| names.person(Some(id))),
            group: ticket.and_then(|t| t.facts.group_id).map(|id| Person { id: Some(id), name: None }),
            ticket_status: ticket.map(|t| t.status.as_str()),
        }
    }
}

#[derive(Debug, Serialize)]
struct HistoryLine {
    at: Time,
    event: String,
    deadline_at: Time,
    by: HistoryBy,
    detail: Option<String>,
}

#[derive(Debug, Serialize)]
struct HistoryBy {
    #[serde(flatten)]
    person: Person,
    via: String,
}

#[derive(Debug, Serialize)]
struct TicketView {
    ticket_id: i64,
    deadline: Option<DeadlineView>,
    history: Vec<HistoryLine>,
    can_edit: bool,
    end_of_day: jiff::civil::Time,
    now: Time,
}

/// What a page shows first, in the same answer as the page itself.
pub(crate) async fn first_data(caller: Caller, opening: Opening) -> kit::Result<Value> {
    match (opening.page, opening.ticket_id) {
        ("sidebar", Some(ticket_id)) => {
            let ticket = caller.opened_ticket(ticket_id).await?;
            let mut tx = caller.read_prefer_primary().await?;
            Ok(json!(ticket_view(&mut tx, &caller, ticket_id, ticket.as_ref()).await?))
        }
        ("board", _) => board::first_page(&caller).await,
        _ => Ok(Value::Null),
    }
}

async fn show(caller: Caller, Path(ticket_id): Path<i64>) -> kit::Result<Json<Value>> {
    let ticket = caller.ticket(ticket_id).await?;
    let mut tx = caller.read_prefer_primary().await?;
    Ok(Json(json!(ticket_view(&mut tx, &caller, ticket_id, Some(&ticket)).await?)))
}

async fn ticket_view(
    tx: &mut kit::StoreTx,
    caller: &Caller,
    ticket_id: i64,
    ticket: Option<&TicketState>,
) -> kit::Result<TicketView> {
    let now = tx.now();
    let settings = deadline::settings(tx).await?;
    // One that was taken back or fell away is history; the sidebar is free for a new one.
    let deadline = deadline::of_ticket(tx, ticket_id)
        .await?
        .filter(|deadline| !matches!(deadline.state, State::Cleared | State::Void));
    let rows = deadline::history(tx, ticket_id).await?;
    let people = rows
        .iter()
        .filter_map(|row| row.agent_id)
        .chain(deadline.as_ref().and_then(|deadline| deadline.set_by))
        .chain(ticket.and_then(|ticket| ticket.facts.assignee_id));
    let names = Names::load(tx, people).await?;
    let line = |row: HistoryRow| HistoryLine {
        at: row.at,
        event: row.event,
        deadline_at: row.deadline_at,
        by: HistoryBy { person: names.person(row.agent_id), via: row.via },
        detail: row.detail,
    };
    Ok(TicketView {
        ticket_id,
        deadline: deadline.map(|deadline| DeadlineView::new(&deadline, ticket, &names, &settings, now)),
        history: rows.into_iter().map(line).collect(),
        can_edit: match ticket {
            Some(ticket) => caller.agent().may_change(&ticket.facts) && refuse_closed(ticket.status).is_ok(),
            None => !caller.agent().light,
        },
        end_of_day: settings.end_of_day,
        now,
    })
}

#[derive(Debug, Deserialize)]
struct SetBody {
    when: When,
    /// The version that the agent saw; `null` if he saw no deadline.
    version: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct ClearBody {
    version: Option<i64>,
}

async fn set(
    caller: Caller,
    Path(ticket_id): Path<i64>,
    Json(body): Json<SetBody>,
) -> kit::Result<Json<Value>> {
    let ticket = caller.changeable_ticket(ticket_id).await?;
    refuse_closed(ticket.status)?;
    let understood = body.when.understand(caller.now()).map_err(refuse_when)?;
    let view = change(&caller, &ticket, body.version, Some(understood.at)).await?;
    let mut answer = json!(view);
    answer["notice"] = json!(notice(&understood, &body.when));
    Ok(Json(answer))
}

/// What the agent is told when clocks went forward over the time he asked for.
fn notice(understood: &Understood, when: &When) -> Option<Value> {
    let shifted = understood.shifted_to?;
    let (local, zone) = (when.local.as_deref()?, when.time_zone.as_deref()?);
    let (asked, taken) = (local.get(11..16)?, shifted.strftime("%H:%M").to_string());
    let message =
        format!("{asked} does not exist on that day in {zone}: the clocks go forward. {taken} was set.");
    Some(json!({ "code": "dst_shifted", "message": message,
                 "args": { "asked": asked, "taken": taken, "zone": zone } }))
}

async fn clear(
    caller: Caller,
    Path(ticket_id): Path<i64>,
    Json(body): Json<ClearBody>,
) -> kit::Result<Json<Value>> {
    let ticket = caller.changeable_ticket(ticket_id).await?;
    Ok(Json(json!(change(&caller, &ticket, body.version, None).await?)))
}

/// Sets the deadline, or clears it where there is no time, if it still is as the agent saw it.
async fn change(
    caller: &Caller,
    ticket: &TicketState,
    seen: Option<i64>,
    at: Option<Time>,
) -> kit::Result<TicketView> {
    match change_once(caller, ticket, seen, at).await {
        // Somebody else wrote at the same moment: now what he wrote can be seen, and told.
        Err(error) if error.status() == StatusCode::SERVICE_UNAVAILABLE => {
            change_once(caller, ticket, seen, at).await
        }
        other => other,
    }
}

async fn change_once(
    caller: &Caller,
    ticket: &TicketState,
    seen: Option<i64>,
    at: Option<Time>,
) -> kit::Result<TicketView> {
    let ticket_id = ticket.ticket_id;
    let mut tx = caller.write().await?;
    let version = check_version(&mut tx, caller, ticket_id, ticket, seen).await?;
    let settings = deadline::settings(&mut tx).await?;
    let changed = match at {
        Some(at) => Some(deadline::set(&mut tx, ticket_id, at, &settings).await?),
        None => deadline::clear(&mut tx, ticket_id, &settings).await?,
    };
    // On PostgreSQL another's commit may have come between the look and the change.
    if changed.is_some_and(|deadline| deadline.version > version + 1) {
        return Err(kit::StoreError::Contended.into());
    }
    let view = ticket_view(&mut tx, caller, ticket_id, Some(ticket)).await?;
    tx.commit().await?;
    Ok(view)
}

/// Nothing is overwritten that the agent has not seen. Gives the version that there is, 0 for none.
async fn check_version(
    tx: &mut kit::StoreTx,
    caller: &Caller,
    ticket_id: i64,
    ticket: &TicketState,
    seen: Option<i64>,
) -> kit::Result<i64> {
    let current = deadline::of_ticket(tx, ticket_id).await?;
    let version = current.as_ref().map_or(0, |deadline| deadline.version);
    let shown = current.filter(|deadline| !matches!(deadline.state, State::Cleared | State::Void));
    if shown.map(|deadline| deadline.version) == seen {
        return Ok(version);
    }
    let view = ticket_view(tx, caller, ticket_id, Some(ticket)).await?;
    let message =
        "Somebody else changed this deadline meanwhile. Look at theirs, then keep it or set yours again.";
    Err(ApiError::new(StatusCode::CONFLICT, "changed_meanwhile", message).with("current", json!(view)))
}

async fn settings(caller: Caller) -> kit::Result<Json<Settings<DeadlineSettings>>> {
    let mut tx = caller.read_prefer_primary().await?;
    Ok(Json(Settings::load(&mut tx, APP).await?))
}

#[derive(Debug, Deserialize)]
struct SettingsBody {
    version: i64,
    #[serde(flatten)]
    value: Value,
}

async fn change_settings(
    Admin(caller): Admin,
    Json(body): Json<SettingsBody>,
) -> kit::Result<Json<Settings<DeadlineSettings>>> {
    let mut value: DeadlineSettings = serde_json::from_value(body.value).map_err(|error| {
        ApiError::unprocessable("setting_not_possible", format!("These settings cannot be read: {error}."))
    })?;
    value.check()?;
    value.display = match value.display_field_id {
        None => None,
        Some(field_id) => Some(display_of(&caller, field_id).await?),
    };
    let mut tx = caller.write().await?;
    let saved = Settings::save(&mut tx, APP, value, body.version).await?;
    tx.emit(Event::of_app("settings.changed")).await?;
    tx.commit().await?;
    Ok(Json(saved))
}

/// The fields that can show the deadline, each with how.
async fn display_fields(caller: &Caller) -> kit::Result<Vec<(TicketField, FieldKind)>> {
    let fields = caller
        .zendesk()
        .call(Urgency::Interactive, |client| async move { client.ticket_fields().list().await })
        .await?;
    let usable = fields.into_iter().filter(|field| field.active != Some(false)).filter_map(|field| {
        let kind = match field.kind.as_str() {
            "date" => FieldKind::Date,
            "text" => FieldKind::Text,
            _ => return None,
        };
        Some((field, kind))
    });
    Ok(usable.collect())
}

async fn display_of(caller: &Caller, field_id: i64) -> kit::Result<Display> {
    let fields = display_fields(caller).await?;
    let found = fields.iter().find(|(field, _)| field.id == field_id);
    let Some((_, kind)) = found else {
        let message = "The ticket field is gone, or is neither a date nor a text field. Choose another one.";
        return Err(ApiError::unprocessable("setting_not_possible", message).arg("field", "display_field_id"));
    };
    Ok(Display { kind: *kind, time_zone: caller.agent().time_zone.clone() })
}

async fn ticket_fields(Admin(caller): Admin) -> kit::Result<Json<Value>> {
    let fields = display_fields(&caller).await?;
    let items: Vec<Value> = fields
        .iter()
        .map(|(field, kind)| json!({ "id": field.id, "title": field.title, "type": kind }))
        .collect();
    Ok(Json(json!({ "items": items })))
}
