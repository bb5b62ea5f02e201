//! Keeping a token fresh: in time, once, and safely.

use std::time::Duration;

use accounts::Error;
use accounts::authorization::Status;
use sandbox::gate::faults::{Drop, Fault};
use store::AccountId;
use zendesk::HttpConfig;

use crate::support::*;

/// Access tokens live thirty minutes and are renewed two minutes before.
const ALMOST_OVER: Duration = Duration::from_secs(28 * 60);
const LEASES: &str = "SELECT COUNT(*) FROM authorizations WHERE refreshing_until IS NOT NULL";

async fn assert_healthy(scene: &Scene<'_>, account: &AccountId) {
    assert!(scene.status(account).await.is_healthy());
    assert_eq!(scene.number(LEASES).await, 0, "the lease was given back");
}

store::on_both_databases! {
    migrations = migrations();

    async fn a_token_is_renewed_before_it_ends(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.sandbox.control().clear_log();
        scene.advance(ALMOST_OVER - seconds(1));
        who_am_i(&scene.accounts, &account).await.unwrap();
        assert_eq!(scene.count(TOKENS), 0);
        scene.advance(seconds(1));
        who_am_i(&scene.accounts, &account).await.unwrap();
        let routes: Vec<_> = scene.sandbox.control().log().iter().map(|entry| entry["route"].clone()).collect();
        assert_eq!(routes, [ME, TOKENS, ME], "renewed before it was used, not after a refusal");
        // And again, with the renewed pair, however long nobody called.
        for _ in 0..3 {
            scene.advance(seconds(3600));
            who_am_i(&scene.accounts, &account).await.unwrap();
        }
        assert_eq!(scene.count(TOKENS), 4);
        assert_healthy(&scene, &account).await;
    }

    async fn a_grant_that_is_gone_is_lost(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.revoke_newest();
        scene.advance(ALMOST_OVER);
        let before = scene.count(ME);
        assert!(matches!(who_am_i(&scene.accounts, &account).await, Err(Error::NotAuthorised)));
        assert_eq!(scene.count(ME), before);
        let status = scene.status(&account).await;
        assert!(matches!(&status, Status::Lost { granted_by, .. } if granted_by == "Alex Morgan"), "{status:?}");
        assert_eq!(scene.number(LEASES).await, 0);
    }

    async fn trouble_at_zendesk_costs_no_authorization(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(ALMOST_OVER);
        for fault in [
            Fault { status: Some(500), ..Fault::default() },
            Fault { status: Some(503), retry_after: Some(3), ..Fault::default() },
            Fault { status: Some(429), retry_after: Some(3), ..Fault::default() },
            Fault { drop: Some(Drop::Before), ..Fault::default() },
        ] {
            scene.fault(Fault { route: TOKENS.into(), times: Some(1), ..fault });
            let failed = who_am_i(&scene.accounts, &account).await;
            assert!(matches!(&failed, Err(Error::OAuth(error)) if error.is_retryable()), "{failed:?}");
            assert_healthy(&scene, &account).await;
        }
        who_am_i(&scene.accounts, &account).await.expect("Zendesk is back");
    }

    async fn an_answer_that_takes_too_long_costs_no_authorization(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let config = HttpConfig { timeout: Duration::from_millis(100), ..HttpConfig::default() };
        let hasty = with_http(&test.db, zendesk_config(scene.sandbox.url()), &config);
        scene.advance(ALMOST_OVER);
        scene.fault(Fault { route: TOKENS.into(), latency_ms: 60_000, times: Some(1), ..Fault::default() });
        let failed = who_am_i(&hasty, &account).await;
        assert!(matches!(&failed, Err(Error::OAuth(error)) if error.is_retryable()), "{failed:?}");
        assert_healthy(&scene, &account).await;
        who_am_i(&scene.accounts, &account).await.expect("Zendesk is fast again");
    }

    async fn a_client_that_zendesk_does_not_know_is_the_operators_to_mend(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(ALMOST_OVER);
        let wrong = scene.configured(|config| config.oauth.secret = Some("wrong".into()));
        let failed = who_am_i(&wrong, &account).await;
        assert!(matches!(failed, Err(Error::OAuth(zendesk::oauth::Error::InvalidClient))), "{failed:?}");
        assert_healthy(&scene, &account).await;
        who_am_i(&scene.accounts, &account).await.expect("the right secret");
    }

    async fn a_pair_whose_answer_was_lost_is_reported(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.advance(seconds(1));
        scene.grant(SECOND_ADMIN).await.unwrap();
        scene.advance(ALMOST_OVER - seconds(1));
        // Zendesk has ended the old pair and we never hear of the new one.
        scene.fault(Fault { route: TOKENS.into(), drop: Some(Drop::After), times: Some(1), ..Fault::default() });
        let failed = who_am_i(&scene.accounts, &account).await;
        assert!(matches!(&failed, Err(Error::OAuth(error)) if error.is_retryable()), "{failed:?}");
        assert_eq!(scene.number(LEASES).await, 0, "the lease was given back");
        // The next try finds out, and the next administrator takes over.
        let me = who_am_i(&scene.accounts, &account).await.unwrap();
        assert_eq!(me, scene.user_id(SECOND_ADMIN).cast_signed());
        let lost = "SELECT COUNT(*) FROM authorizations WHERE lost_at IS NOT NULL AND lost_reason <> ''";
        assert_eq!(scene.number(lost).await, 1);
    }

    async fn many_callers_on_two_nodes_refresh_once(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let node = scene.other_node().await;
        for round in 1..=3 {
            scene.advance(seconds(3600));
            scene.sandbox.control().clear_log();
            // Long enough for all to come while the first one is on its way.
            scene.fault(Fault { route: TOKENS.into(), latency_ms: 150, times: Some(1), ..Fault::default() });
            let calls = (0..40).map(|n| {
                let accounts = if n % 2 == 0 { scene.accounts.clone() } else { node.clone() };
                let account = account.clone();
                tokio::spawn(async move { who_am_i(&accounts, &account).await })
            });
            for call in calls.collect::<Vec<_>>() {
                call.await.unwrap().unwrap();
            }
            assert_eq!((scene.count(TOKENS), scene.count(ME)), (1, 40), "round {round}");
            assert_healthy(&scene, &account).await;
        }
        // The same when Zendesk refuses a token that looked good.
        scene.sandbox.control().clear_log();
        scene.fault(Fault { route: TOKENS.into(), latency_ms: 150, times: Some(1), ..Fault::default() });
        scene.sandbox.control().advance(seconds(3600));
        let calls = (0..20).map(|n| {
            let accounts = if n % 2 == 0 { scene.accounts.clone() } else { node.clone() };
            let account = account.clone();
            tokio::spawn(async move { who_am_i(&accounts, &account).await })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
        assert_eq!((scene.count(TOKENS), scene.count(ME)), (1, 40));
        node.db().close().await;
    }

    async fn a_node_that_dies_is_followed_by_another(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let node = scene.other_node().await;
        scene.advance(ALMOST_OVER);
        scene.fault(Fault { route: TOKENS.into(), latency_ms: 600_000, times: Some(1), ..Fault::default() });
        let dying = tokio::spawn({
            let (accounts, account) = (scene.accounts.clone(), account.clone());
            async move { who_am_i(&accounts, &account).await }
        });
        let control = scene.sandbox.control();
        eventually("the refresh is on its way", || control.faults().iter().any(|fault| fault.hits == 1)).await;
        dying.abort();
        assert!(dying.await.unwrap_err().is_cancelled());
        assert_eq!(scene.number(LEASES).await, 1, "it died holding the lease");

        let before = scene.count(TOKENS);
        let mut following = tokio::spawn({
            let (accounts, account) = (node.clone(), account.clone());
            async move { who_am_i(&accounts, &account).await }
        });
        let too_early = tokio::time::timeout(Duration::from_millis(500), &mut following).await;
        assert!(too_early.is_err(), "the dead node might still be at it");
        assert_eq!(scene.count(TOKENS), before);
        scene.advance(seconds(61));
        let me = tokio::time::timeout(seconds(20), following).await.expect("it goes on").unwrap().unwrap();
        assert_eq!(me, scene.user_id(ADMIN).cast_signed());
        assert_eq!(scene.count(TOKENS), before + 1);
        assert_healthy(&scene, &account).await;
        node.db().close().await;
    }
}
