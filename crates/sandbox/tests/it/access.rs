//! Who may see and do what; users, groups, memberships.

use http::Method;
use serde_json::{Value, json};

use crate::support::{ADMIN, As, call, get, start};
use crate::tickets::{ADMIN_, MAYA, create, group, id_of, put, show, user};

const PRIYA: As<'static> = As::Person("priya@acme.test");
const LENA: As<'static> = As::Person("lena@acme.test");
const HANNAH: As<'static> = As::Person("hannah.vogel@harborlogistics.test");

#[tokio::test]
async fn an_agent_restricted_to_groups_sees_and_changes_nothing_else() {
    let sandbox = start().await;
    let facilities = group(&sandbox, "Facilities");
    let all = get(&sandbox, PRIYA, "/api/v2/tickets").await.expect(200).json();
    let list = all["tickets"].as_array().expect("a list");
    assert!(!list.is_empty() && list.len() < 40);
    assert!(list.iter().all(|t| t["group_id"] == facilities));
    let other = id_of(
        &create(
            &sandbox,
            json!({"subject": "Secret", "comment": {"body": "!"},
        "group_id": group(&sandbox, "IT"), "tags": ["s3cret"]}),
        )
        .await,
    );
    for path in ["", "/comments", "/audits", "/tags"] {
        let refused = get(&sandbox, PRIYA, &format!("/api/v2/tickets/{other}{path}")).await.expect(403);
        assert_eq!(refused.json()["error"]["title"], "Forbidden");
    }
    put(&sandbox, PRIYA, other, json!({"priority": "low"})).await.expect(403);
    let tags = json!({"tags": ["x"]});
    call(&sandbox, PRIYA, Method::PUT, &format!("/api/v2/tickets/{other}/tags"), tags).await.expect(403);
    let many =
        get(&sandbox, PRIYA, &format!("/api/v2/tickets/show_many?ids={other}")).await.expect(200).json();
    assert_eq!(many["count"], 0);
    let found =
        get(&sandbox, PRIYA, "/api/v2/search?query=tags:s3cret%20type:ticket").await.expect(200).json();
    assert_eq!(found["count"], 0);
    // Once it is hers she sees it.
    put(&sandbox, MAYA, other, json!({"assignee_id": user(&sandbox, "priya@acme.test")})).await.expect(200);
    get(&sandbox, PRIYA, &format!("/api/v2/tickets/{other}")).await.expect(200);
}

#[tokio::test]
async fn a_light_agent_comments_privately_and_changes_nothing() {
    let sandbox = start().await;
    let id = id_of(&create(&sandbox, json!({"subject": "Light", "comment": {"body": "!"}})).await);
    get(&sandbox, LENA, &format!("/api/v2/tickets/{id}")).await.expect(200);
    let said = put(&sandbox, LENA, id, json!({"comment": {"body": "I know this one", "public": true}})).await;
    assert_eq!(said.expect(200).json()["audit"]["events"][0]["public"], false);
    let before = show(&sandbox, id).await;
    put(&sandbox, LENA, id, json!({"priority": "low"})).await.expect(403);
    let tags = json!({"tags": ["x"]});
    call(&sandbox, LENA, Method::POST, &format!("/api/v2/tickets/{id}/tags"), tags).await.expect(403);
    let ticket = json!({"ticket": {"subject": "x", "comment": {"body": "x"}}});
    call(&sandbox, LENA, Method::POST, "/api/v2/tickets", ticket).await.expect(403);
    assert_eq!(show(&sandbox, id).await, before);
}

#[tokio::test]
async fn customers_have_no_business_here() {
    let sandbox = start().await;
    let hannah = user(&sandbox, "hannah.vogel@harborlogistics.test");
    for path in [
        "/api/v2/tickets",
        "/api/v2/tickets/1",
        "/api/v2/users",
        "/api/v2/groups",
        "/api/v2/views",
        "/api/v2/search?query=x",
        "/api/v2/triggers",
        "/api/v2/job_statuses",
        "/api/v2/organizations",
    ] {
        get(&sandbox, HANNAH, path).await.expect(403);
    }
    put(&sandbox, HANNAH, 1, json!({"priority": "low"})).await.expect(403);
    let me = get(&sandbox, HANNAH, "/api/v2/users/me.json").await.expect(200).json();
    assert_eq!((&me["user"]["id"], &me["user"]["role"]), (&json!(hannah), &json!("end-user")));
    let own = get(&sandbox, HANNAH, &format!("/api/v2/users/{hannah}")).await.expect(200).json();
    assert!(own["user"].get("notes").is_none(), "what agents note is not shown to her");
    get(&sandbox, HANNAH, &format!("/api/v2/users/{}", user(&sandbox, ADMIN))).await.expect(403);
}

