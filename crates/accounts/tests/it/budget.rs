//! Each account's share of Zendesk's limit.

use accounts::{Error, Urgency};
use sandbox::gate::faults::Fault;
use sandbox::model::Status;
use store::{AccountId, Clock, Time};
use zendesk::tickets::TicketPatch;
use zendesk::{AccessList, Resource, Verb};

use crate::support::*;

async fn call(scene: &Scene<'_>, account: &AccountId, urgency: Urgency) -> accounts::Result<i64> {
    who_am_i_as(&scene.accounts, account, urgency).await
}

/// Until when no call is to be made; fails if the call was made.
fn throttled(result: accounts::Result<i64>, now: Time) -> Time {
    let Err(Error::Throttled { until, wait }) = result else { panic!("not throttled: {result:?}") };
    assert_eq!(now.until(until), Some(wait));
    until
}

store::on_both_databases! {
    migrations = migrations();

    async fn background_work_leaves_a_third_to_people(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(seconds(60));
        scene.sandbox.control().settings(|settings| settings.rate_limit_per_minute = 9);
        scene.sandbox.control().clear_log();
        let start = test.clock.now();
        for _ in 0..6 {
            call(&scene, &account, Urgency::Background).await.unwrap();
        }
        scene.advance(seconds(10));
        let until = throttled(call(&scene, &account, Urgency::Background).await, test.clock.now());
        assert_eq!(until, start.plus(jiff::SignedDuration::from_mins(1)), "when the minute is over");
        for _ in 0..3 {
            call(&scene, &account, Urgency::Interactive).await.expect("people go on");
        }
        throttled(call(&scene, &account, Urgency::Interactive).await, test.clock.now());
        assert_eq!(scene.count(ME), 9, "nothing was sent in vain");
        scene.advance(seconds(50));
        call(&scene, &account, Urgency::Background).await.expect("a new minute");
    }

    async fn a_429_is_obeyed(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(seconds(60));
        call(&scene, &account, Urgency::Interactive).await.unwrap();
        // Somebody else's program has used up the account's limit.
        scene.sandbox.control().settings(|settings| settings.rate_limit_per_minute = 1);
        scene.advance(seconds(20));
        let refused = call(&scene, &account, Urgency::Interactive).await;
        assert!(matches!(refused, Err(Error::Zendesk(zendesk::Error::TooManyRequests { .. }))), "{refused:?}");
        let calls = scene.count(ME);
        let until = throttled(call(&scene, &account, Urgency::Interactive).await, test.clock.now());
        assert_eq!(until, test.clock.now().plus(jiff::SignedDuration::from_secs(40)));
        assert_eq!(scene.count(ME), calls);
        scene.sandbox.control().settings(|settings| settings.rate_limit_per_minute = 700);
        scene.advance(seconds(40));
        call(&scene, &account, Urgency::Background).await.expect("Zendesk's time is over");
    }

    async fn a_429_that_does_not_say_whose_limit_holds_all(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let fault = Fault { status: Some(429), retry_after: Some(93), times: Some(1), ..Fault::default() };
        scene.fault(Fault { route: ME.into(), ..fault });
        call(&scene, &account, Urgency::Interactive).await.expect_err("429");
        let until = throttled(call(&scene, &account, Urgency::Interactive).await, test.clock.now());
        assert_eq!(until, test.clock.now().plus(jiff::SignedDuration::from_secs(93)));
        scene.advance(seconds(92));
        throttled(call(&scene, &account, Urgency::Interactive).await, test.clock.now());
        scene.advance(seconds(1));
        call(&scene, &account, Urgency::Interactive).await.unwrap();
    }

    async fn one_tickets_limit_holds_up_that_ticket_only(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.sandbox.control().settings(|settings| settings.per_ticket_update_limit = 1);
        let ticket_id = {
            let world = scene.sandbox.shared().read();
            let found = world.tickets.iter().find(|(_, record)| record.ticket.status == Status::Open);
            found.expect("an open ticket").0.cast_signed()
        };
        let access = AccessList::none().with(Resource::Tickets, Verb::Update);
        let update = || {
            scene.accounts.call(&account, &access, Urgency::Background, |client| async move {
                let note = TicketPatch::default().private_note("x");
                client.tickets().update(ticket_id, &note.into()).await
            })
        };
        update().await.expect("the first one");
        let refused = update().await;
        assert!(matches!(refused, Err(Error::Zendesk(zendesk::Error::TooManyRequests { .. }))), "{refused:?}");
        call(&scene, &account, Urgency::Background).await.expect("everything else goes on");
        scene.check_answers().await;
    }

    async fn one_accounts_limit_is_not_anothers(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let other = Scene::tenant(test, "globex").await;
        let other_account = other.grant(ADMIN).await.unwrap().account;
        assert_ne!(account, other_account);
        let fault = Fault { status: Some(429), retry_after: Some(60), times: Some(1), ..Fault::default() };
        scene.fault(Fault { route: ME.into(), ..fault });
        call(&scene, &account, Urgency::Interactive).await.expect_err("429");
        throttled(call(&scene, &account, Urgency::Interactive).await, test.clock.now());
        call(&other, &other_account, Urgency::Background).await.expect("another account");
    }
}
