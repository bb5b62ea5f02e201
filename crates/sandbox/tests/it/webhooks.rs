//! Webhooks: administration, signed deliveries, repetitions.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, StatusCode};
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::{Mutex, mpsc};

use crate::support::{As, call, get, start, start_with};
use crate::tickets::{ADMIN_, MAYA, create, id_of, put};
use crate::triggers::add;

/// A receiver that answers as told (200 when nothing is) and hands on what it got.
struct Receiver {
    url: String,
    got: mpsc::UnboundedReceiver<(HeaderMap, String)>,
}

/// A status, and what `Retry-After` says.
type Said = (u16, Option<u64>);

#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<Said>>>,
    got: mpsc::UnboundedSender<(HeaderMap, String)>,
}

async fn receive(State(script): State<Script>, headers: HeaderMap, body: String) -> Response {
    script.got.send((headers, body)).expect("the test listens");
    let (status, retry_after) = script.answers.lock().await.pop_front().unwrap_or((200, None));
    let status = StatusCode::from_u16(status).expect("a status");
    match retry_after {
        Some(seconds) => (status, [("retry-after", seconds.to_string())], "later").into_response(),
        None => (status, "ok").into_response(),
    }
}

impl Receiver {
    async fn start(answers: &[Said]) -> Receiver {
        let (sender, got) = mpsc::unbounded_channel();
        let script = Script { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), got: sender };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(receive).with_state(script);
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Receiver { url, got }
    }

    async fn next(&mut self) -> (HeaderMap, String) {
        let got = tokio::time::timeout(Duration::from_secs(10), self.got.recv()).await;
        got.expect("a delivery in time").expect("the receiver lives")
    }
}

async fn make(sandbox: &Sandbox, webhook: Value) -> String {
    let answer = call(sandbox, ADMIN_, Method::POST, "/api/v2/webhooks", json!({"webhook": webhook}))
        .await
        .expect(201)
        .json();
    answer["webhook"]["id"].as_str().expect("an id").to_owned()
}

fn webhook(url: &str) -> Value {
    json!({"name": "Door", "endpoint": url, "http_method": "POST", "request_format": "json", "status": "active",
        "subscriptions": ["conditional_ticket_events"]})
}

async fn trigger(sandbox: &Sandbox, webhook: &str, body: &str) {
    add(
        sandbox,
        json!({"title": "Call", "all": [{"field": "current_tags", "operator": "includes", "value": "ring"}],
            "actions": [{"field": "notification_webhook", "value": [webhook, body]}]}),
    )
    .await;
}

/// The invocation when it is over.
async fn over(sandbox: &Sandbox, webhook: &str) -> Value {
    for _ in 0..2_000 {
        let list = get(sandbox, ADMIN_, "/sandbox/webhook_deliveries").await.expect(200).json();
        let list = list["webhook_deliveries"].as_array().expect("a list").clone();
        if let Some(done) = list.into_iter().find(|d| d["webhook_id"] == webhook && d["status"] != "queued") {
            return done;
        }
        tokio::task::yield_now().await;
    }
    panic!("the delivery is not over");
}

