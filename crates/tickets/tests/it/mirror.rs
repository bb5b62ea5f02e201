//! The mirror of tickets.

use accounts::Urgency;
use jiff::SignedDuration;
use std::time::Duration;
use store::sql;
use tickets::mirror::{self, Status};
use zendesk::AccessList;

use crate::world::{MIGRATIONS, World};

const SHOW: &str = "GET /api/v2/tickets/show_many";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

store::on_both_databases! {
    migrations = &MIGRATIONS;

    async fn what_is_fresh_enough_is_not_asked_again(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets(1..=250);
        world.desk.with(|desk| {
            desk.tickets.get_mut(&2).unwrap().closed = true;
            desk.tickets.get_mut(&3).unwrap().group_id = Some(30);
            desk.tickets.remove(&4);
        });
        let ids: Vec<i64> = (1..=250).collect();
        let facts = async |ids: &[i64], age| {
            mirror::facts(&world.accounts, &world.account, world.declared(), ids, age, Urgency::Interactive)
                .await
                .unwrap()
        };
        let states = facts(&ids, MINUTE).await;
        assert_eq!((states.len(), world.desk.count(SHOW)), (250, 3));
        let status = [1, 2, 4].map(|id| states[&id].status);
        assert_eq!(status, [Status::Open, Status::Closed, Status::Deleted]);
        assert_eq!(states[&3].facts.group_id, Some(30));
        assert_eq!(facts(&ids, MINUTE).await, states, "from the mirror, the deleted one included");
        assert_eq!(world.desk.count(SHOW), 3);
        test.clock.advance(Duration::from_secs(60));
        world.desk.with(|desk| desk.tickets.get_mut(&1).unwrap().closed = true);
        assert_eq!(facts(&[1, 3], MINUTE).await[&1].status, Status::Closed);
        assert_eq!(world.desk.count(SHOW), 4);
        facts(&[1], SignedDuration::ZERO).await;
        assert_eq!(world.desk.count(SHOW), 5, "zero means now");
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        assert_eq!(mirror::cached(&mut tx, &[1, 2, 999]).await.unwrap().len(), 2);
    }

    async fn no_text_of_a_customer_is_kept(test: &TestDb) {
        let world = World::new(test).await;
        world.desk.tickets([1]);
        world.desk.with(|desk| {
            let ticket = desk.tickets.get_mut(&1).unwrap();
            ticket.subject = "secret subject".into();
            ticket.tags.insert("secret_tag".into());
            ticket.fields.insert(9, "secret value".into());
        });
        let urgency = Urgency::Background;
        mirror::facts(&world.accounts, &world.account, world.declared(), &[1], MINUTE, urgency).await.unwrap();
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        let query = store::sql2(
            "SELECT row_to_json(m)::text FROM tickets_mirror m WHERE account_id = $1",
            "SELECT json_array(status, group_id, assignee_id, requester_id, organization_id, updated_at, fetched_at)
             FROM tickets_mirror WHERE account_id = $1",
        );
        let (row,): (String,) = tx.one(query).await.unwrap();
        assert!(row.contains("open") && !row.contains("secret"), "{row}");
        let (columns,): (i64,) = tx
            .one(store::sql2(
                "SELECT count(*) FROM information_schema.columns WHERE table_name = 'tickets_mirror' \
                 AND column_name <> 'account_id' AND $1 <> ''",
                "SELECT count(*) FROM pragma_table_info('tickets_mirror') WHERE name <> 'account_id' AND $1 <> ''",
            ))
            .await
            .unwrap();
        assert_eq!(columns, 8, "a new column must be looked at here");
    }

    async fn an_app_that_did_not_declare_it_reads_nothing(test: &TestDb) {
        let world = World::new(test).await;
        let none = AccessList::none();
        let urgency = Urgency::Background;
        let error = mirror::facts(&world.accounts, &world.account, &none, &[1], MINUTE, urgency).await.unwrap_err();
        assert!(matches!(error, accounts::Error::Zendesk(zendesk::Error::NotDeclared { .. })), "{error:?}");
        assert_eq!(world.desk.count(""), 0);
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        let query = sql("SELECT count(*) FROM tickets_mirror WHERE account_id = $1");
        assert_eq!(tx.one::<(i64,)>(query).await.unwrap(), (0,));
    }
}
