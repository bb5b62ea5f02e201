//! What all routes share: the account behind a lock, the clock, the event bus.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use serde_json::Value;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gate::Gate;
use crate::{Clock, Config, Error, World, persist, seed};

/// What happened, for whoever watches.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A ticket was created or changed; `changes` names the properties (`tags`, `status`, `custom_field_123`, `comment`).
    Ticket { id: u64, created: bool, updated_at: Timestamp, updated_by: u64, changes: Vec<String> },
    /// An app's server called `POST /api/v2/apps/notify`.
    ApiNotification { app_id: u64, event: String, body: Value, sender: u64, agent_id: Option<u64> },
    /// An app was installed, removed, enabled, disabled or given other settings.
    Installations,
    /// The clock was moved, frozen or let go.
    Clock { now: Timestamp, frozen: bool },
    /// The account is back to its seed.
    Reset,
}

/// The handle that every route gets as its state.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    world: RwLock<World>,
    dirty: AtomicBool,
    /// Held while the state file is written, so that an older copy never replaces a newer one.
    saving: Mutex<()>,
    clock: Clock,
    gate: Gate,
    events: broadcast::Sender<Event>,
    http: reqwest::Client,
    config: Config,
    base_url: String,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn new(config: &Config, base_url: String) -> Result<Shared, Error> {
        let clock = Clock::default();
        let loaded = match &config.state_file {
            Some(path) => persist::load(path)?.map(|mut world| {
                world.index();
                world
            }),
            None => None,
        };
        let mut world =
            loaded.unwrap_or_else(|| seed::world(clock.now(), config.seed_tickets, config.settings.clone()));
        world.base_url.clone_from(&base_url);
        Ok(Shared(Arc::new(Inner {
            world: RwLock::new(world),
            dirty: AtomicBool::new(true),
            saving: Mutex::new(()),
            clock,
            gate: Gate::default(),
            events: broadcast::channel(4096).0,
            http: http_client()?,
            config: config.clone(),
            base_url,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })))
    }

    /// The account, to look at. Never hold it across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        self.0.world.read()
    }

    /// The account, to change. Never hold it across an await.
    pub fn write(&self) -> RwLockWriteGuard<'_, World> {
        let world = self.0.world.write();
        // Under the lock: whoever saves afterwards waits for it and has this change in his copy.
        self.0.dirty.store(true, Ordering::Release);
        world
    }

    /// The sandbox's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The sandbox's time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Faults, limits and the call log.
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// Tells whoever watches. Nobody watching is no fault.
    pub fn emit(&self, event: Event) {
        let _watchers = self.0.events.send(event);
    }

    /// Everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// For calls to the outside (webhooks, the request proxy): does not follow redirects, has no time-out of its own.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// The address clients use, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// How the sandbox was started.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Cancelled when the sandbox stops: endless answers (server-sent events) end with it.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Runs work in the background until it is done or the sandbox stops.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.0.stopping.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = work => {}
                () = stopping.cancelled() => {}
            }
        });
    }

    /// Puts the account back to its seed with `tickets` tickets. Settings stay as they are.
    pub fn reset(&self, tickets: usize) {
        let settings = self.read().settings.clone();
        // Made before the lock is taken: seeding many tickets takes a while.
        let mut fresh = seed::world(self.now(), tickets, settings);
        fresh.base_url.clone_from(&self.0.base_url);
        *self.write() = fresh;
        self.0.gate.reset();
        self.emit(Event::Reset);
    }

    /// Adds `count` tickets made from patterns.
    pub fn seed_more(&self, count: usize) {
        let now = self.now();
        seed::more_tickets(&mut self.write(), now, count);
    }

    pub(crate) async fn shut_down(&self) {
        self.0.stopping.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The right to write the state file.
    pub(crate) fn saving(&self) -> MutexGuard<'_, ()> {
        self.0.saving.lock()
    }

    /// Whether something was written since the last call.
    pub(crate) fn take_dirty(&self) -> bool {
        self.0.dirty.swap(false, Ordering::AcqRel)
    }
}

// The one client for calls to the outside. The sandbox stands on the ground: it has no other crate's client to use.
#[allow(clippy::disallowed_methods)]
fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    // Fails only when the process already has a provider, which is then as good as ours.
    let _already_there = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()
}
