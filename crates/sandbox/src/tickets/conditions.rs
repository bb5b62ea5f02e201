//! Conditions of triggers and views.

use serde_json::Value;

use super::id_in;
use crate::model::{
    AuditEvent, Change, Comment, Condition, Conditions, Priority, Status, Ticket, TicketType, Via, World,
};
use crate::{Role, time};

/// What conditions are asked about.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) world: &'a World,
    /// The ticket before the update; nothing for a new one and in views.
    pub(crate) before: Option<&'a Ticket>,
    pub(crate) ticket: &'a Ticket,
    /// The comment that the update brought.
    pub(crate) comment: Option<&'a Comment>,
    /// Who made the update, or looks at the view.
    pub(crate) user_id: u64,
    /// How the update came.
    pub(crate) via: Option<&'a Via>,
    pub(crate) now: jiff::Timestamp,
}

/// Whether they hold.
///
/// # Errors
/// The reason why not, in words.
pub(crate) fn hold(conditions: &Conditions, facts: &Facts<'_>) -> Result<(), String> {
    for condition in &conditions.all {
        if !holds(condition, facts) {
            return Err(format!("not: {}", shown(condition)));
        }
    }
    if !conditions.any.is_empty() && !conditions.any.iter().any(|c| holds(c, facts)) {
        let list: Vec<String> = conditions.any.iter().map(shown).collect();
        return Err(format!("none of: {}", list.join("; ")));
    }
    Ok(())
}

fn shown(c: &Condition) -> String {
    format!("{} {} {}", c.field, c.operator, text_of(&c.value)).trim_end().to_owned()
}

fn holds(c: &Condition, f: &Facts<'_>) -> bool {
    match c.field.as_str() {
        "current_tags" => {
            let wanted = super::tags_from(&c.value);
            let any = wanted.iter().any(|t| f.ticket.tags.contains(t));
            match c.operator.as_str() {
                "includes" => any,
                "not_includes" => !any,
                _ => false,
            }
        }
        "update_type" => {
            let kind = if f.before.is_none() { "Create" } else { "Change" };
            (c.value.as_str() == Some(kind)) == (c.operator == "is")
        }
        "comment_is_public" => match c.value.as_str() {
            Some("not_relevant") => f.comment.is_some(),
            Some("requester_can_see_comment") => f.comment.is_some_and(|m| m.public),
            _ => f.comment.is_some_and(|m| m.public == super::truthy(&c.value)),
        },
        "role" | "current_user_role" => {
            let role = f.world.users.get(&f.user_id).map(|u| u.role);
            let matches = match text_of(&c.value).as_str() {
                "end_user" | "end-user" => role == Some(Role::EndUser),
                "agent" => role.is_some_and(|r| r != Role::EndUser),
                "admin" => role == Some(Role::Admin),
                id => id.parse() == Ok(f.user_id),
            };
            matches == (c.operator == "is")
        }
        "via_id" | "current_via_id" => {
            let channel = if c.field == "via_id" { Some(&f.ticket.via) } else { f.via };
            (channel.map(via_id) == id_in(&c.value)) == (c.operator == "is")
        }
        "subject_includes_word" => words(c, &f.ticket.subject),
        "description_includes_word" => words(c, &f.ticket.description),
        "comment_includes_word" => words(c, f.comment.map_or("", |m| &m.body)),
        // Hours since a moment, as views and automations count them.
        "updated_at" | "created_at" | "due_at" => by_hours(c, f),
        field if is_time(field) => hours_since(c, f),
        field => {
            let now = value_of(field, f.ticket);
            let was = f.before.map(|b| value_of(field, b));
            compare(c, field, now, was, f)
        }
    }
}

