//! Users, groups, organizations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Role;

/// A person: administrator, agent or customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// An agent who may make private comments only.
    pub light_agent: bool,
    /// Which tickets an agent may see.
    pub ticket_restriction: Option<TicketRestriction>,
    pub organization_id: Option<u64>,
    pub external_id: Option<String>,
    pub alias: Option<String>,
    pub details: Option<String>,
    pub notes: Option<String>,
    pub phone: Option<String>,
    pub signature: Option<String>,
    pub tags: Vec<String>,
    /// Rails name, e.g. `Berlin`.
    pub time_zone: String,
    pub iana_time_zone: String,
    pub locale: String,
    pub active: bool,
    pub suspended: bool,
    pub user_fields: BTreeMap<String, Value>,
    /// Addresses beside the primary one, which is `email`.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// The identity that `email` has; the one after the user's own id when it was never another.
    #[serde(default)]
    pub primary_identity: Option<u64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl User {
    /// Whether this e-mail address is one of his, in any case.
    pub fn has_email(&self, email: &str) -> bool {
        let also = self.identities.iter().filter(|i| i.kind == "email").map(|i| i.value.as_str());
        self.email.as_deref().into_iter().chain(also).any(|e| e.eq_ignore_ascii_case(email))
    }

    /// A user with nothing special about him.
    pub fn new(id: u64, name: String, email: Option<String>, role: Role, now: Timestamp) -> User {
        User {
            id,
            name,
            email,
            role,
            light_agent: false,
            ticket_restriction: (role == Role::EndUser).then_some(TicketRestriction::Requested),
            organization_id: None,
            external_id: None,
            alias: None,
            details: None,
            notes: None,
            phone: None,
            signature: None,
            tags: Vec::new(),
            time_zone: "Berlin".to_owned(),
            iana_time_zone: "Europe/Berlin".to_owned(),
            locale: "en-US".to_owned(),
            active: true,
            suspended: false,
            user_fields: BTreeMap::new(),
            identities: Vec::new(),
            primary_identity: None,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A way to reach a user: a further e-mail address, a telephone number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    pub id: u64,
    /// Zendesk's `type`: `email`, `phone_number`, `twitter`, …
    pub kind: String,
    pub value: String,
    pub verified: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Zendesk's `ticket_restriction`. Nothing means all tickets for agents; customers have `Requested`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketRestriction {
    Organization,
    Groups,
    Assigned,
    Requested,
}

/// A group of agents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub id: u64,
    pub name: String,
    pub description: String,
    pub default: bool,
    pub is_public: bool,
    pub deleted: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// That an agent belongs to a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupMembership {
    pub id: u64,
    pub user_id: u64,
    pub group_id: u64,
    /// The agent's first group.
    pub default: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A customer's company.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    pub id: u64,
    pub name: String,
    pub external_id: Option<String>,
    pub domain_names: Vec<String>,
    pub details: Option<String>,
    pub notes: Option<String>,
    pub group_id: Option<u64>,
    pub tags: Vec<String>,
    pub organization_fields: BTreeMap<String, Value>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// That a user belongs to an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrganizationMembership {
    pub id: u64,
    pub user_id: u64,
    pub organization_id: u64,
    /// The one that the user's own `organization_id` names.
    pub default: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
