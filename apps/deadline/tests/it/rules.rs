//! What happens on the ticket, moment by moment.

use std::time::Duration;

use sandbox::model::Status;
use serde_json::json;
use testkit::{MAYA, TestApp};

use crate::{activity, clear, history, minutes, open_ticket, open_tickets, pairs, set, tags};

const UPDATES: &str = "PUT /api/v2/tickets/**";

testkit::on_both_databases! {
    apps = vec![deadline::app()];

    async fn set_moved_and_hit(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        app.change_ticket(ticket, |ticket| ticket.tags.extend(["deadline_now".into(), "deadline_while_solved".into()]));
        let page = app.sidebar(MAYA, ticket).await;
        let view = set(&page, ticket, json!({ "in": "4h" })).await;
        assert_eq!(view["deadline"]["at"], app.in_minutes(240));
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_pending"], "what an earlier one left is gone");
        let (audits, updates) = (app.ticket(ticket).audits.len(), app.calls(UPDATES));

        set(&page, ticket, json!({ "in": "3h" })).await;
        app.run_jobs().await;
        assert_eq!((app.ticket(ticket).audits.len(), app.calls(UPDATES)), (audits, updates), "moved: nothing else");

        let at = app.now().plus(jiff::SignedDuration::from_hours(3) - jiff::SignedDuration::from_secs(1));
        app.advance(at.since(app.now()).try_into().unwrap());
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_pending"], "not a second early");
        app.advance(minutes(1));
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_now"]);
        assert_eq!(app.ticket(ticket).audits.len(), audits + 1, "in one change");
        assert_eq!(app.calls(UPDATES), updates + 1);
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(history(&page, ticket).await, ["set", "moved", "warned", "hit"]);
        assert_eq!(
            pairs(&activity(&page, ticket).await),
            [
                ("tickets.changed", "sent"),
                ("deadline.set", "done"),
                ("deadline.set", "done"),
                ("deadline.warned", "done"),
                ("tickets.notified", "sent"),
                ("tickets.changed", "sent"),
                ("deadline.hit", "done"),
                ("tickets.notified", "sent"),
            ]
        );

        set(&page, ticket, json!({ "in": "2h" })).await;
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_pending"], "a hit one that is moved forward is pending again");
        clear(&page, ticket).await;
        app.run_jobs().await;
        assert!(tags(app, ticket).is_empty());
        app.advance(minutes(300));
        app.run_jobs().await;
        assert!(tags(app, ticket).is_empty(), "never after it was cleared");
    }

    async fn hit_while_solved(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        set(&page, ticket, json!({ "in": "1h" })).await;
        app.run_jobs().await;
        // Solved and reopened in between is of no interest: what counts is the moment.
        app.set_status(ticket, Status::Solved);
        app.advance(minutes(61));
        let audits = app.ticket(ticket).audits.len();
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_while_solved"]);
        assert_eq!(app.ticket(ticket).audits.len(), audits + 1);
        assert_eq!(app.sidebar(MAYA, ticket).await.data()["deadline"]["state"], "hit_while_solved");
        let shown: Vec<_> = app.popups().into_iter().filter(|(_, body)| body["kind"] == "hit").collect();
        assert!(shown.is_empty(), "nobody is told that a solved ticket is late: {shown:?}");
    }

    async fn closed_deleted_and_merged_tickets_end_as_void(app: &TestApp) {
        app.authorised().await;
        let tickets = &open_tickets(app, "Support")[..3];
        let page = app.sidebar(MAYA, tickets[0]).await;
        for ticket in tickets {
            set(&page, *ticket, json!({ "in": "1h" })).await;
        }
        app.run_jobs().await;
        // A merged ticket is closed by Zendesk.
        app.set_status(tickets[0], Status::Closed);
        app.delete_ticket(tickets[1]);
        let updates = app.calls(UPDATES);
        let audits = app.ticket(tickets[0]).audits.len();
        app.advance(minutes(61));
        app.run_jobs().await;
        assert_eq!(app.calls(UPDATES), updates + 1, "only the third ticket is changed");
        assert_eq!(app.ticket(tickets[0]).audits.len(), audits, "nothing is sent to a closed ticket");
        assert_eq!(tags(app, tickets[2]), ["deadline_now"]);
        let page = app.sidebar(MAYA, tickets[0]).await;
        assert_eq!(history(&page, tickets[0]).await, ["set", "void"]);
        let lines = page.get(&format!("/api/activity?ticket={}", tickets[0])).await.ok();
        assert_eq!(lines["items"][0]["code"], "deadline.void", "Activity says why");
        assert_eq!(page.get(&format!("/tickets/{}", tickets[1])).await.refused(404), "not_found");
        let board = page.get("/deadlines?state=all").await.ok();
        let states: Vec<_> = board["items"].as_array().unwrap().iter().map(|d| (&d["ticket_id"], &d["state"])).collect();
        assert!(states.contains(&(&json!(tickets[1]), &json!("void"))), "{states:?}");
    }

    async fn quick_repeats_are_one_change(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        app.run_jobs().await;
        let updates = app.calls(UPDATES);
        for step in ["1h", "", "2h", "3h", "", "4h"] {
            match step {
                "" => clear(&page, ticket).await,
                step => set(&page, ticket, json!({ "in": step })).await,
            };
            app.advance(Duration::from_millis(5));
        }
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_pending"]);
        assert_eq!(app.calls(UPDATES), updates + 1);
        assert_eq!(history(&page, ticket).await, ["set", "cleared", "set", "moved", "cleared", "set"]);
        let sent: Vec<String> = activity(&page, ticket).await.into_iter()
            .filter_map(|(code, result)| (code == "tickets.changed").then_some(result)).collect();
        assert_eq!(sent, ["merged", "merged", "merged", "merged", "sent"]);
        let same = set(&page, ticket, json!({ "at": app.in_minutes(240) })).await;
        let again = set(&page, ticket, json!({ "at": same["deadline"]["at"] })).await;
        assert_eq!(same["deadline"]["version"], again["deadline"]["version"], "set to what it is: nothing new");
        app.run_jobs().await;
    }

    async fn a_deadline_missed_while_the_server_was_away_hits_once_and_without_a_warning(app: &TestApp) {
        app.authorised().await;
        let ticket = open_ticket(app);
        let page = app.sidebar(MAYA, ticket).await;
        set(&page, ticket, json!({ "in": "4h" })).await;
        app.run_jobs().await;
        app.advance(minutes(24 * 60));
        app.run_jobs().await;
        assert_eq!(tags(app, ticket), ["deadline_now"]);
        assert_eq!(app.audits_adding(ticket, "deadline_now").len(), 1);
        let page = app.sidebar(MAYA, ticket).await;
        assert_eq!(history(&page, ticket).await, ["set", "hit"], "\"soon\" would be wrong by now");
        assert!(app.popups().iter().all(|(_, body)| body["kind"] == "hit"), "{:?}", app.popups());
    }
}
