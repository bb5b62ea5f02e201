//! Tickets: the written ones, and as many made from them as are wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::ago;
use super::people::Cast;
use super::setup::{Fields, text};
use super::stories::{STORIES, Story, Team, Who};
use crate::Role;
use crate::model::{Audit, AuditEvent, Change, Comment, Status, Ticket, TicketRecord, Via, World};
use crate::tickets::draft::default_status;

/// Adds the written tickets, at most `most`; how many there were.
pub(super) fn add_stories(
    world: &mut World,
    now: Timestamp,
    most: usize,
    cast: &Cast,
    fields: &Fields,
) -> usize {
    let chosen = &STORIES[..STORIES.len().min(most)];
    for story in chosen {
        let record = written(world, now, story, cast, fields);
        world.tickets.insert(record.ticket.id, Arc::new(record));
    }
    chosen.len()
}

fn written(world: &mut World, now: Timestamp, story: &Story, cast: &Cast, fields: &Fields) -> TicketRecord {
    let requester_id = cast.customers[story.customer];
    let group_id = match story.team {
        Team::Support => cast.support,
        Team::It => cast.it,
        Team::Facilities => cast.facilities,
    };
    let agent = match story.team {
        Team::Support => cast.maya,
        Team::It => cast.jonas,
        Team::Facilities => cast.priya,
    };
    let assignee_id = (story.status != Status::New).then_some(agent);
    let start = ago(now, story.hours_ago);
    let mut tags: Vec<String> = story.tags.iter().map(|t| (*t).to_owned()).collect();
    let mut custom_fields = BTreeMap::new();
    // Fields and tags agree, as they do on tickets that people filled in.
    if let Some(category) = tags.iter().find(|t| t.starts_with("category_")) {
        custom_fields.insert(fields.category, json!(category));
    }
    if tags.iter().any(|t| t == "passed_to_vendor") {
        custom_fields.insert(fields.vendor, json!(true));
    }
    if let Some(order) = story.order {
        custom_fields.insert(fields.order_number, json!(order));
    }
    if story.people > 0 {
        custom_fields.insert(fields.people, text(story.people));
    }
    if let Some(days) = story.deadline_in_days {
        let date = ago(now, -24 * days).to_zoned(jiff::tz::TimeZone::UTC).date();
        custom_fields.insert(fields.deadline_date, json!(date.to_string()));
    }
    if cast.organizations.get(1).copied() == world.users.get(&requester_id).and_then(|u| u.organization_id) {
        tags.push("clinic".to_owned());
    }
    tags.sort_unstable();
    let mut ticket = Ticket {
        id: world.ids.next_ticket(),
        external_id: None,
        via: Via::Email,
        subject: story.subject.to_owned(),
        description: story.talk.first().map_or("", |t| t.1).to_owned(),
        kind: story.kind,
        priority: story.priority,
        status: Status::New,
        custom_status_id: default_status(world, Status::New),
        requester_id,
        submitter_id: requester_id,
        assignee_id: None,
        group_id: Some(group_id),
        organization_id: world.users.get(&requester_id).and_then(|u| u.organization_id),
        collaborator_ids: Vec::new(),
        email_cc_ids: Vec::new(),
        follower_ids: Vec::new(),
        followup_ids: Vec::new(),
        satisfaction_rating_id: None,
        problem_id: None,
        due_at: None,
        tags,
        custom_fields,
        ticket_form_id: world.ticket_forms.values().find(|f| f.default).map(|f| f.id),
        is_public: true,
        created_at: start,
        updated_at: start,
    };
    let mut record = TicketRecord { ticket: ticket.clone(), comments: Vec::new(), audits: Vec::new() };
    let steps = i64::try_from(story.talk.len()).unwrap_or(1);
    for (n, (who, words)) in (0_i64..).zip(story.talk) {
        // Spread over the first half of the time since, so that nothing lies in the future.
        let at = start + SignedDuration::from_mins(story.hours_ago * 60 * n / (2 * steps));
        let (author, public) = match who {
            Who::Customer => (requester_id, true),
            Who::Agent => (agent, true),
            Who::Note => (agent, false),
            Who::Light => (cast.lena, false),
            Who::Admin => (cast.alex, false),
        };
        let audit_id = world.ids.next_id();
        let comment = Comment {
            id: world.ids.next_id(),
            author_id: author,
            public,
            body: (*words).to_owned(),
            html_body: None,
            via: if n == 0 { Via::Email } else { Via::Web },
            audit_id,
            created_at: at,
            attachment_ids: Vec::new(),
        };
        let mut events = vec![AuditEvent { id: comment.id, change: Change::Comment, via: None }];
        if n == 0 {
            birth(world, &ticket, &mut events);
        }
        if n + 1 == steps {
            conclude(world, &mut ticket, story.status, assignee_id, &mut events);
        }
        let via = comment.via.clone();
        record.comments.push(comment);
        record.audits.push(Audit {
            id: audit_id,
            author_id: author,
            via,
            created_at: at,
            custom: Value::Null,
            events,
        });
        ticket.updated_at = at;
    }
    record.ticket = ticket;
    record
}

