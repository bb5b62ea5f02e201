//! What the workspace page asks for.

use futures::StreamExt as _;
use http::{Method, header};
use sandbox::{Role, Sandbox};
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn agents_and_administrators_may_sign_in_and_nobody_else() {
    let sandbox = start().await;
    let agent = add_person(&sandbox, "agent@acme.test", Role::Agent);
    let customer = add_person(&sandbox, "customer@example.test", Role::EndUser);
    let people = get(&sandbox, As::Nobody, "/sandbox/workspace/people").await.expect(200);
    assert_eq!(people.json()["account"]["subdomain"], "acme");
    assert!(people.text.contains("agent@acme.test") && !people.text.contains("customer@example.test"));
    get(&sandbox, As::Nobody, "/sandbox/workspace/boot").await.expect(401);
    let body = json!({"user_id": customer});
    call(&sandbox, As::Nobody, Method::POST, "/sandbox/workspace/session", body).await.expect(422);

    let cookie = sign_in(&sandbox, agent).await;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    let boot = get(&sandbox, As::Cookie(&cookie), "/sandbox/workspace/boot").await.expect(200).json();
    assert_eq!(boot["user"]["email"], "agent@acme.test");
    assert_eq!(boot["user"]["role"], "agent");
    assert_eq!(boot["account"]["host_origin"], sandbox.url());
    assert_eq!(boot["account"]["time_zone"]["iana_name"], "Europe/Berlin");
    assert!(
        ["GMT+01:00", "GMT+02:00"]
            .contains(&boot["account"]["time_zone"]["formatted_offset"].as_str().expect("text"))
    );

    send(request(&sandbox, &As::Cookie(&cookie), Method::DELETE, "/sandbox/workspace/session"))
        .await
        .expect(204);
    get(&sandbox, As::Cookie(&cookie), "/sandbox/workspace/boot").await.expect(401);
}

async fn installations(sandbox: &Sandbox, cookie: &str) -> Value {
    get(sandbox, As::Cookie(cookie), "/sandbox/workspace/boot").await.expect(200).json()["installations"]
        .take()
}

#[tokio::test]
async fn a_person_gets_the_apps_that_are_meant_for_that_person() {
    let sandbox = start().await;
    let agent = sign_in(&sandbox, add_person(&sandbox, "agent@acme.test", Role::Agent)).await;
    let admin = sign_in(&sandbox, admin_id(&sandbox)).await;
    let (id, app_id) = install_sample(&sandbox).await;
    let shown = installations(&sandbox, &agent).await;
    assert_eq!(shown[0]["name"], "Sample app");
    assert_eq!(shown[0]["settings"], json!({"name": "Sample app", "host": "app.test", "color": "blue"}));
    let assets = format!("{}/sandbox/apps/{app_id}/assets", sandbox.url());
    assert_eq!(shown[0]["logo_url"], format!("{assets}/logo.png"));
    let locations: Vec<(&str, &str, bool)> = shown[0]["locations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|l| {
            (l["location"].as_str().unwrap(), l["url"].as_str().unwrap(), l["signed"].as_bool().unwrap())
        })
        .collect();
    let board = format!("{assets}/board.html");
    for expected in [
        ("ticket_sidebar", "http://127.0.0.1:9/sidebar?view=1", true),
        ("nav_bar", board.as_str(), true),
        ("background", "https://app.test/background", false),
    ] {
        assert!(locations.contains(&expected), "{expected:?} in {locations:?}");
    }
    let page =
        get(&sandbox, As::Nobody, &format!("/sandbox/apps/{app_id}/assets/board.html")).await.expect(200);
    assert_eq!(page.text, "<script src=\"/sandbox/sdk/zaf_sdk.min.js\"></script>");
    get(&sandbox, As::Nobody, &format!("/sandbox/apps/{app_id}/assets/../manifest.json")).await.expect(404);

    let path = format!("/api/v2/apps/installations/{id}.json");
    let change =
        async |body: Value| call(&sandbox, As::Person(ADMIN), Method::PUT, &path, body).await.expect(200);
    change(json!({"role_restrictions": [2]})).await;
    assert_eq!(installations(&sandbox, &agent).await, json!([]), "administrators only");
    assert_eq!(installations(&sandbox, &admin).await[0]["id"], id);
    change(json!({"role_restrictions": null, "group_restrictions": [1]})).await;
    assert_eq!(installations(&sandbox, &agent).await, json!([]), "members of that group only");
    change(json!({"group_restrictions": []})).await;
    assert_eq!(installations(&sandbox, &agent).await[0]["id"], id);
    change(json!({"enabled": false})).await;
    assert_eq!(installations(&sandbox, &admin).await, json!([]));
    let body = json!({"installation_id": id, "location": "ticket_sidebar"});
    call(&sandbox, As::Cookie(&admin), Method::POST, "/sandbox/workspace/launch", body).await.expect(404);
}

