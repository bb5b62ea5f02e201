//! Verbs that run to their end.

use serde_json::Map;
use testkit::{Backend, TestApp};

use crate::common::{aerie, configured, output, sqlite_in};

#[tokio::test]
async fn the_example_is_a_configuration_once_its_places_are_there() {
    let (good, example, _) = output(&mut aerie(&["config", "example"])).await;
    assert!(good);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = example.replace("/etc/aerie/", &at("")).replace("/var/lib/aerie/", &at(""));
    std::fs::write(at("secret.key"), format!("k1:{}\n", "0123456789abcdef".repeat(4))).unwrap();
    std::fs::write(at("oauth.secret"), "the secret\n").unwrap();
    std::fs::write(at("aerie.toml"), text).unwrap();
    let (good, out, error) = output(aerie(&["migrate"]).args(["--config", &at("aerie.toml")])).await;
    assert!(good && out.contains("migrations applied"), "{out} {error}");
    let (good, out, _) = output(aerie(&["migrate"]).args(["--config", &at("aerie.toml")])).await;
    assert!(good && out.starts_with("0 migrations applied"), "{out}");
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_with_what_would_be_right() {
    let (good, _, error) = output(&mut aerie(&["serve"])).await;
    assert!(!good);
    for part in [
        "public_url is missing",
        "database_url is missing",
        "secret_key is missing",
        "zendesk_oauth_client_id",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_in(folder.path());
    for (name, value, says) in [
        ("AERIE_DATABASE_URL", "mysql://somebody:hunter2@db/aerie", "sqlite:PATH or postgres://"),
        ("AERIE_LISTEN", "here", "127.0.0.1:3000"),
        ("AERIE_SECRET_KEY", "hunter2", "64 hexadecimal digits"),
        ("AERIE_PUBLIC_URL", "http://apps.example.com", "https only"),
        ("AERIE_PUBLIC_ADDRESS", "x", "there is no setting"),
        ("AERIE_LISTEN", "192.0.2.1:1", "cannot listen on 192.0.2.1:1"),
    ] {
        let (good, _, error) = output(configured(&mut aerie(&["serve"]), &url).env(name, value)).await;
        assert!(!good && error.contains(says), "{name}={value}: {error}");
        assert!(!error.contains("hunter2"), "a secret is repeated: {error}");
    }
}

#[tokio::test]
async fn zendesk_takes_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("deadline.zip");
    let url = sqlite_in(folder.path());
    let mut package = aerie(&["package", "deadline", "--out", zip.to_str().unwrap()]);
    configured(&mut package, &url).env("AERIE_PUBLIC_URL", "https://apps.example.com");
    let (good, out, error) = output(&mut package).await;
    assert!(good && out.contains("https://apps.example.com/"), "{out} {error}");
    let app = TestApp::start(Backend::Sqlite, Vec::new()).await;
    let package = std::fs::read(&zip).unwrap();
    let settings = Map::from_iter([("name".to_owned(), "Deadline".into())]);
    let installed = app.control().install_package(&package, settings).await.expect("Zendesk takes it");
    let address = "https://apps.example.com/apps/deadline/pages/";
    assert!(app.sandbox.shared().read().apps.is_installed_from(address));
    assert!(installed.enabled);
    app.finish().await;
    let (good, _, error) = output(configured(&mut aerie(&["package", "dedline", "--out", "x"]), &url)).await;
    assert!(!good && error.contains("there are: deadline"), "{error}");
}

#[tokio::test]
async fn the_doctor_says_what_is_good_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_in(folder.path());
    let (good, out, error) = output(configured(&mut aerie(&["doctor"]), &url)).await;
    assert!(good, "{out} {error}");
    for part in ["ok    secret keys: test", "ok    database: Sqlite", "note  mail: not configured"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let mut bad = aerie(&["doctor"]);
    configured(&mut bad, "postgres://aerie:hunter2@127.0.0.1:1/aerie");
    bad.env("AERIE_SMTP_URL", "smtp://127.0.0.1:1").env("AERIE_SMTP_FROM", "Aerie <aerie@example.com>");
    let (good, out, error) = output(&mut bad).await;
    assert!(!good && error.contains("2 of "), "{out} {error}");
    assert!(out.contains("BAD   database:") && out.contains("BAD   mail:"), "{out}");
    assert!(!format!("{out}{error}").contains("hunter2"), "{out} {error}");
}
