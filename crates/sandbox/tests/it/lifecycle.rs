//! Many tickets made or removed, deletion and restoration, merging, spam, copies, problems, follow-ups, imports.

use std::time::Duration;

use http::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::bulk::finished;
use crate::support::{ADMIN, As, add_person, call, get, request, send, start};
use crate::tickets::{ADMIN_, MAYA, create, field, id_of, put, show, user};

async fn delete(sandbox: &Sandbox, who: As<'_>, path: &str) -> crate::support::Answer {
    send(request(sandbox, &who, Method::DELETE, path)).await
}

async fn done(sandbox: &Sandbox, job: Value) -> Value {
    sandbox.control().advance(Duration::from_secs(1));
    finished(sandbox, &job).await
}

async fn ticket(sandbox: &Sandbox, subject: &str) -> u64 {
    id_of(&create(sandbox, json!({"subject": subject, "comment": {"body": "!"}})).await)
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().expect("a list").iter().map(id_of).collect()
}

#[tokio::test]
async fn many_tickets_are_made_by_a_job() {
    let sandbox = start().await;
    let body = json!({"tickets": [
        {"subject": "First", "comment": {"body": "one"}},
        {"subject": "No words"},
        {"subject": "Third", "description": "three", "tags": ["x"]},
    ]});
    let job = call(&sandbox, MAYA, Method::POST, "/api/v2/tickets/create_many.json", body).await;
    let job = done(&sandbox, job.expect(200).json()).await;
    let results = job["results"].as_array().expect("results");
    assert_eq!(results[0]["index"], 0);
    assert_eq!(results[1]["success"], false);
    assert_eq!(results[1]["details"], "Description: cannot be blank");
    let third = show(&sandbox, results[2]["id"].as_u64().expect("an id")).await;
    assert_eq!((&third["subject"], &third["tags"]), (&json!("Third"), &json!(["x"])));
    let many: Vec<Value> = (0..101).map(|_| json!({"comment": {"body": "!"}})).collect();
    let path = "/api/v2/tickets/create_many";
    call(&sandbox, MAYA, Method::POST, path, json!({"tickets": many})).await.expect(400);
    call(&sandbox, MAYA, Method::POST, path, json!({})).await.expect(400);
}

#[tokio::test]
async fn a_deleted_ticket_comes_back_or_goes_for_good() {
    let sandbox = start().await;
    let id = ticket(&sandbox, "Fleeting").await;
    delete(&sandbox, MAYA, &format!("/api/v2/tickets/{id}.json")).await.expect(204);
    get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}")).await.expect(404);
    put(&sandbox, MAYA, id, json!({"priority": "low"})).await.expect(404);
    let list = get(&sandbox, MAYA, "/api/v2/deleted_tickets.json").await.expect(200).json();
    assert_eq!(list["deleted_tickets"][0]["subject"], "Fleeting");
    assert_eq!(list["deleted_tickets"][0]["previous_state"], "new");
    assert_eq!(list["deleted_tickets"][0]["actor"]["id"], user(&sandbox, "maya@acme.test"));
    let path = format!("/api/v2/deleted_tickets/{id}/restore.json");
    call(&sandbox, MAYA, Method::PUT, &path, json!({})).await.expect(200);
    assert_eq!(show(&sandbox, id).await["subject"], "Fleeting");
    call(&sandbox, MAYA, Method::PUT, &path, json!({})).await.expect(404);
    let audits = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/audits")).await.expect(200).json();
    let last = &audits["audits"].as_array().expect("a list").last().expect("one")["events"][0];
    assert_eq!((&last["previous_value"], &last["value"]), (&json!("deleted"), &json!("new")));

    let other = ticket(&sandbox, "Another").await;
    let job = delete(&sandbox, MAYA, &format!("/api/v2/tickets/destroy_many?ids={id},{other},999999")).await;
    let job = done(&sandbox, job.expect(200).json()).await;
    assert_eq!(job["results"][1]["status"], "Deleted");
    assert_eq!(job["results"][2]["error"], "TicketNotFound");
    delete(&sandbox, MAYA, &format!("/api/v2/deleted_tickets/{id}")).await.expect(403);
    let job = delete(&sandbox, ADMIN_, &format!("/api/v2/deleted_tickets/{id}")).await.expect(200).json();
    done(&sandbox, job).await;
    call(&sandbox, MAYA, Method::PUT, &path, json!({})).await.expect(404);
    let path = format!("/api/v2/deleted_tickets/restore_many?ids={other}");
    call(&sandbox, MAYA, Method::PUT, &path, json!({})).await.expect(200);
    show(&sandbox, other).await;
}

