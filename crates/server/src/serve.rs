//! Serving and working.

use std::sync::Arc;
use std::time::Duration;

use accounts::vault::Keyring;
use accounts::{Accounts, ZendeskConfig};
use jobs::{Worker, WorkerOptions};
use kit::Platform;
use secrecy::ExposeSecret;
use store::{Clock, Db, MigrationReport, Options, OsRandom, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::Web;
use zendesk::{Http, HttpConfig};

use crate::config::Config;
use crate::{Failure, apps};

/// How long open requests may take when the server ends.
const GRACE: Duration = Duration::from_secs(20);

/// Opens the database as it is.
pub(crate) async fn open_database(config: &Config) -> Result<Db, Failure> {
    let options = Options {
        url: config.database_url.expose_secret().to_owned(),
        replica_url: config.replica_url.as_ref().map(|url| url.expose_secret().to_owned()),
        connections: config.database_connections,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Db::open(&options, clock, Arc::new(OsRandom)).await?)
}

/// Opens the database and brings its schema up to date.
pub(crate) async fn open_and_migrate(config: &Config) -> Result<(Db, MigrationReport), Failure> {
    let db = open_database(config).await?;
    let report = db.migrate(&Platform::migrations(&apps::all())).await?;
    Ok((db, report))
}

/// Everything that runs, on an open database.
pub(crate) fn platform(config: &Config, db: Db) -> Result<Platform, Failure> {
    let http = Http::new(&HttpConfig { marketplace: config.marketplace.clone(), ..HttpConfig::default() })?;
    let keys = Keyring::parse(config.secret_key.expose_secret())?;
    let zendesk = ZendeskConfig {
        url_template: config.zendesk_url.clone(),
        oauth: zendesk::oauth::Client {
            client_id: config.oauth_client_id.clone(),
            secret: config.oauth_client_secret.clone(),
            redirect_uri: config.public_url.join("oauth/callback")?.to_string(),
            lifetimes: zendesk::oauth::Lifetimes::default(),
        },
        app_ids: config.zendesk_app_ids.clone(),
    };
    let accounts = Accounts::new(db, http, keys, zendesk);
    Ok(Platform::new(accounts, apps::all(), config.public_url.clone()))
}

/// A server that runs, to be ended.
pub(crate) struct Running {
    platform: Platform,
    closing: watch::Sender<bool>,
    stop: CancellationToken,
    tasks: tokio::task::JoinSet<()>,
}

impl Running {
    /// Starts what is asked for; it serves when this returns.
    pub(crate) async fn start(config: &Config, web: bool, worker: bool) -> Result<Self, Failure> {
        let metrics = web::install_metrics()?;
        let (db, report) = open_and_migrate(config).await?;
        if !report.applied.is_empty() {
            tracing::info!(applied = ?report.applied, "the schema was brought up to date");
        }
        let platform = platform(config, db.clone())?;
        let (closing, closed) = watch::channel(false);
        let stop = CancellationToken::new();
        let mut tasks = tokio::task::JoinSet::new();
        let relay = (db.clone(), stop.clone());
        tasks.spawn(async move {
            let (db, stop) = relay;
            stop.run_until_cancelled(db.relay_signals()).await;
        });
        if web {
            let listener = TcpListener::bind(config.listen)
                .await
                .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
            let router =
                Web::new(platform.clone(), config.zendesk_sdk_url.clone(), Some(metrics), closed.clone())
                    .router();
            let mut closed = closed.clone();
            tasks.spawn(async move {
                let ended = async move { drop(closed.wait_for(|closing| *closing).await) };
                if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(ended).await {
                    tracing::error!(%error, "the server stopped listening");
                }
            });
            tracing::info!(listen = %config.listen, public_url = %config.public_url, "serving");
        }
        if worker {
            let worker = Worker::new(db, platform.job_registry(), WorkerOptions::default());
            let stop = stop.clone();
            tasks.spawn(async move { worker.run(stop).await });
            tracing::info!("working");
        }
        Ok(Self { platform, closing, stop, tasks })
    }

    /// Lets requests and handlers finish, then closes the database.
    pub(crate) async fn stop(mut self) {
        self.closing.send_replace(true);
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
        self.platform.db().close().await;
    }
}

pub(crate) async fn serve(config: &Config, worker: bool) -> Result<(), Failure> {
    let running = Running::start(config, true, worker).await?;
    stop_signal().await?;
    tracing::info!("ending");
    running.stop().await;
    Ok(())
}

pub(crate) async fn work(config: &Config) -> Result<(), Failure> {
    let running = Running::start(config, false, true).await?;
    stop_signal().await?;
    tracing::info!("ending");
    running.stop().await;
    Ok(())
}

/// Interrupted or terminated.
pub(crate) async fn stop_signal() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
