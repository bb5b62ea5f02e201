//! A server that runs: what operators see of it, and what nobody must see.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{ADMIN, Backend, Consent, Location, MAYA, Setup, TestApp};

use crate::common::{CLIENT_SECRET, Process, aerie, configured, eventually, free_address};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tells_operators_much_and_no_secret() {
    let setup = Setup { live: true, ..Setup::default() };
    let app = TestApp::start_with(Backend::Sqlite, vec![deadline::app()], setup).await;
    let (address, url) = free_address();
    let mut serve = aerie(&["serve"]);
    configured(&mut serve, app.database_url())
        .env("AERIE_LISTEN", &address)
        .env("AERIE_PUBLIC_URL", url.as_str())
        .env("AERIE_ZENDESK_URL", app.sandbox.url())
        .env("AERIE_LOG", "debug");
    let mut server = Process::start(&mut serve);
    server.says("serving").await;
    app.go_to(url);

    // Everything that handles secrets: a signed page, a grant, the account token, a webhook, a refused one.
    let signed = app.signed(ADMIN, Location::NavBar, None).await;
    assert!(matches!(app.post_signed(Location::NavBar, &signed).await.status, 200 | 501));
    let answer = app.consent(ADMIN, Consent::Allow).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let initialised = "PUT /api/v2/apps/installations/*";
    eventually("the app is initialised", Duration::from_secs(30), async || app.calls(initialised) > 0).await;
    let token = app.account_token();
    let ticket = app.tickets_where(|ticket| ticket.status == sandbox::model::Status::Open)[0];
    app.webhook("set", &token, json!({ "ticket_id": ticket, "in": "1h" })).await.ok();
    app.webhook("set", "a-secret-that-was-guessed", json!({})).await.refused(401);
    let page = app.sidebar(MAYA, ticket).await;
    page.get(&format!("/tickets/{ticket}")).await.ok();
    eventually("the ticket has its tag", Duration::from_secs(30), async || {
        app.tags(ticket).contains("deadline_pending")
    })
    .await;

    assert_eq!(app.ask("GET", "/healthz", |request| request).await.ok(), json!({ "ok": true }));
    assert_eq!(app.ask("GET", "/readyz", |request| request).await.ok(), json!({ "ready": true }));
    let metrics = app.ask("GET", "/metrics", |request| request).await;
    assert_eq!(metrics.status, 200);
    for name in [
        "aerie_http_seconds",
        "aerie_zendesk_calls_total",
        "aerie_jobs_runs_total",
        "aerie_ticket_changes_total",
    ] {
        assert!(metrics.text.contains(name), "{name}: {}", metrics.text);
    }

    eventually("nothing is on its way", Duration::from_secs(30), async || {
        app.next_delivery().await.is_none()
    })
    .await;
    let account = app.account().await.to_string();
    let log = server.end().await;
    let mut answered = 0;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        if line["message"] == "answered" {
            answered += 1;
            assert!(
                line["span"]["id"].as_str().is_some_and(|id| id.len() == 36),
                "a request without an id: {line}"
            );
        }
    }
    assert!(answered >= 8, "{log}");
    assert!(log.contains(&account), "the account is named");
    let mut secrets = vec![
        signed,
        token,
        page.token,
        CLIENT_SECRET.to_owned(),
        "a-secret-that-was-guessed".to_owned(),
        TestApp::secret_key().expose_secret().trim().rsplit_once(':').expect("a key").1.to_owned(),
    ];
    for call in app.sandbox.shared().gate().log().since(0, Some("POST /oauth/tokens")) {
        for bytes in [&call.request, &call.answer] {
            let body: Value = serde_json::from_slice(bytes).expect("JSON");
            let names = ["access_token", "refresh_token", "code", "code_verifier"];
            secrets.extend(names.iter().filter_map(|name| body[name].as_str()).map(str::to_owned));
        }
    }
    assert!(secrets.len() >= 10, "the grant's code and tokens are among them");
    for secret in secrets {
        assert!(secret.len() >= 8 && !log.contains(&secret), "a secret in the log: {secret}");
    }
    app.finish().await;
}
