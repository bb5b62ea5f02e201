//! The program as a process of its own.
// Each test binary uses a part of it.
#![allow(dead_code)]

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use secrecy::ExposeSecret;
use testkit::TestApp;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use url::Url;

pub(crate) const CLIENT_SECRET: &str = "demo-secret";

/// `aerie` with nothing of this process's configuration.
pub(crate) fn aerie(verb: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aerie"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AERIE_") {
            command.env_remove(name);
        }
    }
    command.args(verb).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The smallest configuration that is accepted, in the environment.
pub(crate) fn configured<'a>(command: &'a mut Command, database_url: &str) -> &'a mut Command {
    command
        .env("AERIE_PUBLIC_URL", "http://127.0.0.1:3000")
        .env("AERIE_DATABASE_URL", database_url)
        .env("AERIE_SECRET_KEY", TestApp::secret_key().expose_secret().trim())
        .env("AERIE_ZENDESK_OAUTH_CLIENT_ID", "demo_client")
        .env("AERIE_ZENDESK_OAUTH_CLIENT_SECRET", CLIENT_SECRET)
        .env("AERIE_LISTEN", "127.0.0.1:0")
        .env("AERIE_LOG", "info")
}

/// Runs to its end.
pub(crate) async fn output(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().await.expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.success(), text(stdout), text(stderr))
}

/// A process that goes on until it is ended.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: watch::Receiver<String>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (sender, log) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        Self { child, log }
    }

    /// `aerie work` on the database of a test.
    pub(crate) fn worker(app: &TestApp) -> Self {
        let mut work = aerie(&["work"]);
        Self::start(configured(&mut work, app.database_url()).env("AERIE_ZENDESK_URL", app.sandbox.url()))
    }

    /// Waits until its log says so.
    pub(crate) async fn says(&mut self, text: &str) {
        let said = self.log.wait_for(|log| log.contains(text));
        let limit = Duration::from_secs(60);
        let said = tokio::time::timeout(limit, said).await.map(|said| said.is_ok()).unwrap_or(false);
        assert!(said, "it never said {text}: {}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// SIGKILL.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// SIGTERM; gives everything it has said. It must end well.
    pub(crate) async fn end(mut self) -> String {
        let pid = self.child.id().expect("it runs").to_string();
        signal("TERM", &pid).await;
        let status = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await.expect("it ends");
        assert!(status.expect("its status").success(), "{}", self.log());
        // The channel closes with the pipe: then the log is whole.
        let _ = self.log.wait_for(|_| false).await;
        self.log()
    }
}

pub(crate) async fn signal(name: &str, pid: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), pid]).status().await.expect("kill");
    assert!(status.success());
}

/// An address on which nobody listens now.
pub(crate) fn free_address() -> (String, Url) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("its address").to_string();
    let url = Url::parse(&format!("http://{address}/")).expect("an address");
    (address, url)
}

/// Looks again and again, for `limit` at most.
pub(crate) async fn eventually(what: &str, limit: Duration, mut done: impl AsyncFnMut() -> bool) {
    let look = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(limit, look).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) fn sqlite_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("aerie.db").display())
}

/// What a deadline must have come to on each ticket: `(ticket, its moment)`.
pub(crate) fn check_hits(app: &TestApp, deadlines: &[(i64, jiff::Timestamp)]) {
    let mut latest = jiff::SignedDuration::ZERO;
    for (ticket, at) in deadlines {
        let tags: Vec<String> = app
            .tags_with(*ticket, "deadline_")
            .into_iter()
            .filter(|tag| tag != "deadline_escalated")
            .collect();
        let expected = expected_tag(app, *ticket);
        assert_eq!(tags, [expected], "ticket {ticket}");
        let audits = app.audits_adding(*ticket, expected);
        assert_eq!(audits.len(), 1, "ticket {ticket}: changed once");
        assert!(
            audits[0].created_at >= *at,
            "ticket {ticket} is early: {} before {at}",
            audits[0].created_at
        );
        latest = latest.max(audits[0].created_at.duration_since(*at));
    }
    println!("{} deadlines, the latest by {:.1} s", deadlines.len(), latest.as_secs_f64());
}

pub(crate) fn expected_tag(app: &TestApp, ticket: i64) -> &'static str {
    match app.ticket(ticket).ticket.status {
        sandbox::model::Status::Solved => "deadline_while_solved",
        _ => "deadline_now",
    }
}

/// Whether every ticket has its tag.
pub(crate) fn all_hit(app: &TestApp, deadlines: &[(i64, jiff::Timestamp)]) -> bool {
    deadlines.iter().all(|(ticket, _)| app.tags(*ticket).contains(expected_tag(app, *ticket)))
}
