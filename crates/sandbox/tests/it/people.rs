//! Users, their addresses, organizations, groups and memberships.

use http::Method;
use sandbox::{Role, Sandbox};
use serde_json::{Value, json};

use crate::support::{add_person, call, get, start};
use crate::tickets::{ADMIN_, MAYA, id_of, user};

async fn made(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    call(sandbox, ADMIN_, Method::POST, path, body).await.expect(201).json()
}

/// Lets the job do its work; its results.
async fn results(sandbox: &Sandbox, started: &Value) -> Vec<Value> {
    let id = started["job_status"]["id"].as_str().expect("a job").to_owned();
    assert_eq!(started["job_status"]["status"], "queued");
    sandbox.control().advance(std::time::Duration::from_secs(1));
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let job = get(sandbox, ADMIN_, &format!("/api/v2/job_statuses/{id}")).await.expect(200).json();
        if job["job_status"]["status"] == "completed" {
            return job["job_status"]["results"].as_array().expect("results").clone();
        }
        assert!(tokio::time::Instant::now() < patience, "not done: {job}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_new_address_is_added_to_the_old_one_until_it_is_made_primary() {
    let sandbox = start().await;
    let body = json!({"user": {"name": "Nora Field", "email": "Nora@field.test"}});
    let id = id_of(&made(&sandbox, "/api/v2/users", body).await["user"]);
    let path = format!("/api/v2/users/{id}");
    let put = async |path: String, body: Value| call(&sandbox, MAYA, Method::PUT, &path, body).await;
    let changed = put(path.clone(), json!({"user": {"email": "nora@second.test"}})).await.expect(200).json();
    assert_eq!(changed["user"]["email"], "nora@field.test");
    let list = get(&sandbox, MAYA, &format!("{path}/identities")).await.expect(200).json();
    let values: Vec<&str> =
        list["identities"].as_array().expect("a list").iter().filter_map(|i| i["value"].as_str()).collect();
    assert_eq!(values, ["nora@field.test", "nora@second.test"]);
    assert_eq!(list["identities"][0]["primary"], true);
    let (first, second) = (id_of(&list["identities"][0]), id_of(&list["identities"][1]));
    let list = put(format!("{path}/identities/{second}/make_primary"), json!({})).await.expect(200).json();
    assert_eq!(list["identities"][0]["id"], second);
    assert_eq!(list["identities"][1]["id"], first);
    let shown = get(&sandbox, MAYA, &path).await.expect(200).json();
    assert_eq!(shown["user"]["email"], "nora@second.test");
    let verified = put(format!("{path}/identities/{first}/verify"), json!({})).await.expect(200).json();
    assert_eq!(verified["identity"]["verified"], true);
    let taken = json!({"identity": {"type": "email", "value": "maya@acme.test"}});
    call(&sandbox, MAYA, Method::POST, &format!("{path}/identities"), taken).await.expect(422);
    let phone = json!({"identity": {"type": "phone_number", "value": "+4930123"}});
    let phone = made(&sandbox, &format!("{path}/identities"), phone).await;
    let phone = id_of(&phone["identity"]);
    put(format!("{path}/identities/{phone}/make_primary"), json!({})).await.expect(422);
    let gone = async |which: u64| {
        call(&sandbox, MAYA, Method::DELETE, &format!("{path}/identities/{which}"), json!({})).await
    };
    gone(second).await.expect(422);
    gone(phone).await.expect(204);
    gone(phone).await.expect(404);
    // What was said by either address belongs to the same person.
    let known = json!({"user": {"name": "Nora F.", "email": "nora@field.test"}});
    let same = call(&sandbox, MAYA, Method::POST, "/api/v2/users/create_or_update", known).await.expect(200);
    assert_eq!(same.json()["user"]["id"], id);
}

#[tokio::test]
async fn many_users_are_made_changed_and_deleted_by_jobs() {
    let sandbox = start().await;
    let post = async |path: &str, body: Value| {
        call(&sandbox, ADMIN_, Method::POST, path, body).await.expect(200).json()
    };
    let body = json!({"users": [
        {"name": "One", "email": "one@many.test", "external_id": "m1"},
        {"name": "Two", "email": "maya@acme.test"},
        {"name": "", "email": "three@many.test"},
    ]});
    let done = results(&sandbox, &post("/api/v2/users/create_many", body).await).await;
    assert_eq!(done.len(), 3);
    assert_eq!((&done[0]["index"], &done[0]["status"]), (&json!(0), &json!("Created")));
    assert_eq!(done[1]["success"], false);
    assert!(done[1]["details"].as_str().is_some_and(|d| d.contains("already being used")), "{}", done[1]);
    let one = id_of(&done[0]);

    let body = json!({"users": [
        {"name": "One again", "external_id": "m1"}, {"name": "Four", "email": "four@many.test"}]});
    let done = results(&sandbox, &post("/api/v2/users/create_or_update_many", body).await).await;
    assert_eq!((&done[0]["status"], &done[0]["id"]), (&json!("Updated"), &json!(one)));
    assert_eq!(done[1]["status"], "Created");
    let four = id_of(&done[1]);

    let path = format!("/api/v2/users/update_many?ids={one},{four},7");
    let body = json!({"user": {"notes": "met at the fair"}});
    let job = call(&sandbox, MAYA, Method::PUT, &path, body).await.expect(200).json();
    let done = results(&sandbox, &job).await;
    assert_eq!(done[2]["error"], "UserNotFound");
    let path = format!("/api/v2/users/show_many?ids={one},{four}");
    let shown = get(&sandbox, MAYA, &path).await.expect(200).json();
    for user in shown["users"].as_array().expect("a list") {
        assert_eq!(user["notes"], "met at the fair");
    }

    let path = format!("/api/v2/users/destroy_many?ids={one},{four}");
    let job = call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(200).json();
    assert!(results(&sandbox, &job).await.iter().all(|r| r["status"] == "Deleted"));
    let shown = get(&sandbox, MAYA, &format!("/api/v2/users/{one}")).await.expect(200).json();
    assert_eq!(shown["user"]["active"], false);
    // The address is free again.
    made(&sandbox, "/api/v2/users", json!({"user": {"name": "New", "email": "one@many.test"}})).await;
    let many: Vec<Value> = (0..101).map(|n| json!({"name": format!("U{n}")})).collect();
    let refused = json!({"users": many});
    call(&sandbox, ADMIN_, Method::POST, "/api/v2/users/create_many", refused).await.expect(400);
}

#[tokio::test]
async fn whoever_has_open_tickets_is_not_deleted_but_may_be_merged() {
    let sandbox = start().await;
    let hannah = user(&sandbox, "hannah.vogel@harborlogistics.test");
    let marco = user(&sandbox, "marco.bianchi@harborlogistics.test");
    let related = async |id: u64| {
        get(&sandbox, MAYA, &format!("/api/v2/users/{id}/related")).await.expect(200).json()["user_related"]
            ["requested_tickets"]
            .as_u64()
            .expect("a number")
    };
    let (of_hannah, of_marco) = (related(hannah).await, related(marco).await);
    assert!(of_hannah > 0);
    let path = format!("/api/v2/users/{hannah}");
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(422);
    let into = json!({"user": {"id": marco}});
    let kept =
        call(&sandbox, MAYA, Method::PUT, &format!("{path}/merge"), into.clone()).await.expect(200).json();
    assert_eq!(kept["user"]["id"], marco);
    assert_eq!(related(marco).await, of_hannah + of_marco);
    let list = get(&sandbox, MAYA, &format!("/api/v2/users/{marco}/identities")).await.expect(200).json();
    assert_eq!(list["identities"][1]["value"], "hannah.vogel@harborlogistics.test");
    call(&sandbox, MAYA, Method::PUT, &format!("{path}/merge"), into).await.expect(404);
    let agent = user(&sandbox, "jonas@acme.test");
    let body = json!({"user": {"id": marco}});
    let path = format!("/api/v2/users/{agent}/merge");
    call(&sandbox, ADMIN_, Method::PUT, &path, body).await.expect(403);
}

#[tokio::test]
async fn agents_look_after_customers_and_administrators_after_everybody() {
    let sandbox = start().await;
    let lena = user(&sandbox, "lena@acme.test");
    let customer = user(&sandbox, "luis.ortega@kestrelstudio.test");
    let body = json!({"user": {"notes": "x"}});
    let put = async |who, id: u64| {
        call(&sandbox, who, Method::PUT, &format!("/api/v2/users/{id}"), body.clone()).await
    };
    put(MAYA, lena).await.expect(403);
    put(ADMIN_, lena).await.expect(200);
    put(MAYA, customer).await.expect(200);
    put(crate::support::As::Person("lena@acme.test"), customer).await.expect(403);
    let luis = crate::support::As::Person("luis.ortega@kestrelstudio.test");
    get(&sandbox, luis.clone(), &format!("/api/v2/users/{customer}")).await.expect(200);
    get(&sandbox, luis.clone(), &format!("/api/v2/users/{lena}")).await.expect(403);
    get(&sandbox, luis.clone(), &format!("/api/v2/users/{customer}/identities")).await.expect(200);
    get(&sandbox, luis.clone(), "/api/v2/users/autocomplete?name=ma").await.expect(403);
    get(&sandbox, luis, "/api/v2/organizations").await.expect(403);
    let found = get(&sandbox, MAYA, "/api/v2/users/autocomplete?name=lind").await.expect(200).json();
    assert_eq!(found["users"][0]["email"], "maya@acme.test");
    get(&sandbox, MAYA, "/api/v2/users/autocomplete?name=l").await.expect(400);
    let count = get(&sandbox, MAYA, "/api/v2/users/count?role=agent").await.expect(200).json();
    assert_eq!(count["count"]["value"], 4);
}

#[tokio::test]
async fn tags_of_users_and_organizations() {
    let sandbox = start().await;
    let customer = user(&sandbox, "luis.ortega@kestrelstudio.test");
    let organizations = get(&sandbox, MAYA, "/api/v2/organizations").await.expect(200).json();
    let organization = id_of(&organizations["organizations"][0]);
    for path in
        [format!("/api/v2/users/{customer}/tags"), format!("/api/v2/organizations/{organization}/tags")]
    {
        let send =
            async |method, tags: &[&str]| call(&sandbox, MAYA, method, &path, json!({"tags": tags})).await;
        let tags = send(Method::POST, &["b", "a"]).await.expect(201).json();
        assert_eq!(tags["tags"], json!(["a", "b"]));
        let tags = send(Method::PUT, &["c", "a"]).await.expect(200).json();
        assert_eq!(tags["tags"], json!(["a", "b", "c"]));
        send(Method::DELETE, &["b"]).await.expect(200);
        assert_eq!(get(&sandbox, MAYA, &path).await.expect(200).json()["tags"], json!(["a", "c"]));
    }
    get(&sandbox, MAYA, "/api/v2/users/7/tags").await.expect(404);
}

#[tokio::test]
async fn organizations_from_the_first_day_to_the_last() {
    let sandbox = start().await;
    let body =
        json!({"organization": {"name": "Quiet Books", "external_id": "q1", "domain_names": ["quiet.test"]}});
    call(&sandbox, MAYA, Method::POST, "/api/v2/organizations", body.clone()).await.expect(403);
    let id = id_of(&made(&sandbox, "/api/v2/organizations", body.clone()).await["organization"]);
    call(&sandbox, ADMIN_, Method::POST, "/api/v2/organizations", body).await.expect(422);
    let path = format!("/api/v2/organizations/{id}");
    let change = json!({"organization": {"name": "Loud Books"}});
    call(&sandbox, MAYA, Method::PUT, &path, change.clone()).await.expect(403);
    call(&sandbox, ADMIN_, Method::PUT, &path, change).await.expect(200);
    let again = json!({"organization": {"external_id": "q1", "details": "by the river"}});
    let again = call(&sandbox, ADMIN_, Method::POST, "/api/v2/organizations/create_or_update", again)
        .await
        .expect(200);
    assert_eq!(again.json()["organization"]["name"], "Loud Books");
    for (path, count) in [
        ("/api/v2/organizations/search?external_id=q1", 1),
        ("/api/v2/organizations/search?name=loud%20books", 1),
        ("/api/v2/organizations/search?name=loud", 0),
        ("/api/v2/organizations/autocomplete?name=lou", 1),
        ("/api/v2/organizations/show_many?external_ids=q1", 1),
    ] {
        assert_eq!(get(&sandbox, MAYA, path).await.expect(200).json()["count"], count, "{path}");
    }

    // A customer joins a second organization and makes it the first.
    let customer = user(&sandbox, "luis.ortega@kestrelstudio.test");
    let body = json!({"organization_membership": {"user_id": customer, "organization_id": id}});
    let second = made(&sandbox, "/api/v2/organization_memberships", body.clone()).await;
    assert_eq!(second["organization_membership"]["default"], false);
    assert_eq!(second["organization_membership"]["organization_name"], "Loud Books");
    call(&sandbox, ADMIN_, Method::POST, "/api/v2/organization_memberships", body).await.expect(422);
    let second = id_of(&second["organization_membership"]);
    let mine = format!("/api/v2/users/{customer}/organization_memberships");
    let before = get(&sandbox, MAYA, &mine).await.expect(200).json();
    assert_eq!(before["count"], 2);
    let first = before["organization_memberships"][0]["organization_id"].clone();
    call(&sandbox, MAYA, Method::PUT, &format!("{mine}/{second}/make_default"), json!({})).await.expect(200);
    let of = async || {
        get(&sandbox, MAYA, &format!("/api/v2/users/{customer}")).await.expect(200).json()["user"]
            ["organization_id"]
            .clone()
    };
    assert_eq!(of().await, id);
    let related = get(&sandbox, MAYA, &format!("{path}/related")).await.expect(200).json();
    assert_eq!(related["organization_related"]["users_count"], 1);
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(204);
    get(&sandbox, MAYA, &path).await.expect(404);
    assert_eq!(of().await, first);
    assert_eq!(get(&sandbox, MAYA, &mine).await.expect(200).json()["count"], 1);
}

#[tokio::test]
async fn groups_and_who_belongs_to_them() {
    let sandbox = start().await;
    let id = id_of(&made(&sandbox, "/api/v2/groups", json!({"group": {"name": "Night"}})).await["group"]);
    let path = format!("/api/v2/groups/{id}");
    let renamed = json!({"group": {"name": "Night shift", "description": "22 to 6"}});
    call(&sandbox, MAYA, Method::PUT, &path, renamed.clone()).await.expect(403);
    let renamed = call(&sandbox, ADMIN_, Method::PUT, &path, renamed).await.expect(200).json();
    assert_eq!(renamed["group"]["name"], "Night shift");
    let (maya, jonas) = (user(&sandbox, "maya@acme.test"), user(&sandbox, "jonas@acme.test"));
    let fresh = add_person(&sandbox, "fresh@acme.test", Role::Agent);
    let body = json!({"group_memberships": [{"user_id": maya, "group_id": id}, {"user_id": jonas, "group_id": id},
        {"user_id": fresh, "group_id": id}, {"user_id": 7, "group_id": id}]});
    let many = "/api/v2/group_memberships/create_many";
    let job = call(&sandbox, ADMIN_, Method::POST, many, body).await.expect(200).json();
    let done = results(&sandbox, &job).await;
    assert_eq!(done[3]["success"], false);
    let of_maya = id_of(&done[0]);
    let default = async |who: u64| {
        get(&sandbox, MAYA, &format!("/api/v2/users/{who}")).await.expect(200).json()["user"]["default_group_id"]
            .clone()
    };
    assert_eq!(default(fresh).await, id);
    assert_ne!(default(maya).await, id);
    let make = format!("/api/v2/users/{maya}/group_memberships/{of_maya}/make_default");
    call(&sandbox, MAYA, Method::PUT, &make, json!({})).await.expect(403);
    call(&sandbox, ADMIN_, Method::PUT, &make, json!({})).await.expect(200);
    assert_eq!(default(maya).await, id);
    let assignable = get(&sandbox, MAYA, "/api/v2/group_memberships/assignable").await.expect(200).json();
    let lena = user(&sandbox, "lena@acme.test");
    let list = assignable["group_memberships"].as_array().expect("a list");
    assert!(list.iter().any(|m| m["user_id"] == maya) && list.iter().all(|m| m["user_id"] != lena));
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(204);
    assert_ne!(default(maya).await, id);
    assert_eq!(get(&sandbox, MAYA, "/api/v2/groups/count").await.expect(200).json()["count"]["value"], 3);
    let first = get(&sandbox, MAYA, "/api/v2/groups").await.expect(200).json();
    let standard = first["groups"].as_array().expect("a list").iter().find(|g| g["default"] == true);
    let path = format!("/api/v2/groups/{}", id_of(standard.expect("a default group")));
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(422);
}

#[tokio::test]
async fn fields_of_users_and_organizations_take_only_what_fits_them() {
    let sandbox = start().await;
    for (list, one, path, key) in [
        ("user_fields", "user_field", "/api/v2/users", "user"),
        ("organization_fields", "organization_field", "/api/v2/organizations", "organization"),
    ] {
        let root = format!("/api/v2/{list}");
        let body = json!({one: {"type": "dropdown", "key": "plan", "title": "Plan", "custom_field_options": [
            {"name": "Small", "value": "small"}, {"name": "Large", "value": "large"}]}});
        call(&sandbox, MAYA, Method::POST, &root, body.clone()).await.expect(403);
        let id = id_of(&made(&sandbox, &root, body.clone()).await[one]);
        call(&sandbox, ADMIN_, Method::POST, &root, body).await.expect(422);
        made(&sandbox, &root, json!({one: {"type": "integer", "key": "seats", "title": "Seats"}})).await;
        assert_eq!(get(&sandbox, MAYA, &root).await.expect(200).json()["count"], 2);
        assert_eq!(get(&sandbox, MAYA, &format!("{root}/plan")).await.expect(200).json()[one]["id"], id);
        let option = json!({"custom_field_option": {"name": "Huge", "value": "huge"}});
        let option = made(&sandbox, &format!("{root}/{id}/options"), option).await;
        let huge = id_of(&option["custom_field_option"]);

        let body = json!({key: {"name": "Fielded", list: {"plan": "huge", "seats": "12", "unknown": "x"}}});
        let record = made(&sandbox, path, body).await;
        assert_eq!(record[key][list], json!({"plan": "huge", "seats": 12}));
        let record = format!("{path}/{}", id_of(&record[key]));
        for wrong in [json!({"plan": "tiny"}), json!({"seats": "a dozen"})] {
            let body = json!({key: {list: wrong}});
            call(&sandbox, ADMIN_, Method::PUT, &record, body).await.expect(422);
        }
        let query = format!("/api/v2/search?query=type:{key}+seats>11+plan:huge");
        assert_eq!(get(&sandbox, MAYA, &query).await.expect(200).json()["count"], 1);
        let option = format!("{root}/{id}/options/{huge}");
        get(&sandbox, MAYA, &option).await.expect(200);
        call(&sandbox, ADMIN_, Method::DELETE, &option, json!({})).await.expect(204);
        get(&sandbox, MAYA, &option).await.expect(404);
        call(&sandbox, ADMIN_, Method::DELETE, &format!("{root}/{id}"), json!({})).await.expect(204);
        let left = get(&sandbox, MAYA, &record).await.expect(200).json();
        assert_eq!(left[key][list], json!({"seats": 12}));
    }
}
