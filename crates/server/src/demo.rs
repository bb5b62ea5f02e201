//! Server, worker and sandbox in one process, ready to click.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use accounts::vault::Keyring;
use sandbox::Sandbox;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Map;
use store::OsRandom;
use url::Url;

use crate::config::{Config, LogFormat};
use crate::serve::{Running, stop_signal};
use crate::{Failure, apps, print};

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Port of the server, on 127.0.0.1
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Port of the sandbox, on 127.0.0.1
    #[arg(long, default_value_t = 4000)]
    sandbox_port: u16,
    /// Where everything is kept; started again it goes on where it was
    #[arg(long, value_name = "DIR", default_value = ".aerie")]
    data: PathBuf,
}

pub(crate) async fn run(args: DemoArgs) -> Result<(), Failure> {
    std::fs::create_dir_all(&args.data)
        .map_err(|error| format!("the folder {} cannot be made: {error}", args.data.display()))?;
    let sandbox = Sandbox::start(sandbox::Config {
        addr: SocketAddr::from((Ipv4Addr::LOCALHOST, args.sandbox_port)),
        state_file: Some(args.data.join("sandbox.json")),
        ..sandbox::Config::default()
    })
    .await?;
    let config = config(&args, sandbox.url())?;
    let running = Running::start(&config, true, true).await?;
    install_apps(&sandbox, &config.public_url).await?;
    print(&format!(
        "ready workspace={} server={}\n\n\
         What to click first:\n\
         \x20 1. Open {} and sign in as the administrator (admin@acme.test).\n\
         \x20 2. Open any ticket. In the app at the right, press Authorise and allow it.\n\
         \x20 3. Set a deadline and watch it: the ticket's tags change at the second.\n\
         Sign in as an agent, or open a second window, to see both at once. Ctrl-C ends it; {} keeps everything.",
        sandbox.url(),
        config.public_url.as_str().trim_end_matches('/'),
        sandbox.url(),
        args.data.display(),
    ))?;
    stop_signal().await?;
    running.stop().await;
    sandbox.stop().await?;
    Ok(())
}

fn config(args: &DemoArgs, sandbox_url: &str) -> Result<Config, Failure> {
    Ok(Config {
        public_url: Url::parse(&format!("http://127.0.0.1:{}/", args.port))?,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        database_url: SecretString::from(format!("sqlite:{}", args.data.join("aerie.db").display())),
        replica_url: None,
        database_connections: 8,
        secret_key: secret_key(&args.data.join("secret.key"))?,
        zendesk_url: sandbox_url.to_owned(),
        zendesk_sdk_url: Url::parse(&format!("{sandbox_url}/sandbox/sdk/zaf_sdk.min.js"))?,
        oauth_client_id: "demo_client".into(),
        oauth_client_secret: Some(SecretString::from("demo-secret")),
        zendesk_app_ids: HashMap::new(),
        marketplace: None,
        smtp: None,
        log: "warn".into(),
        log_format: LogFormat::Text,
    })
}

/// The key of this demo, made at the first start.
fn secret_key(file: &Path) -> Result<SecretString, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = Keyring::generate("demo", &OsRandom);
            write_private(file, key.expose_secret())
                .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
            Ok(key)
        }
        Err(error) => Err(format!("{} cannot be read: {error}", file.display()).into()),
    }
}

/// A file that only its owner can read, from its first moment on.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// Installs each app's package, as an administrator would by uploading it. An app that is there already stays; one whose
/// pages are at another address now (another port) is installed anew.
async fn install_apps(sandbox: &Sandbox, public_url: &Url) -> Result<(), Failure> {
    let control = sandbox.control();
    for app in apps::all() {
        let page = public_url.join(&format!("apps/{}/pages/", app.id))?;
        if !sandbox.shared().read().apps.is_installed_from(page.as_str()) {
            let zip = kit::package(&app, public_url)?;
            let mut settings = Map::new();
            settings.insert("name".to_owned(), app.name.into());
            control.install_package(&zip, settings).await?;
        }
    }
    Ok(())
}
