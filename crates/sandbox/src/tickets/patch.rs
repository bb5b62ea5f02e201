//! The `ticket` object of a request, read and checked before anything is changed.

use serde_json::{Map, Value};

use super::copies::Copies;
use super::draft::{Draft, Said, default_status};
use super::{By, Form, fields, id_in, required, truthy};
use crate::error::Faults;
use crate::model::{Priority, Status, Ticket, TicketField, TicketType, User, World};
use crate::{ApiError, Role, time};

/// Keys that answers have and requests may repeat without effect.
const READ_ONLY: &[&str] = &[
    "id",
    "url",
    "created_at",
    "updated_at",
    "generated_timestamp",
    "raw_subject",
    "recipient",
    "via",
    "has_incidents",
    "is_public",
    "satisfaction_rating",
    "sharing_agreement_ids",
    "followup_ids",
    "allow_channelback",
    "allow_attachments",
    "from_messaging_channel",
    "forum_topic_id",
    "brand_id",
    "encoded_id",
    "submitter_id",
    "ticket_id",
];

/// The checked wishes.
#[derive(Debug, Default)]
pub(super) struct Patch {
    pub(super) comment: Option<(u64, Said)>,
    subject: Option<String>,
    status: Option<Status>,
    custom_status: Option<u64>,
    priority: Option<Option<Priority>>,
    kind: Option<Option<TicketType>>,
    requester: Option<Requester>,
    assignee: Option<Option<u64>>,
    group: Option<Option<u64>>,
    organization: Option<Option<u64>>,
    form: Option<Option<u64>>,
    problem: Option<Option<u64>>,
    external_id: Option<Option<String>>,
    due_at: Option<Option<jiff::Timestamp>>,
    copies: Copies,
    tags: Option<Vec<String>>,
    custom_fields: Vec<(u64, Option<Value>)>,
    metadata: Option<Value>,
    unknown: Vec<String>,
}

#[derive(Debug)]
enum Requester {
    Known(u64),
    New { name: String, email: String },
}

