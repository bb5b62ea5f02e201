//! Whom Zendesk would not let see or change a ticket, sees and changes nothing here.

use sandbox::model::Status;
use serde_json::{Value, json};
use testkit::{ADMIN, LENA, MAYA, PRIYA, Page, TestApp};

use crate::{minutes, open_tickets, set};

fn deadline_id(view: &Value) -> String {
    view["deadline"]["id"].as_str().unwrap().to_owned()
}

async fn csv(page: &Page) -> String {
    let answer = page.get("/deadlines.csv?state=all").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

async fn shown(page: &Page) -> Vec<i64> {
    let board = page.get("/deadlines?state=all").await.ok();
    board["items"].as_array().unwrap().iter().map(|item| item["ticket_id"].as_i64().unwrap()).collect()
}

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn a_light_agent_looks_and_changes_nothing(app: &TestApp) {
        app.authorised().await;
        let ticket = open_tickets(app, "Support")[0];
        let path = format!("/tickets/{ticket}");
        let before = set(&app.sidebar(MAYA, ticket).await, ticket, json!({ "in": "1h" })).await;
        app.run_jobs().await;
        let page = app.sidebar(LENA, ticket).await;
        assert_eq!(page.data()["can_edit"], false);
        assert_eq!(page.data()["deadline"]["at"], before["deadline"]["at"]);
        let version = before["deadline"]["version"].clone();
        let set = page.put(&path, json!({ "when": { "in": "2h" }, "version": version })).await;
        assert_eq!(set.refused(403), "not_allowed_on_ticket");
        let clear = page.delete(&path, json!({ "version": version })).await;
        assert_eq!(clear.refused(403), "not_allowed_on_ticket");
        let ids = [deadline_id(&before)];
        for change in [json!({ "clear": true }), json!({ "when": { "in": "3h" } })] {
            let bulk = page.post("/deadlines/bulk", json!({ "ids": ids, "change": change })).await.ok();
            assert_eq!(bulk["changed"], 0);
            assert_eq!(bulk["refused"][0]["id"], ids[0]);
        }
        assert_eq!(shown(&page).await, [ticket], "a light agent may look");
        assert_eq!(page.get(&path).await.ok()["deadline"]["version"], version);
    }

    async fn a_restricted_agent_sees_her_groups_only(app: &TestApp) {
        app.authorised().await;
        let (hers, others) = (open_tickets(app, "Facilities")[0], open_tickets(app, "Support")[0]);
        let maya = app.sidebar(MAYA, others).await;
        let other = set(&maya, others, json!({ "in": "1h" })).await;
        set(&maya, hers, json!({ "in": "1h" })).await;
        app.run_jobs().await;
        let page = app.sidebar(PRIYA, hers).await;
        assert_eq!(page.data()["can_edit"], true);
        let path = format!("/tickets/{others}");
        let version = other["deadline"]["version"].clone();
        assert_eq!(page.get(&path).await.refused(403), "not_allowed_on_ticket");
        let set = page.put(&path, json!({ "when": { "in": "2h" }, "version": version })).await;
        assert_eq!(set.refused(403), "not_allowed_on_ticket");
        assert_eq!(page.delete(&path, json!({ "version": version })).await.refused(403), "not_allowed_on_ticket");
        assert_eq!(page.get(&format!("/api/activity?ticket={others}")).await.refused(403), "not_allowed_on_ticket");
        assert_eq!(page.get("/api/activity").await.refused(422), "ticket_wanted");
        let ids = [deadline_id(&other)];
        let bulk = page.post("/deadlines/bulk", json!({ "ids": ids, "change": { "clear": true } })).await.ok();
        assert_eq!(bulk["changed"], 0);
        assert_eq!(shown(&page).await, [hers]);
        let board = page.get(&format!("/deadlines?state=all&q={others}")).await.ok();
        assert_eq!((&board["total"], &board["items"]), (&json!(0), &json!([])));
        let board = page.get("/deadlines?when=today").await.ok();
        assert_eq!((&board["total"], &board["counts"]["today"]), (&json!(1), &json!(1)), "not even in a count");
        let file = csv(&page).await;
        assert!(file.contains(&format!("\r\n{hers},")) && !file.contains(&format!("\r\n{others},")), "{file}");
        // Her page of somebody else's ticket: Zendesk does not open it, and a ticket named in words changes nothing.
        assert_eq!(app.board(PRIYA).await.data()["total"], 1, "she is the assignee of hers");

        // Her ticket goes to another group: what the mirror knew is not shown for ever.
        let support = app.group_id("Support");
        app.change_ticket(hers, |ticket| {
            ticket.group_id = Some(support);
            ticket.assignee_id = None;
        });
        app.advance(minutes(6));
        assert!(!csv(&page).await.contains(&format!("\r\n{hers},")), "not in a file either");
        assert!(shown(&page).await.is_empty());
        assert_eq!(page.get(&format!("/tickets/{hers}")).await.refused(403), "not_allowed_on_ticket");
    }

    async fn who_is_no_agent_any_more_is_out(app: &TestApp) {
        app.authorised().await;
        let ticket = open_tickets(app, "Support")[0];
        let path = format!("/tickets/{ticket}");
        let maya = app.sidebar(MAYA, ticket).await;
        set(&maya, ticket, json!({ "in": "5h" })).await;
        app.run_jobs().await;
        app.person(MAYA, |user| user.role = sandbox::Role::EndUser);
        app.advance(minutes(16));
        assert_eq!(maya.get(&path).await.refused(401), "unauthenticated");
        assert_eq!(maya.get("/deadlines").await.refused(401), "unauthenticated");
        assert_eq!(maya.get("/deadlines.csv").await.refused(401), "unauthenticated");
        assert_eq!(maya.post("/api/session/renew", Value::Null).await.refused(401), "unauthenticated");
        app.person(LENA, |user| user.suspended = true);
        let answer = app.control().sign_launch(LENA, &Default::default()).await;
        assert!(answer.is_err(), "Zendesk itself opens nothing for somebody suspended");
    }

    async fn only_administrators_set_up(app: &TestApp) {
        app.authorised().await;
        let page = app.board(MAYA).await;
        let settings = page.get("/settings").await.ok();
        assert_eq!(page.put("/settings", settings.clone()).await.refused(403), "administrators_only");
        assert_eq!(page.get("/ticket-fields").await.refused(403), "administrators_only");
        let admin = app.board(ADMIN).await;
        let fields = admin.get("/ticket-fields").await.ok();
        let kinds: Vec<&str> = fields["items"].as_array().unwrap().iter().map(|f| f["type"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"date") && kinds.iter().all(|kind| matches!(*kind, "date" | "text")), "{kinds:?}");
        admin.put("/settings", settings).await.ok();
        // Rights are looked at again soon.
        app.person(ADMIN, |user| user.role = sandbox::Role::Agent);
        app.advance(minutes(2));
        app.expect_zendesk_error("GET /api/v2/ticket_fields", 403);
        let settings = admin.get("/settings").await.ok();
        assert_eq!(admin.put("/settings", settings).await.refused(403), "administrators_only");
    }

    async fn closed_tickets_take_no_deadline(app: &TestApp) {
        app.authorised().await;
        let ticket = app.tickets_where(|ticket| ticket.status == Status::Closed)[0];
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(page.get(&format!("/tickets/{ticket}")).await.ok()["can_edit"], false);
        let body = json!({ "when": { "in": "1h" }, "version": null });
        assert_eq!(page.put(&format!("/tickets/{ticket}"), body.clone()).await.refused(422), "ticket_closed");
        assert_eq!(page.put("/tickets/999999", body.clone()).await.refused(404), "not_found");
        assert_eq!(page.get("/tickets/999999").await.refused(404), "not_found");
        assert_eq!(page.get("/tickets/0").await.refused(404), "not_found");
    }
}
