//! Opening a page: which signed requests are believed.

use std::net::TcpListener;

use accounts::OpeningError;
use accounts::session::{LIFETIME, Session};
use accounts::vault::Keyring;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sandbox::gate::faults::{Drop, Fault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use store::{Clock, SeededRandom};

use crate::support::*;

const KEY: &str = "GET /api/v2/apps/*/public_key.pem";

/// What Zendesk would sign for the administrator, to be changed.
fn claims(scene: &Scene<'_>) -> Value {
    let now = scene.test.clock.now().timestamp().as_second();
    json!({
        "iss": "acme.zendesk.com",
        "aud": format!("https://acme.zendesk.com/api/v2/apps/installations/{}.json", scene.installation_id),
        "sub": format!("https://acme.zendesk.com/api/v2/users/{}.json", scene.user_id(ADMIN)),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "cnf": {"jku": format!("https://acme.zendesk.com/api/v2/apps/{}/public_key.pem", scene.app_id)},
        "context": {"product": "support", "location": "ticket_sidebar"},
    })
}

/// Signs claims with the key of an app of the sandbox.
async fn sign(scene: &Scene<'_>, app_id: u64, claims: &Value) -> SecretString {
    let key = sandbox::apps::private_key(scene.sandbox.shared(), app_id).await.unwrap().expect("the app");
    let key = EncodingKey::from_rsa_pem(key.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key).unwrap().into()
}

fn with(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn assert_bad(result: Result<accounts::Opened, OpeningError>, what: &str) {
    assert!(matches!(result, Err(OpeningError::BadSignature)), "{what}: {result:?}");
}

store::on_both_databases! {
    migrations = migrations();

    async fn a_signed_request_opens_the_page(test: &TestDb) {
        let scene = Scene::start(test).await;
        let ticket_id = *scene.sandbox.shared().read().tickets.keys().next().unwrap();
        let token = scene.launch_in(AGENT, scene.installation_id, Some(ticket_id)).await;
        let opened = scene.accounts.open_page(APP, &token).await.unwrap();
        assert_eq!(opened.ticket_id, Some(ticket_id.cast_signed()));
        assert_eq!(opened.account, None, "nobody has authorised");
        assert_eq!(opened.base_url.as_str(), scene.sandbox.url());
        let expected = Session {
            subdomain: "acme".into(),
            app: APP.into(),
            app_id: scene.app_id.cast_signed(),
            installation_id: scene.installation_id.cast_signed(),
            agent_id: scene.user_id(AGENT).cast_signed(),
            expires_at: test.clock.now().plus(LIFETIME),
        };
        assert_eq!(opened.session, expected);
        // Elsewhere there is no ticket; and the key is asked for once.
        assert_eq!(scene.open(AGENT).await.unwrap().ticket_id, None);
        assert_eq!(scene.count(KEY), 1);
        let account = scene.grant(ADMIN).await.unwrap().account;
        assert_eq!(scene.open(AGENT).await.unwrap().account, Some(account));
    }

    async fn what_is_not_signed_for_us_is_refused(test: &TestDb) {
        let scene = Scene::start(test).await;
        let (_, other_app) = install(&scene.sandbox).await;
        let good = claims(&scene);
        let signed = async |changes: Value| sign(&scene, scene.app_id, &with(good.clone(), changes)).await;
        let open = async |token: SecretString| scene.accounts.open_page(APP, &token).await;
        let now = test.clock.now().timestamp().as_second();

        open(signed(json!({})).await).await.expect("the claims are right before they are changed");
        assert_bad(open(sign(&scene, other_app, &good).await).await, "another app's key");
        let host = |host: &str| format!("https://{host}/api/v2/apps/installations/{}.json", scene.installation_id);
        assert_bad(open(signed(json!({"aud": host("globex.zendesk.com")})).await).await, "another account's installation");
        assert_bad(open(signed(json!({"iss": "globex.zendesk.com"})).await).await, "another issuer");
        assert_bad(open(signed(json!({"iss": "acme.zendesk.com.evil.test", "aud": host("acme.zendesk.com.evil.test")})).await).await, "another host");
        assert_bad(open(signed(json!({"aud": "https://acme.zendesk.com/api/v2/tickets/1.json"})).await).await, "no installation");
        assert_bad(open(signed(json!({"iat": now - 400, "nbf": now - 400, "exp": now - 61})).await).await, "expired");
        open(signed(json!({"iat": now - 400, "nbf": now - 400, "exp": now - 30})).await).await.expect("within the skew");
        assert_bad(open(signed(json!({"nbf": now + 61})).await).await, "not yet valid");
        open(signed(json!({"nbf": now + 30})).await).await.expect("within the skew");
        assert_bad(open(signed(json!({"sub": "nobody"})).await).await, "no agent");
        for garbage in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "null"] {
            assert_bad(open(garbage.into()).await, garbage);
        }
        let token = signed(json!({})).await;
        let (head, signature) = token.expose_secret().rsplit_once('.').unwrap();
        let (head, body) = head.split_once('.').unwrap();
        let other = signed(json!({"sub": format!("https://acme.zendesk.com/api/v2/users/{}.json", scene.user_id(AGENT))})).await;
        let other_body = other.expose_secret().split('.').nth(1).unwrap();
        assert_ne!(body, other_body);
        assert_bad(open(format!("{head}.{other_body}.{signature}").into()).await, "another body");
        // The HMAC of a public key is the oldest trick.
        let symmetric = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &good, &EncodingKey::from_secret(b"x")).unwrap();
        assert_bad(open(symmetric.into()).await, "another algorithm");
        scene.advance(seconds(361));
        assert_bad(open(token).await, "kept too long");
        // Whatever was sent, Zendesk was asked for the key once.
        assert_eq!(scene.count(KEY), 1);
    }

    async fn only_the_app_that_was_authorised_opens(test: &TestDb) {
        let scene = Scene::start(test).await;
        let (other_installation, other_app) = install(&scene.sandbox).await;
        let other_token = scene.launch_in(ADMIN, other_installation, None).await;
        let early = scene.accounts.open_page(APP, &other_token).await.expect("nothing is pinned yet").session;
        assert_eq!(early.app_id, other_app.cast_signed());
        assert_eq!(scene.accounts.account_of(&early).await.unwrap(), None);

        let account = scene.grant(ADMIN).await.unwrap().account;
        let session = scene.session(ADMIN).await;
        assert_eq!(scene.accounts.account_of(&session).await.unwrap(), Some(account));
        // What another app opened before has not become worth anything.
        assert_eq!(scene.accounts.account_of(&early).await.unwrap(), None);
        let elsewhere = Session { subdomain: "globex".into(), ..session.clone() };
        assert_eq!(scene.accounts.account_of(&elsewhere).await.unwrap(), None);
        let other_page = Session { app: "tasks".into(), ..session.clone() };
        assert_eq!(scene.accounts.account_of(&other_page).await.unwrap(), None);

        let refused = scene.accounts.open_page(APP, &other_token).await;
        assert!(matches!(refused, Err(OpeningError::OtherApp)), "{refused:?}");
        // It claims to be ours, and is signed by the other.
        let aud = format!("https://acme.zendesk.com/api/v2/apps/installations/{other_installation}.json");
        let forged = with(claims(&scene), json!({ "aud": aud }));
        assert_bad(scene.accounts.open_page(APP, &sign(&scene, other_app, &forged).await).await, "forged");
        // Our installation is no door to another page of this server.
        let refused = scene.accounts.open_page("tasks", &scene.launch(ADMIN).await).await;
        assert!(matches!(refused, Err(OpeningError::OtherApp)), "{refused:?}");
    }

    async fn an_operator_may_pin_the_app(test: &TestDb) {
        let scene = Scene::start(test).await;
        let (other_installation, other_app) = install(&scene.sandbox).await;
        let pinned = scene.configured(|config| {
            config.app_ids.insert(APP.into(), other_app.cast_signed());
        });
        let refused = pinned.open_page(APP, &scene.launch(ADMIN).await).await;
        assert!(matches!(refused, Err(OpeningError::OtherApp)), "{refused:?}");
        pinned.open_page(APP, &scene.launch_in(ADMIN, other_installation, None).await).await.unwrap();
    }

    async fn a_new_key_is_fetched_once(test: &TestDb) {
        let scene = Scene::start(test).await;
        scene.open(ADMIN).await.unwrap();
        let (_, other_app) = install(&scene.sandbox).await;
        sandbox::apps::private_key(scene.sandbox.shared(), other_app).await.unwrap().expect("a key");
        // Zendesk replaces the key.
        {
            let mut world = scene.sandbox.shared().write();
            let mut renewed = world.apps.apps[&other_app].clone();
            renewed.id = scene.app_id;
            world.apps.apps.remove(&other_app);
            world.apps.apps.insert(scene.app_id, renewed);
        }
        scene.advance(seconds(60));
        scene.open(ADMIN).await.expect("signed with the new key");
        scene.open(ADMIN).await.expect("known by now");
        assert_eq!(scene.count(KEY), 2);
        // A flood of forged tokens is not passed on to Zendesk.
        let stranger = EncodingKey::from_rsa_pem(
            sandbox::apps::keys::private_key(|pem| {
                let world = scene.sandbox.shared().read();
                let mine = serde_json::to_value(&world.apps.apps[&scene.app_id]).unwrap();
                mine["private_key"] == pem
            }).unwrap().as_bytes(),
        ).unwrap();
        let forged = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims(&scene), &stranger).unwrap();
        for _ in 0..5 {
            assert_bad(scene.accounts.open_page(APP, &forged.as_str().into()).await, "forged");
        }
        assert_eq!(scene.count(KEY), 2);
    }

    async fn without_the_key_nobody_is_believed(test: &TestDb) {
        let scene = Scene::start(test).await;
        for fault in [
            Fault { status: Some(503), times: Some(1), ..Fault::default() },
            Fault { drop: Some(Drop::Before), times: Some(1), ..Fault::default() },
        ] {
            scene.fault(Fault { route: KEY.into(), ..fault });
            let refused = scene.open(ADMIN).await;
            assert!(matches!(refused, Err(OpeningError::KeyUnavailable(_))), "{refused:?}");
        }
        scene.open(ADMIN).await.expect("Zendesk is back");
    }

    async fn keys_come_from_the_accounts_zendesk_only(test: &TestDb) {
        let (scene, _) = Scene::granted(test).await;
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let (_, stranger) = install(&scene.sandbox).await;
        let jku = format!("http://{}/api/v2/apps/{}/public_key.pem", elsewhere.local_addr().unwrap(), scene.app_id);
        let forged = with(claims(&scene), json!({"cnf": {"jku": jku}}));
        assert_bad(scene.accounts.open_page(APP, &sign(&scene, stranger, &forged).await).await, "forged");
        scene.accounts.open_page(APP, &sign(&scene, scene.app_id, &forged).await).await.expect("the known key fits");
        let called = elsewhere.accept();
        assert_eq!(called.expect_err("nobody called").kind(), std::io::ErrorKind::WouldBlock);
    }

    async fn a_page_token_is_good_for_its_time_and_from_this_server(test: &TestDb) {
        let scene = Scene::start(test).await;
        let session = scene.session(AGENT).await;
        let token = session.to_token(scene.accounts.keys()).unwrap();
        assert_eq!(scene.accounts.session(&token), Some(session.clone()));
        assert_eq!(scene.other_node().await.session(&token), Some(session.clone()), "any node knows it");
        let stranger = Keyring::parse(Keyring::generate("k1", &SeededRandom::new(5)).expose_secret()).unwrap();
        assert_eq!(scene.accounts.session(&session.to_token(&stranger).unwrap()), None, "another server's key");
        for forged in ["", ".", "x.k1.y", "e30.k1."] {
            assert_eq!(scene.accounts.session(&forged.into()), None, "{forged}");
        }
        scene.advance(seconds(30 * 60 - 1));
        assert_eq!(scene.accounts.session(&token), Some(session));
        scene.advance(seconds(1));
        assert_eq!(scene.accounts.session(&token), None);
    }
}