#[tokio::test]
async fn spam_is_deleted_and_its_sender_suspended() {
    let sandbox = start().await;
    let made = create(
        &sandbox,
        json!({"subject": "Win!", "comment": {"body": "!"},
        "requester": {"name": "Spammer", "email": "spam@evil.test"}}),
    )
    .await;
    let id = id_of(&made);
    let path = format!("/api/v2/tickets/{id}/mark_as_spam.json");
    call(&sandbox, MAYA, Method::PUT, &path, json!({})).await.expect(200);
    get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}")).await.expect(404);
    let sender = made["requester_id"].as_u64().expect("an id");
    assert!(sandbox.shared().read().users[&sender].suspended);
    let own = ticket(&sandbox, "By an agent").await;
    let path = format!("/api/v2/tickets/{own}/mark_as_spam");
    call(&sandbox, MAYA, Method::PUT, &path, json!({})).await.expect(422);
}

#[tokio::test]
async fn merging_closes_the_sources_and_tells_both_sides() {
    let sandbox = start().await;
    let target = ticket(&sandbox, "The one").await;
    let source = create(
        &sandbox,
        json!({"subject": "The other", "comment": {"body": "!"},
        "requester": {"name": "Nils Sender", "email": "nils.sender@elsewhere.test"}}),
    )
    .await;
    let customer = source["requester_id"].clone();
    let source = id_of(&source);
    let path = format!("/api/v2/tickets/{target}/merge.json");
    let merge = |body: Value| call(&sandbox, MAYA, Method::POST, &path, body);
    merge(json!({"ids": []})).await.expect(422);
    merge(json!({"ids": [target]})).await.expect(422);
    merge(json!({"ids": [999999]})).await.expect(404);
    let job =
        merge(json!({"ids": [source], "source_comment": "See there", "target_comment_is_public": true}));
    let job = done(&sandbox, job.await.expect(200).json()).await;
    assert_eq!(job["results"][0]["success"], true);
    let closed = show(&sandbox, source).await;
    assert_eq!((&closed["status"], &closed["tags"]), (&json!("closed"), &json!(["closed_by_merge"])));
    let said = async |id: u64| {
        let all = get(&sandbox, MAYA, &format!("/api/v2/tickets/{id}/comments")).await.expect(200).json();
        all["comments"].as_array().expect("a list").last().expect("one").clone()
    };
    let words = said(source).await;
    assert_eq!((&words["body"], &words["public"]), (&json!("See there"), &json!(false)));
    let words = said(target).await;
    assert!(words["body"].as_str().expect("text").contains(&format!("#{source} \"The other\"")), "{words}");
    assert_eq!(words["public"], true);
    assert_eq!(show(&sandbox, target).await["email_cc_ids"], json!([customer]));
    merge(json!({"ids": [source]})).await.expect(422);
}

