//! Tokens as Zendesk makes them, and as others might.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};
use zendesk::signed_url::{Context, Error, Expectation, peek_unverified, verify};

const NOW: i64 = 1_795_000_000;

struct Key {
    private: EncodingKey,
    public_pem: String,
}

impl Key {
    fn new() -> Self {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let public_pem = private.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
        let private_pem = private.to_pkcs8_pem(LineEnding::LF).unwrap();
        Self { private: EncodingKey::from_rsa_pem(private_pem.as_bytes()).unwrap(), public_pem }
    }
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(Key::new)
}

fn claims() -> Value {
    json!({
        "iss": "acme.zendesk.com",
        "aud": "https://acme.zendesk.com/api/v2/apps/installations/77.json",
        "sub": "https://acme.zendesk.com/api/v2/users/7.json",
        "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 290,
        "qsh": "abc",
        "cnf": {"jku": "https://acme.zendesk.com/api/v2/apps/42/public_key"},
        "context": {"product": "support", "location": "ticket_sidebar", "ticketId": "35"},
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn sign(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key().private).unwrap()
}

fn at(second: i64) -> Expectation<'static> {
    Expectation::at(Timestamp::from_second(second).unwrap(), Duration::from_secs(5))
}

fn check(claims: &Value) -> Result<zendesk::signed_url::Claims, Error> {
    verify(&sign(claims), &key().public_pem, &at(NOW))
}

#[test]
fn a_good_token_says_who_opens_what_where() {
    let found = check(&claims()).unwrap();
    assert_eq!((found.subdomain.as_str(), found.installation_id, found.user_id), ("acme", 77, 7));
    assert_eq!(found.issued_at.as_second(), NOW - 10);
    assert_eq!(found.expires_at.as_second(), NOW + 290);
    assert_eq!(found.key_url.unwrap().as_str(), "https://acme.zendesk.com/api/v2/apps/42/public_key");
    assert_eq!((found.app_id, found.qsh.as_deref()), (Some(42), Some("abc")));
    assert_eq!(
        found.context,
        Context {
            product: Some("support".into()),
            location: Some("ticket_sidebar".into()),
            ticket_id: Some(35),
            ..Context::default()
        }
    );
}

#[test]
fn a_peek_finds_the_key_without_believing_anything() {
    let forged =
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims(), &Key::new().private).unwrap();
    let found = peek_unverified(&forged).unwrap();
    assert_eq!((found.subdomain.as_str(), found.installation_id, found.app_id), ("acme", 77, Some(42)));
    assert_eq!(verify(&forged, &key().public_pem, &at(NOW)), Err(Error::Signature));
}

#[test]
fn the_key_is_only_looked_for_where_zendesk_keeps_this_accounts_keys() {
    for (jku, app_id) in [
        ("https://acme.zendesk.com/api/v2/apps/42/public_key", Some(42)),
        ("https://acme.zendesk.com/api/v2/apps/42/public_key.pem", Some(42)),
        ("http://acme.zendesk.com/api/v2/apps/42/public_key.pem", None),
        ("https://evil.zendesk.com/api/v2/apps/42/public_key.pem", None),
        ("https://acme.zendesk.com.evil.com/api/v2/apps/42/public_key.pem", None),
        ("https://acme.zendesk.com@evil.com/api/v2/apps/42/public_key.pem", None),
        ("https://acme.zendesk.com:8443/api/v2/apps/42/public_key.pem", None),
        ("https://acme.zendesk.com/api/v2/apps/42/public_key.pem?x=1", None),
        ("https://acme.zendesk.com/api/v2/apps/42/../43/public_key", Some(43)),
        ("https://acme.zendesk.com/api/v2/apps/4x2/public_key", None),
        ("https://acme.zendesk.com/api/v2/apps/0/public_key", None),
        ("https://acme.zendesk.com/api/v2/apps/99999999999999999999/public_key", None),
        ("https://acme.zendesk.com/api/v2/apps/42/public_key/x", None),
        ("https://acme.zendesk.com/redirect/api/v2/apps/42/public_key", None),
        ("nonsense", None),
    ] {
        let claims = with("cnf", json!({ "jku": jku }));
        assert_eq!(peek_unverified(&sign(&claims)).unwrap().app_id, app_id, "{jku}");
        let found = check(&claims).unwrap();
        assert_eq!((found.app_id, found.key_url.is_some()), (app_id, app_id.is_some()), "{jku}");
    }
    for claims in [without("cnf"), with("cnf", json!({})), with("cnf", json!(null))] {
        assert_eq!(peek_unverified(&sign(&claims)).unwrap().app_id, None);
    }
}

