//! Changes that Zendesk refuses, answers late or not at all, and crashes of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use store::{Random, SeededRandom};
use tickets::TicketChange;

use crate::desk::Fault;
use crate::world::{MIGRATIONS, World};

const UPDATE: &str = "PUT /api/v2/tickets/update_many";
const LOOK: &str = "GET /api/v2/job_statuses";
/// Longer than a job's lease: a crash is noticed.
const LEASE: Duration = Duration::from_secs(61);

fn add(ticket: i64, tag: &str) -> TicketChange {
    TicketChange::on(ticket).add_tag(tag)
}

store::on_both_databases! {
    migrations = &MIGRATIONS;

    async fn refusals_are_said_clearly_and_hold_up_nobody(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1, 2]);
        world.desk.with(|desk| desk.tickets.get_mut(&2).unwrap().closed = true);
        world.state([add(1, "a"), add(2, "a"), add(3, "a")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["a"]);
        let lines = world.lines().await;
        let details: Vec<_> = lines.iter().map(|line| line.result_detail.as_deref().unwrap_or("")).collect();
        assert_eq!(details, [
            "",
            "Zendesk refused the change: the ticket is closed.",
            "Zendesk refused the change: the ticket does not exist any more.",
        ]);
        assert_eq!(world.results().await[1..], [(2, "refused", "closed".into()), (3, "refused", "not_found".into())]);
    }

    async fn a_closed_ticket_refuses_the_plain_update_too(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.with(|desk| desk.tickets.get_mut(&1).unwrap().closed = true);
        world.state([TicketChange::on(1).set_field(9, "x")]).await;
        world.settle().await;
        assert_eq!(world.results().await, [(1, "refused", "closed".into())]);
    }

    async fn one_bad_change_does_not_spoil_those_merged_with_it(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.with(|desk| desk.bad_field = Some(666));
        world.state([add(1, "a"), TicketChange::on(1).set_field(666, "x"), add(1, "b")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["a", "b"]);
        let results = world.results().await;
        let results: Vec<_> = results.iter().map(|(_, result, code)| (*result, code.as_str())).collect();
        assert_eq!(results, [("sent", ""), ("refused", "invalid"), ("sent", "")]);
    }

    async fn a_call_that_is_refused_as_a_whole_is_divided(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets(1..=4);
        // Of four different changes in one call; then of the first half.
        world.desk.fault(UPDATE, Fault::Status(422, None));
        world.desk.fault(UPDATE, Fault::Status(422, None));
        world.desk.fault(UPDATE, Fault::Status(422, None));
        world.state((1..=4).map(|id| add(id, &format!("t{id}")))).await;
        world.settle().await;
        let sent: Vec<_> = world.results().await.into_iter().map(|(id, result, _)| (id, result)).collect();
        assert_eq!(sent, [(1, "refused"), (2, "sent"), (3, "sent"), (4, "sent")]);
    }

    async fn retry_after_is_obeyed(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1, 2]);
        world.desk.fault(UPDATE, Fault::Status(429, Some(30)));
        world.state([add(1, "a"), add(2, "a")]).await;
        world.run_for(Duration::from_secs(29)).await;
        assert_eq!((world.desk.count(""), world.waiting().await), (1, 2), "one call, then silence");
        world.settle().await;
        assert_eq!((world.desk.tags(1), world.desk.tags(2)), (vec!["a".to_owned()], vec!["a".to_owned()]));
        assert_eq!(world.desk.count(UPDATE), 2);
    }

    async fn the_limit_of_one_ticket_holds_up_no_other(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1, 2]);
        let objection = ("TooManyTicketUpdates", "Too many updates of this ticket");
        world.desk.with(|desk| desk.objections.insert(1, [objection, objection].into()));
        world.state([add(1, "a"), add(2, "a")]).await;
        world.run_for(Duration::from_secs(5)).await;
        world.state([add(1, "b"), TicketChange::on(2).remove_tag("a")]).await;
        world.run_for(Duration::from_secs(5)).await;
        assert_eq!((world.desk.tags(1).len(), world.desk.tags(2).len()), (0, 0));
        assert_eq!(world.waiting().await, 2, "those of the limited ticket, in order");
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["a", "b"]);
        assert!(world.results().await.iter().all(|(_, result, _)| ["sent", "merged"].contains(result)));
    }

    async fn trouble_of_zendesks_passes(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.fault(UPDATE, Fault::Status(500, None));
        world.desk.fault(UPDATE, Fault::Status(503, Some(20)));
        world.desk.fault(LOOK, Fault::Status(500, None));
        world.desk.fault(LOOK, Fault::Status(429, Some(5)));
        world.state([add(1, "a")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["a"]);
        assert_eq!(world.desk.ticket(1).seen.len(), 1);
        assert_eq!(world.results().await, [(1, "sent", String::new())]);
    }

    async fn a_lost_answer_does_no_harm(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.with(|desk| desk.tickets.get_mut(&1).unwrap().tags.insert("pending".into()));
        world.desk.fault(UPDATE, Fault::LostAnswer);
        world.state([TicketChange::on(1).remove_tag("pending").add_tag("now")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["now"]);
        assert_eq!(world.desk.count(UPDATE), 2, "sent again, because nobody could know");
    }

    async fn no_answer_in_time_does_no_harm(test: &TestDb) {
        let world = World::with_timeout(test, Duration::from_millis(300)).await;
        world.desk.tickets([1]);
        world.desk.fault(UPDATE, Fault::Slow(Duration::from_secs(3)));
        world.state([add(1, "a")]).await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["a"]);
        assert_eq!(world.results().await, [(1, "sent", String::new())]);
    }

    async fn a_job_that_zendesk_forgot_is_sent_again(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.with(|desk| desk.forget_jobs = true);
        world.state([add(1, "a")]).await;
        world.run_for(Duration::from_secs(1)).await;
        world.desk.with(|desk| desk.forget_jobs = false);
        world.settle().await;
        assert_eq!(world.results().await, [(1, "sent", String::new())]);
        assert_eq!(world.desk.count(UPDATE), 2);
    }

    async fn a_crash_while_zendesk_works_is_not_sent_twice(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets(1..=200);
        world.desk.with(|desk| desk.looks_needed = 2);
        world.state((1..=200).map(|id| add(id, "a"))).await;
        test.clock.advance(Duration::from_millis(150));
        // The second of two calls is under way when the worker dies.
        world.desk.fault(UPDATE, Fault::Slow(Duration::ZERO));
        world.desk.fault(UPDATE, Fault::Slow(Duration::from_secs(20)));
        let worker = world.worker();
        tokio::select! {
            _ = worker.run_until_idle() => panic!("the worker was to die"),
            () = world.desk.called(2) => {}
        }
        drop(worker);
        test.clock.advance(LEASE);
        world.settle().await;
        assert!((1..=200).all(|id| world.desk.tags(id) == ["a"]));
        assert_eq!(world.desk.count(UPDATE), 3, "the first call is known to have been taken, the second is not");
    }

    async fn work_is_parked_until_somebody_authorises(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.lose_authorization().await;
        world.state([add(1, "a")]).await;
        world.run_for(Duration::from_secs(5)).await;
        world.state([TicketChange::on(1).remove_tag("a").add_tag("b")]).await;
        world.run_for(Duration::from_secs(3600)).await;
        assert_eq!(world.results().await, [(1, "parked", String::new()), (1, "parked", String::new())]);
        assert_eq!((world.desk.count(""), world.waiting().await), (0, 2));
        world.authorise().await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["b"]);
        assert_eq!(world.results().await, [(1, "merged", String::new()), (1, "sent", String::new())]);
    }

    async fn a_forbidden_call_parks_the_work(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.fault(UPDATE, Fault::Status(403, None));
        world.state([add(1, "a")]).await;
        world.run_for(Duration::from_secs(3600)).await;
        assert_eq!(world.results().await, [(1, "parked", String::new())]);
        world.authorise().await;
        world.settle().await;
        assert_eq!(world.desk.tags(1), ["a"]);
    }

    async fn whatever_happens_every_ticket_ends_as_wished(test: &TestDb) {
        for seed in 0..6 {
            let random = SeededRandom::new(seed);
            let pick = |n: u64| random.next_u64() % n;
            let world = World::new_account(test, &format!("acme{seed}")).await;
            world.desk.tickets(1..=5);
            let mut wished: BTreeMap<i64, BTreeSet<String>> = (1..=5).map(|id| (id, BTreeSet::new())).collect();
            for _ in 0..25 {
                let tag = format!("t{}", pick(3));
                let ticket = 1 + pick(5).cast_signed();
                let tags = wished.get_mut(&ticket).unwrap();
                let change = TicketChange::on(ticket);
                world.state([if pick(2) == 0 {
                    tags.insert(tag.clone());
                    change.add_tag(tag)
                } else {
                    tags.remove(&tag);
                    change.remove_tag(tag)
                }]).await;
                match pick(8) {
                    0 => world.desk.fault(UPDATE, Fault::Status(500, None)),
                    1 => world.desk.fault(UPDATE, Fault::LostAnswer),
                    2 => world.desk.fault("", Fault::Status(429, Some(3))),
                    3 => world.desk.fault(LOOK, Fault::Status(502, None)),
                    4 => world.desk.with(|desk| {
                        desk.objections.entry(ticket).or_default().push_back(("DatabaseConflict", "try again"));
                    }),
                    _ => {}
                }
                world.desk.with(|desk| desk.looks_needed = pick(3) as usize);
                if pick(3) == 0 {
                    // Dies on the way.
                    test.clock.advance(Duration::from_millis(150));
                    let before = world.desk.count("");
                    let worker = world.worker();
                    tokio::select! {
                        _ = worker.run_until_idle() => {}
                        () = world.desk.called(before + 1) => {}
                    }
                    drop(worker);
                    test.clock.advance(LEASE);
                } else {
                    world.run_for(Duration::from_millis(pick(4000))).await;
                }
            }
            world.desk.with(|desk| desk.faults.clear());
            world.settle().await;
            for (ticket, tags) in wished {
                assert_eq!(world.desk.ticket(ticket).tags, tags, "seed {seed}, ticket {ticket}");
            }
            assert!(world.results().await.iter().all(|(_, result, _)| ["sent", "merged"].contains(result)));
        }
    }
}
