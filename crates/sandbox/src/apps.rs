//! Apps: uploads, apps, installations, public keys, signed launches, notify.

pub mod check;
mod crud;
pub mod install;
pub mod keys;
pub mod launch;
pub mod manifest;
mod notify;
pub mod package;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Shared, World};
pub(crate) use crud::keep;
use package::{Blob, Package};

/// Largest package that may be uploaded, in bytes.
const MAX_UPLOAD: usize = 32 * 1024 * 1024;

/// Everything about apps in the account.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {
    /// Zips that were uploaded and not yet made into an app.
    uploads: BTreeMap<u64, Blob>,
    pub apps: BTreeMap<u64, App>,
    pub installations: BTreeMap<u64, Installation>,
    jobs: BTreeMap<String, AppJob>,
}

/// An app that was uploaded to the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct App {
    pub id: u64,
    pub name: String,
    pub short_description: Option<String>,
    pub package: Arc<Package>,
    /// PKCS#8 PEM; made when it is first needed.
    private_key: Option<Arc<str>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An app as it is installed, with its settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Installation {
    pub id: u64,
    pub app_id: u64,
    /// By name, secure ones too: these never leave through the API. `name` is the title that administrators see.
    pub settings: Map<String, Value>,
    pub enabled: bool,
    /// Ids of the roles that may use it; nothing means everybody. See [`install::may_use`].
    pub role_restrictions: Option<Vec<u64>>,
    /// Groups that may use it; nothing means everybody.
    pub group_restrictions: Option<Vec<u64>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Making an app from an upload: Zendesk answers with a job and works on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AppJob {
    id: String,
    app_id: Option<u64>,
    /// Why it failed.
    failure: Option<String>,
    /// Until then it shows as queued; what it does is there before that, but nobody knows its id.
    done_at: Timestamp,
}

impl State {
    /// Whether an app is installed whose pages lie under this address.
    pub fn is_installed_from(&self, address: &str) -> bool {
        self.installations.values().filter_map(|installation| self.apps.get(&installation.app_id)).any(
            |app| {
                let locations = app.package.manifest.locations.iter();
                locations.map(|location| &location.url).any(|url| url.starts_with(address))
            },
        )
    }

    /// Installations of an app.
    pub fn installations_of(&self, app_id: u64) -> impl Iterator<Item = &Installation> {
        self.installations.values().filter(move |installation| installation.app_id == app_id)
    }

    /// Names of all secure settings, so that they can be masked wherever they appear.
    pub fn secure_names(&self) -> impl Iterator<Item = &str> {
        let parameters = self.apps.values().flat_map(|app| &app.package.manifest.parameters);
        parameters.filter(|parameter| parameter.secure).map(|parameter| parameter.name.as_str())
    }
}

/// The key that signs an app's launches, made now if there is none yet. Nothing when there is no such app.
///
/// # Errors
/// When a key cannot be made.
pub async fn private_key(shared: &Shared, app_id: u64) -> Result<Option<Arc<str>>, keys::KeyError> {
    loop {
        let taken: Vec<Arc<str>> = {
            let world = shared.read();
            match world.apps.apps.get(&app_id) {
                None => return Ok(None),
                Some(App { private_key: Some(key), .. }) => return Ok(Some(key.clone())),
                Some(_) => world.apps.apps.values().filter_map(|app| app.private_key.clone()).collect(),
            }
        };
        let make = move || keys::private_key(|pem| taken.iter().any(|key| **key == *pem));
        let key = tokio::task::spawn_blocking(make).await.map_err(|_| keys::KeyError::interrupted())??;
        let mut world = shared.write();
        // Two apps may have been offered the same key at the same time: whoever is late asks again.
        if !key_is_taken(&world, &key)
            && let Some(app) = world.apps.apps.get_mut(&app_id)
            && app.private_key.is_none()
        {
            app.private_key = Some(key);
        }
    }
}

fn key_is_taken(world: &World, key: &str) -> bool {
    world.apps.apps.values().any(|app| app.private_key.as_deref() == Some(key))
}

/// Its routes. The tool of app developers uses other addresses for two of them.
pub fn router() -> Router<Shared> {
    let installations = || get(install::list).post(install::create);
    let installation = || get(install::show).put(install::update).delete(install::delete);
    Router::new()
        .route("/api/v2/apps/uploads", post(crud::upload))
        .route("/api/v2/apps", get(crud::list).post(crud::create))
        .route("/api/apps", post(crud::create))
        .route("/api/v2/apps/owned", get(crud::list))
        .route("/api/v2/apps/validate", post(crud::validate))
        .route("/api/v2/apps/job_statuses/{id}", get(crud::job_status))
        .route("/api/v2/apps/notify", post(notify::notify))
        .route("/api/v2/apps/{id}", get(crud::show).put(crud::update).delete(crud::delete))
        .route("/api/v2/apps/{id}/public_key", get(crud::public_key))
        .route("/api/v2/apps/{id}/public_key.pem", get(crud::public_key))
        .route("/api/v2/apps/installations", installations())
        .route("/api/support/apps/installations", installations())
        .route("/api/v2/apps/installations/job_statuses/{id}", get(crud::job_status))
        .route("/api/v2/apps/installations/{id}", installation())
        .route("/api/support/apps/installations/{id}", installation())
        .route("/api/v2/apps/installations/{id}/requirements", get(install::requirements))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
}
