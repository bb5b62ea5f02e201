//! What the tests share: a sandbox with an installed app, a server on the test's database, and browsers.

use std::io::{Cursor, Write as _};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use accounts::authorization::{self, Status};
use accounts::session::Session;
use accounts::vault::Keyring;
use accounts::{Accounts, GrantError, Granted, Opened, OpeningError, Urgency, ZendeskConfig};
use jobs::{Registry, Summary, Worker, WorkerOptions};
use sandbox::apps::launch::Launch;
use sandbox::gate::faults::Fault;
use sandbox::oauth::ClientSeed;
use sandbox::{Config, Sandbox};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use store::testing::TestDb;
use store::{AccountId, Clock, Db, Migration, SeededRandom, Statement, SystemTx, sql};
use url::Url;
use zendesk::oauth::Lifetimes;
use zendesk::{AccessList, Http, HttpConfig, Resource, Verb};
use zip::write::{SimpleFileOptions, ZipWriter};

pub(crate) const ADMIN: &str = "admin@acme.test";
pub(crate) const SECOND_ADMIN: &str = "second.admin@acme.test";
pub(crate) const AGENT: &str = "maya@acme.test";
pub(crate) const APP: &str = "deadline";
pub(crate) const TOKENS: &str = "POST /oauth/tokens";
pub(crate) const ME: &str = "GET /api/v2/users/me";
pub(crate) const CLIENT_SECRET: &str = "the-client-secret-of-the-test";
const CLIENT: &str = "aerie_test";

static MIGRATIONS: LazyLock<Vec<Migration>> =
    LazyLock::new(|| [jobs::MIGRATIONS, accounts::MIGRATIONS].concat());

pub(crate) fn migrations() -> &'static [Migration] {
    &MIGRATIONS
}

/// The keys of the server, the same for all its nodes.
pub(crate) fn key_file() -> SecretString {
    Keyring::generate("k1", &SeededRandom::new(4))
}

pub(crate) fn zendesk_config(url: &str) -> ZendeskConfig {
    ZendeskConfig {
        url_template: url.to_owned(),
        oauth: zendesk::oauth::Client {
            client_id: CLIENT.into(),
            secret: Some(CLIENT_SECRET.into()),
            redirect_uri: "http://127.0.0.1:3000/oauth/callback".into(),
            lifetimes: Lifetimes::default(),
        },
        app_ids: Default::default(),
    }
}

/// A server before a Zendesk in which one app of ours is installed.
pub(crate) struct Scene<'t> {
    pub(crate) test: &'t TestDb,
    pub(crate) sandbox: Sandbox,
    pub(crate) accounts: Accounts,
    pub(crate) installation_id: u64,
    pub(crate) app_id: u64,
}

impl<'t> Scene<'t> {
    pub(crate) async fn start(test: &'t TestDb) -> Self {
        Self::tenant(test, "acme").await
    }

    /// The same server before another account's Zendesk.
    pub(crate) async fn tenant(test: &'t TestDb, subdomain: &str) -> Self {
        let validate_answers = std::env::var_os("ZENDESK_OAS").map(Into::into);
        let config = Config { validate_answers, ..Config::default() };
        let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
        sandbox.control().freeze(true);
        sandbox.control().set_clock(test.clock.now().timestamp());
        sandbox.shared().write().account.subdomain = subdomain.to_owned();
        let client =
            ClientSeed { identifier: CLIENT, secret: CLIENT_SECRET, name: "Aerie", loopback_redirects: true };
        sandbox::oauth::add_client(&mut sandbox.shared().write(), client);
        let accounts = server(&test.db, sandbox.url());
        let (installation_id, app_id) = install(&sandbox).await;
        Self { test, sandbox, accounts, installation_id, app_id }
    }

    /// A further node of the same server.
    pub(crate) async fn other_node(&self) -> Accounts {
        let db = self.test.database.open(Arc::new(self.test.clock.clone())).await;
        server(&db, self.sandbox.url())
    }

