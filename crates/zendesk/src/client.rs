//! One account, one authorization, one access list.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{AccessList, BaseUrl, Error, Http, Observation, RateObserver, RateSnapshot, Resource, Verb};

/// Zendesk accepts at most so many ids (or tickets) in one call.
pub const MAX_IDS: usize = 100;

/// No list that this crate reads is longer than this many pages of 100; more means that Zendesk does not end it.
const MAX_PAGES: usize = 1000;

/// Calls Zendesk for one account with one OAuth access token, within one [`AccessList`]. Cheap to clone.
///
/// The calls are grouped by resource: [`Client::tickets`], [`Client::users`], …
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: Http,
    base_url: BaseUrl,
    token: SecretString,
    access: AccessList,
    observer: Option<Arc<dyn RateObserver>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.base_url)
            .field("access", &self.0.access)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that may make the calls in `access` and no others.
    pub fn new(http: Http, base_url: BaseUrl, access_token: SecretString, access: AccessList) -> Self {
        Self(Arc::new(Inner { http, base_url, token: access_token, access, observer: None }))
    }

    /// The same client, telling `observer` about every call it makes.
    pub fn with_observer(self, observer: Arc<dyn RateObserver>) -> Self {
        let Inner { http, base_url, token, access, .. } = &*self.0;
        Self(Arc::new(Inner {
            http: http.clone(),
            base_url: base_url.clone(),
            token: token.clone(),
            access: access.clone(),
            observer: Some(observer),
        }))
    }

    /// The account that is called.
    pub fn base_url(&self) -> &BaseUrl {
        &self.0.base_url
    }

    /// Makes a call and gives the body of its success.
    pub(crate) async fn send(&self, call: Call) -> Result<Bytes, Error> {
        if let Some((resource, verb)) = call.needs
            && !self.0.access.allows(resource, verb)
        {
            return Err(Error::NotDeclared { resource, verb });
        }
        let url = call.url(&self.0.base_url)?;
        let method = call.method.clone();
        let mut request =
            Request::builder().method(&method).uri(url.as_str()).header(ACCEPT, "application/json");
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", self.0.token.expose_secret()))
            .map_err(|_| Error::BadCall("the access token cannot stand in a header"))?;
        bearer.set_sensitive(true);
        request = request.header(AUTHORIZATION, bearer);
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(call.body.unwrap_or_default()).map_err(|_| Error::BadCall("not a URL"))?;

        let answer = self.0.http.send_to_zendesk(request).await;
        let (status, rate) = match &answer {
            Ok(answer) => (Some(answer.status().as_u16()), RateSnapshot::from_headers(answer.headers())),
            Err(_) => (None, RateSnapshot::default()),
        };
        if let Some(observer) = &self.0.observer {
            observer.observe(&Observation {
                base_url: &self.0.base_url,
                method: &method,
                route: call.route,
                status,
                rate: &rate,
            });
        }
        let answer = answer?;
        if answer.status().is_success() {
            Ok(answer.into_body())
        } else {
            Err(Error::from_answer(answer.status(), answer.body(), &rate, !method.is_safe()))
        }
    }

    /// Makes a call and reads its JSON answer.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let writes = !call.method.is_safe();
        let body = self.send(call).await?;
        serde_json::from_slice(&body).map_err(|error| Error::from_json(&error, writes))
    }

    /// Reads all pages of a list that pages by cursor. `parts` takes one page apart.
    pub(crate) async fn fetch_all<A, T>(
        &self,
        call: Call,
        parts: impl Fn(A) -> (Vec<T>, Option<Meta>),
    ) -> Result<Vec<T>, Error>
    where
        A: DeserializeOwned,
    {
        self.fetch_while(call, parts, |_| true).await
    }

    /// Like [`Client::fetch_all`], but stops when `more` says so of what has been read.
    pub(crate) async fn fetch_while<A, T>(
        &self,
        call: Call,
        parts: impl Fn(A) -> (Vec<T>, Option<Meta>),
        more: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, Error>
    where
        A: DeserializeOwned,
    {
        let first = call.query("page[size]", MAX_IDS);
        let mut call = first.clone();
        let mut items = Vec::new();
        for _ in 0..MAX_PAGES {
            let (page, meta) = parts(self.fetch(call).await?);
            items.extend(page);
            match meta {
                Some(Meta { has_more: true, after_cursor: Some(cursor) }) if more(&items) => {
                    call = first.clone().query("page[after]", cursor);
                }
                _ => return Ok(items),
            }
        }
        Err(Error::Decode { reason: format!("a list of more than {MAX_PAGES} pages"), maybe_done: false })
    }
}

