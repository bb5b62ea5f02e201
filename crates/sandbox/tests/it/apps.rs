//! Packages, apps, installations, signed launches, notify.

use std::time::Duration;

use http::Method;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use sandbox::apps::launch::Launch;
use sandbox::apps::package::Package;
use sandbox::{Config, Event, Role, Sandbox};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::*;

fn errors(zip: &[u8]) -> Vec<String> {
    Package::open(zip).err().unwrap_or_default()
}

#[test]
fn a_proper_package_is_accepted() {
    assert_eq!(errors(&zip(&package_files())), Vec::<String>::new());
    let package = Package::open(&zip(&package_files())).expect("a package");
    assert_eq!(package.name, "Sample app");
    assert!(package.manifest.signed_urls);
    assert_eq!(package.manifest.locations.len(), 3);
}

#[test]
fn each_fault_of_a_manifest_is_refused_in_zendesks_words() {
    type Change = Box<dyn FnOnce(&mut Value)>;
    let set = |pointer: &'static str, value: Value| -> Change {
        Box::new(move |manifest| *manifest.pointer_mut(pointer).expect("a place") = value)
    };
    let add = |pointer: &'static str, name: &'static str, value: Value| -> Change {
        Box::new(move |manifest| manifest.pointer_mut(pointer).expect("a place")[name] = value)
    };
    let remove = |name: &'static str| -> Change {
        Box::new(move |manifest| drop(manifest.as_object_mut().expect("an object").remove(name)))
    };
    let sidebar = "/location/support/ticket_sidebar/url";
    let cases: Vec<(Change, &str)> = vec![
        (remove("author"), "Missing required field in manifest: author"),
        (remove("location"), "Missing required field in manifest: location"),
        (remove("frameworkVersion"), "Missing required field in manifest: frameworkVersion"),
        (
            set("/frameworkVersion", json!("1.0")),
            "1.0 is not a valid framework version. Available versions are: 2.0.",
        ),
        (set("/defaultLocale", json!("english")), "english is not a valid default locale."),
        (set("/defaultLocale", json!("de")), "Missing translation file for locale 'de'."),
        (set("/signedUrls", json!("yes")), "signedUrls must be a boolean value, got \"yes\"."),
        (
            set("/domainWhitelist", json!([1])),
            "The manifest field domainWhitelist need to be an array containing strings",
        ),
        (add("/author", "url", json!("nowhere")), "author url must be a valid URL, got \"nowhere\"."),
        (add("/location", "mars", json!({})), "mars is an invalid host for apps."),
        (
            add("/location/support", "roof", json!("https://a.test")),
            "roof is an invalid location in Support.",
        ),
        (
            set(sidebar, json!("http://a.test")),
            "http://a.test is either an invalid location URI, refers to a missing asset, or does not use HTTPS.",
        ),
        (
            set(sidebar, json!("assets/none.html")),
            "assets/none.html is either an invalid location URI, refers to a missing asset, or does not use HTTPS.",
        ),
        (set(sidebar, json!("")), "ticket_sidebar location does not specify a URI."),
        (
            set("/location/support/ticket_sidebar/flexible", json!("no")),
            "no is an invalid type for the flexible location parameter.",
        ),
        (set("/parameters", json!({})), "App parameters must be an array."),
        (add("/parameters/0", "required", json!(true)), "token is set to hidden and cannot be required."),
        (add("/parameters/0", "type", json!("password")), "password is an invalid parameter type."),
        (
            add("/parameters/0", "secure", json!("1")),
            "parameters.token.secure must be a boolean value, got \"1\".",
        ),
        (add("/parameters/0", "secure", json!(false)), "The parameter token has scopes and must be secure."),
        (
            add("/parameters/0", "scopes", json!(["footer"])),
            "footer is an invalid scope for the parameter token.",
        ),
        (add("/parameters/1", "name", json!("token")), "Duplicate app parameters defined: token"),
        (add("/parameters/1", "name", json!("name")), "Can't call a parameter 'name'"),
        (add("/parameters/0", "type", json!("oauth")), "oauth parameter cannot be set to be secure."),
        (
            add("", "noTemplate", json!(true)),
            "noTemplate is deprecated and cannot be used with framework version 2 or above. Set the autoLoad or autoHide property for each specific location instead.",
        ),
        (
            set("/private", json!(false)),
            "Missing required key from translations/en.json: short_description, installation_instructions, long_description",
        ),
    ];
    for (change, message) in cases {
        let errors = errors(&changed("manifest.json", change));
        assert!(errors.iter().any(|error| error == message), "{message}: {errors:?}");
    }
    for url in [
        "https://a.test/x",
        "http://localhost:3000/x",
        "http://127.0.0.1:3000/x",
        "https://{{setting.host}}/x",
    ] {
        assert!(errors(&changed("manifest.json", set(sidebar, json!(url)))).is_empty(), "{url} is allowed");
    }
}

