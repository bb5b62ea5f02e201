//! Opening a page: what Zendesk signed is checked, and nothing else that the browser says is believed.

use std::collections::HashMap;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use store::{AccountId, Time};
use zendesk::signed_url::{self, Expectation};
use zendesk::{BaseUrl, apps};

use crate::account;
use crate::gateway::Accounts;
use crate::session::{LIFETIME, Session};

/// How far Zendesk's clock and ours may be apart.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// A key younger than this is not fetched again: who sends us forged tokens must not make us ask Zendesk for each.
const KEY_MIN_AGE: SignedDuration = SignedDuration::from_mins(1);

/// Each app's public key with the moment it was fetched, by address and app id.
pub(crate) type PublicKeys = HashMap<(String, i64), (String, Time)>;

/// A page that may be shown.
#[derive(Debug, Clone)]
pub struct Opened {
    pub session: Session,
    /// Where the account's Zendesk is: it alone may frame the page.
    pub base_url: BaseUrl,
    /// As of [`Accounts::account_of`]: `None` until an administrator has authorised the app here.
    pub account: Option<AccountId>,
    /// In the sidebar of which ticket, where the signed request tells.
    pub ticket_id: Option<i64>,
}

/// Why a page is not shown. The texts are for the person who sees them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    #[error("This page opens inside Zendesk only.")]
    NotSigned,
    #[error("Zendesk's signature does not fit or has expired. Reload the page in Zendesk.")]
    BadSignature,
    #[error("This app is not the one that is installed here. Ask an administrator to install it again.")]
    OtherApp,
    #[error("Zendesk cannot be reached to check its signature. Try again in a moment.")]
    KeyUnavailable(#[source] zendesk::Error),
    #[error("The server's database cannot be reached. Try again in a moment.")]
    Store(#[from] store::Error),
}

impl Accounts {
    /// Checks the token that Zendesk posts when it opens a page of `app`.
    pub async fn open_page(&self, app: &str, token: &SecretString) -> Result<Opened, OpeningError> {
        let token = token.expose_secret();
        let peeked = signed_url::peek_unverified(token).map_err(|_| OpeningError::BadSignature)?;
        let base_url = self.config().base_url(&peeked.subdomain).ok_or(OpeningError::BadSignature)?;
        let account = {
            let mut system = self.db().system_read().await?;
            account::find_by_subdomain(&mut system, &peeked.subdomain)
                .await?
                .map(|account| account.account_id)
        };
        let app_id = self.app_id(app, account.as_ref(), peeked.installation_id, peeked.app_id).await?;
        let expectation = Expectation {
            subdomain: Some(&peeked.subdomain),
            installation_id: Some(peeked.installation_id),
            ..Expectation::at(self.now().timestamp(), CLOCK_SKEW)
        };
        let key = self.public_key(&base_url, app_id, None).await?;
        let claims = match signed_url::verify(token, &key, &expectation) {
            // The key may have been replaced since we fetched it.
            Err(signed_url::Error::Signature) => {
                let key = self.public_key(&base_url, app_id, Some(KEY_MIN_AGE)).await?;
                signed_url::verify(token, &key, &expectation)
            }
            result => result,
        };
        let claims = claims.map_err(|error| refused(app, &error))?;
        let session = Session {
            subdomain: claims.subdomain,
            app: app.to_owned(),
            app_id,
            installation_id: claims.installation_id,
            agent_id: claims.user_id,
            expires_at: self.now().plus(LIFETIME),
        };
        let account = self.account_of(&session).await?;
        Ok(Opened { session, base_url, account, ticket_id: claims.context.ticket_id })
    }

    /// Whose key must have signed: the operator's choice, else what an administrator's authorization pinned, else what the
    /// token names on its own account's Zendesk (there is nothing to see before an administrator has authorised).
    async fn app_id(
        &self,
        app: &str,
        account: Option<&AccountId>,
        installation_id: i64,
        named: Option<i64>,
    ) -> Result<i64, OpeningError> {
        let configured = self.config().app_ids.get(app).copied();
        let pinned = match (configured, account) {
            (Some(configured), _) => Some(configured),
            (None, None) => None,
            (None, Some(account)) => self.pinned(app, account, installation_id).await?,
        };
        match (pinned, named) {
            (Some(pinned), None) => Ok(pinned),
            (Some(pinned), Some(named)) if pinned == named => Ok(pinned),
            (Some(_), Some(_)) => Err(OpeningError::OtherApp),
            (None, Some(named)) => Ok(named),
            (None, None) => Err(OpeningError::BadSignature),
        }
    }

    /// Zendesk's id of `app` in this account, once an administrator has authorised it there.
    async fn pinned(
        &self,
        app: &str,
        account: &AccountId,
        installation_id: i64,
    ) -> Result<Option<i64>, OpeningError> {
        let mut tx = self.db().read_prefer_primary(account).await?;
        match account::installation(&mut tx, installation_id).await? {
            Some(installation) if installation.app != app => Err(OpeningError::OtherApp),
            Some(installation) => Ok(Some(installation.app_id)),
            // Installed again, or a second app of this account: the app's other installations tell.
            None => Ok(account::installation_of(&mut tx, app).await?.map(|installation| installation.app_id)),
        }
    }

    /// An app's key: the one we have, unless it has reached `max_age`.
    async fn public_key(
        &self,
        base_url: &BaseUrl,
        app_id: i64,
        max_age: Option<SignedDuration>,
    ) -> Result<String, OpeningError> {
        let place = (base_url.as_str().to_owned(), app_id);
        let now = self.now();
        if let Some((key, fetched_at)) = self.0.public_keys.lock().get(&place)
            && max_age.is_none_or(|max_age| now.since(*fetched_at) < max_age)
        {
            return Ok(key.clone());
        }
        let key = match apps::public_key(self.http(), base_url, app_id).await {
            Ok(key) => key,
            Err(zendesk::Error::NotFound) => return Err(OpeningError::OtherApp),
            Err(error) => return Err(OpeningError::KeyUnavailable(error)),
        };
        self.0.public_keys.lock().insert(place, (key.clone(), now));
        Ok(key)
    }

    /// The account in whose name a session may act. `None` until an administrator has authorised the app there, and for a
    /// session that another app's signature opened before he did: its agent's name is worth nothing.
    pub async fn account_of(&self, session: &Session) -> store::Result<Option<AccountId>> {
        let account = {
            let mut system = self.db().system_read().await?;
            account::find_by_subdomain(&mut system, &session.subdomain).await?
        };
        let Some(account) = account.map(|account| account.account_id) else { return Ok(None) };
        let mut tx = self.db().read_prefer_primary(&account).await?;
        let authorised = match account::installation(&mut tx, session.installation_id).await? {
            Some(installation) => Some(installation).filter(|installation| installation.app == session.app),
            None => account::installation_of(&mut tx, &session.app).await?,
        };
        let expected =
            authorised.map(|found| *self.config().app_ids.get(&session.app).unwrap_or(&found.app_id));
        Ok((expected == Some(session.app_id)).then_some(account))
    }

    /// Who sends a bearer token of ours, or `None`.
    pub fn session(&self, token: &SecretString) -> Option<Session> {
        Session::from_token(token, self.keys(), self.now())
    }
}

fn refused(app: &str, error: &signed_url::Error) -> OpeningError {
    tracing::info!(app, %error, "a signed request was refused");
    metrics::counter!("aerie_pages_refused_total", "app" => app.to_owned()).increment(1);
    OpeningError::BadSignature
}
