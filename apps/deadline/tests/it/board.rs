//! The list of all deadlines: filters, order, pages, counts, changes of many, CSV.

use sandbox::model::Status;
use serde_json::{Value, json};
use testkit::{MAYA, Page, TestApp};

use crate::{minutes, open_ticket, set, tags};

async fn list(page: &Page, query: &str) -> Vec<i64> {
    let board = page.get(&format!("/deadlines?{query}")).await.ok();
    board["items"].as_array().unwrap().iter().map(|item| item["ticket_id"].as_i64().unwrap()).collect()
}

async fn id(page: &Page, ticket: i64) -> String {
    page.get(&format!("/tickets/{ticket}")).await.ok()["deadline"]["id"].as_str().unwrap().to_owned()
}

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn shows_what_the_filter_says(app: &TestApp) {
        app.authorised().await;
        let (maya, jonas, it) = (app.user_id("maya@acme.test"), app.user_id("jonas@acme.test"), app.group_id("IT"));
        let live = |status: Status| status < Status::Solved;
        let mine = app.tickets_where(|t| live(t.status) && t.assignee_id == Some(maya));
        let theirs = app.tickets_where(|t| live(t.status) && t.assignee_id == Some(jonas) && t.group_id == Some(it));
        let new = app.tickets_where(|t| t.status == Status::New && t.assignee_id.is_none() && t.group_id == Some(it));
        let (a, b, c, d) = (mine[0], mine[1], theirs[0], new[0]);
        let page = app.board(MAYA).await;
        assert_eq!(page.data()["items"], json!([]), "nothing yet");
        // Monday, 10:00 in Berlin.
        set(&page, c, json!({ "in": "1h" })).await;
        set(&page, a, json!({ "in": "8h" })).await;
        set(&page, d, json!({ "in": "3d" })).await;
        set(&page, b, json!({ "in": "40d" })).await;
        app.run_jobs().await;

        let everything = [c, a, d, b];
        assert_eq!(list(&page, "").await, everything);
        assert_eq!(list(&page, "scope=mine").await, [a, b]);
        assert_eq!(list(&page, "scope=groups").await, [a, b], "hers is Support");
        assert_eq!(list(&page, "scope=unassigned").await, [d]);
        assert_eq!(list(&page, "when=today&time_zone=Europe/Berlin").await, [c, a]);
        assert_eq!(list(&page, "when=week&time_zone=Europe/Berlin").await, [c, a, d]);
        assert_eq!(list(&page, "when=late").await, [0i64; 0]);
        assert_eq!(list(&page, "order=desc").await, [b, d, a, c]);
        assert_eq!(list(&page, "sort=set_at").await.len(), 4);
        let mut by_number = everything;
        by_number.sort_unstable();
        assert_eq!(list(&page, "sort=ticket_id").await, by_number);
        assert_eq!(list(&page, &format!("q={d}")).await, [d]);
        assert_eq!(list(&page, &format!("q=%23{d}")).await, [d]);
        assert_eq!(page.get("/deadlines?q=printer").await.refused(422), "not_a_ticket_number");
        assert_eq!(page.get("/deadlines?cursor=nonsense").await.refused(422), "not_a_cursor");
        assert_eq!(page.get("/deadlines?scope=nonsense").await.status, 400);

        let counts = page.get("/deadlines?time_zone=Europe/Berlin").await.ok()["counts"].clone();
        assert_eq!(counts, json!({ "late": 0, "today": 2, "week": 3 }));
        let first = page.get("/deadlines?limit=3").await.ok();
        assert_eq!((&first["total"], &first["total_is_about"], &first["prev_cursor"]), (&json!(4), &json!(false), &Value::Null));
        let next = first["next_cursor"].as_str().unwrap();
        let second = page.get(&format!("/deadlines?limit=3&cursor={next}")).await.ok();
        assert_eq!((second["items"][0]["ticket_id"].as_i64(), &second["next_cursor"]), (Some(b), &Value::Null));
        assert!(second["prev_cursor"].is_string());
        let shown = &first["items"][1];
        assert_eq!(shown["assignee"]["name"], "Maya Lindqvist");
        assert_eq!((&shown["state"], &shown["warning"], &shown["set_by"]["name"]), (&json!("pending"), &json!(false), &json!("Maya Lindqvist")));

        app.advance(minutes(61));
        app.run_jobs().await;
        let page = app.board(MAYA).await;
        assert_eq!(list(&page, "when=late").await, [c]);
        assert_eq!(list(&page, "").await, everything, "late ones are open until somebody takes them back");
        app.set_status(a, Status::Solved);
        app.advance(minutes(8 * 60));
        app.run_jobs().await;
        let page = app.board(MAYA).await;
        assert_eq!(list(&page, "").await, [c, d, b], "hit while solved wants nothing any more");
        assert_eq!(list(&page, "state=all").await, everything);
    }

    async fn many_are_changed_at_once(app: &TestApp) {
        app.authorised().await;
        let tickets = app.tickets_where(|t| t.status == Status::Open);
        let (a, b, closing) = (tickets[0], tickets[1], tickets[2]);
        let page = app.board(MAYA).await;
        for ticket in [a, b, closing] {
            set(&page, ticket, json!({ "in": "2h" })).await;
        }
        app.run_jobs().await;
        let ids = [id(&page, a).await, id(&page, b).await, id(&page, closing).await];
        app.set_status(closing, Status::Closed);
        app.advance(minutes(6));
        let bulk = async |ids: Value, change: Value| page.post("/deadlines/bulk", json!({ "ids": ids, "change": change })).await;
        let unknown = "dl_06h0f8hjg22ympgqy28p";
        let moved = bulk(json!([ids[0], ids[1], ids[2], unknown]), json!({ "when": { "in": "5h" } })).await.ok();
        assert_eq!(moved["changed"], 2);
        let refused: Vec<_> = moved["refused"].as_array().unwrap().iter().map(|one| one["ticket_id"].as_i64()).collect();
        assert_eq!(refused, [None, Some(closing)], "{moved:#}");
        let at = page.get(&format!("/tickets/{a}")).await.ok()["deadline"]["at"].clone();
        assert_eq!(TestApp::moment(&at), app.now().plus(jiff::SignedDuration::from_hours(5)).timestamp());
        let cleared = bulk(json!([ids[0], ids[1]]), json!({ "clear": true })).await.ok();
        assert_eq!((&cleared["changed"], &cleared["refused"]), (&json!(2), &json!([])));
        app.run_jobs().await;
        assert!(tags(app, a).is_empty() && tags(app, b).is_empty());
        assert_eq!(bulk(json!([]), json!({ "clear": true })).await.refused(422), "too_many");
        assert_eq!(bulk(json!(vec![unknown; 101]), json!({ "clear": true })).await.refused(422), "too_many");
        assert_eq!(bulk(json!([ids[0]]), json!({ "clear": false })).await.refused(422), "not_understood");
        assert_eq!(bulk(json!([ids[0]]), json!({ "when": { "at": "2020-01-01T00:00:00Z" } })).await.refused(422), "in_past");
        assert_eq!(bulk(json!(["not an id"]), json!({ "clear": true })).await.status, 422);
    }

    async fn a_file_holds_what_the_filter_shows(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        app.person(MAYA, |user| user.name = "=cmd(), \"Maya\"".to_owned());
        let page = app.board(MAYA).await;
        set(&page, ticket, json!({ "at": "2026-11-24T13:30:00Z" })).await;
        app.run_jobs().await;
        let answer = page.get("/deadlines.csv?when=week&time_zone=Europe/Berlin").await;
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        assert!(answer.headers["content-disposition"].to_str().unwrap().contains("deadlines.csv"));
        let expected = format!(
            "ticket_id,deadline,state,set_at,set_by\r\n{ticket},2026-11-24 14:30:00 +01:00,pending,2026-11-23 10:00:00 +01:00,\
             \"'=cmd(), \"\"Maya\"\"\"\r\n"
        );
        assert!(answer.text.starts_with(&expected[..60]), "{}\n{expected}", answer.text);
        assert!(answer.text.ends_with("\"'=cmd(), \"\"Maya\"\"\"\r\n"), "{}", answer.text);
        let empty = page.get("/deadlines.csv?when=today&time_zone=Europe/Berlin").await;
        assert_eq!(empty.text, "ticket_id,deadline,state,set_at,set_by\r\n");
    }
}
