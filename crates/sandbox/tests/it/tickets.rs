//! Tickets one at a time: creation, updates, audits, comments, tags and what goes with them.

use http::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{ADMIN, Answer, As, call, get, request, send, start};

pub(crate) const ADMIN_: As<'static> = As::Person(ADMIN);
pub(crate) const MAYA: As<'static> = As::Person("maya@acme.test");

pub(crate) async fn put(sandbox: &Sandbox, who: As<'_>, id: u64, ticket: Value) -> Answer {
    call(sandbox, who, Method::PUT, &format!("/api/v2/tickets/{id}.json"), json!({"ticket": ticket})).await
}

pub(crate) async fn create(sandbox: &Sandbox, ticket: Value) -> Value {
    let answer =
        call(sandbox, MAYA, Method::POST, "/api/v2/tickets", json!({"ticket": ticket})).await.expect(201);
    answer.json()["ticket"].clone()
}

pub(crate) fn id_of(record: &Value) -> u64 {
    record["id"].as_u64().expect("an id")
}

pub(crate) async fn show(sandbox: &Sandbox, id: u64) -> Value {
    get(sandbox, ADMIN_, &format!("/api/v2/tickets/{id}")).await.expect(200).json()["ticket"].clone()
}

/// The id of the custom field with this title.
pub(crate) fn field(sandbox: &Sandbox, title: &str) -> u64 {
    sandbox.shared().read().ticket_fields.values().find(|f| f.title == title).expect("the field").id
}

pub(crate) fn user(sandbox: &Sandbox, email: &str) -> u64 {
    sandbox.shared().read().user_by_email(email).expect("the user").id
}

pub(crate) fn group(sandbox: &Sandbox, name: &str) -> u64 {
    sandbox.shared().read().groups.values().find(|g| g.name == name).expect("the group").id
}

fn value_of(ticket: &Value, field: u64) -> Value {
    let list = ticket["custom_fields"].as_array().expect("a list");
    list.iter().find(|f| f["id"] == field).expect("the field").get("value").expect("a value").clone()
}

