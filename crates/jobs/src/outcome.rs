use std::time::Duration;

use store::Time;

/// What became of a job. `why` is kept with the job or logged: it names ids and codes, never a person or a text of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It happened. The job is gone.
    Done,
    /// Not yet: again at this moment. Counts as an attempt; after the policy's last one the job has failed.
    Retry { at: Time, why: String },
    /// It need not happen any more. The job is gone.
    Cancel { why: String },
    /// It cannot happen. Kept until an operator retries it or its key is scheduled again.
    Fail { why: String },
    /// It cannot happen now, and waiting does not help: kept until [`unpark`](crate::unpark).
    Park { why: String },
}

/// Why a handler gave up. Applies to all jobs of its batch that are neither completed nor settled.
///
/// A database error becomes one by `?` and means: again, after the policy's backoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub(crate) then: Then,
    pub(crate) why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Backoff,
    RetryAfter(Duration),
    Park,
    Fail,
}

impl Failure {
    /// Again, after the policy's backoff.
    pub fn new(why: impl Into<String>) -> Self {
        Self { then: Then::Backoff, why: why.into() }
    }

    /// Again, after this long: the other side said so (`Retry-After`).
    pub fn retry_after(delay: Duration, why: impl Into<String>) -> Self {
        Self { then: Then::RetryAfter(delay), why: why.into() }
    }

    /// Not before somebody mends it: see [`Outcome::Park`].
    pub fn park(why: impl Into<String>) -> Self {
        Self { then: Then::Park, why: why.into() }
    }

    /// Never: see [`Outcome::Fail`].
    pub fn fail(why: impl Into<String>) -> Self {
        Self { then: Then::Fail, why: why.into() }
    }
}

/// Only the database's errors: any other kind must say by itself whether waiting helps, parking does, or nothing.
impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::new(error.to_string())
    }
}