#[test]
fn each_fault_of_a_package_is_refused_in_zendesks_words() {
    for (path, message) in [
        ("manifest.json", "Could not find manifest.json"),
        ("assets/logo.png", "Could not find assets/logo.png"),
        ("assets/logo-small.png", "Could not find assets/logo-small.png"),
        ("assets/icon_nav_bar.svg", "Could not find assets/icon_nav_bar.svg"),
        ("translations/en.json", "Missing translation file for locale 'en'."),
    ] {
        assert!(errors(&without(path)).iter().any(|error| error == message), "{message}");
    }
    let unlabelled = changed("translations/en.json", |json| {
        json["app"]["parameters"].as_object_mut().expect("an object").remove("token");
        json["app"]["name"] = json!(" ");
    });
    assert_eq!(
        errors(&unlabelled),
        ["Missing required key from translations/en.json: name, app.parameters.token.label"]
    );

    let with = |path: &str, text: &str| {
        let mut files = package_files();
        files.retain(|(name, _)| name != path);
        files.push((path.to_owned(), text.as_bytes().to_vec()));
        errors(&zip(&files))
    };
    assert!(with("manifest.json", "{").iter().any(|e| e.starts_with("manifest is not proper JSON.")));
    assert!(
        with("manifest.json", "{\"a\":1,\"a\":2}")
            .iter()
            .any(|e| e.contains("Duplicate reference in manifest: \"a\""))
    );
    assert!(
        with("translations/deutsch.json", "{}")
            .iter()
            .any(|e| e == "translations/deutsch.json is not a valid locale.")
    );
    assert!(
        with("translations/de.json", "[]").iter().any(|e| e == "translations/de.json is not a JSON object.")
    );
    assert!(with("assets/logo.png", "GIF").iter().any(|e| e == "assets/logo.png is not a PNG image"));
    assert!(
        with("requirements.json", "{\"things\":{}}")
            .iter()
            .any(|e| e == "requirements.json contains an invalid type: things")
    );
    let nested: Vec<_> =
        package_files().into_iter().map(|(path, bytes)| (format!("app/{path}"), bytes)).collect();
    assert!(errors(&zip(&nested))[0].contains("but app/manifest.json was found"));
    assert!(errors(b"no zip")[0].starts_with("The app package is not a proper zip file."));
}

/// Makes an app as the tools for developers do; the answer of its finished job.
async fn make_app(sandbox: &Sandbox, zip: &[u8]) -> Value {
    let admin = As::Person(ADMIN);
    let uploaded =
        upload(sandbox, admin.clone(), "/api/v2/apps/uploads.json", "uploaded_data", zip).await.expect(201);
    let body = json!({"upload_id": uploaded.json()["id"].to_string(), "name": "Made"});
    let started = call(sandbox, admin.clone(), Method::POST, "/api/apps.json", body).await.expect(202);
    let path =
        format!("/api/v2/apps/job_statuses/{}.json", started.json()["job_id"].as_str().expect("an id"));
    let waiting = get(sandbox, admin.clone(), &path).await.expect(200).json();
    assert_eq!(waiting["status"], "queued");
    assert_eq!(waiting["app_id"], Value::Null);
    sandbox.control().advance(Duration::from_secs(1));
    get(sandbox, admin, &path).await.expect(200).json()
}

