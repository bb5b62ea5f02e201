#![doc = include_str!("../README.md")]

mod action;
mod app;
mod caller;
mod error;
mod offline;
mod package;
mod platform;
mod settings;
mod tx;
mod visible;

pub use accounts::Urgency;
pub use accounts::agent::{self as agents, Agent};
pub use action::{Action, ActionContext};
pub use app::{ApiAccess, App, Location, Logo, Opening, Page};
pub use caller::{Admin, AppId, Caller, bearer, session_of};
pub use error::{ApiError, Result};
pub use jobs::{Failure, Job, Policy};
pub use offline::JobContext;
pub use package::{PackageError, package};
pub use platform::{AppZendesk, Platform};
pub use settings::Settings;
pub use store::{
    Error as StoreError, Json, Migration, Record, Result as StoreResult, Statement, Time, Tx as StoreTx,
    Value, id, sql, sql2,
};
pub use tickets::mirror::{Status, TicketState};
pub use tickets::{Audience, Cause, FieldValue, Notification, TicketChange, placeholders};
pub use tx::{Event, Tx};
pub use visible::VisibleTickets;
pub use zendesk::ticket_fields::TicketField;
pub use zendesk::{Resource, Verb};

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] =
    &[Migration::portable("kit", "0001_init", include_str!("../migrations/0001_init.sql"))];
