//! The control API over HTTP.

use http::Method;
use serde_json::{Value, json};

use crate::support::*;

async fn post(sandbox: &sandbox::Sandbox, path: &str, body: Value) -> Answer {
    call(sandbox, As::Nobody, Method::POST, path, body).await
}

#[tokio::test]
async fn the_clock_is_moved() {
    let sandbox = start().await;
    let set = json!({"now": "2030-01-01T00:00:00Z", "advance_ms": 1500});
    let clock = post(&sandbox, "/sandbox/clock", set).await.expect(200).json();
    assert_eq!(clock, json!({"now": "2030-01-01T00:00:01.5Z", "frozen": true}));
    let clock = post(&sandbox, "/sandbox/clock", json!({"frozen": false})).await.expect(200).json();
    assert_eq!(clock["frozen"], false);
    assert!(get(&sandbox, As::Nobody, "/sandbox/clock").await.expect(200).json()["now"].is_string());
    post(&sandbox, "/sandbox/clock", json!({"then": 1})).await.expect(400);
}

#[tokio::test]
async fn settings_change_one_by_one() {
    let sandbox = start().await;
    let patch =
        async |body: Value| call(&sandbox, As::Nobody, Method::PATCH, "/sandbox/settings", body).await;
    let before = get(&sandbox, As::Nobody, "/sandbox/settings").await.expect(200).json();
    assert_eq!(before["rate_limit_per_minute"], 700);
    assert_eq!(before["signed_context_ticket"], true);
    let after = patch(json!({"rate_limit_per_minute": 5, "color_scheme": "dark"})).await.expect(200).json();
    assert_eq!((&after["rate_limit_per_minute"], &after["color_scheme"]), (&json!(5), &json!("dark")));
    assert_eq!(after["plan_name"], before["plan_name"]);
    patch(json!({"rate_limit": 5})).await.expect(400);
    patch(json!({"rate_limit_per_minute": "many"})).await.expect(400);
    assert_eq!(get(&sandbox, As::Nobody, "/sandbox/settings").await.expect(200).json(), after);
}

#[tokio::test]
async fn a_reset_goes_back_to_the_seed() {
    let sandbox = start().await;
    let (id, _) = install_sample(&sandbox).await;
    post(&sandbox, "/sandbox/faults", json!({"route": "GET /api/v2/users", "status": 500})).await.expect(201);
    post(&sandbox, "/sandbox/reset", json!({"tickets": 2})).await.expect(204);
    assert!(!sandbox.shared().read().apps.installations.contains_key(&id));
    let faults = get(&sandbox, As::Nobody, "/sandbox/faults").await.expect(200).json();
    assert_eq!(faults, json!({"faults": []}));
    let before = sandbox.shared().read().tickets.len();
    let seeded = post(&sandbox, "/sandbox/seed", json!({"tickets": 3})).await.expect(200).json();
    assert_eq!(seeded["tickets"], before + 3);
    get(&sandbox, As::Nobody, "/sandbox/health").await.expect(200);
}

#[tokio::test]
async fn faults_are_added_listed_and_removed() {
    let sandbox = start().await;
    let add = async |body: Value| post(&sandbox, "/sandbox/faults", body).await;
    let made = add(json!({"route": "PUT /api/v2/tickets/*", "drop": "after", "share": 0.5}))
        .await
        .expect(201)
        .json();
    let id = &made["fault"]["id"];
    for bad in [
        json!({"route": "PUT", "status": 500}),
        json!({"route": "PUT /x"}),
        json!({"route": "PUT /x", "share": 2.0, "status": 500}),
        json!({"route": "PUT /x", "status": 99}),
        json!({"route": "PUT /x", "latency": 99}),
    ] {
        add(bad).await.expect(400);
    }
    let listed = get(&sandbox, As::Nobody, "/sandbox/faults").await.expect(200).json();
    assert_eq!(listed["faults"].as_array().map(Vec::len), Some(1));
    let delete = async |path: String| send(request(&sandbox, &As::Nobody, Method::DELETE, &path)).await;
    delete(format!("/sandbox/faults/{id}")).await.expect(204);
    delete(format!("/sandbox/faults/{id}")).await.expect(404);
}

#[tokio::test]
async fn pages_of_other_origins_cannot_control_it() {
    let sandbox = start().await;
    let foreign =
        request(&sandbox, &As::Nobody, Method::POST, "/sandbox/reset").header("origin", "https://evil.test");
    send(foreign).await.expect(403);
    let own = request(&sandbox, &As::Nobody, Method::POST, "/sandbox/reset").header("origin", sandbox.url());
    send(own).await.expect(204);
}
