use std::fmt;
use std::sync::Arc;

use accounts::Urgency;
use axum::http::StatusCode;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::{AccountId, Json, Time, sql};
use tickets::Cause;
use tickets::mirror::{Status, TicketState};

use crate::error::{ApiError, Result};
use crate::platform::{AppZendesk, Platform};
use crate::settings::Settings;
use crate::tx::Tx;

/// Something an app does when asked from outside: by a Zendesk trigger through the webhook door. Same arguments, same
/// checks, same errors at every door.
pub struct Action {
    /// Behind the app's name: `set` of `deadline.set`.
    pub name: &'static str,
    /// One sentence for administrators.
    pub description: &'static str,
    /// A body that works when pasted into a webhook, with Zendesk's placeholders.
    pub example: &'static str,
    run: Arc<dyn Fn(ActionContext, Value) -> BoxFuture<'static, Result<Value>> + Send + Sync>,
}

impl Action {
    /// `run` gets its arguments already read; a body that does not fit is refused before with what is wrong.
    pub fn new<A, F, Fut>(
        name: &'static str,
        description: &'static str,
        example: &'static str,
        run: F,
    ) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        F: Fn(ActionContext, A) -> Fut + Send + Sync + Copy + 'static,
        Fut: Future<Output = Result<Value>> + Send + 'static,
    {
        let run = move |context: ActionContext, body: Value| -> BoxFuture<'static, Result<Value>> {
            Box::pin(async move {
                let args = serde_json::from_value(body).map_err(|error| {
                    ApiError::unprocessable(
                        "arguments_not_understood",
                        format!("The arguments do not fit: {error}. Compare with the example: {example}"),
                    )
                })?;
                run(context, args).await
            })
        };
        Self { name, description, example, run: Arc::new(run) }
    }

    /// Runs the action, or answers what the same invocation was answered before.
    pub async fn run(&self, context: ActionContext, body: Value) -> Result<Value> {
        if let Some(before) = context.answer_before().await? {
            return Err(before);
        }
        (self.run)(context, body).await
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").field("name", &self.name).finish_non_exhaustive()
    }
}

/// On whose behalf an action runs, and how often the same request may arrive: its effect happens once.
#[derive(Debug, Clone)]
pub struct ActionContext {
    platform: Platform,
    app: &'static str,
    account: AccountId,
    cause: Cause,
    /// What the sender repeats when it sends the same request again (a webhook's invocation id).
    invocation: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Answer {
    body: Json<Value>,
}

impl ActionContext {
    pub fn new(
        platform: Platform,
        app: &'static str,
        account: AccountId,
        cause: Cause,
        invocation: Option<String>,
    ) -> Self {
        Self { platform, app, account, cause, invocation }
    }

    pub fn now(&self) -> Time {
        self.platform.db().clock().now()
    }

    pub fn zendesk(&self) -> AppZendesk {
        self.platform.zendesk(self.app, &self.account)
    }

    /// A ticket; 404 for one that Zendesk does not have. Triggers act with the account's authority, not with an agent's.
    pub async fn ticket(&self, ticket_id: i64) -> Result<TicketState> {
        let max_age = SignedDuration::from_mins(5);
        let mut states = self.zendesk().tickets(&[ticket_id], max_age, Urgency::Background).await?;
        let state = states.remove(&ticket_id).filter(|state| state.status != Status::Deleted);
        state.ok_or_else(ApiError::not_found)
    }

    /// What administrators set for the app.
    pub async fn settings<T: Serialize + DeserializeOwned + Default>(&self) -> Result<T> {
        let mut tx = self.platform.db().read_prefer_primary(&self.account).await?;
        Ok(Settings::load(&mut tx, self.app).await?.value)
    }

    /// Opens the transaction of the action's effect. HTTP comes before this, never after.
    ///
    /// If the same invocation has taken effect meanwhile (two deliveries at once), its answer comes as the error.
    pub async fn begin(&self) -> Result<Tx> {
        let mut tx = self.platform.db().write(&self.account).await?;
        if let Some(invocation) = &self.invocation {
            let now = tx.now();
            let claim = sql(
                "INSERT INTO answers (account_id, app, invocation, body, at) VALUES ($1, $2, $3, 'null', $4)
                             ON CONFLICT (account_id, app, invocation) DO NOTHING",
            );
            if tx.execute(claim.bind(self.app).bind(invocation).bind(now)).await? == 0 {
                drop(tx);
                let before = self.answer_before().await?;
                return Err(before.unwrap_or_else(|| store::Error::Contended.into()));
            }
        }
        Ok(Tx::new(tx, self.app, self.cause.clone()))
    }

    /// Commits the effect together with the answer that a repetition will get.
    pub async fn finish(&self, mut tx: Tx, answer: Value) -> Result<Value> {
        if let Some(invocation) = &self.invocation {
            let update =
                sql("UPDATE answers SET body = $2 WHERE account_id = $1 AND app = $3 AND invocation = $4");
            let body = Json(&answer).to_value()?;
            tx.execute(update.bind(body).bind(self.app).bind(invocation)).await?;
        }
        tx.commit().await?;
        Ok(answer)
    }

    async fn answer_before(&self) -> Result<Option<ApiError>> {
        let Some(invocation) = &self.invocation else { return Ok(None) };
        let mut tx = self.platform.db().read_prefer_primary(&self.account).await?;
        let query = sql("SELECT body FROM answers WHERE account_id = $1 AND app = $2 AND invocation = $3");
        let answer: Option<Answer> = tx.maybe(query.bind(self.app).bind(invocation)).await?;
        Ok(answer.map(|Answer { body }| ApiError::replay(StatusCode::OK, body.0)))
    }
}
