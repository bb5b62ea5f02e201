//! Drives the sandbox over HTTP, as its clients do.
// The exemption for tests does not reach the functions that they share.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod access;
mod apps;
mod automations;
mod bulk;
mod control;
mod gate;
mod incremental;
mod lifecycle;
mod lists;
mod oauth;
mod people;
mod requests;
mod schedules;
mod search;
mod setup;
mod state;
mod support;
mod tickets;
mod triggers;
mod uploads;
mod webhooks;
mod workspace;
