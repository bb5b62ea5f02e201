//! `{{ticket.id}}` and the like in comments and webhook bodies. Unknown names render as nothing.

use crate::model::{Ticket, User, World};
use crate::time;

/// Fills in the placeholders of a text; `escape` is applied to every value (JSON bodies need it).
pub(crate) fn fill(text: &str, scope: &Scope<'_>, escape: fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(end) = rest[start..].find("}}") else { break };
        out.push_str(&rest[..start]);
        let name = rest[start + 2..start + end].trim();
        out.push_str(&escape(&scope.value(name).unwrap_or_default()));
        rest = &rest[start + end + 2..];
    }
    out.push_str(rest);
    out
}

/// The text as it stands inside a JSON string.
pub(crate) fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// What placeholders can name.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) world: &'a World,
    pub(crate) ticket: &'a Ticket,
    pub(crate) user_id: u64,
    /// The newest comment: body and whether it is public.
    pub(crate) latest: Option<(&'a str, bool)>,
}

impl Scope<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let t = self.ticket;
        let user = |id: Option<u64>| id.and_then(|id| self.world.users.get(&id));
        if let Some(path) = name.strip_prefix("ticket.requester.") {
            return person(user(Some(t.requester_id))?, path);
        }
        if let Some(path) = name.strip_prefix("ticket.assignee.") {
            return person(user(t.assignee_id)?, path);
        }
        if let Some(path) = name.strip_prefix("current_user.") {
            return person(user(Some(self.user_id))?, path);
        }
        if let Some(id) = name.strip_prefix("ticket.ticket_field_") {
            return match t.custom_fields.get(&id.parse().ok()?)? {
                serde_json::Value::String(s) => Some(s.clone()),
                other => Some(other.to_string()),
            };
        }
        let host = self.world.base_url.split_once("://").map_or("", |(_, host)| host);
        Some(match name {
            "ticket.id" => t.id.to_string(),
            "ticket.title" | "ticket.subject" => t.subject.clone(),
            "ticket.description" => t.description.clone(),
            "ticket.url" | "ticket.link" => match name {
                "ticket.url" => format!("{host}/agent/tickets/{}", t.id),
                _ => format!("{}/agent/tickets/{}", self.world.base_url, t.id),
            },
            "ticket.status" => {
                let mut word = t.status.as_str().to_owned();
                word[..1].make_ascii_uppercase();
                word
            }
            "ticket.priority" => capital(t.priority.map(|p| p.as_str())),
            "ticket.ticket_type" => capital(t.kind.map(|k| k.as_str())),
            "ticket.tags" => t.tags.join(" "),
            "ticket.external_id" => t.external_id.clone()?,
            "ticket.group.name" => self.world.groups.get(&t.group_id?)?.name.clone(),
            "ticket.group.id" => t.group_id?.to_string(),
            "ticket.organization.name" => self.world.organizations.get(&t.organization_id?)?.name.clone(),
            "ticket.created_at_with_timestamp" => time::text(t.created_at),
            "ticket.updated_at_with_timestamp" => time::text(t.updated_at),
            "ticket.due_date_with_timestamp" => time::text(t.due_at?),
            "ticket.latest_comment" => self.latest?.0.to_owned(),
            "ticket.latest_public_comment" => self.latest.filter(|l| l.1)?.0.to_owned(),
            "ticket.account" => self.world.account.name.clone(),
            _ => return None,
        })
    }
}

fn capital(word: Option<&str>) -> String {
    let mut word = word.unwrap_or_default().to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

fn person(user: &User, path: &str) -> Option<String> {
    let mut names = user.name.splitn(2, ' ');
    Some(match path {
        "id" => user.id.to_string(),
        "name" => user.name.clone(),
        "first_name" => names.next()?.to_owned(),
        "last_name" => names.nth(1)?.to_owned(),
        "email" => user.email.clone()?,
        "external_id" => user.external_id.clone()?,
        "role" => user.role.as_str().to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_inside_json_stays_json() {
        assert_eq!(in_json("a \"b\"\nc"), r#"a \"b\"\nc"#);
    }
}
