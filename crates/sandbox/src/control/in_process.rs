//! The control API for suites that run the sandbox in their own process.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::apps::launch::{self, Launch};
use crate::apps::{self, Installation, install};
use crate::gate::faults::{Fault, FaultError};
use crate::gate::log::Entry;
use crate::model::Settings;
use crate::oauth::{self, Lifetimes, Token};
use crate::{ApiError, Event, Sandbox, Shared};

/// A handle to a running sandbox, see [`Sandbox::control`].
#[derive(Debug, Clone)]
pub struct Control {
    shared: Shared,
}

/// Why the sandbox did not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The package breaks Zendesk's rules.
    #[error("package refused: {}", .0.join("; "))]
    Package(Vec<String>),
    /// As the API would refuse it.
    #[error("refused: {} {}", .0.status(), .0.body())]
    Refused(ApiError),
    /// No such person, client or installation.
    #[error("no {0}")]
    Missing(String),
}

impl From<ApiError> for ControlError {
    fn from(error: ApiError) -> ControlError {
        ControlError::Refused(error)
    }
}

impl Sandbox {
    /// The control API.
    pub fn control(&self) -> Control {
        Control::new(self.shared().clone())
    }
}

impl Control {
    pub(super) fn new(shared: Shared) -> Control {
        Control { shared }
    }

    /// Adds a fault. Its id.
    ///
    /// # Errors
    /// When it could never hit anything or says nothing.
    pub fn fault(&self, fault: Fault) -> Result<u64, FaultError> {
        self.shared.gate().faults().add(fault)
    }

    /// All faults with how often they have hit.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.gate().faults().list().cloned().collect()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.gate().faults().clear();
    }

    /// Every call that is remembered, as in `GET /sandbox/log`, oldest first.
    pub fn log(&self) -> Vec<Value> {
        self.log_since(0, None)
    }

    /// The calls after number `since` that fit `route`, for example `PUT /api/v2/tickets/*`.
    pub fn log_since(&self, since: u64, route: Option<&str>) -> Vec<Value> {
        // Each lock by itself: calls hold the account's while they wait for the gate's.
        let secret_names: BTreeSet<String> =
            self.shared.read().apps.secure_names().map(str::to_owned).collect();
        let entries: Vec<Entry> = self.shared.gate().log().since(since, route).cloned().collect();
        entries.iter().map(|entry| entry.to_json(&secret_names)).collect()
    }

    /// How many calls fit `route`.
    pub fn count(&self, route: &str) -> usize {
        self.shared.gate().log().since(0, Some(route)).count()
    }

    /// Forgets all calls.
    pub fn clear_log(&self) {
        self.shared.gate().log().clear();
    }

    /// The sandbox's time.
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Moves the sandbox's time forward.
    pub fn advance(&self, by: Duration) {
        self.shared.clock().advance(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX));
        self.tell_clock();
    }

    /// Sets the sandbox's time; it goes on running or standing as before.
    pub fn set_clock(&self, now: Timestamp) {
        self.shared.clock().set(now);
        self.tell_clock();
    }

    /// Stops the sandbox's time or lets it run.
    pub fn freeze(&self, frozen: bool) {
        self.shared.clock().freeze(frozen);
        self.tell_clock();
    }

    fn tell_clock(&self) {
        self.shared.emit(Event::Clock { now: self.shared.now(), frozen: self.shared.clock().is_frozen() });
    }

    /// Changes limits, delays and looks.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.write().settings);
    }

    /// Back to the seed with that many tickets. Settings stay, faults and log go.
    pub async fn reset(&self, tickets: usize) {
        let shared = self.shared.clone();
        self.blocking(move || shared.reset(tickets)).await;
    }

    /// That many more tickets.
    pub async fn seed(&self, tickets: usize) {
        let shared = self.shared.clone();
        self.blocking(move || shared.seed_more(tickets)).await;
    }

    /// Work that may take seconds, away from the threads that serve.
    async fn blocking(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = tokio::task::spawn_blocking(work).await {
            tracing::error!(%error, "control");
        }
    }

    /// Makes an app of a package and installs it, as an administrator would by uploading and installing.
    ///
    /// # Errors
    /// When the package or the settings are refused.
    pub async fn install_package(
        &self,
        zip: &[u8],
        settings: Map<String, Value>,
    ) -> Result<Installation, ControlError> {
        let package = apps::package::Package::open(zip).map_err(ControlError::Package)?;
        let installation = {
            let now = self.shared.now();
            let mut world = self.shared.write();
            let app_id = apps::keep(&mut world, package, None, None, None, now);
            let wish = install::Wish::with_settings(settings);
            install::install(&mut world, app_id, wish, now)?
        };
        self.shared.emit(Event::Installations);
        Ok(installation)
    }

    /// The token that would be posted to the app's page when that person opens it there.
    ///
    /// # Errors
    /// When there is no such installation, location or person.
    pub async fn sign_launch(&self, email: &str, launch: &Launch) -> Result<String, ControlError> {
        let user_id = self.user_id(email)?;
        let opened = launch::launch(&self.shared, user_id, launch).await?;
        match opened.token {
            Some(token) => Ok(token),
            None => Ok(launch::sign_launch(&self.shared, user_id, launch, &opened.url).await?),
        }
    }

    /// A pair of tokens, as if that person had consented.
    ///
    /// # Errors
    /// When there is no such person or client.
    pub fn authorize(
        &self,
        email: &str,
        client_identifier: &str,
        scopes: &[&str],
    ) -> Result<Token, ControlError> {
        let user_id = self.user_id(email)?;
        let now = self.shared.now();
        let mut world = self.shared.write();
        let client = world.oauth.client(client_identifier).map(|client| client.id);
        let client = client.ok_or_else(|| ControlError::Missing(format!("client {client_identifier}")))?;
        let lifetimes = Lifetimes {
            access: world.settings.access_token_seconds,
            refresh: Some(world.settings.refresh_token_seconds),
        };
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Ok(oauth::issue(&mut world, client, user_id, scopes, lifetimes, now))
    }

    fn user_id(&self, email: &str) -> Result<u64, ControlError> {
        let world = self.shared.read();
        world
            .user_by_email(email)
            .map(|user| user.id)
            .ok_or_else(|| ControlError::Missing(format!("user {email}")))
    }
}
