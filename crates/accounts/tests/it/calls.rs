//! Calling Zendesk: with what was declared, as an administrator who still is one.

use accounts::authorization::{self, Status};
use accounts::{Error, Urgency};
use sandbox::gate::faults::Fault;
use store::{AccountId, Clock, OsRandom};
use zendesk::AccessList;

use crate::support::*;

fn healthy(name: &str) -> Status {
    Status::Healthy { granted_by: name.into() }
}

store::on_both_databases! {
    migrations = migrations();

    async fn what_was_not_declared_is_not_sent(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.sandbox.control().clear_log();
        let call = |client: zendesk::Client| async move { client.users().show(1).await };
        let refused = scene.accounts.call(&account, &AccessList::none(), Urgency::Interactive, call).await;
        assert!(matches!(refused, Err(Error::Zendesk(zendesk::Error::NotDeclared { .. }))), "{refused:?}");
        assert!(scene.sandbox.control().log().is_empty(), "not a byte was sent");
        assert_eq!(scene.status(&account).await, healthy("Alex Morgan"));
        let refused = scene.accounts.call(&account, &may_read_users(), Urgency::Interactive, call).await;
        assert!(matches!(refused, Err(Error::Zendesk(zendesk::Error::NotFound))), "{refused:?}");
        assert_eq!(scene.sandbox.control().log().len(), 1);
    }

    async fn nobody_has_authorised(test: &TestDb) {
        let (scene, _) = Scene::granted(test).await;
        scene.sandbox.control().clear_log();
        let stranger = AccountId::generate(test.clock.now(), &OsRandom);
        assert_eq!(scene.status(&stranger).await, Status::Missing);
        who_am_i(&scene.accounts, &stranger).await.expect_err("no such account");
        assert!(scene.sandbox.control().log().is_empty());
    }

    async fn a_refused_token_is_renewed_and_the_call_repeated(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.sandbox.control().clear_log();
        scene.fault(Fault { route: ME.into(), status: Some(401), times: Some(1), ..Fault::default() });
        who_am_i(&scene.accounts, &account).await.unwrap();
        assert_eq!((scene.count(ME), scene.count(TOKENS)), (2, 1));
        assert_eq!(scene.status(&account).await, healthy("Alex Morgan"));
    }

    async fn refused_again_the_next_administrator_takes_over(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(seconds(1));
        scene.grant(SECOND_ADMIN).await.unwrap();
        assert_eq!(scene.status(&account).await, healthy("Alex Morgan"), "the first one acts");
        scene.sandbox.control().clear_log();
        // The first one's token and its renewal are refused.
        scene.fault(Fault { route: ME.into(), status: Some(401), times: Some(2), ..Fault::default() });
        let me = who_am_i(&scene.accounts, &account).await.unwrap();
        assert_eq!(me, scene.user_id(SECOND_ADMIN).cast_signed());
        assert_eq!((scene.count(ME), scene.count(TOKENS)), (3, 1));
        assert_eq!(scene.status(&account).await, healthy("Sam Rivera"));
        let mut tx = test.db.read(&account).await.unwrap();
        assert_eq!(authorization::acting_administrator(&mut tx).await.unwrap().as_deref(), Some("Sam Rivera"));
        drop(tx);

        // Nobody is left.
        scene.advance(seconds(5));
        scene.fault(Fault { route: ME.into(), status: Some(401), ..Fault::default() });
        let lost = who_am_i(&scene.accounts, &account).await;
        assert!(matches!(lost, Err(Error::NotAuthorised)), "{lost:?}");
        let since = test.clock.now();
        let reason = "Zendesk no longer accepts the authorization".to_owned();
        assert_eq!(scene.status(&account).await, Status::Lost { granted_by: "Sam Rivera".into(), since, reason });
        let calls = scene.count(ME);
        scene.advance(seconds(5));
        assert!(matches!(who_am_i(&scene.accounts, &account).await, Err(Error::NotAuthorised)));
        assert_eq!(scene.count(ME), calls, "Zendesk is not asked in vain");

        // The first one comes back.
        scene.sandbox.control().clear_faults();
        scene.grant(ADMIN).await.unwrap();
        assert_eq!(scene.status(&account).await, healthy("Alex Morgan"));
        assert_eq!(who_am_i(&scene.accounts, &account).await.unwrap(), scene.user_id(ADMIN).cast_signed());
    }

    async fn whoever_leaves_is_followed_by_the_next(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(seconds(1));
        scene.grant(SECOND_ADMIN).await.unwrap();
        let mut signals = test.db.signals().subscribe();
        scene.person(ADMIN, |user| user.active = false);
        let me = who_am_i(&scene.accounts, &account).await.unwrap();
        assert_eq!(me, scene.user_id(SECOND_ADMIN).cast_signed());
        let mut heard = Vec::new();
        while let Ok(signal) = signals.try_recv() {
            assert_eq!(signal.account, account);
            heard.push(signal.topic);
        }
        assert!(heard.iter().any(|topic| topic == authorization::TOPIC), "{heard:?}");
        scene.person(SECOND_ADMIN, |user| user.suspended = true);
        assert!(matches!(who_am_i(&scene.accounts, &account).await, Err(Error::NotAuthorised)));
        let status = scene.status(&account).await;
        assert!(matches!(&status, Status::Lost { granted_by, .. } if granted_by == "Sam Rivera"), "{status:?}");
        assert!(!status.is_healthy());
    }

    async fn whoever_is_no_administrator_any_more_is_followed_by_the_next(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(seconds(1));
        scene.grant(SECOND_ADMIN).await.unwrap();
        scene.person(ADMIN, |user| user.role = sandbox::Role::Agent);
        // Only administrators may change an installation's settings.
        assert_eq!(scene.run_jobs().await.done, 1);
        assert!(scene.account_token().is_some());
        assert_eq!(scene.status(&account).await, healthy("Sam Rivera"));

        // A 403 that is not about who he is stays one, and costs nobody his place.
        let route = "GET /api/v2/users/*";
        let me = scene.user_id(SECOND_ADMIN).cast_signed();
        let show = |client: zendesk::Client| async move { client.users().show(me).await };
        scene.fault(Fault { route: route.into(), status: Some(403), times: Some(1), ..Fault::default() });
        let refused = scene.accounts.call(&account, &may_read_users(), Urgency::Interactive, show).await;
        assert!(matches!(refused, Err(Error::Zendesk(zendesk::Error::Forbidden { .. }))), "{refused:?}");
        assert_eq!(scene.status(&account).await, healthy("Sam Rivera"));

        scene.person(SECOND_ADMIN, |user| user.role = sandbox::Role::Agent);
        scene.fault(Fault { route: route.into(), status: Some(403), times: Some(1), ..Fault::default() });
        let refused = scene.accounts.call(&account, &may_read_users(), Urgency::Interactive, show).await;
        assert!(matches!(refused, Err(Error::NotAuthorised)), "{refused:?}");
        let Status::Lost { reason, .. } = scene.status(&account).await else { panic!("still healthy") };
        assert_eq!(reason, "whoever authorised is no administrator any more");
    }
}
