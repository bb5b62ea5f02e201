//! What administrators set up for tickets: fields, forms, statuses, macros, views.

use http::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Answer, As, call, get, request, send, start};
use crate::tickets::{ADMIN_, MAYA, create, field, group, id_of, put, show, user};

async fn post(sandbox: &Sandbox, who: As<'_>, path: &str, body: Value) -> Answer {
    call(sandbox, who, Method::POST, path, body).await
}

async fn change(sandbox: &Sandbox, who: As<'_>, path: &str, body: Value) -> Answer {
    call(sandbox, who, Method::PUT, path, body).await
}

async fn delete(sandbox: &Sandbox, who: As<'_>, path: &str) -> Answer {
    send(request(sandbox, &who, Method::DELETE, path)).await
}

#[tokio::test]
async fn custom_statuses_are_made_and_one_of_each_category_is_the_default() {
    let sandbox = start().await;
    let body = json!({"custom_status": {"status_category": "pending", "agent_label": "Waiting for parts"}});
    post(&sandbox, MAYA, "/api/v2/custom_statuses", body.clone()).await.expect(403);
    let made = post(&sandbox, ADMIN_, "/api/v2/custom_statuses.json", body).await.expect(201).json();
    let id = id_of(&made["custom_status"]);
    assert_eq!(made["custom_status"]["end_user_label"], "Waiting for parts");
    for wrong in
        [json!({"status_category": "closed", "agent_label": "x"}), json!({"status_category": "open"})]
    {
        post(&sandbox, ADMIN_, "/api/v2/custom_statuses", json!({"custom_status": wrong})).await.expect(422);
    }
    let path = format!("/api/v2/custom_statuses/{id}");
    let named = json!({"custom_status": {"agent_label": "Parts ordered"}});
    let changed = change(&sandbox, ADMIN_, &path, named).await.expect(200).json();
    assert_eq!(changed["custom_status"]["agent_label"], "Parts ordered");
    // From the custom status to the category, and from the category to its default.
    let ticket = id_of(&create(&sandbox, json!({"subject": "S", "comment": {"body": "!"}})).await);
    put(&sandbox, MAYA, ticket, json!({"custom_status_id": id})).await.expect(200);
    assert_eq!(show(&sandbox, ticket).await["status"], "pending");
    put(&sandbox, MAYA, ticket, json!({"status": "open"})).await.expect(200);
    change(&sandbox, ADMIN_, "/api/v2/custom_status/default.json", json!({"ids": id.to_string()}))
        .await
        .expect(200);
    put(&sandbox, MAYA, ticket, json!({"status": "pending"})).await.expect(200);
    assert_eq!(show(&sandbox, ticket).await["custom_status_id"], id);
    let query = "/api/v2/custom_statuses?status_categories=pending&default=true";
    let defaults = get(&sandbox, MAYA, query).await.expect(200).json();
    assert_eq!(defaults["custom_statuses"].as_array().map(Vec::len), Some(1));
    let off = json!({"custom_status": {"active": false}});
    change(&sandbox, ADMIN_, &path, off).await.expect(422);
}