#[tokio::test]
async fn an_app_is_uploaded_made_installed_changed_and_removed() {
    let sandbox = start().await;
    let admin = As::Person(ADMIN);
    let job = make_app(&sandbox, &zip(&package_files())).await;
    assert_eq!(job["status"], "completed", "{job}");
    let app_id = job["app_id"].as_u64().expect("an id");
    let owned = get(&sandbox, admin.clone(), "/api/v2/apps/owned.json").await.expect(200).json();
    assert_eq!(owned["apps"][0]["name"], "Made");
    assert_eq!(owned["apps"][0]["version"], "1.2.3");

    let path = "/api/support/apps/installations.json";
    let body = json!({"app_id": app_id, "settings": {"name": "Here", "token": "s3cret"}});
    let refused = call(&sandbox, admin.clone(), Method::POST, path, body).await.expect(422).json();
    assert_eq!(refused["details"]["settings"][0]["description"], "host: cannot be blank");
    let body = json!({"app_id": app_id, "settings": {"host": "a.test", "count": "many"}});
    let refused = call(&sandbox, admin.clone(), Method::POST, path, body).await.expect(422).json();
    assert_eq!(refused["details"]["settings"][0]["error"], "InvalidValue");
    let body =
        json!({"app_id": app_id, "settings": {"name": "Here", "token": "s3cret", "host": "a.test", "x": 1}});
    let installed = call(&sandbox, admin.clone(), Method::POST, path, body).await.expect(201).json();
    assert_eq!(installed["settings"], json!({"name": "Here", "host": "a.test", "color": "blue"}));
    assert_eq!(installed["enabled"], true);

    let path = format!("/api/v2/apps/installations/{}.json", installed["id"]);
    let body = json!({"settings": {"token": "other", "color": "red"}});
    let changed = call(&sandbox, admin.clone(), Method::PUT, &path, body).await.expect(200);
    assert_eq!(changed.json()["settings"], json!({"name": "Here", "host": "a.test", "color": "red"}));
    call(&sandbox, admin.clone(), Method::PUT, &path, json!({"settings": {"host": ""}})).await.expect(422);
    let shown = get(&sandbox, admin.clone(), &path).await.expect(200);
    for text in [&changed.text, &shown.text] {
        assert!(
            !text.contains("s3cret") && !text.contains("other"),
            "secure settings are never read back: {text}"
        );
    }
    let id = installed["id"].as_u64().expect("an id");
    let stored = sandbox.shared().read().apps.installations[&id].settings.clone();
    assert_eq!(
        (&stored["token"], &stored["host"]),
        (&json!("other"), &json!("a.test")),
        "settings are merged"
    );
    let log: String = sandbox.control().log().iter().map(Value::to_string).collect();
    assert!(!log.contains("s3cret") && !log.contains("\"other\""), "{log}");

    let list =
        get(&sandbox, admin.clone(), "/api/v2/apps/installations.json?include=app").await.expect(200).json();
    assert_eq!(list["installations"][0]["app"]["id"], app_id);
    let requirements = format!("/api/v2/apps/installations/{id}/requirements.json");
    assert_eq!(
        get(&sandbox, admin.clone(), &requirements).await.expect(200).json()["requirements"],
        json!([])
    );

    add_person(&sandbox, "agent@acme.test", Role::Agent);
    let agent = As::Person("agent@acme.test");
    call(&sandbox, agent.clone(), Method::PUT, &path, json!({"enabled": false})).await.expect(403);
    upload(&sandbox, agent, "/api/v2/apps/uploads.json", "uploaded_data", b"x").await.expect(403);
    send(request(&sandbox, &admin, Method::DELETE, &path)).await.expect(204);
    get(&sandbox, admin.clone(), &path).await.expect(404);
    send(request(&sandbox, &admin, Method::DELETE, &format!("/api/v2/apps/{app_id}"))).await.expect(204);
    get(&sandbox, admin, &format!("/api/v2/apps/{app_id}.json")).await.expect(404);
}

