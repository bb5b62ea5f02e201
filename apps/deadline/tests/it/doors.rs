//! The door for Zendesk's triggers.

use sandbox::model::Status;
use serde_json::{Value, json};
use testkit::{ADMIN, MAYA, TestApp};

use crate::{activity, history, open_ticket, pairs, tags};

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn sets_and_clears(app: &TestApp) {
        app.authorised().await;
        let (ticket, token) = (open_ticket(app), app.account_token());
        let at = async |when: Value| {
            let mut body = when;
            body["ticket_id"] = json!(ticket);
            let answer = app.webhook("set", &token, body).await.ok();
            assert_eq!((&answer["ticket_id"], &answer["state"]), (&json!(ticket), &json!("pending")));
            answer["at"].as_str().unwrap().to_owned()
        };
        assert_eq!(at(json!({ "in": "4h" })).await, "2026-11-23T13:00:00Z".replace("13:00:00Z", &app.in_minutes(240)[11..]));
        assert_eq!(at(json!({ "at": "2026-12-01T10:00:00+01:00" })).await, "2026-12-01T09:00:00Z");
        assert_eq!(at(json!({ "local": "2026-12-01T10:00", "time_zone": "America/New_York" })).await, "2026-12-01T15:00:00Z");
        let field = app.ticket_field("Deadline date");
        app.change_ticket(ticket, |ticket| drop(ticket.custom_fields.insert(field, json!("2026-12-04"))));
        assert_eq!(at(json!({ "from_field": field })).await, "2026-12-04T17:00:00Z");
        let berlin = json!({ "from_field": field, "time_zone": "Europe/Berlin" });
        assert_eq!(at(berlin).await, "2026-12-04T16:00:00Z", "the end of that day there");
        assert_eq!(at(json!({ "from_field": field, "offset": "-3d" })).await, "2026-12-01T17:00:00Z");
        assert_eq!(at(json!({ "from_field": field, "offset": "2h30m" })).await, "2026-12-04T19:30:00Z");
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_pending"]);
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(page.data()["deadline"]["set_by"], json!({ "id": null, "name": null }));
        assert_eq!(page.data()["history"][0]["by"]["via"], "trigger");

        assert_eq!(app.webhook("clear", &token, json!({ "ticket_id": ticket })).await.ok()["cleared"], true);
        assert_eq!(app.webhook("clear", &token, json!({ "ticket_id": ticket })).await.ok()["cleared"], false);
        app.run_jobs().await;
        assert!(tags(app, ticket).is_empty());
        let lines = activity(&page, ticket).await;
        let last = &pairs(&lines)[lines.len() - 2..];
        assert_eq!(last, [("tickets.changed", "sent"), ("deadline.cleared", "done")]);
    }

    async fn what_does_not_fit_is_refused_with_the_reason(app: &TestApp) {
        app.authorised().await;
        let (ticket, token) = (open_ticket(app), app.account_token());
        let field = app.ticket_field("Deadline date");
        let order = app.ticket_field("Order number");
        let closed = app.tickets_where(|ticket| ticket.status == Status::Closed)[0];
        app.change_ticket(ticket, |ticket| {
            ticket.custom_fields.remove(&field);
            ticket.custom_fields.insert(order, json!("A-1"));
        });
        let set = async |body: Value| app.webhook("set", &token, body).await;
        for (body, code) in [
            (json!({ "ticket_id": ticket }), "not_understood"),
            (json!({ "ticket_id": ticket, "in": "soon" }), "not_understood"),
            (json!({ "ticket_id": ticket, "in": "1h", "at": "2027-01-01T00:00:00Z" }), "not_understood"),
            (json!({ "ticket_id": ticket, "at": "2027-01-01T00:00:00Z", "from_field": field }), "field_not_a_date"),
            (json!({ "ticket_id": ticket, "from_field": field }), "field_not_a_date"),
            (json!({ "ticket_id": ticket, "from_field": order }), "field_not_a_date"),
            (json!({ "ticket_id": ticket, "at": "2020-01-01T00:00:00Z" }), "in_past"),
            (json!({ "ticket_id": ticket, "in": "9999d" }), "too_far"),
            (json!({ "ticket_id": closed, "in": "1h" }), "ticket_closed"),
            (json!({ "ticket_id": "x", "in": "1h" }), "arguments_not_understood"),
            (json!({ "ticket_id": ticket, "inn": "1h" }), "arguments_not_understood"),
            (json!([]), "arguments_not_understood"),
            (json!({ "in": "1h" }), "arguments_not_understood"),
        ] {
            let answer = set(body.clone()).await;
            assert_eq!(answer.refused(422), code, "{body}");
        }
        assert!(set(json!([])).await.message().contains("{{ticket.id}}"), "with an example that works");
        assert_eq!(set(json!({ "ticket_id": 999_999, "in": "1h" })).await.refused(404), "not_found");
        for text in ["", "no json", "{\"ticket_id\": 1"] {
            let answer = app.webhook_text("set", &token, None, text).await;
            assert_eq!(answer.refused(422), "arguments_not_understood", "{text}");
        }
        let huge = app.webhook_text("set", &token, None, " ".repeat(300_000)).await;
        assert_eq!(huge.status, 413, "{}", huge.text);
        assert_eq!(app.webhook("explode", &token, json!({})).await.refused(404), "not_found");
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(page.data()["history"], json!([]), "nothing of that did anything");
        for (action, token) in [("set", "wrong"), ("explode", "wrong"), ("set", ""), ("set", page.token.as_str())] {
            let answer = app.webhook(action, token, json!({ "ticket_id": ticket, "in": "1h" })).await;
            assert_eq!(answer.refused(401), "unauthenticated");
        }
    }

    async fn the_same_delivery_does_nothing_twice(app: &TestApp) {
        app.authorised().await;
        let (ticket, token) = (open_ticket(app), app.account_token());
        let body = json!({ "ticket_id": ticket, "in": "4h" }).to_string();
        let deliver = async |invocation: &str| app.webhook_text("set", &token, Some(invocation), body.clone()).await.ok();
        // At once …
        let (one, two) = tokio::join!(deliver("01A"), deliver("01A"));
        assert_eq!(one, two);
        // … and after each other, when doing it again would say something else.
        app.advance(std::time::Duration::from_secs(60));
        assert_eq!(deliver("01A").await, one);
        app.run_jobs().await;
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(history(&page, ticket).await, ["set"]);
        assert_ne!(deliver("01B").await, one, "another delivery is another wish");
        app.run_jobs().await;
        assert_eq!(history(&page, ticket).await, ["set", "moved"]);
        // What was refused may be sent again and succeed.
        let closed = app.tickets_where(|ticket| ticket.status == Status::Closed)[0];
        let body = json!({ "ticket_id": closed, "in": "4h" }).to_string();
        assert_eq!(app.webhook_text("set", &token, Some("01C"), body.clone()).await.refused(422), "ticket_closed");
        app.set_status(closed, Status::Open);
        app.advance(crate::minutes(6));
        app.webhook_text("set", &token, Some("01C"), body).await.ok();
        app.run_jobs().await;
    }

    async fn nobody_comes_in_before_the_authorization(app: &TestApp) {
        let ticket = open_ticket(app);
        let answer = app.webhook("set", "whatever", json!({ "ticket_id": ticket, "in": "1h" })).await;
        assert_eq!(answer.refused(401), "unauthenticated");
        app.authorised().await;
        // Authorised again the installation has a new copy of the account token; the old one is worth nothing.
        let old = app.account_token();
        app.advance(crate::minutes(1));
        app.authorise(ADMIN).await;
        let new = app.account_token();
        assert_ne!(old, new);
        assert_eq!(app.webhook("clear", &old, json!({ "ticket_id": ticket })).await.refused(401), "unauthenticated");
        app.webhook("clear", &new, json!({ "ticket_id": ticket })).await.ok();
    }
}