#[tokio::test]
async fn copies_and_followers_are_put_and_taken_one_by_one() {
    let sandbox = start().await;
    let id = ticket(&sandbox, "Copied").await;
    let jonas = user(&sandbox, "jonas@acme.test");
    let customer = add_person(&sandbox, "copy@customer.test", sandbox::Role::EndUser);
    put(&sandbox, MAYA, id, json!({
        "email_ccs": [{"user_id": customer}, {"user_email": "new.face@customer.test", "user_name": "New Face", "action": "put"}],
        "followers": [{"user_email": "jonas@acme.test", "action": "put"}],
    }))
    .await
    .expect(200);
    let new = user(&sandbox, "new.face@customer.test");
    let shown = show(&sandbox, id).await;
    let mut both = vec![customer, new];
    both.sort_unstable();
    assert_eq!(shown["email_cc_ids"], json!(both));
    assert_eq!(shown["follower_ids"], json!([jonas]));
    assert_eq!(shown["collaborator_ids"].as_array().expect("a list").len(), 3);
    let list = async |what: &str| {
        let path = format!("/api/v2/tickets/{id}/{what}.json");
        ids(&get(&sandbox, MAYA, &path).await.expect(200).json()["users"])
    };
    assert_eq!(list("email_ccs").await, both);
    assert_eq!(list("followers").await, [jonas]);
    assert_eq!(list("collaborators").await.len(), 3);
    put(&sandbox, MAYA, id, json!({"followers": [{"user_id": customer}]})).await.expect(422);
    put(&sandbox, MAYA, id, json!({"email_ccs": [{"user_id": customer, "action": "delete"}]}))
        .await
        .expect(200);
    assert_eq!(list("email_ccs").await, [new]);
    // The older form sorts people by their role and replaces all.
    put(&sandbox, MAYA, id, json!({"collaborators": [jonas, "copy@customer.test"]})).await.expect(200);
    assert_eq!((list("followers").await, list("email_ccs").await), (vec![jonas], vec![customer]));
    put(&sandbox, MAYA, id, json!({"collaborator_ids": []})).await.expect(200);
    assert_eq!(list("collaborators").await, [] as [u64; 0]);
    put(&sandbox, MAYA, id, json!({"follower_ids": [jonas]})).await.expect(200);
    let followed = get(&sandbox, MAYA, &format!("/api/v2/users/{jonas}/tickets/followed")).await.expect(200);
    assert_eq!(ids(&followed.json()["tickets"]), [id]);
}

#[tokio::test]
async fn a_solved_problem_solves_its_incidents() {
    let sandbox = start().await;
    let make = async |kind: &str, problem: Option<u64>| {
        let body = json!({"subject": kind, "type": kind, "problem_id": problem, "comment": {"body": "!"}});
        create(&sandbox, body).await
    };
    let problem = id_of(&make("problem", None).await);
    let incident = make("incident", Some(problem)).await;
    assert_eq!(incident["problem_id"], problem);
    let incident = id_of(&incident);
    assert_eq!(make("question", Some(problem)).await["problem_id"], Value::Null, "incidents only");
    assert_eq!(show(&sandbox, problem).await["has_incidents"], true);
    let path = |what: &str| format!("/api/v2/tickets/{problem}/{what}.json");
    let list = get(&sandbox, MAYA, &path("incidents")).await.expect(200).json();
    assert_eq!(ids(&list["tickets"]), [incident]);
    assert_eq!(get(&sandbox, MAYA, &path("related")).await.expect(200).json()["incidents"], 1);
    let open = get(&sandbox, MAYA, "/api/v2/problems.json").await.expect(200).json();
    assert!(ids(&open["tickets"]).contains(&problem));
    let jonas = user(&sandbox, "jonas@acme.test");
    put(
        &sandbox,
        MAYA,
        problem,
        json!({"status": "solved", "assignee_id": jonas, "comment": {"body": "Mended."}}),
    )
    .await
    .expect(200);
    let after = show(&sandbox, incident).await;
    assert_eq!((&after["status"], &after["assignee_id"]), (&json!("solved"), &json!(jonas)));
    let comments =
        get(&sandbox, MAYA, &format!("/api/v2/tickets/{incident}/comments")).await.expect(200).json();
    assert_eq!(comments["comments"][1]["body"], "Mended.");
    // No longer an incident, no longer linked.
    put(&sandbox, MAYA, incident, json!({"type": "question"})).await.expect(200);
    assert_eq!(show(&sandbox, problem).await["has_incidents"], false);
}

