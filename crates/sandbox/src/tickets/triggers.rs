//! Triggers: after every update the list is gone through from the top; whenever one has changed the ticket it is gone
//! through again, and each fires at most once per update.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, Said, default_status};
use super::placeholders::{Scope, fill, in_json};
use super::{By, conditions, fields, id_in, patch, tags_from, truthy};
use crate::model::{
    Action, AuditEvent, Change, Condition, Priority, Status, TicketType, Trigger, TriggerRun, Via, World,
};
use crate::{Role, webhooks};

/// Evaluations kept for `/sandbox/trigger_runs`.
const KEPT_RUNS: usize = 10_000;

/// Runs all active triggers on an update in the making.
pub(super) fn run(world: &mut World, draft: &mut Draft, by: &By) {
    let mut order: Vec<(i64, u64)> =
        world.triggers.values().filter(|t| t.active).map(|t| (t.position, t.id)).collect();
    order.sort_unstable();
    let mut fired = BTreeSet::new();
    'from_the_top: loop {
        for (_, id) in &order {
            if fired.contains(id) {
                continue;
            }
            let Some(trigger) = world.triggers.get(id) else { continue };
            let facts = conditions::Facts {
                world,
                before: draft.before.as_ref(),
                ticket: &draft.ticket,
                comment: draft.comments.first(),
                user_id: by.user_id,
                via: Some(&by.via),
                now: by.now,
            };
            match conditions::hold(&trigger.conditions, &facts) {
                Err(reason) => note(world, draft, by, *id, false, reason),
                Ok(()) => {
                    fired.insert(*id);
                    let trigger = trigger.clone();
                    let events = draft.events.len();
                    let changed = fire(world, draft, by, &trigger);
                    let done: Vec<String> = draft.events[events..].iter().map(said).collect();
                    let reason = if done.is_empty() { "changed nothing".to_owned() } else { done.join("; ") };
                    note(world, draft, by, *id, true, reason);
                    if changed {
                        continue 'from_the_top;
                    }
                }
            }
        }
        return;
    }
}

fn note(world: &mut World, draft: &mut Draft, by: &By, trigger_id: u64, fired: bool, reason: String) {
    let title = world.triggers.get(&trigger_id).map(|t| t.title.clone()).unwrap_or_default();
    let audit_id = draft.audit_id(world);
    if world.trigger_runs.len() >= KEPT_RUNS {
        world.trigger_runs.pop_front();
    }
    let ticket_id = draft.ticket.id;
    world.trigger_runs.push_back(Arc::new(TriggerRun {
        time: by.now,
        ticket_id,
        audit_id,
        trigger_id,
        title,
        fired,
        reason,
    }));
}

fn said(event: &AuditEvent) -> String {
    match &event.change {
        Change::Comment => "comment added".to_owned(),
        Change::Create { field, value } => format!("{field} = {value}"),
        Change::Change { field, value, previous } => format!("{field}: {previous} -> {value}"),
        Change::Notification { recipients, .. } => format!("{} notified", recipients.len()),
        Change::Webhook { webhook_id, .. } => format!("webhook {webhook_id} called"),
    }
}

/// Does what the trigger says; whether the ticket is another one afterwards.
fn fire(world: &mut World, draft: &mut Draft, by: &By, trigger: &Trigger) -> bool {
    let via = Via::Trigger { id: trigger.id, title: trigger.title.clone() };
    let public =
        trigger.actions.iter().find(|a| a.field == "comment_mode_is_public").is_none_or(|a| truthy(&a.value));
    let before = draft.events.len();
    for action in &trigger.actions {
        act(world, draft, by, action, public, &via);
    }
    let changed = draft.record(world, Some(&via));
    changed || draft.events[before..].iter().any(|e| matches!(e.change, Change::Comment))
}

