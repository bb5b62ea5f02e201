//! The consent page, grants, tokens and clients.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Method;
use sandbox::{Role, Sandbox};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::support::*;

const BACK: &str = "http://127.0.0.1:3000/oauth/back";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

fn query(changes: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "demo_client"),
        ("redirect_uri", BACK),
        ("scope", "read write"),
        ("state", "a b&c"),
    ];
    for (name, value) in changes {
        pairs.retain(|(other, _)| other != name);
        pairs.push((name, value));
    }
    serde_urlencoded::to_string(pairs).expect("a query")
}

/// What follows `name="…" value="` in a page.
fn field(page: &str, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&marker).unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split_once('"').expect("a value").0.replace("&amp;", "&")
}

async fn decide(sandbox: &Sandbox, cookie: &str, query: &str, decision: &str) -> Answer {
    let page =
        get(sandbox, As::Cookie(cookie), &format!("/oauth/authorizations/new?{query}")).await.expect(200);
    let form = [
        ("authenticity_token", field(&page.text, "authenticity_token")),
        ("request", field(&page.text, "request")),
        ("decision", decision.to_owned()),
    ];
    send(request(sandbox, &As::Cookie(cookie), Method::POST, "/oauth/authorizations").form(&form)).await
}

fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let url = Url::parse(answer.header("location")).expect("an address");
    url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

/// A code for the administrator.
async fn code(sandbox: &Sandbox, query: &str) -> String {
    let cookie = sign_in(sandbox, admin_id(sandbox)).await;
    let answer = decide(sandbox, &cookie, query, "allow").await.expect(302);
    parameter(&answer, "code").expect("a code")
}

async fn exchange(sandbox: &Sandbox, changes: Value) -> Answer {
    let mut body = json!({"client_id": "demo_client", "client_secret": "demo-secret"});
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    call(sandbox, As::Nobody, Method::POST, "/oauth/tokens", body).await
}

async fn by_code(sandbox: &Sandbox, code: &str, changes: Value) -> Answer {
    let mut body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK});
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    exchange(sandbox, body).await
}

async fn refresh(sandbox: &Sandbox, token: &str) -> Answer {
    exchange(sandbox, json!({"grant_type": "refresh_token", "refresh_token": token})).await
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

async fn status_with(sandbox: &Sandbox, token: &str) -> u16 {
    get(sandbox, As::Bearer(token), "/api/v2/oauth/tokens/current.json").await.status.as_u16()
}

#[tokio::test]
async fn a_person_signs_in_consents_and_the_application_gets_tokens() {
    let sandbox = start().await;
    let path = format!("/oauth/authorizations/new?{}", query(&[]));
    let page = get(&sandbox, As::Nobody, &path).await.expect(200);
    assert!(page.text.contains("admin@acme.test"), "who may sign in is listed");
    assert_eq!(page.header("x-frame-options"), "DENY");

    let form = [("user_id", admin_id(&sandbox).to_string()), ("request", field(&page.text, "request"))];
    let answer =
        send(request(&sandbox, &As::Nobody, Method::POST, "/oauth/authorizations/sign_in").form(&form))
            .await
            .expect(303);
    let cookie = answer.header("set-cookie").to_owned();
    let consent = get(&sandbox, As::Cookie(&cookie), answer.header("location")).await.expect(200);
    for shown in ["Demo", "Acme", "acme.zendesk.com", "<code>read</code>", "<code>write</code>", BACK] {
        assert!(consent.text.contains(shown), "{shown} is on the page");
    }

    let answer = decide(&sandbox, &cookie, &query(&[]), "allow").await.expect(302);
    assert!(answer.header("location").starts_with(BACK));
    assert_eq!(parameter(&answer, "state").as_deref(), Some("a b&c"));
    let code = parameter(&answer, "code").expect("a code");
    let tokens = by_code(&sandbox, &code, json!({})).await.expect(200).json();
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["scope"], "read write");
    assert_eq!(tokens["expires_in"], 1_800);
    assert_eq!(tokens["refresh_token_expires_in"], 2_592_000);
    let current =
        get(&sandbox, As::Bearer(&text(&tokens, "access_token")), "/api/v2/oauth/tokens/current").await;
    assert_eq!(current.expect(200).json()["token"]["user_id"], admin_id(&sandbox));

    let again = by_code(&sandbox, &code, json!({})).await.expect(400);
    assert_eq!(again.json()["error"], "invalid_grant", "a code is good once");
}

