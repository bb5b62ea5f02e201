//! `update_many`, its jobs, `show_many`.

use std::time::Duration;

use http::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Answer, As, call, get, start};
use crate::tickets::{ADMIN_, MAYA, create, id_of, show};

async fn update_many(sandbox: &Sandbox, query: &str, body: Value) -> Answer {
    call(sandbox, MAYA, Method::PUT, &format!("/api/v2/tickets/update_many.json{query}"), body).await
}

/// The job when it is done. The clock must be past its delay.
pub(crate) async fn finished(sandbox: &Sandbox, job: &Value) -> Value {
    let id = job["job_status"]["id"].as_str().expect("an id");
    for _ in 0..500 {
        let job = get(sandbox, MAYA, &format!("/api/v2/job_statuses/{id}")).await.expect(200).json();
        if job["job_status"]["status"] == "completed" {
            return job["job_status"].clone();
        }
        tokio::task::yield_now().await;
    }
    panic!("the job did not end");
}

async fn two(sandbox: &Sandbox) -> (u64, u64) {
    let ticket =
        |n: u8| json!({"subject": format!("Bulk {n}"), "comment": {"body": "!"}, "tags": ["keep", "old"]});
    (id_of(&create(sandbox, ticket(1)).await), id_of(&create(sandbox, ticket(2)).await))
}

#[tokio::test]
async fn one_body_for_many_tickets_is_done_after_the_answer() {
    let sandbox = start().await;
    let (a, b) = two(&sandbox).await;
    let closed = sandbox
        .shared()
        .read()
        .tickets
        .values()
        .find(|r| r.ticket.status == sandbox::model::Status::Closed)
        .expect("one")
        .ticket
        .id;
    let body = json!({"ticket": {"additional_tags": ["new"], "remove_tags": ["old"], "priority": "high"}});
    let job = update_many(&sandbox, &format!("?ids={a},{b},{closed},999999"), body).await.expect(200).json();
    let queued = &job["job_status"];
    let id = queued["id"].as_str().expect("an id");
    assert!(id.starts_with("V3-") && id.len() == 35, "{id}");
    assert_eq!(queued["status"], "queued");
    assert_eq!(queued["total"], 4);
    assert_eq!((&queued["progress"], &queued["results"]), (&Value::Null, &Value::Null));
    // The clock stands still, so the job waits.
    assert_eq!(show(&sandbox, a).await["tags"], json!(["keep", "old"]));
    sandbox.control().advance(Duration::from_secs(1));
    let done = finished(&sandbox, &job).await;
    assert_eq!(done["progress"], 4);
    assert!(done["message"].as_str().expect("a message").starts_with("Completed at "));
    assert_eq!(
        done["results"][0],
        json!({"id": a, "action": "update", "success": true, "status": "Updated"})
    );
    assert_eq!(done["results"][2]["success"], false);
    assert_eq!(done["results"][2]["details"], "Status: closed prevents ticket update");
    assert_eq!(done["results"][3]["error"], "TicketNotFound");
    for id in [a, b] {
        let ticket = show(&sandbox, id).await;
        assert_eq!(ticket["tags"], json!(["keep", "new"]));
        assert_eq!(ticket["priority"], "high");
    }
    let list = get(&sandbox, MAYA, "/api/v2/job_statuses.json").await.expect(200).json();
    assert_eq!(list["job_statuses"][0]["id"], *id);
    let many = get(&sandbox, MAYA, &format!("/api/v2/job_statuses/show_many?ids={id},V3-x"))
        .await
        .expect(200)
        .json();
    assert_eq!(many["count"], 1);
    get(&sandbox, MAYA, "/api/v2/job_statuses/V3-x").await.expect(404);
}

#[tokio::test]
async fn a_body_for_each_ticket() {
    let sandbox = start().await;
    let (a, b) = two(&sandbox).await;
    let body = json!({"tickets": [
        {"id": a, "additional_tags": ["mine"]},
        {"id": b, "remove_tags": ["keep"], "status": "open", "comment": {"body": "Internal", "public": false}},
    ]});
    let job = update_many(&sandbox, "", body).await.expect(200).json();
    sandbox.control().advance(Duration::from_secs(1));
    let done = finished(&sandbox, &job).await;
    assert_eq!(
        done["results"].as_array().expect("a list").iter().filter(|r| r["success"] == true).count(),
        2
    );
    assert_eq!(show(&sandbox, a).await["tags"], json!(["keep", "mine", "old"]));
    let ticket = show(&sandbox, b).await;
    assert_eq!((&ticket["tags"], &ticket["status"]), (&json!(["old"]), &json!("open")));
}

#[tokio::test]
async fn a_stale_stamp_fails_its_ticket_only() {
    let sandbox = start().await;
    let (a, b) = two(&sandbox).await;
    let stamp = show(&sandbox, a).await["updated_at"].clone();
    let each = |id: u64, stamp: &Value| json!({"id": id, "additional_tags": ["x"], "safe_update": true, "updated_stamp": stamp});
    let body = json!({"tickets": [each(a, &json!("2020-01-01T00:00:00Z")), each(b, &stamp)]});
    let job = update_many(&sandbox, "", body).await.expect(200).json();
    sandbox.control().advance(Duration::from_secs(1));
    let done = finished(&sandbox, &job).await;
    assert_eq!(done["results"][0]["error"], "UpdateConflict");
    assert_eq!(done["results"][1]["success"], true);
}

#[tokio::test]
async fn bounds_of_bulk_calls() {
    let sandbox = start().await;
    let many: Vec<String> = (1..=101).map(|n: u32| n.to_string()).collect();
    let ids = format!("?ids={}", many.join(","));
    let refused =
        update_many(&sandbox, &ids, json!({"ticket": {"priority": "low"}})).await.expect(400).json();
    assert_eq!(
        refused,
        json!({"error": "TooManyValues", "max_count": 100,
        "description": "Parameter  cannot specify more than 100 values"})
    );
    update_many(&sandbox, "", json!({"ticket": {}})).await.expect(400);
    update_many(&sandbox, "", json!({"tickets": [{"priority": "low"}]})).await.expect(400);
    get(&sandbox, MAYA, &format!("/api/v2/tickets/show_many{ids}")).await.expect(400);
    // Thirty may wait at a time.
    sandbox.control().settings(|s| s.rate_limit_per_minute = 10_000);
    for _ in 0..30 {
        update_many(&sandbox, "?ids=1", json!({"ticket": {"priority": "low"}})).await.expect(200);
    }
    let full = update_many(&sandbox, "?ids=1", json!({"ticket": {"priority": "low"}})).await.expect(429);
    assert!(full.headers.contains_key("retry-after"));
    assert_eq!(full.json()["error"], "TooManyJobs");
}

#[tokio::test]
async fn show_many_leaves_out_what_there_is_not() {
    let sandbox = start().await;
    let found =
        get(&sandbox, ADMIN_, "/api/v2/tickets/show_many.json?ids=3,1,2,2,999999&include=users,groups").await;
    let found = found.expect(200).json();
    assert_eq!(found["count"], 3);
    let ids: Vec<u64> = found["tickets"].as_array().expect("a list").iter().map(id_of).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(!found["users"].as_array().expect("side-loaded").is_empty());
    assert!(!found["groups"].as_array().expect("side-loaded").is_empty());
    get(&sandbox, As::Nobody, "/api/v2/tickets/show_many?ids=1").await.expect(401);
}
