//! What outlives a restart, the seed, and the sandbox's check of itself.

use std::time::Duration;

use http::Method;
use sandbox::Config;
use serde_json::json;

use crate::support::{As, call, get, start_with};
use crate::tickets::{ADMIN_, MAYA, create, id_of, put, show};

#[tokio::test]
async fn a_restarted_sandbox_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config { state_file: Some(folder.path().join("deep/sandbox.json")), ..Config::default() };
    let first = start_with(config.clone()).await;
    let ticket =
        create(&first, json!({"subject": "Keep me", "comment": {"body": "!"}, "tags": ["kept"]})).await;
    let id = id_of(&ticket);
    let before = show(&first, id).await;
    // A job that has not begun when the sandbox stops.
    let body = json!({"ticket": {"additional_tags": ["late"]}});
    let job = call(&first, MAYA, Method::PUT, &format!("/api/v2/tickets/update_many?ids={id}"), body)
        .await
        .expect(200);
    let job = job.json()["job_status"]["id"].as_str().expect("an id").to_owned();
    first.stop().await.expect("saved");
    let second = start_with(config).await;
    let mut after = show(&second, id).await;
    let url = format!("{}/api/v2/tickets/{id}.json", second.url());
    assert_eq!(after["url"], url, "addresses are those of the sandbox that answers");
    second.control().advance(Duration::from_secs(10));
    for _ in 0..2_000 {
        let status = get(&second, MAYA, &format!("/api/v2/job_statuses/{job}")).await.expect(200).json();
        if status["job_status"]["status"] == "completed" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(
        show(&second, id).await["tags"],
        json!(["kept", "late"]),
        "the job was done after the restart"
    );
    after["url"] = before["url"].clone();
    assert_eq!(after["subject"], before["subject"]);
    let next = id_of(&create(&second, json!({"subject": "Next", "comment": {"body": "!"}})).await);
    assert_eq!(next, id + 1);
    second.stop().await.expect("saved");
}

#[tokio::test]
async fn a_state_file_that_is_none_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.json");
    std::fs::write(&path, "not ours").expect("written");
    let error = sandbox::Sandbox::start(Config { state_file: Some(path), ..Config::default() }).await;
    assert!(matches!(error, Err(sandbox::Error::StateFormat(..))));
}

#[tokio::test]
async fn a_seed_of_many_tickets_is_soon_there() {
    let began = std::time::Instant::now();
    let sandbox = start_with(Config { seed_tickets: 20_000, ..Config::default() }).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let count = get(&sandbox, ADMIN_, "/api/v2/tickets/count").await.expect(200).json();
    assert_eq!(count["count"]["value"], 20_000);
    let last = show(&sandbox, 20_000).await;
    assert!(last["subject"].as_str().expect("a subject").ends_with("(case 20000)"));
    put(&sandbox, MAYA, 20_000, json!({"priority": "urgent"})).await.expect(200);
}

/// With a description that is wrong on purpose the sandbox must report its own answer.
#[tokio::test]
async fn the_sandbox_reports_answers_that_are_not_as_described() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("description.json");
    let answer = |key: &str, kind: &str| {
        json!({"get": {"responses": {"200": {"content": {"application/json": {"schema":
        {"type": "object", "properties": {key: {"type": kind}}}}}}}}})
    };
    let description = json!({"paths": {"/api/v2/groups": answer("groups", "string"), "/api/v2/tickets": answer("tickets", "array")}});
    std::fs::write(&path, description.to_string()).expect("written");
    let sandbox = start_with(Config { validate_answers: Some(path), ..Config::default() }).await;
    get(&sandbox, ADMIN_, "/api/v2/tickets.json").await.expect(200);
    let report = get(&sandbox, As::Nobody, "/sandbox/oas_violations").await.expect(200).json();
    assert_eq!((report["checked"].as_u64(), &report["violations"]), (Some(1), &json!([])));
    for _ in 0..2 {
        get(&sandbox, ADMIN_, "/api/v2/groups.json").await.expect(200);
    }
    let report = get(&sandbox, As::Nobody, "/sandbox/oas_violations").await.expect(200).json();
    let found = &report["violations"][0];
    assert_eq!(
        (&found["path"], &found["at"], &found["times"]),
        (&json!("/api/v2/groups"), &json!("groups"), &json!(2))
    );
    assert_eq!(report["violations"].as_array().expect("a list").len(), 1);
}