/// Waits until the only delivery has been tried so many times.
async fn attempts(sandbox: &Sandbox, wanted: usize) {
    for _ in 0..2_000 {
        let list = get(sandbox, ADMIN_, "/sandbox/webhook_deliveries").await.expect(200).json();
        if list["webhook_deliveries"][0]["attempts"].as_array().expect("a list").len() == wanted {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("there were no {wanted} attempts");
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(format!("{timestamp}{body}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_trigger_calls_a_webhook_with_a_signature_that_holds() {
    let sandbox = start().await;
    let mut receiver = Receiver::start(&[]).await;
    let mut described = webhook(&receiver.url);
    described["authentication"] =
        json!({"type": "bearer_token", "data": {"token": "letmein"}, "add_position": "header"});
    described["custom_headers"] = json!({"X-Room": "12"});
    let id = make(&sandbox, described).await;
    let shown = get(&sandbox, ADMIN_, &format!("/api/v2/webhooks/{id}")).await.expect(200);
    assert!(!shown.text.contains("letmein"), "secrets are not shown again");
    let body = r#"{"ticket":{{ticket.id}},"title":"{{ticket.title}}","tags":"{{ticket.tags}}","by":"{{current_user.name}}","none":"{{no.such}}"}"#;
    trigger(&sandbox, &id, body).await;
    let ticket =
        id_of(&create(&sandbox, json!({"subject": "Say \"hello\"", "comment": {"body": "!"}})).await);
    let answer = put(&sandbox, MAYA, ticket, json!({"tags": ["ring"]})).await.expect(200).json();
    let (headers, got) = receiver.next().await;
    let said: Value = serde_json::from_str(&got).expect("still JSON with quotation marks in the title");
    assert_eq!(
        said,
        json!({"ticket": ticket, "title": "Say \"hello\"", "tags": "ring", "by": "Maya Lindqvist", "none": ""})
    );
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    assert_eq!(header("authorization"), "Bearer letmein");
    assert_eq!(header("x-room"), "12");
    assert_eq!(header("user-agent"), "Zendesk Webhook");
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(header("x-zendesk-webhook-id"), id);
    let secret =
        get(&sandbox, ADMIN_, &format!("/api/v2/webhooks/{id}/signing_secret")).await.expect(200).json();
    let secret = secret["signing_secret"]["secret"].as_str().expect("a secret").to_owned();
    let expected = signature(&secret, &header("x-zendesk-webhook-signature-timestamp"), &got);
    assert_eq!(header("x-zendesk-webhook-signature"), expected);
    let done = over(&sandbox, &id).await;
    assert_eq!(done["status"], "success");
    assert_eq!(done["id"], header("x-zendesk-webhook-invocation-id"));
    let events = answer["audit"]["events"].as_array().expect("events");
    assert!(events.iter().any(|e| e["type"] == "WebhookEvent"), "{events:?}");
    let list = get(&sandbox, ADMIN_, &format!("/api/v2/webhooks/{id}/invocations")).await.expect(200).json();
    assert_eq!(
        (&list["invocations"][0]["status"], &list["invocations"][0]["status_code"]),
        (&json!("success"), &json!(200))
    );
    let invocation = done["id"].as_str().expect("an id");
    let attempts =
        get(&sandbox, ADMIN_, &format!("/api/v2/webhooks/{id}/invocations/{invocation}/attempts")).await;
    assert_eq!(attempts.expect(200).json()["attempts"].as_array().expect("a list").len(), 1);
    let reset =
        call(&sandbox, ADMIN_, Method::POST, &format!("/api/v2/webhooks/{id}/signing_secret"), json!({}))
            .await;
    assert_ne!(reset.expect(201).json()["signing_secret"]["secret"], secret);
}

#[tokio::test]
async fn what_fails_for_a_while_is_repeated_under_the_same_id_on_the_sandboxs_clock() {
    let sandbox = start().await;
    let mut receiver = Receiver::start(&[(409, None), (503, Some(30)), (200, None)]).await;
    let id = make(&sandbox, webhook(&receiver.url)).await;
    trigger(&sandbox, &id, "{}").await;
    create(&sandbox, json!({"subject": "Ring", "comment": {"body": "!"}, "tags": ["ring"]})).await;
    let mut invocations = Vec::new();
    for wait in [1, 30, 0] {
        let (headers, _) = receiver.next().await;
        invocations.push(headers["x-zendesk-webhook-invocation-id"].clone());
        // The next attempt is due after this long, and the clock stands still until then.
        attempts(&sandbox, invocations.len()).await;
        assert!(receiver.got.try_recv().is_err(), "not before its time");
        sandbox.control().advance(Duration::from_secs(wait));
    }
    assert!(invocations.iter().all(|i| *i == invocations[0]));
    let done = over(&sandbox, &id).await;
    assert_eq!(done["status"], "success");
    let statuses: Vec<u64> = done["attempts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|a| a["status_code"].as_u64())
        .collect();
    assert_eq!(statuses, [409, 503, 200]);
}

#[tokio::test]
async fn a_delivery_that_waits_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config { state_file: Some(folder.path().join("sandbox.json")), ..Config::default() };
    let mut receiver = Receiver::start(&[(429, Some(60))]).await;
    let first = start_with(config.clone()).await;
    let id = make(&first, webhook(&receiver.url)).await;
    trigger(&first, &id, "{}").await;
    create(&first, json!({"subject": "Ring", "comment": {"body": "!"}, "tags": ["ring"]})).await;
    let (headers, _) = receiver.next().await;
    attempts(&first, 1).await;
    first.stop().await.expect("saved");
    let second = start_with(config).await;
    assert!(receiver.got.try_recv().is_err(), "not before its time");
    second.control().advance(Duration::from_secs(60));
    let (again, _) = receiver.next().await;
    let invocation = "x-zendesk-webhook-invocation-id";
    assert_eq!(again[invocation], headers[invocation]);
    assert_eq!(over(&second, &id).await["status"], "success");
}

#[tokio::test]
async fn a_receiver_that_says_no_or_is_not_there_is_not_called_again() {
    let sandbox = start().await;
    let mut receiver = Receiver::start(&[(500, None)]).await;
    let refusing = make(&sandbox, webhook(&receiver.url)).await;
    let absent = make(&sandbox, webhook("http://127.0.0.1:9/nobody")).await;
    trigger(&sandbox, &refusing, "{}").await;
    trigger(&sandbox, &absent, "{}").await;
    create(&sandbox, json!({"subject": "Ring", "comment": {"body": "!"}, "tags": ["ring"]})).await;
    receiver.next().await;
    assert_eq!(over(&sandbox, &refusing).await["attempts"][0]["status_code"], 500);
    let absent = over(&sandbox, &absent).await;
    assert_eq!(absent["status"], "failed");
    assert_eq!(absent["attempts"][0]["status_code"], 502);
}

#[tokio::test]
async fn a_receiver_that_hangs_counts_as_504() {
    let sandbox = start().await;
    sandbox.control().settings(|s| s.webhook_timeout_ms = 50);
    // Accepts connections, and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let id = make(&sandbox, webhook(&url)).await;
    let tested =
        call(&sandbox, ADMIN_, Method::POST, &format!("/api/v2/webhooks/test?webhook_id={id}"), json!({}))
            .await;
    assert_eq!(tested.expect(200).json()["response"]["status"], 504);
}

#[tokio::test]
async fn tests_of_a_webhook_that_is_only_described_are_signed_with_the_known_secret() {
    let sandbox = start().await;
    let mut receiver = Receiver::start(&[(418, None)]).await;
    let request = json!({"request": {"endpoint": receiver.url, "http_method": "POST", "request_format": "json",
        "payload": "{\"a\":1}", "authentication": {"type": "basic_auth", "data": {"username": "u", "password": "p"}}}});
    let answer =
        call(&sandbox, ADMIN_, Method::POST, "/api/v2/webhooks/test", request).await.expect(200).json();
    assert_eq!(answer["response"]["status"], 418);
    assert_eq!(answer["response"]["payload"], "ok");
    let (headers, body) = receiver.next().await;
    assert_eq!(body, "{\"a\":1}");
    assert_eq!(headers["authorization"], format!("Basic {}", STANDARD.encode("u:p")).as_str());
    let timestamp = headers["x-zendesk-webhook-signature-timestamp"].to_str().expect("text");
    let secret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";
    assert_eq!(headers["x-zendesk-webhook-signature"], signature(secret, timestamp, &body).as_str());
}

#[tokio::test]
async fn events_go_to_webhooks_that_subscribed_to_them() {
    let sandbox = start().await;
    let mut receiver = Receiver::start(&[]).await;
    let mut described = webhook(&receiver.url);
    described["subscriptions"] =
        json!(["zen:event-type:ticket.status_changed", "zen:event-type:ticket.tags_changed"]);
    make(&sandbox, described).await;
    let id = id_of(
        &create(&sandbox, json!({"subject": "Event", "comment": {"body": "!"}, "tags": ["one"]})).await,
    );
    put(&sandbox, MAYA, id, json!({"priority": "low"})).await.expect(200);
    put(&sandbox, MAYA, id, json!({"status": "pending", "tags": ["two"]})).await.expect(200);
    let mut got = Vec::new();
    for _ in 0..2 {
        let (_, body) = receiver.next().await;
        got.push(serde_json::from_str::<Value>(&body).expect("JSON"));
    }
    got.sort_by_key(|e| e["type"].as_str().map(str::to_owned));
    assert_eq!(got[0]["type"], "zen:event-type:ticket.status_changed");
    assert_eq!(got[0]["event"], json!({"current": "PENDING", "previous": "NEW"}));
    assert_eq!(got[0]["subject"], format!("zen:ticket:{id}"));
    assert_eq!(got[0]["detail"]["id"], id.to_string());
    assert_eq!(got[1]["event"], json!({"tags_added": ["two"], "tags_removed": ["one"]}));
}

#[tokio::test]
async fn webhooks_are_the_administrators_business_and_checked() {
    let sandbox = start().await;
    let good = webhook("http://127.0.0.1:9/");
    let id = make(&sandbox, good.clone()).await;
    assert_eq!(id.len(), 26);
    get(&sandbox, MAYA, "/api/v2/webhooks").await.expect(403);
    get(&sandbox, As::Nobody, "/api/v2/webhooks").await.expect(401);
    for (key, value) in [
        ("name", json!("")),
        ("endpoint", json!("not a url")),
        ("http_method", json!("FETCH")),
        ("request_format", json!("yaml")),
        ("status", json!("sleepy")),
        ("subscriptions", json!(["conditional_ticket_events", "zen:event-type:ticket.created"])),
        ("authentication", json!({"type": "magic"})),
    ] {
        let mut wrong = good.clone();
        wrong[key] = value;
        let answer =
            call(&sandbox, ADMIN_, Method::POST, "/api/v2/webhooks", json!({"webhook": wrong})).await;
        assert_eq!(answer.expect(400).json()["errors"][0]["code"], "InvalidWebhook", "{key}");
    }
    let path = format!("/api/v2/webhooks/{id}");
    call(&sandbox, ADMIN_, Method::PATCH, &path, json!({"webhook": {"name": "Gate"}})).await.expect(204);
    let kind = json!({"webhook": {"subscriptions": ["zen:event-type:ticket.created"]}});
    call(&sandbox, ADMIN_, Method::PATCH, &path, kind).await.expect(400);
    assert_eq!(get(&sandbox, ADMIN_, &path).await.expect(200).json()["webhook"]["name"], "Gate");
    let clone =
        call(&sandbox, ADMIN_, Method::POST, &format!("/api/v2/webhooks?clone_webhook_id={id}"), json!({}))
            .await;
    assert_ne!(clone.expect(201).json()["webhook"]["id"], id.as_str());
    trigger(&sandbox, &id, "{}").await;
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(400);
    let list = get(&sandbox, ADMIN_, "/api/v2/webhooks?filter[name_contains]=gate").await.expect(200).json();
    assert_eq!(list["webhooks"].as_array().expect("a list").len(), 2);
    assert_eq!(list["meta"]["has_more"], false);
    get(&sandbox, ADMIN_, "/api/v2/webhooks/01NONE").await.expect(404);
}
