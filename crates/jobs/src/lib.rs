#![doc = include_str!("../README.md")]

mod batch;
mod claim;
mod enqueue;
mod job;
mod operate;
mod outcome;
mod plan;
mod registry;
mod run;
mod worker;

pub use batch::{Batch, Claimed};
pub use enqueue::{TOPIC, cancel, enqueue, enqueue_many, schedule, schedule_many};
pub use job::{Backoff, Job, Policy};
pub use operate::{Listed, State, Stats, list, park_all, parked, retry, stats, unpark};
pub use outcome::{Failure, Outcome};
pub use registry::Registry;
pub use worker::{Summary, Worker, WorkerOptions};

/// The queue's table, on both databases.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration::pair(
    "jobs",
    "0001_init",
    include_str!("../migrations/0001_init.postgres.sql"),
    include_str!("../migrations/0001_init.sqlite.sql"),
)];
