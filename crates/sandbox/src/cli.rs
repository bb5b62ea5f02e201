//! The sandbox as a program: arguments, and serving until told to stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::{Config, Error, Sandbox};

/// Arguments of the verb `sandbox`.
#[derive(Debug, Clone, clap::Args)]
pub struct SandboxArgs {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 4000)]
    pub port: u16,
    /// File that keeps the account between runs; without it everything is forgotten at the end
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Tickets of a fresh account
    #[arg(long, default_value_t = 40)]
    pub tickets: usize,
}

impl From<SandboxArgs> for Config {
    fn from(args: SandboxArgs) -> Config {
        Config {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
            state_file: args.state,
            seed_tickets: args.tickets,
            ..Config::default()
        }
    }
}

/// Serves until the process is interrupted or terminated, then saves.
///
/// # Errors
/// When it cannot listen, or the state file cannot be read or written.
pub async fn run(args: SandboxArgs) -> Result<(), Error> {
    let sandbox = Sandbox::start(args.into()).await?;
    tracing::info!(url = sandbox.url(), "the sandbox is ready");
    stop_signal().await;
    tracing::info!("the sandbox is stopping");
    sandbox.stop().await
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "only an interrupt will stop the sandbox");
            interrupt().await;
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    interrupt().await;
}

async fn interrupt() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "interrupts cannot be received");
        std::future::pending::<()>().await;
    }
}
