//! Whether a record is what a query asks for.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::query::{Operator, Query, Term};
use crate::model::{Group, Organization, Priority, Status, TicketRecord, User, World};

/// Who searches where: `me` means this person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) world: &'a World,
    pub(super) user_id: u64,
}

/// A moment against the span that the term names.
fn moment(term: &Term, at: Option<Timestamp>) -> bool {
    if term.value.is_none() {
        return at.is_none();
    }
    let (Some((start, end)), Some(at)) = (term.value.time, at) else { return false };
    match term.operator {
        // A day is the whole of it, a second all of its parts.
        Operator::Is if start == end => at.as_second() == start.as_second(),
        Operator::Is => at >= start && at < end,
        Operator::Less => at < start,
        Operator::LessOrEqual => at < end.max(start) || at == start,
        Operator::Greater if start == end => at > start,
        Operator::Greater => at >= end,
        Operator::GreaterOrEqual => at >= start,
    }
}

fn tags(term: &Term, tags: &[String]) -> bool {
    if term.value.is_none() {
        return tags.is_empty();
    }
    // `tags:"a b"` means both.
    term.value.text.split_whitespace().all(|wanted| match wanted.strip_suffix('*') {
        Some(start) => tags.iter().any(|t| t.starts_with(start)),
        None => tags.iter().any(|t| t == wanted),
    })
}

/// A value that may be missing, as a whole.
fn optional(term: &Term, value: Option<&str>) -> bool {
    match value.filter(|v| !v.is_empty()) {
        None => term.value.is_none(),
        Some(value) => term.value.is_any() || term.value.equals(value),
    }
}

/// Words in a text that may be missing.
fn text(term: &Term, value: Option<&str>) -> bool {
    match value.filter(|v| !v.is_empty()) {
        None => term.value.is_none(),
        Some(value) => term.value.is_any() || term.value.in_text(value),
    }
}

/// The value of a custom field.
fn custom(term: &Term, value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => term.value.is_none() || term.value.text == "false",
        Some(_) if term.value.is_any() => true,
        Some(Json::Bool(flag)) => term.value.text == flag.to_string(),
        Some(Json::Number(number)) => match (number.as_f64(), term.value.text.parse::<f64>()) {
            (Some(is), Ok(wanted)) => is.partial_cmp(&wanted).is_some_and(|o| term.operator.holds(o)),
            _ => false,
        },
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).any(|v| term.value.equals(v)),
        Some(Json::String(s)) => {
            if term.operator == Operator::Is {
                return term.value.equals(s) || (term.value.quoted && term.value.in_text(s));
            }
            if let (Ok(is), Ok(wanted)) = (s.parse::<f64>(), term.value.text.parse::<f64>()) {
                return is.partial_cmp(&wanted).is_some_and(|o| term.operator.holds(o));
            }
            moment(term, crate::time::parse(s))
        }
        Some(Json::Object(_)) => false,
    }
}

