//! What handlers want to know of a request.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde_json::{Map, Value, json};

use super::page::Paging;
use crate::people::Actor;
use crate::{ApiError, Caller, Role, Shared};

/// Who asks for what: caller, path and query. Answers 401 when nobody is authenticated.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) caller: Caller,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
}

impl Ask {
    /// The first value of a query parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// The caller as one who changes people.
    pub(crate) fn actor(&self, shared: &Shared) -> Actor {
        Actor { user_id: self.caller.user_id, now: shared.now() }
    }

    /// How the caller wants a list in pages.
    pub(crate) fn paging(&self) -> Result<Paging, ApiError> {
        Paging::of(self)
    }

    /// A list that goes by cursor only, with pages of at most `most` items.
    pub(crate) fn cursor_paging(&self, most: usize) -> Result<Paging, ApiError> {
        Paging::with(self, true, most)
    }

    /// Whether `include=` names a side-load.
    pub(crate) fn includes(&self, what: &str) -> bool {
        self.get("include").is_some_and(|list| list.split(',').any(|w| w.trim() == what))
    }

    /// The ids of `ids=1,2,3`; at most 100.
    pub(crate) fn ids(&self) -> Result<Vec<u64>, ApiError> {
        const MOST: usize = 100;
        let list: Vec<&str> =
            self.get("ids").unwrap_or_default().split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
        if list.len() > MOST {
            return Err(ApiError::too_many_values(MOST));
        }
        if list.is_empty() {
            return Err(ApiError::bad_request("ParameterMissing", "Missing required parameter: ids"));
        }
        Ok(list.into_iter().filter_map(|s| s.parse().ok()).collect())
    }

    /// Agents and administrators.
    pub(crate) fn agent(&self) -> Result<(), ApiError> {
        if self.caller.role == Role::EndUser { Err(ApiError::forbidden()) } else { Ok(()) }
    }

    /// Administrators.
    pub(crate) fn admin(&self) -> Result<(), ApiError> {
        self.caller.require_admin()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Ask, ApiError> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        Ok(Ask { caller, path: parts.uri.path().to_owned(), query })
    }
}

/// A JSON object; nothing at all counts as an empty one.
#[derive(Debug)]
pub(crate) struct Body(pub(crate) Map<String, Value>);

impl Body {
    /// The object under the root key, e.g. `ticket`.
    pub(crate) fn root(&self, key: &str) -> Result<&Map<String, Value>, ApiError> {
        self.0.get(key).and_then(Value::as_object).ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                json!({"error": {"title": "Invalid attribute", "message":
                    format!("You passed an invalid value for the {key} attribute. Invalid parameter: {key} must be an object")}}),
            )
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Body, ApiError> {
        let unreadable = || {
            ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({"error": "Unprocessable Entity", "message": "Server could not parse JSON"}),
            )
        };
        let bytes = bytes::Bytes::from_request(request, state).await.map_err(|_| unreadable())?;
        if bytes.is_empty() {
            return Ok(Body(Map::new()));
        }
        serde_json::from_slice(&bytes).map(Body).map_err(|_| unreadable())
    }
}
