//! Triggers: `/api/v2/triggers`.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{Call, Client, Meta};
use crate::{Error, Resource, Verb};

/// "When a ticket changes and this is so, do that."
#[derive(Debug, Clone, Deserialize)]
pub struct Trigger {
    /// Id.
    pub id: i64,
    /// Title.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub title: String,
    /// In use.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub active: bool,
    /// What must be so.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub conditions: Conditions,
    /// What is done.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub actions: Vec<Action>,
}

/// All of `all`, and at least one of `any` unless it is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Each must hold.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub all: Vec<Condition>,
    /// One must hold.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub any: Vec<Condition>,
}

/// One condition: `current_tags includes late`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// `status`, `current_tags`, `update_type`, …
    pub field: String,
    /// `is`, `includes`, `less_than`, …
    #[serde(default)]
    pub operator: Option<String>,
    /// Text, number, or list.
    #[serde(default)]
    pub value: Value,
}

/// One action: `notification_webhook` with webhook id and body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// `status`, `set_tags`, `notification_webhook`, …
    pub field: String,
    /// Text, number, or list.
    #[serde(default)]
    pub value: Value,
}

/// A trigger to make, or changes to one: what is not set stays as it is. A new one needs a title, conditions, actions.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TriggerInput {
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// What must be so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// What is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
}

/// Calls about triggers.
#[derive(Debug, Clone, Copy)]
pub struct Triggers<'a>(&'a Client);

impl Client {
    /// Calls about triggers.
    pub fn triggers(&self) -> Triggers<'_> {
        Triggers(self)
    }
}

#[derive(Deserialize)]
struct One {
    trigger: Trigger,
}

#[derive(Serialize)]
struct Body<'a> {
    trigger: &'a TriggerInput,
}

impl Triggers<'_> {
    /// All triggers.
    pub async fn list(&self) -> Result<Vec<Trigger>, Error> {
        #[derive(Deserialize)]
        struct Page {
            triggers: Vec<Trigger>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::Triggers, "/api/v2/triggers");
        self.0.fetch_all(call, |page: Page| (page.triggers, page.meta)).await
    }

    /// Makes a trigger.
    pub async fn create(&self, trigger: &TriggerInput) -> Result<Trigger, Error> {
        let call = Call::new(Resource::Triggers, Verb::Create, Method::POST, "/api/v2/triggers")
            .json(&Body { trigger })?;
        Ok(self.0.fetch::<One>(call).await?.trigger)
    }

    /// Changes a trigger. Conditions and actions are replaced as a whole.
    pub async fn update(&self, id: i64, trigger: &TriggerInput) -> Result<Trigger, Error> {
        let call = Call::new(Resource::Triggers, Verb::Update, Method::PUT, "/api/v2/triggers/{id}")
            .arg(id)
            .json(&Body { trigger })?;
        Ok(self.0.fetch::<One>(call).await?.trigger)
    }
}
