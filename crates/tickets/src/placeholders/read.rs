//! Reading the values of placeholders from Zendesk: only what a text mentions, many tickets at once.

use std::collections::{BTreeSet, HashMap};

use accounts::{Accounts, Urgency, account};
use serde_json::{Map, Value};
use store::AccountId;
use zendesk::organizations::Organization;
use zendesk::ticket_fields::TicketField;
use zendesk::tickets::Ticket;
use zendesk::users::User;
use zendesk::{AccessList, MAX_IDS, Resource, Verb};

use super::template::Needed;
use super::values::Values;
use crate::mirror;

/// Comments shown by `ticket.comments_formatted`, the newest ones.
const MAX_COMMENTS: usize = 20;
/// Characters of one value at most.
const MAX_VALUE: usize = 10_000;

struct Reader<'a> {
    accounts: &'a Accounts,
    account: &'a AccountId,
    access: &'a AccessList,
    urgency: Urgency,
}

/// The values of each ticket, as they are now; nothing of them is stored.
///
/// What `access` does not allow to read, and what Zendesk does not know (any more), is missing in the values and so renders
/// as nothing; so do the custom fields of groups, which Zendesk does not have.
pub async fn read(
    accounts: &Accounts,
    account: &AccountId,
    access: &AccessList,
    urgency: Urgency,
    ticket_ids: &[i64],
    needed: &Needed,
) -> accounts::Result<HashMap<i64, Values>> {
    let reader = Reader { accounts, account, access, urgency };
    let mut values = reader.ids_and_links(ticket_ids).await?;
    if needed.comments && access.allows(Resource::Tickets, Verb::Read) {
        for (id, values) in &mut values {
            values.set(&["ticket", "comments_formatted"], reader.comments(*id).await?);
        }
    }
    if !needed.ticket || !access.allows(Resource::Tickets, Verb::Read) {
        return Ok(values);
    }
    let tickets = mirror::show(accounts, account, access, ticket_ids, urgency).await?;
    let users = reader.users(&tickets, needed).await?;
    let groups = reader.groups(needed).await?;
    let organizations = reader.organizations(&tickets, needed).await?;
    let fields = reader.fields(needed).await?;
    for ticket in tickets {
        let Some(values) = values.get_mut(&ticket.id) else { continue };
        of_ticket(values, &ticket, needed, &fields);
        for (role, id) in [("assignee", ticket.assignee_id), ("requester", ticket.requester_id)] {
            if let Some(user) = id.and_then(|id| users.get(&id)) {
                values.set(&["ticket", role, "name"], user.name.clone());
                values.set(&["ticket", role, "email"], user.email.clone());
                of_custom_fields(values, role, &user.user_fields);
            }
        }
        if let Some(requester) = ticket.requester_id.and_then(|id| users.get(&id)) {
            values.set(&["ticket", "requester", "phone"], requester.phone.clone());
            values.set(&["ticket", "requester", "details"], requester.details.clone().map(bounded));
        }
        let group = ticket.group_id.and_then(|id| groups.get(&id).cloned());
        values.set(&["ticket", "assignee", "group", "name"], group);
        if let Some(organization) = ticket.organization_id.and_then(|id| organizations.get(&id)) {
            values.set(&["ticket", "organization", "name"], organization.name.clone());
            of_custom_fields(values, "organization", &organization.organization_fields);
        }
    }
    Ok(values)
}

fn of_ticket(values: &mut Values, ticket: &Ticket, needed: &Needed, fields: &[TicketField]) {
    values.set(&["ticket", "title"], ticket.subject.clone().map(bounded));
    values.set(&["ticket", "description"], ticket.description.clone().map(bounded));
    values.set(&["ticket", "status"], ticket.status.clone());
    values.set(&["ticket", "priority"], ticket.priority.clone());
    for field in &ticket.custom_fields {
        let Some(value) = text_of(&field.value) else { continue };
        if needed.option_titles.contains(&field.id) {
            let options = fields
                .iter()
                .filter(|known| known.id == field.id)
                .flat_map(|known| &known.custom_field_options);
            let title =
                options.into_iter().find(|option| option.value == value).map(|option| option.name.clone());
            values.set(&["ticket", &format!("ticket_field_option_title_{}", field.id)], title);
        }
        values.set(&["ticket", &format!("ticket_field_{}", field.id)], Some(bounded(value)));
    }
}

