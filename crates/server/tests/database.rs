//! PostgreSQL is restarted under load. A program of its own, because it stops the cluster of this process.
// The exemption for tests does not reach the functions that they share.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod common;

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection, PgConnection};
use testkit::{ADMIN, Backend, Setup, TestApp};
use tokio::process::Command;

use common::{Process, all_hit, check_hits, eventually};

/// The cluster's control program with what it needs to act on it.
struct Cluster {
    program: std::path::PathBuf,
    data: String,
}

impl Cluster {
    async fn find(url: &str) -> Self {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let data: String =
            sqlx::query_scalar("SHOW data_directory").fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let options = tokio::fs::read_to_string(format!("{data}/postmaster.opts")).await.unwrap();
        let postgres = options.split_whitespace().next().unwrap().trim_matches('"').to_owned();
        Self { program: std::path::Path::new(&postgres).with_file_name("pg_ctl"), data }
    }

    /// `stop` or `start` as the user to whom the cluster belongs.
    async fn control(&self, verb: &str) {
        use std::os::unix::fs::MetadataExt;
        let owner = std::fs::metadata(&self.data).unwrap();
        let options = std::fs::read_to_string(format!("{}/postmaster.opts", self.data)).unwrap();
        let mut command = Command::new(&self.program);
        command.current_dir("/").args([verb, "-w", "-s", "-D", &self.data]);
        match verb {
            "stop" => command.args(["-m", "fast"]),
            _ => {
                let (_, arguments) = options.trim().split_once(' ').unwrap();
                let log = format!("{}/again.log", self.data);
                command.args(["-o", arguments, "-l", &log])
            }
        };
        command.stdout(std::process::Stdio::null()).uid(owner.uid()).gid(owner.gid());
        assert!(command.status().await.unwrap().success(), "pg_ctl {verb}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarted_under_load_postgres() {
    let cluster = Cluster::find(store::testing::private_cluster()).await;
    let setup = Setup { live: true, tickets: 340, ..Setup::default() };
    let app = TestApp::start_with(Backend::Postgres, vec![deadline::app()], setup).await;
    app.authorise(ADMIN).await;
    let page = app.board(ADMIN).await;
    let mut settings = page.get("/settings").await.ok();
    (settings["hit_text"], settings["warnings"]) = (json!(""), json!([]));
    page.put("/settings", settings).await.ok();
    let tickets = app.tickets_where(|ticket| ticket.status < sandbox::model::Status::Closed);
    app.warm_mirror(&tickets).await;
    let (tickets, others) = tickets.split_at(200);
    let mut worker = Process::worker(&app);
    worker.says("working").await;
    let first = app.now().timestamp() + Duration::from_secs(6);
    let mut deadlines = Vec::new();
    for (n, ticket) in (0..).zip(tickets) {
        let at = first + Duration::from_millis(20) * n;
        let body = json!({ "when": { "at": at.to_string() }, "version": null });
        page.put(&format!("/tickets/{ticket}"), body).await.ok();
        deadlines.push((*ticket, at));
    }

    app.db().clock().sleep_until(deadlines[100].1.into()).await;
    let restart = async {
        cluster.control("stop").await;
        eventually("the server says that it is not ready", Duration::from_secs(30), async || {
            app.ask("GET", "/readyz", |request| request).await.status == 503
        })
        .await;
        assert_eq!(app.ask("GET", "/healthz", |request| request).await.status, 200, "it lives all the same");
        cluster.control("start").await;
    };
    // What is acknowledged meanwhile counts; what is refused is told so and may be tried again.
    let agents = async {
        let mut refused = 0;
        for ticket in &others[..40] {
            loop {
                let body = json!({ "when": { "in": "2h" }, "version": null });
                let answer = page.put(&format!("/tickets/{ticket}"), body).await;
                match answer.status {
                    // Told by "changed meanwhile" too: the answer of the try before was lost, not its effect.
                    200 | 409 => break,
                    503 => refused += 1,
                    status => panic!("{status} {}", answer.text),
                }
                assert!(answer.headers.contains_key("retry-after"), "{}", answer.text);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        println!("{refused} requests were told to try again");
    };
    tokio::join!(restart, agents);
    eventually("the server is ready again", Duration::from_secs(30), async || {
        app.ask("GET", "/readyz", |request| request).await.status == 200
    })
    .await;
    eventually("every deadline hits", Duration::from_secs(60), async || all_hit(&app, &deadlines)).await;
    eventually("nothing is on its way", Duration::from_secs(60), async || {
        app.next_delivery().await.is_none()
    })
    .await;
    check_hits(&app, &deadlines);
    for ticket in &others[..40] {
        assert_eq!(app.tags_with(*ticket, "deadline_"), ["deadline_pending"], "ticket {ticket}");
        assert_eq!(app.audits_adding(*ticket, "deadline_pending").len(), 1);
    }
    worker.end().await;
    app.finish().await;
}
