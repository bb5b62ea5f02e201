//! What the apps did, for the Activity tab.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use kit::{ApiError, Caller, Platform, session_of};
use serde::Deserialize;
use serde_json::{Value, json};
use tickets::activity::{self, Cursor, Filter};

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    ticket: Option<i64>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The lines of the session's app, newest first. Administrators see all of the account, agents one ticket they may see.
pub(crate) async fn list(
    State(platform): State<Platform>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> kit::Result<Json<Value>> {
    let session = session_of(&headers, &platform)?;
    let app = platform.app(&session.app).ok_or_else(ApiError::unauthenticated)?.id;
    let caller = Caller::from_session(&platform, app, session).await?;
    match wanted.ticket {
        Some(ticket_id) => {
            caller.ticket(ticket_id).await?;
        }
        None if caller.agent().sees_all_tickets() => {}
        None => {
            let message =
                "Your Zendesk role sees some tickets only. Give a ticket's number to see its activity.";
            return Err(ApiError::unprocessable("ticket_wanted", message));
        }
    }
    let cursor = match wanted.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(cursor.parse::<Cursor>().map_err(|_| {
            ApiError::unprocessable("not_a_cursor", "This page does not exist. Go back to the first page.")
        })?),
    };
    let filter = Filter {
        app: Some(app.to_owned()),
        ticket_id: wanted.ticket,
        cursor,
        limit: wanted.limit.unwrap_or(50),
    };
    let mut tx = caller.read_prefer_primary().await?;
    let page = activity::list(&mut tx, &filter).await?;
    let items: Vec<Value> = page
        .entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.id,
                "at": entry.at,
                "ticket_id": entry.ticket_id,
                "app": entry.app,
                "code": entry.code,
                "args": entry.args,
                "cause": { "kind": entry.cause.kind(), "text": entry.cause.to_string() },
                "on_authorization_of": entry.authorization_of,
                "result": entry.progress.as_str(),
                "result_code": entry.result_code,
                "result_detail": entry.result_detail,
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next_cursor": page.next.map(|cursor| cursor.to_string()) })))
}
