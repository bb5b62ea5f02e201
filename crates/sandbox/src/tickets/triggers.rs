//! Triggers: after every update the list is gone through from the top; whenever one has changed the ticket it is gone
//! through again, and each fires at most once per update.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{By, actions, conditions, patch};
use crate::model::{AuditEvent, Change, Condition, TriggerRun, Via, World};

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
                    let via = Via::Trigger { id: trigger.id, title: trigger.title.clone() };
                    let changed = actions::fire(world, draft, by, &trigger.actions, &via);
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

fn names_field(world: &World, field: &str) -> bool {
    let id = field.strip_prefix("custom_fields_").and_then(|id| id.parse().ok());
    id.is_some_and(|id| patch::custom_field(world, id).is_some())
}
