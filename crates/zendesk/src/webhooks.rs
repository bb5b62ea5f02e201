//! Webhooks: `/api/v2/webhooks`. Checking what they deliver is in [`crate::webhook`].

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Call, Client, Meta};
use crate::{Error, Resource, Verb};

/// A webhook: where Zendesk sends requests to.
#[derive(Debug, Clone, Deserialize)]
pub struct Webhook {
    /// ULID.
    pub id: String,
    /// Name.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub name: String,
    /// `active` or `inactive`.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub status: String,
    /// Address that is called.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub endpoint: String,
    /// `conditional_ticket_events` (called by triggers), or event types.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub subscriptions: Vec<String>,
}

/// How Zendesk identifies itself in a delivery. Cannot be read back.
#[derive(Debug, Clone)]
pub enum Authentication {
    /// `Authorization: Bearer …`.
    Bearer(SecretString),
    /// A header of that name.
    ApiKey {
        /// Header.
        name: String,
        /// Its value.
        value: SecretString,
    },
}

/// A webhook to make, or changes to one: what is not set stays as it is. A new one needs a name, an endpoint and
/// subscriptions, whose kind cannot be changed later. Deliveries are JSON by POST.
#[derive(Debug, Clone, Default)]
pub struct WebhookInput {
    /// Name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Address to call; https.
    pub endpoint: Option<String>,
    /// Deliver at all.
    pub active: Option<bool>,
    /// `["conditional_ticket_events"]` to be called by triggers, or `zen:event-type:…` names.
    pub subscriptions: Option<Vec<String>>,
    /// Secret that comes with each delivery.
    pub authentication: Option<Authentication>,
}

impl WebhookInput {
    fn body(&self) -> Value {
        let mut webhook = serde_json::Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                webhook.insert(name.to_owned(), value);
            }
        };
        set("name", self.name.as_ref().map(|v| json!(v)));
        set("description", self.description.as_ref().map(|v| json!(v)));
        set("endpoint", self.endpoint.as_ref().map(|v| json!(v)));
        set("status", self.active.map(|active| json!(if active { "active" } else { "inactive" })));
        set("subscriptions", self.subscriptions.as_ref().map(|v| json!(v)));
        set("authentication", self.authentication.as_ref().map(Authentication::body));
        json!({ "webhook": webhook })
    }
}

impl Authentication {
    fn body(&self) -> Value {
        let (kind, data) = match self {
            Authentication::Bearer(token) => ("bearer_token", json!({ "token": token.expose_secret() })),
            Authentication::ApiKey { name, value } => {
                ("api_key", json!({ "name": name, "value": value.expose_secret() }))
            }
        };
        json!({ "type": kind, "data": data, "add_position": "header" })
    }
}

/// Calls about webhooks.
#[derive(Debug, Clone, Copy)]
pub struct Webhooks<'a>(&'a Client);

impl Client {
    /// Calls about webhooks.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }
}

#[derive(Deserialize)]
struct One {
    webhook: Webhook,
}

impl Webhooks<'_> {
    /// All webhooks.
    pub async fn list(&self) -> Result<Vec<Webhook>, Error> {
        #[derive(Deserialize)]
        struct Page {
            webhooks: Vec<Webhook>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::Webhooks, "/api/v2/webhooks");
        self.0.fetch_all(call, |page: Page| (page.webhooks, page.meta)).await
    }

    /// One webhook.
    pub async fn show(&self, id: &str) -> Result<Webhook, Error> {
        let call = Call::get(Resource::Webhooks, "/api/v2/webhooks/{id}").arg(id);
        Ok(self.0.fetch::<One>(call).await?.webhook)
    }

    /// Makes a webhook; active unless said otherwise.
    pub async fn create(&self, webhook: &WebhookInput) -> Result<Webhook, Error> {
        let mut body = webhook.body();
        body["webhook"]["http_method"] = json!("POST");
        body["webhook"]["request_format"] = json!("json");
        if webhook.active.is_none() {
            body["webhook"]["status"] = json!("active");
        }
        let call =
            Call::new(Resource::Webhooks, Verb::Create, Method::POST, "/api/v2/webhooks").json(&body)?;
        Ok(self.0.fetch::<One>(call).await?.webhook)
    }

    /// Changes a webhook.
    pub async fn update(&self, id: &str, webhook: &WebhookInput) -> Result<(), Error> {
        let call = Call::new(Resource::Webhooks, Verb::Update, Method::PATCH, "/api/v2/webhooks/{id}")
            .arg(id)
            .json(&webhook.body())?;
        self.0.send(call).await?;
        Ok(())
    }

    /// The secret that signs a webhook's deliveries, for [`crate::webhook::verify`].
    pub async fn signing_secret(&self, id: &str) -> Result<SecretString, Error> {
        #[derive(Deserialize)]
        struct Answer {
            signing_secret: Secret,
        }
        #[derive(Deserialize)]
        struct Secret {
            secret: String,
        }
        let call = Call::get(Resource::Webhooks, "/api/v2/webhooks/{id}/signing_secret").arg(id);
        Ok(self.0.fetch::<Answer>(call).await?.signing_secret.secret.into())
    }
}