/// Field names with former and new value of the changes in an audit.
fn changes(audit: &Value) -> Vec<(String, Value, Value)> {
    let events = audit["events"].as_array().expect("events");
    let changes = events.iter().filter(|e| e["type"] == "Change");
    changes
        .map(|e| {
            (
                e["field_name"].as_str().expect("a name").to_owned(),
                e["previous_value"].clone(),
                e["value"].clone(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_new_ticket_has_its_first_comment_and_the_audit_of_its_birth() {
    let sandbox = start().await;
    let body = json!({"ticket": {"subject": "Lamp", "comment": {"body": "It is dark."}, "priority": "high",
        "requester": {"name": "Nobody Yet", "email": "Nobody@Kestrelstudio.test"}, "tags": ["b", "A", "a b"],
        "unheard_of": 1}});
    let answer = call(&sandbox, MAYA, Method::POST, "/api/v2/tickets.json", body).await.expect(201);
    assert_eq!(
        answer.header("x-zendesk-api-warn"),
        r#"{:allowed_parameters=>{:ticket=>{:unpermitted_keys=>["unheard_of"]}}}"#
    );
    let ticket = &answer.json()["ticket"];
    let id = id_of(ticket);
    assert_eq!(id, 41, "tickets count up");
    assert_eq!(answer.header("location"), format!("{}/api/v2/tickets/{id}.json", sandbox.url()));
    assert_eq!(ticket["url"], format!("{}/api/v2/tickets/{id}.json", sandbox.url()));
    assert_eq!(ticket["status"], "new");
    assert_eq!(ticket["tags"], json!(["a", "b"]));
    assert_eq!(ticket["description"], "It is dark.");
    let requester = ticket["requester_id"].as_u64().expect("an id");
    let (email, organization) = {
        let world = sandbox.shared().read();
        let user = &world.users[&requester];
        (user.email.clone(), user.organization_id)
    };
    assert_eq!(email.as_deref(), Some("nobody@kestrelstudio.test"));
    assert!(organization.is_some(), "found by the domain of the address");
    assert_eq!(ticket["organization_id"].as_u64(), organization);
    let audit = &answer.json()["audit"];
    let kinds: Vec<&str> =
        audit["events"].as_array().expect("events").iter().filter_map(|e| e["type"].as_str()).collect();
    assert_eq!(kinds[0], "Comment");
    assert!(kinds[1..].iter().all(|k| *k == "Create"), "{kinds:?}");
    let comments = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/comments")).await.expect(200).json();
    assert_eq!(comments["count"], 1);
    assert_eq!(comments["comments"][0]["body"], "It is dark.");
    assert_eq!(comments["comments"][0]["audit_id"], audit["id"]);
    sandbox.stop().await.expect("stopped");
}

#[tokio::test]
async fn an_update_writes_an_event_for_every_change_and_none_for_what_stays() {
    let sandbox = start().await;
    let id = id_of(&create(&sandbox, json!({"subject": "Chair", "comment": {"body": "It squeaks."}})).await);
    sandbox.control().advance(std::time::Duration::from_secs(60));
    let jonas = user(&sandbox, "jonas@acme.test");
    let answer = put(
        &sandbox,
        MAYA,
        id,
        json!({"assignee_id": jonas, "priority": "low", "subject": "Chair", "comment": {"body": "Oil it.", "public": false}}),
    )
    .await
    .expect(200)
    .json();
    let it = group(&sandbox, "IT");
    let ticket = &answer["ticket"];
    assert_eq!(ticket["group_id"], it, "the assignee's default group");
    assert_eq!(ticket["status"], "open", "a new ticket that is given to somebody is open");
    assert_ne!(ticket["updated_at"], ticket["created_at"]);
    let found = changes(&answer["audit"]);
    let text = |n: u64| json!(n.to_string());
    assert!(found.contains(&("assignee_id".to_owned(), Value::Null, text(jonas))), "{found:?}");
    assert!(found.contains(&("group_id".to_owned(), Value::Null, text(it))));
    assert!(found.contains(&("priority".to_owned(), Value::Null, json!("low"))));
    assert!(found.contains(&("status".to_owned(), json!("new"), json!("open"))));
    assert!(!found.iter().any(|c| c.0 == "subject"), "it is what it was");
    assert_eq!(answer["audit"]["events"][0]["public"], false);
    // Nothing at all changes: neither time nor audits.
    let audits = |sandbox: &Sandbox| sandbox.shared().read().tickets[&id].audits.len();
    let before = audits(&sandbox);
    sandbox.control().advance(std::time::Duration::from_secs(60));
    let again = put(&sandbox, MAYA, id, json!({"priority": "low"})).await.expect(200).json();
    assert_eq!(again["ticket"]["updated_at"], ticket["updated_at"]);
    assert_eq!(again["audit"]["events"], json!([]));
    assert_eq!(audits(&sandbox), before);
    // Audits one by one and in a list.
    let list = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/audits")).await.expect(200).json();
    assert_eq!(list["count"], 2);
    let one = id_of(&list["audits"][1]);
    let shown = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/audits/{one}")).await.expect(200).json();
    assert_eq!(shown["audit"], list["audits"][1]);
    get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/audits/1")).await.expect(404);
}

#[tokio::test]
async fn faults_are_named_and_nothing_is_changed() {
    let sandbox = start().await;
    let id = id_of(&create(&sandbox, json!({"subject": "Desk", "comment": {"body": "It wobbles."}})).await);
    let before = show(&sandbox, id).await;
    let customer = before["requester_id"].clone();
    let date = field(&sandbox, "Deadline date");
    for (wish, place) in [
        (json!({"status": "great", "priority": "low"}), "status"),
        (json!({"priority": "huge"}), "priority"),
        (json!({"type": "wish"}), "type"),
        (json!({"status": "solved"}), "assignee"),
        (json!({"assignee_id": 12}), "assignee"),
        (json!({"group_id": 12}), "group_id"),
        (json!({"ticket_form_id": 12}), "ticket_form_id"),
        (json!({"requester_id": 12}), "requester"),
        (json!({"due_at": "soon"}), "due_at"),
        (json!({"custom_fields": [{"id": date, "value": "31.12.2026"}]}), "base"),
        (
            json!({"assignee_id": user(&sandbox, "maya@acme.test"), "group_id": group(&sandbox, "Facilities")}),
            "assignee",
        ),
        (json!({"assignee_id": user(&sandbox, "lena@acme.test")}), "assignee"),
    ] {
        let answer = put(&sandbox, MAYA, id, wish.clone()).await.expect(422).json();
        assert_eq!(answer["error"], "RecordInvalid", "{wish}");
        assert_eq!(answer["description"], "Record validation errors");
        let fault = &answer["details"][place][0];
        assert!(fault["description"].is_string() && fault["error"].is_string(), "{wish}: {answer}");
    }
    assert_eq!(show(&sandbox, id).await, before);
    assert!(!customer.is_null());
    let nothing =
        call(&sandbox, MAYA, Method::POST, "/api/v2/tickets", json!({"ticket": {"subject": "x"}})).await;
    assert_eq!(nothing.expect(422).json()["details"]["base"][0]["error"], "BlankValue");
    let bare = call(&sandbox, MAYA, Method::POST, "/api/v2/tickets", json!({})).await.expect(400).json();
    assert_eq!(bare["error"]["title"], "Invalid attribute");
    let missing = get(&sandbox, MAYA, "/api/v2/tickets/999999").await.expect(404).json();
    assert_eq!(missing, json!({"error": "RecordNotFound", "description": "Not found"}));
    let unknown = get(&sandbox, MAYA, "/api/v2/nonsense.json").await.expect(404).json();
    assert_eq!(unknown, json!({"error": "InvalidEndpoint", "description": "Not found"}));
    let broken =
        send(request(&sandbox, &MAYA, Method::PUT, &format!("/api/v2/tickets/{id}")).body("{")).await;
    broken.expect(422);
}

#[tokio::test]
async fn a_closed_ticket_stays_as_it_is() {
    let sandbox = start().await;
    let closed = {
        let world = sandbox.shared().read();
        let ticket = world.tickets.values().find(|r| r.ticket.status == sandbox::model::Status::Closed);
        ticket.expect("the seed has one").ticket.id
    };
    let answer =
        put(&sandbox, MAYA, closed, json!({"comment": {"body": "One more thing"}})).await.expect(422).json();
    assert_eq!(answer["details"]["status"][0]["description"], "Status: closed prevents ticket update");
    let tags = json!({"tags": ["late"]});
    call(&sandbox, MAYA, Method::PUT, &format!("/api/v2/tickets/{closed}/tags"), tags).await.expect(422);
}

#[tokio::test]
async fn an_update_made_for_an_older_state_is_refused() {
    let sandbox = start().await;
    let ticket = create(&sandbox, json!({"subject": "Clock", "comment": {"body": "It is late."}})).await;
    let (id, stamp) = (id_of(&ticket), ticket["updated_at"].clone());
    sandbox.control().advance(std::time::Duration::from_secs(5));
    let safe = |stamp: &Value| json!({"priority": "high", "safe_update": true, "updated_stamp": stamp});
    put(&sandbox, MAYA, id, json!({"tags": ["other"]})).await.expect(200);
    let refused = put(&sandbox, MAYA, id, safe(&stamp)).await.expect(409).json();
    assert_eq!(refused["error"], "UpdateConflict");
    assert_eq!(show(&sandbox, id).await["priority"], Value::Null);
    let fresh = show(&sandbox, id).await["updated_at"].clone();
    put(&sandbox, MAYA, id, safe(&fresh)).await.expect(200);
    let tags = json!({"tags": ["x"], "safe_update": "true", "updated_stamp": stamp});
    call(&sandbox, MAYA, Method::PUT, &format!("/api/v2/tickets/{id}/tags"), tags).await.expect(409);
}

#[tokio::test]
async fn tags_are_listed_replaced_added_and_removed() {
    let sandbox = start().await;
    let id =
        id_of(&create(&sandbox, json!({"subject": "Tags", "comment": {"body": "!"}, "tags": ["one"]})).await);
    let path = format!("/api/v2/tickets/{id}/tags.json");
    let tags = |list: &[&str]| json!({"tags": list});
    let added = call(&sandbox, MAYA, Method::PUT, &path, tags(&["Two", "one"])).await.expect(200).json();
    assert_eq!(added, tags(&["one", "two"]));
    let set = call(&sandbox, MAYA, Method::POST, &path, tags(&["three", "two"])).await.expect(201).json();
    assert_eq!(set, tags(&["three", "two"]));
    call(&sandbox, MAYA, Method::DELETE, &path, tags(&["three", "absent"])).await.expect(204);
    assert_eq!(get(&sandbox, MAYA, &path).await.expect(200).json(), tags(&["two"]));
    // Only bulk updates know these keys.
    let single = put(&sandbox, MAYA, id, json!({"additional_tags": ["four"]})).await.expect(200);
    assert!(single.header("x-zendesk-api-warn").contains("additional_tags"));
    assert_eq!(show(&sandbox, id).await["tags"], json!(["two"]));
}

#[tokio::test]
async fn fields_with_options_and_their_tags_go_together_both_ways() {
    let sandbox = start().await;
    let (category, vendor) = (field(&sandbox, "Category"), field(&sandbox, "Passed to the vendor"));
    let systems = field(&sandbox, "Systems affected");
    let people = field(&sandbox, "People affected");
    let id = id_of(
        &create(
            &sandbox,
            json!({"subject": "Fields", "comment": {"body": "!"}, "tags": ["mine"], "custom_fields": [
                {"id": category, "value": "category_access"}, {"id": vendor, "value": true},
                {"id": systems, "value": ["system_email", "system_phones"]}, {"id": people, "value": 7},
                {"id": 1, "value": "no such field"}]}),
        )
        .await,
    );
    let ticket = show(&sandbox, id).await;
    let all = json!(["category_access", "mine", "passed_to_vendor", "system_email", "system_phones"]);
    assert_eq!(ticket["tags"], all);
    assert_eq!(value_of(&ticket, people), "7");
    assert_eq!(value_of(&ticket, vendor), true);
    // The value goes, the tag goes with it.
    put(
        &sandbox,
        MAYA,
        id,
        json!({"custom_fields": [{"id": category, "value": "category_billing"},
        {"id": vendor, "value": false}]}),
    )
    .await
    .expect(200);
    let ticket = show(&sandbox, id).await;
    assert_eq!(ticket["tags"], json!(["category_billing", "mine", "system_email", "system_phones"]));
    // The tag goes or comes, the value goes with it.
    put(
        &sandbox,
        MAYA,
        id,
        json!({"tags": ["mine", "category_hardware", "passed_to_vendor", "system_email"]}),
    )
    .await
    .expect(200);
    let ticket = show(&sandbox, id).await;
    assert_eq!(value_of(&ticket, category), "category_hardware");
    assert_eq!(value_of(&ticket, vendor), true);
    assert_eq!(value_of(&ticket, systems), json!(["system_email"]));
    put(&sandbox, MAYA, id, json!({"tags": ["mine"]})).await.expect(200);
    let ticket = show(&sandbox, id).await;
    assert_eq!(value_of(&ticket, category), Value::Null);
    assert_eq!(value_of(&ticket, vendor), false);
    let wrong = json!({"custom_fields": [{"id": category, "value": "no_such_option"}]});
    put(&sandbox, MAYA, id, wrong).await.expect(422);
}

#[tokio::test]
async fn statuses_custom_statuses_and_groups_follow_the_rules() {
    let sandbox = start().await;
    let id = id_of(&create(&sandbox, json!({"subject": "Rules", "comment": {"body": "!"}})).await);
    let maya = user(&sandbox, "maya@acme.test");
    put(&sandbox, MAYA, id, json!({"assignee_id": maya, "status": "pending"})).await.expect(200);
    put(&sandbox, MAYA, id, json!({"status": "new"})).await.expect(422);
    let statuses = get(&sandbox, MAYA, "/api/v2/custom_statuses").await.expect(200).json();
    let part = statuses["custom_statuses"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|s| s["agent_label"] == "Waiting for a part")
        .expect("the seed has it")
        .clone();
    let held = put(&sandbox, MAYA, id, json!({"custom_status_id": part["id"]})).await.expect(200).json();
    assert_eq!(held["ticket"]["status"], "hold");
    // The category alone picks its default status.
    put(&sandbox, MAYA, id, json!({"status": "open"})).await.expect(200);
    let hold = put(&sandbox, MAYA, id, json!({"status": "hold"})).await.expect(200).json();
    assert_ne!(hold["ticket"]["custom_status_id"], part["id"]);
    // A group that the assignee is no member of frees the ticket.
    let moved =
        put(&sandbox, MAYA, id, json!({"group_id": group(&sandbox, "Facilities")})).await.expect(200).json();
    assert_eq!(moved["ticket"]["assignee_id"], Value::Null);
    // The requester's answer opens a ticket that waits for him.
    put(
        &sandbox,
        MAYA,
        id,
        json!({"assignee_id": maya, "status": "pending",
        "requester": {"name": "Rita", "email": "rita@example.test"}}),
    )
    .await
    .expect(200);
    let rita = user(&sandbox, "rita@example.test");
    let answered = json!({"comment": {"body": "Here you are", "author_id": rita, "public": false}});
    let answered = put(&sandbox, MAYA, id, answered).await.expect(200).json();
    assert_eq!(answered["ticket"]["status"], "open");
    assert_eq!(answered["audit"]["events"][0]["public"], true, "customers have no private comments");
}

#[tokio::test]
async fn a_repeated_creation_with_a_key_gives_the_first_answer() {
    let sandbox = start().await;
    let send_with = async |key: &str, subject: &str| {
        let body = json!({"ticket": {"subject": subject, "comment": {"body": "Once"}}});
        let request =
            request(&sandbox, &MAYA, Method::POST, "/api/v2/tickets").header("Idempotency-Key", key);
        send(request.json(&body)).await
    };
    let first = send_with("k1", "Once").await.expect(201);
    assert_eq!(first.header("x-idempotency-lookup"), "miss");
    let second = send_with("k1", "Once").await.expect(201);
    assert_eq!(second.header("x-idempotency-lookup"), "hit");
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("location"), second.header("location"));
    let other = send_with("k1", "Something else").await.expect(400).json();
    assert_eq!(other["error"], "IdempotentRequestError");
    sandbox.control().advance(std::time::Duration::from_secs(2 * 3600 + 1));
    let later = send_with("k1", "Once").await.expect(201);
    assert_eq!(later.header("x-idempotency-lookup"), "miss");
    assert_ne!(later.json()["ticket"]["id"], first.json()["ticket"]["id"]);
    send_with(&"k".repeat(256), "Once").await.expect(400);
}
