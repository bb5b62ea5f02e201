//! In-app notifications: who is told, what is said, and what happens when Zendesk does not take it.

use std::time::Duration;

use accounts::agent::{self, Agent, Role, TicketRestriction};
use serde_json::Value;
use store::sql;
use tickets::{Audience, Cause, Error, Notification};

use crate::desk::Fault;
use crate::world::{MIGRATIONS, World};

const NOTIFY: &str = "POST /api/v2/apps/notify";

fn about(ticket_id: Option<i64>, to: Audience) -> Notification {
    Notification {
        to,
        title: "Deadline of {{ticket.title}}".into(),
        text: "Ticket {{ticket.id}} of {{ticket.assignee.name}}{{ticket.unknown.thing}} is late".into(),
        kind: "hit".into(),
        ticket_id,
        link_ticket_id: ticket_id,
    }
}

async fn notify(world: &World<'_>, notification: Notification) {
    let mut tx = world.test.db.write(&world.account).await.unwrap();
    tickets::notify(&mut tx, "deadline", &Cause::Timer, notification).await.unwrap();
    tx.commit().await.unwrap();
}

async fn agents(
    world: &World<'_>,
    agents: impl IntoIterator<Item = (i64, Option<TicketRestriction>, Vec<i64>)>,
) {
    let mut tx = world.test.db.write(&world.account).await.unwrap();
    for (user_id, ticket_restriction, group_ids) in agents {
        let agent = Agent {
            user_id,
            name: format!("Agent {user_id}"),
            email: None,
            role: Role::Agent,
            light: false,
            active: true,
            ticket_restriction,
            organization_id: None,
            group_ids,
            time_zone: None,
            locale: None,
            checked_at: world.now(),
        };
        agent::save(&mut tx, &agent).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn told(world: &World<'_>) -> Vec<Option<i64>> {
    world.desk.with(|desk| desk.notified.iter().map(|(agent, _)| *agent).collect())
}

fn shown(world: &World<'_>, index: usize) -> Value {
    world.desk.with(|desk| desk.notified[index].1.clone())
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
        notify(&world, about(Some(1), Audience::Agents(vec![5]))).await;
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        let stored: (String, String) =
            tx.one(sql("SELECT title, body FROM notifications WHERE account_id = $1")).await.unwrap();
        assert!(stored.0.contains("{{ticket.title}}"), "the value is not stored");
        drop(tx);
        world.settle().await;
        assert_eq!(told(&world), [Some(5)]);
        let shown = shown(&world, 0);
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
        notify(&world, about(Some(1), Audience::Everyone)).await;
        world.settle().await;
        assert_eq!(told(&world), [Some(1), Some(5), Some(6), Some(8)], "the administrator sees all");
        notify(&world, about(Some(1), Audience::Group(21))).await;
        world.settle().await;
        assert_eq!(told(&world)[4..], [Some(6)], "of the group's two members one");
        notify(&world, about(Some(1), Audience::Agents(vec![7, 99]))).await;
        world.settle().await;
        assert_eq!(told(&world).len(), 5, "neither one who may not nor one whom Zendesk does not know");
        assert_eq!(world.results().await[2], (1, "refused", "nobody".into()));
    }

    async fn everyone_is_one_call_where_nobody_is_restricted(test: &TestDb) {
        let world = World::new(test).await;
        ticket(&world, 1, 20, 5);
        agents(&world, [(5, None, vec![]), (6, None, vec![])]).await;
        notify(&world, about(Some(1), Audience::Everyone)).await;
        notify(&world, about(None, Audience::Everyone)).await;
        world.settle().await;
        assert_eq!(told(&world), [None, None]);
    }

    async fn many_read_their_tickets_at_once(test: &TestDb) {
        let world = World::new(test).await;
        for id in 1..=50 {
            ticket(&world, id, 20, 5);
            notify(&world, about(Some(id), Audience::Agents(vec![5]))).await;
        }
        world.settle().await;
        assert_eq!(told(&world).len(), 50);
        assert_eq!(world.desk.count("GET"), 2, "tickets once, users once");
    }

    async fn a_limit_in_the_middle_tells_the_rest_later(test: &TestDb) {
        let world = World::new(test).await;
        notify(&world, about(None, Audience::Agents(vec![5, 6, 7]))).await;
        world.desk.fault(NOTIFY, Fault::Slow(Duration::ZERO));
        world.desk.fault(NOTIFY, Fault::Status(429, Some(40)));
        world.run_for(Duration::from_secs(39)).await;
        assert_eq!(told(&world), [Some(5)]);
        world.settle().await;
        assert_eq!(told(&world), [Some(5), Some(6), Some(7)]);
        assert_eq!(shown(&world, 0)["id"], shown(&world, 2)["id"]);
    }

    async fn what_grows_old_is_dropped_and_what_is_parked_waits(test: &TestDb) {
        let world = World::new(test).await;
        world.lose_authorization().await;
        notify(&world, about(None, Audience::Agents(vec![5]))).await;
        world.run_for(Duration::from_secs(60)).await;
        assert_eq!(world.results().await, [(0, "parked", String::new())]);
        world.authorise().await;
        world.settle().await;
        assert_eq!(told(&world), [Some(5)]);
        world.lose_authorization().await;
        notify(&world, about(None, Audience::Agents(vec![5]))).await;
        world.run_for(Duration::from_secs(2 * 3600)).await;
        world.authorise().await;
        world.settle().await;
        assert_eq!(told(&world).len(), 1);
        assert_eq!(world.results().await[1], (0, "refused", "expired".into()));
        assert_eq!(left(&world).await, 0);
    }

    async fn an_app_that_is_not_installed_or_did_not_declare_it_shows_nothing(test: &TestDb) {
        let world = World::new(test).await;
        for app in ["gif", "tasks"] {
            let mut tx = test.db.write(&world.account).await.unwrap();
            tickets::notify(&mut tx, app, &Cause::Timer, about(None, Audience::Everyone)).await.unwrap();
            tx.commit().await.unwrap();
        }
        world.settle().await;
        let mut codes: Vec<_> = world.results().await.into_iter().map(|(_, _, code)| code).collect();
        codes.sort();
        assert_eq!(codes, ["not_declared", "not_installed"]);
        assert_eq!(world.desk.count(NOTIFY), 0);
    }

    async fn a_text_that_cannot_be_read_is_refused_at_once(test: &TestDb) {
        let world = World::new(test).await;
        let mut tx = test.db.write(&world.account).await.unwrap();
        let bad = Notification { text: "{{ ticket.title".into(), ..about(None, Audience::Everyone) };
        let error = tickets::notify(&mut tx, "deadline", &Cause::Timer, bad).await.unwrap_err();
        assert!(matches!(error, Error::Template(_)), "{error}");
    }
}
