//! The daily look at an authorization.

use accounts::authorization::Status;
use accounts::{CheckAuthorization, InitialiseInstallation};
use sandbox::gate::faults::Fault;
use store::{AccountId, Clock, Time};

use crate::support::*;

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// When the account's next check is due, and whether it is parked.
async fn planned(scene: &Scene<'_>, account: &AccountId) -> (Time, bool) {
    let mut tx = scene.test.db.read_prefer_primary(account).await.unwrap();
    let mut found = Vec::new();
    for (state, parked) in [(jobs::State::Pending, false), (jobs::State::Parked, true)] {
        let listed = jobs::list(&mut tx, state, 10).await.unwrap();
        let checks = listed.into_iter().filter(|job| job.name == <CheckAuthorization as jobs::Job>::NAME);
        found.extend(checks.map(|job| (job.due_at, parked)));
    }
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

store::on_both_databases! {
    migrations = migrations();

    async fn a_healthy_authorization_is_looked_at_once_a_day(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        let day = jiff::SignedDuration::from_hours(24);
        for _ in 0..3 {
            let calls = scene.count(ME);
            scene.advance(DAY - seconds(1));
            assert_eq!(scene.run_jobs().await.done, 0);
            scene.advance(seconds(1));
            assert_eq!(scene.run_jobs().await.done, 1);
            assert_eq!(scene.count(ME), calls + 1);
            assert_eq!(planned(&scene, &account).await, (test.clock.now().plus(day), false));
            assert!(scene.status(&account).await.is_healthy());
        }
    }

    async fn a_demoted_administrator_is_noticed_before_work_fails(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        scene.person(ADMIN, |user| user.role = sandbox::Role::Agent);
        scene.advance(DAY);
        assert_eq!(scene.run_jobs().await.parked, 1);
        let since = test.clock.now();
        let reason = "whoever authorised is no administrator any more".to_owned();
        assert_eq!(scene.status(&account).await, Status::Lost { granted_by: "Alex Morgan".into(), since, reason });
        assert!(planned(&scene, &account).await.1, "parked");
        // The next grant takes the checks up again.
        scene.grant(SECOND_ADMIN).await.unwrap();
        scene.run_jobs().await;
        let day = jiff::SignedDuration::from_hours(24);
        assert_eq!(planned(&scene, &account).await, (test.clock.now().plus(day), false));
    }

    async fn trouble_at_zendesk_does_not_end_the_checks(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        scene.fault(Fault { route: ME.into(), status: Some(500), ..Fault::default() });
        scene.advance(DAY);
        for _ in 0..15 {
            assert_eq!(scene.run_jobs().await.retried, 1);
            scene.advance(seconds(3600));
        }
        assert!(scene.status(&account).await.is_healthy());
        scene.sandbox.control().clear_faults();
        assert_eq!(scene.run_jobs().await.done, 1);
    }

    async fn work_parked_in_the_moment_of_a_grant_is_let_go(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        // It saw no authorization and was put aside just after one had come.
        let job = InitialiseInstallation { installation_id: scene.installation_id.cast_signed() };
        let mut tx = test.db.write(&account).await.unwrap();
        jobs::schedule(&mut tx, "late", &job, test.clock.now()).await.unwrap();
        let name = <InitialiseInstallation as jobs::Job>::NAME;
        assert_eq!(jobs::park_all(&mut tx, Some(&[name]), "not authorised").await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(scene.run_jobs().await.done, 0);
        scene.advance(DAY);
        assert_eq!(scene.run_jobs().await.done, 2, "the check and the work");
    }
}
