//! One round: what is ready is sent, what is on its way is looked after.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use accounts::{Accounts, Urgency};
use jiff::SignedDuration;
use jobs::Backoff;
use store::{AccountId, Json, Result, Time, Tx, sql};
use zendesk::job_statuses::{JobResult, JobState, JobStatus};
use zendesk::{AccessList, MAX_IDS, Resource, Verb};

use super::CHUNK;
use super::plan::{self, Call, Form, Stated, Work};
use super::refusal::{self, Objection, Refusal};
use crate::AppAccess;
use crate::change::{Wishes, merge};

/// Tickets of one round: ten calls of a hundred.
const MAX_TICKETS: usize = 1000;
/// Changes that are looked at for one round.
const MAX_CHANGES: i64 = 5000;
/// After a failure of one ticket or call.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(4), cap: Duration::from_secs(600) };
/// How long others wait after a call that got no proper answer.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(1);
/// Zendesk's window for one ticket is ten minutes; where it does not say how much is left, look again each minute.
const TOO_MANY: SignedDuration = SignedDuration::from_secs(60);
/// The first look at a bulk job; later ones double its age.
const FIRST_LOOK: SignedDuration = SignedDuration::from_millis(300);
const LONGEST_LOOK: SignedDuration = SignedDuration::from_secs(30);
/// Unclear refusals are final after so many attempts.
const MAX_UNCLEAR: u32 = 5;

/// What became of a ticket's changes.
#[derive(Debug, PartialEq)]
pub(super) enum Fate {
    /// Zendesk confirmed them.
    Done,
    Refused(Refusal),
    /// They stay, and are sent again at that moment.
    Again(Time),
    /// They stay with Zendesk, and are looked after at that moment.
    LookAt(Time),
    /// They stay, and are sent one by one, because Zendesk refused something about all of them together.
    Alone,
}

/// Why a round ended before everything was sent.
#[derive(Debug, PartialEq)]
pub(super) enum Halt {
    Until(Time),
    Park(String),
}

#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) fates: Vec<(Work, Fate)>,
    pub(super) halt: Option<Halt>,
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: i64,
    ticket_id: i64,
    activity_id: i64,
    app: String,
    change: Json<Wishes>,
    stated_at: Time,
    not_before: Time,
    attempts: i64,
    alone: bool,
    job_status: Option<String>,
    sent_at: Option<Time>,
}

const COLUMNS: &str =
    "SELECT id, ticket_id, activity_id, app, change, stated_at, not_before, attempts, alone, job_status,
    sent_at FROM ticket_changes c WHERE c.account_id = $1";

/// A change is ready unless its ticket has one that waits or is on its way: it must not overtake.
pub(super) const READY: &str =
    " AND NOT EXISTS (SELECT 1 FROM ticket_changes b WHERE b.account_id = c.account_id
    AND b.ticket_id = c.ticket_id AND (b.job_status IS NOT NULL OR b.not_before > ";

/// A bulk job of Zendesk's that carries changes of ours.
struct Flight {
    sent_at: Time,
    look_at: Time,
    works: Vec<Work>,
}

struct Sender<'a> {
    accounts: &'a Accounts,
    account: &'a AccountId,
    access: AccessList,
    round: Round,
}

/// Sends and looks. Writes nothing but which bulk job carries which change, at once after Zendesk took it: a crash then
/// leads to another look, not to another update.
pub(super) async fn run(accounts: &Accounts, account: &AccountId, declared: &AppAccess) -> Result<Round> {
    let (ready, flights) = {
        let mut tx = accounts.db().read_prefer_primary(account).await?;
        (ready(&mut tx).await?, in_flight(&mut tx).await?)
    };
    let access = AccessList::none().with(Resource::Tickets, Verb::Update);
    let mut sender = Sender { accounts, account, access, round: Round::default() };
    let works = sender.works(ready, declared);
    sender.send_all(plan::calls(works)).await?;
    if sender.round.halt.is_none() {
        sender.look(flights).await;
    }
    Ok(sender.round)
}

