//! Custom field values, and the tags that go with them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::truthy;
use crate::model::{FieldKind, Ticket, TicketField, World};

/// Sets the tags and lets the fields follow: a field whose tag went is cleared, one whose tag came is set.
pub(super) fn set_tags(world: &World, ticket: &mut Ticket, tags: Vec<String>) {
    let before: BTreeSet<String> = std::mem::take(&mut ticket.tags).into_iter().collect();
    let mut tags: BTreeSet<String> = tags.into_iter().collect();
    if tags != before {
        for field in world.ticket_fields.values().filter(|f| f.active) {
            follow_tags(field, ticket, &before, &mut tags);
        }
    }
    ticket.tags = tags.into_iter().collect();
}

fn follow_tags(
    field: &TicketField,
    ticket: &mut Ticket,
    before: &BTreeSet<String>,
    tags: &mut BTreeSet<String>,
) {
    match field.kind {
        FieldKind::Tagger => {
            let current = ticket.custom_fields.get(&field.id).and_then(Value::as_str).map(str::to_owned);
            let came = field
                .options
                .iter()
                .map(|o| &o.value)
                .find(|v| tags.contains(*v) && !before.contains(*v))
                .cloned();
            if let Some(value) = came {
                if let Some(old) = current.filter(|old| *old != value) {
                    tags.remove(&old);
                }
                ticket.custom_fields.insert(field.id, Value::String(value));
            } else if current.is_some_and(|c| !tags.contains(&c)) {
                ticket.custom_fields.remove(&field.id);
            }
        }
        FieldKind::MultiSelect => {
            let values: Vec<Value> = field
                .options
                .iter()
                .filter(|o| tags.contains(&o.value))
                .map(|o| Value::String(o.value.clone()))
                .collect();
            if values.is_empty() {
                ticket.custom_fields.remove(&field.id);
            } else {
                ticket.custom_fields.insert(field.id, Value::Array(values));
            }
        }
        FieldKind::Checkbox => {
            if let Some(tag) = &field.tag {
                if tags.contains(tag) {
                    ticket.custom_fields.insert(field.id, Value::Bool(true));
                } else if before.contains(tag) {
                    ticket.custom_fields.insert(field.id, Value::Bool(false));
                }
            }
        }
        _ => {}
    }
}

/// Sets a field to a checked value (`None` clears it) and lets the tags follow.
pub(super) fn set_field(field: &TicketField, ticket: &mut Ticket, value: Option<Value>) {
    let mut tags: BTreeSet<String> = std::mem::take(&mut ticket.tags).into_iter().collect();
    match field.kind {
        FieldKind::Tagger | FieldKind::MultiSelect => {
            let chosen: Vec<&str> = match &value {
                Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(one)) => vec![one],
                _ => Vec::new(),
            };
            for option in &field.options {
                if chosen.contains(&option.value.as_str()) {
                    tags.insert(option.value.clone());
                } else {
                    tags.remove(&option.value);
                }
            }
        }
        FieldKind::Checkbox => {
            if let Some(tag) = &field.tag {
                if value == Some(Value::Bool(true)) {
                    tags.insert(tag.clone());
                } else {
                    tags.remove(tag);
                }
            }
        }
        _ => {}
    }
    ticket.tags = tags.into_iter().collect();
    match value {
        Some(value) => ticket.custom_fields.insert(field.id, value),
        None => ticket.custom_fields.remove(&field.id),
    };
}

/// The value as the field keeps it, or why it does not take it.
pub(super) fn checked(field: &TicketField, value: &Value) -> Result<Option<Value>, String> {
    if value.is_null() || value.as_str() == Some("") {
        return Ok(None);
    }
    let wrong = || Err(format!("{}: {} is not valid", field.title, plain(value)));
    let text = || match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    };
    let known = |v: &str| field.options.iter().any(|o| o.value == v);
    match field.kind {
        FieldKind::Checkbox => match value {
            Value::Array(_) | Value::Object(_) => wrong(),
            other => Ok(Some(Value::Bool(truthy(other)))),
        },
        FieldKind::Date => {
            match value.as_str().and_then(|s| s.get(..10)?.parse::<jiff::civil::Date>().ok()) {
                Some(date) => Ok(Some(Value::String(date.to_string()))),
                None => wrong(),
            }
        }
        FieldKind::Integer => match text().and_then(|s| s.parse::<i64>().ok()) {
            Some(n) => Ok(Some(Value::String(n.to_string()))),
            None => wrong(),
        },
        FieldKind::Decimal => match text().filter(|s| s.parse::<f64>().is_ok_and(f64::is_finite)) {
            Some(s) => Ok(Some(Value::String(s))),
            None => wrong(),
        },
        FieldKind::Tagger => match value.as_str() {
            Some(s) if known(s) => Ok(Some(value.clone())),
            _ => wrong(),
        },
        FieldKind::MultiSelect => {
            let list = match value {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            if list.is_empty() {
                return Ok(None);
            }
            if list.iter().all(|v| v.as_str().is_some_and(known)) {
                Ok(Some(Value::Array(list)))
            } else {
                wrong()
            }
        }
        _ => match text() {
            Some(s) => Ok(Some(Value::String(s))),
            None => wrong(),
        },
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Tags from a list or from text: lower case, without spaces or commas, each once.
pub(crate) fn tags_from(value: &Value) -> Vec<String> {
    let mut tags = Vec::new();
    let mut add = |text: &str| {
        for tag in text.split(|c: char| c.is_whitespace() || c == ',').filter(|t| !t.is_empty()) {
            let tag = tag.to_lowercase();
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    };
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).for_each(add),
        Value::String(text) => add(text),
        _ => {}
    }
    tags
}