/// How Zendesk ends a page of a cursor-paged list.
#[derive(Debug, Deserialize)]
pub(crate) struct Meta {
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    has_more: bool,
    #[serde(default)]
    after_cursor: Option<String>,
}

/// A call that is not yet made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `None`: allowed to everybody.
    needs: Option<(Resource, Verb)>,
    method: Method,
    route: &'static str,
    args: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
}

impl Call {
    pub(crate) fn new(resource: Resource, verb: Verb, method: Method, route: &'static str) -> Self {
        let needs = Some((resource, verb));
        Self { needs, method, route, args: Vec::new(), query: Vec::new(), body: None }
    }

    pub(crate) fn get(resource: Resource, route: &'static str) -> Self {
        Self::new(resource, Verb::Read, Method::GET, route)
    }

    /// A read that every app may make.
    pub(crate) fn get_undeclared(route: &'static str) -> Self {
        Self { needs: None, ..Self::get(Resource::Users, route) }
    }

    /// The next `{…}` of the route.
    pub(crate) fn arg(mut self, arg: impl ToString) -> Self {
        self.args.push(arg.to_string());
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// `name=1,2,3`, for 1 to [`MAX_IDS`] of them.
    pub(crate) fn ids<T: ToString>(self, ids: &[T]) -> Result<Self, Error> {
        check_count(ids.len())?;
        let ids = ids.iter().map(T::to_string).collect::<Vec<_>>().join(",");
        Ok(self.query("ids", ids))
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body =
            serde_json::to_vec(body).map_err(|_| Error::BadCall("the body cannot be written as JSON"))?;
        self.body = Some(body.into());
        Ok(self)
    }

    fn url(&self, base: &BaseUrl) -> Result<Url, Error> {
        let mut args = self.args.iter();
        let mut path = String::new();
        for segment in self.route.split('/').skip(1) {
            path.push('/');
            if segment.starts_with('{') {
                let arg = args.next().map(String::as_str).unwrap_or_default();
                // Ids are numbers, ULIDs and job names; anything else could lead to another route.
                let is_id =
                    !arg.is_empty() && arg.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
                if !is_id {
                    return Err(Error::BadCall("not an id"));
                }
                path.push_str(arg);
            } else {
                path.push_str(segment);
            }
        }
        let mut url = base.at(&path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// Bulk calls take 1 to [`MAX_IDS`] things.
pub(crate) fn check_count(count: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::BadCall("no ids")),
        1..=MAX_IDS => Ok(()),
        _ => Err(Error::BadCall("more than 100 ids")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_stays_in_its_segment() {
        let base = BaseUrl::for_subdomain("acme").unwrap();
        let call = |id: &str| Call::get(Resource::Webhooks, "/api/v2/webhooks/{id}/signing_secret").arg(id);
        let url = call("01ABC-x_1").url(&base).unwrap();
        assert_eq!(url.as_str(), "https://acme.zendesk.com/api/v2/webhooks/01ABC-x_1/signing_secret");
        for id in ["", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "ä"] {
            assert!(matches!(call(id).url(&base), Err(Error::BadCall(_))), "{id}");
        }
    }

    #[test]
    fn ids_are_counted() {
        let call = || Call::get(Resource::Tickets, "/api/v2/tickets/show_many");
        assert!(call().ids::<i64>(&[]).is_err());
        assert!(call().ids(&[1; 101]).is_err());
        let url = call().ids(&[1, 2]).unwrap().url(&BaseUrl::for_subdomain("acme").unwrap()).unwrap();
        assert_eq!(url.query(), Some("ids=1%2C2"));
    }
}
