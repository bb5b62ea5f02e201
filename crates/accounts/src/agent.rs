//! The mirror of agents: who somebody is in Zendesk, so that the server itself can tell what he may see.

use serde::{Deserialize, Serialize};
use store::{Json, Result, Time, Tx, sql};

/// Zendesk's three base roles. A custom role counts as the base role it is built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Admin,
    Agent,
    EndUser,
}

/// Which tickets an agent sees. In Zendesk `ticket_restriction` of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketRestriction {
    Groups,
    Organization,
    Assigned,
    Requested,
}

/// An agent as Zendesk told about him last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub user_id: i64,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// A light agent reads tickets and writes internal notes, nothing else.
    pub light: bool,
    pub active: bool,
    pub ticket_restriction: Option<TicketRestriction>,
    pub organization_id: Option<i64>,
    pub group_ids: Vec<i64>,
    /// IANA name.
    pub time_zone: Option<String>,
    pub locale: Option<String>,
    pub checked_at: Time,
}

/// What decides who may see a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TicketFacts {
    pub group_id: Option<i64>,
    pub assignee_id: Option<i64>,
    pub requester_id: Option<i64>,
    pub organization_id: Option<i64>,
}

impl Agent {
    pub fn is_admin(&self) -> bool {
        self.active && self.role == Role::Admin
    }

    /// An agent or administrator who can sign in.
    pub fn is_agent(&self) -> bool {
        self.active && self.role != Role::EndUser
    }

    /// Whether he sees every ticket, so that a ticket's facts need not be known.
    pub fn sees_all_tickets(&self) -> bool {
        self.is_agent() && (self.role == Role::Admin || self.ticket_restriction.is_none())
    }

    /// Whether Zendesk would show him this ticket.
    ///
    /// Source: <https://developer.zendesk.com/api-reference/ticketing/users/users/>, `ticket_restriction`. He always sees
    /// what is assigned to or requested by himself.
    pub fn may_see(&self, ticket: &TicketFacts) -> bool {
        if !self.is_agent() {
            return false;
        }
        if self.sees_all_tickets() {
            return true;
        }
        let me = Some(self.user_id);
        let assigned = ticket.assignee_id == me;
        let requested = ticket.requester_id == me;
        match self.ticket_restriction {
            None => true,
            Some(TicketRestriction::Groups) => {
                assigned || requested || ticket.group_id.is_some_and(|id| self.group_ids.contains(&id))
            }
            Some(TicketRestriction::Organization) => {
                assigned
                    || requested
                    || (self.organization_id.is_some() && ticket.organization_id == self.organization_id)
            }
            Some(TicketRestriction::Assigned) => assigned || requested,
            Some(TicketRestriction::Requested) => requested,
        }
    }