#[tokio::test]
async fn nothing_is_granted_without_a_decision_on_the_page() {
    let sandbox = start().await;
    let cookie = sign_in(&sandbox, admin_id(&sandbox)).await;
    let other = sign_in(&sandbox, admin_id(&sandbox)).await;
    let path = format!("/oauth/authorizations/new?{}", query(&[]));
    let page = get(&sandbox, As::Cookie(&cookie), &path).await.expect(200);
    assert!(page.headers.get("location").is_none());

    let post = |who: As<'static>, csrf: String| {
        let form = [("authenticity_token", csrf), ("request", query(&[])), ("decision", "allow".to_owned())];
        request(&sandbox, &who, Method::POST, "/oauth/authorizations").form(&form)
    };
    let cookie: &'static str = cookie.leak();
    let foreign = get(&sandbox, As::Cookie(&other), &path).await.expect(200);
    send(post(As::Cookie(cookie), field(&foreign.text, "authenticity_token"))).await.expect(403);
    send(post(As::Nobody, field(&page.text, "authenticity_token"))).await.expect(401);
    let ours = send(post(As::Cookie(cookie), field(&page.text, "authenticity_token"))).await.expect(302);
    assert!(parameter(&ours, "code").is_some());

    let denied = decide(&sandbox, cookie, &query(&[]), "deny").await.expect(302);
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&denied, "state").as_deref(), Some("a b&c"));
    assert!(parameter(&denied, "code").is_none());
}

#[tokio::test]
async fn wishes_that_cannot_be_granted_are_refused_where_it_is_safe_to_say_so() {
    let sandbox = start().await;
    let ask = async |changes: &[(&str, &str)]| {
        get(&sandbox, As::Nobody, &format!("/oauth/authorizations/new?{}", query(changes))).await
    };
    for changes in [
        [("client_id", "nobody")],
        [("redirect_uri", "https://evil.test/")],
        [("redirect_uri", "http://127.0.0.1.evil.test/")],
        [("redirect_uri", "javascript:alert(1)//localhost")],
    ] {
        let page = ask(&changes).await.expect(400);
        assert!(page.headers.get("location").is_none(), "{changes:?} sends nobody anywhere");
    }
    for (changes, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("scope", " ")], "invalid_scope"),
        ([("code_challenge", "short")], "invalid_request"),
    ] {
        let answer = ask(&changes).await.expect(302);
        assert_eq!(parameter(&answer, "error").as_deref(), Some(error));
    }
    ask(&[("redirect_uri", "http://localhost:8/x")]).await.expect(200);
    let page = ask(&[("state", "\"><script>alert(1)</script>")]).await.expect(200);
    assert!(!page.text.contains("<script>"));
}

#[tokio::test]
async fn a_proof_is_checked_whenever_a_challenge_was_given_and_public_clients_need_one() {
    let sandbox = start().await;
    let challenge = challenge();
    let with_proof = query(&[("code_challenge", &challenge), ("code_challenge_method", "S256")]);
    for (verifier, status) in [
        (json!({}), 400),
        (json!({"code_verifier": "wrong"}), 400),
        (json!({"code_verifier": VERIFIER}), 200),
    ] {
        let code = code(&sandbox, &with_proof).await;
        by_code(&sandbox, &code, verifier).await.expect(status);
    }
    let without = code(&sandbox, &query(&[])).await;
    by_code(&sandbox, &without, json!({"code_verifier": VERIFIER})).await.expect(400);

    let body =
        json!({"client": {"name": "Phone", "identifier": "phone", "kind": "public", "redirect_uri": [BACK]}});
    call(&sandbox, As::Person(ADMIN), Method::POST, "/api/v2/oauth/clients.json", body).await.expect(201);
    let bare = query(&[("client_id", "phone")]);
    let answer = get(&sandbox, As::Nobody, &format!("/oauth/authorizations/new?{bare}")).await.expect(302);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("invalid_request"));
    let asked =
        query(&[("client_id", "phone"), ("code_challenge", &challenge), ("code_challenge_method", "S256")]);
    let phone_code = code(&sandbox, &asked).await;
    let body = json!({"grant_type": "authorization_code", "client_id": "phone", "code": phone_code,
        "redirect_uri": BACK, "code_verifier": VERIFIER});
    call(&sandbox, As::Nobody, Method::POST, "/oauth/tokens", body).await.expect(200);
    let body = json!({"grant_type": "client_credentials", "client_id": "phone"});
    let answer = call(&sandbox, As::Nobody, Method::POST, "/oauth/tokens", body).await.expect(400);
    assert_eq!(answer.json()["error"], "unauthorized_client");
}

