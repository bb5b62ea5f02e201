//! Search in its commonest form: `type:ticket status<solved tags:x custom_field_123:y words`.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use super::render::{self, listed};
use super::{Answer, Ask, ok};
use crate::model::{Priority, Status, Ticket, World};
use crate::tickets::access;
use crate::{ApiError, Shared, time};

/// Results that a search shows in all.
const MOST: usize = 1_000;

pub(super) fn router() -> Router<Shared> {
    Router::new().route("/api/v2/search", get(search)).route("/api/v2/search/count", get(count))
}

fn found(world: &World, ask: &Ask) -> Result<Vec<(&'static str, u64)>, ApiError> {
    ask.agent()?;
    let query = ask.get("query").unwrap_or_default().trim();
    if query.is_empty() {
        return Err(ApiError::bad_request("BadRequest", "Query parameter is missing"));
    }
    let words = words(query);
    let kind = words.iter().find_map(|w| w.strip_prefix("type:"));
    let mut out = Vec::new();
    if matches!(kind, None | Some("ticket")) {
        let sight = access::sight(world, ask.caller.user_id)?;
        let tickets = world.tickets.values().map(|r| &r.ticket);
        let mut list: Vec<&Ticket> =
            tickets.filter(|t| sight.covers(t) && words.iter().all(|w| fits(world, t, w))).collect();
        match ask.get("sort_by") {
            Some("updated_at") => list.sort_by_key(|t| (t.updated_at, t.id)),
            Some("priority") => list.sort_by_key(|t| (t.priority, t.id)),
            Some("status") => list.sort_by_key(|t| (t.status, t.id)),
            _ => list.sort_by_key(|t| (t.created_at, t.id)),
        }
        if ask.get("sort_order").unwrap_or("desc") == "desc" {
            list.reverse();
        }
        out.extend(list.into_iter().map(|t| ("ticket", t.id)));
    }
    if matches!(kind, None | Some("user")) {
        let users = world.users.values().filter(|u| super::users::matches(u, &query.to_lowercase()));
        out.extend(users.map(|u| ("user", u.id)));
    }
    if matches!(kind, None | Some("organization")) {
        let plain: Vec<String> =
            words.iter().filter(|w| !w.starts_with("type:")).map(|w| w.to_lowercase()).collect();
        let all = world.organizations.values();
        let list = all.filter(|o| plain.iter().all(|w| o.name.to_lowercase().contains(w.as_str())));
        out.extend(list.map(|o| ("organization", o.id)));
    }
    Ok(out)
}

/// Words of the query; what stands in quotation marks stays together.
fn words(query: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in query.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|w| !w.is_empty());
    words
}

fn fits(world: &World, t: &Ticket, word: &str) -> bool {
    let (word, wanted) = match word.strip_prefix('-') {
        Some(rest) => (rest, false),
        None => (word, true),
    };
    is(world, t, word) == wanted
}

fn is(world: &World, t: &Ticket, word: &str) -> bool {
    let Some(at) = word.find([':', '<', '>']) else {
        let word = word.to_lowercase();
        let text = |s: &str| s.to_lowercase().contains(&word);
        return t.id.to_string() == word || text(&t.subject) || text(&t.description);
    };
    let (key, rest) = word.split_at(at);
    let operator = if rest.starts_with(">=") || rest.starts_with("<=") { &rest[..2] } else { &rest[..1] };
    let value = &rest[operator.len()..];
    let compare = |order: Option<std::cmp::Ordering>| match operator {
        ":" => order.is_some_and(std::cmp::Ordering::is_eq),
        "<" => order.is_some_and(std::cmp::Ordering::is_lt),
        ">" => order.is_some_and(std::cmp::Ordering::is_gt),
        "<=" => order.is_some_and(std::cmp::Ordering::is_le),
        _ => order.is_some_and(std::cmp::Ordering::is_ge),
    };
    let person = |id: Option<u64>| match value {
        "none" => id.is_none(),
        value => id.and_then(|id| world.users.get(&id)).is_some_and(|u| {
            u.id.to_string() == value
                || u.email.as_deref() == Some(value)
                || u.name.eq_ignore_ascii_case(value)
        }),
    };
    let moment = |m: jiff::Timestamp| {
        // A bare date means the whole day.
        if operator == ":" {
            return time::text(m).starts_with(value);
        }
        compare(time::parse(value).map(|v| m.cmp(&v)))
    };
    match key {
        "type" => value == "ticket",
        "id" => t.id.to_string() == value,
        "status" => compare(Status::parse(value).map(|s| t.status.cmp(&s))),
        "priority" => compare(Priority::parse(value).map(|p| t.priority.cmp(&Some(p)))),
        "ticket_type" => t.kind.is_some_and(|k| k.as_str() == value),
        "tags" => {
            if value == "none" {
                t.tags.is_empty()
            } else {
                t.tags.iter().any(|tag| tag == value)
            }
        }
        "assignee" => person(t.assignee_id),
        "requester" => person(Some(t.requester_id)),
        "submitter" => person(Some(t.submitter_id)),
        "group" => match t.group_id.and_then(|g| world.groups.get(&g)) {
            Some(g) => g.id.to_string() == value || g.name.eq_ignore_ascii_case(value),
            None => value == "none",
        },
        "organization" => match t.organization_id.and_then(|o| world.organizations.get(&o)) {
            Some(o) => o.id.to_string() == value || o.name.eq_ignore_ascii_case(value),
            None => value == "none",
        },
        "external_id" => t.external_id.as_deref() == Some(value),
        "subject" => t.subject.to_lowercase().contains(&value.to_lowercase()),
        "description" => t.description.to_lowercase().contains(&value.to_lowercase()),
        "created" => moment(t.created_at),
        "updated" => moment(t.updated_at),
        key => {
            let id = key.strip_prefix("custom_field_").or_else(|| key.strip_prefix("fieldvalue_"));
            id.and_then(|id| id.parse::<u64>().ok()).and_then(|id| t.custom_fields.get(&id)).is_some_and(
                |v| match v {
                    Value::String(s) => s == value,
                    Value::Array(list) => list.iter().any(|v| v == value),
                    other => other.as_bool() == value.parse().ok(),
                },
            )
        }
    }
}

async fn search(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let mut all = found(&world, &ask)?;
    let total = all.len();
    all.truncate(MOST);
    let positions: Vec<u64> = (0..).take(all.len()).collect();
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &positions)?;
    let list = shown
        .iter()
        .filter_map(|p| all.get(usize::try_from(*p).ok()?))
        .filter_map(|(kind, id)| {
            let mut out = match *kind {
                "ticket" => render::ticket(&world, &world.tickets.get(id)?.ticket),
                "user" => render::user(&world, world.users.get(id)?, ask.caller.role),
                _ => render::organization(&world, world.organizations.get(id)?),
            };
            out["result_type"] = json!(kind);
            Some(out)
        })
        .collect();
    envelope.insert("facets".to_owned(), Value::Null);
    if envelope.contains_key("count") {
        envelope.insert("count".to_owned(), json!(total));
    }
    ok(listed("results", list, envelope))
}

async fn count(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    ok(json!({"count": found(&world, &ask)?.len()}))
}