/// `ticket.requester.custom_fields.NAME` and its like.
fn of_custom_fields(values: &mut Values, owner: &str, fields: &Map<String, Value>) {
    for (key, value) in fields {
        values.set(&["ticket", owner, "custom_fields", key], text_of(value).map(bounded));
    }
}

/// A field's value as a person would write it; a list of tags with commas.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(items) => Some(items.iter().filter_map(text_of).collect::<Vec<_>>().join(", ")),
    }
}

fn bounded(text: String) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

impl Reader<'_> {
    async fn ids_and_links(&self, ticket_ids: &[i64]) -> accounts::Result<HashMap<i64, Values>> {
        let subdomain = {
            let mut tx = self.accounts.db().read(self.account).await?;
            account::current(&mut tx).await?.subdomain
        };
        let base_url = self.accounts.config().base_url(&subdomain);
        let values = |id: &i64| {
            let mut values = Values::default();
            values.set(&["ticket", "id"], Some(id.to_string()));
            let link = base_url
                .as_ref()
                .map(|base| format!("{}/agent/tickets/{id}", base.as_str().trim_end_matches('/')));
            values.set(&["ticket", "link"], link);
            (*id, values)
        };
        Ok(ticket_ids.iter().map(values).collect())
    }

    /// Newest first, as Zendesk does it; notes among agents included, because agents read it.
    async fn comments(&self, ticket_id: i64) -> accounts::Result<Option<String>> {
        let comments = self
            .accounts
            .call(self.account, self.access, self.urgency, |client| async move {
                match client.tickets().comments(ticket_id, MAX_COMMENTS).await {
                    Err(zendesk::Error::NotFound) => Ok(Vec::new()),
                    other => other,
                }
            })
            .await?;
        let texts: Vec<String> = comments.into_iter().filter_map(|comment| comment.plain_body).collect();
        Ok(Some(bounded(texts.join("\n----------------------------------------------\n"))))
    }

    async fn users(&self, tickets: &[Ticket], needed: &Needed) -> accounts::Result<HashMap<i64, User>> {
        let wanted = |ticket: &Ticket| {
            let assignee = ticket.assignee_id.filter(|_| needed.assignee);
            [assignee, ticket.requester_id.filter(|_| needed.requester)]
        };
        let ids: BTreeSet<i64> = tickets.iter().flat_map(wanted).flatten().collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let mut users = HashMap::new();
        if self.access.allows(Resource::Users, Verb::Read) {
            for ids in ids.chunks(MAX_IDS) {
                let found = self
                    .accounts
                    .call(self.account, self.access, self.urgency, |client| async move {
                        client.users().show_many(ids).await
                    })
                    .await?;
                users.extend(found.into_iter().map(|user| (user.id, user)));
            }
        }
        Ok(users)
    }

    async fn groups(&self, needed: &Needed) -> accounts::Result<HashMap<i64, String>> {
        if !needed.group || !self.access.allows(Resource::Groups, Verb::Read) {
            return Ok(HashMap::new());
        }
        let call = |client: zendesk::Client| async move { client.groups().list().await };
        let groups = self.accounts.call(self.account, self.access, self.urgency, call).await?;
        Ok(groups.into_iter().filter_map(|group| Some((group.id, group.name?))).collect())
    }

    async fn organizations(
        &self,
        tickets: &[Ticket],
        needed: &Needed,
    ) -> accounts::Result<HashMap<i64, Organization>> {
        let mut found = HashMap::new();
        if needed.organization && self.access.allows(Resource::Organizations, Verb::Read) {
            let ids: BTreeSet<i64> = tickets.iter().filter_map(|ticket| ticket.organization_id).collect();
            for id in ids {
                let call = |client: zendesk::Client| async move {
                    match client.organizations().show(id).await {
                        Ok(organization) => Ok(Some(organization)),
                        Err(zendesk::Error::NotFound) => Ok(None),
                        Err(error) => Err(error),
                    }
                };
                let organization = self.accounts.call(self.account, self.access, self.urgency, call).await?;
                found.extend(organization.map(|organization| (id, organization)));
            }
        }
        Ok(found)
    }

    async fn fields(&self, needed: &Needed) -> accounts::Result<Vec<TicketField>> {
        if needed.option_titles.is_empty() || !self.access.allows(Resource::TicketFields, Verb::Read) {
            return Ok(Vec::new());
        }
        let call = |client: zendesk::Client| async move { client.ticket_fields().list().await };
        self.accounts.call(self.account, self.access, self.urgency, call).await
    }
}
