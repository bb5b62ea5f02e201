//! Search: a page of results, their number, and an export by cursor.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, ok};
use crate::model::World;
use crate::search::{self, Kind, Order};
use crate::{ApiError, Shared};

/// Results that a search shows in all.
const MOST: usize = 1_000;
/// Results on a page of an export.
const MOST_EXPORTED: usize = 1_000;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/search", get(search))
        .route("/api/v2/search/count", get(count))
        .route("/api/v2/search/export", get(export))
}

fn found(world: &World, ask: &Ask, shared: &Shared) -> Result<Vec<(Kind, u64)>, ApiError> {
    ask.agent()?;
    let query = ask.get("query").unwrap_or_default();
    let order = Order { by: ask.get("sort_by"), ascending: ask.get("sort_order") == Some("asc") };
    search::find(world, ask.caller.user_id, query, shared.now(), &order)
}

fn render(world: &World, ask: &Ask, kind: Kind, id: u64) -> Option<Value> {
    let mut out = match kind {
        Kind::Ticket => render::ticket(world, &world.tickets.get(&id)?.ticket),
        Kind::User => render::user(world, world.users.get(&id)?, ask.caller.role),
        Kind::Organization => render::organization(world, world.organizations.get(&id)?),
        Kind::Group => render::group(world, world.groups.get(&id)?),
    };
    out["result_type"] = json!(kind.as_str());
    Some(out)
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let mut all = found(&world, &ask, &shared)?;
    let total = all.len();
    all.truncate(MOST);
    let positions: Vec<u64> = (0..).take(all.len()).collect();
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &positions)?;
    let list = shown
        .iter()
        .filter_map(|p| all.get(usize::try_from(*p).ok()?))
        .filter_map(|(kind, id)| render(&world, &ask, *kind, *id))
        .collect();
    envelope.insert("facets".to_owned(), Value::Null);
    if envelope.contains_key("count") {
        envelope.insert("count".to_owned(), json!(total));
    }
    ok(listed("results", list, envelope))
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    ok(json!({"count": found(&world, &ask, &shared)?.len()}))
}

/// Everything of one kind (`filter[type]`), in the order of ids, by cursor only.
async fn export(State(shared): State<Shared>, ask: Ask) -> Answer {
    let wanted = ask.get("filter[type]").and_then(Kind::parse).ok_or_else(|| {
        ApiError::bad_request(
            "InvalidParameter",
            "filter[type] must be one of ticket, organization, user, or group",
        )
    })?;
    let world = shared.read();
    let all = found(&world, &ask, &shared)?;
    let mut ids: Vec<u64> = all.into_iter().filter(|(kind, _)| *kind == wanted).map(|(_, id)| id).collect();
    ids.sort_unstable();
    let (shown, mut envelope) = ask.cursor_paging(MOST_EXPORTED)?.cut(&world.base_url, &ids)?;
    let list = shown.iter().filter_map(|id| render(&world, &ask, wanted, *id)).collect();
    envelope.insert("facets".to_owned(), Value::Null);
    ok(listed("results", list, envelope))
}
