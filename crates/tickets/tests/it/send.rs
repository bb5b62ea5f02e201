//! Changes that Zendesk takes: merged, in bulk, in order, once.

use std::time::Duration;

use tickets::{Cause, Error, TicketChange};

use crate::desk::Fault;
use crate::world::{MIGRATIONS, World};

const UPDATE: &str = "PUT /api/v2/tickets/update_many";

store::on_both_databases! {
    migrations = &MIGRATIONS;

    async fn a_change_arrives_in_one_update(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.with(|desk| desk.tickets.get_mut(&1).unwrap().tags.insert("deadline_pending".into()));
        world.state([TicketChange::on(1).remove_tag("deadline_pending").add_tag("deadline_now").set_field(9, "x")]).await;
        world.settle().await;
        let ticket = world.desk.ticket(1);
        assert_eq!(ticket.tags, ["deadline_now".to_owned()].into());
        assert_eq!(ticket.fields[&9], "x");
        assert_eq!(ticket.seen.len(), 1, "one audit, in which both tags change");
        assert_eq!(world.desk.count(""), 2, "one update and one look");
        let lines = world.lines().await;
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].progress.as_str(), lines[0].app.as_str()), ("sent", "deadline"));
        assert_eq!(lines[0].authorization_of.as_deref(), Some("Ada Admin"));
        assert!(!lines[0].args.to_string().contains("\"x\""), "a field's value is not in Activity");
    }

    async fn nothing_is_sent_before_the_commit_or_the_merge_window(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        let mut tx = test.db.write(&world.account).await.unwrap();
        tickets::state(&mut tx, "deadline", &Cause::Timer, TicketChange::on(1).add_tag("never")).await.unwrap();
        drop(tx);
        world.settle().await;
        assert_eq!((world.desk.count(""), world.lines().await.len()), (0, 0));
        world.state([TicketChange::on(1).add_tag("a")]).await;
        test.clock.advance(Duration::from_millis(100));
        world.state([TicketChange::on(1).add_tag("b")]).await;
        world.run().await;
        assert_eq!(world.desk.count(UPDATE), 0);
        // The second change does not make the first wait longer.
        test.clock.advance(Duration::from_millis(50));
        world.run().await;
        assert_eq!(world.desk.tags(1), ["a", "b"]);
        assert_eq!(world.desk.count(UPDATE), 1);
    }

    async fn changes_of_one_ticket_by_several_apps_are_merged(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.state([TicketChange::on(1).add_tag("a").set_field(9, 1)]).await;
        world.state_as("tasks", [TicketChange::on(1).add_tag("b").set_field(9, 2)]).await;
        world.state([TicketChange::on(1).remove_tag("a")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["b"]);
        assert_eq!(world.desk.ticket(1).fields[&9], 2);
        assert_eq!(world.desk.count(UPDATE), 1);
        let results: Vec<_> = world.results().await.into_iter().map(|(_, result, _)| result).collect();
        assert_eq!(results, ["merged", "merged", "sent"]);
    }

    async fn a_thousand_tickets_cost_few_calls(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets(1..=1000);
        world.desk.with(|desk| desk.looks_needed = 4);
        for hundred in 0..10 {
            let ids = hundred * 100 + 1..=hundred * 100 + 100;
            world.state(ids.map(|id| TicketChange::on(id).remove_tag("pending").add_tag("now"))).await;
        }
        world.settle().await;
        assert!((1..=1000).all(|id| world.desk.tags(id) == ["now"] && world.desk.ticket(id).seen.len() == 1));
        assert_eq!(world.desk.count(UPDATE), 10);
        assert!(world.desk.count("") <= 25, "{} calls", world.desk.count(""));
    }

    async fn different_changes_share_a_call(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets(1..=150);
        world.state((1..=150).map(|id| TicketChange::on(id).add_tag(format!("t{id}")))).await;
        world.settle().await;
        assert!((1..=150).all(|id| world.desk.tags(id) == [format!("t{id}")]));
        assert_eq!(world.desk.count(UPDATE), 2);
    }

    async fn fields_alone_of_one_ticket_need_no_bulk_job(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.state([TicketChange::on(1).set_field(9, "x")]).await;
        world.settle().await;
        assert_eq!(world.desk.ticket(1).fields[&9], "x");
        assert_eq!((world.desk.count("PUT /api/v2/tickets/1"), world.desk.count("")), (1, 1));
    }

    async fn what_is_stated_while_sending_goes_next(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1, 2]);
        world.desk.fault(UPDATE, Fault::Slow(Duration::from_millis(400)));
        world.state([TicketChange::on(1).add_tag("first")]).await;
        test.clock.advance(Duration::from_millis(150));
        let worker = world.worker();
        let (summary, ()) = tokio::join!(worker.run_until_idle(), async {
            world.desk.called(1).await;
            world.state([TicketChange::on(1).remove_tag("first").add_tag("second"), TicketChange::on(2).add_tag("x")])
                .await;
            test.clock.advance(Duration::from_millis(150));
        });
        summary.unwrap();
        world.settle().await;
        assert_eq!((world.desk.tags(1), world.desk.tags(2)), (vec!["second".to_owned()], vec!["x".to_owned()]));
        let seen = world.desk.ticket(1).seen;
        assert_eq!(seen, [["first".to_owned()].into(), ["second".to_owned()].into()], "one after the other");
    }

    async fn only_what_was_declared_is_sent(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.state_as("gif", [TicketChange::on(1).add_tag("gif")]).await;
        world.state_as("unheard_of", [TicketChange::on(1).add_tag("b")]).await;
        world.state([TicketChange::on(1).add_tag("fine")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["fine"]);
        let refused = |app: i64| (app, "refused", "not_declared".to_owned());
        assert_eq!(world.results().await, [refused(1), refused(1), (1, "sent", String::new())]);
    }

    async fn a_bad_tag_is_refused_where_it_is_stated(test: &TestDb) {
        let world = World::new(test).await;
        let mut tx = test.db.write(&world.account).await.unwrap();
        let change = TicketChange::on(1).add_tag("Two words");
        let error = tickets::state(&mut tx, "deadline", &Cause::Timer, change).await.unwrap_err();
        assert!(matches!(error, Error::InvalidTag(_)));
        tx.commit().await.unwrap();
        assert_eq!((world.waiting().await, world.lines().await.len()), (0, 0));
    }
}
