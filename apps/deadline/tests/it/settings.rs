//! What administrators set.

use serde_json::{Value, json};
use testkit::{ADMIN, MAYA, Page, SECOND_ADMIN, TestApp};

use crate::{clear, minutes, open_ticket, set};

async fn changed(page: &Page, change: impl FnOnce(&mut Value)) -> testkit::Answer {
    let mut settings = page.get("/settings").await.ok();
    change(&mut settings);
    page.put("/settings", settings).await
}

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn impossible_ones_are_refused_with_the_field(app: &TestApp) {
        app.authorised().await;
        let page = app.board(ADMIN).await;
        let before = page.get("/settings").await.ok();
        assert_eq!(before["version"], 0);
        let refused = async |name: &str, value: Value| {
            let answer = changed(&page, |settings| settings[name] = value).await;
            assert_eq!(answer.refused(422), "setting_not_possible", "{}", answer.text);
            answer.body["error"]["args"]["field"].clone()
        };
        assert_eq!(refused("warnings", json!([{ "percent": 100 }])).await, "warnings");
        assert_eq!(refused("warnings", json!([{ "before_minutes": 0 }])).await, "warnings");
        assert_eq!(refused("warnings", json!(vec![json!({ "percent": 1 }); 11])).await, "warnings");
        assert_eq!(refused("hit_text", json!("{{ticket.id")).await, "hit_text");
        assert_eq!(refused("warning_text", json!("{% for x in y %}")).await, "warning_text");
        refused("end_of_day", json!("25:00")).await;
        refused("colour", json!("red")).await;
        assert_eq!(page.get("/settings").await.ok(), before, "nothing was changed");
        let saved = changed(&page, |settings| settings["end_of_day"] = json!("18:30:00")).await.ok();
        assert_eq!((&saved["version"], &saved["end_of_day"]), (&json!(1), &json!("18:30:00")));
        assert_eq!(app.sidebar(MAYA, open_ticket(app)).await.data()["end_of_day"], "18:30:00");
        let lines = page.get("/api/activity").await.ok();
        assert_eq!((&lines["items"][0]["code"], &lines["items"][0]["cause"]["text"]), (&json!("settings.changed"), &json!("Alex Morgan")));
    }

    async fn two_administrators_do_not_overwrite_each_other(app: &TestApp) {
        app.authorised().await;
        let (one, two) = (app.board(ADMIN).await, app.board(SECOND_ADMIN).await);
        for round in 0..2 {
            let seen = two.get("/settings").await.ok();
            changed(&one, |settings| settings["hit_text"] = json!(format!("late {round}"))).await.ok();
            let answer = two.put("/settings", seen).await;
            assert_eq!(answer.refused(409), "changed_meanwhile");
            assert_eq!(answer.body["current"]["hit_text"], format!("late {round}"));
            assert_eq!(answer.body["current"]["version"], round + 1);
        }
    }

    async fn the_display_field_shows_the_deadline(app: &TestApp) {
        app.authorised().await;
        let field = app.ticket_field("Deadline date");
        changed(&app.board(ADMIN).await, |settings| settings["display_field_id"] = json!(field)).await.ok();
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        let updates = app.calls("PUT /api/v2/tickets/**");
        set(&page, ticket, json!({ "at": "2026-11-25T10:00:00Z" })).await;
        app.run_jobs().await;
        assert_eq!(app.field(ticket, field), "2026-11-25");
        assert_eq!(app.calls("PUT /api/v2/tickets/**"), updates + 1, "with the tag, in one change");
        set(&page, ticket, json!({ "at": "2026-11-26T10:00:00Z" })).await;
        app.run_jobs().await;
        assert_eq!(app.field(ticket, field), "2026-11-26");
        clear(&page, ticket).await;
        app.run_jobs().await;
        assert_eq!(app.field(ticket, field), Value::Null);
        set(&page, ticket, json!({ "in": "1h" })).await;
        app.run_jobs().await;
        app.advance(minutes(61));
        app.run_jobs().await;
        assert_eq!(app.field(ticket, field), "2026-11-23", "it is still shown when it was");
    }

    async fn the_display_field_has_the_administrators_day_and_his_form(app: &TestApp) {
        app.authorised().await;
        let board = app.board(ADMIN).await;
        let field = app.ticket_field("Deadline date");
        changed(&board, |settings| settings["display_field_id"] = json!(field)).await.ok();
        let ticket = open_ticket(app);
        // 00:30 of the next day in Berlin, where the administrator is.
        set(&app.sidebar(MAYA, ticket).await, ticket, json!({ "at": "2026-11-25T23:30:00Z" })).await;
        app.run_jobs().await;
        assert_eq!(app.field(ticket, field), "2026-11-26");
        let gone = changed(&board, |settings| settings["display_field_id"] = json!(1)).await;
        assert_eq!(gone.refused(422), "setting_not_possible");
        // What the page says of the field is not believed.
        let told = json!({ "kind": "text", "time_zone": "UTC" });
        let kept = changed(&board, |settings| settings["display"] = told.clone()).await.ok();
        assert_eq!(kept["display"], json!({ "kind": "date", "time_zone": "Europe/Berlin" }));
    }
}