#[tokio::test]
async fn a_closed_ticket_is_followed_up_by_a_new_one() {
    let sandbox = start().await;
    let order = field(&sandbox, "Order number");
    let jonas = user(&sandbox, "jonas@acme.test");
    let source = create(
        &sandbox,
        json!({"subject": "Broken again", "comment": {"body": "!"}, "priority": "high",
        "tags": ["old"], "assignee_id": jonas, "custom_fields": [{"id": order, "value": "A-7"}]}),
    )
    .await;
    let source = id_of(&source);
    let follow = json!({"ticket": {"via_followup_source_id": source, "comment": {"body": "It broke again"}}});
    let post = || call(&sandbox, MAYA, Method::POST, "/api/v2/tickets", follow.clone());
    post().await.expect(422);
    put(&sandbox, MAYA, source, json!({"status": "closed"})).await.expect(200);
    let made = post().await.expect(201).json()["ticket"].clone();
    assert_eq!((&made["subject"], &made["priority"]), (&json!("Broken again"), &json!("high")));
    assert_eq!(made["tags"], json!(["old"]));
    assert_eq!((&made["status"], &made["via"]["source"]["rel"]), (&json!("new"), &json!("follow_up")));
    assert_eq!(made["via"]["source"]["from"]["ticket_id"], source);
    assert_eq!(show(&sandbox, source).await["followup_ids"], json!([id_of(&made)]));
    let path = format!("/api/v2/tickets/{}/related", id_of(&made));
    let related = get(&sandbox, MAYA, &path).await.expect(200).json();
    assert_eq!(related["followup_source_ids"], json!([source.to_string()]));
}

#[tokio::test]
async fn an_import_keeps_its_history_and_sets_nothing_off() {
    let sandbox = start().await;
    let jonas = user(&sandbox, "jonas@acme.test");
    let body = json!({"ticket": {"subject": "From before", "assignee_id": jonas, "status": "closed",
    "tags": ["category_building"], "created_at": "2020-01-02T03:04:05Z", "updated_at": "2020-02-01T00:00:00Z",
    "comments": [
        {"author_id": jonas, "value": "First words", "created_at": "2020-01-02T03:04:05Z"},
        {"author_id": jonas, "value": "Later words", "created_at": "2020-01-05T00:00:00Z", "public": false},
    ]}});
    let path = "/api/v2/imports/tickets.json";
    call(&sandbox, MAYA, Method::POST, path, body.clone()).await.expect(403);
    let made = call(&sandbox, ADMIN_, Method::POST, path, body).await.expect(201).json()["ticket"].clone();
    assert_eq!((&made["status"], &made["description"]), (&json!("closed"), &json!("First words")));
    assert_eq!(
        (&made["created_at"], &made["updated_at"]),
        (&json!("2020-01-02T03:04:05Z"), &json!("2020-02-01T00:00:00Z"))
    );
    let comments =
        get(&sandbox, ADMIN_, &format!("/api/v2/tickets/{}/comments", id_of(&made))).await.expect(200).json();
    assert_eq!(comments["comments"][1]["created_at"], "2020-01-05T00:00:00Z");
    assert_eq!(comments["comments"][1]["public"], false);
    let path = format!("/sandbox/trigger_runs?ticket_id={}", id_of(&made));
    assert_eq!(get(&sandbox, As::Person(ADMIN), &path).await.expect(200).json()["trigger_runs"], json!([]));
    let many = json!({"tickets": [{"subject": "One", "comments": [{"value": "x"}]}, {"subject": "None"}]});
    let job = call(&sandbox, ADMIN_, Method::POST, "/api/v2/imports/tickets/create_many", many).await;
    let job = done(&sandbox, job.expect(200).json()).await;
    assert!(job["results"][0]["id"].is_u64());
    assert_eq!(job["results"][1]["success"], false);
}

#[tokio::test]
async fn the_tickets_touched_last_are_recent() {
    let sandbox = start().await;
    let (a, b) = (ticket(&sandbox, "A").await, ticket(&sandbox, "B").await);
    sandbox.control().advance(Duration::from_secs(60));
    put(&sandbox, MAYA, a, json!({"priority": "low"})).await.expect(200);
    let recent = get(&sandbox, MAYA, "/api/v2/tickets/recent.json").await.expect(200).json();
    assert_eq!(ids(&recent["tickets"])[..2], [a, b]);
}
