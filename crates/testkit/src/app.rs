use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use accounts::session::Session;
use accounts::vault::Keyring;
use accounts::{Accounts, ZendeskConfig};
use jiff::SignedDuration;
use jobs::{Worker, WorkerOptions};
use kit::{App, Platform, Urgency, package};
use parking_lot::Mutex;
use sandbox::control::Control;
use sandbox::model::JobState;
use sandbox::{Config, Sandbox, Shared};
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

use crate::browser;
use crate::leftovers::Expected;
use crate::page::Page;

/// How a test differs from the usual one.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Tickets of the sandbox: the first 40 are written by hand, the others made from patterns.
    pub tickets: usize,
    /// On the machine's clock, for tests with further processes.
    pub live: bool,
    /// How long the server waits for Zendesk.
    pub zendesk_timeout: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self { tickets: 40, live: false, zendesk_timeout: HttpConfig::default().timeout }
    }
}

/// A server with apps, and an account's Zendesk in which they are installed. The worker runs when the test says so.
#[derive(Debug)]
pub struct TestApp {
    pub(crate) server: Arc<Server>,
    pub sandbox: Sandbox,
    /// Installation id by app.
    pub(crate) installations: HashMap<&'static str, u64>,
    pub(crate) expected: Mutex<Expected>,
    /// Where browsers go.
    url: Mutex<Url>,
}

/// What all accounts of a test share.
#[derive(Debug)]
pub(crate) struct Server {
    test: TestDb,
    live: bool,
    pub(crate) platform: Platform,
    /// Where it listens; ends with a slash.
    url: Url,
    /// The browser of everybody.
    pub(crate) http: reqwest::Client,
    /// The Zendesk of each account.
    zendesks: Mutex<Vec<Shared>>,
    closing: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// Where accounts live. Each has a sandbox of its own on this machine, so an account's subdomain is its sandbox's port.
const ZENDESK_URL: &str = "http://127.0.0.1:{subdomain}";

impl TestApp {
    /// A server with `apps`, installed in the sandbox's account and not yet authorised.
    pub async fn start(backend: Backend, apps: Vec<App>) -> Self {
        Self::start_with(backend, apps, Setup::default()).await
    }

    pub async fn start_with(backend: Backend, apps: Vec<App>, setup: Setup) -> Self {
        let server = Server::start(backend, apps, &setup).await;
        Self::join(Arc::new(server), setup.tickets).await
    }

    /// A further account of the same server, with a Zendesk of its own.
    pub async fn other_account(&self) -> Self {
        Self::join(self.server.clone(), Setup::default().tickets).await
    }

    async fn join(server: Arc<Server>, tickets: usize) -> Self {
        let validate_answers = std::env::var_os("ZENDESK_OAS").map(Into::into);
        let config = Config { validate_answers, seed_tickets: tickets, ..Config::default() };
        let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
        sandbox.shared().write().account.subdomain = sandbox.addr().port().to_string();
        let control = sandbox.control();
        if !server.live {
            control.freeze(true);
            server.zendesks.lock().push(sandbox.shared().clone());
            server.zendesks_follow();
        }
        let mut installations = HashMap::new();
        for app in server.platform.apps() {
            let zip = package(app, &server.url).expect("a package");
            let settings = Map::from_iter([("name".to_owned(), app.name.into())]);
            let installed = control.install_package(&zip, settings).await.expect("Zendesk takes the package");
            installations.insert(app.id, installed.id);
        }
        let url = Mutex::new(server.url.clone());
        Self { server, sandbox, installations, expected: Mutex::default(), url }
    }

    /// Objects to what was left, and removes everything. Of several accounts the one that is finished last ends the server.
    pub async fn finish(self) {
        self.check_leftovers().await;
        self.sandbox.stop().await.expect("the sandbox ends");
        if let Some(server) = Arc::into_inner(self.server) {
            server.closing.send_replace(true);
            server.serving.await.expect("the server ends");
            drop(server.platform);
            server.test.remove().await;
        }
    }

    /// The app of tests that have one.
    pub(crate) fn app(&self) -> &App {
        self.server.platform.apps().first().expect("an app")
    }

    pub fn platform(&self) -> &Platform {
        &self.server.platform
    }

    /// Where browsers go; ends with a slash.
    pub fn url(&self) -> Url {
        self.url.lock().clone()
    }

    /// From now on browsers go to a server of another process, on the same database.
    pub fn go_to(&self, url: Url) {
        *self.url.lock() = url;
    }

    pub fn db(&self) -> &Db {
        &self.server.test.db
    }

    /// For processes that share this database.
    pub fn database_url(&self) -> &str {
        &self.server.test.database.url
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
        self.now().plus(SignedDuration::from_mins(minutes)).to_string()
    }

    /// Moves the server's and every Zendesk's clock. Nothing runs by that: see [`TestApp::run_jobs`].
    pub fn advance(&self, by: Duration) {
        assert!(!self.server.live, "the machine's clock cannot be moved");
        self.server.test.clock.advance(by);
        self.server.zendesks_follow();
    }

