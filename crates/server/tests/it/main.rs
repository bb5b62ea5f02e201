//! The program `aerie`, as operators run it.
// The exemption for tests does not reach the functions that they share.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod cli;
#[path = "../common/mod.rs"]
mod common;
mod faults;
mod serving;
