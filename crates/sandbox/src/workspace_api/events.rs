//! Live events for the page, as server-sent events.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{self, KeepAlive, Sse};
use futures::StreamExt as _;
use serde_json::json;
use tokio_stream::wrappers::BroadcastStream;

use crate::apps::install;
use crate::tickets::access;
use crate::{ApiError, Caller, Event, Shared, time};

pub(super) async fn stream(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<impl IntoResponse, ApiError> {
    let stopping = shared.stopping().clone().cancelled_owned();
    let user_id = caller.user_id;
    let events = BroadcastStream::new(shared.events()).filter_map(move |event| {
        // Whoever was too slow to be told everything reloads.
        let event = event.unwrap_or(Event::Reset);
        let shown = show(&shared, user_id, event).map(Ok::<_, Infallible>);
        std::future::ready(shown)
    });
    // The first bytes at once, so that the page knows that it is connected.
    let hello = futures::stream::iter([Ok(sse::Event::default().comment("connected"))]);
    Ok(Sse::new(hello.chain(events).take_until(stopping)).keep_alive(KeepAlive::default()))
}

/// The event as this person may see it.
fn show(shared: &Shared, user_id: u64, event: Event) -> Option<sse::Event> {
    let (name, data) = match event {
        Event::Ticket { id, updated_at, updated_by, changes, .. } => {
            let world = shared.read();
            let record = world.tickets.get(&id)?;
            if !access::sight(&world, user_id).ok()?.covers(&record.ticket) {
                return None;
            }
            let updated_at = time::text(updated_at);
            (
                "ticket",
                json!({"id": id, "updated_at": updated_at, "updated_by": updated_by, "changes": changes}),
            )
        }
        Event::ApiNotification { agent_id: Some(agent_id), .. } if agent_id != user_id => return None,
        Event::ApiNotification { app_id, event, body, sender, .. } => {
            let world = shared.read();
            let user = world.users.get(&user_id)?;
            let used = |id| world.apps.installations_of(id).any(|i| install::may_use(&world, i, user));
            if app_id != 0 && !used(app_id) {
                return None;
            }
            ("api_notification", json!({"app_id": app_id, "event": event, "body": body, "sender": sender}))
        }
        Event::Installations => ("installations", json!({})),
        Event::Clock { now, frozen } => ("clock", json!({"now": now, "frozen": frozen})),
        Event::Reset => ("reset", json!({})),
    };
    Some(sse::Event::default().event(name).data(data.to_string()))
}