#[tokio::test]
async fn a_bad_package_fails_its_job_and_its_validation() {
    let sandbox = start().await;
    let job = make_app(&sandbox, &without("assets/logo.png")).await;
    assert_eq!(job["status"], "failed");
    assert_eq!(job["message"], "Could not find assets/logo.png");
    assert!(sandbox.shared().read().apps.apps.is_empty());
    let path = "/api/v2/apps/validate";
    let refused =
        upload(&sandbox, As::Person(ADMIN), path, "file", &without("assets/logo.png")).await.expect(422);
    assert_eq!(refused.json()["description"], "Could not find assets/logo.png");
    upload(&sandbox, As::Person(ADMIN), path, "file", &zip(&package_files())).await.expect(200);
    let body = json!({"upload_id": 1});
    call(&sandbox, As::Person(ADMIN), Method::POST, "/api/v2/apps", body).await.expect(422);
}

async fn public_key(sandbox: &Sandbox, app_id: u64) -> String {
    let answer = get(sandbox, As::Nobody, &format!("/api/v2/apps/{app_id}/public_key.pem")).await.expect(200);
    assert!(answer.text.starts_with("-----BEGIN PUBLIC KEY-----"));
    answer.text
}

fn verified(
    sandbox: &Sandbox,
    token: &str,
    pem: &str,
    audience: &str,
) -> jsonwebtoken::errors::Result<Value> {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[audience]);
    rules.set_issuer(&["acme.zendesk.com"]);
    rules.validate_exp = false;
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
    let claims = jsonwebtoken::decode::<Value>(token, &key, &rules)?.claims;
    let now = sandbox.control().now().as_second();
    assert_eq!(
        (&claims["iat"], &claims["nbf"], &claims["exp"]),
        (&json!(now), &json!(now), &json!(now + 300))
    );
    Ok(claims)
}

#[tokio::test]
async fn a_launch_is_signed_with_the_apps_own_key() {
    let sandbox = start().await;
    let (id, app_id) = install_sample(&sandbox).await;
    let (_, other_app) = install_sample(&sandbox).await;
    let pem = public_key(&sandbox, app_id).await;
    let other = public_key(&sandbox, other_app).await;
    assert_ne!(pem, other);
    assert_eq!(public_key(&sandbox, app_id).await, pem);

    sandbox.control().settings(|settings| settings.signed_context_ticket = true);
    let launch = Launch {
        installation_id: id,
        location: "ticket_sidebar".into(),
        ticket_id: Some(7),
        ..Launch::default()
    };
    let token = sandbox.control().sign_launch(ADMIN, &launch).await.expect("a token");
    let audience = format!("https://acme.zendesk.com/api/v2/apps/installations/{id}.json");
    let claims = verified(&sandbox, &token, &pem, &audience).expect("a good token");
    assert_eq!(claims["sub"], format!("https://acme.zendesk.com/api/v2/users/{}.json", admin_id(&sandbox)));
    assert_eq!(claims["cnf"]["jku"], format!("https://acme.zendesk.com/api/v2/apps/{app_id}/public_key.pem"));
    assert_eq!(claims["context"], json!({"product": "support", "location": "ticket_sidebar", "ticketId": 7}));
    assert_eq!(claims["qsh"], hex::encode(Sha256::digest("view=1")));
    assert!(verified(&sandbox, &token, &other, &audience).is_err());

    sandbox.control().settings(|settings| settings.signed_context_ticket = false);
    let again = sandbox.control().sign_launch(ADMIN, &launch).await.expect("a token");
    let claims_again = verified(&sandbox, &again, &pem, &audience).expect("a good token");
    assert_eq!(claims_again["context"].get("ticketId"), None);
    assert_ne!(claims["jti"], claims_again["jti"]);

    let no_ticket = Launch { ticket_id: Some(999_999), ..launch.clone() };
    sandbox.control().sign_launch(ADMIN, &no_ticket).await.expect_err("no such ticket");
    let narrow = add_person(&sandbox, "narrow@acme.test", Role::Agent);
    let requested = Some(sandbox::model::TicketRestriction::Requested);
    sandbox.shared().write().users.get_mut(&narrow).expect("the person").ticket_restriction = requested;
    sandbox
        .control()
        .sign_launch("narrow@acme.test", &launch)
        .await
        .expect_err("a ticket that this agent may not see");
    let elsewhere = Launch { ticket_id: None, location: "nav_bar".into(), ..launch.clone() };
    sandbox.control().sign_launch("narrow@acme.test", &elsewhere).await.expect("a token without a ticket");

    let unknown = get(&sandbox, As::Nobody, "/api/v2/apps/1/public_key.pem").await.expect(404);
    assert_eq!(unknown.text, "Not Found");
    let nowhere = Launch { location: "top_bar".into(), ..launch.clone() };
    sandbox.control().sign_launch(ADMIN, &nowhere).await.expect_err("not a location of the app");
    sandbox.control().sign_launch("nobody@acme.test", &launch).await.expect_err("nobody");
}

