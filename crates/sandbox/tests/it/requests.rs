//! The customer's side of tickets.

use http::Method;
use serde_json::{Value, json};

use crate::support::{As, add_person, call, get, start};
use crate::tickets::{ADMIN_, MAYA, create, id_of, put, show, user};

const ANNA: &str = "anna@customer.test";

#[tokio::test]
async fn a_customer_asks_and_sees_only_what_is_his_and_public() {
    let sandbox = start().await;
    let anna = add_person(&sandbox, ANNA, sandbox::Role::EndUser);
    add_person(&sandbox, "berta@customer.test", sandbox::Role::EndUser);
    let body = json!({"request": {"subject": "Help", "comment": {"body": "The door is stuck", "public": false},
        "tags": ["sneaky"], "assignee_id": 1}});
    let answer =
        call(&sandbox, As::Person(ANNA), Method::POST, "/api/v2/requests.json", body).await.expect(201);
    let made = answer.json()["request"].clone();
    let id = id_of(&made);
    assert_eq!((&made["requester_id"], &made["status"]), (&json!(anna), &json!("open")));
    assert_eq!((&made["can_be_solved_by_me"], &made["solved"]), (&json!(false), &json!(false)));
    let ticket = show(&sandbox, id).await;
    assert_eq!(
        (&ticket["status"], &ticket["tags"], &ticket["assignee_id"]),
        (&json!("new"), &json!([]), &Value::Null)
    );
    put(&sandbox, MAYA, id, json!({"comment": {"body": "Among us", "public": false}})).await.expect(200);
    put(&sandbox, MAYA, id, json!({"comment": {"body": "Push harder"}})).await.expect(200);

    let path = format!("/api/v2/requests/{id}");
    let comments = get(&sandbox, As::Person(ANNA), &format!("{path}/comments.json")).await.expect(200).json();
    let bodies: Vec<&str> =
        comments["comments"].as_array().expect("a list").iter().filter_map(|c| c["body"].as_str()).collect();
    assert_eq!(bodies, ["The door is stuck", "Push harder"]);
    let first = id_of(&comments["comments"][0]);
    get(&sandbox, As::Person(ANNA), &format!("{path}/comments/{first}")).await.expect(200);
    let all = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/comments")).await.expect(200).json();
    let note = id_of(&all["comments"][1]);
    get(&sandbox, As::Person(ANNA), &format!("{path}/comments/{note}")).await.expect(404);

    get(&sandbox, As::Person("berta@customer.test"), &path).await.expect(404);
    get(&sandbox, As::Person(ANNA), &format!("/api/v2/tickets/{id}")).await.expect(403);
    let list = get(&sandbox, As::Person(ANNA), "/api/v2/requests.json").await.expect(200).json();
    assert_eq!(list["count"], 1);
    let none = get(&sandbox, As::Person("berta@customer.test"), "/api/v2/requests").await.expect(200).json();
    assert_eq!(none["count"], 0);
    let found =
        get(&sandbox, As::Person(ANNA), "/api/v2/requests/search?query=stuck").await.expect(200).json();
    assert_eq!(id_of(&found["requests"][0]), id);
    let of_anna = format!("/api/v2/users/{anna}/requests");
    assert_eq!(get(&sandbox, MAYA, &of_anna).await.expect(200).json()["count"], 1);
    get(&sandbox, As::Person("berta@customer.test"), &of_anna).await.expect(403);
    get(&sandbox, As::Nobody, "/api/v2/requests").await.expect(401);
}

#[tokio::test]
async fn a_customer_answers_solves_and_opens_again() {
    let sandbox = start().await;
    add_person(&sandbox, ANNA, sandbox::Role::EndUser);
    let body = json!({"request": {"subject": "Help", "comment": {"body": "?"}}});
    let made =
        call(&sandbox, As::Person(ANNA), Method::POST, "/api/v2/requests", body).await.expect(201).json();
    let id = id_of(&made["request"]);
    let say = async |request: Value| {
        let path = format!("/api/v2/requests/{id}.json");
        call(&sandbox, As::Person(ANNA), Method::PUT, &path, json!({"request": request})).await
    };
    say(json!({"solved": true})).await.expect(403);
    let jonas = user(&sandbox, "jonas@acme.test");
    put(&sandbox, MAYA, id, json!({"assignee_id": jonas, "status": "pending"})).await.expect(200);
    let answer =
        say(json!({"comment": {"body": "Here it is"}, "priority": "urgent"})).await.expect(200).json();
    assert_eq!(
        (&answer["request"]["status"], &answer["request"]["priority"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(answer["request"]["can_be_solved_by_me"], true);
    let answer = say(json!({"solved": true, "comment": {"body": "It works"}})).await.expect(200).json();
    assert_eq!(
        (&answer["request"]["status"], &answer["request"]["solved"]),
        (&json!("solved"), &json!(true))
    );
    say(json!({"comment": {"body": "No, it does not"}})).await.expect(200);
    assert_eq!(show(&sandbox, id).await["status"], "open");
    put(&sandbox, ADMIN_, id, json!({"status": "closed"})).await.expect(200);
    say(json!({"comment": {"body": "Too late"}})).await.expect(422);
}

#[tokio::test]
async fn a_private_ticket_is_no_request_and_a_copied_one_is() {
    let sandbox = start().await;
    let anna = add_person(&sandbox, ANNA, sandbox::Role::EndUser);
    let secret =
        json!({"subject": "About her", "requester_id": anna, "comment": {"body": "x", "public": false}});
    let secret = id_of(&create(&sandbox, secret).await);
    get(&sandbox, As::Person(ANNA), &format!("/api/v2/requests/{secret}")).await.expect(404);
    let copied =
        json!({"subject": "For her too", "comment": {"body": "x"}, "email_ccs": [{"user_id": anna}]});
    let copied = id_of(&create(&sandbox, copied).await);
    get(&sandbox, As::Person(ANNA), &format!("/api/v2/requests/{copied}")).await.expect(200);
    let ccd = get(&sandbox, As::Person(ANNA), "/api/v2/requests/ccd").await.expect(200).json();
    assert_eq!(id_of(&ccd["requests"][0]), copied);
    let body = json!({"request": {"comment": {"body": "?"}}});
    call(&sandbox, As::Person(ANNA), Method::POST, "/api/v2/requests", body).await.expect(422);
}
