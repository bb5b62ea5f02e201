//! The queue on both databases: what is not here is not promised.

mod common;
mod crash;
mod fences;
mod order;
mod outcomes;
mod parking;
mod schedule;
mod workers;
