//! Users: `/api/v2/users`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::{Call, Client};
use crate::{Error, Resource};

/// What a user may do in principle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Administrator.
    Admin,
    /// Agent, light agents included.
    Agent,
    /// Customer.
    EndUser,
    /// A role that Zendesk invented later.
    #[serde(other)]
    Other,
}

/// A user, with what decides about access. Zendesk shows customers, and users to customers, in a shorter form.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// Id. 0 if Zendesk gave none (the anonymous user).
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub id: i64,
    /// Full name.
    #[serde(default)]
    pub name: Option<String>,
    /// Primary e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Role.
    #[serde(default)]
    pub role: Option<Role>,
    /// Finer role: 0 custom agent, 1 light agent, 2 chat agent, 3 contributor, 4 administrator, 5 billing administrator.
    #[serde(default)]
    pub role_type: Option<i64>,
    /// Custom role, on plans that have them.
    #[serde(default)]
    pub custom_role_id: Option<i64>,
    /// False for deleted users.
    #[serde(default)]
    pub active: Option<bool>,
    /// Suspended users cannot sign in.
    #[serde(default)]
    pub suspended: Option<bool>,
    /// Which tickets he may see: `organization`, `groups`, `assigned`, `requested`; `None` means all.
    #[serde(default)]
    pub ticket_restriction: Option<String>,
    /// He may add private notes only.
    #[serde(default)]
    pub only_private_comments: Option<bool>,
    /// His organization.
    #[serde(default)]
    pub organization_id: Option<i64>,
    /// His default group.
    #[serde(default)]
    pub default_group_id: Option<i64>,
    /// BCP 47 language: `en-US`.
    #[serde(default)]
    pub locale: Option<String>,
    /// IANA time zone: `Europe/Copenhagen`.
    #[serde(default)]
    pub iana_time_zone: Option<String>,
    /// Rails' name of the time zone: `Copenhagen`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Phone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// What agents noted about him, such as an address.
    #[serde(default)]
    pub details: Option<String>,
    /// Custom fields by key.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub user_fields: Map<String, Value>,
}

impl User {
    /// An administrator who can sign in.
    pub fn is_active_admin(&self) -> bool {
        self.role == Some(Role::Admin) && self.active != Some(false) && self.suspended != Some(true)
    }

    /// A light agent: sees tickets, adds private notes, changes nothing.
    pub fn is_light_agent(&self) -> bool {
        self.role == Some(Role::Agent) && self.role_type == Some(1)
    }
}

/// Calls about users.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a>(&'a Client);

impl Client {
    /// Calls about users.
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }
}

#[derive(Deserialize)]
struct One {
    user: User,
}

#[derive(Deserialize)]
struct Many {
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    users: Vec<User>,
}

impl Users<'_> {
    /// Whose authorization this is. Needs no declaration. Zendesk answers an anonymous caller with a user without id;
    /// here that is [`Error::Unauthorized`].
    pub async fn me(&self) -> Result<User, Error> {
        let One { user } = self.0.fetch(Call::get_undeclared("/api/v2/users/me")).await?;
        if user.id == 0 { Err(Error::Unauthorized) } else { Ok(user) }
    }

    /// One user.
    pub async fn show(&self, id: i64) -> Result<User, Error> {
        let call = Call::get(Resource::Users, "/api/v2/users/{id}").arg(id);
        Ok(self.0.fetch::<One>(call).await?.user)
    }

    /// Up to 100 users. Those that do not exist are missing in the answer.
    pub async fn show_many(&self, ids: &[i64]) -> Result<Vec<User>, Error> {
        let call = Call::get(Resource::Users, "/api/v2/users/show_many").ids(ids)?;
        Ok(self.0.fetch::<Many>(call).await?.users)
    }
}
