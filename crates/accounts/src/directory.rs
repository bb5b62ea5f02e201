//! Keeping the mirror of agents true.

use jiff::SignedDuration;
use store::{AccountId, Time};
use zendesk::users::{Role as ZendeskRole, User};
use zendesk::{AccessList, Client, Resource, Verb};

use crate::agent::{self, Agent, Role, TicketRestriction};
use crate::budget::Urgency;
use crate::error::Result;
use crate::gateway::Accounts;

/// What an agent may see is asked anew after this time.
pub const AGENT_MAX_AGE: SignedDuration = SignedDuration::from_mins(15);

/// What the platform itself reads to know who an agent is.
fn access() -> AccessList {
    AccessList::none().with(Resource::Users, Verb::Read).with(Resource::GroupMemberships, Verb::Read)
}

impl Accounts {
    /// An agent, as Zendesk told not longer than `max_age` ago. `None` if Zendesk does not know him (any more).
    pub async fn agent(
        &self,
        account: &AccountId,
        user_id: i64,
        max_age: SignedDuration,
    ) -> Result<Option<Agent>> {
        let known = {
            let mut tx = self.db().read_prefer_primary(account).await?;
            agent::find(&mut tx, user_id).await?
        };
        if let Some(known) = &known
            && self.now().since(known.checked_at) < max_age
        {
            return Ok(Some(known.clone()));
        }
        let now = self.now();
        let fetched = self
            .call(account, &access(), Urgency::Interactive, |client| async move {
                match client.users().show(user_id).await {
                    Ok(user) => agent_from(&client, &user, now).await.map(Some),
                    Err(zendesk::Error::NotFound) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .await?;
        let agent = match (fetched, known) {
            (Some(agent), _) => agent,
            // Gone from Zendesk: kept by name for the history, with no rights.
            (None, Some(known)) => Agent { active: false, checked_at: now, ..known },
            (None, None) => return Ok(None),
        };
        let mut tx = self.db().write(account).await?;
        agent::save(&mut tx, &agent).await?;
        tx.commit().await?;
        Ok(Some(agent))
    }
}

/// An agent with his groups, read with `client`.
pub(crate) async fn agent_from(client: &Client, user: &User, now: Time) -> Result<Agent, zendesk::Error> {
    let role = match user.role {
        Some(ZendeskRole::Admin) => Role::Admin,
        Some(ZendeskRole::Agent) => Role::Agent,
        _ => Role::EndUser,
    };
    let group_ids = match role {
        Role::EndUser => Vec::new(),
        _ => client.group_memberships().of_user(user.id).await?.into_iter().map(|m| m.group_id).collect(),
    };
    Ok(Agent {
        user_id: user.id,
        name: user.name.clone().unwrap_or_default(),
        email: user.email.clone(),
        role,
        light: user.is_light_agent(),
        active: user.active != Some(false) && user.suspended != Some(true),
        ticket_restriction: TicketRestriction::parse(user.ticket_restriction.as_deref()),
        organization_id: user.organization_id,
        group_ids,
        time_zone: user.iana_time_zone.clone(),
        locale: user.locale.clone(),
        checked_at: now,
    })
}
