//! How an administrator grants the authorization, and who cannot.

use accounts::authorization::Status;
use accounts::{GrantError, account, agent};
use sandbox::gate::faults::Fault;
use secrecy::SecretString;
use store::Clock;

use crate::support::*;

const NOTHING: &str = "SELECT (SELECT COUNT(*) FROM accounts) + (SELECT COUNT(*) FROM authorizations)
    + (SELECT COUNT(*) FROM installations) + (SELECT COUNT(*) FROM agents) + (SELECT COUNT(*) FROM jobs)
    + (SELECT COUNT(*) FROM authorization_attempts)";

store::on_both_databases! {
    migrations = migrations();

    async fn an_administrators_consent_makes_the_account(test: &TestDb) {
        let scene = Scene::start(test).await;
        let session = scene.session(ADMIN).await;
        let url = scene.accounts.start_grant(&session).await.unwrap();
        assert!(url.starts_with(&format!("{}/oauth/authorizations/new?", scene.sandbox.url())), "{url}");
        let back = scene.decide(ADMIN, &url, "allow").await;
        let granted = scene.accounts.finish_grant(&back.state, back.code.as_ref()).await.unwrap();
        assert_eq!((granted.app.as_str(), granted.administrator.as_str()), (APP, "Alex Morgan"));

        let mut system = test.db.system_read().await.unwrap();
        let found = account::find_by_subdomain(&mut system, "acme").await.unwrap().unwrap();
        assert_eq!((found.account_id, found.created_at), (granted.account.clone(), test.clock.now()));
        assert_eq!(account::all(&mut system).await.unwrap().len(), 1);
        let mut tx = test.db.read_prefer_primary(&granted.account).await.unwrap();
        let installation = account::installation_of(&mut tx, APP).await.unwrap().unwrap();
        assert_eq!(installation.installation_id, scene.installation_id.cast_signed());
        assert_eq!(installation.app_id, scene.app_id.cast_signed());
        assert_eq!(installation.initialised_at, None, "that is a job's work");
        assert_eq!(account::installed_apps(&mut tx).await.unwrap(), [APP]);
        let administrator = agent::find(&mut tx, scene.user_id(ADMIN).cast_signed()).await.unwrap().unwrap();
        assert!(administrator.is_admin());
        assert_eq!(administrator.email.as_deref(), Some(ADMIN));
        assert_eq!(administrator.group_ids.len(), 1);
        let waiting = jobs::list(&mut tx, jobs::State::Pending, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|job| job.name.as_str()).collect::<Vec<_>>(), ["accounts.initialise_installation", "accounts.check_authorization"]);
        drop((tx, system));
        assert_eq!(scene.status(&granted.account).await, Status::Healthy { granted_by: "Alex Morgan".into() });
        let me = who_am_i(&scene.accounts, &granted.account).await.unwrap();
        assert_eq!(me, scene.user_id(ADMIN).cast_signed());
        scene.check_answers().await;
    }

    async fn a_second_consent_changes_the_grant_and_not_the_account(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        assert_eq!(scene.grant(ADMIN).await.unwrap().account, account);
        assert_eq!(scene.grant(SECOND_ADMIN).await.unwrap().account, account);
        assert_eq!(scene.number("SELECT COUNT(*) FROM accounts").await, 1);
        assert_eq!(scene.number("SELECT COUNT(*) FROM authorizations").await, 2);
        assert_eq!(scene.number("SELECT COUNT(*) FROM installations").await, 1);
        assert_eq!(scene.number("SELECT COUNT(*) FROM jobs").await, 2, "to initialise and to check");
        who_am_i(&scene.accounts, &account).await.unwrap();
    }

    async fn two_consents_at_the_same_moment_make_one_account(test: &TestDb) {
        let scene = Scene::start(test).await;
        let node = scene.other_node().await;
        let mut backs = Vec::new();
        for email in [ADMIN, SECOND_ADMIN, ADMIN] {
            let url = scene.accounts.start_grant(&scene.session(email).await).await.unwrap();
            backs.push(scene.decide(email, &url, "allow").await);
        }
        let finish = async |accounts: &accounts::Accounts, back: &Back| {
            accounts.finish_grant(&back.state, back.code.as_ref()).await.unwrap().account
        };
        let (a, b, c) = tokio::join!(
            finish(&scene.accounts, &backs[0]), finish(&node, &backs[1]), finish(&node, &backs[2]),
        );
        assert!(a == b && b == c);
        assert_eq!(scene.number("SELECT COUNT(*) FROM accounts").await, 1);
        assert_eq!(scene.number("SELECT COUNT(*) FROM authorizations").await, 2);
        // Both grants can be opened again: the one that acts and the one that takes over.
        let first = who_am_i(&scene.accounts, &a).await.unwrap();
        scene.sandbox.shared().write().users.get_mut(&first.cast_unsigned()).unwrap().active = false;
        assert_ne!(who_am_i(&node, &a).await.unwrap(), first);
        node.db().close().await;
    }

    async fn an_agents_consent_is_handed_back(test: &TestDb) {
        let scene = Scene::start(test).await;
        let refused = scene.grant(AGENT).await;
        assert!(matches!(&refused, Err(GrantError::NotAdministrator(name)) if name == "Maya Lindqvist"), "{refused:?}");
        let (access, _) = scene.handed_out().pop().expect("tokens were given");
        assert!(!scene.is_good_at_zendesk(&access), "revoked");
        assert_eq!(scene.number(NOTHING).await, 0);
    }

    async fn somebody_elses_consent_is_handed_back(test: &TestDb) {
        let scene = Scene::start(test).await;
        // An agent's link, on which an administrator has been made to press Allow.
        let url = scene.accounts.start_grant(&scene.session(AGENT).await).await.unwrap();
        let back = scene.decide(ADMIN, &url, "allow").await;
        let refused = scene.accounts.finish_grant(&back.state, back.code.as_ref()).await;
        assert!(matches!(&refused, Err(GrantError::OtherPerson(name)) if name == "Alex Morgan"), "{refused:?}");
        let (access, _) = scene.handed_out().pop().expect("tokens were given");
        assert!(!scene.is_good_at_zendesk(&access), "revoked");
        assert_eq!(scene.number(NOTHING).await, 0);
    }

    async fn an_attempt_is_good_once_and_for_ten_minutes(test: &TestDb) {
        let scene = Scene::start(test).await;
        let session = scene.session(ADMIN).await;
        let start = async || scene.accounts.start_grant(&session).await.unwrap();
        let finish = async |back: &Back| scene.accounts.finish_grant(&back.state, back.code.as_ref()).await;

        let unknown = Back { state: "never made".into(), code: Some("code".into()) };
        assert!(matches!(finish(&unknown).await, Err(GrantError::UnknownAttempt)));

        let url = start().await;
        scene.advance(seconds(600));
        let late = scene.decide(ADMIN, &url, "allow").await;
        assert!(matches!(finish(&late).await, Err(GrantError::UnknownAttempt)));

        let url = start().await;
        scene.advance(seconds(599));
        let in_time = scene.decide(ADMIN, &url, "allow").await;
        finish(&in_time).await.expect("in time");
        assert!(matches!(finish(&in_time).await, Err(GrantError::UnknownAttempt)), "twice");

        // What nobody came back for is swept.
        start().await;
        scene.advance(seconds(601));
        start().await;
        assert_eq!(scene.number("SELECT COUNT(*) FROM authorization_attempts").await, 1);
    }

    async fn a_no_is_a_no(test: &TestDb) {
        let scene = Scene::start(test).await;
        let url = scene.accounts.start_grant(&scene.session(ADMIN).await).await.unwrap();
        let back = scene.decide(ADMIN, &url, "deny").await;
        assert!(back.code.is_none());
        let finish = async |code: Option<&SecretString>| scene.accounts.finish_grant(&back.state, code).await;
        assert!(matches!(finish(None).await, Err(GrantError::Denied)));
        assert!(matches!(finish(Some(&"guess".into())).await, Err(GrantError::UnknownAttempt)), "used up");
        assert_eq!(scene.number(NOTHING).await, 0);
        assert_eq!(scene.count(TOKENS), 0);
    }

    async fn a_code_that_zendesk_does_not_know_is_refused(test: &TestDb) {
        let scene = Scene::start(test).await;
        let url = scene.accounts.start_grant(&scene.session(ADMIN).await).await.unwrap();
        let back = scene.decide(ADMIN, &url, "allow").await;
        let refused = scene.accounts.finish_grant(&back.state, Some(&"another code".into())).await;
        assert!(matches!(refused, Err(GrantError::Refused(_))), "{refused:?}");
        assert_eq!(scene.number(NOTHING).await, 0);
    }

    async fn the_installation_must_be_the_apps(test: &TestDb) {
        let scene = Scene::start(test).await;
        let (other_installation, _) = install(&scene.sandbox).await;
        // Its page was signed by our app's key and names another app's installation.
        let mut session = scene.session(ADMIN).await;
        session.installation_id = other_installation.cast_signed();
        for installation_id in [other_installation.cast_signed(), 1] {
            session.installation_id = installation_id;
            let url = scene.accounts.start_grant(&session).await.unwrap();
            let back = scene.decide(ADMIN, &url, "allow").await;
            let refused = scene.accounts.finish_grant(&back.state, back.code.as_ref()).await;
            assert!(matches!(refused, Err(GrantError::OtherApp)), "{refused:?}");
            let (access, _) = scene.handed_out().pop().expect("tokens were given");
            assert!(!scene.is_good_at_zendesk(&access), "revoked");
        }
        assert_eq!(scene.number(NOTHING).await, 0);
    }

    async fn zendesk_in_trouble_is_said_and_nothing_stored(test: &TestDb) {
        let scene = Scene::start(test).await;
        for route in [TOKENS, ME, "GET /api/v2/apps/installations/*", "GET /api/v2/**/group_memberships"] {
            scene.fault(Fault { route: route.into(), status: Some(500), times: Some(1), ..Fault::default() });
            let refused = scene.grant(ADMIN).await;
            assert!(matches!(refused, Err(GrantError::Unavailable(_))), "{route}: {refused:?}");
            assert_eq!(scene.number(NOTHING).await, 0, "{route}");
        }
        scene.grant(ADMIN).await.expect("Zendesk is back");
    }

    async fn another_grant_wakes_parked_work(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.revoke_newest();
        let summary = scene.run_jobs().await;
        assert_eq!((summary.parked, summary.done), (1, 0), "{summary:?}");
        assert!(matches!(scene.status(&account).await, Status::Lost { .. }));
        assert_eq!(scene.account_token(), None);

        // A job of another kind would not be scheduled anew by the grant: it must be unparked.
        let other = accounts::InitialiseInstallation { installation_id: scene.installation_id.cast_signed() };
        let mut tx = test.db.write(&account).await.unwrap();
        jobs::schedule(&mut tx, "another key", &other, test.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(scene.run_jobs().await.parked, 1);

        scene.grant(SECOND_ADMIN).await.unwrap();
        let summary = scene.run_jobs().await;
        assert_eq!((summary.parked, summary.done), (0, 2), "{summary:?}");
        assert!(scene.account_token().is_some());
    }
}
