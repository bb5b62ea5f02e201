use std::time::Duration;

use store::Time;

/// Why something that needs an account's Zendesk could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No administrator has authorised, or the authorization was lost: the work waits until one does.
    #[error("no administrator has authorised the server for this account")]
    NotAuthorised,
    /// The account's share of Zendesk's limit is used up until then.
    #[error("the account's share of Zendesk's rate limit is used up until {until}")]
    Throttled { until: Time, wait: Duration },
    /// Zendesk refused or did not answer.
    #[error(transparent)]
    Zendesk(#[from] zendesk::Error),
    /// Zendesk gave no token.
    #[error(transparent)]
    OAuth(#[from] zendesk::oauth::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The server's keys do not fit what is stored.
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What becomes of a job that met the error: parked, run again, or failed for an operator to see.
impl From<Error> for jobs::Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotAuthorised => jobs::Failure::park(error.to_string()),
            Error::Throttled { wait, .. } => jobs::Failure::retry_after(*wait, error.to_string()),
            Error::Zendesk(zendesk) => match zendesk.retry_after() {
                Some(wait) => jobs::Failure::retry_after(wait, error.to_string()),
                None if zendesk.is_retryable() => jobs::Failure::new(error.to_string()),
                None => jobs::Failure::fail(error.to_string()),
            },
            // A client that Zendesk does not know is the operator's to mend: the work must be there when he has.
            Error::OAuth(zendesk::oauth::Error::InvalidClient) => jobs::Failure::park(error.to_string()),
            Error::OAuth(_) | Error::Store(_) => jobs::Failure::new(error.to_string()),
            Error::Vault(_) => jobs::Failure::fail(error.to_string()),
        }
    }
}
