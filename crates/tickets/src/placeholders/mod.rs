//! Placeholders in administrators' texts: Liquid, as in Zendesk, with values read at the moment of rendering.
//!
//! Known names: `ticket.id`, `ticket.title`, `ticket.link`, `ticket.description`, `ticket.comments_formatted`,
//! `ticket.priority`, `ticket.status`, `ticket.ticket_field_ID`, `ticket.ticket_field_option_title_ID`,
//! `ticket.assignee.…`, `ticket.requester.…`, `ticket.organization.…`. What is unknown or empty renders as nothing.

mod read;
mod template;
mod values;

pub use read::read;
pub use template::{MAX_TEMPLATE, Needed, Template, TemplateError, needed, validate};
pub use values::Values;
