//! Secrets stay where they belong: not in the database, not in a log.

use accounts::vault::Keyring;
use accounts::{Error, GrantError};
use sandbox::gate::faults::Fault;
use secrecy::ExposeSecret;

use crate::support::*;

store::on_both_databases! {
    migrations = migrations();

    async fn no_secret_is_stored_as_it_is(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        scene.advance(seconds(3600));
        who_am_i(&scene.accounts, &account).await.unwrap();
        // One attempt is under way.
        let url = scene.accounts.start_grant(&scene.session(SECOND_ADMIN).await).await.unwrap();
        let state = url.split('&').find_map(|pair| pair.strip_prefix("state=")).expect("the state").to_owned();

        let handed_out = scene.handed_out();
        assert_eq!(handed_out.len(), 2, "granted and renewed");
        let mut secrets: Vec<String> = handed_out.into_iter().flat_map(|(access, refresh)| [access, refresh]).collect();
        secrets.extend([scene.account_token().expect("written"), state, CLIENT_SECRET.to_owned()]);
        let stored = everything_stored(&test.db).await;
        for known in ["acme", "Alex Morgan", "accounts.initialise_installation", "account_tokens: ", "authorizations: "] {
            let there = stored.contains(known);
            // The job is done and gone; the others show that this test reads what it says.
            assert_eq!(there, known != "accounts.initialise_installation", "{known} in {stored}");
        }
        for secret in secrets {
            assert!(secret.len() > 20);
            assert!(!stored.contains(&secret), "{secret} in {stored}");
        }
    }

    async fn no_secret_is_shown(test: &TestDb) {
        let (scene, account) = Scene::granted(test).await;
        scene.run_jobs().await;
        let opened = scene.open(ADMIN).await.unwrap();
        let token = scene.launch(ADMIN).await;
        let page_token = opened.session.to_token(scene.accounts.keys()).unwrap();
        let keys = Keyring::parse(key_file().expose_secret()).unwrap();
        let config = zendesk_config(scene.sandbox.url());
        let mut shown = format!("{:?} {keys:?} {opened:?} {config:?}", scene.accounts);
        shown += &format!("{:#?} {keys:#?} {opened:#?} {config:#?}", scene.accounts);
        shown += &format!("{:?} {:#?} {:?}", opened.session, opened.session, token);

        // Errors of every kind that a caller may log.
        let mut errors: Vec<String> = Vec::new();
        let mut note = |error: &dyn std::error::Error| {
            errors.push(format!("{error} {error:?} {error:#?}"));
            let mut source = error.source();
            while let Some(cause) = source {
                errors.push(format!("{cause} {cause:?}"));
                source = cause.source();
            }
        };
        let fault = Fault { status: Some(500), times: Some(1), ..Fault::default() };
        scene.fault(Fault { route: TOKENS.into(), ..fault.clone() });
        note(&scene.grant(ADMIN).await.unwrap_err());
        note(&scene.grant(AGENT).await.unwrap_err());
        let url = scene.accounts.start_grant(&scene.session(ADMIN).await).await.unwrap();
        let back = scene.decide(ADMIN, &url, "allow").await;
        let code = back.code.as_ref().expect("a code");
        scene.advance(seconds(121));
        let late: GrantError = scene.accounts.finish_grant(&back.state, Some(code)).await.unwrap_err();
        note(&late);
        note(&scene.accounts.open_page(APP, &"garbage".into()).await.unwrap_err());
        scene.fault(Fault { route: ME.into(), ..fault });
        note(&who_am_i(&scene.accounts, &account).await.unwrap_err());
        let other_keys = accounts::Accounts::new(
            test.db.clone(),
            scene.accounts.http().clone(),
            Keyring::parse(&format!("other:{}", "ab".repeat(32))).unwrap(),
            config,
        );
        let foreign = who_am_i(&other_keys, &account).await.unwrap_err();
        assert!(matches!(&foreign, Error::Vault(_)), "{foreign:?}");
        note(&foreign);
        scene.person(ADMIN, |user| user.active = false);
        note(&who_am_i(&scene.accounts, &account).await.unwrap_err());
        assert!(errors.len() >= 7);
        shown += &errors.concat();

        assert!(shown.contains("k1") && shown.contains("acme"), "something is shown");
        let key = key_file();
        let key_digits = key.expose_secret().trim().split_once(':').expect("an id").1;
        let mut secrets = vec![
            key_digits.to_owned(), CLIENT_SECRET.to_owned(), scene.account_token().expect("written"),
            token.expose_secret().to_owned(), page_token.expose_secret().to_owned(),
            back.state.expose_secret().to_owned(), code.expose_secret().to_owned(),
        ];
        secrets.extend(scene.handed_out().into_iter().flat_map(|(access, refresh)| [access, refresh]));
        for secret in secrets {
            assert!(secret.len() > 20);
            assert!(!shown.contains(&secret), "{secret} in {shown}");
        }
        // A key that is printed byte by byte is no better.
        let bytes = format!("{:?}", (0..4).map(|n| u8::from_str_radix(&key_digits[2 * n..2 * n + 2], 16).unwrap()).collect::<Vec<_>>());
        assert!(!shown.contains(bytes.trim_matches(['[', ']'])));
    }
}