impl Asked<'_> {
    /// A person by id, address, name or `me`; `none` for nobody.
    fn person(&self, term: &Term, id: Option<u64>) -> bool {
        let Some(id) = id else { return term.value.is_none() };
        if term.value.is_any() || term.value.text == id.to_string() {
            return true;
        }
        if term.value.text == "me" {
            return id == self.user_id;
        }
        let user = self.world.users.get(&id);
        user.is_some_and(|u| {
            u.has_email(&term.value.text) || term.value.equals(&u.name) || term.value.in_text(&u.name)
        })
    }

    fn named(term: &Term, record: Option<(u64, &str)>) -> bool {
        match record {
            None => term.value.is_none(),
            Some((id, name)) => {
                term.value.is_any()
                    || term.value.text == id.to_string()
                    || term.value.equals(name)
                    || term.value.in_text(name)
            }
        }
    }

    fn organization_of(&self, term: &Term, id: Option<u64>) -> bool {
        let found = id.and_then(|id| self.world.organizations.get(&id));
        Self::named(term, found.map(|o| (o.id, o.name.as_str())))
    }

    pub(super) fn ticket(&self, query: &Query, record: &TicketRecord) -> bool {
        query.fits(|term| self.ticket_term(term, record))
    }

    fn ticket_term(&self, term: &Term, record: &TicketRecord) -> bool {
        let t = &record.ticket;
        let value = &term.value;
        match term.key.as_str() {
            "" => {
                value.text == t.id.to_string()
                    || value.in_text(&t.subject)
                    || value.in_text(&t.description)
                    || record.comments.iter().any(|c| value.in_text(&c.body))
            }
            "id" | "ticket_id" => {
                value.text.parse::<u64>().is_ok_and(|id| term.operator.holds(t.id.cmp(&id)))
            }
            "status" => Status::parse(&value.text).is_some_and(|s| term.operator.holds(t.status.cmp(&s))),
            "custom_status_id" => value.text == t.custom_status_id.to_string(),
            "priority" => match (t.priority, Priority::parse(&value.text)) {
                (None, _) => value.is_none(),
                (Some(_), None) => value.is_any(),
                (Some(is), Some(wanted)) => term.operator.holds(is.cmp(&wanted)),
            },
            "ticket_type" => optional(term, t.kind.map(crate::model::TicketType::as_str)),
            "tags" | "tag" => tags(term, &t.tags),
            "assignee" | "assignee_id" => self.person(term, t.assignee_id),
            "requester" | "requester_id" => self.person(term, Some(t.requester_id)),
            "submitter" | "submitter_id" => self.person(term, Some(t.submitter_id)),
            "cc" => {
                (t.collaborator_ids.is_empty() && value.is_none())
                    || t.collaborator_ids.iter().any(|id| self.person(term, Some(*id)))
            }
            "commenter" => record.comments.iter().any(|c| self.person(term, Some(c.author_id))),
            "comment" => record.comments.iter().any(|c| value.in_text(&c.body)),
            "group" | "group_id" => {
                let found = t.group_id.and_then(|g| self.world.groups.get(&g));
                Self::named(term, found.map(|g| (g.id, g.name.as_str())))
            }
            "organization" | "organization_id" => self.organization_of(term, t.organization_id),
            "form" | "ticket_form_id" => {
                let found = t.ticket_form_id.and_then(|f| self.world.ticket_forms.get(&f));
                Self::named(term, found.map(|f| (f.id, f.name.as_str())))
            }
            "brand" | "brand_id" => {
                Self::named(term, Some((self.world.account.brand_id, self.world.account.name.as_str())))
            }
            "via" => value.equals(crate::rest::render::channel(&t.via)),
            "external_id" => optional(term, t.external_id.as_deref()),
            "subject" => text(term, Some(&t.subject)),
            "description" => text(term, Some(&t.description)),
            "created" | "created_at" => moment(term, Some(t.created_at)),
            "updated" | "updated_at" => moment(term, Some(t.updated_at)),
            "due_date" | "due_at" => moment(term, t.due_at),
            key => {
                let id = key.strip_prefix("custom_field_").or_else(|| key.strip_prefix("fieldvalue_"));
                if key == "fieldvalue" {
                    return t.custom_fields.values().any(|v| custom(term, Some(v)));
                }
                id.and_then(|id| id.parse::<u64>().ok())
                    .is_some_and(|id| custom(term, t.custom_fields.get(&id)))
            }
        }
    }

    pub(super) fn user(&self, query: &Query, u: &User) -> bool {
        query.fits(|term| self.user_term(term, u))
    }

    fn user_term(&self, term: &Term, u: &User) -> bool {
        let value = &term.value;
        let email = |e: &str| match value.text.strip_suffix('*') {
            Some(start) => e.starts_with(start),
            None => e == value.text || e.split_once('@').is_some_and(|(_, domain)| domain == value.text),
        };
        let emails = || {
            let also = u.identities.iter().filter(|i| i.kind == "email").map(|i| i.value.as_str());
            u.email.as_deref().into_iter().chain(also)
        };
        match term.key.as_str() {
            "" => {
                value.in_text(&u.name)
                    || emails().any(|e| email(e) || value.in_text(e))
                    || [&u.notes, &u.details, &u.phone, &u.external_id]
                        .into_iter()
                        .any(|t| t.as_deref().is_some_and(|t| value.in_text(t)))
            }
            "id" => value.text == u.id.to_string(),
            "name" => text(term, Some(&u.name)),
            "email" => (u.email.is_none() && value.is_none()) || value.is_any() || emails().any(email),
            "role" => value.text == u.role.as_str(),
            "external_id" => optional(term, u.external_id.as_deref()),
            "tags" | "tag" => tags(term, &u.tags),
            "phone" => optional(term, u.phone.as_deref()),
            "notes" => text(term, u.notes.as_deref()),
            "details" => text(term, u.details.as_deref()),
            "is_suspended" => value.text == u.suspended.to_string(),
            "organization" | "organization_id" => self.organization_of(term, u.organization_id),
            "group" | "group_id" => {
                let mut mine = self.world.groups_of(u.id).peekable();
                if mine.peek().is_none() {
                    return value.is_none();
                }
                mine.any(|g| Self::named(term, Some((g.id, g.name.as_str()))))
            }
            "created" | "created_at" => moment(term, Some(u.created_at)),
            "updated" | "updated_at" => moment(term, Some(u.updated_at)),
            key => u.user_fields.contains_key(key) && custom(term, u.user_fields.get(key)),
        }
    }

    pub(super) fn organization(&self, query: &Query, o: &Organization) -> bool {
        query.fits(|term| match term.key.as_str() {
            "" => {
                term.value.in_text(&o.name)
                    || [&o.notes, &o.details]
                        .into_iter()
                        .any(|t| t.as_deref().is_some_and(|t| term.value.in_text(t)))
            }
            "id" => term.value.text == o.id.to_string(),
            "name" => text(term, Some(&o.name)),
            "external_id" => optional(term, o.external_id.as_deref()),
            "tags" | "tag" => tags(term, &o.tags),
            "notes" => text(term, o.notes.as_deref()),
            "details" => text(term, o.details.as_deref()),
            "created" | "created_at" => moment(term, Some(o.created_at)),
            "updated" | "updated_at" => moment(term, Some(o.updated_at)),
            key => o.organization_fields.contains_key(key) && custom(term, o.organization_fields.get(key)),
        })
    }

    pub(super) fn group(&self, query: &Query, g: &Group) -> bool {
        query.fits(|term| match term.key.as_str() {
            "" => term.value.in_text(&g.name),
            "id" => term.value.text == g.id.to_string(),
            "name" => text(term, Some(&g.name)),
            "created" | "created_at" => moment(term, Some(g.created_at)),
            "updated" | "updated_at" => moment(term, Some(g.updated_at)),
            _ => false,
        })
    }
}
