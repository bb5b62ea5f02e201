//! Who is asking: put into the request by the gate, read by the handlers.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::ApiError;

/// Zendesk's three roles. Light agents are [`Role::Agent`] with `User::light_agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    EndUser,
    Agent,
    Admin,
}

impl Role {
    /// The word in Zendesk's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::EndUser => "end-user",
            Role::Agent => "agent",
            Role::Admin => "admin",
        }
    }
}

/// What an access token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// A browser session or basic authentication: whatever the person may do.
    All,
    /// The scopes of an OAuth token: `read`, `write`, `tickets:read`, …
    Only(Arc<[String]>),
}

impl Scopes {
    /// Whether `resource` (e.g. `tickets`) may be read, or written with `write`.
    pub fn allow(&self, resource: &str, write: bool) -> bool {
        let verb = if write { "write" } else { "read" };
        match self {
            Scopes::All => true,
            Scopes::Only(scopes) => scopes.iter().any(|s| {
                s == verb || s.strip_suffix(verb).and_then(|r| r.strip_suffix(':')) == Some(resource)
            }),
        }
    }
}

/// The authenticated caller of a request. As an extractor it answers 401 when there is none.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person on whose behalf the call is made.
    pub user_id: u64,
    /// That person's role at the time of the call.
    pub role: Role,
    /// What the token allows; the gate has already checked it against method and path.
    pub scopes: Scopes,
    /// Identifier of the OAuth client, when a token was used.
    pub client_id: Option<String>,
    /// Authenticated by a browser's session cookie.
    pub session: bool,
}

impl Caller {
    /// Agents and administrators.
    ///
    /// # Errors
    /// 403 for end users.
    pub fn require_agent(&self) -> Result<(), ApiError> {
        if self.role == Role::EndUser { Err(ApiError::forbidden()) } else { Ok(()) }
    }

    /// Administrators only.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn require_admin(&self) -> Result<(), ApiError> {
        if self.role == Role::Admin { Ok(()) } else { Err(ApiError::forbidden()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(ApiError::unauthenticated)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Caller>, ApiError> {
        Ok(parts.extensions.get::<Caller>().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_cover_the_verb_or_the_resource() {
        let only = |s: &[&str]| Scopes::Only(s.iter().map(|s| (*s).to_owned()).collect());
        assert!(Scopes::All.allow("tickets", true));
        assert!(only(&["read"]).allow("tickets", false));
        assert!(!only(&["read"]).allow("tickets", true));
        assert!(only(&["tickets:write"]).allow("tickets", true));
        assert!(!only(&["tickets:write"]).allow("users", true));
        assert!(!only(&["tickets:write"]).allow("tickets", false));
    }
}
