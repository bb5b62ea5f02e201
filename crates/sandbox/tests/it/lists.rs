//! Lists: pages, views, search, the records that administrators set up.

use http::Method;
use serde_json::{Value, json};

use crate::support::{call, get, start};
use crate::tickets::{ADMIN_, MAYA, create, field, id_of, put};

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().expect("a list").iter().map(id_of).collect()
}

#[tokio::test]
async fn both_ways_through_the_pages_show_every_ticket_once() {
    let sandbox = start().await;
    for start in ["/api/v2/tickets.json?per_page=7", "/api/v2/tickets.json?page[size]=7"] {
        let (mut seen, mut next) = (Vec::new(), Some(format!("{}{start}", sandbox.url())));
        while let Some(url) = next {
            let path = url.strip_prefix(sandbox.url()).expect("an address of the sandbox").to_owned();
            let page = get(&sandbox, ADMIN_, &path).await.expect(200).json();
            seen.extend(ids(&page["tickets"]));
            let link = if page["links"].is_object() { &page["links"]["next"] } else { &page["next_page"] };
            next = link.as_str().map(str::to_owned);
        }
        assert_eq!(seen, (1..=40).collect::<Vec<u64>>(), "{start}");
    }
    get(&sandbox, ADMIN_, "/api/v2/tickets.json?page=101").await.expect(400);
    get(&sandbox, ADMIN_, "/api/v2/tickets.json?page[size]=101").await.expect(400);
    let count = get(&sandbox, ADMIN_, "/api/v2/tickets/count").await.expect(200).json();
    assert_eq!(count["count"]["value"], 40);
}

#[tokio::test]
async fn views_show_what_their_conditions_say() {
    let sandbox = start().await;
    let views = get(&sandbox, MAYA, "/api/v2/views.json").await.expect(200).json();
    let titles: Vec<&str> =
        views["views"].as_array().expect("a list").iter().filter_map(|v| v["title"].as_str()).collect();
    assert_eq!(
        titles,
        [
            "Your unsolved tickets",
            "Unassigned tickets",
            "All unsolved tickets",
            "Recently updated tickets",
            "Recently solved tickets"
        ]
    );
    let view = |n: usize| id_of(&views["views"][n]);
    let maya = crate::tickets::user(&sandbox, "maya@acme.test");
    let mine = get(&sandbox, MAYA, &format!("/api/v2/views/{}/tickets", view(0))).await.expect(200).json();
    let list = mine["tickets"].as_array().expect("a list");
    assert!(!list.is_empty());
    for t in list {
        assert_eq!(t["assignee_id"], maya);
        assert!(!["solved", "closed"].contains(&t["status"].as_str().expect("a status")), "{t}");
    }
    let unassigned =
        get(&sandbox, MAYA, &format!("/api/v2/views/{}/tickets", view(1))).await.expect(200).json();
    let before = unassigned["count"].as_u64().expect("a count");
    create(&sandbox, json!({"subject": "Nobody's", "comment": {"body": "!"}})).await;
    let count = get(&sandbox, MAYA, &format!("/api/v2/views/{}/count", view(1))).await.expect(200).json();
    assert_eq!(count["view_count"]["value"], before + 1);
    let solved = get(&sandbox, MAYA, &format!("/api/v2/views/{}/execute", view(4))).await.expect(200).json();
    assert!(!solved["rows"].as_array().expect("rows").is_empty());
    assert!(solved["rows"].as_array().expect("rows").iter().all(|r| r["ticket"]["status"] == "solved"));
    let counts = get(&sandbox, MAYA, &format!("/api/v2/views/count_many?ids={},{}", view(0), view(1)))
        .await
        .expect(200)
        .json();
    assert_eq!(counts["view_counts"].as_array().expect("a list").len(), 2);
    get(&sandbox, MAYA, "/api/v2/views/7").await.expect(404);
}

