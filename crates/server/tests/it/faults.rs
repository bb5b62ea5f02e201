//! Workers that die, and a database that is held by somebody else, while a thousand deadlines hit.

use std::time::Duration;

use serde_json::json;
use store::{Random, SeededRandom};
use testkit::{ADMIN, Backend, Page, Setup, TestApp};

use crate::common::{Process, all_hit, check_hits, eventually};

/// Deadlines on that many tickets, far ahead, their tags already sent.
async fn far_ahead(backend: Backend, count: usize) -> (TestApp, Page, Vec<(i64, String)>) {
    let setup = Setup { live: true, tickets: count + 40, ..Setup::default() };
    let app = TestApp::start_with(backend, vec![deadline::app()], setup).await;
    app.control().settings(|settings| settings.job_delay_ms = 50);
    app.authorise(ADMIN).await;
    let page = app.board(ADMIN).await;
    let mut settings = page.get("/settings").await.ok();
    // Pop-ups are of no interest here.
    (settings["hit_text"], settings["warnings"]) = (json!(""), json!([]));
    page.put("/settings", settings).await.ok();
    let tickets = app.tickets_where(|ticket| ticket.status < sandbox::model::Status::Closed);
    let tickets = &tickets[..count];
    app.warm_mirror(tickets).await;
    let mut deadlines = Vec::new();
    for ticket in tickets {
        let body = json!({ "when": { "in": "2h" }, "version": null });
        let view = page.put(&format!("/tickets/{ticket}"), body).await.ok();
        deadlines.push((*ticket, view["deadline"]["id"].as_str().unwrap().to_owned()));
    }
    app.run_jobs().await;
    (app, page, deadlines)
}

/// Moves them, a hundred at once, so that they hit within `spread`, beginning in three seconds.
async fn soon(
    app: &TestApp,
    page: &Page,
    deadlines: &[(i64, String)],
    spread: Duration,
) -> Vec<(i64, jiff::Timestamp)> {
    let first = app.now().timestamp() + Duration::from_secs(3);
    let groups = deadlines.chunks(100);
    let step = spread / u32::try_from(groups.len()).unwrap();
    let mut moved = Vec::new();
    for (n, group) in (0..).zip(groups) {
        let at = first + step * n;
        let ids: Vec<&String> = group.iter().map(|(_, id)| id).collect();
        let body = json!({ "ids": ids, "change": { "when": { "at": at.to_string() } } });
        assert_eq!(page.post("/deadlines/bulk", body).await.ok()["changed"], group.len());
        moved.extend(group.iter().map(|(ticket, _)| (*ticket, at)));
    }
    moved
}

async fn workers_killed_at_random_moments(backend: Backend) {
    let (app, page, deadlines) = far_ahead(backend, 1000).await;
    let random = SeededRandom::new(2026);
    let mut workers = [Process::worker(&app), Process::worker(&app)];
    for worker in &mut workers {
        worker.says("working").await;
    }
    let deadlines = soon(&app, &page, &deadlines, Duration::from_secs(4)).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let mut killed = 0;
    // Until the last of them is due.
    while app.now().timestamp() < deadlines.last().unwrap().1 + Duration::from_secs(2) {
        // The moment is the fault itself: nothing is waited for.
        tokio::time::sleep(Duration::from_millis(100 + random.next_u64() % 900)).await;
        let victim = usize::try_from(random.next_u64() % 2).unwrap();
        let next = Process::worker(&app);
        std::mem::replace(&mut workers[victim], next).kill().await;
        killed += 1;
    }
    eventually("every deadline hits", Duration::from_secs(80), async || all_hit(&app, &deadlines)).await;
    eventually("nothing is on its way", Duration::from_secs(60), async || {
        app.next_delivery().await.is_none()
    })
    .await;
    println!("{backend:?}: {killed} workers were killed");
    check_hits(&app, &deadlines);
    for worker in workers {
        worker.end().await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_killed_at_random_moments_sqlite() {
    workers_killed_at_random_moments(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_killed_at_random_moments_postgres() {
    workers_killed_at_random_moments(Backend::Postgres).await;
}

/// A back-up program, an operator's console: somebody holds the one lock of SQLite for longer than anybody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_locked_under_load_sqlite() {
    use sqlx::{ConnectOptions, Connection, SqliteConnection};
    let (app, page, deadlines) = far_ahead(Backend::Sqlite, 300).await;
    let mut worker = Process::worker(&app);
    worker.says("working").await;
    let deadlines = soon(&app, &page, &deadlines, Duration::from_secs(2)).await;
    let options: sqlx::sqlite::SqliteConnectOptions = app.database_url().parse().unwrap();
    let mut other: SqliteConnection = options.connect().await.unwrap();
    app.db().clock().sleep_until(deadlines[150].1.into()).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    // Longer than a writer waits for the lock.
    tokio::time::sleep(Duration::from_secs(12)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    eventually("every deadline hits", Duration::from_secs(60), async || all_hit(&app, &deadlines)).await;
    eventually("nothing is on its way", Duration::from_secs(60), async || {
        app.next_delivery().await.is_none()
    })
    .await;
    check_hits(&app, &deadlines);
    worker.end().await;
    app.finish().await;
}
