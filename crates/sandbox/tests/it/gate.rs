//! Authentication, limits, faults and the log.

use std::time::{Duration, Instant};

use http::Method;
use sandbox::gate::faults::{Drop, Fault};
use sandbox::model::{Job, JobState};
use sandbox::{Role, Sandbox};
use serde_json::json;

use crate::support::*;

const CLIENTS: &str = "/api/v2/oauth/clients";

#[tokio::test]
async fn who_is_not_known_or_may_not_is_refused_in_zendesks_words() {
    let sandbox = start().await;
    let nobody = get(&sandbox, As::Nobody, CLIENTS).await.expect(401);
    assert_eq!(nobody.json(), json!({"error": "Couldn't authenticate you"}));
    let wrong = get(&sandbox, As::Bearer("nonsense"), CLIENTS).await.expect(401);
    assert_eq!(wrong.json()["error"], "invalid_token");
    get(&sandbox, As::Person("nobody@acme.test"), CLIENTS).await.expect(401);
    let password = request(&sandbox, &As::Nobody, Method::GET, CLIENTS).basic_auth(ADMIN, Some("sandbox"));
    send(password).await.expect(401);
    get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(200);
    get(&sandbox, As::Person("ADMIN@acme.test"), CLIENTS).await.expect(200);

    let pair = sandbox.control().authorize(ADMIN, "demo_client", &["read"]).expect("tokens");
    get(&sandbox, As::Nobody, &format!("{CLIENTS}?access_token={}", pair.access_token)).await.expect(200);
    let body = json!({"client": {"name": "x"}});
    let refused =
        call(&sandbox, As::Bearer(&pair.access_token), Method::POST, CLIENTS, body).await.expect(403);
    assert_eq!(
        refused.json(),
        json!({"error": "Forbidden", "description": "Missing the following required scopes: write"})
    );
    let narrow = sandbox.control().authorize(ADMIN, "demo_client", &["apps:read"]).expect("tokens");
    get(&sandbox, As::Bearer(&narrow.access_token), "/api/v2/apps/owned.json").await.expect(200);
    let refused = get(&sandbox, As::Bearer(&narrow.access_token), CLIENTS).await.expect(403);
    assert_eq!(refused.json()["description"], "Missing the following required scopes: read");

    add_person(&sandbox, "agent@acme.test", Role::Agent);
    let agent = get(&sandbox, As::Person("agent@acme.test"), CLIENTS).await.expect(403);
    assert_eq!(agent.json()["error"]["title"], "Forbidden");
}

#[tokio::test]
async fn a_session_works_from_our_own_pages_only() {
    let sandbox = start().await;
    let cookie = sign_in(&sandbox, admin_id(&sandbox)).await;
    get(&sandbox, As::Cookie(&cookie), CLIENTS).await.expect(200);
    let post = |origin: String| {
        let body = json!({"client": {"name": "Made", "identifier": origin.as_str()}});
        request(&sandbox, &As::Cookie(&cookie), Method::POST, CLIENTS).header("origin", origin).json(&body)
    };
    send(post("http://127.0.0.1:1".to_owned())).await.expect(403);
    send(post(sandbox.url().to_owned())).await.expect(201);
    send(post("http://127.0.0.1:4100".to_owned()).header("sec-fetch-site", "same-origin")).await.expect(201);
    send(post(sandbox.url().to_owned()).header("sec-fetch-site", "same-site")).await.expect(403);
    let id = admin_id(&sandbox);
    sandbox.shared().write().users.get_mut(&id).expect("the person").suspended = true;
    get(&sandbox, As::Cookie(&cookie), CLIENTS).await.expect(401);
}

