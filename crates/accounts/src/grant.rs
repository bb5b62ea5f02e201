//! How an administrator grants the authorization: to Zendesk's consent page and back.

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use store::{AccountId, Time, sql};
use zendesk::BaseUrl;
use zendesk::oauth::{self, Pkce, TokenPair};

use crate::account;
use crate::agent::{self, Agent};
use crate::authorization;
use crate::check;
use crate::directory;
use crate::error::Error;
use crate::gateway::Accounts;
use crate::initialise::InitialiseInstallation;
use crate::session::Session;
use crate::vault::{hash_secret, new_secret};

/// How long an administrator may look at the consent page.
const ATTEMPT_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
const SCOPES: &[&str] = &["read", "write"];

/// A grant that was made.
#[derive(Debug, Clone)]
pub struct Granted {
    pub account: AccountId,
    pub app: String,
    pub administrator: String,
    pub base_url: BaseUrl,
}

/// Why a grant was not made. The texts are for the administrator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    #[error(
        "This authorization was not begun here, has been used, or took longer than ten minutes. Close this window and press Authorise again."
    )]
    UnknownAttempt,
    #[error("You chose not to authorise. Nothing was changed.")]
    Denied,
    #[error(
        "Only an administrator can authorise, and Zendesk says that {0} is not one. Ask an administrator to open the app and press Authorise."
    )]
    NotAdministrator(String),
    #[error(
        "{0} has agreed, but somebody else pressed Authorise. Close this window, sign in to Zendesk as yourself and press Authorise again."
    )]
    OtherPerson(String),
    #[error("Zendesk says that this installation belongs to another app. Install the app again.")]
    OtherApp,
    #[error("Zendesk refused the authorization: {0}. Ask the operator to check the OAuth client.")]
    Refused(String),
    #[error("Zendesk cannot be reached. Close this window and press Authorise again in a moment.")]
    Unavailable(#[source] Error),
}

impl From<Error> for GrantError {
    fn from(error: Error) -> Self {
        Self::Unavailable(error)
    }
}

