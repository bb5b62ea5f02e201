//! Drives the sandbox over HTTP, as its clients do.
// The exemption for tests does not reach the functions that they share.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod apps;
mod control;
mod gate;
mod oauth;
mod support;
mod workspace;
