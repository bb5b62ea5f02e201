//! In-app notifications: who is told, what is said, and what happens when Zendesk does not take it.

use std::time::Duration;

use accounts::Urgency;
use accounts::agent::{self, Agent, Role, TicketRestriction};
use jiff::SignedDuration;
use serde_json::Value;
use store::sql;
use tickets::{Audience, Cause, Error, Notification, mirror};

use crate::desk::Fault;
use crate::world::{MIGRATIONS, World};

const NOTIFY: &str = "POST /api/v2/apps/notify";
/// Longer than a job's lease: a crash is noticed.
const LEASE: Duration = Duration::from_secs(61);

fn about(ticket_id: Option<i64>, to: impl Into<Vec<Audience>>) -> Notification {
    Notification {
        to: to.into(),
        title: "Deadline of {{ticket.title}}".into(),
        text: "Ticket {{ticket.id}} of {{ticket.assignee.name}}{{ticket.unknown.thing}} is late".into(),
        kind: "hit".into(),
        ticket_id,
        link_ticket_id: ticket_id,
    }
}

async fn notify(world: &World<'_>, notification: Notification) {
    notify_all(world, [notification]).await;
}

/// In one transaction, as a batch of deadlines does it.
async fn notify_all(world: &World<'_>, notifications: impl IntoIterator<Item = Notification>) {
    let mut tx = world.test.db.write(&world.account).await.unwrap();
    for notification in notifications {
        tickets::notify(&mut tx, "deadline", &Cause::Timer, notification).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn agents(
    world: &World<'_>,
    agents: impl IntoIterator<Item = (i64, Option<TicketRestriction>, Vec<i64>)>,
) {
    for (user_id, ticket_restriction, group_ids) in agents {
        save(world, Agent { ticket_restriction, group_ids, ..agent(world, user_id) }).await;
    }
}

fn agent(world: &World<'_>, user_id: i64) -> Agent {
    Agent {
        user_id,
        name: format!("Agent {user_id}"),
        email: None,
        role: Role::Agent,
        light: false,
        active: true,
        ticket_restriction: None,
        organization_id: None,
        group_ids: Vec::new(),
        time_zone: None,
        locale: None,
        checked_at: world.now(),
    }
}

async fn save(world: &World<'_>, agent: Agent) {
    let mut tx = world.test.db.write(&world.account).await.unwrap();
    agent::save(&mut tx, &agent).await.unwrap();
    tx.commit().await.unwrap();
}

fn told(world: &World<'_>) -> Vec<Option<i64>> {
    world.desk.with(|desk| desk.notified.iter().map(|(agent, _)| *agent).collect())
}

/// What that call said.
fn said(world: &World<'_>, index: usize) -> Value {
    world.desk.with(|desk| desk.notified[index].1.clone())
}

/// The tickets that it listed, and how many more it counted.
fn listed(world: &World<'_>, index: usize) -> (Vec<i64>, u64) {
    let said = said(world, index);
    let items = said["items"].as_array().unwrap();
    (
        items.iter().map(|item| item["link_ticket_id"].as_i64().unwrap()).collect(),
        said["more"].as_u64().unwrap(),
    )
}

fn ticket(world: &World<'_>, id: i64, group_id: i64, assignee_id: i64) {
    world.desk.tickets([id]);
    world.desk.with(|desk| {
        let ticket = desk.tickets.get_mut(&id).unwrap();
        ticket.subject = "Printer on fire".into();
        (ticket.group_id, ticket.assignee_id) = (Some(group_id), Some(assignee_id));
    });
}

async fn left(world: &World<'_>) -> i64 {
    let mut tx = world.test.db.read_prefer_primary(&world.account).await.unwrap();
    tx.one::<(i64,)>(sql("SELECT count(*) FROM notifications WHERE account_id = $1")).await.unwrap().0
}

store::on_both_databases! {
    migrations = &MIGRATIONS;

    async fn the_assignee_is_told_with_values_of_the_moment(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        notify(&world, about(Some(1), [Audience::Agents(vec![5])])).await;
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        let stored: (String, String) =
            tx.one(sql("SELECT title, body FROM notifications WHERE account_id = $1")).await.unwrap();
        assert!(stored.0.contains("{{ticket.title}}"), "the value is not stored");
        drop(tx);
        world.settle().await;
        assert_eq!(told(&world), [Some(5)]);
        assert_eq!(listed(&world, 0), (vec![1], 0));
        let shown = &said(&world, 0)["items"][0];
        assert_eq!(shown["title"], "Deadline of Printer on fire");
        assert_eq!(shown["text"], "Ticket 1 of User 5 is late");
        assert_eq!((&shown["kind"], &shown["link_ticket_id"]), (&"hit".into(), &1.into()));
        assert!(shown["id"].as_str().unwrap().starts_with("ntf_"));
        assert_eq!(left(&world).await, 0);
        let lines = world.lines().await;
        assert_eq!((lines[0].code.as_str(), lines[0].progress.as_str()), ("tickets.notified", "sent"));
        assert!(!format!("{lines:?}").contains("Printer"));
    }

    async fn nobody_is_told_of_a_ticket_he_may_not_see(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        let groups = Some(TicketRestriction::Groups);
        agents(&world, [(5, None, vec![20]), (6, groups, vec![20, 21]), (7, groups, vec![21]), (8, None, vec![])]).await;
        notify(&world, about(Some(1), [Audience::Everyone])).await;
        world.settle().await;
        assert_eq!(told(&world), [Some(1), Some(5), Some(6), Some(8)], "the administrator sees all");
        notify(&world, about(Some(1), [Audience::Group(21)])).await;
        world.settle().await;
        assert_eq!(told(&world)[4..], [Some(6)], "of the group's two members one");
        notify(&world, about(Some(1), [Audience::Agents(vec![7, 99])])).await;
        world.settle().await;
        assert_eq!(told(&world).len(), 5, "neither one who may not nor one whom Zendesk does not know");
        assert_eq!(world.results().await[2], (1, "refused", "nobody".into()));
    }

    async fn everyone_is_one_call_where_nobody_is_restricted(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        agents(&world, [(5, None, vec![]), (6, None, vec![])]).await;
        notify(&world, about(Some(1), [Audience::Everyone])).await;
        notify(&world, about(None, [Audience::Everyone])).await;
        world.settle().await;
        assert_eq!(told(&world), [None]);
        let links: Vec<Value> =
            said(&world, 0)["items"].as_array().unwrap().iter().map(|item| item["link_ticket_id"].clone()).collect();
        assert_eq!(links, [Value::Null, 1.into()]);
    }

    async fn leavers_and_end_users_are_no_members_of_a_group(test: &TestDb) {
        let world = World::new(test).await;
        let member = |user_id| Agent { group_ids: vec![20], ..agent(&world, user_id) };
        save(&world, member(5)).await;
        save(&world, Agent { active: false, ..member(6) }).await;
        save(&world, Agent { role: Role::EndUser, ..member(7) }).await;
        notify(&world, about(None, [Audience::Group(20)])).await;
        world.settle().await;
        assert_eq!(told(&world), [Some(5)]);
    }

    async fn several_audiences_are_told_as_one(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        agents(&world, [(5, None, vec![20]), (6, None, vec![20]), (7, None, vec![]), (8, None, vec![21])]).await;
        let to = [Audience::Agents(vec![5, 7, 7]), Audience::Group(20), Audience::Agents(vec![5])];
        notify(&world, about(Some(1), to.clone())).await;
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6), Some(7)]);
        notify(&world, about(Some(1), [&to[..], &[Audience::Everyone]].concat())).await;
        world.settle().await;
        assert_eq!(told(&world)[3..], [None], "everyone is everyone");
        notify(&world, about(Some(1), [])).await;
        world.settle().await;
        assert_eq!(world.results().await[2], (1, "refused", "nobody".into()));
    }

    async fn a_thousand_at_once_are_a_call_for_each_agent(test: &TestDb) {
        let world = World::new(test).await;
        let ids: Vec<i64> = (1..=1000).collect();
        ids.iter().for_each(|id| ticket(&world, *id, 20, 5));
        agents(&world, [(5, None, vec![20]), (6, None, vec![20]), (7, None, vec![])]).await;
        // What hits has read its tickets.
        let minute = SignedDuration::from_mins(1);
        mirror::facts(&world.accounts, &world.account, world.declared(), &ids, minute, Urgency::Background)
            .await
            .unwrap();
        world.desk.with(|desk| desk.calls.clear());
        let to = [Audience::Agents(vec![5, 7]), Audience::Group(20)];
        notify_all(&world, ids.iter().map(|id| about(Some(*id), to.clone()))).await;
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6), Some(7)]);
        for index in 0..3 {
            assert_eq!(listed(&world, index), (vec![1000, 999, 998, 997, 996], 995));
        }
        let text = &said(&world, 2)["items"][0]["text"];
        assert_eq!(text, "Ticket 1000 of User 5 is late");
        let calls = world.desk.with(|desk| desk.calls.clone());
        assert!(calls.len() <= 5, "{} calls", calls.len());
        assert_eq!(left(&world).await, 0);
        assert!(world.results().await.iter().all(|(_, result, _)| *result == "sent"));
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        let sent = sql("SELECT count(*) FROM activity WHERE account_id = $1 AND result = 'sent'");
        assert_eq!(tx.one::<(i64,)>(sent).await.unwrap().0, 1000);
    }

    async fn each_agent_hears_of_his_own_and_the_newest_first(test: &TestDb) {
        let world = World::new(test).await;
        for id in 1..=7 {
            ticket(&world, id, 20, if id == 4 { 6 } else { 5 });
            let assignee = if id == 4 { 6 } else { 5 };
            notify(&world, about(Some(id), [Audience::Agents(vec![assignee])])).await;
            test.clock.advance(Duration::from_secs(1));
        }
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6)]);
        assert_eq!(listed(&world, 0), (vec![7, 6, 5, 3, 2], 1));
        assert_eq!(listed(&world, 1), (vec![4], 0));
        assert_eq!(world.desk.count("GET"), 3, "facts, values, names");
    }

    async fn a_limit_in_the_middle_tells_the_rest_later(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        ticket(&world, 2, 20, 6);
        agents(&world, [(6, None, vec![]), (7, None, vec![])]).await;
        notify(&world, about(Some(1), [Audience::Agents(vec![5, 6])])).await;
        notify(&world, about(Some(2), [Audience::Agents(vec![6, 7])])).await;
        world.desk.fault(NOTIFY, Fault::Slow(Duration::ZERO));
        world.desk.fault(NOTIFY, Fault::Status(429, Some(40)));
        world.run_for(Duration::from_secs(39)).await;
        assert_eq!(told(&world), [Some(5)]);
        assert_eq!(world.desk.count(NOTIFY), 2, "nobody was tried behind the limit");
        assert_eq!(world.results().await, [(1, "waiting", String::new()), (2, "waiting", String::new())]);
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6), Some(7)]);
        assert_eq!([0, 1, 2].map(|index| listed(&world, index).0), [vec![1], vec![2, 1], vec![2]]);
        assert_eq!(said(&world, 0)["items"][0]["id"], said(&world, 1)["items"][1]["id"]);
        assert_eq!(world.results().await, [(1, "sent", String::new()), (2, "sent", String::new())]);
    }

    async fn who_may_no_longer_see_the_ticket_is_not_told_later(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        agents(&world, [(6, None, vec![]), (7, None, vec![])]).await;
        notify(&world, about(Some(1), [Audience::Agents(vec![5, 6, 7])])).await;
        world.desk.fault(NOTIFY, Fault::Slow(Duration::ZERO));
        world.desk.fault(NOTIFY, Fault::Status(503, None));
        world.run().await;
        agents(&world, [(7, Some(TicketRestriction::Requested), vec![])]).await;
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6)]);
        assert_eq!(world.results().await, [(1, "sent", String::new())]);
    }

    async fn an_agent_whom_zendesk_refuses_holds_up_nobody(test: &TestDb) {
        let world = World::new(test).await;
        notify(&world, about(None, [Audience::Agents(vec![5, 6])])).await;
        notify(&world, about(None, [Audience::Agents(vec![5])])).await;
        world.desk.fault(NOTIFY, Fault::Status(422, None));
        world.settle().await;
        assert_eq!(told(&world), [Some(6)]);
        assert_eq!(world.results().await, [(0, "sent", String::new()), (0, "refused", "refused".into())]);
        assert_eq!(left(&world).await, 0);
    }

    async fn what_cannot_be_read_is_read_later(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        notify(&world, about(Some(1), [Audience::Agents(vec![5])])).await;
        world.desk.fault("GET /api/v2/tickets/show_many", Fault::Status(500, None));
        world.run().await;
        assert_eq!(world.results().await, [(1, "waiting", String::new())]);
        world.settle().await;
        assert_eq!(told(&world), [Some(5)]);
    }

    async fn a_crash_repeats_what_was_told_under_the_same_ids(test: &TestDb) {
        let world = World::new(test).await;
        notify(&world, about(None, [Audience::Agents(vec![5, 6])])).await;
        world.desk.fault(NOTIFY, Fault::Slow(Duration::ZERO));
        world.desk.fault(NOTIFY, Fault::Slow(Duration::from_secs(60)));
        {
            let worker = world.worker();
            tokio::select! {
                _ = worker.run_until_idle() => panic!("the worker was to die"),
                () = world.desk.called(2) => {}
            }
        }
        test.clock.advance(LEASE);
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6), Some(5), Some(6)]);
        assert_eq!(said(&world, 0), said(&world, 2));
        assert_eq!(world.results().await, [(0, "sent", String::new())]);
    }

    async fn what_grows_old_is_dropped_and_what_is_parked_waits(test: &TestDb) {
        let world = World::new(test).await;
        world.lose_authorization().await;
        notify(&world, about(None, [Audience::Agents(vec![5])])).await;
        world.run_for(Duration::from_secs(60)).await;
        assert_eq!(world.results().await, [(0, "parked", String::new())]);
        world.authorise().await;
        world.settle().await;
        assert_eq!(told(&world), [Some(5)]);
        world.lose_authorization().await;
        notify(&world, about(None, [Audience::Agents(vec![5])])).await;
        world.run_for(Duration::from_secs(2 * 3600)).await;
        world.authorise().await;
        world.settle().await;
        assert_eq!(told(&world).len(), 1);
        assert_eq!(world.results().await[1], (0, "refused", "expired".into()));
        assert_eq!(left(&world).await, 0);
    }

    async fn an_app_that_is_not_installed_or_did_not_declare_it_shows_nothing(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        let mut tx = test.db.write(&world.account).await.unwrap();
        for (app, ticket_id) in [("gif", None), ("tasks", None), ("reminders", Some(1)), ("deadline", Some(1))] {
            let notification = about(ticket_id, [Audience::Everyone]);
            tickets::notify(&mut tx, app, &Cause::Timer, notification).await.unwrap();
        }
        tx.commit().await.unwrap();
        world.settle().await;
        let results: Vec<_> = world.results().await.into_iter().map(|(_, result, code)| (result, code)).collect();
        let refused = |code: &str| ("refused", code.to_owned());
        assert_eq!(results, [
            refused("not_declared"), refused("not_installed"), refused("not_declared"), ("sent", String::new()),
        ]);
        assert_eq!(world.desk.count(NOTIFY), 1);
    }

    async fn a_text_that_cannot_be_read_is_refused_at_once(test: &TestDb) {
        let world = World::new(test).await;
        let mut tx = test.db.write(&world.account).await.unwrap();
        let bad = Notification { text: "{{ ticket.title".into(), ..about(None, [Audience::Everyone]) };
        let error = tickets::notify(&mut tx, "deadline", &Cause::Timer, bad).await.unwrap_err();
        assert!(matches!(error, Error::Template(_)), "{error}");
    }
}