#[test]
fn the_user_comes_in_several_forms() {
    for sub in [
        json!(7),
        json!("7"),
        json!("https://acme.zendesk.com/api/v2/users/7.json"),
        json!("https://acme.zendesk.com/api/v2/users/7"),
    ] {
        assert_eq!(check(&with("sub", sub.clone())).map(|c| c.user_id), Ok(7), "{sub}");
    }
    for sub in [
        json!("https://evil.zendesk.com/api/v2/users/7.json"),
        json!("https://acme.zendesk.com/api/v2/users/"),
        json!("https://acme.zendesk.com/api/v2/users/7x"),
        json!("seven"),
        json!("+7"),
        json!(""),
        json!(0),
        json!(-1),
        json!(7.5),
        json!(null),
    ] {
        assert_eq!(check(&with("sub", sub.clone())), Err(Error::Claim("sub")), "{sub}");
    }
    assert_eq!(check(&without("sub")), Err(Error::Claim("sub")));
    assert_eq!(check(&with("sub", json!([7]))), Err(Error::Malformed));
}

#[test]
fn the_ticket_comes_in_several_forms() {
    for (context, ticket_id) in [
        (json!({"ticketId": 35}), Some(35)),
        (json!({"ticketId": "35"}), Some(35)),
        (json!({"ticket_id": 35}), Some(35)),
        (json!({"ticket_id": "35"}), Some(35)),
        (json!({"ticketId": null, "ticket_id": 35}), Some(35)),
        (json!({"newTicketId": 35}), None),
        (json!({"ticketId": "new"}), None),
        (json!({}), None),
        (json!(null), None),
        (json!("ticket_sidebar"), None),
    ] {
        assert_eq!(
            check(&with("context", context.clone())).unwrap().context.ticket_id,
            ticket_id,
            "{context}"
        );
    }
    assert_eq!(check(&without("context")).unwrap().context, Context::default());
    let sides = check(&with("context", json!({"userId": "8", "organization_id": 5}))).unwrap().context;
    assert_eq!((sides.user_id, sides.organization_id), (Some(8), Some(5)));
}

#[test]
fn issuer_and_audience_must_be_one_account() {
    for iss in [
        json!("evil.com"),
        json!("acme.zendesk.com.evil.com"),
        json!("https://acme.zendesk.com"),
        json!(".zendesk.com"),
        json!("a.b.zendesk.com"),
        json!("evil.com/.zendesk.com"),
        json!("ACME.zendesk.com"),
        json!(""),
        json!(null),
    ] {
        assert_eq!(check(&with("iss", iss.clone())), Err(Error::Claim("iss")), "{iss}");
        assert_eq!(peek_unverified(&sign(&with("iss", iss.clone()))), Err(Error::Claim("iss")), "{iss}");
    }
    for aud in [
        json!("https://evil.zendesk.com/api/v2/apps/installations/77.json"),
        json!("http://acme.zendesk.com/api/v2/apps/installations/77.json"),
        json!("https://acme.zendesk.com/api/v2/apps/installations/.json"),
        json!("https://acme.zendesk.com/api/v2/apps/installations/77/x"),
        json!("https://acme.zendesk.com/api/v2/apps/77.json"),
        json!("https://me@acme.zendesk.com/api/v2/apps/installations/77.json"),
        json!(["https://acme.zendesk.com/api/v2/apps/installations/77.json", "other"]),
        json!(77),
        json!(null),
    ] {
        assert_eq!(check(&with("aud", aud.clone())), Err(Error::Claim("aud")), "{aud}");
    }
    let list = json!(["https://acme.zendesk.com/api/v2/apps/installations/77.json"]);
    assert_eq!(check(&with("aud", list)).unwrap().installation_id, 77);
}

