//! News for open pages, as server-sent events: what changed, never its content.

use std::convert::Infallible;
use std::time::Duration;

use accounts::authorization;
use accounts::session::Session;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use kit::{ApiError, Platform, session_of};
use serde::Deserialize;
use store::AccountId;
use tokio::sync::broadcast::error::RecvError;

use crate::Web;

/// Topics of one page at most.
const MAX_TOPICS: usize = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    /// `deadline,deadline/ticket/123`. A page that waits for the authorization only has none.
    #[serde(default)]
    topics: String,
}

pub(crate) async fn stream(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> kit::Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let platform = web.platform().clone();
    let session = session_of(&headers, &platform)?;
    let topics: Vec<String> =
        wanted.topics.split(',').filter(|topic| !topic.is_empty()).map(str::to_owned).collect();
    let own = |topic: &String| {
        *topic == session.app || topic.strip_prefix(&session.app).is_some_and(|rest| rest.starts_with('/'))
    };
    if topics.len() > MAX_TOPICS || !topics.iter().all(own) {
        let message =
            format!("A page can only listen to its own app: up to {MAX_TOPICS} topics of {}.", session.app);
        return Err(ApiError::unprocessable("not_a_topic", message));
    }
    let mut signals = platform.db().signals().subscribe();
    let mut closing = web.0.closing.clone();
    // The page renews its session and comes again.
    let end = platform.db().clock().sleep_until(session.expires_at);
    let stream = async_stream::stream! {
        let mut account = find_account(&platform, &session).await;
        // What was missed while nobody listened.
        if let Some(event) = authorization_event(&platform, account.as_ref()).await {
            yield Ok(event);
        }
        tokio::pin!(end);
        loop {
            let signal = tokio::select! {
                signal = signals.recv() => signal,
                () = &mut end => break,
                _ = closing.wait_for(|closing| *closing) => break,
            };
            match signal {
                Ok(signal) => {
                    // The account may have been made since the page was opened.
                    if account.is_none() && signal.topic == authorization::TOPIC {
                        account = find_account(&platform, &session).await;
                    }
                    if account.as_ref() != Some(&signal.account) {
                        continue;
                    }
                    let event = match signal.topic == authorization::TOPIC {
                        true => authorization_event(&platform, account.as_ref()).await,
                        false => topics.contains(&signal.topic).then(|| {
                            let topic = serde_json::json!({ "topic": signal.topic });
                            Event::default().event("change").data(topic.to_string())
                        }),
                    };
                    if let Some(event) = event {
                        yield Ok(event);
                    }
                }
                // Some were missed: let the page look at everything anew.
                Err(RecvError::Lagged(_)) => yield Ok(Event::default().event("missed").data("{}")),
                Err(RecvError::Closed) => break,
            }
        }
    };
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

/// How the app stands now, as the page got it when it was opened. Nothing if the database does not answer: the page keeps what
/// it has.
async fn authorization_event(platform: &Platform, account: Option<&AccountId>) -> Option<Event> {
    let state = crate::authorization::state(platform, account).await.ok()?;
    let data = serde_json::to_string(&state).ok()?;
    Some(Event::default().event("authorization").data(data))
}

async fn find_account(platform: &Platform, session: &Session) -> Option<AccountId> {
    platform.accounts().account_of(session).await.ok()?
}
