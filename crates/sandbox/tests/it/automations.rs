//! Automations by the sandbox's clock, the outbox, and ratings.

use std::time::Duration;

use http::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{As, add_person, call, get, request, send, start};
use crate::tickets::{ADMIN_, MAYA, create, id_of, put, show, user};

const HOUR: Duration = Duration::from_secs(3_600);

/// Moves the clock and waits until the automations have caught up with it.
async fn pass(sandbox: &Sandbox, hours: u32) {
    sandbox.control().advance(HOUR * hours);
    let now = sandbox.control().now();
    for _ in 0..10_000 {
        let ran = sandbox.shared().read().automations_ran_at;
        if ran.is_some_and(|ran| now.duration_since(ran).as_hours() < 1) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("automations did not run");
}

#[tokio::test]
async fn a_solved_ticket_is_closed_after_its_hours_and_not_before() {
    let sandbox = start().await;
    let jonas = user(&sandbox, "jonas@acme.test");
    let body = json!({"subject": "S", "comment": {"body": "!"}, "assignee_id": jonas});
    let id = id_of(&create(&sandbox, body).await);
    let rule = json!({"automation": {"title": "Close after four days",
        "all": [{"field": "SOLVED", "operator": "greater_than", "value": "96"}],
        "actions": [{"field": "status", "value": "closed"}]}});
    call(&sandbox, MAYA, Method::POST, "/api/v2/automations", rule.clone()).await.expect(403);
    let made =
        call(&sandbox, ADMIN_, Method::POST, "/api/v2/automations.json", rule).await.expect(201).json();
    let rule = id_of(&made["automation"]);
    pass(&sandbox, 200).await;
    assert_eq!(show(&sandbox, id).await["status"], "open");
    put(&sandbox, MAYA, id, json!({"status": "solved"})).await.expect(200);
    pass(&sandbox, 95).await;
    assert_eq!(show(&sandbox, id).await["status"], "solved");
    pass(&sandbox, 3).await;
    assert_eq!(show(&sandbox, id).await["status"], "closed");
    let audits = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/audits")).await.expect(200).json();
    let last = audits["audits"].as_array().expect("a list").last().expect("one").clone();
    assert_eq!(last["via"]["source"]["rel"], "automation");
    assert_eq!(last["via"]["source"]["from"]["id"], rule);
    let path = format!("/api/v2/automations/{rule}.json");
    let named = json!({"automation": {"title": "Close", "active": false}});
    call(&sandbox, ADMIN_, Method::PUT, &path, named).await.expect(200);
    assert_eq!(get(&sandbox, MAYA, "/api/v2/automations/active").await.expect(200).json()["count"], 0);
    get(&sandbox, MAYA, "/api/v2/automations/search?query=close").await.expect(200);
    send(request(&sandbox, &ADMIN_, Method::DELETE, &path)).await.expect(204);
    get(&sandbox, MAYA, &path).await.expect(404);
}

#[tokio::test]
async fn an_automation_that_would_never_end_is_refused() {
    let sandbox = start().await;
    for (all, actions) in [
        (
            json!([{"field": "status", "operator": "is", "value": "open"}]),
            json!([{"field": "status", "value": "solved"}]),
        ),
        (
            json!([{"field": "OPEN", "operator": "greater_than", "value": "1"}]),
            json!([{"field": "priority", "value": "low"}]),
        ),
        (json!([{"field": "OPEN", "operator": "is", "value": "1"}]), json!([])),
    ] {
        let rule = json!({"automation": {"title": "x", "all": all, "actions": actions}});
        call(&sandbox, ADMIN_, Method::POST, "/api/v2/automations", rule).await.expect(422);
    }
}

#[tokio::test]
async fn mail_of_automations_and_triggers_is_in_the_outbox() {
    let sandbox = start().await;
    let body = json!({"subject": "Slow", "comment": {"body": "!"}, "tags": ["slow"], "type": "question"});
    let id = id_of(&create(&sandbox, body).await);
    let rule = json!({"automation": {"title": "Remind",
        "all": [{"field": "NEW", "operator": "is", "value": "24"},
            {"field": "current_tags", "operator": "includes", "value": "slow"}],
        "actions": [{"field": "notification_user", "value": ["requester_id", "About {{ticket.title}}", "Still waiting"]},
            {"field": "follower", "value": user(&sandbox, "jonas@acme.test").to_string()}]}});
    call(&sandbox, ADMIN_, Method::POST, "/api/v2/automations", rule).await.expect(201);
    pass(&sandbox, 60).await;
    let path = format!("/sandbox/outbox?ticket_id={id}");
    let mails = get(&sandbox, As::Nobody, &path).await.expect(200).json();
    let mails = mails["mails"].as_array().expect("a list").clone();
    assert_eq!(mails.len(), 1, "once, in its one hour: {mails:?}");
    assert_eq!((&mails[0]["subject"], &mails[0]["rule"]), (&json!("About Slow"), &json!("Remind")));
    assert_eq!(mails[0]["to"], json!(["maya@acme.test"]));
    assert_eq!(show(&sandbox, id).await["follower_ids"], json!([user(&sandbox, "jonas@acme.test")]));
    send(request(&sandbox, &As::Nobody, Method::DELETE, "/sandbox/outbox")).await.expect(204);
    assert_eq!(get(&sandbox, As::Nobody, &path).await.expect(200).json()["mails"], json!([]));
}

#[tokio::test]
async fn the_requester_rates_a_solved_ticket() {
    let sandbox = start().await;
    let anna = add_person(&sandbox, "anna@customer.test", sandbox::Role::EndUser);
    let jonas = user(&sandbox, "jonas@acme.test");
    let body = json!({"subject": "S", "comment": {"body": "!"}, "assignee_id": jonas, "requester_id": anna});
    let id = id_of(&create(&sandbox, body).await);
    let path = format!("/api/v2/tickets/{id}/satisfaction_rating.json");
    let rate = async |who: As<'_>, rating: Value| {
        call(&sandbox, who, Method::POST, &path, json!({"satisfaction_rating": rating})).await
    };
    let good = json!({"score": "good", "comment": "Quick!"});
    rate(As::Person("anna@customer.test"), good.clone()).await.expect(422);
    put(&sandbox, MAYA, id, json!({"status": "solved"})).await.expect(200);
    rate(MAYA, good.clone()).await.expect(403);
    rate(As::Person("anna@customer.test"), json!({"score": "so so"})).await.expect(422);
    let made = rate(As::Person("anna@customer.test"), good).await.expect(200).json();
    let rating = id_of(&made["satisfaction_rating"]);
    assert_eq!(show(&sandbox, id).await["satisfaction_rating"]["score"], "good");
    let again = rate(As::Person("anna@customer.test"), json!({"score": "bad", "reason_code": 5})).await;
    assert_eq!(id_of(&again.expect(200).json()["satisfaction_rating"]), rating);
    let list = get(&sandbox, MAYA, "/api/v2/satisfaction_ratings?score=bad").await.expect(200).json();
    assert_eq!(list["satisfaction_ratings"][0]["reason"], "The issue took too long to resolve");
    let none = get(&sandbox, MAYA, "/api/v2/satisfaction_ratings/count?score=good").await.expect(200).json();
    assert_eq!(none["count"]["value"], 0);
    let reasons = get(&sandbox, MAYA, "/api/v2/satisfaction_reasons").await.expect(200).json();
    assert_eq!(reasons["count"], 6);
}