async fn ready(tx: &mut Tx) -> Result<Vec<Row>> {
    let query =
        sql(COLUMNS).push_bind(READY, tx.now()).push("))").push_bind(" ORDER BY c.id LIMIT ", MAX_CHANGES);
    tx.all(query).await
}

async fn in_flight(tx: &mut Tx) -> Result<BTreeMap<String, Flight>> {
    let rows: Vec<Row> = tx.all(sql(COLUMNS).push(" AND job_status IS NOT NULL ORDER BY c.id")).await?;
    let mut flights: BTreeMap<String, Flight> = BTreeMap::new();
    for mut row in rows {
        let Some(job) = row.job_status.take() else { continue };
        let sent_at = row.sent_at.unwrap_or(row.stated_at);
        let flight =
            flights.entry(job).or_insert(Flight { sent_at, look_at: row.not_before, works: Vec::new() });
        match flight.works.iter_mut().find(|work| work.ticket_id == row.ticket_id) {
            Some(work) => work.changes.push(row.stated()),
            None => flight.works.push(row.into_work()),
        }
    }
    Ok(flights)
}

impl Row {
    fn stated(&self) -> Stated {
        Stated { id: self.id, activity_id: self.activity_id, stated_at: self.stated_at }
    }

    fn into_work(self) -> Work {
        Work {
            ticket_id: self.ticket_id,
            changes: vec![self.stated()],
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            wishes: self.change.0,
        }
    }
}