#[tokio::test]
async fn options_are_put_one_by_one_and_fields_go_with_their_place_on_forms() {
    let sandbox = start().await;
    let category = field(&sandbox, "Category");
    let path = format!("/api/v2/ticket_fields/{category}/options");
    let option = |body: Value| json!({"custom_field_option": body});
    let new = option(json!({"name": "Parking", "value": "Category_Parking"}));
    let made = post(&sandbox, ADMIN_, &path, new.clone()).await.expect(201).json();
    assert_eq!(made["custom_field_option"]["value"], "category_parking");
    let id = id_of(&made["custom_field_option"]);
    post(&sandbox, ADMIN_, &path, new).await.expect(422);
    let moved = option(json!({"id": id, "name": "Car park", "value": "category_parking", "position": 0}));
    post(&sandbox, ADMIN_, &path, moved).await.expect(200);
    let list = get(&sandbox, MAYA, &path).await.expect(200).json();
    assert_eq!(list["custom_field_options"][0]["name"], "Car park");
    get(&sandbox, MAYA, &format!("{path}/{id}")).await.expect(200);
    delete(&sandbox, ADMIN_, &format!("{path}/{id}")).await.expect(204);
    get(&sandbox, MAYA, &format!("{path}/{id}")).await.expect(404);

    let field_path = format!("/api/v2/ticket_fields/{category}");
    delete(&sandbox, MAYA, &field_path).await.expect(403);
    delete(&sandbox, ADMIN_, &field_path).await.expect(204);
    get(&sandbox, MAYA, &field_path).await.expect(404);
    let forms = get(&sandbox, MAYA, "/api/v2/ticket_forms").await.expect(200).json();
    for form in forms["ticket_forms"].as_array().expect("a list") {
        assert!(!form["ticket_field_ids"].as_array().expect("ids").contains(&json!(category)));
    }
    let subject = field(&sandbox, "Subject");
    delete(&sandbox, ADMIN_, &format!("/api/v2/ticket_fields/{subject}")).await.expect(422);
    let order = json!({"ticket_field_ids": [field(&sandbox, "Order number"), subject]});
    change(&sandbox, ADMIN_, "/api/v2/ticket_fields/reorder", order).await.expect(200);
    let fields = get(&sandbox, MAYA, "/api/v2/ticket_fields").await.expect(200).json();
    assert_eq!(fields["ticket_fields"][0]["title"], "Order number");
}

#[tokio::test]
async fn forms_are_made_copied_ordered_and_removed() {
    let sandbox = start().await;
    let order = field(&sandbox, "Order number");
    let body = json!({"ticket_form": {"name": "Orders", "ticket_field_ids": [order]}});
    let made = post(&sandbox, ADMIN_, "/api/v2/ticket_forms.json", body).await.expect(201).json();
    let id = id_of(&made["ticket_form"]);
    assert!(
        made["ticket_form"]["ticket_field_ids"].as_array().expect("ids").len() > 1,
        "with the system's fields"
    );
    let copy = format!("/api/v2/ticket_forms/{id}/clone");
    let copy = post(&sandbox, ADMIN_, &copy, json!({})).await.expect(200).json();
    assert_eq!(copy["ticket_form"]["name"], "Copy of Orders");
    let copy = id_of(&copy["ticket_form"]);
    let wish = json!({"ticket_form_ids": [copy, id]});
    let ordered = change(&sandbox, ADMIN_, "/api/v2/ticket_forms/reorder", wish).await.expect(200).json();
    let at = |id: u64| ordered["ticket_forms"].as_array().expect("a list").iter().position(|f| f["id"] == id);
    assert!(at(copy) < at(id));
    let path = format!("/api/v2/ticket_forms/{id}");
    change(&sandbox, ADMIN_, &path, json!({"ticket_form": {"default": true}})).await.expect(200);
    delete(&sandbox, ADMIN_, &path).await.expect(422);
    delete(&sandbox, ADMIN_, &format!("/api/v2/ticket_forms/{copy}")).await.expect(204);
    let forms = get(&sandbox, MAYA, "/api/v2/ticket_forms").await.expect(200).json();
    let defaults = forms["ticket_forms"].as_array().expect("a list").iter().filter(|f| f["default"] == true);
    assert_eq!(defaults.count(), 1);
}

