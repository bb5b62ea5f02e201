//! Initialisation: the account token lies on Zendesk's side, its hash on ours.

use accounts::{InitialiseInstallation, account};
use sandbox::gate::faults::{Drop, Fault};
use secrecy::SecretString;
use store::testing::TestDb;
use store::{AccountId, Clock};

use crate::support::*;

const PUT: &str = "PUT /api/v2/apps/installations/*";
const TOKENS_STORED: &str = "SELECT COUNT(*) FROM account_tokens";

async fn owner(test: &TestDb, token: &str) -> Option<AccountId> {
    let mut tx = test.db.system_read().await.unwrap();
    let found = account::find_by_token(&mut tx, &SecretString::from(token)).await.unwrap();
    found.map(|account| account.account_id)
}

async fn initialise_again(scene: &Scene<'_>, account: &AccountId) {
    let job = InitialiseInstallation { installation_id: scene.installation_id.cast_signed() };
    let mut tx = scene.test.db.write(account).await.unwrap();
    jobs::schedule(&mut tx, "again", &job, scene.test.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

store::on_both_databases! {
    migrations = migrations();

    async fn the_token_is_written_into_the_secure_settings(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        assert_eq!(scene.run_jobs().await.done, 1);
        let token = scene.account_token().expect("written");
        assert_eq!(owner(test, &token).await, Some(account.clone()));
        assert_eq!(owner(test, "another").await, None);
        let mut tx = test.db.read_prefer_primary(&account).await.unwrap();
        let installation = account::installation_of(&mut tx, APP).await.unwrap().unwrap();
        assert_eq!(installation.initialised_at, Some(test.clock.now()));
        drop(tx);

        initialise_again(&scene, &account).await;
        assert_eq!(scene.run_jobs().await.done, 1);
        let newer = scene.account_token().expect("written");
        assert_ne!(newer, token);
        assert_eq!(owner(test, &newer).await, Some(account));
        assert_eq!(owner(test, &token).await, None, "the older copy is worth nothing");
        scene.check_answers().await;
        assert_eq!(scene.number(TOKENS_STORED).await, 1);
    }

    async fn what_zendesk_holds_is_always_good(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        let before = scene.account_token().unwrap();
        // Not done at all; then done with the answer lost.
        initialise_again(&scene, &account).await;
        scene.fault(Fault { route: PUT.into(), status: Some(500), times: Some(1), ..Fault::default() });
        assert_eq!(scene.run_jobs().await.retried, 1);
        assert_eq!(scene.account_token().unwrap(), before);
        assert_eq!(owner(test, &before).await, Some(account.clone()));
        scene.fault(Fault { route: PUT.into(), drop: Some(Drop::After), times: Some(1), ..Fault::default() });
        scene.advance(seconds(3600));
        assert_eq!(scene.run_jobs().await.retried, 1);
        let unheard = scene.account_token().unwrap();
        assert_ne!(unheard, before);
        assert_eq!(owner(test, &unheard).await, Some(account.clone()), "before anybody told us");
        scene.advance(seconds(3600));
        assert_eq!(scene.run_jobs().await.done, 1);
        assert_eq!(owner(test, &scene.account_token().unwrap()).await, Some(account));
        assert_eq!(scene.number(TOKENS_STORED).await, 1);
    }

    async fn a_late_run_does_not_retire_a_newer_copy(test: &TestDb) {
        let (_scene, account) = Scene::granted(test).await;
        let mut tx = test.db.write(&account).await.unwrap();
        let late = account::issue_token(&mut tx, "installation/7").await.unwrap();
        let elsewhere = account::issue_token(&mut tx, "webhook/7").await.unwrap();
        test.clock.advance(seconds(1));
        let newer = account::issue_token(&mut tx, "installation/7").await.unwrap();
        account::retire_older_tokens(&mut tx, "installation/7", &late).await.unwrap();
        tx.commit().await.unwrap();
        let mut system = test.db.system_read().await.unwrap();
        for token in [&late, &newer, &elsewhere] {
            assert!(account::find_by_token(&mut system, token).await.unwrap().is_some());
        }
        drop(system);
        let mut tx = test.db.write(&account).await.unwrap();
        account::retire_older_tokens(&mut tx, "installation/7", &newer).await.unwrap();
        tx.commit().await.unwrap();
        let mut system = test.db.system_read().await.unwrap();
        assert!(account::find_by_token(&mut system, &late).await.unwrap().is_none());
        assert!(account::find_by_token(&mut system, &elsewhere).await.unwrap().is_some());
    }
}
