//! What is promised about ticket changes, Activity, notifications and the mirror, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod activity;
mod desk;
mod faults;
mod mirror;
mod notify;
mod send;
mod world;