#[test]
fn times_are_kept() {
    let token = sign(&claims());
    let check_at = |second| verify(&token, &key().public_pem, &at(second)).map(drop);
    assert_eq!(check_at(NOW - 16), Err(Error::NotYetValid));
    assert_eq!(check_at(NOW - 15), Ok(()));
    assert_eq!(check_at(NOW + 294), Ok(()));
    assert_eq!(check_at(NOW + 295), Err(Error::Expired));

    assert_eq!(check(&with("nbf", json!(NOW + 6))), Err(Error::NotYetValid));
    assert!(check(&with("nbf", json!(NOW + 5))).is_ok());
    assert!(check(&without("nbf")).is_ok());
    assert_eq!(check(&with("iat", json!(NOW + 6))), Err(Error::NotYetValid));
    assert_eq!(check(&without("iat")), Err(Error::Claim("iat")));
    assert_eq!(check(&without("exp")), Err(Error::Claim("exp")));
    assert_eq!(check(&with("exp", json!(NOW - 20))), Err(Error::Claim("exp")));
    assert_eq!(check(&with("exp", json!(i64::MAX))), Err(Error::Claim("exp")));
    for claim in ["iat", "nbf", "exp"] {
        assert_eq!(check(&with(claim, json!("soon"))), Err(Error::Malformed), "{claim}");
    }
}

#[test]
fn expectations_are_met_or_the_token_is_refused() {
    let token = sign(&claims());
    let pem = &key().public_pem;
    let met = Expectation { subdomain: Some("acme"), installation_id: Some(77), qsh: Some("abc"), ..at(NOW) };
    assert!(verify(&token, pem, &met).is_ok());
    assert_eq!(
        verify(&token, pem, &Expectation { subdomain: Some("beta"), ..met }),
        Err(Error::OtherAccount)
    );
    assert_eq!(
        verify(&token, pem, &Expectation { installation_id: Some(78), ..met }),
        Err(Error::OtherInstallation)
    );
    assert_eq!(verify(&token, pem, &Expectation { qsh: Some("abd"), ..met }), Err(Error::OtherQuery));
    assert_eq!(verify(&sign(&without("qsh")), pem, &met), Err(Error::OtherQuery));
}

#[test]
fn only_rs256_with_the_right_key_is_believed() {
    let pem = &key().public_pem;
    // The classic: HMAC with the public key, which everybody knows, as its secret.
    let hmac = EncodingKey::from_secret(pem.as_bytes());
    let forged = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &hmac).unwrap();
    assert_eq!(verify(&forged, pem, &at(NOW)), Err(Error::Algorithm));
    assert_eq!(peek_unverified(&forged), Err(Error::Algorithm));
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims(), &key().private).unwrap();
        assert_eq!(verify(&token, pem, &at(NOW)), Err(Error::Algorithm), "{algorithm:?}");
    }

    let token = sign(&claims());
    let [header, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let none = format!("eyJhbGciOiJub25lIn0.{body}.");
    assert_eq!(verify(&none, pem, &at(NOW)), Err(Error::Algorithm));
    let other_body = sign(&with("sub", json!(8)));
    let other_body = other_body.split('.').nth(1).unwrap();
    assert_eq!(verify(&format!("{header}.{other_body}.{signature}"), pem, &at(NOW)), Err(Error::Signature));
    assert!(verify(&format!("{header}.{body}."), pem, &at(NOW)).is_err());
    for key in ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert_eq!(verify(&token, key, &at(NOW)), Err(Error::Key), "{key}");
    }
}

#[test]
fn what_is_no_token_is_malformed() {
    for text in
        ["", ".", "..", "a.b.c", "ä.ö.ü", &"x".repeat(20_000), &format!("{}.{}", sign(&claims()), "x")]
    {
        assert!(matches!(peek_unverified(text), Err(Error::Malformed | Error::Algorithm)), "{text:.20}");
        assert!(matches!(
            verify(text, &key().public_pem, &at(NOW)),
            Err(Error::Malformed | Error::Algorithm)
        ));
    }
    let not_claims =
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &json!([1]), &key().private).unwrap();
    assert_eq!(verify(&not_claims, &key().public_pem, &at(NOW)), Err(Error::Malformed));
    assert_eq!(peek_unverified(&not_claims), Err(Error::Malformed));
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "[A-Za-z0-9_.-]{0,200}", key in "[ -~\n]{0,100}") {
        let _ = peek_unverified(&text);
        let _ = verify(&text, &key, &at(NOW));
    }
}
