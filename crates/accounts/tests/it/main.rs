//! Drives accounts against the sandbox, on both databases.
// The exemption for tests does not reach the functions that they share.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod agents;
mod budget;
mod calls;
mod check;
mod grants;
mod initialise;
mod opening;
mod refresh;
mod secrets;
mod support;