impl Patch {
    /// Reads the body for this ticket; faults are collected.
    pub(super) fn read(
        world: &World,
        ticket: &Ticket,
        body: &Map<String, Value>,
        form: Form,
        by: &By,
        faults: &mut Faults,
    ) -> Patch {
        let mut patch = Patch::default();
        let mut tags: Option<Vec<String>> = None;
        for (key, value) in body {
            match key.as_str() {
                "subject" => patch.subject = value.as_str().map(str::to_owned),
                "comment" => patch.comment = comment(world, value, by, faults),
                // At creation it is the first comment.
                "description" if form == Form::Create && !body.contains_key("comment") => {
                    patch.comment = comment(world, value, by, faults);
                }
                "description" => {}
                "status" => patch.status = status(ticket, value, form, faults),
                "custom_status_id" if !value.is_null() => {
                    patch.custom_status = custom_status(world, value, faults)
                }
                "priority" => patch.priority = word(value, "priority", Priority::parse, faults),
                "type" => patch.kind = word(value, "type", TicketType::parse, faults),
                "requester_id" if !value.is_null() => {
                    patch.requester =
                        known(world, value, "requester", |_| true, faults).map(Requester::Known);
                }
                "requester" => patch.requester = requester(world, value, faults),
                "assignee_id" => patch.assignee = assignee(world, value, faults),
                "assignee_email" => {
                    let user = value.as_str().and_then(|e| world.user_by_email(e));
                    let id = user.map_or(Value::from(0), |u| Value::from(u.id));
                    patch.assignee = assignee(world, &id, faults);
                }
                "group_id" => {
                    patch.group =
                        reference(value, "group_id", "Group", faults, |id| world.groups.contains_key(&id))
                }
                "organization_id" => {
                    patch.organization = reference(value, "organization_id", "Organization", faults, |id| {
                        world.organizations.contains_key(&id)
                    });
                }
                "ticket_form_id" => {
                    patch.form = reference(value, "ticket_form_id", "Ticket form", faults, |id| {
                        world.ticket_forms.get(&id).is_some_and(|f| f.active)
                    });
                }
                "problem_id" => {
                    patch.problem = reference(value, "problem_id", "Problem", faults, |id| {
                        world.tickets.get(&id).is_some_and(|r| r.ticket.kind == Some(TicketType::Problem))
                    });
                }
                "external_id" => patch.external_id = Some(value.as_str().map(str::to_owned)),
                "due_at" => patch.due_at = due_at(value, faults),
                "tags" => tags = Some(fields::tags_from(value)),
                "custom_fields" | "fields" => patch.read_fields(world, value, faults),
                "metadata" => patch.metadata = Some(value.clone()),
                "safe_update"
                | "updated_stamp"
                | "via_followup_source_id"
                | "custom_status_id"
                | "requester_id" => {}
                "additional_tags" | "remove_tags" if form == Form::Bulk => {}
                key if READ_ONLY.contains(&key) || patch.copies.read(world, key, value, faults) => {}
                _ => patch.unknown.push(key.clone()),
            }
        }
        if form == Form::Bulk && (body.contains_key("additional_tags") || body.contains_key("remove_tags")) {
            let tags = tags.get_or_insert_with(|| ticket.tags.clone());
            for tag in body.get("additional_tags").map(fields::tags_from).unwrap_or_default() {
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
            let gone = body.get("remove_tags").map(fields::tags_from).unwrap_or_default();
            tags.retain(|t| !gone.contains(t));
        }
        patch.tags = tags;
        patch.check_membership(world, faults);
        patch.check_solving(world, ticket, by, faults);
        patch
    }

    /// Makes the changes, with the audit events for them; returns the keys that meant nothing.
    pub(super) fn apply(
        self,
        world: &mut World,
        draft: &mut Draft,
        by: &By,
    ) -> Result<Vec<String>, ApiError> {
        let new = draft.before.is_none();
        draft.metadata = self.metadata;
        if let Some(requester) = self.requester {
            let id = match requester {
                Requester::Known(id) => id,
                Requester::New { name, email } => new_customer(world, by, name, email),
            };
            draft.ticket.requester_id = id;
            draft.ticket.organization_id = world.users.get(&id).and_then(|u| u.organization_id);
        }
        if new {
            draft.ticket.id = world.ids.next_ticket();
        }
        let t = &mut draft.ticket;
        if let Some(subject) = self.subject {
            t.subject = subject;
        }
        if let Some(value) = self.priority {
            t.priority = value;
        }
        if let Some(value) = self.kind {
            t.kind = value;
        }
        if let Some(value) = self.organization {
            t.organization_id = value;
        }
        if let Some(value) = self.form {
            t.ticket_form_id = value;
        }
        if let Some(value) = self.problem {
            t.problem_id = value;
        }
        if let Some(value) = self.external_id {
            t.external_id = value;
        }
        if let Some(value) = self.due_at {
            t.due_at = value;
        }
        self.copies.apply(world, by, t);
        if let Some(group) = self.group {
            move_to_group(world, t, group);
        }
        if let Some(assignee) = self.assignee {
            assign(world, t, assignee);
        }
        if let Some(tags) = self.tags {
            fields::set_tags(world, t, tags);
        }
        for (id, value) in self.custom_fields {
            if let Some(field) = world.ticket_fields.get(&id) {
                fields::set_field(field, t, value);
            }
        }
        // Only incidents have a problem.
        if t.kind != Some(TicketType::Incident) {
            t.problem_id = None;
        }
        let status_named = self.status.is_some() || self.custom_status.is_some();
        if let Some(custom) = self.custom_status.and_then(|id| world.custom_statuses.get(&id)) {
            t.status = custom.status_category;
            t.custom_status_id = custom.id;
        } else if let Some(status) = self.status
            && status != t.status
        {
            t.status = status;
            t.custom_status_id = default_status(world, status);
        }
        if !status_named {
            follow_up_status(world, t, self.comment.as_ref().map(|(author, _)| *author), new);
        }
        if new {
            if let Some((_, said)) = &self.comment {
                draft.ticket.description.clone_from(&said.body);
                draft.ticket.is_public = said.public;
            }
            let comment = self.comment;
            // The submitter is the author of the first comment, unless the body names another.
            if let Some((author, said)) = comment {
                let author = if author == by.user_id { draft.ticket.submitter_id } else { author };
                draft.comment(world, author, by, said, None);
            }
            draft.record_birth(world);
        } else {
            if let Some((author, said)) = self.comment {
                draft.comment(world, author, by, said, None);
            }
            draft.record(world, None);
        }
        Ok(self.unknown)
    }

    /// `[{id, value}]`, or `{"<id>": value}` as older clients send it.
    fn read_fields(&mut self, world: &World, value: &Value, faults: &mut Faults) {
        let pairs: Vec<(Option<u64>, &Value)> = match value {
            Value::Array(list) => list
                .iter()
                .map(|v| (v.get("id").and_then(id_in), v.get("value").unwrap_or(&Value::Null)))
                .collect(),
            Value::Object(map) => map.iter().map(|(k, v)| (k.parse().ok(), v)).collect(),
            _ => Vec::new(),
        };
        for (id, value) in pairs {
            // Fields that do not exist are passed over without a word.
            let Some(field) = id.and_then(|id| custom_field(world, id)) else { continue };
            match fields::checked(field, value) {
                Ok(value) => self.custom_fields.push((field.id, value)),
                Err(fault) => faults.add("base", "InvalidValue", fault),
            }
        }
    }

    fn check_membership(&self, world: &World, faults: &mut Faults) {
        if let (Some(Some(assignee)), Some(Some(group))) = (self.assignee, self.group)
            && !world.is_member(assignee, group)
        {
            faults.add("assignee", "InvalidValue", "Assignee: is not a member of the group");
        }
    }

    fn check_solving(&self, world: &World, ticket: &Ticket, by: &By, faults: &mut Faults) {
        let status = match self.custom_status {
            Some(id) => world.custom_statuses.get(&id).map(|s| s.status_category),
            None => self.status,
        };
        let assigned = self.assignee.unwrap_or(ticket.assignee_id).is_some();
        if status.is_some_and(|s| s >= Status::Solved && s != ticket.status) && !assigned {
            faults.add("assignee", "BlankValue", "Assignee: is required when solving a ticket");
        }
        let agent = world.users.get(&by.user_id).is_some_and(|u| u.role != Role::EndUser);
        if let Some(status) = status.filter(|s| *s != ticket.status && agent) {
            required::check(world, &self.foreseen(world, ticket, status), faults);
        }
    }

    /// The ticket as far as required fields can tell it from what it will be.
    fn foreseen(&self, world: &World, ticket: &Ticket, status: Status) -> Ticket {
        let mut t = ticket.clone();
        t.status = status;
        t.custom_status_id = self.custom_status.unwrap_or_else(|| default_status(world, status));
        t.priority = self.priority.unwrap_or(t.priority);
        t.kind = self.kind.unwrap_or(t.kind);
        t.ticket_form_id = self.form.unwrap_or(t.ticket_form_id);
        t.group_id = self.group.unwrap_or(t.group_id);
        if let Some(subject) = &self.subject {
            t.subject.clone_from(subject);
        }
        if let Some((_, said)) = self.comment.as_ref().filter(|_| t.description.is_empty()) {
            t.description.clone_from(&said.body);
        }
        if let Some(assignee) = self.assignee {
            assign(world, &mut t, assignee);
        }
        if let Some(tags) = &self.tags {
            fields::set_tags(world, &mut t, tags.clone());
        }
        for (id, value) in &self.custom_fields {
            if let Some(field) = world.ticket_fields.get(id) {
                fields::set_field(field, &mut t, value.clone());
            }
        }
        t
    }
}

/// The rules by which a status changes without being named.
fn follow_up_status(world: &World, t: &mut Ticket, author: Option<u64>, new: bool) {
    let by_customer =
        author.and_then(|a| world.users.get(&a)).is_some_and(|u| u.role == Role::EndUser) && !new;
    let reopened = by_customer && matches!(t.status, Status::Pending | Status::Hold | Status::Solved);
    let taken = t.status == Status::New && t.assignee_id.is_some();
    if reopened || taken {
        t.status = Status::Open;
        t.custom_status_id = default_status(world, Status::Open);
    }
}

/// An assignee brings a group: the ticket's if he is a member of it, otherwise his default group.
pub(super) fn assign(world: &World, t: &mut Ticket, assignee: Option<u64>) {
    t.assignee_id = assignee;
    let Some(user) = assignee else { return };
    if !t.group_id.is_some_and(|g| world.is_member(user, g)) {
        let mut memberships = world.group_memberships.values().filter(|m| m.user_id == user);
        let first = memberships.clone().next();
        t.group_id = memberships.find(|m| m.default).or(first).map(|m| m.group_id);
    }
}

/// A group that the assignee is no member of frees the ticket from him.
pub(super) fn move_to_group(world: &World, t: &mut Ticket, group: Option<u64>) {
    t.group_id = group;
    let stays = matches!((t.assignee_id, group), (Some(a), Some(g)) if world.is_member(a, g));
    if !stays {
        t.assignee_id = None;
    }
}

/// The active custom field of that id.
pub(super) fn custom_field(world: &World, id: u64) -> Option<&TicketField> {
    world.ticket_fields.get(&id).filter(|f| f.active && f.kind.is_custom())
}

/// Whether tickets can be given to this user.
pub(super) fn assignable(user: &User) -> bool {
    user.role != Role::EndUser && !user.light_agent && user.active && !user.suspended
}

fn comment(world: &World, value: &Value, by: &By, faults: &mut Faults) -> Option<(u64, Said)> {
    let html_body = value.get("html_body").and_then(Value::as_str).map(str::to_owned);
    let body = match value {
        Value::String(text) => text.clone(),
        other => match (other.get("body").and_then(Value::as_str), &html_body) {
            (Some(body), _) => body.to_owned(),
            (None, Some(html)) => without_markup(html),
            (None, None) => String::new(),
        },
    };
    if body.trim().is_empty() {
        return None;
    }
    let public = value.get("public").is_none_or(truthy);
    let tokens = value.get("uploads").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let uploads: Vec<String> = tokens.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if uploads.iter().any(|t| world.uploads.get(t).is_none_or(|u| u.expires_at <= by.now)) {
        faults.add("base", "InvalidValue", "Attachments: the upload token is invalid or has expired");
    }
    let author = match value.get("author_id").filter(|v| !v.is_null()) {
        Some(id) => known(world, id, "author", |_| true, faults)?,
        None => by.user_id,
    };
    Some((author, Said { body, html_body, public, uploads }))
}

/// The text of simple markup.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.replace("<br>", "\n").replace("<br/>", "\n").replace("</p>", "\n\n").chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ");
    text.replace("&amp;", "&").trim().to_owned()
}

