use std::collections::HashMap;
use std::sync::Arc;

use accounts::{Accounts, Urgency};
use jiff::SignedDuration;
use store::{AccountId, Db, Migration};
use tickets::AppAccess;
use tickets::mirror::TicketState;
use url::Url;
use zendesk::{AccessList, Client};

use crate::app::App;

/// Everything that runs: the database, the accounts, the apps. Cheap to clone; the state of every route.
#[derive(Debug, Clone)]
pub struct Platform(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accounts: Accounts,
    apps: Vec<App>,
    access: AppAccess,
    public_url: Url,
}

impl Platform {
    pub fn new(accounts: Accounts, apps: Vec<App>, public_url: Url) -> Self {
        let access: HashMap<String, AccessList> =
            apps.iter().map(|app| (app.id.to_owned(), app.access_list())).collect();
        let access = Arc::new(access);
        Self(Arc::new(Inner { accounts, apps, access, public_url }))
    }

    /// All tables: the platform's own and those of `apps`, in the order in which they are made.
    pub fn migrations(apps: &[App]) -> Vec<Migration> {
        [jobs::MIGRATIONS, accounts::MIGRATIONS, tickets::MIGRATIONS, crate::MIGRATIONS]
            .into_iter()
            .chain(apps.iter().map(|app| app.migrations))
            .flatten()
            .copied()
            .collect()
    }

    /// What a worker runs.
    pub fn job_registry(&self) -> jobs::Registry {
        let registry = accounts::register(jobs::Registry::new(), &self.0.accounts);
        let mut registry = tickets::register(registry, &self.0.accounts, &self.0.access);
        for job in self.0.apps.iter().flat_map(|app| &app.jobs) {
            registry = job(registry, self);
        }
        registry
    }

    pub fn db(&self) -> &Db {
        self.0.accounts.db()
    }

    pub fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    pub fn apps(&self) -> &[App] {
        &self.0.apps
    }

    pub fn app(&self, id: &str) -> Option<&App> {
        self.0.apps.iter().find(|app| app.id == id)
    }

    /// Where this server is reached from outside. Ends with a slash.
    pub fn public_url(&self) -> &Url {
        &self.0.public_url
    }

    /// Zendesk as one app of one account may use it.
    pub fn zendesk(&self, app: &'static str, account: &AccountId) -> AppZendesk {
        AppZendesk { platform: self.clone(), app, account: account.clone() }
    }

    fn access(&self, app: &str) -> AccessList {
        self.0.access.get(app).cloned().unwrap_or_default()
    }
}

/// Zendesk as one app of one account may use it: what the app did not declare is refused.
#[derive(Debug, Clone)]
pub struct AppZendesk {
    platform: Platform,
    app: &'static str,
    account: AccountId,
}

impl AppZendesk {
    /// Makes calls; see [`Accounts::call`].
    pub async fn call<T, F, Fut>(&self, urgency: Urgency, call: F) -> Result<T, accounts::Error>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, zendesk::Error>>,
    {
        let access = self.platform.access(self.app);
        self.platform.accounts().call(&self.account, &access, urgency, call).await
    }

    /// The state of tickets, not older than `max_age`: from the mirror, the others in as few calls as possible. A ticket
    /// that Zendesk does not know is missing in the answer.
    pub async fn tickets(
        &self,
        ids: &[i64],
        max_age: SignedDuration,
        urgency: Urgency,
    ) -> Result<HashMap<i64, TicketState>, accounts::Error> {
        let access = self.platform.access(self.app);
        tickets::mirror::facts(self.platform.accounts(), &self.account, &access, ids, max_age, urgency).await
    }
}
