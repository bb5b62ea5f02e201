//! What the tests share.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use zendesk::{AccessList, BaseUrl, Client, Http, HttpConfig, Observation, RateObserver, RateSnapshot};

pub(crate) const TOKEN: &str = "t0p-s3cret-token";

/// One transport for all tests: setting one up reads the machine's root certificates.
pub(crate) fn http() -> Http {
    static HTTP: OnceLock<Http> = OnceLock::new();
    HTTP.get_or_init(|| Http::new(&HttpConfig::default()).unwrap()).clone()
}

/// A transport that loses patience quickly and reads little.
pub(crate) fn impatient_http() -> Http {
    let config =
        HttpConfig { timeout: Duration::from_millis(150), max_answer: 1000, ..HttpConfig::default() };
    Http::new(&config).unwrap()
}

pub(crate) fn base(server: &MockServer) -> BaseUrl {
    BaseUrl::parse(&server.uri()).unwrap()
}

pub(crate) fn client(server: &MockServer) -> Client {
    client_with(server, AccessList::all_for_platform())
}

pub(crate) fn client_with(server: &MockServer, access: AccessList) -> Client {
    Client::new(http(), base(server), TOKEN.to_owned().into(), access)
}

/// A server that gives every request the same answer.
pub(crate) async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// A server that answers everything with this JSON.
pub(crate) async fn saying(body: Value) -> MockServer {
    answering(ResponseTemplate::new(200).set_body_json(body)).await
}

/// The only request that a server got.
pub(crate) async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

/// Its body.
pub(crate) async fn only_body(server: &MockServer) -> Value {
    only_request(server).await.body_json().unwrap()
}

/// Writes down what it is told.
#[derive(Debug, Default)]
pub(crate) struct Notebook(pub(crate) Mutex<Vec<Note>>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) base_url: String,
    pub(crate) method: String,
    pub(crate) route: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) rate: RateSnapshot,
}

impl RateObserver for Notebook {
    fn observe(&self, seen: &Observation<'_>) {
        self.0.lock().unwrap().push(Note {
            base_url: seen.base_url.to_string(),
            method: seen.method.to_string(),
            route: seen.route,
            status: seen.status,
            rate: seen.rate.clone(),
        });
    }
}

impl Notebook {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn notes(&self) -> Vec<Note> {
        self.0.lock().unwrap().clone()
    }
}
