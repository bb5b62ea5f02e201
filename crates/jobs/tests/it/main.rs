//! The queue on both databases: what is not here is not promised.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed, as it should"
)]

mod common;
mod crash;
mod fences;
mod order;
mod outcomes;
mod parking;
mod schedule;
mod workers;
