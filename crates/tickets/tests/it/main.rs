//! What is promised about ticket changes, Activity, notifications and the mirror, on both databases.

mod activity;
mod desk;
mod faults;
mod mirror;
mod notify;
mod send;
mod world;
