//! Warnings and pop-ups: when, to whom, with which words.

use serde_json::{Value, json};
use testkit::{ADMIN, JONAS, MAYA, Page, TestApp};

use crate::{history, minutes, open_ticket, set};

async fn settings(page: &Page, change: Value) {
    let mut settings = page.get("/settings").await.ok();
    for (name, value) in change.as_object().unwrap() {
        settings[name] = value.clone();
    }
    page.put("/settings", settings).await.ok();
}

/// `(kind, to whom)` of the pop-ups since the last look.
fn shown(app: &TestApp) -> Vec<(String, u64)> {
    let popups = app.popups();
    app.control().clear_log();
    let mut shown: Vec<_> =
        popups.iter().map(|(to, body)| (body["kind"].as_str().unwrap().to_owned(), to.unwrap())).collect();
    shown.sort_unstable();
    shown
}

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn warnings_come_by_minutes_and_by_percent(app: &TestApp) {
        app.authorised().await;
        let warnings = json!([{ "before_minutes": 30 }, { "percent": 50 }]);
        let text = "#{{ticket.id}} {{ticket.title}} for {{ticket.assignee.name}}{{ticket.nonsense}}";
        settings(&app.board(ADMIN).await, json!({ "warnings": warnings, "warning_text": text })).await;
        let ticket = open_ticket(app);
        let page = app.sidebar(JONAS, ticket).await;
        let view = set(&page, ticket, json!({ "in": "4h" })).await;
        assert_eq!(view["deadline"]["warn_at"], app.in_minutes(120), "the first of them");
        app.run_jobs().await;
        let (maya, jonas) = (app.user_id(MAYA), app.user_id(JONAS));
        app.change_ticket(ticket, |ticket| ticket.assignee_id = Some(maya));
        app.advance(minutes(119));
        app.run_jobs().await;
        assert!(shown(app).is_empty(), "not early");
        app.advance(minutes(1));
        app.run_jobs().await;
        let popup = app.popups().pop().expect("a pop-up").1;
        let subject = app.ticket(ticket).ticket.subject.clone();
        assert_eq!(popup["text"], format!("#{ticket} {subject} for Maya Lindqvist"));
        assert_eq!(popup["link_ticket_id"], ticket);
        let both = [("warning".to_owned(), maya.min(jonas)), ("warning".to_owned(), maya.max(jonas))];
        assert_eq!(shown(app), both, "the assignee and who set it");
        assert_eq!(app.sidebar(JONAS, ticket).await.data()["deadline"]["warning"], true);
        app.advance(minutes(89));
        app.run_jobs().await;
        assert!(shown(app).is_empty());
        app.advance(minutes(1));
        app.run_jobs().await;
        assert_eq!(shown(app), both);
        app.advance(minutes(30));
        app.run_jobs().await;
        assert_eq!(shown(app).iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["hit", "hit"]);
        let page = app.sidebar(JONAS, ticket).await;
        assert_eq!(history(&page, ticket).await, ["set", "warned", "warned", "hit"]);
    }

    async fn placeholders_say_what_zendesk_knows_now(app: &TestApp) {
        app.authorised().await;
        let text = "{{ticket.description}}|{{ticket.requester.phone}}|{{ticket.requester.details}}|\
                    {{ticket.requester.custom_fields.level}}|{{ticket.requester.custom_fields.none}}";
        settings(&app.board(ADMIN).await, json!({ "warnings": [], "hit_text": text })).await;
        let ticket = open_ticket(app);
        let maya = app.user_id(MAYA);
        app.change_ticket(ticket, |ticket| {
            ticket.assignee_id = Some(maya);
            ticket.requester_id = maya;
        });
        app.person(MAYA, |maya| {
            maya.phone = Some("+49 30 1".into());
            maya.details = Some("Third floor".into());
            maya.user_fields.insert("level".into(), json!("gold"));
        });
        set(&app.sidebar(MAYA, ticket).await, ticket, json!({ "in": "1h" })).await;
        app.run_jobs().await;
        app.advance(minutes(60));
        app.run_jobs().await;
        let description = app.ticket(ticket).comments[0].body.clone();
        let said = app.popups().pop().expect("a pop-up").1["text"].as_str().unwrap().to_owned();
        assert_eq!(said, format!("{description}|+49 30 1|Third floor|gold|"));
    }

    async fn only_those_who_are_to_be_told_are(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let (maya, jonas) = (app.user_id(MAYA), app.user_id(JONAS));
        app.change_ticket(ticket, |ticket| ticket.assignee_id = Some(maya));
        let admin = app.board(ADMIN).await;
        let to = |assignee: bool, setter: bool, group: bool| {
            json!({ "warnings": [], "notify": { "assignee": assignee, "setter": setter, "group": group } })
        };
        settings(&admin, to(false, false, false)).await;
        let page = app.sidebar(JONAS, ticket).await;
        app.sidebar(MAYA, ticket).await;
        let hit = async |change: Value| {
            settings(&admin, change).await;
            set(&page, ticket, json!({ "in": "2m" })).await;
            app.run_jobs().await;
            shown(app);
            app.advance(minutes(2));
            app.run_jobs().await;
            shown(app).into_iter().map(|(_, to)| to).collect::<Vec<_>>()
        };
        assert!(hit(to(false, false, false)).await.is_empty());
        assert_eq!(hit(to(true, false, false)).await, [maya]);
        assert_eq!(hit(to(false, true, false)).await, [jonas]);
        let mut text = to(true, true, true);
        text["hit_text"] = json!(" ");
        assert!(hit(text).await.is_empty(), "without a text there is no pop-up");
        let mut everybody = to(true, true, true);
        everybody["hit_text"] = json!("late");
        let told = hit(everybody).await;
        assert!(told.contains(&maya) && told.contains(&jonas), "{told:?}");
        let mut once = told.clone();
        once.dedup();
        assert_eq!(told, once, "nobody is told twice");
    }

    async fn a_deadline_that_moves_takes_its_warning_with_it(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        set(&page, ticket, json!({ "in": "1h" })).await;
        set(&page, ticket, json!({ "in": "5h" })).await;
        app.run_jobs().await;
        app.advance(minutes(60));
        app.run_jobs().await;
        assert!(shown(app).is_empty());
        let page = app.sidebar(MAYA, ticket).await;
        set(&page, ticket, json!({ "in": "20m" })).await;
        app.run_jobs().await;
        assert!(app.waiting().await.iter().all(|(name, ..)| name != "deadline.warn"), "too near for a warning");
        app.advance(minutes(20));
        app.run_jobs().await;
        assert_eq!(shown(app).len(), 1);
    }
}