fn birth(world: &mut World, t: &Ticket, events: &mut Vec<AuditEvent>) {
    let born = [
        ("requester_id", json!(t.requester_id.to_string())),
        ("status", json!("new")),
        ("subject", json!(t.subject)),
        ("group_id", json!(t.group_id.map(|g| g.to_string()))),
        ("priority", json!(t.priority)),
        ("type", json!(t.kind)),
        ("tags", json!(t.tags)),
    ];
    for (field, value) in born.into_iter().filter(|(_, v)| !v.is_null()) {
        let change = Change::Create { field: field.to_owned(), value };
        events.push(AuditEvent { id: world.ids.next_id(), change, via: None });
    }
}

/// The last update gives the ticket its assignee and status.
fn conclude(
    world: &mut World,
    t: &mut Ticket,
    status: Status,
    assignee: Option<u64>,
    events: &mut Vec<AuditEvent>,
) {
    let mut change = |world: &mut World, field: &str, value: Value, previous: Value| {
        let change = Change::Change { field: field.to_owned(), value, previous };
        events.push(AuditEvent { id: world.ids.next_id(), change, via: None });
    };
    if let Some(agent) = assignee {
        t.assignee_id = assignee;
        change(world, "assignee_id", json!(agent.to_string()), Value::Null);
    }
    if status != t.status {
        change(world, "status", json!(status), json!(t.status));
        t.status = status;
        t.custom_status_id = default_status(world, status);
    }
}

/// Adds tickets made from the written ones: other numbers, people and times, one comment each.
pub(crate) fn more_tickets(world: &mut World, now: Timestamp, count: usize) {
    let customers: Vec<u64> =
        world.users.values().filter(|u| u.role == Role::EndUser).map(|u| u.id).collect();
    let groups: Vec<u64> = world.groups.keys().copied().collect();
    let agents: Vec<Option<u64>> = groups
        .iter()
        .map(|g| {
            let mut members =
                world.group_memberships.values().filter(|m| m.group_id == *g).map(|m| m.user_id);
            members.find(|u| world.users.get(u).is_some_and(|u| u.role == Role::Agent && !u.light_agent))
        })
        .collect();
    if customers.is_empty() || groups.is_empty() {
        return;
    }
    let form = world.ticket_forms.values().find(|f| f.default).map(|f| f.id);
    for n in 0..count {
        let story = &STORIES[n % STORIES.len()];
        let turn = n / STORIES.len();
        let g = (n + turn) % groups.len();
        let requester_id = customers[(n * 7 + turn) % customers.len()];
        let status = story.status.min(Status::Solved);
        let id = world.ids.next_ticket();
        let at = ago(now, i64::try_from(count - n).unwrap_or(0) % (24 * 180)) - SignedDuration::from_mins(1);
        let audit_id = world.ids.next_id();
        let comment_id = world.ids.next_id();
        let body = story.talk.first().map_or("", |t| t.1).to_owned();
        let ticket = Ticket {
            id,
            external_id: None,
            via: Via::Email,
            subject: format!("{} (case {id})", story.subject),
            description: body.clone(),
            kind: story.kind,
            priority: story.priority,
            status,
            custom_status_id: default_status(world, status),
            requester_id,
            submitter_id: requester_id,
            assignee_id: if status == Status::New { None } else { agents[g] },
            group_id: Some(groups[g]),
            organization_id: world.users.get(&requester_id).and_then(|u| u.organization_id),
            collaborator_ids: Vec::new(),
            email_cc_ids: Vec::new(),
            follower_ids: Vec::new(),
            followup_ids: Vec::new(),
            satisfaction_rating_id: None,
            problem_id: None,
            due_at: None,
            tags: vec!["generated".to_owned()],
            custom_fields: BTreeMap::new(),
            ticket_form_id: form,
            is_public: true,
            created_at: at,
            updated_at: at,
        };
        let comment = Comment {
            id: comment_id,
            author_id: requester_id,
            public: true,
            body,
            html_body: None,
            via: Via::Email,
            audit_id,
            created_at: at,
            attachment_ids: Vec::new(),
        };
        let audit = Audit {
            id: audit_id,
            author_id: requester_id,
            via: Via::Email,
            created_at: at,
            custom: Value::Null,
            events: vec![AuditEvent { id: comment_id, change: Change::Comment, via: None }],
        };
        let record = TicketRecord { ticket, comments: vec![comment], audits: vec![audit] };
        world.tickets.insert(id, Arc::new(record));
    }
}