    /// The same server with other settings.
    pub(crate) fn configured(&self, change: impl FnOnce(&mut ZendeskConfig)) -> Accounts {
        let mut config = zendesk_config(self.sandbox.url());
        change(&mut config);
        with_http(&self.test.db, config, &HttpConfig::default())
    }

    /// Moves the server's and Zendesk's clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.test.clock.advance(by);
        self.sandbox.control().set_clock(self.test.clock.now().timestamp());
    }

    /// What Zendesk posts when this person opens the app in the sidebar of a ticket.
    pub(crate) async fn launch_in(
        &self,
        email: &str,
        installation_id: u64,
        ticket_id: Option<u64>,
    ) -> SecretString {
        let launch =
            Launch { installation_id, location: "ticket_sidebar".into(), ticket_id, ..Launch::default() };
        self.sandbox.control().sign_launch(email, &launch).await.expect("a token").into()
    }

    pub(crate) async fn launch(&self, email: &str) -> SecretString {
        self.launch_in(email, self.installation_id, None).await
    }

    pub(crate) async fn open(&self, email: &str) -> Result<Opened, OpeningError> {
        self.accounts.open_page(APP, &self.launch(email).await).await
    }

    pub(crate) async fn session(&self, email: &str) -> Session {
        self.open(email).await.expect("the page opens").session
    }

    /// This person opens the app, presses Authorise and agrees.
    pub(crate) async fn grant(&self, email: &str) -> Result<Granted, GrantError> {
        let session = self.session(email).await;
        let url = self.accounts.start_grant(&session).await.expect("an address");
        let back = self.decide(email, &url, "allow").await;
        self.accounts.finish_grant(&back.state, back.code.as_ref()).await
    }

    /// An account that this administrator has authorised.
    pub(crate) async fn granted(test: &'t TestDb) -> (Self, AccountId) {
        let scene = Self::start(test).await;
        let granted = scene.grant(ADMIN).await.expect("a grant");
        (scene, granted.account)
    }

    /// What this person's browser does on the consent page: looks, presses a button, is sent back.
    pub(crate) async fn decide(&self, email: &str, url: &str, decision: &str) -> Back {
        let cookie = self.sign_in(email).await;
        let http = self.sandbox.shared().http();
        let page = http.get(url).header("cookie", &cookie).send().await.expect("the consent page");
        assert_eq!(page.status(), 200);
        let page = page.text().await.expect("its text");
        let form = [
            ("authenticity_token", field(&page, "authenticity_token")),
            ("request", field(&page, "request")),
            ("decision", decision.to_owned()),
        ];
        let action = format!("{}/oauth/authorizations", self.sandbox.url());
        let answer = http.post(action).header("cookie", &cookie).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), 302);
        let location = answer.headers().get("location").expect("a redirect").to_str().expect("text");
        assert!(location.starts_with("http://127.0.0.1:3000/oauth/callback?"), "{location}");
        let query: Map<String, Value> = Url::parse(location)
            .expect("an address")
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect();
        let text = |name: &str| Some(SecretString::from(query.get(name)?.as_str()?));
        Back { state: text("state").expect("the state"), code: text("code") }
    }

    async fn sign_in(&self, email: &str) -> String {
        let url = format!("{}/sandbox/workspace/session", self.sandbox.url());
        let body = json!({"user_id": self.user_id(email)});
        let answer = self.sandbox.shared().http().post(url).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 204);
        let cookie = answer.headers().get("set-cookie").expect("a cookie").to_str().expect("text");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    pub(crate) fn user_id(&self, email: &str) -> u64 {
        self.sandbox.shared().read().user_by_email(email).expect("a person").id
    }

    /// Changes a person at Zendesk.
    pub(crate) fn person(&self, email: &str, change: impl FnOnce(&mut sandbox::model::User)) {
        let id = self.user_id(email);
        change(self.sandbox.shared().write().users.get_mut(&id).expect("a person"));
    }

    /// The access and refresh tokens that Zendesk has handed out, oldest first.
    pub(crate) fn handed_out(&self) -> Vec<(String, String)> {
        let log = self.sandbox.shared().gate().log();
        let entries = log.since(0, Some(TOKENS));
        let answers = entries.filter_map(|entry| serde_json::from_slice::<Value>(&entry.answer).ok());
        let text = |answer: &Value, name: &str| answer[name].as_str().map(str::to_owned);
        answers.filter_map(|a| Some((text(&a, "access_token")?, text(&a, "refresh_token")?))).collect()
    }

    /// Ends the newest pair of tokens at Zendesk.
    pub(crate) fn revoke_newest(&self) {
        let (access, _) = self.handed_out().pop().expect("tokens");
        let now = self.sandbox.control().now();
        let mut world = self.sandbox.shared().write();
        let id = world.oauth.by_access_token(&access, now).expect("a token that is good").id;
        assert!(world.oauth.revoke(id));
    }

    pub(crate) fn is_good_at_zendesk(&self, access_token: &str) -> bool {
        let now = self.sandbox.control().now();
        self.sandbox.shared().read().oauth.by_access_token(access_token, now).is_some()
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.sandbox.control().fault(fault).expect("a proper fault");
    }

    pub(crate) fn count(&self, route: &str) -> usize {
        self.sandbox.control().count(route)
    }

    pub(crate) async fn run_jobs(&self) -> Summary {
        let registry = accounts::register(Registry::new(), &self.accounts);
        let worker = Worker::new(self.test.db.clone(), registry, WorkerOptions::default());
        worker.run_until_idle().await.expect("the jobs run")
    }

    pub(crate) async fn status(&self, account: &AccountId) -> Status {
        let mut tx = self.test.db.read_prefer_primary(account).await.expect("a transaction");
        authorization::status(&mut tx).await.expect("the status")
    }

    /// What Zendesk keeps as the installation's account token.
    pub(crate) fn account_token(&self) -> Option<String> {
        let world = self.sandbox.shared().read();
        let installation = world.apps.installations.get(&self.installation_id).expect("the installation");
        installation.settings.get(accounts::TOKEN_SETTING)?.as_str().map(str::to_owned)
    }

    /// Fails if the sandbox has answered otherwise than Zendesk's description says (looked at where `ZENDESK_OAS` names it).
    pub(crate) async fn check_answers(&self) {
        let url = format!("{}/sandbox/oas_violations", self.sandbox.url());
        let answer = self.sandbox.shared().http().get(url).send().await.expect("an answer");
        let found: Value = answer.json().await.expect("JSON");
        assert_eq!(found["violations"], json!([]));
    }

    /// One number out of the database.
    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        let mut tx = self.test.db.system_read().await.expect("a transaction");
        let row: Option<(i64,)> = tx.maybe(sql(query)).await.expect("an answer");
        row.expect("a row").0
    }
}