fn compare(
    c: &Condition,
    field: &str,
    now: Option<String>,
    was: Option<Option<String>>,
    f: &Facts<'_>,
) -> bool {
    let wanted = wanted(field, &c.value, f);
    let is = |v: &Option<String>| match wanted.as_deref() {
        Some("group members") => v.as_ref().is_some_and(|v| mine(v, f)),
        w => v.as_deref() == w,
    };
    // A new ticket has changed from nothing to what it is.
    let was = was.unwrap_or(None);
    match c.operator.as_str() {
        "is" => is(&now),
        "is_not" => !is(&now),
        "changed" => was != now,
        "not_changed" => was == now,
        "value" => was != now && is(&now),
        "not_value" => !(was != now && is(&now)),
        "value_previous" => was != now && is(&was),
        "not_value_previous" => !(was != now && is(&was)),
        "less_than" => {
            order(field, now.as_deref(), wanted.as_deref(), f).is_some_and(std::cmp::Ordering::is_lt)
        }
        "less_than_equal" => {
            order(field, now.as_deref(), wanted.as_deref(), f).is_some_and(std::cmp::Ordering::is_le)
        }
        "greater_than" => {
            order(field, now.as_deref(), wanted.as_deref(), f).is_some_and(std::cmp::Ordering::is_gt)
        }
        "greater_than_equal" => {
            order(field, now.as_deref(), wanted.as_deref(), f).is_some_and(std::cmp::Ordering::is_ge)
        }
        "present" => now.is_some(),
        "not_present" => now.is_none(),
        "includes" => includes(now.as_deref(), &c.value),
        "not_includes" => !includes(now.as_deref(), &c.value),
        _ => false,
    }
}

fn mine(group: &str, f: &Facts<'_>) -> bool {
    group.parse().is_ok_and(|g| f.world.is_member(f.user_id, g))
}

/// The value that is asked for, with the words that stand for people resolved. Nothing means "none".
fn wanted(field: &str, value: &Value, f: &Facts<'_>) -> Option<String> {
    let text = text_of(value);
    match (field, text.as_str()) {
        (_, "") => None,
        ("assignee_id" | "requester_id", "current_user") => Some(f.user_id.to_string()),
        ("assignee_id", "requester_id") => Some(f.ticket.requester_id.to_string()),
        ("requester_id", "assignee_id") => f.ticket.assignee_id.map(|a| a.to_string()),
        ("group_id", "current_groups") => Some("group members".to_owned()),
        ("priority" | "type" | "status" | "custom_status_id", _) => Some(text.to_lowercase()),
        (_, "true") if field.starts_with("custom_fields_") => Some("true".to_owned()),
        _ => Some(text),
    }
}

fn value_of(field: &str, t: &Ticket) -> Option<String> {
    match field {
        "status" => Some(t.status.as_str().to_owned()),
        "custom_status_id" => Some(t.custom_status_id.to_string()),
        "priority" => t.priority.map(|p| p.as_str().to_owned()),
        "type" | "ticket_type_id" => t.kind.map(|k: TicketType| k.as_str().to_owned()),
        "group_id" => t.group_id.map(|v| v.to_string()),
        "assignee_id" => t.assignee_id.map(|v| v.to_string()),
        "requester_id" => Some(t.requester_id.to_string()),
        "organization_id" => t.organization_id.map(|v| v.to_string()),
        "ticket_form_id" => t.ticket_form_id.map(|v| v.to_string()),
        "subject" => Some(t.subject.clone()),
        _ => {
            let id: u64 = field.strip_prefix("custom_fields_")?.parse().ok()?;
            match t.custom_fields.get(&id)? {
                Value::Array(list) => {
                    Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
                }
                other => Some(text_of(other)),
            }
        }
    }
}

fn order(field: &str, now: Option<&str>, wanted: Option<&str>, f: &Facts<'_>) -> Option<std::cmp::Ordering> {
    let wanted = wanted?;
    match field {
        "status" => Some(Status::parse(now?)?.cmp(&Status::parse(wanted)?)),
        // No priority at all is less than low.
        "priority" => Some(now.and_then(Priority::parse).cmp(&Some(Priority::parse(wanted)?))),
        "custom_status_id" => {
            let category =
                |id: &str| f.world.custom_statuses.get(&id.parse().ok()?).map(|s| s.status_category);
            Some(category(now?)?.cmp(&category(wanted)?))
        }
        _ => match (now?.parse::<f64>(), wanted.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.partial_cmp(&b),
            // Dates compare as text.
            _ => Some(now?.cmp(wanted)),
        },
    }
}

fn includes(now: Option<&str>, wanted: &Value) -> bool {
    let wanted = text_of(wanted);
    let now = now.unwrap_or_default();
    wanted.split_whitespace().any(|w| now.split_whitespace().any(|v| v == w))
}