#[tokio::test]
async fn the_account_has_so_many_calls_a_minute() {
    let sandbox = start().await;
    sandbox.control().settings(|settings| settings.rate_limit_per_minute = 3);
    for left in ["2", "1", "0"] {
        let answer = get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(200);
        assert_eq!(answer.header("x-rate-limit"), "3");
        assert_eq!(answer.header("x-rate-limit-remaining"), left);
        assert_eq!(answer.header("ratelimit-limit"), "3");
        assert_eq!(answer.header("ratelimit-remaining"), left);
        assert_eq!(answer.header("ratelimit-reset"), "60");
    }
    sandbox.control().advance(Duration::from_secs(20));
    let refused = get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(429);
    assert_eq!(refused.header("retry-after"), "40");
    assert_eq!(refused.json()["error"], "APIRateLimitExceeded");
    let cookie = sign_in(&sandbox, admin_id(&sandbox)).await;
    get(&sandbox, As::Cookie(&cookie), CLIENTS).await.expect(200);
    let of_an_app =
        request(&sandbox, &As::Cookie(&cookie), Method::GET, CLIENTS).header("x-zendesk-app-id", "1");
    send(of_an_app).await.expect(429);
    sandbox.control().advance(Duration::from_secs(40));
    get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(200);
}

#[tokio::test]
async fn a_ticket_has_so_many_updates_in_ten_minutes_and_the_account_in_one() {
    let sandbox = start().await;
    add_person(&sandbox, "agent@acme.test", Role::Agent);
    sandbox.control().settings(|settings| {
        settings.per_ticket_update_limit = 2;
        settings.tickets_update_limit = 4;
    });
    let update = async |who: &'static str, id: u64| {
        let body = json!({"ticket": {"safe_update": false}});
        call(&sandbox, As::Person(who), Method::PUT, &format!("/api/v2/tickets/{id}.json"), body).await
    };
    let first = update(ADMIN, 1).await;
    assert_eq!(first.header("zendesk-ratelimit-per-ticket-updates"), "total=2; remaining=1; resets=600");
    assert_eq!(first.header("zendesk-rate-limit-tickets-update"), "total=4; remaining=3; resets=60");
    let tags =
        call(&sandbox, As::Person(ADMIN), Method::PUT, "/api/v2/tickets/1/tags", json!({"tags": []})).await;
    assert_eq!(tags.header("zendesk-ratelimit-per-ticket-updates"), "total=2; remaining=0; resets=600");
    assert_eq!(update(ADMIN, 1).await.expect(429).header("retry-after"), "600");
    assert_ne!(update("agent@acme.test", 1).await.status.as_u16(), 429, "each person has an own count");
    assert_ne!(update(ADMIN, 2).await.status.as_u16(), 429);
    assert_ne!(update(ADMIN, 3).await.status.as_u16(), 429);
    assert_eq!(
        update(ADMIN, 4).await.expect(429).header("retry-after"),
        "60",
        "the account's four are used up"
    );
    sandbox.control().advance(Duration::from_secs(60));
    assert_ne!(update(ADMIN, 4).await.status.as_u16(), 429);
    assert_eq!(update(ADMIN, 1).await.expect(429).header("retry-after"), "540");
    sandbox.control().advance(Duration::from_secs(540));
    assert_ne!(update(ADMIN, 1).await.status.as_u16(), 429);
}

#[tokio::test]
async fn thirty_jobs_may_be_under_way() {
    let sandbox = start().await;
    let now = sandbox.control().now();
    let job = |n: usize, status| Job {
        id: format!("V3-{n:032x}"),
        status,
        job_type: "Bulk Update Ticket".into(),
        total: 1,
        progress: None,
        message: None,
        results: Vec::new(),
        created_at: now,
        user_id: 1,
        todo: Vec::new(),
        work: sandbox::model::Work::Update,
        people: std::collections::VecDeque::new(),
    };
    let path = "/api/v2/tickets/update_many.json?ids=999999";
    let many = async || call(&sandbox, As::Person(ADMIN), Method::PUT, path, json!({"ticket": {}})).await;
    for n in 0..30 {
        let job = job(n, if n % 2 == 0 { JobState::Queued } else { JobState::Working });
        sandbox.shared().write().jobs.insert(job.id.clone(), job);
    }
    let refused = many().await.expect(429);
    assert_eq!(refused.json()["error"], "TooManyJobs");
    assert_eq!(refused.json()["current_job_ids"].as_array().map(Vec::len), Some(30));
    assert!(refused.headers.contains_key("retry-after"));
    let done = job(0, JobState::Completed);
    sandbox.shared().write().jobs.insert(done.id.clone(), done);
    assert_ne!(many().await.status.as_u16(), 429);
}