#[tokio::test]
async fn a_launch_says_how_to_open_the_page() {
    let sandbox = start().await;
    let (id, _) = install_sample(&sandbox).await;
    let cookie = sign_in(&sandbox, admin_id(&sandbox)).await;
    let path = "/sandbox/workspace/launch";
    let launch = async |who: As<'_>, location: &str| {
        call(&sandbox, who, Method::POST, path, json!({"installation_id": id, "location": location})).await
    };
    launch(As::Nobody, "ticket_sidebar").await.expect(401);
    let signed = launch(As::Cookie(&cookie), "ticket_sidebar").await.expect(200).json();
    assert_eq!(
        (&signed["method"], &signed["url"]),
        (&json!("POST"), &json!("http://127.0.0.1:9/sidebar?view=1"))
    );
    assert_eq!(signed["token"].as_str().expect("a token").split('.').count(), 3);
    let plain = launch(As::Cookie(&cookie), "background").await.expect(200).json();
    assert_eq!((&plain["method"], &plain["token"]), (&json!("GET"), &Value::Null));
    launch(As::Cookie(&cookie), "top_bar").await.expect(404);
}

/// Reads server-sent events until one has that name; its data.
async fn next_event(
    stream: &mut (impl futures::Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin),
    name: &str,
) -> Value {
    let mut text = String::new();
    let marker = format!("event: {name}\ndata: ");
    loop {
        if let Some((_, rest)) = text.split_once(&marker)
            && let Some((data, _)) = rest.split_once("\n\n")
        {
            return serde_json::from_str(data).expect("JSON");
        }
        let chunk = tokio::time::timeout(std::time::Duration::from_secs(10), stream.next()).await;
        let chunk = chunk
            .unwrap_or_else(|_| panic!("no {name} in {text}"))
            .expect("the stream goes on")
            .expect("bytes");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
}

#[tokio::test]
async fn pages_hear_what_happens() {
    let sandbox = start().await;
    let agent = add_person(&sandbox, "agent@acme.test", Role::Agent);
    let cookie = sign_in(&sandbox, agent).await;
    get(&sandbox, As::Nobody, "/sandbox/workspace/events").await.expect(401);
    let answer =
        request(&sandbox, &As::Cookie(&cookie), Method::GET, "/sandbox/workspace/events").send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = answer.bytes_stream();
    stream.next().await.expect("a first line").expect("bytes");

    let (_, app_id) = install_sample(&sandbox).await;
    assert_eq!(next_event(&mut stream, "installations").await, json!({}));
    let notify = async |event: &str, agent_id: u64| {
        let body = json!({"app_id": app_id, "event": event, "body": "b", "agent_id": agent_id});
        call(&sandbox, As::Person(ADMIN), Method::POST, "/api/v2/apps/notify.json", body).await.expect(200);
    };
    notify("for_the_admin", admin_id(&sandbox)).await;
    notify("for_the_agent", agent).await;
    let heard = next_event(&mut stream, "api_notification").await;
    let sender = admin_id(&sandbox);
    assert_eq!(heard, json!({"app_id": app_id, "event": "for_the_agent", "body": "b", "sender": sender}));
    // A ticket that this agent may not see is not spoken of: the first one that is heard of is the other.
    let requested = Some(sandbox::model::TicketRestriction::Requested);
    sandbox.shared().write().users.get_mut(&agent).expect("the person").ticket_restriction = requested;
    let create = async |requester: u64| {
        let body = json!({"ticket": {"subject": "S", "comment": {"body": "B"}, "requester_id": requester}});
        let made =
            call(&sandbox, As::Person(ADMIN), Method::POST, "/api/v2/tickets.json", body).await.expect(201);
        made.json()["ticket"]["id"].clone()
    };
    create(admin_id(&sandbox)).await;
    let own = create(agent).await;
    assert_eq!(next_event(&mut stream, "ticket").await["id"], own);
    sandbox.control().advance(std::time::Duration::from_secs(5));
    assert_eq!(next_event(&mut stream, "clock").await["frozen"], true);
    sandbox.control().reset(1).await;
    next_event(&mut stream, "reset").await;
    sandbox.stop().await.expect("an open stream does not keep it from stopping");
    while let Some(rest) = stream.next().await {
        if rest.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn the_proxy_fills_in_secrets_for_allowed_hosts_only() {
    let sandbox = start().await;
    let (id, _) = install_sample(&sandbox).await;
    let cookie = sign_in(&sandbox, admin_id(&sandbox)).await;
    let pair = sandbox.control().authorize(ADMIN, "demo_client", &["read"]).expect("tokens");
    let path = format!("/api/v2/apps/installations/{id}.json");
    let body = json!({"settings": {"token": pair.access_token}});
    call(&sandbox, As::Person(ADMIN), Method::PUT, &path, body).await.expect(200);

    let target = format!("{}/api/v2/oauth/tokens/current.json", sandbox.url());
    let proxy = async |changes: Value| {
        let mut body = json!({"installation_id": id, "url": target, "method": "GET",
            "headers": {"Authorization": "Bearer {{setting.token}}"}, "body": null, "secure": true});
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        call(&sandbox, As::Cookie(&cookie), Method::POST, "/sandbox/workspace/proxy", body).await
    };
    let through = proxy(json!({})).await.expect(200).json();
    assert_eq!(through["status"], 200, "{through}");
    assert!(through["body"].as_str().expect("text").contains("scopes"));
    let insecure = proxy(json!({"secure": false})).await.expect(200).json();
    assert_eq!(insecure["status"], 401, "nothing is filled in without `secure`");
    let other_host = target.replace("127.0.0.1", "localhost");
    proxy(json!({"url": other_host})).await.expect(400);
    proxy(json!({"url": "file:///etc/passwd"})).await.expect(400);
    proxy(json!({"headers": {"X-Key": "{{setting.nothing}}"}})).await.expect(400);
    let misplaced = proxy(json!({"body": "{{setting.token}}", "method": "POST"})).await.expect(400);
    assert!(misplaced.json()["description"].as_str().expect("text").contains("may not be used in the body"));
    let closed = proxy(json!({"url": "http://127.0.0.1:9/"})).await.expect(200).json();
    assert_eq!(closed["status"], 502);
    let own = get(&sandbox, As::Nobody, "/sandbox/workspace/boot").await.expect(401);
    assert!(!own.text.contains(&pair.access_token));
}

#[tokio::test]
async fn the_proxy_signs_tokens_for_apps() {
    let sandbox = start().await;
    let (id, _) = install_sample(&sandbox).await;
    let cookie = sign_in(&sandbox, admin_id(&sandbox)).await;
    let echo = axum::Router::new().fallback(async |headers: http::HeaderMap, body: String| {
        format!(
            "{}|{}|{body}",
            headers["authorization"].to_str().unwrap(),
            headers["content-type"].to_str().unwrap()
        )
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move { axum::serve(listener, echo).await });
    let body = json!({
        "installation_id": id, "url": format!("http://{address}/"), "method": "POST", "body": "{}",
        "content_type": "application/json", "headers": {"Authorization": "Bearer {{jwt.token}}"},
        "jwt": {"algorithm": "HS256", "secret_key": "{{setting.shared_secret}}", "expiry": 60, "claims": {"iss": "me"}},
    });
    let answer =
        call(&sandbox, As::Cookie(&cookie), Method::POST, "/sandbox/workspace/proxy", body).await.expect(200);
    server.abort();
    let text = answer.json()["body"].as_str().expect("text").to_owned();
    let (bearer, rest) = text.split_once('|').expect("two parts");
    assert_eq!(rest, "application/json|{}");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    rules.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_secret(b"sh4red");
    let token = bearer.strip_prefix("Bearer ").expect("a bearer token");
    let claims = jsonwebtoken::decode::<Value>(token, &key, &rules).expect("a good token").claims;
    assert_eq!(claims["iss"], "me");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
}

#[tokio::test]
async fn the_page_answers_under_every_address_of_the_desk() {
    let sandbox = start().await;
    for path in ["/", "/agent", "/agent/tickets/12", "/agent/filters/1"] {
        let page = get(&sandbox, As::Nobody, path).await;
        assert!([200, 503].contains(&page.status.as_u16()), "the page, or how to build it");
        assert!(page.header("content-type").starts_with("text/html"));
    }
    get(&sandbox, As::Nobody, "/sandbox/assets/no-such-file.js").await.expect(404);
    let sdk = get(&sandbox, As::Nobody, "/sandbox/sdk/none.js").await.expect(404);
    assert_eq!(sdk.header("access-control-allow-origin"), "*");
}
