use std::ops::{Deref, DerefMut};

use jobs::Job;
use serde_json::{Map, Value};
use store::{Result, Time};
use tickets::activity::{Line, Progress};
use tickets::{Cause, Notification, TicketChange};

/// The one unit of work of a request or a job: rows, jobs, ticket changes, events and notifications, all or nothing.
///
/// Queries are those of [`store::Tx`]: the account is `$1`.
#[derive(Debug)]
pub struct Tx {
    inner: store::Tx,
    app: &'static str,
    cause: Cause,
}

/// Something that happened in an app: `deadline.hit`. It is a line in Activity, and whoever looks at the app or the ticket is
/// told.
#[derive(Debug, Clone)]
pub struct Event {
    name: &'static str,
    ticket_id: Option<i64>,
    facts: Map<String, Value>,
}

impl Event {
    /// `name` is `app.happening`. Facts are ids, times and states, never a person's text.
    pub fn on_ticket(name: &'static str, ticket_id: i64) -> Self {
        Self { name, ticket_id: Some(ticket_id), facts: Map::new() }
    }

    /// Something about no ticket in particular.
    pub fn of_app(name: &'static str) -> Self {
        Self { name, ticket_id: None, facts: Map::new() }
    }

    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

impl Tx {
    pub(crate) fn new(inner: store::Tx, app: &'static str, cause: Cause) -> Self {
        Self { inner, app, cause }
    }

    /// Who or what makes this happen.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Runs `job` at `run_at`.
    pub async fn enqueue<J: Job>(&mut self, job: &J, run_at: Time) -> Result<()> {
        jobs::enqueue(&mut self.inner, job, run_at).await
    }

    /// The one job with this name and `key` runs at `run_at`, instead of whatever was scheduled before.
    pub async fn schedule<J: Job>(&mut self, key: &str, job: &J, run_at: Time) -> Result<()> {
        jobs::schedule(&mut self.inner, key, job, run_at).await
    }

    /// Takes back a scheduled job; once this is committed it does not happen, even if it was running.
    pub async fn cancel<J: Job>(&mut self, key: &str) -> Result<bool> {
        jobs::cancel::<J>(&mut self.inner, key).await
    }

    /// Writes down a wish about a ticket. The platform merges it with others' and sends it soon after the commit.
    pub async fn change_ticket(&mut self, change: TicketChange) -> tickets::Result<()> {
        tickets::state(&mut self.inner, self.app, &self.cause, change).await
    }

    /// Says that something happened.
    pub async fn emit(&mut self, event: Event) -> tickets::Result<()> {
        self.inner.signal(self.app);
        if let Some(ticket_id) = event.ticket_id {
            self.inner.signal(format!("{}/ticket/{ticket_id}", self.app));
        }
        let line = Line {
            ticket_id: event.ticket_id,
            app: self.app.to_owned(),
            code: event.name,
            args: Value::Object(event.facts),
            cause: self.cause.clone(),
            progress: Progress::Done,
        };
        Ok(tickets::activity::record(&mut self.inner, line).await.map(drop)?)
    }

    /// Tells agents something inside Zendesk, soon after the commit.
    pub async fn notify(&mut self, notification: Notification) -> tickets::Result<()> {
        tickets::notify(&mut self.inner, self.app, &self.cause, notification).await.map(drop)
    }

    /// Makes it all so. After an error that may pass it is not known whether it happened.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await
    }
}

impl Deref for Tx {
    type Target = store::Tx;

    fn deref(&self) -> &store::Tx {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut store::Tx {
        &mut self.inner
    }
}