#[tokio::test]
async fn search_understands_the_common_words() {
    let sandbox = start().await;
    let order = field(&sandbox, "Order number");
    let id = id_of(
        &create(
            &sandbox,
            json!({"subject": "Unmistakable zebra", "comment": {"body": "stripes"}, "priority": "high",
            "tags": ["striped"], "custom_fields": [{"id": order, "value": "Z-1"}]}),
        )
        .await,
    );
    put(&sandbox, MAYA, id, json!({"status": "pending"})).await.expect(200);
    let find = async |query: &str| {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let found =
            get(&sandbox, MAYA, &format!("/api/v2/search.json?query={query}")).await.expect(200).json();
        let count =
            get(&sandbox, MAYA, &format!("/api/v2/search/count?query={query}")).await.expect(200).json();
        assert_eq!(found["count"], count["count"]);
        ids(&found["results"])
    };
    for query in [
        "type:ticket zebra".to_owned(),
        "type:ticket \"unmistakable zebra\" status:pending".to_owned(),
        "type:ticket tags:striped".to_owned(),
        "type:ticket tags:striped status<solved priority>normal".to_owned(),
        format!("type:ticket custom_field_{order}:Z-1"),
        "type:ticket striped:no -tags:other zebra".replace("striped:no ", ""),
        format!("type:ticket id:{id}"),
    ] {
        assert_eq!(find(&query).await, [id], "{query}");
    }
    assert_eq!(find("type:ticket tags:striped status:open").await, [] as [u64; 0]);
    assert_eq!(find("type:ticket zebra -tags:striped").await, [] as [u64; 0]);
    assert_eq!(find("type:user maya").await, [crate::tickets::user(&sandbox, "maya@acme.test")]);
    get(&sandbox, MAYA, "/api/v2/search?query=").await.expect(400);
}

#[tokio::test]
async fn what_administrators_set_up_is_there() {
    let sandbox = start().await;
    for (path, key, count) in [
        ("/api/v2/ticket_fields", "ticket_fields", 14),
        ("/api/v2/ticket_forms", "ticket_forms", 2),
        ("/api/v2/custom_statuses", "custom_statuses", 6),
        ("/api/v2/groups", "groups", 3),
        ("/api/v2/groups/assignable", "groups", 3),
        ("/api/v2/group_memberships", "group_memberships", 8),
        ("/api/v2/organizations", "organizations", 4),
        ("/api/v2/users", "users", 18),
        ("/api/v2/users?role=agent", "users", 4),
        ("/api/v2/triggers", "triggers", 4),
        ("/api/v2/brands", "brands", 1),
        ("/api/v2/locales", "locales", 2),
    ] {
        let answer = get(&sandbox, MAYA, path).await.expect(200).json();
        assert_eq!(answer[key].as_array().expect("a list").len(), count, "{path}");
    }
    let settings = get(&sandbox, MAYA, "/api/v2/account/settings.json").await.expect(200).json();
    assert_eq!(settings["settings"]["active_features"]["custom_statuses_enabled"], true);
    let forms = get(&sandbox, MAYA, "/api/v2/ticket_forms?active=true").await.expect(200).json();
    let form = id_of(&forms["ticket_forms"][1]);
    get(&sandbox, MAYA, &format!("/api/v2/ticket_forms/{form}")).await.expect(200);
    get(&sandbox, MAYA, &format!("/api/v2/ticket_forms/show_many?ids={form}")).await.expect(200);
    get(&sandbox, MAYA, "/api/v2/locales/current").await.expect(200);
}

#[tokio::test]
async fn a_field_made_by_an_administrator_is_on_tickets_from_then_on() {
    let sandbox = start().await;
    let described = json!({"ticket_field": {"type": "tagger", "title": "Floor", "custom_field_options": [
        {"name": "First", "value": "floor_1"}, {"name": "Second", "value": "floor_2"}]}});
    call(&sandbox, MAYA, Method::POST, "/api/v2/ticket_fields", described.clone()).await.expect(403);
    let made = call(&sandbox, ADMIN_, Method::POST, "/api/v2/ticket_fields.json", described)
        .await
        .expect(201)
        .json();
    let id = id_of(&made["ticket_field"]);
    let shown = get(&sandbox, MAYA, &format!("/api/v2/ticket_fields/{id}")).await.expect(200).json();
    assert_eq!(shown, made);
    let options =
        get(&sandbox, MAYA, &format!("/api/v2/ticket_fields/{id}/options")).await.expect(200).json();
    assert_eq!(options["count"], 2);
    let ticket =
        create(&sandbox, json!({"subject": "Up", "comment": {"body": "!"}, "tags": ["floor_2"]})).await;
    let value =
        ticket["custom_fields"].as_array().expect("a list").iter().find(|f| f["id"] == id).expect("on it");
    assert_eq!(value["value"], "floor_2");
    for wrong in [
        json!({"type": "tagger", "title": "No options"}),
        json!({"type": "text", "title": ""}),
        json!({"type": "wonder", "title": "x"}),
        json!({"type": "status", "title": "A second status"}),
    ] {
        let body = json!({"ticket_field": wrong});
        call(&sandbox, ADMIN_, Method::POST, "/api/v2/ticket_fields", body).await.expect(422);
    }
}
