use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use store::{Json, sql};

use crate::error::{ApiError, Result};

/// What an administrator set for an app, with the version that a change must name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings<T> {
    #[serde(flatten)]
    pub value: T,
    /// 0 until somebody changes something.
    pub version: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    body: Json<serde_json::Value>,
    version: i64,
}

impl<T: Serialize + DeserializeOwned + Default> Settings<T> {
    /// The settings of `app`; its defaults where nothing was set.
    pub async fn load(tx: &mut store::Tx, app: &'static str) -> store::Result<Self> {
        let query = sql("SELECT body, version FROM app_settings WHERE account_id = $1 AND app = $2");
        match tx.maybe::<Row>(query.bind(app)).await? {
            None => Ok(Self { value: T::default(), version: 0 }),
            Some(row) => {
                let value = serde_json::from_value(row.body.0)
                    .map_err(|error| store::Error::Unreadable(format!("settings of {app}: {error}")))?;
                Ok(Self { value, version: row.version })
            }
        }
    }

    /// Replaces the settings that had `version`. 409 with the current ones if somebody else was quicker.
    pub async fn save(tx: &mut store::Tx, app: &'static str, value: T, version: i64) -> Result<Self> {
        let body = Json(&value).to_value()?;
        let next = version + 1;
        let upsert = sql(
            "INSERT INTO app_settings (account_id, app, body, version) SELECT $1, $2, $3, $4 WHERE $5 = 0
                          ON CONFLICT (account_id, app) DO NOTHING",
        );
        let update = sql(
            "UPDATE app_settings SET body = $2, version = $3 WHERE account_id = $1 AND app = $4 AND version = $5",
        );
        let changed = if version == 0 {
            tx.execute(upsert.bind(app).bind(body).bind(next).bind(version)).await?
        } else {
            tx.execute(update.bind(body).bind(next).bind(app).bind(version)).await?
        };
        if changed == 1 {
            return Ok(Self { value, version: next });
        }
        let current = Self::load(tx, app).await?;
        let message = "Somebody else changed these settings meanwhile. Compare with theirs, then save again.";
        Err(ApiError::new(axum::http::StatusCode::CONFLICT, "changed_meanwhile", message)
            .with("current", json!(current)))
    }
}