fn after(now: Time, wait: Duration) -> Time {
    now.plus(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
}

impl Sender<'_> {
    fn now(&self) -> Time {
        self.accounts.db().clock().now()
    }

    fn fate(&mut self, work: Work, fate: Fate) {
        self.round.fates.push((work, fate));
    }

    fn backoff(&self, attempts: u32) -> Time {
        after(self.now(), BACKOFF.delay(attempts.saturating_add(1), &**self.accounts.db().random()))
    }

    /// Merges each ticket's changes. What an app may not wish is refused here.
    fn works(&mut self, rows: Vec<Row>, declared: &AppAccess) -> Vec<Work> {
        let mut order = Vec::new();
        let mut tickets: HashMap<i64, Vec<Row>> = HashMap::new();
        for row in rows {
            if !declared.get(&row.app).is_some_and(|access| access.allows(Resource::Tickets, Verb::Update)) {
                let refusal = Refusal::not_declared(&row.app);
                self.fate(row.into_work(), Fate::Refused(refusal));
                continue;
            }
            let rows = tickets.entry(row.ticket_id).or_default();
            if rows.is_empty() {
                order.push(row.ticket_id);
            }
            rows.push(row);
        }
        order
            .into_iter()
            .take(MAX_TICKETS)
            .filter_map(|ticket_id| {
                let mut rows = tickets.remove(&ticket_id)?;
                // Those that were refused together go one by one, and what came later waits for them.
                let together =
                    if rows.first()?.alone { 1 } else { rows.iter().take_while(|row| !row.alone).count() };
                rows.truncate(together);
                Some(Work {
                    ticket_id,
                    wishes: merge(rows.iter().map(|row| &row.change.0)),
                    attempts: u32::try_from(rows.iter().map(|row| row.attempts).max()?).unwrap_or(u32::MAX),
                    changes: rows.iter().map(Row::stated).collect(),
                })
            })
            .collect()
    }

    async fn send_all(&mut self, calls: Vec<Call>) -> Result<()> {
        let mut calls: Vec<Call> = calls.into_iter().rev().collect();
        while self.round.halt.is_none()
            && let Some(call) = calls.pop()
        {
            match self.make(&call).await {
                Ok(None) => call.works.into_iter().for_each(|work| self.fate(work, Fate::Done)),
                Ok(Some(job)) => self.took_off(&call, &job).await?,
                Err(error) => {
                    if let Some(call) = self.failed(call, error) {
                        calls.extend(call.halves().into_iter().rev());
                    }
                }
            }
        }
        Ok(())
    }

    /// Answers the bulk job that does it, or nothing if it is already done.
    async fn make(&self, call: &Call) -> accounts::Result<Option<JobStatus>> {
        let patches: Vec<_> =
            call.works.iter().map(|work| (work.ticket_id, work.wishes.to_patch())).collect();
        let patches = &patches;
        let form = call.form;
        self.accounts
            .call(self.account, &self.access, Urgency::Background, |client| async move {
                let tickets = client.tickets();
                match (form, &patches[..]) {
                    (Form::Plain, [(id, patch)]) => {
                        tickets.update(*id, &patch.clone().into()).await?;
                        Ok(None)
                    }
                    (Form::Same, [(_, patch), ..]) => {
                        let ids: Vec<i64> = patches.iter().map(|(id, _)| *id).collect();
                        tickets.update_many_same(&ids, patch).await.map(Some)
                    }
                    _ => tickets.update_many_each(patches).await.map(Some),
                }
            })
            .await
    }

    /// Remembers which bulk job carries the changes.
    async fn took_off(&self, call: &Call, job: &JobStatus) -> Result<()> {
        let now = self.now();
        let mut tx = self.accounts.db().write(self.account).await?;
        let ids: Vec<i64> =
            call.works.iter().flat_map(|work| &work.changes).map(|change| change.id).collect();
        for chunk in ids.chunks(CHUNK) {
            let update = sql("UPDATE ticket_changes SET job_status = $2, sent_at = $3, not_before = $4
                              WHERE account_id = $1")
            .bind(&job.id)
            .bind(now)
            .bind(now.plus(FIRST_LOOK))
            .push_list(" AND id IN", chunk.iter().copied());
            tx.execute(update).await?;
        }
        tx.commit().await
    }

    /// Gives the call back if parts of it may fare better.
    fn failed(&mut self, call: Call, error: accounts::Error) -> Option<Call> {
        let now = self.now();
        let error = match error {
            accounts::Error::NotAuthorised => {
                self.round.halt = Some(Halt::Park(error.to_string()));
                return None;
            }
            accounts::Error::Throttled { until, .. } => {
                self.round.halt = Some(Halt::Until(until));
                return None;
            }
            accounts::Error::Zendesk(error) => error,
            error => {
                tracing::warn!(account = %self.account, %error, "ticket changes wait");
                self.round.halt = Some(Halt::Until(self.backoff(0)));
                return None;
            }
        };
        let objection = refusal::of_call(&error);
        if call.works.len() > 1 {
            match objection {
                // All the same, so all are refused alike; and what is said of one of many is not said of all.
                Objection::Content(_) if call.form == Form::Same => {}
                Objection::Content(_) | Objection::Ticket(_) => return Some(call),
                Objection::TooMany(wait) => {
                    let wait = wait.map_or_else(|| self.backoff(0), |wait| after(now, wait));
                    self.round.halt = Some(Halt::Until(wait));
                    return None;
                }
                _ => {}
            }
        }
        match &objection {
            Objection::Park(why) => {
                self.round.halt = Some(Halt::Park(why.clone()));
                return None;
            }
            Objection::Later { maybe_done } => {
                if *maybe_done {
                    // The answer was lost, perhaps after the work was done. Tags and fields come out the same when they
                    // are sent again, so they are; how often it happens is counted.
                    let changes = call.works.iter().map(|work| work.changes.len() as u64).sum();
                    metrics::counter!("aerie_ticket_changes_answer_lost_total").increment(changes);
                }
                tracing::info!(account = %self.account, %error, tickets = call.works.len(), "ticket changes wait");
                self.round.halt = Some(Halt::Until(now.plus(AFTER_FAILURE)));
            }
            _ => {}
        }
        for work in call.works {
            self.object(work, objection.clone());
        }
        None
    }

    fn object(&mut self, work: Work, objection: Objection) {
        let fate = match objection {
            Objection::Ticket(refusal) => Fate::Refused(refusal),
            Objection::Content(_) if work.changes.len() > 1 => Fate::Alone,
            Objection::Content(refusal) => Fate::Refused(refusal),
            Objection::Unclear(refusal) if work.attempts >= MAX_UNCLEAR => Fate::Refused(refusal),
            Objection::TooMany(Some(wait)) => Fate::Again(after(self.now(), wait)),
            Objection::TooMany(None) => {
                Fate::Again(self.backoff(work.attempts).max(self.now().plus(TOO_MANY)))
            }
            Objection::Unclear(_) | Objection::Later { .. } | Objection::Park(_) => {
                Fate::Again(self.backoff(work.attempts))
            }
        };
        self.fate(work, fate);
    }

    /// Looks after the bulk jobs, all in one call, once one of them is due for it.
    async fn look(&mut self, mut flights: BTreeMap<String, Flight>) {
        let now = self.now();
        if !flights.values().any(|flight| flight.look_at <= now) {
            return;
        }
        let ids: Vec<String> = flights.keys().cloned().collect();
        for ids in ids.chunks(MAX_IDS) {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let ids = &ids;
            let look = self
                .accounts
                .call(self.account, &self.access, Urgency::Background, |client| async move {
                    client.job_statuses().show_many(ids).await
                })
                .await;
            match look {
                Ok(jobs) => {
                    let mut jobs: HashMap<String, JobStatus> =
                        jobs.into_iter().map(|job| (job.id.clone(), job)).collect();
                    for id in ids {
                        if let Some(flight) = flights.remove(*id) {
                            self.landed(flight, jobs.remove(*id), now);
                        }
                    }
                }
                Err(accounts::Error::NotAuthorised) => {
                    self.round.halt = Some(Halt::Park(accounts::Error::NotAuthorised.to_string()));
                    return;
                }
                Err(accounts::Error::Throttled { until, .. }) => {
                    self.round.halt = Some(Halt::Until(until));
                    return;
                }
                Err(error) => {
                    tracing::info!(account = %self.account, %error, "bulk jobs could not be looked at");
                    let wait = match &error {
                        accounts::Error::Zendesk(error) => error.retry_after(),
                        _ => None,
                    };
                    self.round.halt =
                        Some(Halt::Until(wait.map_or_else(|| self.backoff(0), |wait| after(now, wait))));
                    return;
                }
            }
        }
    }

    fn landed(&mut self, flight: Flight, job: Option<JobStatus>, now: Time) {
        let Some(job) = job else {
            // Zendesk forgets its jobs after an hour. Whether this one did its work cannot be known; sending again is
            // harmless for tags and fields.
            for work in flight.works {
                metrics::counter!("aerie_ticket_changes_answer_lost_total")
                    .increment(work.changes.len() as u64);
                self.object(work, Objection::Unclear(Refusal::unconfirmed()));
            }
            return;
        };
        if !job.is_finished() {
            let age = now.since(flight.sent_at).clamp(FIRST_LOOK, LONGEST_LOOK);
            flight.works.into_iter().for_each(|work| self.fate(work, Fate::LookAt(now.plus(age))));
            return;
        }
        let results: HashMap<i64, &JobResult> =
            job.results.iter().filter_map(|result| Some((result.id?, result))).collect();
        for work in flight.works {
            match results.get(&work.ticket_id) {
                Some(result) if result.is_success() => self.fate(work, Fate::Done),
                Some(result) => {
                    let objection = refusal::of_result(result);
                    self.object(work, objection);
                }
                None if job.status == JobState::Completed => {
                    self.object(work, Objection::Unclear(Refusal::unconfirmed()));
                }
                None => self.object(work, Objection::Later { maybe_done: true }),
            }
        }
    }
}
