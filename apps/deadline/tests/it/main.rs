//! The whole app on both databases: every page, door and moment of it, against the sandbox.
// The exemption for tests does not reach the functions that they share.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod access;
mod board;
mod cost;
mod doors;
mod faults;
mod isolation;
mod popups;
mod rules;
mod settings;
mod sidebar;

use std::time::Duration;

use sandbox::model::Status;
use serde_json::{Value, json};
use testkit::{Page, TestApp};

/// The tags of this app on a ticket.
fn tags(app: &TestApp, ticket: i64) -> Vec<String> {
    app.tags_with(ticket, "deadline_").into_iter().filter(|tag| tag != "deadline_escalated").collect()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Open tickets of a group.
fn open_tickets(app: &TestApp, group: &str) -> Vec<i64> {
    let group = app.group_id(group);
    app.tickets_where(|ticket| ticket.status == Status::Open && ticket.group_id == Some(group))
}

/// An open ticket of Support.
fn open_ticket(app: &TestApp) -> i64 {
    open_tickets(app, "Support")[0]
}

/// Sets or moves the deadline of a ticket as the agent in front of the page.
async fn set(page: &Page, ticket: i64, when: Value) -> Value {
    let version = page.get(&format!("/tickets/{ticket}")).await.ok()["deadline"]["version"].clone();
    page.put(&format!("/tickets/{ticket}"), json!({ "when": when, "version": version })).await.ok()
}

async fn clear(page: &Page, ticket: i64) -> Value {
    let version = page.get(&format!("/tickets/{ticket}")).await.ok()["deadline"]["version"].clone();
    page.delete(&format!("/tickets/{ticket}"), json!({ "version": version })).await.ok()
}

/// What happened to a ticket's deadlines, oldest first.
async fn history(page: &Page, ticket: i64) -> Vec<String> {
    let view = page.get(&format!("/tickets/{ticket}")).await.ok();
    let lines = view["history"].as_array().expect("a list").iter().rev();
    lines.map(|line| line["event"].as_str().expect("a name").to_owned()).collect()
}

/// `(code, result)` of each line of a ticket's Activity, oldest first.
async fn activity(page: &Page, ticket: i64) -> Vec<(String, String)> {
    let list = page.get(&format!("/api/activity?ticket={ticket}")).await.ok();
    let text = |line: &Value, name: &str| line[name].as_str().expect("a text").to_owned();
    let lines = list["items"].as_array().expect("a list").iter().rev();
    lines.map(|line| (text(line, "code"), text(line, "result"))).collect()
}

fn pairs(lines: &[(String, String)]) -> Vec<(&str, &str)> {
    lines.iter().map(|(code, result)| (code.as_str(), result.as_str())).collect()
}
