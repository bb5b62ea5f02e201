use std::collections::HashMap;

use accounts::agent::Agent;
use accounts::session::Session;
use accounts::{AGENT_MAX_AGE, Urgency};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use jiff::SignedDuration;
use secrecy::SecretString;
use store::{AccountId, Time};
use tickets::Cause;
use tickets::mirror::{Status, TicketState};

use crate::error::{ApiError, Result};
use crate::platform::{AppZendesk, Platform};
use crate::tx::Tx;

/// How old a ticket's group, assignee and requester may be when they decide whether an agent may see it.
const TICKET_MAX_AGE: SignedDuration = SignedDuration::from_mins(5);
/// An administrator's rights are looked at anew when he uses them.
const ADMIN_MAX_AGE: SignedDuration = SignedDuration::from_secs(60);

/// The app whose routes these are; put into each request by the server.
#[derive(Debug, Clone, Copy)]
pub struct AppId(pub &'static str);

/// The agent in front of a page, in his account, in one app. Having one is the proof: it is made from a session alone.
#[derive(Debug, Clone)]
pub struct Caller {
    platform: Platform,
    app: &'static str,
    account: AccountId,
    agent: Agent,
    session: Session,
}

impl Caller {
    /// Who a session stands for now. 409 while no administrator has authorised; 401 for somebody who is no agent (any more).
    pub async fn from_session(platform: &Platform, app: &'static str, session: Session) -> Result<Self> {
        let account = platform.accounts().account_of(&session).await?.ok_or_else(ApiError::not_authorised)?;
        tracing::Span::current().record("account", account.as_str());
        let agent = platform.accounts().agent(&account, session.agent_id, AGENT_MAX_AGE).await?;
        let agent = agent.filter(Agent::is_agent).ok_or_else(ApiError::unauthenticated)?;
        Ok(Self { platform: platform.clone(), app, account, agent, session })
    }

    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    pub fn account(&self) -> &AccountId {
        &self.account
    }

    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Zendesk as this app may use it. Its authorization is an administrator's: what the agent may see is for
    /// [`Caller::ticket`] to say.
    pub fn zendesk(&self) -> AppZendesk {
        self.platform.zendesk(self.app, &self.account)
    }

    /// A transaction in which this agent changes something.
    pub async fn write(&self) -> Result<Tx> {
        let tx = self.platform.db().write(&self.account).await?;
        let cause = Cause::Agent { id: self.agent.user_id, name: self.agent.name.clone() };
        Ok(Tx::new(tx, self.app, cause))
    }

    /// A read that may be a moment old.
    pub async fn read(&self) -> Result<store::Tx> {
        Ok(self.platform.db().read(&self.account).await?)
    }

    /// A read that sees what was just written.
    pub async fn read_prefer_primary(&self) -> Result<store::Tx> {
        Ok(self.platform.db().read_prefer_primary(&self.account).await?)
    }

    /// The same person with an administrator's rights, which are asked for anew; 403 if he has none.
    pub async fn into_admin(mut self) -> Result<Admin> {
        let agent = self.platform.accounts().agent(&self.account, self.agent.user_id, ADMIN_MAX_AGE).await?;
        self.agent = agent.filter(Agent::is_admin).ok_or_else(ApiError::administrators_only)?;
        Ok(Admin(self))
    }

    /// The moment it is, by the injected clock.
    pub fn now(&self) -> Time {
        self.platform.db().clock().now()
    }

    /// The state of several tickets, whether the agent may see them or not: that is for the caller to ask
    /// ([`Agent::may_see`]). From the mirror, the others in as few calls as possible.
    pub async fn tickets(&self, ids: &[i64]) -> Result<HashMap<i64, TicketState>> {
        Ok(self.zendesk().tickets(ids, TICKET_MAX_AGE, Urgency::Interactive).await?)
    }

    /// A ticket that this agent may see; 404 for one that Zendesk does not have, 403 for one that it would not show him.
    pub async fn ticket(&self, ticket_id: i64) -> Result<TicketState> {
        let state = self.tickets(&[ticket_id]).await?.remove(&ticket_id);
        // What was deleted or never was has an entry in the mirror too.
        let state = state.filter(|state| state.status != Status::Deleted).ok_or_else(ApiError::not_found)?;
        if self.agent.may_see(&state.facts) { Ok(state) } else { Err(ApiError::not_allowed_on_ticket()) }
    }

    /// A ticket that Zendesk itself just opened for this agent (the signed request said so), without asking Zendesk where that
    /// can be avoided: `None` where nothing is known yet and the agent sees every ticket anyway.
    pub async fn opened_ticket(&self, ticket_id: i64) -> Result<Option<TicketState>> {
        if !self.agent.sees_all_tickets() {
            return self.ticket(ticket_id).await.map(Some);
        }
        let mut tx = self.read().await?;
        Ok(tickets::mirror::cached(&mut tx, &[ticket_id]).await?.remove(&ticket_id))
    }

    /// A ticket that this agent may change.
    pub async fn changeable_ticket(&self, ticket_id: i64) -> Result<TicketState> {
        let state = self.ticket(ticket_id).await?;
        if self.agent.may_change(&state.facts) { Ok(state) } else { Err(ApiError::not_allowed_on_ticket()) }
    }
}

impl FromRequestParts<Platform> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, platform: &Platform) -> Result<Self> {
        let AppId(app) = parts.extensions.get().copied().ok_or_else(ApiError::not_found)?;
        let session = session_of(&parts.headers, platform)?;
        // A session of one app opens no other one: each has its own installation, role and group restrictions.
        if session.app != app {
            return Err(ApiError::unauthenticated());
        }
        Self::from_session(platform, app, session).await
    }
}

/// The session that a request carries.
pub fn session_of(headers: &HeaderMap, platform: &Platform) -> Result<Session> {
    let token = bearer(headers).ok_or_else(ApiError::unauthenticated)?;
    platform.accounts().session(&token).ok_or_else(ApiError::unauthenticated)
}

/// What stands behind `Authorization: Bearer`.
pub fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
}

/// A caller who is an administrator; 403 for everybody else.
#[derive(Debug, Clone)]
pub struct Admin(pub Caller);

impl FromRequestParts<Platform> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, platform: &Platform) -> Result<Self> {
        Caller::from_request_parts(parts, platform).await?.into_admin().await
    }
}
