//! Fields that must be filled in: those required to solve, and those that the form's conditions require.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::error::Faults;
use crate::model::{FieldKind, FormCondition, Status, Ticket, TicketField, TicketForm, World};

/// Faults for every field that an agent must fill in before the ticket may get its status.
pub(super) fn check(world: &World, ticket: &Ticket, faults: &mut Faults) {
    let form = ticket.ticket_form_id.and_then(|id| world.ticket_forms.get(&id));
    let on_form = |id: u64| form.is_none_or(|f| f.ticket_field_ids.contains(&id));
    for field in world.ticket_fields.values().filter(|f| f.active && on_form(f.id)) {
        let by_condition = form.and_then(|form| conditional(world, form, field.id, ticket));
        let required = match by_condition {
            Some(required) => required,
            None => field.required && ticket.status >= Status::Solved,
        };
        if required && is_empty(field, ticket) {
            let text = if ticket.status >= Status::Solved {
                format!("{}: is required when solving a ticket", field.title)
            } else {
                format!("{}: is required", field.title)
            };
            faults.add("base", "BlankValue", text);
        }
    }
}

/// What the form's conditions say about a field; nothing when it is no child of any.
fn conditional(world: &World, form: &TicketForm, field: u64, ticket: &Ticket) -> Option<bool> {
    let of_field = |c: &&FormCondition| c.child_fields.iter().any(|child| child.id == field);
    let mut conditions = form.agent_conditions.iter().filter(of_field).peekable();
    conditions.peek()?;
    let required = conditions.filter(|c| met(world, form, c, ticket, &mut BTreeSet::new())).any(|c| {
        c.child_fields.iter().filter(|child| child.id == field).any(|child| {
            match &child.required_on_statuses {
                None => child.is_required && ticket.status >= Status::Solved,
                Some(on) => match on.kind.as_str() {
                    "ALL_STATUSES" => true,
                    "SOME_STATUSES" => {
                        on.statuses.contains(&ticket.status)
                            || on.custom_statuses.contains(&ticket.custom_status_id)
                    }
                    _ => false,
                },
            }
        })
    });
    Some(required)
}

/// Whether the parent has the value, and is itself on the form as it stands.
fn met(
    world: &World,
    form: &TicketForm,
    condition: &FormCondition,
    ticket: &Ticket,
    seen: &mut BTreeSet<u64>,
) -> bool {
    let Some(parent) = world.ticket_fields.get(&condition.parent_field_id) else { return false };
    if !seen.insert(parent.id) || !has(parent, ticket, &condition.value) {
        return false;
    }
    let above = |c: &&FormCondition| c.child_fields.iter().any(|child| child.id == parent.id);
    let mut parents = form.agent_conditions.iter().filter(above).peekable();
    parents.peek().is_none() || parents.any(|c| met(world, form, c, ticket, seen))
}

fn has(field: &TicketField, ticket: &Ticket, wanted: &Value) -> bool {
    match value(field, ticket) {
        Value::Array(list) => list.contains(wanted),
        Value::Null => field.kind == FieldKind::Checkbox && matches!(text(wanted).as_str(), "false" | "0"),
        found => found == *wanted || text(&found) == text(wanted),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn value(field: &TicketField, t: &Ticket) -> Value {
    match field.kind {
        FieldKind::Subject => Value::String(t.subject.clone()),
        FieldKind::Description => Value::String(t.description.clone()),
        FieldKind::Status => Value::String(t.status.as_str().to_owned()),
        FieldKind::CustomStatus => Value::from(t.custom_status_id),
        FieldKind::Priority => t.priority.map_or(Value::Null, |p| Value::String(p.as_str().to_owned())),
        FieldKind::TicketType => t.kind.map_or(Value::Null, |k| Value::String(k.as_str().to_owned())),
        FieldKind::Group => t.group_id.map_or(Value::Null, Value::from),
        FieldKind::Assignee => t.assignee_id.map_or(Value::Null, Value::from),
        _ => t.custom_fields.get(&field.id).cloned().unwrap_or_default(),
    }
}

/// A checkbox counts as filled in when it is ticked.
fn is_empty(field: &TicketField, t: &Ticket) -> bool {
    match value(field, t) {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}