    /// Runs what is due, and goes on until everything that concerns tickets has arrived at Zendesk: for that the clock moves
    /// by the moments that merging, Zendesk's bulk jobs and waiting for them take.
    pub async fn run_jobs(&self) {
        self.server.zendesks_settle().await;
        let options = WorkerOptions::default();
        let worker = Worker::new(self.db().clone(), self.platform().job_registry(), options);
        for _ in 0..200 {
            worker.run_until_idle().await.expect("the jobs run");
            let Some(next) = self.next_delivery().await else { return };
            self.wait_until(next).await;
        }
        panic!("ticket changes or notifications do not arrive; waiting: {:?}", self.waiting().await);
    }

    /// Lets so much time pass, with a worker that is awake: the clock goes from one due job to the next.
    pub async fn pass(&self, time: Duration) {
        let end = self.now().plus(SignedDuration::try_from(time).expect("a time"));
        let worker = Worker::new(self.db().clone(), self.platform().job_registry(), WorkerOptions::default());
        loop {
            worker.run_until_idle().await.expect("the jobs run");
            match self.next_due("%").await.filter(|next| *next <= end) {
                Some(next) => self.wait_until(next).await,
                None => return self.wait_until(end).await,
            }
        }
    }

    async fn wait_until(&self, moment: Time) {
        if self.server.live {
            return self.db().clock().sleep_until(moment).await;
        }
        self.server.test.clock.set(moment.max(self.now()));
        self.server.zendesks_follow();
        self.server.zendesks_settle().await;
    }

    /// Lets the server know these tickets, a hundred a call, as if somebody had looked at them just now.
    pub async fn warm_mirror(&self, tickets: &[i64]) {
        let zendesk = self.platform().zendesk(self.app().id, &self.account().await);
        zendesk.tickets(tickets, SignedDuration::ZERO, Urgency::Interactive).await.expect("the tickets");
    }

    /// When what is on its way to Zendesk goes on.
    pub async fn next_delivery(&self) -> Option<Time> {
        self.next_due("tickets.%").await
    }

    /// When the next job with such a name is due.
    async fn next_due(&self, names: &str) -> Option<Time> {
        let mut tx = self.db().system_read().await.expect("a transaction");
        let query = sql("SELECT MIN(run_at) FROM jobs WHERE name LIKE $1 AND run_at IS NOT NULL").bind(names);
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

    /// Whom a page's session stands for.
    pub fn session_of(&self, page: &Page) -> Session {
        self.platform().accounts().session(&SecretString::from(page.token.clone())).expect("a session")
    }

    /// The token of a session, signed by this server.
    pub fn signed_session(&self, session: &Session) -> String {
        session.to_token(self.platform().accounts().keys()).expect("a token").expose_secret().to_owned()
    }

    /// The server's keys, for processes that share its database.
    pub fn secret_key() -> SecretString {
        Keyring::generate("test", &SeededRandom::new(4))
    }
}

impl Server {
    async fn start(backend: Backend, apps: Vec<App>, setup: &Setup) -> Self {
        let live = setup.live;
        let migrations = Platform::migrations(&apps);
        let test = match live {
            true => TestDb::create_live(backend, &migrations).await,
            false => TestDb::create(backend, &migrations).await,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let url = Url::parse(&url).expect("an address");
        let platform = platform(test.db.clone(), apps, &url, setup.zendesk_timeout);
        let sdk_url = url.join("no-sdk-in-tests.js").expect("an address");
        let (closing, closed) = watch::channel(false);
        let router = Web::new(platform.clone(), sdk_url, None, closed.clone()).router();
        let serving = tokio::spawn(async move {
            let mut closed = closed;
            let ended = async move { drop(closed.wait_for(|closing| *closing).await) };
            axum::serve(listener, router).with_graceful_shutdown(ended).await.expect("the server serves");
        });
        let http = browser::http();
        let zendesks = Mutex::default();
        Self { test, live, platform, url, http, zendesks, closing, serving }
    }

    fn zendesks_follow(&self) {
        let now = self.test.db.clock().now().timestamp();
        for zendesk in self.zendesks.lock().iter() {
            zendesk.clock().set(now);
        }
    }

    /// Waits until every Zendesk has done the bulk jobs whose time has come.
    async fn zendesks_settle(&self) {
        let zendesks = self.zendesks.lock().clone();
        let settled = async {
            while zendesks.iter().any(has_due_bulk_job) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), settled).await.expect("Zendesk's bulk jobs end");
    }
}

fn has_due_bulk_job(zendesk: &Shared) -> bool {
    let now = zendesk.now();
    let world = zendesk.read();
    let delay = Duration::from_millis(world.settings.job_delay_ms);
    let mut open =
        world.jobs.values().filter(|job| matches!(job.status, JobState::Queued | JobState::Working));
    open.any(|job| job.created_at + delay <= now)
}

fn platform(db: Db, apps: Vec<App>, public_url: &Url, timeout: Duration) -> Platform {
    let http = Http::new(&HttpConfig { timeout, ..HttpConfig::default() }).expect("a transport");
    let keys = Keyring::parse(TestApp::secret_key().expose_secret()).expect("keys");
    let config = ZendeskConfig {
        url_template: ZENDESK_URL.to_owned(),
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