#[tokio::test]
async fn required_fields_must_be_filled_in_to_solve() {
    let sandbox = start().await;
    let (order, category) = (field(&sandbox, "Order number"), field(&sandbox, "Category"));
    let required = json!({"ticket_field": {"required": true}});
    change(&sandbox, ADMIN_, &format!("/api/v2/ticket_fields/{order}"), required).await.expect(200);
    let jonas = user(&sandbox, "jonas@acme.test");
    let body = json!({"subject": "S", "comment": {"body": "!"}, "assignee_id": jonas});
    let id = id_of(&create(&sandbox, body).await);
    let refused = put(&sandbox, MAYA, id, json!({"status": "solved"})).await.expect(422).json();
    assert_eq!(
        refused["details"]["base"][0]["description"],
        "Order number: is required when solving a ticket"
    );
    put(&sandbox, MAYA, id, json!({"priority": "high"})).await.expect(200);
    let set = |field: u64, value: &str| json!([{"id": field, "value": value}]);
    put(&sandbox, MAYA, id, json!({"status": "solved", "custom_fields": set(order, "A-1")}))
        .await
        .expect(200);

    // By a condition of the form: an order number, whenever it is about billing and pending.
    let form = sandbox.shared().read().ticket_forms.values().find(|f| f.default).expect("one").id;
    let conditions = json!({"ticket_form": {"agent_conditions": [{"parent_field_id": category,
        "value": "category_billing", "child_fields": [{"id": order, "is_required": true,
            "required_on_statuses": {"type": "SOME_STATUSES", "statuses": ["pending"]}}]}]}});
    let path = format!("/api/v2/ticket_forms/{form}");
    let answer = change(&sandbox, ADMIN_, &path, conditions).await.expect(200).json();
    assert_eq!(answer["ticket_form"]["agent_conditions"][0]["value"], "category_billing");
    let id = id_of(
        &create(&sandbox, json!({"subject": "S", "comment": {"body": "!"}, "assignee_id": jonas})).await,
    );
    put(&sandbox, MAYA, id, json!({"status": "pending"})).await.expect(200);
    put(&sandbox, MAYA, id, json!({"status": "open", "custom_fields": set(category, "category_billing")}))
        .await
        .expect(200);
    put(&sandbox, MAYA, id, json!({"status": "pending"})).await.expect(422);
    put(&sandbox, MAYA, id, json!({"status": "solved"})).await.expect(200);
}

#[tokio::test]
async fn a_macro_says_what_a_ticket_would_be_and_changes_nothing() {
    let sandbox = start().await;
    let it = group(&sandbox, "IT");
    let actions = json!([
        {"field": "status", "value": "pending"},
        {"field": "group_id", "value": it.to_string()},
        {"field": "current_tags", "value": "asked"},
        {"field": "comment_value", "value": "Hello {{ticket.requester.first_name}}"},
        {"field": "comment_mode_is_public", "value": "true"},
    ]);
    let body = json!({"macro": {"title": "Ask::More", "actions": actions}});
    post(&sandbox, MAYA, "/api/v2/macros", body.clone()).await.expect(403);
    let made = post(&sandbox, ADMIN_, "/api/v2/macros.json", body).await.expect(200).json();
    let id = id_of(&made["macro"]);
    let alone = get(&sandbox, MAYA, &format!("/api/v2/macros/{id}/apply.json")).await.expect(200).json();
    let alone = &alone["result"]["ticket"];
    assert_eq!((&alone["status"], &alone["group_id"]), (&json!("pending"), &json!(it)));
    assert_eq!(alone["comment"]["body"], "Hello {{ticket.requester.first_name}}");
    let ticket = create(
        &sandbox,
        json!({"subject": "S", "comment": {"body": "!"}, "tags": ["kept"],
        "requester": {"name": "Ada Love", "email": "ada@customer.test"}}),
    )
    .await;
    let ticket = id_of(&ticket);
    let path = format!("/api/v2/tickets/{ticket}/macros/{id}/apply.json");
    let applied = get(&sandbox, MAYA, &path).await.expect(200).json()["result"]["ticket"].clone();
    assert_eq!((&applied["id"], &applied["status"]), (&json!(ticket), &json!("pending")));
    assert_eq!(applied["tags"], json!(["asked", "kept"]));
    assert_eq!(
        (&applied["comment"]["body"], &applied["comment"]["public"]),
        (&json!("Hello Ada"), &json!(true))
    );
    assert_eq!(show(&sandbox, ticket).await["status"], "new");

    let maya = user(&sandbox, "maya@acme.test");
    let own = json!({"macro": {"title": "Mine", "actions": [{"field": "priority", "value": "low"}],
        "restriction": {"type": "User", "id": maya}}});
    let own = id_of(&post(&sandbox, MAYA, "/api/v2/macros", own).await.expect(200).json()["macro"]);
    get(&sandbox, As::Person("jonas@acme.test"), &format!("/api/v2/macros/{own}")).await.expect(404);
    let named = json!({"macro": {"title": "Still mine"}});
    change(&sandbox, MAYA, &format!("/api/v2/macros/{own}"), named).await.expect(200);
    let list = get(&sandbox, MAYA, "/api/v2/macros/active.json").await.expect(200).json();
    assert!(list["macros"].as_array().expect("a list").iter().any(|m| m["title"] == "Still mine"));
    let found = get(&sandbox, MAYA, "/api/v2/macros/search?query=ask").await.expect(200).json();
    assert_eq!(found["count"], 1);
    let categories = get(&sandbox, MAYA, "/api/v2/macros/categories").await.expect(200).json();
    assert!(categories["categories"].as_array().expect("a list").contains(&json!("Ask")));
    for path in ["/api/v2/macros/actions", "/api/v2/macros/definitions"] {
        get(&sandbox, MAYA, path).await.expect(200);
    }
    get(&sandbox, MAYA, &format!("/api/v2/macros/new?ticket_id={ticket}")).await.expect(200);
    delete(&sandbox, MAYA, &format!("/api/v2/macros/{own}")).await.expect(204);
    delete(&sandbox, MAYA, &format!("/api/v2/macros/{id}")).await.expect(403);
    delete(&sandbox, ADMIN_, &format!("/api/v2/macros/destroy_many?ids={id}")).await.expect(204);
    let wrong = json!({"macro": {"title": "x", "actions": [{"field": "fly", "value": "high"}]}});
    post(&sandbox, ADMIN_, "/api/v2/macros", wrong).await.expect(422);
}

