use std::sync::Arc;

use store::{AccountId, Db, Result, Time, Tx};

use crate::run::Run;
use crate::{Job, Outcome};

/// Jobs of one account and one name that are due: what a handler works on.
#[derive(Debug)]
pub struct Batch<J> {
    run: Arc<Run>,
    jobs: Vec<Claimed<J>>,
}

/// A job that this worker holds.
#[derive(Debug)]
pub struct Claimed<J> {
    pub id: i64,
    /// What it was scheduled under, if it was.
    pub key: Option<String>,
    /// The moment wanted; never after now.
    pub due_at: Time,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    pub job: J,
}

impl<J: Job> Batch<J> {
    /// Reads the payloads. A job that cannot be read has failed, with the reason; `None` if none can be read.
    pub(crate) fn read(run: Arc<Run>) -> Option<Self> {
        let mut jobs = Vec::with_capacity(run.rows.len());
        for row in run.undecided() {
            match serde_json::from_str(&row.payload) {
                Ok(job) => jobs.push(Claimed {
                    id: row.id,
                    key: row.key.clone(),
                    due_at: row.due_at,
                    attempt: u32::try_from(row.attempts).unwrap_or(u32::MAX),
                    job,
                }),
                Err(error) => {
                    run.decide(row.id, Outcome::Fail { why: format!("unreadable payload: {error}") })
                }
            }
        }
        (!jobs.is_empty()).then_some(Self { run, jobs })
    }

    pub fn account(&self) -> &AccountId {
        &self.run.account
    }

    pub fn db(&self) -> &Db {
        &self.run.db
    }

    /// Earliest first; at least one.
    pub fn jobs(&self) -> &[Claimed<J>] {
        &self.jobs
    }

    /// Says what became of a job other than done. Takes effect with [`Batch::begin`]'s transaction, or else when the handler
    /// returns, whatever it returns.
    pub fn settle(&self, job: &Claimed<J>, outcome: Outcome) {
        self.run.decide(job.id, outcome);
    }

    /// Opens the write transaction of this batch and completes its jobs in it; gives those that were still ours.
    ///
    /// A job that was replaced or cancelled meanwhile, or whose lease was lost, is not among them: what it would have
    /// done must not be written. Until the commit nobody else can replace or cancel the others, so their effects and their
    /// completion happen together, once. Dropping the transaction undoes both; without a commit the jobs come back when
    /// their lease ends, at the latest.
    pub async fn begin(&self) -> Result<(Tx, Vec<&Claimed<J>>)> {
        let (tx, ours) = self.run.begin().await?;
        Ok((tx, self.jobs.iter().filter(|job| ours.contains(&job.id)).collect()))
    }

    /// Inside the transaction of [`Batch::begin`], for one of the jobs it gave: not done after all, but this.
    pub async fn settle_in(&self, tx: &mut Tx, job: &Claimed<J>, outcome: Outcome) -> Result<()> {
        self.run.settle_in(tx, job.id, outcome).await
    }
}
