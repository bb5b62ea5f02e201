//! Organizations: `/api/v2/organizations`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::{Call, Client};
use crate::{Error, Resource};

/// A customer's organization.
#[derive(Debug, Clone, Deserialize)]
pub struct Organization {
    /// Id.
    pub id: i64,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// The group that its tickets go to.
    #[serde(default)]
    pub group_id: Option<i64>,
    /// Tags.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub tags: Vec<String>,
    /// Its members see each other's tickets.
    #[serde(default)]
    pub shared_tickets: Option<bool>,
    /// Custom fields by key.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub organization_fields: Map<String, Value>,
}

/// Calls about organizations.
#[derive(Debug, Clone, Copy)]
pub struct Organizations<'a>(&'a Client);

impl Client {
    /// Calls about organizations.
    pub fn organizations(&self) -> Organizations<'_> {
        Organizations(self)
    }
}

impl Organizations<'_> {
    /// One organization.
    pub async fn show(&self, id: i64) -> Result<Organization, Error> {
        #[derive(Deserialize)]
        struct One {
            organization: Organization,
        }
        let call = Call::get(Resource::Organizations, "/api/v2/organizations/{id}").arg(id);
        Ok(self.0.fetch::<One>(call).await?.organization)
    }
}
