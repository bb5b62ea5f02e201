//! What rules do to tickets: triggers and automations at once, macros only on paper until an agent saves.

use std::sync::Arc;

use serde_json::{Value, json};

use super::draft::{Draft, Said, default_status};
use super::placeholders::{Scope, fill, in_json};
use super::{By, copies, fields, id_in, patch, tags_from, truthy};
use crate::model::{
    Action, AuditEvent, Change, FieldKind, Mail, Priority, Status, Ticket, TicketField, TicketType, Via,
    World,
};
use crate::{Role, webhooks};

/// Mails kept in the outbox.
const KEPT_MAILS: usize = 10_000;

/// Does what a rule says; whether the ticket is another one afterwards.
pub(super) fn fire(world: &mut World, draft: &mut Draft, by: &By, actions: &[Action], via: &Via) -> bool {
    let public =
        actions.iter().find(|a| a.field == "comment_mode_is_public").is_none_or(|a| truthy(&a.value));
    let before = draft.events.len();
    for action in actions {
        match action.field.as_str() {
            "comment_value" | "comment_value_html" => comment(world, draft, by, action, public, via),
            "notification_webhook" => call_webhook(world, draft, by, &action.value, via),
            "notification_user" | "notification_group" => notify(world, draft, by, action, via),
            _ => set_property(world, &mut draft.ticket, by.user_id, action),
        }
    }
    let changed = draft.record(world, Some(via));
    changed || draft.events[before..].iter().any(|e| matches!(e.change, Change::Comment))
}

