//! One account is nothing to another: not its rows, not its sessions, not its tokens, not its texts.

use serde_json::{Value, json};
use testkit::{ADMIN, Answer, Location, MAYA, Page, Session, TestApp};

use crate::{minutes, open_ticket, set};

/// Every route behind a session.
fn routes(ticket: i64, deadline: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let settings = json!({ "version": 0, "warnings": [], "warning_text": "", "hit_text": "", "end_of_day": "17:00:00",
                           "notify": { "assignee": true, "setter": true, "group": false }, "display_field_id": null });
    let app = |path: &str| format!("/api/apps/deadline{path}");
    vec![
        ("GET", app(&format!("/tickets/{ticket}")), None),
        ("PUT", app(&format!("/tickets/{ticket}")), Some(json!({ "when": { "in": "9h" }, "version": 1 }))),
        ("DELETE", app(&format!("/tickets/{ticket}")), Some(json!({ "version": 1 }))),
        ("GET", app("/deadlines?state=all"), None),
        ("GET", app("/deadlines.csv?state=all"), None),
        ("POST", app("/deadlines/bulk"), Some(json!({ "ids": [deadline], "change": { "clear": true } }))),
        ("GET", app("/settings"), None),
        ("PUT", app("/settings"), Some(settings)),
        ("GET", app("/ticket-fields"), None),
        ("GET", "/api/activity".to_owned(), None),
        ("GET", format!("/api/activity?ticket={ticket}"), None),
        ("GET", "/api/actions".to_owned(), None),
        (
            "POST",
            "/api/actions/webhooks".to_owned(),
            Some(json!({ "action": "deadline.set", "name": "x", "with_trigger": false })),
        ),
        ("POST", "/api/authorization".to_owned(), Some(Value::Null)),
        ("POST", "/api/session/renew".to_owned(), Some(Value::Null)),
        ("GET", "/api/events?topics=deadline".to_owned(), None),
    ]
}