fn words(c: &Condition, text: &str) -> bool {
    let text = text.to_lowercase();
    let wanted = text_of(&c.value).to_lowercase();
    let has = |w: &str| text.split(|ch: char| !ch.is_alphanumeric()).any(|t| t == w);
    match c.operator.as_str() {
        "includes" => wanted.split_whitespace().any(has),
        "not_includes" => !wanted.split_whitespace().any(has),
        "is" => text.contains(&wanted),
        "is_not" => !text.contains(&wanted),
        _ => false,
    }
}

fn by_hours(c: &Condition, f: &Facts<'_>) -> bool {
    let moment = match c.field.as_str() {
        "updated_at" => Some(f.ticket.updated_at),
        "created_at" => Some(f.ticket.created_at),
        _ => f.ticket.due_at,
    };
    let Some(moment) = moment else { return c.operator == "not_present" };
    if let Some(at) = c.value.as_str().and_then(time::parse) {
        return match c.operator.as_str() {
            "less_than" => moment < at,
            "greater_than" => moment > at,
            _ => false,
        };
    }
    let hours = f.now.duration_since(moment).as_hours();
    let Ok(wanted) = text_of(&c.value).parse::<i64>() else { return c.operator == "present" };
    match c.operator.as_str() {
        "is" => hours == wanted,
        "less_than" => hours < wanted,
        "greater_than" => hours > wanted,
        _ => false,
    }
}

/// Whether a condition of automations counts hours.
pub(crate) fn is_time(field: &str) -> bool {
    const FIELDS: [&str; 15] = [
        "NEW",
        "OPEN",
        "PENDING",
        "HOLD",
        "SOLVED",
        "CLOSED",
        "assigned_at",
        "requester_updated_at",
        "assignee_updated_at",
        "due_date",
        "until_due_date",
        "updated_at",
        "created_at",
        "due_at",
        "solved_at",
    ];
    FIELDS.contains(&field)
}

/// Hours since something that the ticket's audits tell, or until its due date.
fn hours_since(c: &Condition, f: &Facts<'_>) -> bool {
    let t = f.ticket;
    let audits = f.world.tickets.get(&t.id).map(|r| r.audits.as_slice()).unwrap_or_default();
    // The newest audit in which the property got that value.
    let became = |name: &str, fits: &dyn Fn(&Value) -> bool| {
        let it = |e: &AuditEvent| match &e.change {
            Change::Create { field, value } | Change::Change { field, value, .. } => {
                field == name && fits(value)
            }
            _ => false,
        };
        audits.iter().rev().find(|a| a.events.iter().any(it)).map(|a| a.created_at)
    };
    let by = |id: Option<u64>| audits.iter().rev().find(|a| Some(a.author_id) == id).map(|a| a.created_at);
    let since = match c.field.as_str() {
        "assigned_at" if t.assignee_id.is_some() => became("assignee_id", &|v| !v.is_null()),
        "requester_updated_at" => by(Some(t.requester_id)),
        "assignee_updated_at" => by(t.assignee_id),
        "due_date" | "until_due_date" => t.due_at,
        "solved_at" | "SOLVED" if t.status == Status::Solved => {
            became("status", &|v| v == "solved").or(Some(t.updated_at))
        }
        word if Status::parse(&word.to_lowercase()) == Some(t.status) => {
            let word = word.to_lowercase();
            became("status", &|v| *v == word.as_str()).or(Some(t.created_at))
        }
        _ => None,
    };
    let Some(since) = since else { return false };
    let passed = match c.field.as_str() {
        "until_due_date" => since.duration_since(f.now),
        _ => f.now.duration_since(since),
    };
    // Neither a due date to come nor one gone by counts for the other.
    if passed.is_negative() {
        return false;
    }
    let Ok(wanted) = text_of(&c.value).parse::<i64>() else { return false };
    match c.operator.as_str() {
        "is" => passed.as_hours() == wanted,
        "less_than" => passed.as_hours() < wanted,
        "greater_than" => passed.as_hours() > wanted,
        _ => false,
    }
}

fn via_id(via: &Via) -> u64 {
    match via {
        Via::Web => 0,
        Via::Email => 4,
        Via::Api => 5,
        Via::Trigger { .. } | Via::Automation { .. } => 8,
        Via::Followup { .. } => 20,
        Via::Merge { .. } => 22,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(list) => list.iter().map(text_of).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
