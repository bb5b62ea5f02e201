use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use accounts::vault::Keyring;
use accounts::{Accounts, ZendeskConfig};
use jobs::{Summary, Worker, WorkerOptions};
use kit::{App, Platform, package};
use parking_lot::Mutex;
use sandbox::control::Control;
use sandbox::{Config, Sandbox};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Map;
use store::testing::TestDb;
use store::{AccountId, Backend, Db, SeededRandom, Time, sql};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;
use web::Web;
use zendesk::oauth::Lifetimes;
use zendesk::{Http, HttpConfig};

use crate::leftovers::Expected;

/// How a test differs from the usual one.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The account's name in its Zendesk.
    pub subdomain: String,
    /// Tickets of the sandbox: the first 40 are written by hand, the others made from patterns.
    pub tickets: usize,
    /// On the machine's clock, for tests with further processes.
    pub live: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { subdomain: "acme".to_owned(), tickets: 40, live: false }
    }
}

/// A server with apps, its database, and the Zendesk in which the apps are installed. The worker runs when the test says so.
#[derive(Debug)]
pub struct TestApp {
    pub(crate) test: Arc<TestDb>,
    live: bool,
    pub sandbox: Sandbox,
    pub platform: Platform,
    /// Where the server listens; ends with a slash.
    pub url: Url,
    /// The browser of everybody.
    pub(crate) http: reqwest::Client,
    /// Installation id by app.
    pub(crate) installations: HashMap<&'static str, u64>,
    pub(crate) expected: Mutex<Expected>,
    closing: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl TestApp {
    /// A server with `apps`, installed in the sandbox's account and not yet authorised.
    pub async fn start(backend: Backend, apps: Vec<App>) -> Self {
        Self::start_with(backend, apps, Setup::default()).await
    }

    pub async fn start_with(backend: Backend, apps: Vec<App>, setup: Setup) -> Self {
        let migrations = Platform::migrations(&apps);
        let test = match setup.live {
            true => TestDb::create_live(backend, &migrations).await,
            false => TestDb::create(backend, &migrations).await,
        };
        Self::on(Arc::new(test), apps, setup).await
    }

    /// A further account on the same database and the same clock, with a Zendesk of its own.
    pub async fn other_account(&self, subdomain: &str, apps: Vec<App>) -> Self {
        let setup = Setup { subdomain: subdomain.to_owned(), live: self.live, ..Setup::default() };
        Self::on(self.test.clone(), apps, setup).await
    }

    async fn on(test: Arc<TestDb>, apps: Vec<App>, setup: Setup) -> Self {
        let validate_answers = std::env::var_os("ZENDESK_OAS").map(Into::into);
        let config = Config { validate_answers, seed_tickets: setup.tickets, ..Config::default() };
        let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
        sandbox.shared().write().account.subdomain = setup.subdomain;
        let control = sandbox.control();
        if !setup.live {
            control.freeze(true);
            control.set_clock(test.db.clock().now().timestamp());
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("its address");
        let url = Url::parse(&format!("http://{addr}/")).expect("an address");
        let platform = platform(test.db.clone(), apps, sandbox.url(), &url);
        let sdk_url =
            Url::parse(&format!("{}/sandbox/sdk/zaf_sdk.min.js", sandbox.url())).expect("an address");
        let (closing, closed) = watch::channel(false);
        let router = Web::new(platform.clone(), sdk_url, None, closed.clone()).router();
        let server = tokio::spawn(async move {
            let mut closed = closed;
            let ended = async move { drop(closed.wait_for(|closing| *closing).await) };
            axum::serve(listener, router).with_graceful_shutdown(ended).await.expect("the server serves");
        });
        let mut installations = HashMap::new();
        for app in platform.apps() {
            let zip = package(app, &url).expect("a package");
            let settings = Map::from_iter([("name".to_owned(), app.name.into())]);
            let installed = control.install_package(&zip, settings).await.expect("Zendesk takes the package");
            installations.insert(app.id, installed.id);
        }
        let http = sandbox.shared().http().clone();
        let expected = Mutex::default();
        let live = setup.live;
        Self { test, live, sandbox, platform, url, http, installations, expected, closing, server }
    }

    /// Objects to what was left, and removes everything.
    pub async fn finish(self) {
        self.check_leftovers().await;
        self.closing.send_replace(true);
        self.server.await.expect("the server ends");
        self.sandbox.stop().await.expect("the sandbox ends");
        drop(self.platform);
        if let Some(test) = Arc::into_inner(self.test) {
            test.remove().await;
        }
    }

    /// The app of tests that have one.
    pub(crate) fn app(&self) -> &App {
        self.platform.apps().first().expect("an app")
    }

    pub fn db(&self) -> &Db {
        &self.test.db
    }

    /// For processes that share this database.
    pub fn database_url(&self) -> &str {
        &self.test.database.url
    }

    pub fn control(&self) -> Control {
        self.sandbox.control()
    }

    /// The moment it is, for the server and for its Zendesk.
    pub fn now(&self) -> Time {
        self.db().clock().now()
    }

    /// `now` plus that many minutes, as RFC 3339.
    pub fn in_minutes(&self, minutes: i64) -> String {
        self.now().plus(jiff::SignedDuration::from_mins(minutes)).to_string()
    }

    /// Moves the server's and Zendesk's clock. Nothing runs by that: see [`TestApp::run_jobs`].
    pub fn advance(&self, by: Duration) {
        assert!(!self.live, "the machine's clock cannot be moved");
        self.test.clock.advance(by);
        self.follow_clock();
    }

    /// Sets this account's Zendesk to the clock, which another account's test has moved.
    pub fn follow_clock(&self) {
        self.control().set_clock(self.now().timestamp());
    }

    /// Runs what is due, and goes on until everything that concerns tickets has arrived at Zendesk: for that the clock moves
    /// by the moments that merging, Zendesk's bulk jobs and waiting for them take.
    pub async fn run_jobs(&self) -> Summary {
        self.follow_clock();
        self.zendesk_settles().await;
        let worker = Worker::new(self.db().clone(), self.platform.job_registry(), WorkerOptions::default());
        let mut summary = worker.run_until_idle().await.expect("the jobs run");
        for _ in 0..200 {
            let Some(next) = self.next_delivery().await else { return summary };
            self.test.clock.set(next.max(self.now()));
            self.follow_clock();
            self.zendesk_settles().await;
            let more = worker.run_until_idle().await.expect("the jobs run");
            summary.batches += more.batches;
            summary.done += more.done;
            summary.retried += more.retried;
            summary.failed += more.failed;
            summary.parked += more.parked;
        }
        panic!("ticket changes or notifications do not arrive; waiting: {:?}", self.waiting().await);
    }

    /// When what is on its way to Zendesk goes on.
    pub(crate) async fn next_delivery(&self) -> Option<Time> {
        let mut tx = self.db().system_read().await.expect("a transaction");
        let query = sql("SELECT MIN(run_at) FROM jobs WHERE name LIKE 'tickets.%' AND run_at IS NOT NULL");
        tx.maybe::<(Option<Time>,)>(query).await.expect("an answer").and_then(|(next,)| next)
    }

    /// Name, key, state and reason of every job in the queue.
    pub async fn waiting(&self) -> Vec<(String, Option<String>, Option<Time>, String)> {
        let mut tx = self.db().system_read().await.expect("a transaction");
        tx.all(sql("SELECT name, key, run_at, reason FROM jobs ORDER BY run_at, id")).await.expect("the jobs")
    }

    /// The account of this sandbox, once it was authorised.
    pub async fn account(&self) -> AccountId {
        let subdomain = self.sandbox.shared().read().account.subdomain.clone();
        let mut tx = self.db().system_read().await.expect("a transaction");
        let account = accounts::account::find_by_subdomain(&mut tx, &subdomain).await.expect("an answer");
        account.expect("no administrator has authorised").account_id
    }

    /// The server's keys, for processes that share its database.
    pub fn secret_key() -> SecretString {
        Keyring::generate("test", &SeededRandom::new(4))
    }
}

fn platform(db: Db, apps: Vec<App>, zendesk_url: &str, public_url: &Url) -> Platform {
    let http = Http::new(&HttpConfig::default()).expect("a transport");
    let keys = Keyring::parse(TestApp::secret_key().expose_secret()).expect("keys");
    let config = ZendeskConfig {
        url_template: zendesk_url.to_owned(),
        oauth: zendesk::oauth::Client {
            client_id: "demo_client".into(),
            secret: Some("demo-secret".into()),
            redirect_uri: public_url.join("oauth/callback").expect("an address").to_string(),
            lifetimes: Lifetimes::default(),
        },
        app_ids: HashMap::new(),
    };
    Platform::new(Accounts::new(db, http, keys, config), apps, public_url.clone())
}