async fn walk(page: &Page, ticket: i64, deadline: &str) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for (method, path, body) in routes(ticket, deadline) {
        if !path.starts_with("/api/events") || page.token.is_empty() || page.token.starts_with("not") {
            answers.push((format!("{method} {path}"), page.send(method, &path, body).await));
        }
    }
    answers
}

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn without_a_session_of_this_server_there_is_nothing(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(ADMIN, ticket).await;
        let view = set(&page, ticket, json!({ "in": "5h" })).await;
        app.run_jobs().await;
        let deadline = view["deadline"]["id"].as_str().unwrap();
        let session = app.session_of(&page);
        let expired = Session { expires_at: app.now(), ..session.clone() };
        let other_app = Session { app: "tasks".into(), ..session.clone() };
        let other_agent = app.signed_session(&Session { agent_id: session.agent_id + 32, ..session.clone() });
        let (body, signature) = page.token.split_once('.').unwrap();
        let tokens = [
            ("none", String::new()),
            ("nonsense", "not a token".to_owned()),
            ("without a signature", body.to_owned()),
            ("signed for another", format!("{}.{signature}", other_agent.split_once('.').unwrap().0)),
            ("expired", app.signed_session(&expired)),
            ("another app's", app.signed_session(&other_app)),
            ("the account token", app.account_token()),
        ];
        for (what, token) in tokens {
            let page = page.with_token(&token);
            for (route, answer) in walk(&page, ticket, deadline).await {
                assert_eq!(answer.refused(401), "unauthenticated", "{what}: {route}");
                assert!(!answer.text.contains(deadline));
            }
        }
        let events = app.ask("GET", "/api/events?topics=deadline", |request| request.bearer_auth("not a token")).await;
        assert_eq!(events.refused(401), "unauthenticated");
        for topics in ["tasks", "deadlines", "deadline/ticket/1,tasks", "authorization"] {
            let events = page.get(&format!("/api/events?topics={topics}")).await;
            assert_eq!(events.refused(422), "not_a_topic", "{topics}");
        }
        assert_eq!(page.get(&format!("/tickets/{ticket}")).await.ok()["deadline"]["version"], view["deadline"]["version"]);
    }

    async fn another_account_sees_and_changes_nothing(app: &TestApp) {
        // The same apps, the same ticket numbers, the same people's ids: only the account differs.
        let other = app.other_account().await;
        app.person(MAYA, |user| user.name = "Zebedee Acmeson".to_owned());
        app.person(ADMIN, |user| user.name = "Ximena Acmeson".to_owned());
        app.authorised().await;
        other.authorised().await;
        let their_ticket = other.ticket(open_ticket(app));
        let ticket = open_ticket(app);
        let ours = app.sidebar(MAYA, ticket).await;
        let view = set(&ours, ticket, json!({ "in": "5h" })).await;
        app.run_jobs().await;
        let deadline = view["deadline"]["id"].as_str().unwrap();
        let secrets = [deadline.to_owned(), "Acmeson".to_owned(), app.account().await.to_string(), app.account_token()];

        let theirs = other.sidebar(ADMIN, ticket).await;
        assert_eq!(theirs.data()["deadline"], Value::Null);
        assert_eq!(theirs.data()["history"], json!([]));
        let mut texts = vec![theirs.boot.to_string()];
        for (route, answer) in walk(&theirs, ticket, deadline).await {
            assert!(answer.status < 500, "{route}: {}", answer.text);
            // Their own names of the deadline that they asked about are no secret to them.
            texts.push(answer.text.replace(&format!("\"id\":\"{deadline}\""), ""));
        }
        for text in &texts {
            for secret in &secrets {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let bulk = json!({ "ids": [deadline], "change": { "clear": true } });
        let bulk = theirs.post("/deadlines/bulk", bulk).await.ok();
        assert_eq!((&bulk["changed"], &bulk["refused"][0]["ticket_id"]), (&json!(0), &Value::Null));
        let mut news = theirs.listen(&format!("deadline,deadline/ticket/{ticket}")).await;

        // A token acts on its own account, wherever it is sent.
        let (token, their_token) = (app.account_token(), other.account_token());
        assert_ne!(token, their_token);
        app.webhook("set", &token, json!({ "ticket_id": ticket, "in": "7h" })).await.ok();
        let their_view = theirs.get(&format!("/tickets/{ticket}")).await.ok();
        assert_eq!(their_view["deadline"], Value::Null, "ours was moved, not theirs");
        other.webhook("set", &their_token, json!({ "ticket_id": ticket, "in": "1h" })).await.ok();
        let first = news.next().await;
        assert_eq!(first.0, "change", "and of ours they heard nothing before");
        let our_view = ours.get(&format!("/tickets/{ticket}")).await.ok();
        assert_eq!(our_view["deadline"]["at"], app.in_minutes(7 * 60));

        app.run_jobs().await;
        assert_eq!(crate::tags(&other, ticket), ["deadline_pending"]);
        assert_eq!(other.ticket(ticket).audits.len(), their_ticket.audits.len() + 1, "their own wish and nothing of ours");
        app.advance(minutes(62));
        app.run_jobs().await;
        assert_eq!((crate::tags(&other, ticket), crate::tags(app, ticket)), (vec!["deadline_now".to_owned()], vec!["deadline_pending".to_owned()]));
        drop(news);
        other.finish().await;
    }

    async fn zendesks_signature_is_what_opens_a_page(app: &TestApp) {
        app.authorised().await;
        let signed = app.signed(MAYA, Location::NavBar, None).await;
        let (head, rest) = signed.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        for (what, token) in [
            ("nothing", String::new()),
            ("nonsense", "a.b.c".to_owned()),
            ("unsigned", format!("{head}.{claims}.")),
            ("altered", format!("{head}.{claims}x.{signature}")),
            ("a session", app.board(MAYA).await.token),
        ] {
            let answer = app.post_signed(Location::NavBar, &token).await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.text);
            assert!(!answer.text.contains("\"session\""));
        }
        app.advance(minutes(10));
        assert_eq!(app.post_signed(Location::NavBar, &signed).await.status, 401, "expired");
        let get = app.ask("GET", "/apps/deadline/pages/board", |request| request).await;
        assert!(get.status == 200 && !get.text.contains("\"session\""), "outside Zendesk it only says where it opens");
        assert_eq!(app.ask("GET", "/apps/tasks/pages/board", |request| request).await.refused(404), "not_found");
    }
}
