//! The mirror of tickets: the few facts that say who may see a ticket and whether it is solved.

use std::collections::{HashMap, HashSet};

use accounts::agent::TicketFacts;
use accounts::{Accounts, Urgency};
use futures::future::try_join_all;
use jiff::SignedDuration;
use store::{AccountId, Result, Time, Tx, sql};
use zendesk::tickets::Ticket;
use zendesk::{AccessList, MAX_IDS};

/// Calls at a time, where more than a hundred tickets are asked for.
const PARALLEL: usize = 4;
/// Rows of one statement: both databases take some 30,000 values.
const CHUNK: usize = 1000;

/// A ticket's status. With custom statuses, their category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    New,
    Open,
    Pending,
    Hold,
    Solved,
    Closed,
    /// Deleted, or never there: Zendesk does not show it to the administrator who authorised.
    Deleted,
}

/// What the mirror knows about a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketState {
    pub ticket_id: i64,
    pub status: Status,
    /// Who may see it: see [`accounts::agent::Agent::may_see`].
    pub facts: TicketFacts,
    /// When Zendesk changed it last.
    pub updated_at: Option<Time>,
    /// When Zendesk told this.
    pub fetched_at: Time,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Open => "open",
            Status::Pending => "pending",
            Status::Hold => "hold",
            Status::Solved => "solved",
            Status::Closed => "closed",
            Status::Deleted => "deleted",
        }
    }

    /// A status that Zendesk invents later is taken for open: work on it goes on.
    pub fn parse(text: &str) -> Self {
        match text {
            "new" => Status::New,
            "pending" => Status::Pending,
            "hold" => Status::Hold,
            "solved" => Status::Solved,
            "closed" => Status::Closed,
            "deleted" => Status::Deleted,
            _ => Status::Open,
        }
    }

    /// Solved or closed: nobody works on it any more.
    pub fn is_solved(self) -> bool {
        matches!(self, Status::Solved | Status::Closed)
    }

    /// Zendesk takes no change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Closed | Status::Deleted)
    }
}

impl TicketState {
    fn of(ticket: &Ticket, now: Time) -> Self {
        Self {
            ticket_id: ticket.id,
            status: Status::parse(ticket.status.as_deref().unwrap_or_default()),
            facts: TicketFacts {
                group_id: ticket.group_id,
                assignee_id: ticket.assignee_id,
                requester_id: ticket.requester_id,
                organization_id: ticket.organization_id,
            },
            updated_at: ticket.updated_at.map(Time::from),
            fetched_at: now,
        }
    }

    fn gone(ticket_id: i64, now: Time) -> Self {
        let facts = TicketFacts::default();
        Self { ticket_id, status: Status::Deleted, facts, updated_at: None, fetched_at: now }
    }
}

/// The states of tickets, none older than `max_age` (zero: all are asked for). Every id has an entry in the answer.
///
/// What the mirror does not know well enough is read by one call per hundred tickets, for which `access` must allow to read
/// tickets.
pub async fn facts(
    accounts: &Accounts,
    account: &AccountId,
    access: &AccessList,
    ids: &[i64],
    max_age: SignedDuration,
    urgency: Urgency,
) -> accounts::Result<HashMap<i64, TicketState>> {
    let mut states = HashMap::new();
    if max_age.is_positive() {
        let mut tx = accounts.db().read_prefer_primary(account).await?;
        let now = tx.now();
        states = cached(&mut tx, ids).await?;
        states.retain(|_, state| now.since(state.fetched_at) < max_age);
    }
    let missing: HashSet<i64> = ids.iter().copied().filter(|id| !states.contains_key(id)).collect();
    metrics::counter!("aerie_mirror_tickets_total", "from" => "mirror").increment(states.len() as u64);
    metrics::counter!("aerie_mirror_tickets_total", "from" => "zendesk").increment(missing.len() as u64);
    if missing.is_empty() {
        return Ok(states);
    }
    let mut missing: Vec<i64> = missing.into_iter().collect();
    missing.sort_unstable();
    states.extend(ask(accounts, account, access, &missing, urgency).await?.0);
    Ok(states)
}

/// Tickets as Zendesk has them now, a hundred a call; those that it does not show are missing. The mirror learns from it.
pub(crate) async fn show(
    accounts: &Accounts,
    account: &AccountId,
    access: &AccessList,
    ids: &[i64],
    urgency: Urgency,
) -> accounts::Result<Vec<Ticket>> {
    Ok(ask(accounts, account, access, ids, urgency).await?.1)
}

