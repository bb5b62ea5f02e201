//! Initialisation of an installation: its copy of the account token goes into its secure settings on Zendesk's side.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zendesk::{AccessList, Resource, Verb};

use crate::account;
use crate::budget::Urgency;
use crate::error::Error;
use crate::gateway::Accounts;

/// The name of the secure setting in every app's manifest.
pub const TOKEN_SETTING: &str = "account_token";

/// Writes a new copy of the account token into an installation's settings. Run twice it writes twice; the last copy that
/// Zendesk took is the one that counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InitialiseInstallation {
    pub installation_id: i64,
}

impl jobs::Job for InitialiseInstallation {
    const NAME: &'static str = "accounts.initialise_installation";
}

pub(crate) async fn run(
    accounts: Accounts,
    batch: jobs::Batch<InitialiseInstallation>,
) -> Result<(), jobs::Failure> {
    let access = AccessList::none().with(Resource::AppInstallations, Verb::Update);
    for job in batch.jobs() {
        let installation_id = job.job.installation_id;
        let place = format!("installation/{installation_id}");
        let mut tx = accounts.db().write(batch.account()).await.map_err(Error::from)?;
        let token = account::issue_token(&mut tx, &place).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        let mut settings = Map::new();
        settings.insert(TOKEN_SETTING.to_owned(), Value::from(token.expose_secret()));
        let settings = &settings;
        accounts
            .call(batch.account(), &access, Urgency::Background, |client| async move {
                client.installations().update_settings(installation_id, settings).await
            })
            .await?;
        let mut tx = accounts.db().write(batch.account()).await.map_err(Error::from)?;
        account::retire_older_tokens(&mut tx, &place, &token).await.map_err(Error::from)?;
        account::mark_initialised(&mut tx, installation_id).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
    }
    Ok(())
}
