//! Ticket fields and forms: `/api/v2/ticket_fields`, `/api/v2/ticket_forms`.

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::{Call, Client, Meta};
use crate::{Error, Resource, Verb};

/// A system or custom field of tickets.
#[derive(Debug, Clone, Deserialize)]
pub struct TicketField {
    /// Id.
    pub id: i64,
    /// `text`, `textarea`, `checkbox`, `date`, `integer`, `decimal`, `regexp`, `tagger`, `multiselect`, `lookup`, or the name
    /// of a system field: `subject`, `status`, …
    #[serde(default, rename = "type", deserialize_with = "crate::de::null_as_default")]
    pub kind: String,
    /// What agents see.
    #[serde(default)]
    pub title: Option<String>,
    /// In use.
    #[serde(default)]
    pub active: Option<bool>,
    /// False for system fields.
    #[serde(default)]
    pub removable: Option<bool>,
    /// The tag that a checked checkbox adds.
    #[serde(default)]
    pub tag: Option<String>,
    /// Choices of a custom drop-down field.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub custom_field_options: Vec<FieldOption>,
    /// Choices of a system field.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub system_field_options: Vec<FieldOption>,
}

/// A choice: its name is shown, its value is stored (for custom fields, as a tag).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOption {
    /// What agents see.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub name: String,
    /// What is stored.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub value: String,
}

/// A custom field to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewTicketField {
    /// As in [`TicketField::kind`].
    #[serde(rename = "type")]
    pub kind: String,
    /// What agents see.
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The tag that a checked checkbox adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Choices of a drop-down field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_field_options: Vec<FieldOption>,
}

/// A form: which fields a ticket shows.
#[derive(Debug, Clone, Deserialize)]
pub struct TicketForm {
    /// Id.
    pub id: i64,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// In use.
    #[serde(default)]
    pub active: Option<bool>,
    /// Its fields, in order.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub ticket_field_ids: Vec<i64>,
}

/// Calls about ticket fields.
#[derive(Debug, Clone, Copy)]
pub struct TicketFields<'a>(&'a Client);

/// Calls about ticket forms.
#[derive(Debug, Clone, Copy)]
pub struct TicketForms<'a>(&'a Client);

impl Client {
    /// Calls about ticket fields.
    pub fn ticket_fields(&self) -> TicketFields<'_> {
        TicketFields(self)
    }

    /// Calls about ticket forms.
    pub fn ticket_forms(&self) -> TicketForms<'_> {
        TicketForms(self)
    }
}

#[derive(Deserialize)]
struct One {
    ticket_field: TicketField,
}

impl TicketFields<'_> {
    /// All fields.
    pub async fn list(&self) -> Result<Vec<TicketField>, Error> {
        #[derive(Deserialize)]
        struct Page {
            ticket_fields: Vec<TicketField>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::TicketFields, "/api/v2/ticket_fields");
        self.0.fetch_all(call, |page: Page| (page.ticket_fields, page.meta)).await
    }

    /// One field.
    pub async fn show(&self, id: i64) -> Result<TicketField, Error> {
        let call = Call::get(Resource::TicketFields, "/api/v2/ticket_fields/{id}").arg(id);
        Ok(self.0.fetch::<One>(call).await?.ticket_field)
    }

    /// Makes a custom field.
    pub async fn create(&self, field: &NewTicketField) -> Result<TicketField, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            ticket_field: &'a NewTicketField,
        }
        let call = Call::new(Resource::TicketFields, Verb::Create, Method::POST, "/api/v2/ticket_fields")
            .json(&Body { ticket_field: field })?;
        Ok(self.0.fetch::<One>(call).await?.ticket_field)
    }
}

impl TicketForms<'_> {
    /// All forms. Accounts whose plan has no forms answer [`Error::NotFound`] or [`Error::Forbidden`].
    pub async fn list(&self) -> Result<Vec<TicketForm>, Error> {
        #[derive(Deserialize)]
        struct Page {
            ticket_forms: Vec<TicketForm>,
            meta: Option<Meta>,
        }
        let call = Call::get(Resource::TicketForms, "/api/v2/ticket_forms");
        self.0.fetch_all(call, |page: Page| (page.ticket_forms, page.meta)).await
    }
}
