//! The sidebar: first data, times, conflicts, live news.

use serde_json::{Value, json};
use testkit::{ADMIN, JONAS, MAYA, TestApp};

use crate::{minutes, open_ticket, set};

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn before_the_authorization_there_is_nothing_but_the_question(app: &TestApp) {
        let ticket = open_ticket(app);
        for email in [MAYA, ADMIN] {
            let page = app.sidebar(email, ticket).await;
            assert_eq!(page.boot["authorization"], json!({ "state": "missing" }));
            assert_eq!(page.boot["data"], Value::Null);
            assert!(page.boot["api_access"].as_array().unwrap().len() >= 8, "the table comes with the page");
            assert_eq!(page.get(&format!("/tickets/{ticket}")).await.refused(409), "not_authorised");
            let body = json!({ "when": { "in": "1h" }, "version": null });
            assert_eq!(page.put(&format!("/tickets/{ticket}"), body).await.refused(409), "not_authorised");
            assert_eq!(page.get("/deadlines").await.refused(409), "not_authorised");
            assert_eq!(page.get("/api/activity").await.refused(409), "not_authorised");
        }
        // Whoever waits hears of it.
        let mut news = app.sidebar(MAYA, ticket).await.listen("").await;
        assert_eq!(news.authorization, json!({ "state": "missing" }));
        app.authorised().await;
        assert_eq!(news.next().await, ("authorization".to_owned(), json!({ "state": "healthy", "granted_by": "Alex Morgan" })));
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(page.boot["authorization"], json!({ "state": "healthy", "granted_by": "Alex Morgan" }));
    }

    async fn everything_comes_with_the_page(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        let at = set(&page, ticket, json!({ "in": "4h" })).await["deadline"]["at"].clone();
        app.run_jobs().await;
        let calls = app.calls("* *");
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(app.calls("* *"), calls, "no call of Zendesk for a page that was open a moment ago");
        assert_eq!(page.boot["agent"]["name"], "Maya Lindqvist");
        assert_eq!(page.boot["agent"]["time_zone"], "Europe/Berlin");
        assert_eq!(page.boot["ticket_id"], ticket);
        let data = page.data();
        assert_eq!(data["deadline"]["at"], at);
        assert_eq!(data["deadline"]["set_by"]["name"], "Maya Lindqvist");
        assert_eq!(data["history"][0]["event"], "set");
        assert_eq!(data["can_edit"], true);
        assert_eq!(data["end_of_day"], "17:00:00");
    }

    async fn times_are_read_as_people_say_them(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        let path = format!("/tickets/{ticket}");
        let berlin = |local: &str| json!({ "local": local, "time_zone": "Europe/Berlin" });

        let view = set(&page, ticket, berlin("2026-11-24T14:30")).await;
        assert_eq!(view["deadline"]["at"], "2026-11-24T13:30:00Z");
        assert_eq!(view["notice"], Value::Null);
        let view = set(&page, ticket, berlin("2027-03-28T02:30")).await;
        assert_eq!(view["deadline"]["at"], "2027-03-28T01:30:00Z", "half past three in summer time");
        assert_eq!(view["notice"], json!({
            "code": "dst_shifted",
            "message": "02:30 does not exist on that day in Europe/Berlin: the clocks go forward. 03:30 was set.",
            "args": { "asked": "02:30", "taken": "03:30", "zone": "Europe/Berlin" },
        }));
        let view = set(&page, ticket, json!({ "at": "2036-11-23T08:59:00Z" })).await;
        assert_eq!(view["deadline"]["at"], "2036-11-23T08:59:00Z", "ten years ahead");

        let version = view["deadline"]["version"].clone();
        let refused = async |when: Value| {
            let answer = page.put(&path, json!({ "when": when, "version": version })).await;
            (answer.refused(422).to_owned(), answer.message().to_owned(), answer.body["error"]["args"].clone())
        };
        let (code, message, args) = refused(berlin("2026-11-23T09:48")).await;
        assert_eq!(code, "in_past");
        assert_eq!(message, "in the past: 09:48 is 12 minutes ago in Europe/Berlin. Choose a time that lies ahead.");
        assert_eq!(args, json!({ "time": "09:48", "ago": "12 minutes", "zone": "Europe/Berlin" }));
        assert_eq!(refused(json!({ "at": "2036-11-24T09:00:00Z" })).await.0, "too_far");
        for when in [
            json!({}), json!({ "at": "tomorrow" }), json!({ "in": "-4h" }), json!({ "in": "4h", "at": "2027-01-01T00:00:00Z" }),
            json!({ "local": "2026-12-01T10:00", "time_zone": "Europe/Nowhere" }),
        ] {
            assert_eq!(refused(when.clone()).await.0, "not_understood", "{when}");
        }
        let now = page.get(&path).await.ok();
        assert_eq!(now["deadline"]["version"], version, "nothing of that has changed anything");
        for body in [json!({ "when": { "in": "1h", "soon": true }, "version": version }), json!([]), json!({ "when": 4 })] {
            let answer = page.put(&path, body).await;
            assert_eq!(answer.status, 422, "{}", answer.text);
            assert!(answer.body["error"]["code"].is_string(), "an error like all others: {}", answer.text);
        }
        app.run_jobs().await;
    }

    async fn the_second_of_two_is_told_and_nothing_is_overwritten(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let path = format!("/tickets/{ticket}");
        let (maya, jonas) = (app.sidebar(MAYA, ticket).await, app.sidebar(JONAS, ticket).await);
        let mut news = jonas.listen(&format!("deadline/ticket/{ticket}")).await;
        let first = maya.put(&path, json!({ "when": { "in": "1h" }, "version": null })).await.ok();
        assert_eq!(news.next().await, ("change".to_owned(), json!({ "topic": format!("deadline/ticket/{ticket}") })));

        let second = jonas.put(&path, json!({ "when": { "in": "2h" }, "version": null })).await;
        assert_eq!(second.refused(409), "changed_meanwhile");
        assert_eq!(second.body["current"]["deadline"]["at"], first["deadline"]["at"]);
        assert_eq!(second.body["current"]["deadline"]["set_by"]["name"], "Maya Lindqvist");
        assert_eq!(jonas.delete(&path, json!({ "version": null })).await.refused(409), "changed_meanwhile");
        let seen = second.body["current"]["deadline"]["version"].clone();
        let his = jonas.put(&path, json!({ "when": { "in": "2h" }, "version": seen })).await.ok();
        assert_eq!(his["deadline"]["set_by"]["name"], "Jonas Weber");
        assert_eq!(maya.delete(&path, json!({ "version": seen })).await.refused(409), "changed_meanwhile");
        let left = maya.delete(&path, json!({ "version": his["deadline"]["version"] })).await.ok();
        assert_eq!(left["deadline"], Value::Null);

        // Both at once: one of them.
        let body = json!({ "when": { "in": "1h" }, "version": null });
        let other = json!({ "when": { "in": "3h" }, "version": null });
        let (one, two) = tokio::join!(maya.put(&path, body), jonas.put(&path, other));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.text, two.text);
        app.run_jobs().await;
    }

    async fn a_session_ends_and_is_renewed(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        let path = format!("/tickets/{ticket}");
        app.advance(minutes(29));
        let renewed = page.post("/api/session/renew", Value::Null).await.ok();
        app.advance(minutes(2));
        assert_eq!(page.get(&path).await.refused(401), "unauthenticated");
        assert_eq!(page.post("/api/session/renew", Value::Null).await.refused(401), "unauthenticated");
        page.with_token(renewed["token"].as_str().unwrap()).get(&path).await.ok();
    }
}
