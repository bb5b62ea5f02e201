#![doc = include_str!("../README.md")]

pub mod activity;
mod change;
mod error;
pub mod mirror;
mod notify;
pub mod placeholders;
mod send;
mod state;

use std::collections::HashMap;
use std::sync::Arc;

use accounts::Accounts;
use zendesk::AccessList;

pub use activity::Cause;
pub use change::{FieldValue, TicketChange, is_tag};
pub use error::{Error, Result};
pub use notify::{Audience, NOTIFIED, Notification, NotificationId, notify};
pub use state::{CHANGED, MERGE_WINDOW, state, state_many};

/// The tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration::pair(
    "tickets",
    "0001_init",
    include_str!("../migrations/0001_init.postgres.sql"),
    include_str!("../migrations/0001_init.sqlite.sql"),
)];

/// What each app declared that it reads, updates and creates, by folder name. Its changes and notifications are held to it.
pub type AppAccess = Arc<HashMap<String, AccessList>>;

/// Adds the jobs of this crate to a worker's registry.
pub fn register(registry: jobs::Registry, accounts: &Accounts, access: &AppAccess) -> jobs::Registry {
    let sender = (accounts.clone(), access.clone());
    let notifier = sender.clone();
    registry
        .handle(send::wake)
        .handle(move |batch| send::send(sender.0.clone(), sender.1.clone(), batch))
        .handle(move |batch| notify::run(notifier.0.clone(), notifier.1.clone(), batch))
}