/// Sets a property of the ticket; what is no property is passed over.
fn set_property(world: &World, t: &mut Ticket, user_id: u64, action: &Action) {
    let value = &action.value;
    let text = value.as_str().unwrap_or_default();
    match action.field.as_str() {
        "subject" => text.clone_into(&mut t.subject),
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
        "group_id" => {
            let id = if text == "current_groups" {
                world.groups_of(user_id).next().map(|g| g.id)
            } else {
                id_in(value)
            };
            patch::move_to_group(world, t, id.filter(|id| world.groups.contains_key(id)));
        }
        "assignee_id" => {
            let id = match text {
                "current_user" => Some(user_id),
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
        "cc" | "follower" => {
            let id = if text == "current_user" { Some(user_id) } else { id_in(value) };
            if let Some(user) = id.and_then(|id| world.users.get(&id)) {
                let follows = action.field == "follower" && user.role != Role::EndUser;
                if follows || action.field == "cc" {
                    copies::add(t, user.id, follows);
                }
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
        field => {
            if let Some(field) = named_field(world, field)
                && let Ok(value) = fields::checked(field, value)
            {
                fields::set_field(field, t, value);
            }
        }
    }
}

fn named_field<'a>(world: &'a World, name: &str) -> Option<&'a TicketField> {
    let id = name.strip_prefix("custom_fields_").and_then(|id| id.parse().ok());
    id.and_then(|id| patch::custom_field(world, id))
}

/// Either the text alone, or `["channel:all", text]`.
fn template(value: &Value) -> &str {
    match value {
        Value::Array(list) => list.last().and_then(Value::as_str).unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    }
}

fn comment(world: &mut World, draft: &mut Draft, by: &By, action: &Action, public: bool, via: &Via) {
    let body = fill(template(&action.value), &scope(world, draft, by), str::to_owned);
    let html_body = (action.field == "comment_value_html").then(|| body.clone());
    // What changed before the comment is written down before it.
    draft.record(world, Some(via));
    let said = Said { body, html_body, public, uploads: Vec::new() };
    draft.comment(world, by.user_id, by, said, Some(via.clone()));
}

/// `[who, subject, body]`. Whoever made the update is told like everybody else.
fn notify(world: &mut World, draft: &mut Draft, by: &By, action: &Action, via: &Via) {
    let part = |i: usize| action.value.get(i).and_then(Value::as_str).unwrap_or_default();
    let t = &draft.ticket;
    let mut recipients: Vec<u64> = match (action.field.as_str(), part(0)) {
        ("notification_group", group) => {
            let group = if group == "group_id" { t.group_id } else { group.parse().ok() };
            world
                .group_memberships
                .values()
                .filter(|m| Some(m.group_id) == group)
                .map(|m| m.user_id)
                .collect()
        }
        (_, "requester_id") => vec![t.requester_id],
        (_, "requester_and_ccs") => {
            let mut all = vec![t.requester_id];
            all.extend(&t.email_cc_ids);
            all
        }
        (_, "assignee_id") => t.assignee_id.into_iter().collect(),
        (_, "current_user") => vec![by.user_id],
        (_, "all_agents") => world.users.values().filter(|u| u.role != Role::EndUser).map(|u| u.id).collect(),
        (_, id) => id.parse().ok().into_iter().collect(),
    };
    recipients.retain(|id| world.users.get(id).is_some_and(|u| u.active && !u.suspended));
    if recipients.is_empty() {
        return;
    }
    let scope = scope(world, draft, by);
    let (subject, body) = (fill(part(1), &scope, str::to_owned), fill(part(2), &scope, str::to_owned));
    let rule = match via {
        Via::Trigger { title, .. } | Via::Automation { title, .. } => title.clone(),
        _ => String::new(),
    };
    let to = recipients.iter().filter_map(|id| world.users.get(id)?.email.clone()).collect();
    let mail = Mail { time: by.now, ticket_id: t.id, rule, to, subject: subject.clone(), body: body.clone() };
    if world.outbox.len() >= KEPT_MAILS {
        world.outbox.pop_front();
    }
    world.outbox.push_back(Arc::new(mail));
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

/// Actions of triggers, automations and macros alike, with what they are called.
const PROPERTIES: [(&str, &str); 14] = [
    ("subject", "Set subject"),
    ("status", "Status"),
    ("custom_status_id", "Ticket status"),
    ("priority", "Priority"),
    ("type", "Type"),
    ("group_id", "Group"),
    ("assignee_id", "Assignee"),
    ("ticket_form_id", "Form"),
    ("set_tags", "Set tags"),
    ("current_tags", "Add tags"),
    ("remove_tags", "Remove tags"),
    ("comment_value", "Comment/description"),
    ("comment_value_html", "Comment/description"),
    ("comment_mode_is_public", "Comment mode"),
];

/// Whether triggers and automations know this action.
pub(crate) fn known(world: &World, a: &Action) -> bool {
    match a.field.as_str() {
        "notification_webhook" => {
            a.value.get(0).and_then(Value::as_str).is_some_and(|id| world.webhooks.contains_key(id))
        }
        "notification_user" | "notification_group" => {
            let parts = a.value.as_array().map(Vec::as_slice).unwrap_or_default();
            parts.len() == 3 && parts.iter().all(Value::is_string)
        }
        "cc" | "follower" => true,
        "subject" => false,
        _ => known_in_macros(world, a),
    }
}

/// Whether macros know this action.
pub(crate) fn known_in_macros(world: &World, a: &Action) -> bool {
    PROPERTIES.iter().any(|(field, _)| *field == a.field)
        || a.field == "follower"
        || named_field(world, &a.field).is_some()
}

/// The actions as `definitions` lists them.
pub(crate) fn described(world: &World, for_macros: bool) -> Vec<Value> {
    let one = |subject: &str, title: &str, list: Option<Vec<Value>>| {
        let kind = if list.is_some() { "list" } else { "text" };
        json!({"group": "ticket", "nullable": false, "repeatable": false, "subject": subject, "title": title,
            "type": kind, "values": list.unwrap_or_default()})
    };
    let mut out: Vec<Value> = PROPERTIES
        .iter()
        .filter(|(field, _)| for_macros || *field != "subject")
        .map(|(field, title)| one(field, title, choices(world, field)))
        .collect();
    for field in world.ticket_fields.values().filter(|f| f.active && f.kind.is_custom()) {
        let name = format!("custom_fields_{}", field.id);
        out.push(one(&name, &field.title, choices(world, &name)));
    }
    out.push(one("follower", "Add follower", choices(world, "assignee_id")));
    if !for_macros {
        let hooks = world.webhooks.values().filter(|w| w.active).map(|w| choice(&w.id, &w.name));
        out.push(one("cc", "Add CC", None));
        out.push(one("notification_user", "User email", None));
        out.push(one("notification_group", "Group email", choices(world, "group_id")));
        out.push(one("notification_webhook", "Notify active webhook", Some(hooks.collect())));
    }
    out
}

fn choice(value: &str, title: &str) -> Value {
    json!({"value": value, "title": title, "enabled": true})
}

/// What may be chosen for a property; nothing where anything may be written.
pub(crate) fn choices(world: &World, field: &str) -> Option<Vec<Value>> {
    let words = |list: &[&str]| {
        let capital = |w: &str| format!("{}{}", w[..1].to_uppercase(), &w[1..]);
        Some(list.iter().map(|w| choice(w, &capital(w))).collect())
    };
    match field {
        "status" => words(&["new", "open", "pending", "hold", "solved", "closed"]),
        "priority" => words(&["low", "normal", "high", "urgent"]),
        "type" => words(&["question", "incident", "problem", "task"]),
        "custom_status_id" => {
            Some(world.custom_statuses.values().map(|s| choice(&s.id.to_string(), &s.agent_label)).collect())
        }
        "group_id" => Some(world.groups.values().map(|g| choice(&g.id.to_string(), &g.name)).collect()),
        "assignee_id" => {
            let people = world.users.values().filter(|u| patch::assignable(u));
            Some(people.map(|u| choice(&u.id.to_string(), &u.name)).collect())
        }
        "ticket_form_id" => {
            Some(world.ticket_forms.values().map(|f| choice(&f.id.to_string(), &f.name)).collect())
        }
        "comment_mode_is_public" => words(&["true", "false"]),
        name => {
            let field = named_field(world, name)?;
            match field.kind {
                FieldKind::Tagger | FieldKind::MultiSelect => {
                    Some(field.options.iter().map(|o| choice(&o.value, &o.name)).collect())
                }
                FieldKind::Checkbox => words(&["true", "false"]),
                _ => None,
            }
        }
    }
}

/// The ticket as it would be after a macro, and the comment that the macro proposes.
pub(crate) fn applied(
    world: &World,
    user_id: u64,
    ticket: &Ticket,
    actions: &[Action],
) -> (Ticket, Option<Value>) {
    let mut t = ticket.clone();
    let public = actions.iter().find(|a| a.field == "comment_mode_is_public").map(|a| truthy(&a.value));
    let mut comment = public.map(|public| json!({"public": public}));
    for action in actions {
        if matches!(action.field.as_str(), "comment_value" | "comment_value_html") {
            let latest = world.tickets.get(&t.id).and_then(|r| r.comments.last());
            let latest = latest.map(|c| (c.body.as_str(), c.public));
            let scope = Scope { world, ticket: &t, user_id, latest };
            comment = Some(proposal(action, public, |text| fill(text, &scope, str::to_owned)));
        } else {
            set_property(world, &mut t, user_id, action);
        }
    }
    (t, comment)
}

fn proposal(action: &Action, public: Option<bool>, fill: impl Fn(&str) -> String) -> Value {
    let body = fill(template(&action.value));
    let channel = action.value.as_array().and_then(|l| l.first()).and_then(Value::as_str);
    let mut out = json!({"body": body, "scoped_body": [[channel.unwrap_or("channel:all"), body]]});
    if action.field == "comment_value_html" {
        out["html_body"] = json!(body);
    }
    if let Some(public) = public {
        out["public"] = json!(public);
    }
    out
}

/// Only what a macro says, for a ticket that is not known. Placeholders stay as they are.
pub(crate) fn alone(world: &World, user_id: u64, actions: &[Action]) -> Value {
    let mut out = serde_json::Map::new();
    let public = actions.iter().find(|a| a.field == "comment_mode_is_public").map(|a| truthy(&a.value));
    let mut custom = serde_json::Map::new();
    for action in actions {
        let id = |own: u64| {
            if action.value.as_str() == Some("current_user") { Some(own) } else { id_in(&action.value) }
        };
        match action.field.as_str() {
            "comment_mode_is_public" => {}
            "comment_value" | "comment_value_html" => {
                out.insert("comment".to_owned(), proposal(action, public, str::to_owned));
            }
            "assignee_id" | "group_id" | "ticket_form_id" | "custom_status_id" => {
                out.insert(action.field.clone(), json!(id(user_id)));
            }
            "follower" => {
                out.insert("follower_ids".to_owned(), json!([id(user_id)]));
            }
            "set_tags" | "current_tags" => {
                out.insert("tags".to_owned(), json!(tags_from(&action.value)));
            }
            "remove_tags" => {
                out.insert("removed_tags".to_owned(), json!(tags_from(&action.value)));
            }
            name => match named_field(world, name) {
                Some(field) => {
                    custom.insert("id".to_owned(), json!(field.id));
                    custom.insert("value".to_owned(), action.value.clone());
                }
                None => {
                    out.insert(name.to_owned(), action.value.clone());
                }
            },
        }
    }
    if !custom.is_empty() {
        out.insert("fields".to_owned(), Value::Object(custom));
    }
    Value::Object(out)
}
