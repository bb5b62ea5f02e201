//! Who is told: nobody of a ticket that Zendesk would not let him see.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use accounts::agent::{self, Agent, TicketFacts};
use accounts::{AGENT_MAX_AGE, Accounts, Urgency};
use jiff::SignedDuration;
use store::AccountId;
use zendesk::AccessList;

use super::{Audience, Row};
use crate::mirror;

/// Who may see a ticket is asked anew after this time.
const FACTS_MAX_AGE: SignedDuration = SignedDuration::from_secs(30);

/// Somebody to call about a notification: one agent, or with `None` everyone who has the app open.
pub(super) type Recipient = Option<i64>;

/// Whom each of `rows` is for, in the same order. The facts of all their tickets are read at once.
pub(super) async fn find(
    accounts: &Accounts,
    account: &AccountId,
    access: &AccessList,
    rows: &[&Row],
) -> accounts::Result<Vec<Vec<Recipient>>> {
    let tickets: BTreeSet<i64> = rows.iter().filter_map(|row| row.ticket_id).collect();
    let tickets: Vec<i64> = tickets.into_iter().collect();
    let states =
        mirror::facts(accounts, account, access, &tickets, FACTS_MAX_AGE, Urgency::Background).await?;
    let known = if rows.iter().any(|row| row.needs_the_known()) {
        let mut tx = accounts.db().read_prefer_primary(account).await?;
        agent::all_active(&mut tx).await?
    } else {
        Vec::new()
    };
    let mut people = People { accounts, account, known, named: HashMap::new() };
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let facts = row.ticket_id.and_then(|id| states.get(&id)).map(|state| state.facts);
        found.push(people.of(row, facts.as_ref()).await?);
    }
    Ok(found)
}

impl Row {
    fn is_for_everyone(&self) -> bool {
        self.audience.0.contains(&Audience::Everyone)
    }

    /// Whether it is for agents whom it does not name.
    fn needs_the_known(&self) -> bool {
        self.audience.0.iter().any(|audience| !matches!(audience, Audience::Agents(_)))
    }
}

struct People<'a> {
    accounts: &'a Accounts,
    account: &'a AccountId,
    /// Who has opened an app: nobody else has a page in which something could be shown.
    known: Vec<Agent>,
    /// Those who were asked for by name; `None` if Zendesk does not know one.
    named: HashMap<i64, Option<Agent>>,
}

impl People<'_> {
    /// `facts` are those of the ticket that it is about, if it is about one.
    async fn of(&mut self, row: &Row, facts: Option<&TicketFacts>) -> accounts::Result<Vec<Recipient>> {
        let everyone = row.is_for_everyone();
        let nobody_is_restricted = || facts.is_none() || self.known.iter().all(Agent::sees_all_tickets);
        if everyone && row.remaining.is_none() && nobody_is_restricted() {
            return Ok(vec![None]);
        }
        let mut allowed: BTreeMap<i64, bool> = BTreeMap::new();
        let groups: Vec<i64> = row.audience.0.iter().filter_map(Audience::group).collect();
        let is_meant = |agent: &&Agent| everyone || groups.iter().any(|id| agent.group_ids.contains(id));
        for agent in self.known.iter().filter(is_meant) {
            allowed.insert(agent.user_id, facts.is_none_or(|facts| agent.may_see(facts)));
        }
        if !everyone {
            for id in row.audience.0.iter().flat_map(Audience::named) {
                allowed.insert(*id, self.may_see(*id, facts).await?);
            }
        }
        let remaining = row.remaining.as_ref().map(|remaining| &remaining.0);
        let is_left = |id: &i64| remaining.is_none_or(|remaining| remaining.contains(id));
        let left = allowed.into_iter().filter(|(id, allowed)| *allowed && is_left(id));
        Ok(left.map(|(id, _)| Some(id)).collect())
    }

    /// Whether somebody who is told by name may see the ticket.
    async fn may_see(&mut self, id: i64, facts: Option<&TicketFacts>) -> accounts::Result<bool> {
        // The assignee sees his ticket, whoever he is.
        let Some(facts) = facts.filter(|facts| facts.assignee_id != Some(id)) else { return Ok(true) };
        if let Some(agent) = self.named.get(&id) {
            return Ok(agent.as_ref().is_some_and(|agent| agent.may_see(facts)));
        }
        let agent = self.accounts.agent(self.account, id, AGENT_MAX_AGE).await?;
        let allowed = agent.as_ref().is_some_and(|agent| agent.may_see(facts));
        self.named.insert(id, agent);
        Ok(allowed)
    }
}

impl Audience {
    fn group(&self) -> Option<i64> {
        match self {
            Audience::Group(id) => Some(*id),
            _ => None,
        }
    }

    fn named(&self) -> &[i64] {
        match self {
            Audience::Agents(ids) => ids,
            _ => &[],
        }
    }
}
