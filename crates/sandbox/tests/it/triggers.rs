//! Triggers: conditions, actions, order, and that they end.

use std::sync::Arc;

use http::Method;
use sandbox::Sandbox;
use sandbox::model::TicketRecord;
use serde_json::{Value, json};

use crate::support::{call, get, start};
use crate::tickets::{ADMIN_, MAYA, create, field, group, id_of, put, show};

pub(crate) async fn add(sandbox: &Sandbox, trigger: Value) -> u64 {
    let answer = call(sandbox, ADMIN_, Method::POST, "/api/v2/triggers.json", json!({"trigger": trigger}))
        .await
        .expect(201);
    id_of(&answer.json()["trigger"])
}

async fn runs(sandbox: &Sandbox, ticket: u64) -> Vec<Value> {
    let answer =
        get(sandbox, ADMIN_, &format!("/sandbox/trigger_runs?ticket_id={ticket}")).await.expect(200).json();
    answer["trigger_runs"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn the_deadline_trigger_of_the_seed_escalates_once() {
    let sandbox = start().await;
    let id = id_of(
        &create(
            &sandbox,
            json!({"subject": "Late", "comment": {"body": "!"}, "priority": "high",
        "tags": ["deadline_now"]}),
        )
        .await,
    );
    assert_eq!(
        show(&sandbox, id).await["tags"],
        json!(["deadline_now"]),
        "it is for changes, not for creations"
    );
    let answer = put(&sandbox, MAYA, id, json!({"tags": ["deadline_now", "x"]})).await.expect(200).json();
    let ticket = &answer["ticket"];
    assert_eq!(ticket["priority"], "urgent");
    assert_eq!(ticket["tags"], json!(["deadline_escalated", "deadline_now", "x"]));
    // The trigger's changes are in the same audit, with the trigger named on each.
    let events = answer["audit"]["events"].as_array().expect("events");
    let by_rule: Vec<&Value> = events.iter().filter(|e| e["via"]["channel"] == "rule").collect();
    assert_eq!(by_rule.len(), 3, "{events:#?}");
    assert!(
        by_rule
            .iter()
            .all(|e| e["via"]["source"]["from"]["title"] == "Escalate when the deadline has passed")
    );
    let note = by_rule.iter().find(|e| e["type"] == "Comment").expect("a comment");
    assert_eq!(note["public"], false);
    assert!(note["body"].as_str().expect("text").starts_with("The deadline of this ticket has passed."));
    let again = put(&sandbox, MAYA, id, json!({"subject": "Later"})).await.expect(200).json();
    assert_eq!(again["audit"]["events"].as_array().expect("events").len(), 1);
    let why = runs(&sandbox, id).await;
    let last =
        why.iter().rfind(|r| r["title"] == "Escalate when the deadline has passed").expect("looked at");
    assert_eq!(last["fired"], false);
    assert_eq!(last["reason"], "not: current_tags not_includes deadline_escalated");
}

#[tokio::test]
async fn after_a_change_the_list_is_run_again_from_the_top_and_each_fires_once() {
    let sandbox = start().await;
    // `first` waits for what `second` does; together they would go on for ever.
    let tag = |tag: &str| json!([{"field": "current_tags", "value": tag}]);
    let when = |includes: &str, lacks: &str| {
        json!([{"field": "current_tags", "operator": "includes", "value": includes},
            {"field": "current_tags", "operator": "not_includes", "value": lacks}])
    };
    add(
        &sandbox,
        json!({"title": "first", "all": when("b", "never"), "actions": [
        {"field": "remove_tags", "value": "b"}, {"field": "current_tags", "value": "a"}]}),
    )
    .await;
    add(&sandbox, json!({"title": "second", "all": when("a", "b"), "actions": tag("b")})).await;
    add(&sandbox, json!({"title": "third", "all": when("c", "d"), "actions": tag("d")})).await;
    let id = id_of(&create(&sandbox, json!({"subject": "Chain", "comment": {"body": "!"}})).await);
    let before = runs(&sandbox, id).await.len();
    let ticket =
        put(&sandbox, MAYA, id, json!({"tags": ["a", "c"]})).await.expect(200).json()["ticket"].clone();
    assert_eq!(ticket["tags"], json!(["a", "c", "d"]));
    let fired: Vec<String> = runs(&sandbox, id).await[before..]
        .iter()
        .filter(|r| r["fired"] == true)
        .map(|r| r["title"].as_str().expect("a title").to_owned())
        .collect();
    assert_eq!(fired, ["second", "first", "third"]);
}

#[tokio::test]
async fn conditions_on_what_changed() {
    let sandbox = start().await;
    let it = group(&sandbox, "IT").to_string();
    let people = field(&sandbox, "People affected");
    let one = |field: &str, operator: &str, value: &str| json!({"field": field, "operator": operator, "value": value});
    let cases = [
        ("status_value", json!([one("status", "value", "pending")])),
        ("status_from", json!([one("status", "value_previous", "open")])),
        ("status_changed", json!([one("status", "changed", "")])),
        ("status_same", json!([one("status", "not_changed", ""), one("update_type", "is", "Change")])),
        ("prio_above", json!([one("priority", "greater_than", "normal")])),
        ("prio_below", json!([one("priority", "less_than", "low"), one("update_type", "is", "Change")])),
        ("group_it", json!([one("group_id", "is", &it)])),
        ("many_people", json!([one(&format!("custom_fields_{people}"), "greater_than", "9")])),
        (
            "public_word",
            json!([one("comment_is_public", "is", "true"), one("comment_includes_word", "includes", "fire")]),
        ),
        ("by_agent", json!([one("role", "is", "agent"), one("status", "value", "pending")])),
        ("by_customer", json!([one("role", "is", "end_user")])),
    ];
    for (title, all) in &cases {
        let actions = json!([{"field": "current_tags", "value": format!("t_{title}")}]);
        add(&sandbox, json!({"title": title, "conditions": {"all": all, "any": []}, "actions": actions}))
            .await;
    }
    add(
        &sandbox,
        json!({"title": "any", "any": [one("priority", "is", "urgent"), one("type", "is", "task")],
        "actions": [{"field": "current_tags", "value": "t_any"}]}),
    )
    .await;
    let fresh = || json!({"subject": "Facts", "comment": {"body": "!"}, "status": "open", "type": "question", "priority": "normal"});
    for (change, expected) in [
        (json!({"status": "pending"}), vec!["by_agent", "status_changed", "status_from", "status_value"]),
        (json!({"subject": "Other"}), vec!["status_same"]),
        (json!({"priority": "high"}), vec!["prio_above", "status_same"]),
        (json!({"priority": "urgent"}), vec!["any", "prio_above", "status_same"]),
        (json!({"priority": null}), vec!["prio_below", "status_same"]),
        (json!({"group_id": it}), vec!["group_it", "status_same"]),
        (json!({"custom_fields": [{"id": people, "value": 10}]}), vec!["many_people", "status_same"]),
        (json!({"custom_fields": [{"id": people, "value": 9}]}), vec!["status_same"]),
        (json!({"comment": {"body": "There is fire!"}}), vec!["public_word", "status_same"]),
        (json!({"comment": {"body": "There is fire!", "public": false}}), vec!["status_same"]),
        (json!({"type": "task"}), vec!["any", "status_same"]),
    ] {
        sandbox.control().settings(|s| s.rate_limit_per_minute = 10_000);
        let id = id_of(&create(&sandbox, fresh()).await);
        // What fired at the creation is of no interest here.
        let clear = |r: &mut Arc<TicketRecord>| Arc::make_mut(r).ticket.tags.clear();
        sandbox.shared().write().tickets.get_mut(&id).map(clear).expect("just made");
        let ticket = put(&sandbox, MAYA, id, change.clone()).await.expect(200).json()["ticket"].clone();
        let tags: Vec<String> = ticket["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let expected: Vec<String> = expected.into_iter().map(|t| format!("t_{t}")).collect();
        assert_eq!(tags, expected, "after {change}");
    }
}

#[tokio::test]
async fn notifications_are_written_down_in_the_audit() {
    let sandbox = start().await;
    let notify = |who: &str, what: &str| json!({"field": format!("notification_{what}"), "value": [who, "About {{ticket.title}}", "Hello"]});
    let when = json!([{"field": "status", "operator": "value", "value": "pending"}]);
    let actions =
        json!([notify("requester_id", "user"), notify("group_id", "group"), notify("assignee_id", "user")]);
    add(&sandbox, json!({"title": "Tell", "all": when, "actions": actions})).await;
    let facilities = group(&sandbox, "Facilities");
    let ticket =
        create(&sandbox, json!({"subject": "Keys", "comment": {"body": "!"}, "group_id": facilities})).await;
    let answer = put(&sandbox, MAYA, id_of(&ticket), json!({"status": "pending"})).await.expect(200).json();
    let events = answer["audit"]["events"].as_array().expect("events");
    let told: Vec<(&Value, &Value)> = events
        .iter()
        .filter(|e| e["type"] == "Notification")
        .map(|e| (&e["recipients"], &e["subject"]))
        .collect();
    let priya = crate::tickets::user(&sandbox, "priya@acme.test");
    let about = json!("About Keys");
    // Nobody is assigned, so nobody is told in his place.
    assert_eq!(told, [(&json!([ticket["requester_id"]]), &about), (&json!([priya]), &about)]);
}

#[tokio::test]
async fn triggers_are_made_changed_and_removed_by_administrators() {
    let sandbox = start().await;
    let good = json!({"title": "Mine", "all": [{"field": "status", "operator": "is", "value": "open"}],
        "actions": [{"field": "priority", "value": "low"}], "active": false});
    let id = add(&sandbox, good.clone()).await;
    let path = format!("/api/v2/triggers/{id}.json");
    let shown = get(&sandbox, ADMIN_, &path).await.expect(200).json();
    assert_eq!(shown["trigger"]["conditions"]["all"][0]["field"], "status");
    assert_eq!(shown["trigger"]["active"], false);
    let active = get(&sandbox, ADMIN_, "/api/v2/triggers/active").await.expect(200).json();
    assert!(!active["triggers"].as_array().expect("a list").iter().any(|t| t["id"] == id));
    let changed = call(&sandbox, ADMIN_, Method::PUT, &path, json!({"trigger": {"active": true}})).await;
    assert_eq!(changed.expect(200).json()["trigger"]["title"], "Mine");
    call(&sandbox, MAYA, Method::POST, "/api/v2/triggers", json!({"trigger": good})).await.expect(403);
    for (wrong, place) in [
        (json!({"title": "", "all": good["all"], "actions": good["actions"]}), "title"),
        (json!({"title": "x", "actions": good["actions"]}), "conditions"),
        (json!({"title": "x", "all": good["all"]}), "actions"),
        (
            json!({"title": "x", "all": [{"field": "mood", "operator": "is", "value": ""}], "actions": good["actions"]}),
            "conditions",
        ),
        (json!({"title": "x", "all": good["all"], "actions": [{"field": "dance", "value": ""}]}), "actions"),
        (
            json!({"title": "x", "all": good["all"], "actions": [{"field": "notification_webhook", "value": ["01NONE", "{}"]}]}),
            "actions",
        ),
    ] {
        let answer = call(&sandbox, ADMIN_, Method::POST, "/api/v2/triggers", json!({"trigger": wrong}))
            .await
            .expect(422);
        assert!(answer.json()["details"][place][0]["description"].is_string(), "{wrong}: {}", answer.text);
    }
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(204);
    get(&sandbox, ADMIN_, &path).await.expect(404);
}