impl From<store::Error> for GrantError {
    fn from(error: store::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<zendesk::Error> for GrantError {
    fn from(error: zendesk::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

#[derive(sqlx::FromRow)]
struct Attempt {
    subdomain: String,
    app: String,
    app_id: i64,
    installation_id: i64,
    agent_id: i64,
    code_verifier: String,
    expires_at: Time,
}

impl Accounts {
    /// The address of Zendesk's consent page for whoever has this session. Whether he is an administrator is checked when
    /// he comes back.
    pub async fn start_grant(&self, session: &Session) -> Result<String, Error> {
        let base_url = self.config().base_url(&session.subdomain).ok_or(Error::NotAuthorised)?;
        let random = &**self.db().random();
        let state = new_secret(random);
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let pkce = Pkce::new(bytes);
        let state_hash = hash_secret(&state);
        let verifier = self.keys().seal(&format!("attempt/{state_hash}"), pkce.verifier(), random)?;
        let mut tx = self.db().system_write().await?;
        let now = tx.now();
        tx.execute(sql("DELETE FROM authorization_attempts WHERE expires_at < $1").bind(now)).await?;
        tx.execute(
            sql("INSERT INTO authorization_attempts (state_hash, subdomain, app, app_id, installation_id, agent_id,
                                                     code_verifier, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(state_hash)
            .bind(&session.subdomain)
            .bind(&session.app)
            .bind(session.app_id)
            .bind(session.installation_id)
            .bind(session.agent_id)
            .bind(verifier)
            .bind(now.plus(ATTEMPT_LIFETIME)),
        )
        .await?;
        tx.commit().await?;
        let url = self.config().oauth.authorize_url(&base_url, SCOPES, state.expose_secret(), &pkce);
        Ok(url.to_string())
    }

    /// What the consent page sent back: makes the account if it is the first app, stores the grant, has the installation
    /// initialised, and lets parked work run again.
    pub async fn finish_grant(
        &self,
        state: &SecretString,
        code: Option<&SecretString>,
    ) -> Result<Granted, GrantError> {
        let attempt = self.take_attempt(state).await?;
        let code = code.ok_or(GrantError::Denied)?;
        let base_url = self.config().base_url(&attempt.subdomain).ok_or(GrantError::UnknownAttempt)?;
        let verifier = self
            .keys()
            .open(&format!("attempt/{}", hash_secret(state)), &attempt.code_verifier)
            .map_err(Error::from)?;
        let tokens = match self
            .config()
            .oauth
            .exchange_code(self.http(), &base_url, code.expose_secret(), &verifier)
            .await
        {
            Ok(tokens) => tokens,
            Err(oauth::Error::Call(error)) => return Err(error.into()),
            Err(error) => return Err(GrantError::Refused(error.to_string())),
        };
        let client = self.client_with(&base_url, tokens.access.clone());
        let stored = match self.check_grant(&client, &attempt).await {
            Ok(administrator) => self.store_grant(&attempt, &administrator, &tokens).await,
            Err(error) => Err(error),
        };
        let (account, administrator) = match stored {
            Ok(stored) => stored,
            Err(error) => {
                // Tokens that we do not keep must not stay good at Zendesk.
                if let Err(error) = client.oauth_tokens().revoke_current().await {
                    tracing::info!(%error, "an unused grant could not be revoked");
                }
                return Err(error);
            }
        };
        tracing::info!(%account, app = attempt.app, "an administrator authorised the server");
        Ok(Granted { account, app: attempt.app, administrator, base_url })
    }

    /// Whether he who agreed may, and is who pressed the button, and the app is the one whose page he pressed it on.
    async fn check_grant(&self, client: &zendesk::Client, attempt: &Attempt) -> Result<Agent, GrantError> {
        let me = client.users().me().await?;
        let name = || me.name.clone().unwrap_or_default();
        if !me.is_active_admin() {
            return Err(GrantError::NotAdministrator(name()));
        }
        if me.id != attempt.agent_id {
            return Err(GrantError::OtherPerson(name()));
        }
        match client.installations().show(attempt.installation_id).await {
            Ok(installation) if installation.app_id == attempt.app_id => {}
            Ok(_) | Err(zendesk::Error::NotFound) => return Err(GrantError::OtherApp),
            Err(error) => return Err(error.into()),
        }
        Ok(directory::agent_from(client, &me, self.now()).await?)
    }

    /// Everything that a grant brings, in one transaction.
    async fn store_grant(
        &self,
        attempt: &Attempt,
        administrator: &Agent,
        tokens: &TokenPair,
    ) -> Result<(AccountId, String), GrantError> {
        let mut tx = account::find_or_create(self.db(), &attempt.subdomain).await?;
        agent::save(&mut tx, administrator).await?;
        account::remember_installation(&mut tx, attempt.installation_id, &attempt.app, attempt.app_id)
            .await?;
        authorization::save_grant(self, &mut tx, administrator.user_id, &administrator.name, tokens).await?;
        let now = tx.now();
        let initialise = InitialiseInstallation { installation_id: attempt.installation_id };
        jobs::schedule(&mut tx, &attempt.installation_id.to_string(), &initialise, now).await?;
        jobs::unpark(&mut tx, None).await?;
        check::schedule(&mut tx).await?;
        let account = tx.account().clone();
        tx.commit().await?;
        Ok((account, administrator.name.clone()))
    }

    /// An attempt is good once.
    async fn take_attempt(&self, state: &SecretString) -> Result<Attempt, GrantError> {
        let mut tx = self.db().system_write().await?;
        let taken = sql("DELETE FROM authorization_attempts WHERE state_hash = $1
                         RETURNING subdomain, app, app_id, installation_id, agent_id, code_verifier, expires_at");
        let attempt: Option<Attempt> = tx.maybe(taken.bind(hash_secret(state))).await?;
        let now = tx.now();
        tx.commit().await?;
        attempt.filter(|attempt| now < attempt.expires_at).ok_or(GrantError::UnknownAttempt)
    }
}