#[tokio::test]
async fn answers_have_zendesks_headers_and_a_reader_who_has_it_gets_304() {
    let sandbox = start().await;
    let answer = get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("x-zendesk-api-version"), "v2");
    assert_eq!(answer.header("cache-control"), "max-age=0, private, must-revalidate");
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(answer.header("x-request-id").len(), 36);
    let etag = answer.header("etag").to_owned();
    assert!(etag.starts_with("W/\""));
    let again = request(&sandbox, &As::Person(ADMIN), Method::GET, CLIENTS).header("if-none-match", &etag);
    assert_eq!(send(again).await.expect(304).text, "");
    let body = json!({"client": {"name": "New", "identifier": "new"}});
    call(&sandbox, As::Person(ADMIN), Method::POST, CLIENTS, body).await.expect(201);
    let again = request(&sandbox, &As::Person(ADMIN), Method::GET, CLIENTS).header("if-none-match", &etag);
    send(again).await.expect(200);
    let unknown = get(&sandbox, As::Person(ADMIN), "/api/v2/no/such/route").await.expect(404);
    assert_eq!(unknown.json()["error"], "InvalidEndpoint");
}

fn fault(route: &str) -> Fault {
    Fault { route: route.to_owned(), ..Fault::default() }
}

fn clients(sandbox: &Sandbox) -> usize {
    sandbox.shared().read().oauth.clients.len()
}