#[tokio::test]
async fn apps_and_keys_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config { state_file: Some(folder.path().join("state.json")), ..Config::default() };
    let sandbox = start_with(config.clone()).await;
    let (id, app_id) = install_sample(&sandbox).await;
    let pem = public_key(&sandbox, app_id).await;
    let pair = sandbox.control().authorize(ADMIN, "demo_client", &["read"]).expect("tokens");
    sandbox.stop().await.expect("saved");
    let sandbox = start_with(config).await;
    assert_eq!(public_key(&sandbox, app_id).await, pem);
    let path = format!("/api/v2/apps/installations/{id}.json");
    get(&sandbox, As::Bearer(&pair.access_token), &path).await.expect(200);
    assert_eq!(sandbox.shared().read().apps.installations[&id].settings["token"], "s3cret");
    let logo =
        get(&sandbox, As::Nobody, &format!("/sandbox/apps/{app_id}/assets/logo.png")).await.expect(200);
    assert_eq!(logo.header("content-type"), "image/png");
}

#[tokio::test]
async fn an_apps_server_tells_its_pages_something() {
    let sandbox = start().await;
    let (_, app_id) = install_sample(&sandbox).await;
    let mut events = sandbox.shared().events();
    let path = "/api/v2/apps/notify.json";
    let notify = async |body: Value| call(&sandbox, As::Person(ADMIN), Method::POST, path, body).await;
    notify(json!({"app_id": app_id, "event": "changed", "body": {"n": 1}, "agent_id": 5})).await.expect(200);
    match events.recv().await.expect("an event") {
        Event::ApiNotification { app_id: to, event, body, sender, agent_id } => {
            assert_eq!(
                (to, event.as_str(), body, sender),
                (app_id, "changed", json!({"n": 1}), admin_id(&sandbox))
            );
            assert_eq!(agent_id, Some(5));
        }
        other => panic!("{other:?}"),
    }
    notify(json!({"app_id": 1, "event": "changed"})).await.expect(404);
    notify(json!({"app_id": app_id})).await.expect(422);
    notify(json!({"app_id": app_id, "event": "x", "body": "x".repeat(1024 * 1024)})).await.expect(413);
    for _ in 4..100 {
        notify(json!({"app_id": app_id, "event": "x"})).await.expect(200);
    }
    notify(json!({"app_id": app_id, "event": "x"})).await.expect(429);
}
