//! Drives the sandbox over HTTP, as its clients do.

mod apps;
mod control;
mod gate;
mod oauth;
mod support;
mod workspace;