#[tokio::test]
async fn a_fault_answers_instead_of_the_work() {
    let sandbox = start().await;
    let control = sandbox.control();
    let unavailable =
        Fault { status: Some(503), retry_after: Some(7), times: Some(2), ..fault("POST /api/v2/oauth/*") };
    control.fault(unavailable).expect("a fault");
    let before = clients(&sandbox);
    let post = async |name: &str| {
        let body = json!({"client": {"name": name, "identifier": name}});
        call(&sandbox, As::Person(ADMIN), Method::POST, CLIENTS, body).await
    };
    for _ in 0..2 {
        assert_eq!(post("a").await.expect(503).header("retry-after"), "7");
    }
    assert_eq!(clients(&sandbox), before, "nothing was done");
    post("a").await.expect(201);
    assert_eq!(control.faults()[0].hits, 2);

    let own = Fault {
        status: Some(418),
        body: Some(json!({"x": 1})),
        client: Some("demo_client".into()),
        ..fault("* **")
    };
    control.fault(own).expect("a fault");
    get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(200);
    let pair = control.authorize(ADMIN, "demo_client", &["read"]).expect("tokens");
    assert_eq!(
        get(&sandbox, As::Bearer(&pair.access_token), CLIENTS).await.expect(418).json(),
        json!({"x": 1})
    );
    let grant = json!({"grant_type": "client_credentials", "client_id": "demo_client", "client_secret": "demo-secret"});
    call(&sandbox, As::Nobody, Method::POST, "/oauth/tokens", grant).await.expect(418);
    control.clear_faults();
    get(&sandbox, As::Bearer(&pair.access_token), CLIENTS).await.expect(200);
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_work() {
    let sandbox = start().await;
    let control = sandbox.control();
    let post = async |name: &str| {
        let body = json!({"client": {"name": name, "identifier": name}});
        request(&sandbox, &As::Person(ADMIN), Method::POST, CLIENTS).json(&body).send().await
    };
    let before = clients(&sandbox);
    control.fault(Fault { drop: Some(Drop::Before), times: Some(1), ..fault("POST *") }).expect("a fault");
    let error = post("first").await.expect_err("no answer");
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert_eq!(clients(&sandbox), before);
    control.fault(Fault { drop: Some(Drop::After), times: Some(1), ..fault("POST *") }).expect("a fault");
    post("second").await.expect_err("no answer");
    assert_eq!(clients(&sandbox), before + 1, "the work was done");
    let log = control.log_since(0, Some("POST /api/v2/oauth/clients"));
    assert_eq!(log[0]["status"], json!(null));
    assert_eq!(log[1]["status"], 201);
    assert_eq!(post("third").await.expect("an answer").status().as_u16(), 201);
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let sandbox = start().await;
    sandbox.control().fault(Fault { latency_ms: 80, times: Some(1), ..fault("GET *") }).expect("a fault");
    let started = Instant::now();
    get(&sandbox, As::Person(ADMIN), CLIENTS).await.expect(200);
    assert!(started.elapsed() >= Duration::from_millis(80));
    assert!(sandbox.control().log()[0]["duration_ms"].as_f64().expect("a number") >= 80.0);
}

#[tokio::test]
async fn work_goes_on_when_the_client_has_given_up() {
    let sandbox = start().await;
    sandbox.control().fault(Fault { latency_ms: 150, times: Some(1), ..fault("POST *") }).expect("a fault");
    let before = clients(&sandbox);
    let body = json!({"client": {"name": "Late", "identifier": "late"}});
    let hasty = request(&sandbox, &As::Person(ADMIN), Method::POST, CLIENTS).json(&body);
    let error = hasty.timeout(Duration::from_millis(30)).send().await.expect_err("too late");
    assert!(error.is_timeout());
    assert_eq!(clients(&sandbox), before);
    let written = async {
        while sandbox.control().count("POST *") == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), written).await.expect("the call is written down");
    assert_eq!(clients(&sandbox), before + 1);
    assert_eq!(sandbox.control().log()[0]["status"], 201);
}

#[tokio::test]
async fn every_call_is_written_down_without_secrets() {
    let sandbox = start().await;
    let grant = json!({"grant_type": "client_credentials", "client_id": "demo_client", "client_secret": "demo-secret"});
    let tokens = call(&sandbox, As::Nobody, Method::POST, "/oauth/tokens", grant).await.expect(200).json();
    let token = tokens["access_token"].as_str().expect("a token");
    let path = format!("{CLIENTS}.json?access_token={token}&page=1");
    let listed =
        request(&sandbox, &As::Nobody, Method::GET, &path).header("x-zendesk-marketplace-name", "Sample");
    send(listed).await.expect(200);
    let text = get(&sandbox, As::Nobody, "/sandbox/log").await.expect(200).text;
    for secret in ["demo-secret", token] {
        assert!(!text.contains(secret), "{text}");
    }
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "control calls are not in it");
    assert_eq!(lines[0]["route"], "POST /oauth/tokens");
    assert_eq!(lines[0]["client"], "demo_client");
    assert_eq!(lines[0]["request"]["grant_type"], "client_credentials");
    assert_eq!(lines[1]["path"], CLIENTS);
    assert_eq!(lines[1]["query"], "access_token=***&page=1");
    assert_eq!(lines[1]["user_id"], admin_id(&sandbox));
    assert_eq!(lines[1]["status"], 200);
    assert_eq!(lines[1]["headers"]["x-zendesk-marketplace-name"], "Sample");
    let later = get(&sandbox, As::Nobody, "/sandbox/log?since=1&route=GET%20*").await.expect(200).text;
    assert_eq!(later.lines().count(), 1);
    send(request(&sandbox, &As::Nobody, Method::DELETE, "/sandbox/log")).await.expect(204);
    assert!(sandbox.control().log().is_empty());
}
