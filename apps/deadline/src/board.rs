//! The list of all deadlines: filtered, sorted and paged by the database.

use axum::Json;
use axum::extract::Query;
use axum::http::header;
use axum::response::IntoResponse;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use kit::{ApiError, Caller, Statement, TicketState, Time, VisibleTickets, sql};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::deadline::{self, Deadline, Row};
use crate::model::{DeadlineId, When};
use crate::offline::{refuse_closed, refuse_when};
use crate::routes::{DeadlineView, Names};
use crate::settings::DeadlineSettings;

const PAGE: i64 = 50;
/// Counting stops here: "about 10,000" is as good for a person.
const COUNT_LIMIT: i64 = 10_000;
/// A CSV file of more rows is of no use to anybody; the filter narrows it.
const CSV_LIMIT: i64 = 100_000;
/// For somebody who sees some tickets only, each row's ticket is looked at: 50 calls of Zendesk at most.
const CSV_LIMIT_RESTRICTED: i64 = 5_000;
/// One press changes at most so many.
const BULK_LIMIT: usize = 100;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    scope: Scope,
    when: Window,
    state: Show,
    sort: Sort,
    order: Order,
    /// A ticket's number.
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
    time_zone: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Mine,
    Groups,
    Unassigned,
    #[default]
    All,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Window {
    Late,
    Today,
    Week,
    #[default]
    All,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Show {
    /// What still wants something: it lies ahead, or it passed and nobody has taken it back.
    #[default]
    Open,
    All,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    At,
    SetAt,
    TicketId,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    Asc,
    Desc,
}

#[derive(Debug, Serialize)]
struct BoardPage {
    items: Vec<DeadlineView>,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
    total: i64,
    total_is_about: bool,
    counts: Counts,
    end_of_day: jiff::civil::Time,
    now: Time,
}

#[derive(Debug, Serialize)]
struct Counts {
    late: i64,
    today: i64,
    week: i64,
}

/// The days that "today" and "this week" mean to the person who looks.
struct Days {
    now: Time,
    tomorrow: Time,
    next_week: Time,
}

impl Days {
    fn new(now: Time, time_zone: Option<&str>) -> Self {
        let zone = time_zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        let today = Zoned::new(now.timestamp(), zone);
        let start = today.start_of_day().unwrap_or(today);
        let monday = 7 - i64::from(start.weekday().to_monday_zero_offset());
        let after = |days: i64| Time::from(start.saturating_add(days.days()).timestamp());
        Self { now, tomorrow: after(1), next_week: after(monday) }
    }
}

impl Filter {
    /// `SELECT … FROM deadlines d JOIN tickets_mirror m …` with everything of the filter but order and page.
    fn statement(
        &self,
        select: &'static str,
        caller: &Caller,
        days: &Days,
        when: Window,
    ) -> kit::Result<Statement> {
        let mut query = sql(select).push(
            " FROM deadlines d LEFT JOIN tickets_mirror m ON m.account_id = d.account_id AND m.ticket_id = d.ticket_id
              WHERE d.account_id = $1",
        );
        query = match (self.state, when) {
            (_, Window::Late) => query
                .push(" AND (d.state = 'hit' OR (d.state = 'pending'")
                .push_bind(" AND d.at <= ", days.now)
                .push("))"),
            (_, Window::Today) => {
                query.push(" AND d.state = 'pending'").push_bind(" AND d.at < ", days.tomorrow)
            }
            (_, Window::Week) => {
                query.push(" AND d.state = 'pending'").push_bind(" AND d.at < ", days.next_week)
            }
            (Show::Open, Window::All) => query.push(" AND d.state IN ('pending', 'hit')"),
            (Show::All, Window::All) => query,
        };
        let me = caller.agent().user_id;
        query = match self.scope {
            Scope::Mine => query.push_bind(" AND m.assignee_id = ", me),
            Scope::Groups => query.push_list(" AND m.group_id IN", caller.agent().group_ids.iter().copied()),
            Scope::Unassigned => query.push(" AND m.assignee_id IS NULL"),
            Scope::All => query,
        };
        if let Some(q) = self.q.as_deref().map(|q| q.trim().trim_start_matches('#')).filter(|q| !q.is_empty())
        {
            let ticket_id: i64 = q.parse().map_err(|_| {
                ApiError::unprocessable(
                    "not_a_ticket_number",
                    format!("\"{q}\" is no ticket number. Search by number."),
                )
            })?;
            query = query.push_bind(" AND d.ticket_id = ", ticket_id);
        }
        Ok(query.push_visible_to(caller.agent()))
    }

    fn ordered(&self, query: Statement) -> Statement {
        let order = match (self.sort, self.order) {
            (Sort::At, Order::Asc) => " ORDER BY d.at, d.id",
            (Sort::At, Order::Desc) => " ORDER BY d.at DESC, d.id DESC",
            (Sort::SetAt, Order::Asc) => " ORDER BY d.set_at, d.id",
            (Sort::SetAt, Order::Desc) => " ORDER BY d.set_at DESC, d.id DESC",
            (Sort::TicketId, Order::Asc) => " ORDER BY d.ticket_id, d.id",
            (Sort::TicketId, Order::Desc) => " ORDER BY d.ticket_id DESC, d.id DESC",
        };
        query.push(order)
    }

    /// How many rows come before this page. A cursor is `o` and that number.
    fn offset(&self) -> kit::Result<i64> {
        match self.cursor.as_deref() {
            None | Some("") => Ok(0),
            Some(cursor) => {
                let offset = cursor.strip_prefix('o').and_then(|n| n.parse().ok()).filter(|n| *n >= 0);
                offset.ok_or_else(|| {
                    ApiError::unprocessable(
                        "not_a_cursor",
                        "This page does not exist. Go back to the first page.",
                    )
                })
            }
        }
    }
}

const ROWS: &str = "SELECT d.id, d.ticket_id, d.at, d.state, d.set_at, d.set_by, d.version";

pub(crate) async fn list(caller: Caller, Query(filter): Query<Filter>) -> kit::Result<Json<Value>> {
    Ok(Json(page(&caller, &filter).await?))
}

/// One page of the board.
pub(crate) async fn page(caller: &Caller, filter: &Filter) -> kit::Result<Value> {
    let limit = filter.limit.unwrap_or(PAGE).clamp(1, 200);
    let offset = filter.offset()?;
    let days = Days::new(caller.now(), filter.time_zone.as_deref());
    let (deadlines, total, counts, settings) = {
        let mut tx = caller.read().await?;
        let query = filter.ordered(filter.statement(ROWS, caller, &days, filter.when)?);
        let query = query.push_bind(" LIMIT ", limit + 1).push_bind(" OFFSET ", offset);
        let rows: Vec<Row> = tx.all(query).await?;
        let deadlines = rows.into_iter().map(Row::read).collect::<kit::StoreResult<Vec<Deadline>>>()?;
        let counts = Counts {
            late: count(&mut tx, caller, filter, &days, Window::Late).await?,
            today: count(&mut tx, caller, filter, &days, Window::Today).await?,
            week: count(&mut tx, caller, filter, &days, Window::Week).await?,
        };
        let total = count(&mut tx, caller, filter, &days, filter.when).await?;
        (deadlines, total, counts, deadline::settings(&mut tx).await?)
    };
    let more = deadlines.len() as i64 > limit;
    let shown = &deadlines[..deadlines.len().min(limit as usize)];
    let items = views(caller, shown, &settings).await?;
    let page = BoardPage {
        items,
        next_cursor: more.then(|| format!("o{}", offset + limit)),
        prev_cursor: (offset > 0).then(|| format!("o{}", (offset - limit).max(0))),
        total: total.min(COUNT_LIMIT),
        total_is_about: total > COUNT_LIMIT,
        counts,
        end_of_day: settings.end_of_day,
        now: caller.now(),
    };
    Ok(json!(page))
}

async fn count(
    tx: &mut kit::StoreTx,
    caller: &Caller,
    filter: &Filter,
    days: &Days,
    when: Window,
) -> kit::Result<i64> {
    let filter = Filter { q: filter.q.clone().filter(|_| when == filter.when), ..filter.clone() };
    let query = filter.statement("SELECT count(*) FROM (SELECT 1 AS one", caller, days, when)?;
    let (count,): (i64,) = tx.one(query.push_bind(" LIMIT ", COUNT_LIMIT + 1).push(") AS counted")).await?;
    Ok(count)
}

/// The rows with what the mirror knows of their tickets; asked anew, in one call for all, where it is too old. A ticket that
/// the agent may not see any more is left out.
async fn views(
    caller: &Caller,
    deadlines: &[Deadline],
    settings: &DeadlineSettings,
) -> kit::Result<Vec<DeadlineView>> {
    let ids: Vec<i64> = deadlines.iter().map(|deadline| deadline.ticket_id).collect();
    let tickets = caller.tickets(&ids).await?;
    let mut tx = caller.read().await?;
    let people = deadlines.iter().filter_map(|deadline| deadline.set_by);
    let assignees = tickets.values().filter_map(|ticket| ticket.facts.assignee_id);
    let names = Names::load(&mut tx, people.chain(assignees)).await?;
    let now = caller.now();
    let visible = |ticket: Option<&TicketState>| match ticket {
        Some(ticket) => caller.agent().may_see(&ticket.facts),
        None => caller.agent().sees_all_tickets(),
    };
    Ok(deadlines
        .iter()
        .filter(|deadline| visible(tickets.get(&deadline.ticket_id)))
        .map(|deadline| DeadlineView::new(deadline, tickets.get(&deadline.ticket_id), &names, settings, now))
        .collect())
}

/// What the filter shows, as a file.
pub(crate) async fn csv(caller: Caller, Query(filter): Query<Filter>) -> kit::Result<impl IntoResponse> {
    let days = Days::new(caller.now(), filter.time_zone.as_deref());
    let zone = filter.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let mut tx = caller.read().await?;
    let query = filter.ordered(filter.statement(ROWS, &caller, &days, filter.when)?);
    let sees_all = caller.agent().sees_all_tickets();
    let limit = if sees_all { CSV_LIMIT } else { CSV_LIMIT_RESTRICTED };
    let rows: Vec<Row> = tx.all(query.push_bind(" LIMIT ", limit)).await?;
    drop(tx);
    let mut deadlines = rows.into_iter().map(Row::read).collect::<kit::StoreResult<Vec<Deadline>>>()?;
    if !sees_all {
        let ids: Vec<i64> = deadlines.iter().map(|deadline| deadline.ticket_id).collect();
        let tickets = caller.tickets(&ids).await?;
        deadlines.retain(|deadline| {
            let ticket = tickets.get(&deadline.ticket_id);
            ticket.is_some_and(|ticket| caller.agent().may_see(&ticket.facts))
        });
    }
    let mut tx = caller.read().await?;
    let names = Names::load(&mut tx, deadlines.iter().filter_map(|deadline| deadline.set_by)).await?;
    drop(tx);
    let local =
        |time: Time| Zoned::new(time.timestamp(), zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
    let mut text = String::from("ticket_id,deadline,state,set_at,set_by\r\n");
    for deadline in &deadlines {
        let by = names.person(deadline.set_by).name.unwrap_or_default();
        let state = deadline.state.as_str();
        let (at, set_at) = (local(deadline.at), local(deadline.set_at));
        text.push_str(&format!("{},{at},{state},{set_at},{}\r\n", deadline.ticket_id, cell(&by)));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"deadlines.csv\""),
    ];
    Ok((headers, text))
}

/// Quoted where it must be; what a spreadsheet would take for a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[derive(Debug, Deserialize)]
pub(crate) struct BulkBody {
    ids: Vec<DeadlineId>,
    change: BulkChange,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BulkChange {
    When(When),
    Clear(bool),
}

#[derive(Debug, Serialize)]
struct Refused {
    id: String,
    ticket_id: Option<i64>,
    message: String,
}

/// Moves or clears several deadlines in one transaction. Those that cannot be are told, the others are done.
pub(crate) async fn bulk(caller: Caller, Json(body): Json<BulkBody>) -> kit::Result<Json<Value>> {
    if body.ids.is_empty() || body.ids.len() > BULK_LIMIT {
        let message = format!("Choose 1 to {BULK_LIMIT} deadlines at once.");
        return Err(ApiError::unprocessable("too_many", message));
    }
    let at = match &body.change {
        BulkChange::When(when) => Some(when.understand(caller.now()).map_err(refuse_when)?.at),
        BulkChange::Clear(true) => None,
        BulkChange::Clear(false) => {
            return Err(ApiError::unprocessable("not_understood", "Say \"clear\": true, or give \"when\"."));
        }
    };
    let known = {
        let mut tx = caller.read_prefer_primary().await?;
        deadline::by_ids(&mut tx, &body.ids).await?
    };
    let ids: Vec<i64> = known.iter().map(|deadline| deadline.ticket_id).collect();
    let tickets = caller.tickets(&ids).await?;
    let mut refused: Vec<Refused> = Vec::new();
    let missing = body.ids.iter().filter(|id| !known.iter().any(|deadline| deadline.id == **id));
    refused.extend(missing.map(|id| Refused {
        id: id.to_string(),
        ticket_id: None,
        message: ApiError::not_found().message().to_owned(),
    }));
    let mut tx = caller.write().await?;
    let settings = deadline::settings(&mut tx).await?;
    let mut changed = 0;
    for deadline in &known {
        match may_change(&caller, tickets.get(&deadline.ticket_id), at.is_some()) {
            Ok(()) => {
                match at {
                    Some(at) => drop(deadline::set(&mut tx, deadline.ticket_id, at, &settings).await?),
                    None => drop(deadline::clear(&mut tx, deadline.ticket_id, &settings).await?),
                }
                changed += 1;
            }
            Err(error) => refused.push(Refused {
                id: deadline.id.to_string(),
                ticket_id: Some(deadline.ticket_id),
                message: error.message().to_owned(),
            }),
        }
    }
    tx.commit().await?;
    Ok(Json(json!({ "changed": changed, "refused": refused })))
}

fn may_change(caller: &Caller, ticket: Option<&TicketState>, setting: bool) -> kit::Result<()> {
    let ticket = ticket.ok_or_else(ApiError::not_found)?;
    if !caller.agent().may_change(&ticket.facts) {
        return Err(ApiError::not_allowed_on_ticket());
    }
    if setting { refuse_closed(ticket.status) } else { Ok(()) }
}

/// What the board shows before anything is chosen: the agent's own.
pub(crate) async fn first_page(caller: &Caller) -> kit::Result<Value> {
    let time_zone = caller.agent().time_zone.clone();
    page(caller, &Filter { scope: Scope::Mine, time_zone, ..Filter::default() }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        assert_eq!(cell("Ann"), "Ann");
        assert_eq!(cell("Ann, \"A\""), "\"Ann, \"\"A\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
    }

    #[test]
    fn days_are_those_of_the_person() {
        let now = Time::from("2026-11-22T23:30:00Z".parse::<jiff::Timestamp>().unwrap());
        let utc = Days::new(now, None);
        assert_eq!(utc.tomorrow.to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(utc.next_week.to_string(), "2026-11-23T00:00:00Z", "a Sunday");
        let berlin = Days::new(now, Some("Europe/Berlin"));
        assert_eq!(berlin.tomorrow.to_string(), "2026-11-23T23:00:00Z");
        assert_eq!(berlin.next_week.to_string(), "2026-11-29T23:00:00Z", "already Monday there");
    }
}
