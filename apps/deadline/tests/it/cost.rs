//! What a thousand deadlines in the same second cost Zendesk.

use std::time::Duration;

use serde_json::json;
use testkit::{ADMIN, Backend, Setup, TestApp};

use crate::tags;

async fn a_thousand_in_one_second(backend: Backend) {
    let setup = Setup { tickets: 1040, ..Setup::default() };
    let app = TestApp::start_with(backend, vec![deadline::app()], setup).await;
    app.authorised().await;
    let tickets: Vec<i64> = app.tickets_where(|ticket| ticket.status < sandbox::model::Status::Closed);
    let tickets = &tickets[..1000];
    // As the board would: many at a time.
    app.warm_mirror(tickets).await;
    let page = app.board(ADMIN).await;
    let at = app.in_minutes(20);
    for ticket in tickets {
        page.put(&format!("/tickets/{ticket}"), json!({ "when": { "at": at }, "version": null })).await.ok();
    }
    app.run_jobs().await;
    assert!(tickets.iter().all(|ticket| tags(&app, *ticket) == ["deadline_pending"]));

    // Until their second; the token is fresh then, so that its renewal is not counted by chance.
    app.advance(Duration::from_secs(19 * 60));
    app.run_jobs().await;
    let due = TestApp::moment(&json!(at)).duration_since(app.now().timestamp());
    app.control().clear_log();
    app.advance(due.try_into().expect("the future"));
    app.run_jobs().await;

    let log = app.control().log();
    let mut routes = std::collections::BTreeMap::<String, usize>::new();
    for call in &log {
        *routes.entry(call["route"].as_str().expect("a route").to_owned()).or_default() += 1;
    }
    println!("1,000 deadlines in one second on {backend:?}: {} calls {routes:?}", log.len());
    for ticket in tickets {
        let solved = app.ticket(*ticket).ticket.status == sandbox::model::Status::Solved;
        assert_eq!(tags(&app, *ticket), [if solved { "deadline_while_solved" } else { "deadline_now" }]);
    }
    assert!(log.len() <= 40, "{} calls: {routes:?}", log.len());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    a_thousand_in_one_second(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    a_thousand_in_one_second(Backend::Postgres).await;
}
