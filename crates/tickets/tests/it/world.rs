//! An account whose administrator has authorised, and a worker that does what is due.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use accounts::session::Session;
use accounts::vault::Keyring;
use accounts::{Accounts, ZendeskConfig};
use jobs::{Registry, Worker, WorkerOptions};
use secrecy::{ExposeSecret, SecretString};
use store::testing::TestDb;
use store::{AccountId, Migration, OsRandom, Time, sql};
use tickets::activity::{self, Entry, Filter};
use tickets::{AppAccess, Cause, TicketChange};
use zendesk::{AccessList, Http, HttpConfig, Resource, Verb};

use crate::desk::Desk;

pub(crate) static MIGRATIONS: LazyLock<Vec<Migration>> =
    LazyLock::new(|| [jobs::MIGRATIONS, accounts::MIGRATIONS, tickets::MIGRATIONS].concat());

pub(crate) struct World<'a> {
    pub(crate) test: &'a TestDb,
    pub(crate) accounts: Accounts,
    pub(crate) account: AccountId,
    pub(crate) desk: Desk,
    access: AppAccess,
}

impl<'a> World<'a> {
    pub(crate) async fn new(test: &'a TestDb) -> Self {
        Self::with(test, "acme", Duration::from_secs(20)).await
    }

    pub(crate) async fn new_account(test: &'a TestDb, subdomain: &str) -> Self {
        Self::with(test, subdomain, Duration::from_secs(20)).await
    }

    pub(crate) async fn with_timeout(test: &'a TestDb, timeout: Duration) -> Self {
        Self::with(test, "acme", timeout).await
    }

    async fn with(test: &'a TestDb, subdomain: &str, timeout: Duration) -> Self {
        let desk = Desk::start().await;
        let http = Http::new(&HttpConfig { timeout, ..HttpConfig::default() }).unwrap();
        let keys = Keyring::parse(Keyring::generate("a", &OsRandom).expose_secret()).unwrap();
        let config = ZendeskConfig {
            url_template: desk.url(),
            oauth: zendesk::oauth::Client {
                client_id: "client".into(),
                secret: Some(SecretString::from("secret")),
                redirect_uri: "http://127.0.0.1/callback".into(),
                lifetimes: zendesk::oauth::Lifetimes::default(),
            },
            app_ids: HashMap::new(),
        };
        let accounts = Accounts::new(test.db.clone(), http, keys, config);
        let account = authorised_account(&accounts, subdomain).await;
        let declared = AccessList::none()
            .with(Resource::Tickets, Verb::Read)
            .with(Resource::Tickets, Verb::Update)
            .with(Resource::Users, Verb::Read)
            .with(Resource::AppNotify, Verb::Create);
        desk.with(|desk| desk.calls.clear());
        let pop_ups = AccessList::none().with(Resource::AppNotify, Verb::Create);
        let access = [
            ("deadline", declared.clone()),
            ("tasks", declared),
            ("reminders", pop_ups),
            ("gif", AccessList::none()),
        ];
        let access = Arc::new(access.map(|(app, list)| (app.to_owned(), list)).into());
        Self { test, accounts, account, desk, access }
    }

    pub(crate) fn declared(&self) -> &AccessList {
        &self.access["deadline"]
    }

    pub(crate) fn worker(&self) -> Worker {
        let registry = tickets::register(Registry::new(), &self.accounts, &self.access);
        Worker::new(self.test.db.clone(), registry, WorkerOptions::default())
    }

    pub(crate) fn now(&self) -> Time {
        self.test.db.clock().now()
    }

    pub(crate) async fn state(&self, changes: impl IntoIterator<Item = TicketChange>) {
        self.state_as("deadline", changes).await;
    }