#[tokio::test]
async fn views_are_made_tried_out_changed_and_removed() {
    let sandbox = start().await;
    let tagged = json!({"subject": "Rare", "comment": {"body": "!"}, "tags": ["rare"]});
    let ticket = id_of(&create(&sandbox, tagged).await);
    let described = json!({"view": {"title": "Rare ones",
        "all": [{"field": "status", "operator": "less_than", "value": "solved"},
            {"field": "current_tags", "operator": "includes", "value": "rare"}],
        "output": {"columns": ["subject", "status"], "sort_by": "subject", "sort_order": "asc", "group_by": "status"}}});
    let tried =
        post(&sandbox, MAYA, "/api/v2/views/preview.json", described.clone()).await.expect(200).json();
    assert_eq!(tried["rows"][0]["ticket"]["id"], ticket);
    let count =
        post(&sandbox, MAYA, "/api/v2/views/preview/count", described.clone()).await.expect(200).json();
    assert_eq!(count["view_count"]["value"], 1);
    post(&sandbox, MAYA, "/api/v2/views", described.clone()).await.expect(403);
    let made = post(&sandbox, ADMIN_, "/api/v2/views.json", described).await.expect(200).json();
    let id = id_of(&made["view"]);
    assert_eq!(made["view"]["execution"]["group_by"], "status");
    let inside = get(&sandbox, MAYA, &format!("/api/v2/views/{id}/tickets")).await.expect(200).json();
    assert_eq!(inside["count"], 1);
    get(&sandbox, MAYA, &format!("/api/v2/views/{id}/export")).await.expect(200);
    let path = format!("/api/v2/views/{id}.json");
    let maya = user(&sandbox, "maya@acme.test");
    let own = json!({"view": {"restriction": {"type": "User", "id": maya}}});
    change(&sandbox, ADMIN_, &path, own).await.expect(200);
    get(&sandbox, As::Person("jonas@acme.test"), &path).await.expect(404);
    change(&sandbox, MAYA, &path, json!({"view": {"active": false}})).await.expect(200);
    let many = get(&sandbox, MAYA, &format!("/api/v2/views/show_many?ids={id}")).await.expect(200).json();
    assert_eq!(many["views"][0]["active"], false);
    get(&sandbox, MAYA, "/api/v2/views/count").await.expect(200);
    let unbounded = json!({"view": {"title": "All", "all": [{"field": "current_tags", "operator": "includes", "value": "a"}]}});
    post(&sandbox, ADMIN_, "/api/v2/views", unbounded).await.expect(422);
    delete(&sandbox, MAYA, &path).await.expect(204);
    get(&sandbox, MAYA, &path).await.expect(404);
}