fn act(world: &mut World, draft: &mut Draft, by: &By, action: &Action, public: bool, via: &Via) {
    let value = &action.value;
    let text = value.as_str().unwrap_or_default();
    let t = &mut draft.ticket;
    match action.field.as_str() {
        "status" => {
            if let Some(status) = Status::parse(text) {
                t.status = status;
                t.custom_status_id = default_status(world, status);
            }
        }
        "custom_status_id" => {
            if let Some(status) = id_in(value).and_then(|id| world.custom_statuses.get(&id)) {
                t.status = status.status_category;
                t.custom_status_id = status.id;
            }
        }
        "priority" => t.priority = Priority::parse(text),
        "type" => t.kind = TicketType::parse(text),
        "group_id" => patch::move_to_group(world, t, id_in(value).filter(|id| world.groups.contains_key(id))),
        "assignee_id" => {
            let id = match text {
                "current_user" => Some(by.user_id),
                "requester_id" => Some(t.requester_id),
                _ => id_in(value),
            };
            let id = id.filter(|id| world.users.get(id).is_some_and(patch::assignable));
            patch::assign(world, t, id);
            if id.is_some() && t.status == Status::New {
                t.status = Status::Open;
                t.custom_status_id = default_status(world, Status::Open);
            }
        }
        "ticket_form_id" => {
            if let Some(id) = id_in(value).filter(|id| world.ticket_forms.contains_key(id)) {
                t.ticket_form_id = Some(id);
            }
        }
        "set_tags" => fields::set_tags(world, t, tags_from(value)),
        "current_tags" => {
            let mut tags = t.tags.clone();
            tags.extend(tags_from(value));
            fields::set_tags(world, t, tags);
        }
        "remove_tags" => {
            let gone = tags_from(value);
            let tags = t.tags.iter().filter(|tag| !gone.contains(tag)).cloned().collect();
            fields::set_tags(world, t, tags);
        }
        "comment_value" | "comment_value_html" => comment(world, draft, by, action, public, via),
        "notification_webhook" => call_webhook(world, draft, by, value, via),
        "notification_user" | "notification_group" => notify(world, draft, by, action, via),
        field => {
            let id = field.strip_prefix("custom_fields_").and_then(|id| id.parse().ok());
            if let Some(field) = id.and_then(|id| patch::custom_field(world, id))
                && let Ok(value) = fields::checked(field, value)
            {
                fields::set_field(field, t, value);
            }
        }
    }
}

fn comment(world: &mut World, draft: &mut Draft, by: &By, action: &Action, public: bool, via: &Via) {
    // Either the text alone, or `["channel:all", text]`.
    let template = match &action.value {
        Value::Array(list) => list.last().and_then(Value::as_str).unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    };
    let body = fill(template, &scope(world, draft, by), str::to_owned);
    let html_body = (action.field == "comment_value_html").then(|| body.clone());
    // What changed before the comment is written down before it.
    draft.record(world, Some(via));
    draft.comment(
        world,
        by.user_id,
        by,
        Said { body, html_body, public, uploads: Vec::new() },
        Some(via.clone()),
    );
}

/// `[who, subject, body]`. Whoever made the update is told like everybody else.
fn notify(world: &mut World, draft: &mut Draft, by: &By, action: &Action, via: &Via) {
    let part = |i: usize| action.value.get(i).and_then(Value::as_str).unwrap_or_default();
    let t = &draft.ticket;
    let recipients: Vec<u64> = match (action.field.as_str(), part(0)) {
        ("notification_group", group) => {
            let group = if group == "group_id" { t.group_id } else { group.parse().ok() };
            world
                .group_memberships
                .values()
                .filter(|m| Some(m.group_id) == group)
                .map(|m| m.user_id)
                .collect()
        }
        (_, "requester_id" | "requester_and_ccs") => vec![t.requester_id],
        (_, "assignee_id") => t.assignee_id.into_iter().collect(),
        (_, "current_user") => vec![by.user_id],
        (_, "all_agents") => world.users.values().filter(|u| u.role != Role::EndUser).map(|u| u.id).collect(),
        (_, id) => id.parse().ok().filter(|id| world.users.contains_key(id)).into_iter().collect(),
    };
    if recipients.is_empty() {
        return;
    }
    let scope = scope(world, draft, by);
    let (subject, body) = (fill(part(1), &scope, str::to_owned), fill(part(2), &scope, str::to_owned));
    let change = Change::Notification { recipients, subject, body };
    draft.events.push(AuditEvent { id: world.ids.next_id(), change, via: Some(via.clone()) });
}

