//! The mirror of agents.

use accounts::agent::{self, Agent, Role, TicketRestriction};
use accounts::{AGENT_MAX_AGE, Error};
use sandbox::gate::faults::Fault;
use store::{AccountId, Clock};

use crate::support::*;

const SHOW: &str = "GET /api/v2/users/*";

impl Scene<'_> {
    async fn agent(&self, account: &AccountId, email: &str) -> Agent {
        let id = self.user_id(email).cast_signed();
        self.accounts.agent(account, id, AGENT_MAX_AGE).await.unwrap().expect("known to Zendesk")
    }
}

store::on_both_databases! {
    migrations = migrations();

    async fn an_agent_is_as_zendesk_tells(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let priya = scene.agent(&account, "priya@acme.test").await;
        let groups: Vec<i64> = {
            let world = scene.sandbox.shared().read();
            let of_priya = world.group_memberships.values().filter(|m| m.user_id.cast_signed() == priya.user_id);
            of_priya.map(|membership| membership.group_id.cast_signed()).collect()
        };
        let expected = Agent {
            user_id: scene.user_id("priya@acme.test").cast_signed(),
            name: "Priya Raman".into(),
            email: Some("priya@acme.test".into()),
            role: Role::Agent,
            light: false,
            active: true,
            ticket_restriction: Some(TicketRestriction::Groups),
            organization_id: None,
            group_ids: groups,
            time_zone: Some("Europe/Berlin".into()),
            locale: Some("en-US".into()),
            checked_at: test.clock.now(),
        };
        assert_eq!(priya, expected);
        assert_eq!(priya.group_ids.len(), 1);
        let jonas = scene.agent(&account, "jonas@acme.test").await;
        assert_eq!((jonas.group_ids.len(), jonas.ticket_restriction), (2, None));
        assert!(jonas.is_agent() && !jonas.is_admin() && jonas.sees_all_tickets());
        let lena = scene.agent(&account, "lena@acme.test").await;
        assert!(lena.light && lena.is_agent());
        assert!(scene.agent(&account, ADMIN).await.is_admin());
        let customer = {
            let world = scene.sandbox.shared().read();
            world.users.values().find(|user| user.role == sandbox::Role::EndUser).unwrap().email.clone().unwrap()
        };
        let customer = scene.agent(&account, &customer).await;
        assert!(!customer.is_agent() && customer.group_ids.is_empty());
        // What was stored is what was told.
        let mut tx = test.db.read(&account).await.unwrap();
        let ids = [priya.user_id, jonas.user_id, 1];
        let mut stored = agent::find_many(&mut tx, &ids).await.unwrap();
        stored.sort_by_key(|agent| agent.user_id);
        let mut told = [priya, jonas];
        told.sort_by_key(|agent| agent.user_id);
        assert_eq!(stored, told);
        drop(tx);
        scene.check_answers().await;
    }

    async fn zendesk_is_asked_again_after_the_time(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        let before = scene.agent(&account, AGENT).await;
        assert!(before.is_agent() && !before.is_admin());
        let calls = scene.count(SHOW);
        scene.person(AGENT, |user| user.role = sandbox::Role::Admin);
        scene.advance(seconds(15 * 60 - 1));
        assert_eq!(scene.agent(&account, AGENT).await, before, "from the mirror");
        assert_eq!(scene.count(SHOW), calls);
        scene.advance(seconds(1));
        let after = scene.agent(&account, AGENT).await;
        assert!(after.is_admin());
        assert_eq!(after.checked_at, test.clock.now());
        assert_eq!(scene.count(SHOW), calls + 1);

        // While Zendesk does not answer, nobody is told what was true a while ago.
        scene.advance(seconds(15 * 60));
        scene.fault(Fault { route: SHOW.into(), status: Some(500), times: Some(1), ..Fault::default() });
        let failed = scene.accounts.agent(&account, after.user_id, AGENT_MAX_AGE).await;
        assert!(matches!(failed, Err(Error::Zendesk(zendesk::Error::Server { .. }))), "{failed:?}");
    }

    async fn leavers_lose_their_rights_and_keep_their_name(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        for email in [AGENT, "jonas@acme.test", SECOND_ADMIN] {
            assert!(scene.agent(&account, email).await.is_agent());
        }
        let gone = scene.user_id(SECOND_ADMIN);
        scene.person(AGENT, |user| user.suspended = true);
        scene.person("jonas@acme.test", |user| user.active = false);
        scene.sandbox.shared().write().users.remove(&gone);
        scene.advance(seconds(15 * 60));
        for (email, name) in [(AGENT, "Maya Lindqvist"), ("jonas@acme.test", "Jonas Weber")] {
            let agent = scene.agent(&account, email).await;
            assert_eq!(agent.name, name);
            assert!(!agent.is_agent() && !agent.is_admin() && !agent.sees_all_tickets(), "{name}");
        }
        let agent = scene.accounts.agent(&account, gone.cast_signed(), AGENT_MAX_AGE).await.unwrap().unwrap();
        assert_eq!((agent.name.as_str(), agent.active, agent.is_admin()), ("Sam Rivera", false, false));
        assert_eq!(scene.accounts.agent(&account, 1, AGENT_MAX_AGE).await.unwrap(), None, "never heard of");
        // Somebody suspended by mistake is back.
        scene.person(AGENT, |user| user.suspended = false);
        scene.advance(seconds(15 * 60));
        assert!(scene.agent(&account, AGENT).await.is_agent());
    }

    async fn another_accounts_agents_are_not_there(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        // Its people have the same ids, as those of another Zendesk could.
        let other = Scene::tenant(test, "globex").await;
        let other_account = other.grant(ADMIN).await.unwrap().account;
        let id = scene.agent(&account, AGENT).await.user_id;
        for (of, there) in [(&account, true), (&other_account, false)] {
            let mut tx = test.db.read_prefer_primary(of).await.unwrap();
            assert_eq!(agent::find(&mut tx, id).await.unwrap().is_some(), there);
            assert_eq!(agent::find_many(&mut tx, &[id]).await.unwrap().len(), usize::from(there));
        }
        // And what is saved for one account does not touch the other.
        let mut tx = test.db.write(&other_account).await.unwrap();
        let namesake = Agent { name: "Somebody else".into(), ..scene.agent(&account, AGENT).await };
        agent::save(&mut tx, &namesake).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(scene.agent(&account, AGENT).await.name, "Maya Lindqvist");
    }
}
