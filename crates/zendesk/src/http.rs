//! The one way out.

use std::error::Error as _;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};

use crate::base_url::is_secure_or_loopback;
use crate::error::Error;

/// How requests leave this machine.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Sent as `User-Agent`.
    pub user_agent: String,
    /// Until a connection, including TLS, stands.
    pub connect_timeout: Duration,
    /// Until the whole answer has arrived, connecting included.
    pub timeout: Duration,
    /// Largest answer that is read, in bytes after decompression.
    pub max_answer: usize,
    /// What Zendesk wants to see on every call of an app from its marketplace.
    pub marketplace: Option<Marketplace>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("zendesk-rs/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            max_answer: 16 * 1024 * 1024,
            marketplace: None,
        }
    }
}

/// The three `X-Zendesk-Marketplace-*` headers that Zendesk's marketplace requires of server-side calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marketplace {
    /// `X-Zendesk-Marketplace-Name`: the app's name.
    pub name: String,
    /// `X-Zendesk-Marketplace-Organization-Id`.
    pub organization_id: String,
    /// `X-Zendesk-Marketplace-App-Id`.
    pub app_id: String,
}

/// Why no transport could be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// TLS could not be set up; usually this machine has no root certificates.
    #[error("outgoing TLS cannot be set up: {0}")]
    Tls(String),
    /// A value that cannot stand in a header.
    #[error("{0} contains characters that a header cannot carry")]
    Header(&'static str),
}

/// The transport for every outgoing request: TLS 1.2 or newer, plain http to loopback addresses only, time-outs, no
/// redirects, no proxy from the environment, answers of limited size. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    max_answer: usize,
    marketplace: HeaderMap,
}

impl Http {
    /// Sets up the transport, and *ring* as this process's TLS provider unless it already has one.
    pub fn new(config: &HttpConfig) -> Result<Self, HttpSetupError> {
        // An error only says that the process already chose a provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let user_agent =
            HeaderValue::from_str(&config.user_agent).map_err(|_| HttpSetupError::Header("user agent"))?;
        // This is the transport that everything else must use.
        #[allow(clippy::disallowed_methods)]
        let builder = reqwest::Client::builder();
        let client = builder
            .user_agent(user_agent)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // Plain http is allowed to this name, so it must not be left to a resolver. Port 0: the request's own.
            .resolve_to_addrs(
                "localhost",
                &[SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))],
            )
            .build()
            .map_err(|error| HttpSetupError::Tls(causes(&error)))?;
        let marketplace =
            config.marketplace.as_ref().map(Marketplace::headers).transpose()?.unwrap_or_default();
        Ok(Self { client, max_answer: config.max_answer, marketplace })
    }

    /// Sends a request and reads the whole answer, whatever its status. Refuses ([`Error::BadCall`]) addresses that are
    /// neither https nor loopback. Other errors: [`Error::Network`], [`Error::Timeout`], and [`Error::Decode`] for an
    /// answer that is too big.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let writes = !request.method().is_safe();
        let request =
            reqwest::Request::try_from(request).map_err(|_| Error::BadCall("not an absolute URL"))?;
        if !is_secure_or_loopback(request.url()) {
            return Err(Error::BadCall("the address is neither https nor loopback"));
        }
        let mut answer = self.client.execute(request).await.map_err(|e| from_reqwest(e, writes))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| from_reqwest(e, writes))? {
            if body.len() + chunk.len() > self.max_answer {
                let reason = format!("larger than {} bytes", self.max_answer);
                return Err(Error::Decode { reason, maybe_done: writes });
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    /// Like [`Http::send`], with what Zendesk wants to see on every call.
    pub(crate) async fn send_to_zendesk(
        &self,
        mut request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        request.headers_mut().extend(self.marketplace.clone());
        self.send(request).await
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("max_answer", &self.max_answer).finish_non_exhaustive()
    }
}

impl Marketplace {
    fn headers(&self) -> Result<HeaderMap, HttpSetupError> {
        [
            ("x-zendesk-marketplace-name", "marketplace name", &self.name),
            ("x-zendesk-marketplace-organization-id", "marketplace organization id", &self.organization_id),
            ("x-zendesk-marketplace-app-id", "marketplace app id", &self.app_id),
        ]
        .into_iter()
        .map(|(header, what, value)| {
            let value = HeaderValue::from_str(value).map_err(|_| HttpSetupError::Header(what))?;
            Ok((HeaderName::from_static(header), value))
        })
        .collect()
    }
}

fn from_reqwest(error: reqwest::Error, writes: bool) -> Error {
    // Without a connection nothing can have been processed.
    let maybe_done = writes && !error.is_connect();
    if error.is_timeout() {
        return Error::Timeout { maybe_done };
    }
    Error::Network { reason: causes(&error.without_url()), maybe_done }
}

/// The causes under an error. The outermost sentence only says that sending failed.
fn causes(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}