#[tokio::test]
async fn codes_and_grants_are_bound_to_client_address_and_time() {
    let sandbox = start().await;
    let late = code(&sandbox, &query(&[])).await;
    sandbox.control().advance(Duration::from_secs(120));
    assert_eq!(by_code(&sandbox, &late, json!({})).await.expect(400).json()["error"], "invalid_grant");

    let fresh = code(&sandbox, &query(&[])).await;
    let wrong = json!({"client_secret": "wrong"});
    assert_eq!(by_code(&sandbox, &fresh, wrong).await.expect(401).json()["error"], "invalid_client");
    let elsewhere = json!({"redirect_uri": "http://127.0.0.1:3000/other"});
    assert_eq!(by_code(&sandbox, &fresh, elsewhere).await.expect(400).json()["error"], "invalid_grant");
    let odd = exchange(&sandbox, json!({"grant_type": "password"})).await.expect(400);
    assert_eq!(odd.json()["error"], "unsupported_grant_type");
    let short =
        exchange(&sandbox, json!({"grant_type": "client_credentials", "expires_in": 10})).await.expect(400);
    assert_eq!(short.json()["error"], "invalid_request");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "demo_client"),
        ("client_secret", "demo-secret"),
        ("expires_in", "300"),
    ];
    let answer =
        send(request(&sandbox, &As::Nobody, Method::POST, "/oauth/tokens").form(&form)).await.expect(200);
    assert_eq!(answer.json()["expires_in"], 300);
    assert!(answer.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn a_refresh_rotates_both_tokens_and_ends_the_old_pair() {
    let sandbox = start().await;
    let first = by_code(&sandbox, &code(&sandbox, &query(&[])).await, json!({})).await.expect(200).json();
    let second = refresh(&sandbox, &text(&first, "refresh_token")).await.expect(200).json();
    assert_ne!(first["access_token"], second["access_token"]);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let ended =
        get(&sandbox, As::Bearer(&text(&first, "access_token")), "/api/v2/oauth/tokens/current").await;
    assert_eq!(ended.expect(401).json()["error"], "invalid_token");
    let reused = refresh(&sandbox, &text(&first, "refresh_token")).await.expect(400);
    assert_eq!(reused.json()["error"], "invalid_grant");
    assert_eq!(status_with(&sandbox, &text(&second, "access_token")).await, 200);

    sandbox.control().advance(Duration::from_secs(1_800));
    assert_eq!(status_with(&sandbox, &text(&second, "access_token")).await, 401, "it has expired");
    let third = refresh(&sandbox, &text(&second, "refresh_token")).await.expect(200).json();
    sandbox.control().advance(Duration::from_secs(2_592_000));
    refresh(&sandbox, &text(&third, "refresh_token")).await.expect(400);
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_succeeds() {
    let sandbox = start().await;
    let pair = sandbox.control().authorize(ADMIN, "demo_client", &["read"]).expect("tokens");
    let token = pair.refresh_token.expect("a refresh token");
    let answers = futures::future::join_all((0..10).map(|_| refresh(&sandbox, &token))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
}

#[tokio::test]
async fn a_token_has_its_owners_role_of_today_and_dies_with_the_owner() {
    let sandbox = start().await;
    let id = add_person(&sandbox, "boss@acme.test", Role::Admin);
    let pair =
        sandbox.control().authorize("boss@acme.test", "demo_client", &["read", "write"]).expect("tokens");
    let token = pair.access_token.as_str();
    get(&sandbox, As::Bearer(token), "/api/v2/oauth/clients").await.expect(200);
    let change = |change: fn(&mut sandbox::model::User)| {
        change(sandbox.shared().write().users.get_mut(&id).expect("the person"));
    };
    change(|user| user.role = Role::Agent);
    get(&sandbox, As::Bearer(token), "/api/v2/oauth/clients").await.expect(403);
    get(&sandbox, As::Bearer(token), "/api/v2/oauth/tokens").await.expect(200);
    change(|user| user.suspended = true);
    assert_eq!(status_with(&sandbox, token).await, 401);
    refresh(&sandbox, pair.refresh_token.as_deref().expect("a refresh token")).await.expect(400);
    change(|user| user.suspended = false);
    assert_eq!(status_with(&sandbox, token).await, 200);
    change(|user| user.active = false);
    assert_eq!(status_with(&sandbox, token).await, 401);
}

#[tokio::test]
async fn tokens_can_be_listed_and_ended() {
    let sandbox = start().await;
    add_person(&sandbox, "agent@acme.test", Role::Agent);
    let agents = sandbox.control().authorize("agent@acme.test", "demo_client", &["read"]).expect("tokens");
    let admins = sandbox.control().authorize(ADMIN, "demo_client", &["read"]).expect("tokens");
    let listed = get(&sandbox, As::Person("agent@acme.test"), "/api/v2/oauth/tokens.json").await.expect(200);
    assert_eq!(listed.json()["count"], 1);
    assert!(!listed.text.contains(&agents.access_token), "tokens are not shown in full again");
    let all = get(&sandbox, As::Person(ADMIN), "/api/v2/oauth/tokens?all=true").await.expect(200);
    assert_eq!(all.json()["count"], 2);

    let path = format!("/api/v2/oauth/tokens/{}.json", admins.id);
    let delete = async |who: As<'_>, path: &str| send(request(&sandbox, &who, Method::DELETE, path)).await;
    delete(As::Person("agent@acme.test"), &path).await.expect(404);
    delete(As::Person(ADMIN), &path).await.expect(204);
    assert_eq!(status_with(&sandbox, &admins.access_token).await, 401);
    delete(As::Bearer(&agents.access_token), "/api/v2/oauth/tokens/current").await.expect(204);
    assert_eq!(status_with(&sandbox, &agents.access_token).await, 401);
    delete(As::Person(ADMIN), "/api/v2/oauth/tokens/current").await.expect(404);
}

#[tokio::test]
async fn administrators_make_clients() {
    let sandbox = start().await;
    add_person(&sandbox, "agent@acme.test", Role::Agent);
    let path = "/api/v2/oauth/clients.json";
    let body = json!({"client": {"name": "Other", "identifier": "other", "redirect_uri": "https://other.test/back"}});
    call(&sandbox, As::Person("agent@acme.test"), Method::POST, path, body.clone()).await.expect(403);
    let made = call(&sandbox, As::Person(ADMIN), Method::POST, path, body.clone()).await.expect(201).json();
    let again = call(&sandbox, As::Person(ADMIN), Method::POST, path, body).await.expect(422).json();
    assert_eq!(again["details"]["identifier"][0]["error"], "DuplicateValue");
    let bad = json!({"client": {"name": "", "identifier": "x", "redirect_uri": ["http://other.test"]}});
    let bad = call(&sandbox, As::Person(ADMIN), Method::POST, path, bad).await.expect(422).json();
    assert!(bad["details"]["name"].is_array() && bad["details"]["redirect_uri"].is_array(), "{bad}");

    let id = made["client"]["id"].as_u64().expect("an id");
    let secret = text(&made["client"], "secret");
    let shown = get(&sandbox, As::Person(ADMIN), &format!("/api/v2/oauth/clients/{id}")).await.expect(200);
    assert!(!shown.text.contains(&secret));
    let grant = async |secret: &str| {
        let body = json!({"grant_type": "client_credentials", "client_id": "other", "client_secret": secret});
        call(&sandbox, As::Nobody, Method::POST, "/oauth/tokens", body).await
    };
    let token = text(&grant(&secret).await.expect(200).json(), "access_token");
    let path = format!("/api/v2/oauth/clients/{id}/generate_secret.json");
    let renewed = call(&sandbox, As::Person(ADMIN), Method::PUT, &path, json!({})).await.expect(200).json();
    grant(&secret).await.expect(401);
    grant(&text(&renewed["client"], "secret")).await.expect(200);
    assert_eq!(status_with(&sandbox, &token).await, 200);
    send(request(&sandbox, &As::Person(ADMIN), Method::DELETE, &format!("/api/v2/oauth/clients/{id}")))
        .await
        .expect(204);
    assert_eq!(status_with(&sandbox, &token).await, 401, "tokens end with their client");
}