fn call_webhook(world: &mut World, draft: &mut Draft, by: &By, value: &Value, via: &Via) {
    let Some(webhook_id) = value.get(0).and_then(Value::as_str) else { return };
    let Some(webhook) = world.webhooks.get(webhook_id).filter(|w| w.active) else { return };
    let escape: fn(&str) -> String = if webhook.request_format == "json" { in_json } else { str::to_owned };
    let body = match value.get(1) {
        Some(Value::String(template)) => fill(template, &scope(world, draft, by), escape),
        // Form parameters come as pairs.
        Some(Value::Array(pairs)) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for pair in pairs {
                let part = |i: usize| pair.get(i).and_then(Value::as_str).unwrap_or_default();
                form.append_pair(part(0), &fill(part(1), &scope(world, draft, by), str::to_owned));
            }
            form.finish()
        }
        _ => String::new(),
    };
    let delivery = webhooks::enqueue(world, webhook_id, Some(draft.ticket.id), body.clone(), by.now);
    draft.deliveries.push(delivery);
    let change = Change::Webhook { webhook_id: webhook_id.to_owned(), body };
    draft.events.push(AuditEvent { id: world.ids.next_id(), change, via: Some(via.clone()) });
}

fn scope<'a>(world: &'a World, draft: &'a Draft, by: &By) -> Scope<'a> {
    let earlier = world.tickets.get(&draft.ticket.id).and_then(|r| r.comments.last());
    let latest = draft.comments.last().or(earlier).map(|c| (c.body.as_str(), c.public));
    Scope { world, ticket: &draft.ticket, user_id: by.user_id, latest }
}

/// Whether triggers know this condition.
pub(crate) fn known_condition(world: &World, c: &Condition) -> bool {
    const FIELDS: &[&str] = &[
        "status",
        "custom_status_id",
        "priority",
        "type",
        "group_id",
        "assignee_id",
        "requester_id",
        "organization_id",
        "ticket_form_id",
        "current_tags",
        "update_type",
        "comment_is_public",
        "role",
        "current_user_role",
        "via_id",
        "current_via_id",
        "subject_includes_word",
        "description_includes_word",
        "comment_includes_word",
        "updated_at",
        "created_at",
        "due_at",
    ];
    const OPERATORS: &[&str] = &[
        "is",
        "is_not",
        "less_than",
        "less_than_equal",
        "greater_than",
        "greater_than_equal",
        "changed",
        "not_changed",
        "value",
        "not_value",
        "value_previous",
        "not_value_previous",
        "includes",
        "not_includes",
        "present",
        "not_present",
    ];
    OPERATORS.contains(&c.operator.as_str())
        && (FIELDS.contains(&c.field.as_str()) || names_field(world, &c.field))
}

/// Whether triggers know this action.
pub(crate) fn known_action(world: &World, a: &Action) -> bool {
    const FIELDS: &[&str] = &[
        "status",
        "custom_status_id",
        "priority",
        "type",
        "group_id",
        "assignee_id",
        "ticket_form_id",
        "set_tags",
        "current_tags",
        "remove_tags",
        "comment_value",
        "comment_value_html",
        "comment_mode_is_public",
    ];
    match a.field.as_str() {
        "notification_webhook" => {
            a.value.get(0).and_then(Value::as_str).is_some_and(|id| world.webhooks.contains_key(id))
        }
        "notification_user" | "notification_group" => {
            let parts = a.value.as_array().map(Vec::as_slice).unwrap_or_default();
            parts.len() == 3 && parts.iter().all(Value::is_string)
        }
        field => FIELDS.contains(&field) || names_field(world, field),
    }
}

fn names_field(world: &World, field: &str) -> bool {
    let id = field.strip_prefix("custom_fields_").and_then(|id| id.parse().ok());
    id.is_some_and(|id| patch::custom_field(world, id).is_some())
}
