#![doc = include_str!("../README.md")]

mod access;
pub mod apps;
pub mod audits;
mod base_url;
mod client;
mod de;
mod error;
pub mod groups;
mod http;
pub mod job_statuses;
pub mod oauth;
pub mod oauth_tokens;
pub mod organizations;
mod rate;
pub mod schedules;
pub mod signed_url;
pub mod ticket_fields;
pub mod tickets;
pub mod triggers;
pub mod users;
pub mod webhook;
pub mod webhooks;

pub use access::{AccessList, Resource, Verb};
pub use base_url::{BaseUrl, BaseUrlError};
pub use client::{Client, MAX_IDS};
pub use error::{Detail, Error};
pub use http::{Http, HttpConfig, HttpSetupError, Marketplace};
pub use rate::{EndpointLimit, Observation, RateObserver, RateSnapshot};
