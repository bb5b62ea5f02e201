//! Checks the set-up and says what to do.

use std::io::Write;
use std::time::Duration;

use accounts::vault::Keyring;
use kit::Platform;
use lettre::AsyncSmtpTransport;
use lettre::Tokio1Executor;
use secrecy::ExposeSecret;
use store::Db;

use crate::config::Config;
use crate::{Failure, apps, serve};

/// One line of the report.
enum Finding {
    Good(String),
    /// Works, but an operator should know.
    Note(String),
    Bad(String),
}

pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let mut findings = vec![keys(config), address(config)];
    findings.extend(database(config).await);
    findings.push(mail(config).await);
    let mut out = std::io::stdout();
    let mut bad = 0;
    for finding in &findings {
        match finding {
            Finding::Good(text) => writeln!(out, "ok    {text}")?,
            Finding::Note(text) => writeln!(out, "note  {text}")?,
            Finding::Bad(text) => {
                bad += 1;
                writeln!(out, "BAD   {text}")?;
            }
        }
    }
    if bad == 0 { Ok(()) } else { Err(format!("{bad} of {} checks failed", findings.len()).into()) }
}

fn keys(config: &Config) -> Finding {
    match Keyring::parse(config.secret_key.expose_secret()) {
        Ok(keys) => {
            let ids: Vec<&str> = keys.ids().collect();
            Finding::Good(format!("secret keys: {} (the first one is used)", ids.join(", ")))
        }
        Err(error) => Finding::Bad(format!("secret keys: {error}")),
    }
}

fn address(config: &Config) -> Finding {
    let callback = format!("{}oauth/callback", config.public_url);
    if config.public_url.scheme() == "https" {
        Finding::Good(format!(
            "public address {}; the OAuth client's redirect URL must be {callback}",
            config.public_url
        ))
    } else {
        Finding::Note(format!("public address {}: plain http is for this machine only", config.public_url))
    }
}

async fn database(config: &Config) -> Vec<Finding> {
    let db = match serve::open_database(config).await {
        Ok(opened) => opened,
        Err(error) => return vec![Finding::Bad(format!("database: {error}"))],
    };
    let mut findings = Vec::new();
    match db.health().await {
        Ok(health) => {
            findings.push(Finding::Good(format!("database: {:?} {}", health.backend, health.version)));
            findings.push(schema(&db).await);
            if health.bypasses_row_security {
                findings.push(Finding::Bad(
                    "database: the login is a superuser or bypasses row-level security, so accounts are separated by the \
                     program alone: use a login without these rights"
                        .into(),
                ));
            }
            match health.replica_lag {
                Some(lag) if lag > Duration::from_secs(30) => findings
                    .push(Finding::Note(format!("replica: {} s behind; lists may look old", lag.as_secs()))),
                Some(lag) => findings.push(Finding::Good(format!("replica: {} ms behind", lag.as_millis()))),
                None => {}
            }
        }
        Err(error) => findings.push(Finding::Bad(format!("database: {error}"))),
    }
    db.close().await;
    findings
}

async fn schema(db: &Db) -> Finding {
    let migrations = Platform::migrations(&apps::all());
    match db.pending_migrations(&migrations).await {
        Ok(pending) if pending.is_empty() => {
            Finding::Good(format!("schema: {} migrations, up to date", migrations.len()))
        }
        Ok(pending) => Finding::Note(format!(
            "schema: {} of {} migrations are still to run; serve and work run them, or \"aerie migrate\"",
            pending.len(),
            migrations.len()
        )),
        Err(error) => Finding::Bad(format!("schema: {error}")),
    }
}

async fn mail(config: &Config) -> Finding {
    let Some(smtp) = &config.smtp else {
        return Finding::Note("mail: not configured (smtp_url, smtp_from); nobody is told by e-mail".into());
    };
    let transport = match AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp.url.expose_secret()) {
        Ok(builder) => builder.timeout(Some(Duration::from_secs(10))).build::<Tokio1Executor>(),
        Err(_) => {
            return Finding::Bad("mail: smtp_url cannot be read; like smtps://USER:PASSWORD@HOST:465".into());
        }
    };
    match transport.test_connection().await {
        Ok(true) => Finding::Good(format!("mail: the server answers; mail comes from {}", smtp.from)),
        Ok(false) => Finding::Bad("mail: the server does not answer; check host and port of smtp_url".into()),
        Err(error) => Finding::Bad(format!("mail: {error}")),
    }
}
