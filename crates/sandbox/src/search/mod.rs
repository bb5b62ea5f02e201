//! Zendesk's search language: what a query says, and which records it means.

mod fits;
mod query;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ApiError;
use crate::model::{Ticket, World};
use crate::tickets::access;
use query::Query;

/// The kinds of records that are searched, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Ticket,
    User,
    Organization,
    Group,
}

impl Kind {
    /// Zendesk's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Ticket => "ticket",
            Kind::User => "user",
            Kind::Organization => "organization",
            Kind::Group => "group",
        }
    }

    /// The kind of that name.
    pub(crate) fn parse(word: &str) -> Option<Kind> {
        [Kind::Ticket, Kind::User, Kind::Organization, Kind::Group].into_iter().find(|k| k.as_str() == word)
    }
}

/// How the results are wanted.
#[derive(Debug, Default)]
pub(crate) struct Order<'a> {
    pub(crate) by: Option<&'a str>,
    pub(crate) ascending: bool,
}

/// What an agent finds; tickets that he may not see are not among it.
///
/// # Errors
/// 400 when the query says nothing, 422 when it cannot be understood.
pub(crate) fn find(
    world: &World,
    user_id: u64,
    text: &str,
    now: Timestamp,
    order: &Order<'_>,
) -> Result<Vec<(Kind, u64)>, ApiError> {
    let text = order_in(text);
    let (text, order) = (
        text.0.as_str(),
        Order { by: text.1.as_deref().or(order.by), ascending: text.2.unwrap_or(order.ascending) },
    );
    if text.trim().is_empty() {
        return Err(ApiError::bad_request("BadRequest", "Query parameter is missing"));
    }
    let query = Query::parse(text, now)?;
    let wanted: BTreeSet<Kind> = query.kinds();
    let mut out = Vec::new();
    if wanted.contains(&Kind::Ticket) {
        let sight = access::sight(world, user_id)?;
        let asked = fits::Asked { world, user_id };
        let records = world.tickets.values().filter(|r| sight.covers(&r.ticket) && asked.ticket(&query, r));
        let mut list: Vec<&Ticket> = records.map(|r| &r.ticket).collect();
        match order.by {
            Some("updated_at") => list.sort_by_key(|t| (t.updated_at, t.id)),
            Some("priority") => list.sort_by_key(|t| (t.priority, t.id)),
            Some("status") => list.sort_by_key(|t| (t.status, t.id)),
            Some("ticket_type") => list.sort_by_key(|t| (t.kind.map(crate::model::TicketType::as_str), t.id)),
            _ => list.sort_by_key(|t| (t.created_at, t.id)),
        }
        if !order.ascending {
            list.reverse();
        }
        out.extend(list.into_iter().map(|t| (Kind::Ticket, t.id)));
    }
    let asked = fits::Asked { world, user_id };
    let mut others = Vec::new();
    if wanted.contains(&Kind::User) {
        let found = world.users.values().filter(|u| u.active && asked.user(&query, u));
        others.extend(found.map(|u| (Kind::User, u.created_at, u.updated_at, u.id)));
    }
    if wanted.contains(&Kind::Organization) {
        let found = world.organizations.values().filter(|o| asked.organization(&query, o));
        others.extend(found.map(|o| (Kind::Organization, o.created_at, o.updated_at, o.id)));
    }
    if wanted.contains(&Kind::Group) {
        let found = world.groups.values().filter(|g| !g.deleted && asked.group(&query, g));
        others.extend(found.map(|g| (Kind::Group, g.created_at, g.updated_at, g.id)));
    }
    others.sort_by_key(|(kind, created, updated, id)| {
        let at = if order.by == Some("updated_at") { *updated } else { *created };
        let at = at.as_microsecond();
        (*kind, if order.ascending { at } else { -at }, *id)
    });
    out.extend(others.into_iter().map(|(kind, _, _, id)| (kind, id)));
    Ok(out)
}

/// Takes `order_by:` and `sort:` out of the query: the rest, the field, whether ascending.
fn order_in(text: &str) -> (String, Option<String>, Option<bool>) {
    let (mut by, mut ascending, mut rest) = (None, None, Vec::new());
    for word in text.split(' ') {
        if let Some(field) = word.strip_prefix("order_by:") {
            by = Some(if field.ends_with("_at") || !matches!(field, "created" | "updated") {
                field.to_owned()
            } else {
                format!("{field}_at")
            });
        } else if let Some(direction) = word.strip_prefix("sort:") {
            ascending = Some(direction == "asc");
        } else {
            rest.push(word);
        }
    }
    (rest.join(" "), by, ascending)
}
