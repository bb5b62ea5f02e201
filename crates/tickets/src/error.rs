/// Why a change or notification was not written down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Zendesk would alter or refuse the tag.
    #[error("\"{0}\" cannot be a tag: tags are lower case, without spaces, of letters, digits and _ - : / .")]
    InvalidTag(String),
    /// Nothing is wished: the caller's mistake.
    #[error("the change of ticket {ticket_id} wishes nothing")]
    EmptyChange { ticket_id: i64 },
    /// A text of the administrator cannot be read.
    #[error(transparent)]
    Template(#[from] crate::placeholders::TemplateError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
