//! Progress of bulk changes: `/api/v2/job_statuses`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::client::{Call, Client};
use crate::{Error, Resource};

/// A background job of Zendesk's.
#[derive(Debug, Clone, Deserialize)]
pub struct JobStatus {
    /// `V3-` and 32 hexadecimal digits.
    pub id: String,
    /// How far it is.
    pub status: JobState,
    /// How many things it has to do.
    #[serde(default)]
    pub total: Option<u32>,
    /// How many are done.
    #[serde(default)]
    pub progress: Option<u32>,
    /// Zendesk's sentence about it.
    #[serde(default)]
    pub message: Option<String>,
    /// One for each thing, when the job has ended; in no promised order.
    #[serde(default, deserialize_with = "list_or_nothing")]
    pub results: Vec<JobResult>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Runs.
    Working,
    /// Ended. Single things may have failed: see the results.
    Completed,
    /// Ended without having done its work.
    Failed,
    /// Stopped by Zendesk.
    Killed,
    /// A state that Zendesk invented later; it has not ended as far as we know.
    #[serde(other)]
    Unknown,
}

/// What a job did to one thing.
#[derive(Debug, Clone, Deserialize)]
pub struct JobResult {
    /// The thing, for instance the ticket.
    #[serde(default)]
    pub id: Option<i64>,
    /// Its place in the request.
    #[serde(default)]
    pub index: Option<u32>,
    /// Whether it worked. Missing for things that were created.
    #[serde(default)]
    pub success: Option<bool>,
    /// `Updated`, `Failed`, …
    #[serde(default)]
    pub status: Option<String>,
    /// Zendesk's word for what went wrong: `TicketUpdate`, `PermissionDenied`, …
    #[serde(default)]
    pub error: Option<String>,
    /// Zendesk's sentence about it. May quote values: not for logs.
    #[serde(default)]
    pub details: Option<String>,
}

impl JobStatus {
    /// Nothing will change any more.
    pub fn is_finished(&self) -> bool {
        matches!(self.status, JobState::Completed | JobState::Failed | JobState::Killed)
    }
}

impl JobResult {
    /// It worked.
    pub fn is_success(&self) -> bool {
        self.success.unwrap_or(self.error.is_none())
    }
}

/// `results` is null until the end, and something else than a list for some jobs.
fn list_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<JobResult>, D::Error> {
    match Value::deserialize(deserializer)? {
        list @ Value::Array(_) => serde_json::from_value(list).map_err(serde::de::Error::custom),
        _ => Ok(Vec::new()),
    }
}

#[derive(Deserialize)]
pub(crate) struct One {
    pub(crate) job_status: JobStatus,
}

/// Calls about jobs.
#[derive(Debug, Clone, Copy)]
pub struct JobStatuses<'a>(&'a Client);

impl Client {
    /// Calls about jobs.
    pub fn job_statuses(&self) -> JobStatuses<'_> {
        JobStatuses(self)
    }
}

impl JobStatuses<'_> {
    /// One job.
    pub async fn show(&self, id: &str) -> Result<JobStatus, Error> {
        let call = Call::get(Resource::JobStatuses, "/api/v2/job_statuses/{id}").arg(id);
        Ok(self.0.fetch::<One>(call).await?.job_status)
    }

    /// Up to 100 jobs. Those that do not exist any more are missing in the answer.
    pub async fn show_many(&self, ids: &[&str]) -> Result<Vec<JobStatus>, Error> {
        #[derive(Deserialize)]
        struct Many {
            #[serde(default, deserialize_with = "crate::de::null_as_default")]
            job_statuses: Vec<JobStatus>,
        }
        let call = Call::get(Resource::JobStatuses, "/api/v2/job_statuses/show_many").ids(ids)?;
        Ok(self.0.fetch::<Many>(call).await?.job_statuses)
    }
}
