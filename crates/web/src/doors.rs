//! The door for Zendesk's triggers.

use accounts::account;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use kit::{ActionContext, ApiError, Cause, Platform, bearer};
use serde_json::Value;

/// Zendesk repeats it when it delivers a webhook again.
const INVOCATION: &str = "x-zendesk-webhook-invocation-id";

/// `POST /hooks/{app}/{action}` with the account token as bearer and the arguments as JSON.
pub(crate) async fn webhook(
    State(platform): State<Platform>,
    Path((app, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> kit::Result<Json<Value>> {
    // Who it is comes first: to a stranger everything here is alike.
    let token = bearer(&headers).ok_or_else(refused)?;
    let account = {
        let mut system = platform.db().system_read().await?;
        account::find_by_token(&mut system, &token).await?.ok_or_else(refused)?
    };
    let account = account.account_id;
    tracing::Span::current().record("account", account.as_str());
    let app = platform.app(&app).ok_or_else(ApiError::not_found)?;
    let action = app.actions.iter().find(|known| known.name == action).ok_or_else(ApiError::not_found)?;
    {
        let mut tx = platform.db().read_prefer_primary(&account).await?;
        account::installation_of(&mut tx, app.id).await?.ok_or_else(ApiError::not_found)?;
    }
    let body: Value = serde_json::from_slice(&body).map_err(|error| {
        let message = format!("The body is no JSON ({error}). Compare with the example: {}", action.example);
        ApiError::unprocessable("arguments_not_understood", message)
    })?;
    let invocation = headers.get(INVOCATION).and_then(|id| id.to_str().ok()).filter(|id| id.len() <= 200);
    let cause = Cause::Trigger { invocation: invocation.unwrap_or_default().to_owned() };
    let context = ActionContext::new(platform.clone(), app.id, account, cause, invocation.map(str::to_owned));
    Ok(Json(action.run(context, body).await?))
}

fn refused() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "Send the account token as bearer, as the Admin screen of the app shows it.",
    )
}
