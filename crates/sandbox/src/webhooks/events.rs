//! Ticket events for webhooks that subscribe to event types instead of being called by triggers.

use serde_json::{Map, Value, json};

use super::enqueue;
use crate::model::{Change, Ticket, World};
use crate::tickets::By;
use crate::tickets::draft::Draft;
use crate::{random, time};

const PREFIX: &str = "zen:event-type:ticket.";

/// Writes down a delivery for every event of this update and every webhook that subscribed to it.
pub(crate) fn ticket_events(world: &mut World, draft: &Draft, by: &By) -> Vec<String> {
    let subscribed =
        world.webhooks.values().any(|w| w.active && w.subscriptions.iter().any(|s| s.starts_with(PREFIX)));
    if !subscribed {
        return Vec::new();
    }
    let mut events: Vec<(String, Value)> = Vec::new();
    if draft.before.is_none() {
        events.push(("created".to_owned(), json!({})));
    }
    for event in &draft.events {
        match &event.change {
            Change::Comment => {
                if let Some(comment) = draft.comments.iter().find(|c| c.id == event.id) {
                    let body = json!({"comment": {"id": comment.id.to_string(), "body": comment.body,
                        "is_public": comment.public,
                        "author": {"id": comment.author_id.to_string()}}});
                    events.push(("comment_added".to_owned(), body));
                }
            }
            Change::Change { field, value, previous } => {
                if let Some(found) = changed(field, value, previous) {
                    events.push(found);
                }
            }
            Change::Create { .. } | Change::Notification { .. } | Change::Webhook { .. } => {}
        }
    }
    send(world, &draft.ticket, events, by)
}

/// The same for something that is not written in an update: that a ticket was deleted, restored, merged.
pub(crate) fn ticket_event(
    world: &mut World,
    ticket: &Ticket,
    name: &str,
    event: Value,
    by: &By,
) -> Vec<String> {
    send(world, ticket, vec![(name.to_owned(), event)], by)
}

fn send(world: &mut World, ticket: &Ticket, events: Vec<(String, Value)>, by: &By) -> Vec<String> {
    let mut deliveries = Vec::new();
    for (name, event) in events {
        let kind = format!("{PREFIX}{name}");
        let receivers: Vec<String> = world
            .webhooks
            .values()
            .filter(|w| w.active && w.subscriptions.contains(&kind))
            .map(|w| w.id.clone())
            .collect();
        for webhook in receivers {
            let body = json!({
                "account_id": world.account.id,
                "id": random::uuid(),
                "time": time::text(by.now),
                "type": kind,
                "zendesk_event_version": "2022-11-06",
                "subject": format!("zen:ticket:{}", ticket.id),
                "detail": detail(ticket),
                "event": event,
            });
            deliveries.push(enqueue(world, &webhook, Some(ticket.id), body.to_string(), by.now));
        }
    }
    deliveries
}

fn changed(field: &str, value: &Value, previous: &Value) -> Option<(String, Value)> {
    let upper = |v: &Value| v.as_str().map_or(Value::Null, |s| Value::String(s.to_uppercase()));
    let pair = |current: Value, previous: Value| json!({"current": current, "previous": previous});
    let plain = |name: &str| Some((name.to_owned(), pair(value.clone(), previous.clone())));
    match field {
        "status" | "priority" | "type" => {
            Some((format!("{field}_changed"), pair(upper(value), upper(previous))))
        }
        "assignee_id" => plain("agent_assignment_changed"),
        "group_id" => plain("group_assignment_changed"),
        "subject" => plain("subject_changed"),
        "requester_id" => plain("requester_changed"),
        "organization_id" => plain("organization_changed"),
        "custom_status_id" => plain("custom_status_changed"),
        "ticket_form_id" => plain("form_changed"),
        "external_id" => plain("external_id_changed"),
        "due_at" => plain("task_due_at_changed"),
        "problem_id" => plain("problem_link_changed"),
        "email_cc_ids" => plain("email_ccs_changed"),
        "follower_ids" => plain("followers_changed"),
        "tags" => {
            let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
            let (now, was) = (list(value), list(previous));
            let added: Vec<&Value> = now.iter().filter(|t| !was.contains(t)).collect();
            let removed: Vec<&Value> = was.iter().filter(|t| !now.contains(t)).collect();
            Some(("tags_changed".to_owned(), json!({"tags_added": added, "tags_removed": removed})))
        }
        id if id.bytes().all(|b| b.is_ascii_digit()) => {
            let mut event = Map::new();
            event.insert("field".to_owned(), json!({"id": id}));
            event.insert("current".to_owned(), value.clone());
            event.insert("previous".to_owned(), previous.clone());
            Some(("custom_field_changed".to_owned(), Value::Object(event)))
        }
        _ => None,
    }
}

/// The ticket in events: ids are text, enumerations upper case.
fn detail(t: &Ticket) -> Value {
    let id = |v: Option<u64>| v.map(|v| v.to_string());
    json!({
        "id": t.id.to_string(),
        "subject": t.subject,
        "description": t.description,
        "status": t.status.as_str().to_uppercase(),
        "priority": t.priority.map(|p| p.as_str().to_uppercase()),
        "type": t.kind.map(|k| k.as_str().to_uppercase()),
        "tags": t.tags,
        "requester_id": t.requester_id.to_string(),
        "submitter_id": t.submitter_id.to_string(),
        "assignee_id": id(t.assignee_id),
        "actor_id": id(Some(t.submitter_id)),
        "group_id": id(t.group_id),
        "organization_id": id(t.organization_id),
        "form_id": id(t.ticket_form_id),
        "custom_status": t.custom_status_id.to_string(),
        "external_id": t.external_id,
        "is_public": t.is_public,
        "created_at": time::text(t.created_at),
        "updated_at": time::text(t.updated_at),
        "via": {"channel": crate::rest::render::channel(&t.via)},
    })
}
