#![doc = include_str!("../README.md")]

pub mod apps;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod control;
pub mod error;
pub mod gate;
mod jobs;
pub mod model;
pub mod oas;
pub mod oauth;
pub mod people;
mod persist;
pub mod random;
mod rest;
mod router;
mod search;
mod seed;
pub mod serve;
pub mod shared;
mod tickets;
mod time;
mod webhooks;
pub mod workspace_api;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::task::JoinHandle;

pub use caller::{Caller, Role, Scopes};
pub use clock::Clock;
pub use error::ApiError;
pub use model::{Settings, World};
pub use shared::{Event, Shared};

/// How to start a sandbox.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// The address by which clients reach it, without a slash at the end; `http://ADDR` when absent.
    pub public_url: Option<String>,
    /// Where the account is kept between runs; in memory only when absent.
    pub state_file: Option<PathBuf>,
    /// How many tickets the seed makes: the first 40 are written by hand, the others are made from patterns.
    pub seed_tickets: usize,
    /// Limits, delays and looks of a fresh account. A loaded state file brings its own.
    pub settings: Settings,
    /// Zendesk's OpenAPI description: every 2xx answer is checked against it, see `GET /sandbox/oas_violations`.
    pub validate_answers: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            state_file: None,
            seed_tickets: 40,
            settings: Settings::default(),
            validate_answers: None,
        }
    }
}

/// Why a sandbox did not start or stop well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The state file cannot be read or written.
    #[error("state file {0}: {1}")]
    StateFile(PathBuf, #[source] std::io::Error),
    /// The state file is not one of ours, or of another version.
    #[error("state file {0} is not readable: {1}")]
    StateFormat(PathBuf, #[source] serde_json::Error),
    /// The OpenAPI description cannot be read.
    #[error("OpenAPI description {0}: {1}")]
    Description(PathBuf, #[source] oas::LoadError),
    /// The HTTP client for webhooks could not be made.
    #[error("HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// A running sandbox. Dropping it stops serving at once; [`Sandbox::stop`] also saves.
#[derive(Debug)]
pub struct Sandbox {
    shared: Shared,
    addr: SocketAddr,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Loads or seeds the account and listens. It is ready to answer when this returns.
    ///
    /// # Errors
    /// When the address cannot be bound or the state file cannot be read.
    pub async fn start(config: Config) -> Result<Sandbox, Error> {
        let listener = serve::Listener::bind(config.addr).await?;
        let addr = listener.local_addr();
        let base_url = config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
        let shared = Shared::new(&config, base_url)?;
        let description = match &config.validate_answers {
            Some(path) => Some(oas::Oas::load(path).map_err(|e| Error::Description(path.clone(), e))?),
            None => None,
        };
        let service = router::service(&shared, description);
        let stopping = shared.stopping().clone();
        let server = tokio::spawn(serve::run(listener, service, stopping));
        shared.spawn(persist::keep_saved(shared.clone()));
        shared.spawn(tickets::automations::keep_running(shared.clone()));
        jobs::resume(&shared);
        webhooks::resume(&shared);
        Ok(Sandbox { shared, addr, server })
    }

    /// The address clients use, without a slash at the end.
    pub fn url(&self) -> &str {
        self.shared.base_url()
    }

    /// The socket it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The state behind the routes, for suites that run the sandbox in their own process.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Stops serving, waits for work in hand, and saves.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub async fn stop(mut self) -> Result<(), Error> {
        self.shared.shut_down().await;
        // The server ends by itself when the last connection does, and is not waited for without end.
        if tokio::time::timeout(serve::GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
        persist::save(&self.shared).await
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stopping().cancel();
        self.server.abort();
    }
}
