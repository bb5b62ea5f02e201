//! Incremental exports: everything that changed since a time, oldest change first; by time or by cursor.
//!
//! The newest minute is left out, so that nothing is missed that is being written.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, ok};
use crate::model::World;
use crate::{ApiError, Shared};

/// Records on a page unless `per_page` asks for fewer.
const MOST: usize = 1_000;
/// What is left out, and the least age of a start time.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn router() -> Router<Shared> {
    let tickets = |shared, ask| by_time(What::Tickets, shared, ask);
    Router::new()
        .route("/api/v2/incremental/tickets", get(tickets))
        .route("/api/v2/incremental/tickets/cursor", get(|shared, ask| by_cursor(What::Tickets, shared, ask)))
        .route("/api/v2/incremental/users", get(|shared, ask| by_time(What::Users, shared, ask)))
        .route("/api/v2/incremental/users/cursor", get(|shared, ask| by_cursor(What::Users, shared, ask)))
        .route(
            "/api/v2/incremental/organizations",
            get(|shared, ask| by_time(What::Organizations, shared, ask)),
        )
}

#[derive(Debug, Clone, Copy)]
enum What {
    Tickets,
    Users,
    Organizations,
}

/// Where a page ended: the last record's change in microseconds, and its id.
type Place = (i64, u64);

impl What {
    fn key(self) -> &'static str {
        match self {
            What::Tickets => "tickets",
            What::Users => "users",
            What::Organizations => "organizations",
        }
    }

    /// Every record with the time of its last change. Deleted users are among them.
    fn places(self, world: &World) -> Vec<Place> {
        let place = |at: Timestamp, id| (at.as_microsecond(), id);
        match self {
            What::Tickets => {
                world.tickets.values().map(|r| place(r.ticket.updated_at, r.ticket.id)).collect()
            }
            What::Users => world.users.values().map(|u| place(u.updated_at, u.id)).collect(),
            What::Organizations => world.organizations.values().map(|o| place(o.updated_at, o.id)).collect(),
        }
    }

    fn render(self, world: &World, ask: &Ask, id: u64) -> Option<Value> {
        Some(match self {
            What::Tickets => render::ticket(world, &world.tickets.get(&id)?.ticket),
            What::Users => render::user(world, world.users.get(&id)?, ask.caller.role),
            What::Organizations => render::organization(world, world.organizations.get(&id)?),
        })
    }
}

/// `start_time`, in seconds; at least a minute ago.
fn start(ask: &Ask, now: Timestamp) -> Result<i64, ApiError> {
    let wrong = |text: &str| ApiError::bad_request("InvalidValue", text);
    let seconds = ask.get("start_time").ok_or_else(|| wrong("Missing required parameter: start_time"))?;
    let seconds: i64 = seconds.parse().map_err(|_| wrong("start_time is not a Unix time"))?;
    let at = Timestamp::from_second(seconds).map_err(|_| wrong("start_time is not a Unix time"))?;
    if now.duration_since(at) < SETTLED {
        return Err(ApiError::new(
            http::StatusCode::UNPROCESSABLE_ENTITY,
            json!({"error": "InvalidValue", "description": "Too recent start_time. Use a start_time older than 5 minutes"}),
        ));
    }
    Ok(at.as_microsecond())
}

fn size(ask: &Ask) -> Result<usize, ApiError> {
    match ask.get("per_page").filter(|s| !s.is_empty()) {
        None => Ok(MOST),
        Some(text) => match text.parse::<usize>() {
            Ok(n) if n > 0 => Ok(n.min(MOST)),
            _ => Err(ApiError::bad_request("InvalidPaginationParameter", "per_page is not valid")),
        },
    }
}

/// The settled changes that `wanted` lets through, oldest first.
fn changes(world: &World, what: What, now: Timestamp, wanted: impl Fn(&Place) -> bool) -> Vec<Place> {
    let newest = now.checked_sub(SETTLED).unwrap_or(Timestamp::MIN).as_microsecond();
    let mut all = what.places(world);
    all.retain(|place| place.0 <= newest && wanted(place));
    all.sort_unstable();
    all
}

fn records(world: &World, what: What, ask: &Ask, places: &[Place]) -> Vec<Value> {
    places.iter().filter_map(|(_, id)| what.render(world, ask, *id)).collect()
}

fn link(world: &World, ask: &Ask, key: &str, value: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let kept = |k: &str| !matches!(k, "start_time" | "cursor" | "access_token");
    for (k, v) in ask.query.iter().filter(|(k, _)| kept(k)) {
        query.append_pair(k, v);
    }
    query.append_pair(key, value);
    format!("{}{}.json?{}", world.base_url, ask.path, query.finish())
}

/// A page goes on to the end of the second in which it is full, so that the next can begin with a second.
async fn by_time(what: What, State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.admin()?;
    let now = shared.now();
    let from = start(&ask, now)?;
    let world = shared.read();
    let all = changes(&world, what, now, |place| place.0 >= from);
    let second = |place: &Place| place.0.div_euclid(1_000_000);
    let mut end = size(&ask)?.min(all.len());
    while end > 0 && end < all.len() && second(&all[end]) == second(&all[end - 1]) {
        end += 1;
    }
    let shown = &all[..end];
    let finished = end == all.len();
    let end_time = shown.last().map(|p| if finished { second(p) } else { second(p) + 1 });
    let next = end_time.map(|t| link(&world, &ask, "start_time", &t.to_string()));
    let mut envelope = Map::new();
    envelope.insert("count".to_owned(), json!(shown.len()));
    envelope.insert("end_of_stream".to_owned(), json!(finished));
    envelope.insert("end_time".to_owned(), json!(end_time));
    envelope.insert("next_page".to_owned(), json!(next));
    ok(listed(what.key(), records(&world, what, &ask, shown), envelope))
}

async fn by_cursor(what: What, State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.admin()?;
    let now = shared.now();
    let from: Place = match ask.get("cursor").filter(|c| !c.is_empty()) {
        Some(cursor) => parse(cursor)?,
        // Ids begin after zero: everything at that moment comes behind this place.
        None => (start(&ask, now)?, 0),
    };
    let world = shared.read();
    let all = changes(&world, what, now, |place| *place > from);
    let end = size(&ask)?.min(all.len());
    let shown = &all[..end];
    let after = text(*shown.last().unwrap_or(&from));
    let mut envelope = Map::new();
    envelope.insert("after_url".to_owned(), json!(link(&world, &ask, "cursor", &after)));
    envelope.insert("after_cursor".to_owned(), json!(after));
    envelope.insert("before_url".to_owned(), Value::Null);
    envelope.insert("before_cursor".to_owned(), Value::Null);
    envelope.insert("end_of_stream".to_owned(), json!(end == all.len()));
    ok(listed(what.key(), records(&world, what, &ask, shown), envelope))
}

fn text((at, id): Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{at}||{id}"))
}

fn parse(cursor: &str) -> Result<Place, ApiError> {
    let plain = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|b| String::from_utf8(b).ok());
    let parts = plain.as_deref().and_then(|p| p.split_once("||"));
    let place = parts.and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    place.ok_or_else(|| ApiError::bad_request("InvalidCursor", "cursor is not valid"))
}
