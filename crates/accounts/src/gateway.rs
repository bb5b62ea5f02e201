//! The way to an account's Zendesk: a fresh token, within the account's share, nothing but what was declared.

use std::sync::Arc;

use parking_lot::Mutex;
use std::collections::HashMap;
use store::{AccountId, Db, Time};
use zendesk::{AccessList, BaseUrl, Client, Http, RateObserver};

use crate::account::{self, Account};
use crate::authorization::{self, Refused};
use crate::budget::{Budgets, Urgency};
use crate::error::{Error, Result};
use crate::opening::PublicKeys;
use crate::vault::Keyring;

/// How this server is known to Zendesk, and where Zendesk is.
#[derive(Debug, Clone)]
pub struct ZendeskConfig {
    /// Where accounts live; `{subdomain}` is replaced. `https://{subdomain}.zendesk.com`, or a sandbox's address.
    pub url_template: String,
    pub oauth: zendesk::oauth::Client,
    /// Zendesk's id of each app, for operators who pin it: then no other app's signature opens a page. By folder name.
    pub app_ids: HashMap<String, i64>,
}

impl ZendeskConfig {
    /// `None` for what cannot be a subdomain.
    pub fn base_url(&self, subdomain: &str) -> Option<BaseUrl> {
        // Checks the form, whatever the template is.
        BaseUrl::for_subdomain(subdomain).ok()?;
        BaseUrl::parse(&self.url_template.replace("{subdomain}", subdomain)).ok()
    }
}

/// Accounts and their Zendesk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) http: Http,
    pub(crate) keys: Keyring,
    pub(crate) config: ZendeskConfig,
    budgets: Arc<Budgets>,
    pub(crate) public_keys: Mutex<PublicKeys>,
}

impl Accounts {
    pub fn new(db: Db, http: Http, keys: Keyring, config: ZendeskConfig) -> Self {
        let budgets = Arc::new(Budgets::new(db.clock().clone()));
        Self(Arc::new(Inner { db, http, keys, config, budgets, public_keys: Mutex::default() }))
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub fn keys(&self) -> &Keyring {
        &self.0.keys
    }

    pub fn config(&self) -> &ZendeskConfig {
        &self.0.config
    }

    pub fn http(&self) -> &Http {
        &self.0.http
    }

    /// Calls Zendesk on behalf of an account. `call` gets a client that refuses whatever is not in `access`.
    ///
    /// A 401 refreshes the token and calls once more; if that does not help either, or if a 403 comes because whoever
    /// authorised is no administrator any more, the authorization is marked lost, the next administrator's is used, and
    /// with none left the answer is [`Error::NotAuthorised`]. `call` may therefore run more than once; a call that Zendesk
    /// answered with 401 or 403 has done nothing.
    pub async fn call<T, F, Fut>(
        &self,
        account: &AccountId,
        access: &AccessList,
        urgency: Urgency,
        call: F,
    ) -> Result<T>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, zendesk::Error>>,
    {
        let base_url = self.base_url_of(account).await?;
        let mut refused: Option<Refused> = None;
        loop {
            if let Some(until) = self.0.budgets.wait_until(base_url.as_str(), urgency) {
                let wait = self.now().until(until).unwrap_or_default();
                return Err(Error::Throttled { until, wait });
            }
            let grant = authorization::fresh(self, account, &base_url, refused.as_ref()).await?;
            let client =
                Client::new(self.0.http.clone(), base_url.clone(), grant.access_token, access.clone())
                    .with_observer(self.0.budgets.clone());
            match call(client.clone()).await {
                Err(zendesk::Error::Unauthorized) => {
                    let again = refused.is_some_and(|before| before.id == grant.id);
                    refused = Some(Refused { id: grant.id, version: grant.version, again });
                }
                Err(zendesk::Error::Forbidden { missing_scopes })
                    if missing_scopes.is_empty()
                        && client.users().me().await.is_ok_and(|me| !me.is_active_admin()) =>
                {
                    let reason = "whoever authorised is no administrator any more";
                    authorization::lose(self, account, &grant.id, grant.version, reason).await?;
                }
                other => return Ok(other?),
            }
        }
    }

    /// A client for a token that is not stored yet, for the moment of the grant.
    pub(crate) fn client_with(&self, base_url: &BaseUrl, token: secrecy::SecretString) -> Client {
        Client::new(self.0.http.clone(), base_url.clone(), token, AccessList::all_for_platform())
            .with_observer(self.0.budgets.clone() as Arc<dyn RateObserver>)
    }

    async fn base_url_of(&self, account: &AccountId) -> Result<BaseUrl> {
        let mut tx = self.0.db.read_prefer_primary(account).await?;
        let Account { subdomain, .. } = account::current(&mut tx).await?;
        self.0.config.base_url(&subdomain).ok_or_else(|| {
            Error::Store(store::Error::Unreadable(format!(
                "the account's subdomain {subdomain} has no address"
            )))
        })
    }

    pub(crate) fn now(&self) -> Time {
        self.0.db.clock().now()
    }
}
