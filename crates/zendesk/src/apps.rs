//! Apps in an account: `/api/v2/apps`.

use bytes::Bytes;
use http::{Method, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::{Call, Client};
use crate::{BaseUrl, Error, Http, RateSnapshot, Resource, Verb};

/// The PEM of the key that signs an app's URLs, for [`crate::signed_url::verify`]. It belongs to the app, not to the
/// installation, and needs no login: keep it, and ask again when a signature does not fit. An app that does not exist is
/// [`Error::NotFound`].
pub async fn public_key(http: &Http, base_url: &BaseUrl, app_id: i64) -> Result<String, Error> {
    let url = base_url.at(&format!("/api/v2/apps/{app_id}/public_key.pem"));
    let request = Request::get(url.as_str()).body(Bytes::new()).map_err(|_| Error::BadCall("not a URL"))?;
    let answer = http.send_to_zendesk(request).await?;
    if !answer.status().is_success() {
        let rate = RateSnapshot::from_headers(answer.headers());
        return Err(Error::from_answer(answer.status(), answer.body(), &rate, false));
    }
    match std::str::from_utf8(answer.body()) {
        Ok(pem) if pem.trim_start().starts_with("-----BEGIN ") => Ok(pem.to_owned()),
        _ => Err(Error::Decode { reason: "not a PEM".into(), maybe_done: false }),
    }
}

/// An app installed in an account.
#[derive(Debug, Clone, Deserialize)]
pub struct Installation {
    /// Installation id.
    pub id: i64,
    /// App id.
    pub app_id: i64,
    /// Usable.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Settings, `name` included, without the secure ones.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub settings: Map<String, Value>,
}

/// Calls about installations.
#[derive(Debug, Clone, Copy)]
pub struct Installations<'a>(&'a Client);

impl Client {
    /// Calls about installations.
    pub fn installations(&self) -> Installations<'_> {
        Installations(self)
    }

    /// Sends `api_notification.{event}` with `body` (text or object, at most 1 MB) to the app's open iframes: those of one
    /// agent, or all. Zendesk allows 100 a minute.
    pub async fn notify_app(
        &self,
        app_id: i64,
        event: &str,
        body: &Value,
        agent_id: Option<i64>,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            app_id: i64,
            event: &'a str,
            body: &'a Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            agent_id: Option<i64>,
        }
        let call = Call::new(Resource::AppNotify, Verb::Create, Method::POST, "/api/v2/apps/notify.json")
            .json(&Body { app_id, event, body, agent_id })?;
        self.send(call).await?;
        Ok(())
    }
}

impl Installations<'_> {
    /// All installations that the authorization may see.
    pub async fn list(&self) -> Result<Vec<Installation>, Error> {
        #[derive(Deserialize)]
        struct Many {
            #[serde(default, deserialize_with = "crate::de::null_as_default")]
            installations: Vec<Installation>,
        }
        let call = Call::get(Resource::AppInstallations, "/api/v2/apps/installations");
        Ok(self.0.fetch::<Many>(call).await?.installations)
    }

    /// One installation.
    pub async fn show(&self, id: i64) -> Result<Installation, Error> {
        let call = Call::get(Resource::AppInstallations, "/api/v2/apps/installations/{id}").arg(id);
        self.0.fetch(call).await
    }

    /// Sets settings, secure ones included; those can be written but never read.
    pub async fn update_settings(&self, id: i64, settings: &Map<String, Value>) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            settings: &'a Map<String, Value>,
        }
        let route = "/api/v2/apps/installations/{id}";
        let call = Call::new(Resource::AppInstallations, Verb::Update, Method::PUT, route)
            .arg(id)
            .json(&Body { settings })?;
        self.0.send(call).await?;
        Ok(())
    }
}