fn status(ticket: &Ticket, value: &Value, form: Form, faults: &mut Faults) -> Option<Status> {
    if value.is_null() {
        return None;
    }
    let parsed = value.as_str().and_then(Status::parse);
    let back_to_new = form != Form::Create && parsed == Some(Status::New) && ticket.status != Status::New;
    if parsed.is_none() || back_to_new {
        faults.add("status", "InvalidValue", format!("Status: {} is not valid", shown(value)));
    }
    parsed
}

fn custom_status(world: &World, value: &Value, faults: &mut Faults) -> Option<u64> {
    let found = id_in(value).filter(|id| world.custom_statuses.get(id).is_some_and(|s| s.active));
    if found.is_none() {
        faults.add("custom_status_id", "InvalidValue", "Custom status: is invalid");
    }
    found
}

fn word<T>(
    value: &Value,
    field: &str,
    parse: fn(&str) -> Option<T>,
    faults: &mut Faults,
) -> Option<Option<T>> {
    match value.as_str() {
        None | Some("") => Some(None),
        Some(word) => {
            let parsed = parse(word);
            if parsed.is_none() {
                let mut title = field.to_owned();
                title[..1].make_ascii_uppercase();
                faults.add(field, "InvalidValue", format!("{title}: {word} is not valid"));
            }
            Some(parsed)
        }
    }
}