async fn ask(
    accounts: &Accounts,
    account: &AccountId,
    access: &AccessList,
    ids: &[i64],
    urgency: Urgency,
) -> accounts::Result<(HashMap<i64, TicketState>, Vec<Ticket>)> {
    // The moment before the call: what Zendesk answers is at least that fresh.
    let now = accounts.db().clock().now();
    let mut answers = Vec::new();
    for ids in ids.chunks(MAX_IDS * PARALLEL) {
        let calls = ids.chunks(MAX_IDS).map(|ids| show_hundred(accounts, account, access, ids, urgency));
        answers.extend(try_join_all(calls).await?);
    }
    let tickets: Vec<Ticket> = answers.into_iter().flatten().collect();
    let mut states: HashMap<i64, TicketState> =
        ids.iter().map(|id| (*id, TicketState::gone(*id, now))).collect();
    states.extend(tickets.iter().map(|ticket| (ticket.id, TicketState::of(ticket, now))));
    let mut tx = accounts.db().write(account).await?;
    remember(&mut tx, states.values()).await?;
    tx.commit().await?;
    Ok((states, tickets))
}

async fn show_hundred(
    accounts: &Accounts,
    account: &AccountId,
    access: &AccessList,
    ids: &[i64],
    urgency: Urgency,
) -> accounts::Result<Vec<Ticket>> {
    accounts
        .call(account, access, urgency, |client| async move { client.tickets().show_many(ids).await })
        .await
}

#[derive(sqlx::FromRow)]
struct Row {
    ticket_id: i64,
    status: String,
    group_id: Option<i64>,
    assignee_id: Option<i64>,
    requester_id: Option<i64>,
    organization_id: Option<i64>,
    updated_at: Option<Time>,
    fetched_at: Time,
}

impl From<Row> for TicketState {
    fn from(row: Row) -> Self {
        Self {
            ticket_id: row.ticket_id,
            status: Status::parse(&row.status),
            facts: TicketFacts {
                group_id: row.group_id,
                assignee_id: row.assignee_id,
                requester_id: row.requester_id,
                organization_id: row.organization_id,
            },
            updated_at: row.updated_at,
            fetched_at: row.fetched_at,
        }
    }
}

/// What the mirror knows, however old, without a call.
pub async fn cached(tx: &mut Tx, ids: &[i64]) -> Result<HashMap<i64, TicketState>> {
    let mut states = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let query =
            sql("SELECT ticket_id, status, group_id, assignee_id, requester_id, organization_id, updated_at,
                                fetched_at FROM tickets_mirror WHERE account_id = $1")
            .push_list(" AND ticket_id IN", chunk.iter().copied());
        let rows: Vec<Row> = tx.all(query).await?;
        states.extend(rows.into_iter().map(|row| (row.ticket_id, row.into())));
    }
    Ok(states)
}

async fn remember<'a>(tx: &mut Tx, states: impl Iterator<Item = &'a TicketState>) -> Result<()> {
    let mut states: Vec<&TicketState> = states.collect();
    // In one order everywhere, so that two transactions wait for each other instead of locking each other up.
    states.sort_by_key(|state| state.ticket_id);
    for chunk in states.chunks(CHUNK) {
        let rows = chunk.iter().map(|state| {
            vec![
                state.ticket_id.into(),
                state.status.as_str().into(),
                state.facts.group_id.into(),
                state.facts.assignee_id.into(),
                state.facts.requester_id.into(),
                state.facts.organization_id.into(),
                state.updated_at.into(),
                state.fetched_at.into(),
            ]
        });
        let insert = sql("INSERT INTO tickets_mirror (account_id, ticket_id, status, group_id, assignee_id, requester_id, \
                                                     organization_id, updated_at, fetched_at) VALUES")
        .push_rows(rows)
        .push(" ON CONFLICT (account_id, ticket_id) DO UPDATE SET status = excluded.status, group_id = excluded.group_id,
                assignee_id = excluded.assignee_id, requester_id = excluded.requester_id,
                organization_id = excluded.organization_id, updated_at = excluded.updated_at,
                fetched_at = excluded.fetched_at WHERE excluded.fetched_at >= tickets_mirror.fetched_at");
        tx.execute(insert).await?;
    }
    Ok(())
}