#[tokio::test]
async fn users_are_shown_found_made_and_changed() {
    let sandbox = start().await;
    let me = get(&sandbox, ADMIN_, "/api/v2/users/me.json").await.expect(200).json();
    assert_eq!((&me["user"]["email"], &me["user"]["role"]), (&json!(ADMIN), &json!("admin")));
    assert!(me["user"]["authenticity_token"].is_string());
    let nobody = get(&sandbox, As::Nobody, "/api/v2/users/me").await.expect(200).json();
    assert_eq!((&nobody["user"]["id"], &nobody["user"]["name"]), (&Value::Null, &json!("Anonymous user")));
    let maya = user(&sandbox, "maya@acme.test");
    let found = get(&sandbox, ADMIN_, "/api/v2/users/search?query=maya").await.expect(200).json();
    assert_eq!((found["count"].as_u64(), found["users"][0]["id"].as_u64()), (Some(1), Some(maya)));
    let many =
        get(&sandbox, ADMIN_, &format!("/api/v2/users/show_many?ids={maya},5")).await.expect(200).json();
    assert_eq!(many["count"], 1);
    let path = "/api/v2/users/create_or_update";
    let nina =
        |name: &str| json!({"user": {"name": name, "email": "nina@example.test", "external_id": "n-1"}});
    let made = call(&sandbox, MAYA, Method::POST, path, nina("Nina")).await.expect(201).json();
    let again = call(&sandbox, MAYA, Method::POST, path, nina("Nina B.")).await.expect(200).json();
    assert_eq!(made["user"]["id"], again["user"]["id"]);
    let id = id_of(&made["user"]);
    let double = call(&sandbox, MAYA, Method::POST, "/api/v2/users", nina("Other")).await.expect(422).json();
    assert_eq!(double["details"]["email"][0]["error"], "DuplicateValue");
    // Making an agent of her is for administrators.
    let role = json!({"user": {"role": "agent"}});
    call(&sandbox, MAYA, Method::PUT, &format!("/api/v2/users/{id}"), role.clone()).await.expect(403);
    let agent =
        call(&sandbox, ADMIN_, Method::PUT, &format!("/api/v2/users/{id}"), role).await.expect(200).json();
    assert_eq!(
        (&agent["user"]["role"], &agent["user"]["ticket_restriction"]),
        (&json!("agent"), &Value::Null)
    );
    let join = json!({"group_membership": {"user_id": id, "group_id": group(&sandbox, "IT")}});
    let made = call(&sandbox, ADMIN_, Method::POST, "/api/v2/group_memberships", join.clone())
        .await
        .expect(201)
        .json();
    call(&sandbox, ADMIN_, Method::POST, "/api/v2/group_memberships", join).await.expect(422);
    let list = get(&sandbox, ADMIN_, &format!("/api/v2/users/{id}/group_memberships?include=groups"))
        .await
        .expect(200)
        .json();
    assert_eq!((list["count"].as_u64(), &list["groups"][0]["name"]), (Some(1), &json!("IT")));
    let membership = id_of(&made["group_membership"]);
    call(&sandbox, ADMIN_, Method::DELETE, &format!("/api/v2/group_memberships/{membership}"), json!({}))
        .await
        .expect(204);
    let it = group(&sandbox, "IT");
    let members = get(&sandbox, ADMIN_, &format!("/api/v2/groups/{it}/memberships")).await.expect(200).json();
    assert!(!members["group_memberships"].as_array().expect("a list").iter().any(|m| m["user_id"] == id));
    get(&sandbox, ADMIN_, &format!("/api/v2/groups/{it}/users")).await.expect(200);
}
