//! Search: the language of its queries, and its export.

use http::Method;
use sandbox::Sandbox;
use serde_json::json;

use crate::support::{call, get, start};
use crate::tickets::{ADMIN_, MAYA, create, id_of, put, user};

async fn find(sandbox: &Sandbox, query: &str) -> Vec<u64> {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let found = get(sandbox, MAYA, &format!("/api/v2/search?query={query}")).await.expect(200).json();
    found["results"].as_array().expect("a list").iter().map(id_of).collect()
}

#[tokio::test]
async fn tickets_are_found_by_what_is_and_by_what_is_not() {
    let sandbox = start().await;
    let made = create(
        &sandbox,
        json!({"subject": "Walrus in the corridor", "comment": {"body": "It hums quietly"}, "priority": "urgent",
            "tags": ["walrus", "corridor"], "external_id": "w-1"}),
    )
    .await;
    let id = id_of(&made);
    put(&sandbox, MAYA, id, json!({"comment": {"body": "Fed with herring", "public": false}}))
        .await
        .expect(200);
    for query in [
        "walrus",
        "type:ticket walr*",
        "type:ticket herring",
        "\"walrus in the corridor\"",
        "subject:walrus",
        "subject:\"the corridor\"",
        "tags:walrus tags:nothing",
        "tags:\"walrus corridor\"",
        "tags:wal*",
        "external_id:w-1 priority>high",
        "walrus priority>=urgent status<open",
        "walrus assignee:none",
        "walrus created>1hours",
        "walrus requester:me -status:solved -tags:other",
        "type:ticket walrus created>=2020-01-01 created<2100-01-01",
    ] {
        assert_eq!(find(&sandbox, query).await, [id], "{query}");
    }
    for query in [
        "walr",
        "type:user walrus",
        "tags:\"walrus other\"",
        "walrus priority:none",
        "walrus created<1hours",
        "walrus -status:new",
        "\"corridor walrus\"",
        "walrus updated<2020-01-01",
        "-type:ticket walrus",
    ] {
        assert_eq!(find(&sandbox, query).await, [] as [u64; 0], "{query}");
    }
    assert_eq!(find(&sandbox, "walrus requester:maya@acme.test").await, [id]);
    assert_eq!(find(&sandbox, "walrus requester:jonas@acme.test").await, [] as [u64; 0]);
    sandbox.control().advance(std::time::Duration::from_secs(7_200));
    assert_eq!(find(&sandbox, "walrus created<1hour").await, [id]);
    let ascending = find(&sandbox, "type:ticket order_by:created sort:asc").await;
    let mut descending = find(&sandbox, "type:ticket").await;
    descending.reverse();
    assert_eq!(ascending, descending);
    for wrong in ["%22open", "status:"] {
        get(&sandbox, MAYA, &format!("/api/v2/search?query={wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn people_and_organizations_are_found_too() {
    let sandbox = start().await;
    let luis = user(&sandbox, "luis.ortega@kestrelstudio.test");
    for query in [
        "type:user luis.ortega@kestrelstudio.test",
        "type:user email:luis.ortega@kestrelstudio.test",
        "type:user email:luis*",
        "type:user name:ortega",
        "type:user organization:\"kestrel studio\" name:luis",
    ] {
        assert_eq!(find(&sandbox, query).await, [luis], "{query}");
    }
    assert_eq!(find(&sandbox, "type:user email:kestrelstudio.test").await.len(), 3);
    assert_eq!(find(&sandbox, "type:user role:admin").await.len(), 2);
    assert_eq!(find(&sandbox, "type:user role:admin role:agent").await.len(), 6);
    assert_eq!(
        find(&sandbox, "type:user role:agent group:facilities").await,
        [user(&sandbox, "priya@acme.test")]
    );
    assert_eq!(find(&sandbox, "type:organization kestrel").await.len(), 1);
    assert_eq!(find(&sandbox, "type:group it").await.len(), 1);
}

#[tokio::test]
async fn an_export_goes_through_one_kind_by_cursor() {
    let sandbox = start().await;
    let (mut seen, mut next) = (
        Vec::new(),
        "/api/v2/search/export?query=status%3E%3Dnew&filter[type]=ticket&page[size]=7".to_owned(),
    );
    loop {
        let page = get(&sandbox, MAYA, &next).await.expect(200).json();
        seen.extend(page["results"].as_array().expect("a list").iter().map(id_of));
        if page["meta"]["has_more"] == false {
            break;
        }
        let link = page["links"]["next"].as_str().expect("a link");
        next = link.strip_prefix(sandbox.url()).expect("an address of the sandbox").to_owned();
    }
    assert_eq!(seen, (1..=40).collect::<Vec<u64>>());
    get(&sandbox, MAYA, "/api/v2/search/export?query=a").await.expect(400);
    get(&sandbox, MAYA, "/api/v2/search/export?query=a&filter[type]=ticket&page[size]=1001")
        .await
        .expect(400);
    let gone = json!({"user": {"notes": "x"}});
    call(&sandbox, ADMIN_, Method::PUT, "/api/v2/search/export", gone).await.expect(404);
}