fn reference(
    value: &Value,
    field: &str,
    title: &str,
    faults: &mut Faults,
    exists: impl FnOnce(u64) -> bool,
) -> Option<Option<u64>> {
    if value.is_null() || value.as_str() == Some("") {
        return Some(None);
    }
    let found = id_in(value).filter(|id| exists(*id));
    if found.is_none() {
        faults.add(field, "InvalidValue", format!("{title}: is invalid"));
    }
    Some(found)
}

fn assignee(world: &World, value: &Value, faults: &mut Faults) -> Option<Option<u64>> {
    reference(value, "assignee", "Assignee", faults, |id| world.users.get(&id).is_some_and(assignable))
}

fn known(
    world: &World,
    value: &Value,
    field: &str,
    fit: impl FnOnce(&User) -> bool,
    faults: &mut Faults,
) -> Option<u64> {
    let found = id_in(value).filter(|id| world.users.get(id).is_some_and(fit));
    if found.is_none() {
        let mut title = field.to_owned();
        title[..1].make_ascii_uppercase();
        faults.add(field, "InvalidValue", format!("{title}: is invalid"));
    }
    found
}

fn requester(world: &World, value: &Value, faults: &mut Faults) -> Option<Requester> {
    let email = value.get("email").and_then(Value::as_str).unwrap_or_default().trim().to_lowercase();
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default().trim();
    if !email.contains('@') {
        faults.add("requester", "InvalidValue", "Requester: Email:  is not properly formatted");
        return None;
    }
    if let Some(user) = world.user_by_email(&email) {
        return Some(Requester::Known(user.id));
    }
    if name.is_empty() {
        faults.add("requester", "BlankValue", "Requester: Name: is too short (minimum one character)");
        return None;
    }
    Some(Requester::New { name: name.to_owned(), email })
}

pub(super) fn new_customer(world: &mut World, by: &By, name: String, email: String) -> u64 {
    let domain = email.rsplit('@').next().unwrap_or_default().to_owned();
    let organization = world.organizations.values().find(|o| o.domain_names.contains(&domain)).map(|o| o.id);
    let id = world.ids.next_id();
    let mut user = User::new(id, name, Some(email), Role::EndUser, by.now);
    user.organization_id = organization;
    world.users.insert(id, user);
    id
}

fn due_at(value: &Value, faults: &mut Faults) -> Option<Option<jiff::Timestamp>> {
    match value.as_str() {
        None | Some("") => Some(None),
        Some(text) => {
            let parsed = time::parse(text);
            if parsed.is_none() {
                faults.add("due_at", "InvalidValue", format!("Due Date: {text} is not valid"));
            }
            Some(parsed)
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
