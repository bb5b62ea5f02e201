//! Groups and their members: `/api/v2/groups`, `/api/v2/users/{id}/group_memberships`.

use serde::Deserialize;

use crate::client::{Call, Client, Meta};
use crate::{Error, Resource};

/// A group of agents.
#[derive(Debug, Clone, Deserialize)]
pub struct Group {
    /// Id.
    pub id: i64,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Deleted groups remain readable for a while.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub deleted: bool,
    /// Tickets of a private group are seen by its members only.
    #[serde(default)]
    pub is_public: Option<bool>,
}

/// An agent's membership in a group.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupMembership {
    /// Id of the membership.
    pub id: i64,
    /// The agent.
    pub user_id: i64,
    /// The group.
    pub group_id: i64,
    /// It is the agent's default group.
    #[serde(default)]
    pub default: Option<bool>,
}

/// Calls about groups.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a>(&'a Client);

/// Calls about memberships.
#[derive(Debug, Clone, Copy)]
pub struct GroupMemberships<'a>(&'a Client);

impl Client {
    /// Calls about groups.
    pub fn groups(&self) -> Groups<'_> {
        Groups(self)
    }

    /// Calls about memberships.
    pub fn group_memberships(&self) -> GroupMemberships<'_> {
        GroupMemberships(self)
    }
}

impl Groups<'_> {
    /// All groups.
    pub async fn list(&self) -> Result<Vec<Group>, Error> {
        #[derive(Deserialize)]
        struct Page {
            groups: Vec<Group>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::Groups, "/api/v2/groups");
        self.0.fetch_all(call, |page: Page| (page.groups, page.meta)).await
    }
}

impl GroupMemberships<'_> {
    /// The memberships of one agent.
    pub async fn of_user(&self, user_id: i64) -> Result<Vec<GroupMembership>, Error> {
        #[derive(Deserialize)]
        struct Page {
            group_memberships: Vec<GroupMembership>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::GroupMemberships, "/api/v2/users/{id}/group_memberships").arg(user_id);
        self.0.fetch_all(call, |page: Page| (page.group_memberships, page.meta)).await
    }
}