/// With what the browser comes back from the consent page.
#[derive(Debug)]
pub(crate) struct Back {
    pub(crate) state: SecretString,
    pub(crate) code: Option<SecretString>,
}

fn server(db: &Db, url: &str) -> Accounts {
    with_http(db, zendesk_config(url), &HttpConfig::default())
}

pub(crate) fn with_http(db: &Db, config: ZendeskConfig, http: &HttpConfig) -> Accounts {
    let http = Http::new(http).expect("a transport");
    let keys = Keyring::parse(key_file().expose_secret()).expect("keys");
    Accounts::new(db.clone(), http, keys, config)
}

/// Who the server is to Zendesk: the smallest call there is.
pub(crate) async fn who_am_i(accounts: &Accounts, account: &AccountId) -> accounts::Result<i64> {
    who_am_i_as(accounts, account, Urgency::Interactive).await
}

pub(crate) async fn who_am_i_as(
    accounts: &Accounts,
    account: &AccountId,
    urgency: Urgency,
) -> accounts::Result<i64> {
    let call = |client: zendesk::Client| async move { Ok(client.users().me().await?.id) };
    accounts.call(account, &AccessList::none(), urgency, call).await
}

pub(crate) fn may_read_users() -> AccessList {
    AccessList::none().with(Resource::Users, Verb::Read)
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Looks until `done`, for ten seconds at most.
pub(crate) async fn eventually(what: &str, done: impl Fn() -> bool) {
    let look = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(seconds(10), look).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// What follows `name="…" value="` in a page.
fn field(page: &str, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&marker).unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split_once('"').expect("a value").0.replace("&amp;", "&")
}

/// Installs a further app as ours is; installation id and app id.
pub(crate) async fn install(sandbox: &Sandbox) -> (u64, u64) {
    let installed = sandbox.control().install_package(&package(), Map::new()).await.expect("installed");
    (installed.id, installed.app_id)
}

/// The smallest package that Zendesk takes: one signed page and the secure setting for the account token.
fn package() -> Vec<u8> {
    let manifest = json!({
        "name": "Deadline",
        "author": {"name": "Somebody", "email": "somebody@example.test"},
        "defaultLocale": "en",
        "private": true,
        "version": "1.0.0",
        "frameworkVersion": "2.0",
        "signedUrls": true,
        "location": {"support": {"ticket_sidebar": "https://apps.example.test/apps/deadline/pages/sidebar"}},
        "parameters": [
            {"name": accounts::TOKEN_SETTING, "type": "hidden", "required": false, "secure": true, "scopes": ["header"]},
        ],
    });
    let translation = json!({"app": {
        "name": "Deadline", "parameters": {accounts::TOKEN_SETTING: {"label": "Account token"}},
    }});
    let files = [
        ("manifest.json", manifest.to_string().into_bytes()),
        ("translations/en.json", translation.to_string().into_bytes()),
        ("assets/logo.png", png(320)),
        ("assets/logo-small.png", png(128)),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(path, SimpleFileOptions::default()).expect("a file in a zip");
        writer.write_all(&bytes).expect("bytes in a zip");
    }
    writer.finish().expect("a zip").into_inner()
}

/// The smallest PNG header that says how large it is.
fn png(side: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(side.to_be_bytes());
    bytes.extend(side.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

/// Every row of every table, as text.
pub(crate) async fn everything_stored(db: &Db) -> String {
    let mut tx = db.system_read().await.expect("a transaction");
    let tables = store::sql2(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()",
        "SELECT name FROM sqlite_master WHERE type = 'table'",
    );
    let mut all = String::new();
    for table in texts(&mut tx, tables).await {
        let query = match db.backend() {
            store::Backend::Postgres => format!("SELECT row_to_json(t)::text FROM \"{table}\" t"),
            store::Backend::Sqlite => {
                let columns =
                    texts(&mut tx, leaked(format!("SELECT name FROM pragma_table_info('{table}')"))).await;
                let columns: Vec<String> =
                    columns.iter().map(|c| format!("COALESCE(CAST(\"{c}\" AS TEXT), '')")).collect();
                format!("SELECT {} FROM \"{table}\"", columns.join(" || '|' || "))
            }
        };
        for row in texts(&mut tx, leaked(query)).await {
            all.push_str(&format!("{table}: {row}\n"));
        }
    }
    all
}

/// Statements are literals of the program; a test that reads every table there is has to make them.
fn leaked(query: String) -> Statement {
    sql(query.leak())
}

async fn texts(tx: &mut SystemTx, query: Statement) -> Vec<String> {
    let rows: Vec<(String,)> = tx.all(query).await.expect("rows");
    rows.into_iter().map(|(text,)| text).collect()
}
