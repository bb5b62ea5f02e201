//! What a test looks at and changes in Zendesk itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sandbox::gate::faults::Fault;
use sandbox::model::{Audit, Change, Status, TicketRecord, User};
use serde_json::Value;

use crate::TestApp;

impl TestApp {
    /// A ticket as Zendesk has it.
    pub fn ticket(&self, id: i64) -> Arc<TicketRecord> {
        let world = self.sandbox.shared().read();
        world.tickets.get(&id.unsigned_abs()).cloned().unwrap_or_else(|| panic!("no ticket {id}"))
    }

    pub fn tags(&self, id: i64) -> BTreeSet<String> {
        self.ticket(id).ticket.tags.iter().cloned().collect()
    }

    /// The deadline's tags of a ticket, those of `tags` that begin with `prefix`.
    pub fn tags_with(&self, id: i64, prefix: &str) -> Vec<String> {
        self.tags(id).into_iter().filter(|tag| tag.starts_with(prefix)).collect()
    }

    /// The value of a custom field; null when it is empty.
    pub fn field(&self, id: i64, field_id: u64) -> Value {
        self.ticket(id).ticket.custom_fields.get(&field_id).cloned().unwrap_or_default()
    }

    /// The updates of a ticket that added this tag, oldest first.
    pub fn audits_adding(&self, id: i64, tag: &str) -> Vec<Audit> {
        let has = |value: &Value| match value {
            Value::Array(tags) => tags.iter().any(|one| one == tag),
            Value::String(tags) => tags.split(' ').any(|one| one == tag),
            _ => false,
        };
        let adds = |audit: &Audit| {
            audit.events.iter().any(|event| match &event.change {
                Change::Change { field, value, previous } => field == "tags" && has(value) && !has(previous),
                _ => false,
            })
        };
        self.ticket(id).audits.iter().filter(|audit| adds(audit)).cloned().collect()
    }

    /// Changes a ticket behind everybody's back, as another integration would.
    pub fn change_ticket(&self, id: i64, change: impl FnOnce(&mut sandbox::model::Ticket)) {
        let mut world = self.sandbox.shared().write();
        let now = self.control().now();
        let record = world.tickets.get_mut(&id.unsigned_abs()).unwrap_or_else(|| panic!("no ticket {id}"));
        let ticket = &mut Arc::make_mut(record).ticket;
        change(ticket);
        ticket.updated_at = now.max(ticket.updated_at + Duration::from_millis(1));
    }

    pub fn set_status(&self, id: i64, status: Status) {
        self.change_ticket(id, |ticket| ticket.status = status);
    }

    /// Deletes a ticket for good.
    pub fn delete_ticket(&self, id: i64) {
        self.sandbox.shared().write().tickets.remove(&id.unsigned_abs()).expect("such a ticket");
    }

    /// Tickets for which `wanted`, lowest number first.
    pub fn tickets_where(&self, wanted: impl Fn(&sandbox::model::Ticket) -> bool) -> Vec<i64> {
        let world = self.sandbox.shared().read();
        let tickets = world.tickets.values().filter(|record| wanted(&record.ticket));
        tickets.map(|record| i64::try_from(record.ticket.id).expect("a ticket's number")).collect()
    }

    pub fn user_id(&self, email: &str) -> u64 {
        self.sandbox.shared().read().user_by_email(email).unwrap_or_else(|| panic!("no {email}")).id
    }

    /// Changes a person in Zendesk.
    pub fn person(&self, email: &str, change: impl FnOnce(&mut User)) {
        let id = self.user_id(email);
        change(self.sandbox.shared().write().users.get_mut(&id).expect("a person"));
    }

    pub fn group_id(&self, name: &str) -> u64 {
        let world = self.sandbox.shared().read();
        world.groups.values().find(|group| group.name == name).unwrap_or_else(|| panic!("no group {name}")).id
    }

    /// The id of a ticket field by its title.
    pub fn ticket_field(&self, title: &str) -> u64 {
        let world = self.sandbox.shared().read();
        world
            .ticket_fields
            .values()
            .find(|field| field.title == title)
            .unwrap_or_else(|| panic!("no {title}"))
            .id
    }

    /// The account token, as Zendesk keeps it in the settings of the first app's installation.
    pub fn account_token(&self) -> String {
        let world = self.sandbox.shared().read();
        let installation = &world.apps.installations[&self.installations[self.app().id]];
        let token = installation.settings.get(accounts::TOKEN_SETTING).expect("the app is initialised");
        token.as_str().expect("a text").to_owned()
    }

    /// Makes calls go wrong; errors by it need no declaration.
    pub fn fault(&self, fault: Fault) {
        self.control().fault(fault).expect("a proper fault");
    }

    /// How many calls Zendesk has seen that fit `route`, like `PUT /api/v2/tickets/*`.
    pub fn calls(&self, route: &str) -> usize {
        self.control().count(route)
    }

    /// Pop-ups that Zendesk was asked to show, one by one: to whom, and what. Several of a person come in one call.
    pub fn popups(&self) -> Vec<(Option<u64>, Value)> {
        let calls = self.control().log_since(0, Some("POST /api/v2/apps/notify"));
        let shown = calls.iter().filter(|call| call["status"] == 200);
        shown
            .flat_map(|call| {
                let body: Value = match &call["request"]["body"] {
                    Value::String(text) => serde_json::from_str(text).expect("a JSON text"),
                    other => other.clone(),
                };
                let to = call["request"]["agent_id"].as_u64();
                let items = body["items"].as_array().expect("a list of pop-ups").clone();
                items.into_iter().map(move |item| (to, item))
            })
            .collect()
    }

    /// Reads a moment out of an answer.
    pub fn moment(value: &Value) -> Timestamp {
        value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no moment: {value}"))
    }
}
