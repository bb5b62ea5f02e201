/// What a database call may answer instead of rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be reached or is restarting. Trying again later is right.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Two transactions wanted the same row; this one lost. Running it again is right.
    #[error("another transaction changed the same rows")]
    Contended,
    /// A unique or foreign key refused the row. Names the constraint where the database tells.
    #[error("a constraint refused the row: {0}")]
    Constraint(String),
    /// A row holds what this version cannot read, or a text is no identifier of this kind.
    #[error("a stored value cannot be read: {0}")]
    Unreadable(String),
    /// A statement of an account's transaction does not name the account.
    #[error("the statement is not bound to an account: {0}")]
    NotTenantScoped(String),
    /// The database URL is none of ours, or a migration was changed after it ran.
    #[error("{0}")]
    Configuration(String),
    /// Anything else is a defect: the statement and the schema disagree.
    #[error("database error: {0}")]
    Defect(#[source] sqlx::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True where the same call may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::Contended)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Tls(_) | E::BeginFailed => {
                Error::Unavailable(error)
            }
            // PostgreSQL closes a connection with a protocol message when it shuts down in the middle of one.
            E::Protocol(_) => Error::Unavailable(error),
            E::Decode(_) | E::ColumnDecode { .. } => Error::Unreadable(error.to_string()),
            E::Database(database) => {
                let code = database.code().unwrap_or_default();
                if database.is_unique_violation() || database.is_foreign_key_violation() {
                    return Error::Constraint(database.constraint().unwrap_or(database.message()).to_owned());
                }
                match code.as_ref() {
                    // serialization_failure, deadlock_detected, lock_not_available; SQLITE_BUSY and its kin
                    "40001" | "40P01" | "55P03" | "5" | "6" | "261" | "517" => Error::Contended,
                    // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections, connection failures
                    "57P01" | "57P02" | "57P03" | "53300" => Error::Unavailable(error),
                    code if code.starts_with("08") => Error::Unavailable(error),
                    _ => Error::Defect(error),
                }
            }
            _ => Error::Defect(error),
        }
    }
}