    /// Whether Zendesk would let him change tags and fields of this ticket.
    pub fn may_change(&self, ticket: &TicketFacts) -> bool {
        !self.light && self.may_see(ticket)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: i64,
    name: String,
    email: Option<String>,
    role: String,
    light: bool,
    active: bool,
    ticket_restriction: Option<String>,
    organization_id: Option<i64>,
    group_ids: Json<Vec<i64>>,
    time_zone: Option<String>,
    locale: Option<String>,
    checked_at: Time,
}

impl From<Row> for Agent {
    fn from(row: Row) -> Self {
        Self {
            user_id: row.user_id,
            name: row.name,
            email: row.email,
            role: Role::parse(&row.role),
            light: row.light,
            active: row.active,
            ticket_restriction: TicketRestriction::parse(row.ticket_restriction.as_deref()),
            organization_id: row.organization_id,
            group_ids: row.group_ids.0,
            time_zone: row.time_zone,
            locale: row.locale,
            checked_at: row.checked_at,
        }
    }
}

impl Role {
    /// An unknown role has no rights.
    pub fn parse(text: &str) -> Self {
        match text {
            "admin" => Role::Admin,
            "agent" => Role::Agent,
            _ => Role::EndUser,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Agent => "agent",
            Role::EndUser => "end-user",
        }
    }
}

impl TicketRestriction {
    /// A restriction that we do not know is taken as the narrowest.
    pub fn parse(text: Option<&str>) -> Option<Self> {
        Some(match text? {
            "groups" => Self::Groups,
            "organization" => Self::Organization,
            "assigned" => Self::Assigned,
            _ => Self::Requested,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Organization => "organization",
            Self::Assigned => "assigned",
            Self::Requested => "requested",
        }
    }
}

const COLUMNS: &str =
    "SELECT user_id, name, email, role, light, active, ticket_restriction, organization_id, group_ids,
    time_zone, locale, checked_at FROM agents WHERE account_id = $1";

pub async fn find(tx: &mut Tx, user_id: i64) -> Result<Option<Agent>> {
    Ok(tx.maybe::<Row>(sql(COLUMNS).push_bind(" AND user_id = ", user_id)).await?.map(Agent::from))
}

pub async fn find_many(tx: &mut Tx, user_ids: &[i64]) -> Result<Vec<Agent>> {
    let rows: Vec<Row> = tx.all(sql(COLUMNS).push_list(" AND user_id IN", user_ids.iter().copied())).await?;
    Ok(rows.into_iter().map(Agent::from).collect())
}

/// The agents and administrators whom Aerie knows and who can sign in, by id: whoever has opened an app or authorised it.
pub async fn all_active(tx: &mut Tx) -> Result<Vec<Agent>> {
    let query = sql(COLUMNS).push(" AND active AND role IN ('admin', 'agent') ORDER BY user_id");
    Ok(tx.all::<Row>(query).await?.into_iter().map(Agent::from).collect())
}

pub async fn save(tx: &mut Tx, agent: &Agent) -> Result<()> {
    tx.execute(
        sql("INSERT INTO agents (account_id, user_id, name, email, role, light, active, ticket_restriction,
                                 organization_id, group_ids, time_zone, locale, checked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (account_id, user_id) DO UPDATE SET name = excluded.name, email = excluded.email,
                 role = excluded.role, light = excluded.light, active = excluded.active,
                 ticket_restriction = excluded.ticket_restriction, organization_id = excluded.organization_id,
                 group_ids = excluded.group_ids, time_zone = excluded.time_zone, locale = excluded.locale,
                 checked_at = excluded.checked_at")
        .bind(agent.user_id)
        .bind(&agent.name)
        .bind(agent.email.clone())
        .bind(agent.role.as_str())
        .bind(agent.light)
        .bind(agent.active)
        .bind(agent.ticket_restriction.map(TicketRestriction::as_str))
        .bind(agent.organization_id)
        .bind(Json(agent.group_ids.clone()).to_value()?)
        .bind(agent.time_zone.clone())
        .bind(agent.locale.clone())
        .bind(agent.checked_at),
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(restriction: Option<TicketRestriction>) -> Agent {
        Agent {
            user_id: 7,
            name: "Ann".into(),
            email: None,
            role: Role::Agent,
            light: false,
            active: true,
            ticket_restriction: restriction,
            organization_id: Some(30),
            group_ids: vec![20, 21],
            time_zone: None,
            locale: None,
            checked_at: Time::from_micros(0).unwrap(),
        }
    }

    #[test]
    fn sees_what_zendesk_would_show() {
        use TicketRestriction::*;
        let other = TicketFacts {
            group_id: Some(1),
            assignee_id: Some(2),
            requester_id: Some(3),
            organization_id: Some(4),
        };
        let mine = TicketFacts { assignee_id: Some(7), ..other };
        let asked = TicketFacts { requester_id: Some(7), ..other };
        let group = TicketFacts { group_id: Some(21), ..other };
        let organization = TicketFacts { organization_id: Some(30), ..other };
        let sees = |restriction: Option<TicketRestriction>| {
            let agent = agent(restriction);
            [other, mine, asked, group, organization].map(|ticket| agent.may_see(&ticket))
        };
        assert_eq!(sees(None), [true; 5]);
        assert_eq!(sees(Some(Groups)), [false, true, true, true, false]);
        assert_eq!(sees(Some(Organization)), [false, true, true, false, true]);
        assert_eq!(sees(Some(Assigned)), [false, true, true, false, false]);
        assert_eq!(sees(Some(Requested)), [false, false, true, false, false]);
        let nobody = TicketFacts::default();
        assert!(!Agent { organization_id: None, ..agent(Some(Organization)) }.may_see(&nobody));
    }

    #[test]
    fn light_agents_change_nothing_and_leavers_see_nothing() {
        let ticket = TicketFacts::default();
        let light = Agent { light: true, ..agent(None) };
        assert!(light.may_see(&ticket) && !light.may_change(&ticket));
        assert!(!Agent { active: false, ..agent(None) }.may_see(&ticket));
        assert!(!Agent { role: Role::EndUser, ..agent(None) }.may_see(&ticket));
        assert!(Agent { role: Role::Admin, ..agent(Some(TicketRestriction::Assigned)) }.may_see(&ticket));
    }
}