    pub(crate) async fn state_as(&self, app: &str, changes: impl IntoIterator<Item = TicketChange>) {
        let mut tx = self.test.db.write(&self.account).await.unwrap();
        tickets::state_many(&mut tx, app, &Cause::Timer, changes.into_iter().collect()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Does what is due now.
    pub(crate) async fn run(&self) {
        self.worker().run_until_idle().await.unwrap();
    }

    /// When the next job is due.
    pub(crate) async fn next_due(&self) -> Option<Time> {
        let mut tx = self.test.db.system_read().await.unwrap();
        let query = sql("SELECT MIN(run_at) FROM jobs WHERE run_at IS NOT NULL");
        tx.maybe::<(Option<Time>,)>(query).await.unwrap().unwrap().0
    }

    /// Moves the clock from one due job to the next, for so long at most, until there is none.
    pub(crate) async fn run_for(&self, time: Duration) {
        let end = self.now().plus(time.try_into().unwrap());
        self.run().await;
        while let Some(next) = self.next_due().await.filter(|next| *next <= end) {
            self.test.clock.set(next.max(self.now()));
            self.run().await;
        }
        self.test.clock.set(end);
    }

    /// Runs until nothing is left to do, which takes minutes at most.
    pub(crate) async fn settle(&self) {
        self.run_for(Duration::from_secs(3600)).await;
        assert_eq!(self.waiting().await, 0, "changes were left");
        assert_eq!(self.next_due().await, None, "jobs were left");
    }

    pub(crate) async fn waiting(&self) -> i64 {
        let mut tx = self.test.db.read_prefer_primary(&self.account).await.unwrap();
        let query = sql("SELECT count(*) FROM ticket_changes WHERE account_id = $1");
        tx.one::<(i64,)>(query).await.unwrap().0
    }

    /// Activity, oldest first.
    pub(crate) async fn lines(&self) -> Vec<Entry> {
        let mut tx = self.test.db.read_prefer_primary(&self.account).await.unwrap();
        let filter = Filter { limit: 200, ..Filter::default() };
        let mut entries = activity::list(&mut tx, &filter).await.unwrap().entries;
        entries.reverse();
        entries
    }

    /// `(ticket, result, code)` of each line.
    pub(crate) async fn results(&self) -> Vec<(i64, &'static str, String)> {
        let line = |entry: Entry| {
            (entry.ticket_id.unwrap_or(0), entry.progress.as_str(), entry.result_code.unwrap_or_default())
        };
        self.lines().await.into_iter().map(line).collect()
    }

    /// The authorization is lost, as the gateway would note it.
    pub(crate) async fn lose_authorization(&self) {
        let mut tx = self.test.db.write(&self.account).await.unwrap();
        let update =
            sql("UPDATE authorizations SET lost_at = $2, lost_reason = 'revoked' WHERE account_id = $1");
        let now = tx.now();
        tx.execute(update.bind(now)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An administrator authorises again.
    pub(crate) async fn authorise(&self) {
        let mut tx = self.test.db.write(&self.account).await.unwrap();
        let update =
            sql("UPDATE authorizations SET lost_at = NULL, lost_reason = NULL WHERE account_id = $1");
        tx.execute(update).await.unwrap();
        jobs::unpark(&mut tx, None).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// As an administrator does it: to the consent page and back.
async fn authorised_account(accounts: &Accounts, subdomain: &str) -> AccountId {
    let session = Session {
        subdomain: subdomain.to_owned(),
        app: "deadline".into(),
        app_id: 70,
        installation_id: 7,
        agent_id: 1,
        expires_at: accounts.db().clock().now().plus(jiff::SignedDuration::from_hours(1)),
    };
    let consent = accounts.start_grant(&session).await.unwrap();
    let (_, state) = consent.split_once("state=").unwrap();
    let state = SecretString::from(state.split('&').next().unwrap());
    let granted = accounts.finish_grant(&state, Some(&SecretString::from("code"))).await.unwrap();
    // The installation's own jobs are not ours.
    let mut tx = accounts.db().write(&granted.account).await.unwrap();
    tx.execute(sql("DELETE FROM jobs WHERE account_id = $1")).await.unwrap();
    tx.commit().await.unwrap();
    granted.account
}
