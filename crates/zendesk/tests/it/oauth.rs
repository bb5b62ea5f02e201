//! Getting and renewing access.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use wiremock::ResponseTemplate;
use zendesk::oauth::{Client, Error, Lifetimes, Pkce};

use crate::support::{answering, base, http, only_body, only_request, saying};

fn confidential() -> Client {
    Client {
        client_id: "late".into(),
        secret: Some("hush".to_owned().into()),
        redirect_uri: "https://apps.example.com/oauth".into(),
        lifetimes: Lifetimes {
            access: Some(Duration::from_secs(1800)),
            refresh: Some(Duration::from_secs(604_800)),
        },
    }
}

#[tokio::test]
async fn a_code_becomes_a_pair() {
    let server = saying(
        json!({"access_token": "a1", "refresh_token": "r1", "token_type": "bearer", "scope": "read write",
        "expires_in": 1800, "refresh_token_expires_in": 604800}),
    )
    .await;
    let pkce = Pkce::new([7; 32]);
    let pair =
        confidential().exchange_code(&http(), &base(&server), "the-code", pkce.verifier()).await.unwrap();
    assert_eq!(pair.access.expose_secret(), "a1");
    assert_eq!(pair.refresh.as_ref().unwrap().expose_secret(), "r1");
    assert_eq!(pair.expires_in, Some(Duration::from_secs(1800)));
    assert_eq!(pair.refresh_expires_in, Some(Duration::from_secs(604_800)));
    assert_eq!(pair.scope, "read write");
    assert!(!format!("{pair:?}").contains("a1") && !format!("{pair:?}").contains("r1"));
    assert_eq!(only_request(&server).await.url.path(), "/oauth/tokens");
    assert_eq!(
        only_body(&server).await,
        json!({"grant_type": "authorization_code", "client_id": "late", "client_secret": "hush", "code": "the-code",
            "redirect_uri": "https://apps.example.com/oauth", "code_verifier": pkce.verifier().expose_secret(),
            "expires_in": 1800, "refresh_token_expires_in": 604800})
    );
}

#[tokio::test]
async fn a_public_client_has_no_secret_and_a_lasting_token_no_end() {
    let server = saying(json!({"access_token": "a1", "token_type": "bearer", "scope": null})).await;
    let client = Client { secret: None, lifetimes: Lifetimes::default(), ..confidential() };
    let refresh = SecretString::from("r1");
    let pair = client.refresh(&http(), &base(&server), &refresh).await.unwrap();
    assert!(pair.refresh.is_none() && pair.expires_in.is_none() && pair.refresh_expires_in.is_none());
    assert_eq!(
        only_body(&server).await,
        json!({"grant_type": "refresh_token", "client_id": "late", "refresh_token": "r1"})
    );
}

#[tokio::test]
async fn refusals_say_whose_fault_it_is() {
    for (status, body, expected, retryable) in [
        (400, json!({"error": "invalid_grant", "error_description": "…"}), "InvalidGrant", false),
        (401, json!({"error": "invalid_client"}), "InvalidClient", false),
        (400, json!({"error": "unauthorized_client"}), "InvalidClient", false),
        (400, json!({"error": "invalid_scope"}), "Refused { status: 400, code: \"invalid_scope\" }", false),
        (401, json!({"error": "r1 is no token"}), "Refused { status: 401, code: \"\" }", false),
        (429, json!({"error": "r1"}), "Call(TooManyRequests", true),
        (500, json!("r1"), "Call(Server", true),
        (200, json!({"access": "r1"}), "Call(Decode", false),
    ] {
        let server = answering(ResponseTemplate::new(status).set_body_json(body)).await;
        let refresh = SecretString::from("r1");
        let error = confidential().refresh(&http(), &base(&server), &refresh).await.unwrap_err();
        let shown = format!("{error:?}");
        assert!(shown.starts_with(expected), "{status}: {shown}");
        assert_eq!(error.is_retryable(), retryable, "{shown}");
        assert!(!shown.contains("r1") && !error.to_string().contains("r1"), "{shown}");
        // The pair may have been rotated although no new one arrived.
        let in_doubt = status == 500 || status == 200;
        assert_eq!(matches!(&error, Error::Call(call) if call.may_have_been_done()), in_doubt, "{shown}");
    }
}
