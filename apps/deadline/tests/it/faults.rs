//! A Zendesk that refuses, fails, is slow, and does what it was asked without saying so.

use std::time::Duration;

use sandbox::gate::faults::{Drop, Fault};
use sandbox::model::Status;
use serde_json::json;
use testkit::{ADMIN, Backend, Setup, TestApp};

use crate::tags;

/// A share of all calls about tickets goes wrong in each way.
fn trouble(app: &TestApp) {
    let kinds = [
        Fault { status: Some(429), retry_after: Some(3), ..Fault::default() },
        Fault { status: Some(500), ..Fault::default() },
        Fault { status: Some(503), retry_after: Some(2), ..Fault::default() },
        // Longer than the server waits; Zendesk does the work all the same.
        Fault { latency_ms: 700, ..Fault::default() },
        Fault { drop: Some(Drop::Before), ..Fault::default() },
        Fault { drop: Some(Drop::After), ..Fault::default() },
    ];
    for route in ["* /api/v2/tickets/**", "* /api/v2/job_statuses/**", "* /api/v2/apps/notify"] {
        for (seed, kind) in (1..).zip(&kinds) {
            app.fault(Fault { route: route.to_owned(), share: Some(0.12), seed, ..kind.clone() });
        }
    }
}

async fn through_all_of_it(backend: Backend) {
    let setup = Setup { tickets: 300, zendesk_timeout: Duration::from_millis(350), ..Setup::default() };
    let app = &TestApp::start_with(backend, vec![deadline::app()], setup).await;
    app.authorised().await;
    let tickets = app.tickets_where(|ticket| ticket.status < Status::Closed);
    let tickets = &tickets[..240];
    app.warm_mirror(tickets).await;
    let page = app.board(ADMIN).await;
    for (n, ticket) in (0..).zip(tickets) {
        let at = app.in_minutes(20 + n / 40);
        page.put(&format!("/tickets/{ticket}"), json!({ "when": { "at": at }, "version": null })).await.ok();
    }
    trouble(app);
    app.pass(Duration::from_secs(19 * 60)).await;
    let early =
        tickets.iter().filter(|ticket| !app.audits_adding(**ticket, "deadline_now").is_empty()).count();
    assert_eq!(early, 0, "none is early");
    app.pass(Duration::from_secs(60 * 60)).await;
    let faults: Vec<u64> = app.control().faults().iter().map(|fault| fault.hits).collect();
    println!("calls that went wrong, by fault: {faults:?}");
    assert!(faults.iter().take(6).all(|hits| *hits > 0), "every fault has hit: {faults:?}");
    app.control().clear_faults();
    app.pass(Duration::from_secs(60 * 60)).await;
    for ticket in tickets {
        let solved = app.ticket(*ticket).ticket.status == Status::Solved;
        let tag = if solved { "deadline_while_solved" } else { "deadline_now" };
        assert_eq!(tags(app, *ticket), [tag], "ticket {ticket}");
        for tag in ["deadline_pending", tag] {
            assert_eq!(app.audits_adding(*ticket, tag).len(), 1, "ticket {ticket}: {tag} changed once");
        }
    }
    let page = app.board(ADMIN).await;
    let board = page.get("/deadlines?state=all&limit=1").await.ok();
    assert_eq!(board["total"], tickets.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    through_all_of_it(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    through_all_of_it(Backend::Postgres).await;
}
