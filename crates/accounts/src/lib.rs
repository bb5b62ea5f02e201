#![doc = include_str!("../README.md")]

pub mod account;
pub mod agent;
pub mod authorization;
mod budget;
mod check;
mod directory;
mod error;
mod gateway;
mod grant;
mod initialise;
mod opening;
pub mod session;
pub mod vault;

pub use budget::Urgency;
pub use check::CheckAuthorization;
pub use directory::AGENT_MAX_AGE;
pub use error::{Error, Result};
pub use gateway::{Accounts, ZendeskConfig};
pub use grant::{GrantError, Granted};
pub use initialise::{InitialiseInstallation, TOKEN_SETTING};
pub use opening::{Opened, OpeningError};

/// The tables of this crate.
pub const MIGRATIONS: &[store::Migration] =
    &[store::Migration::portable("accounts", "0001_init", include_str!("../migrations/0001_init.sql"))];

/// Adds the jobs of this crate to a worker's registry.
pub fn register(registry: jobs::Registry, accounts: &Accounts) -> jobs::Registry {
    let (initialising, checking) = (accounts.clone(), accounts.clone());
    registry
        .handle(move |batch| initialise::run(initialising.clone(), batch))
        .handle(move |batch| check::run(checking.clone(), batch))
}
