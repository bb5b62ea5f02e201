//! `aerie`: one binary, many verbs.

mod apps;
mod config;
mod demo;
mod doctor;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use config::{Config, LogFormat};

/// Hosts Zendesk apps for many accounts.
#[derive(Debug, Parser)]
#[command(name = "aerie", version, about)]
struct Cli {
    /// Configuration file (TOML); every setting can also come from the environment as AERIE_NAME
    #[arg(long, global = true, value_name = "FILE", env = "AERIE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve pages and doors, and run offline work
    Serve {
        /// Leave offline work to other processes (aerie work)
        #[arg(long)]
        no_worker: bool,
    },
    /// Run offline work only
    Work,
    /// Server, worker and a sandbox of Zendesk in one process, ready to click
    Demo(demo::DemoArgs),
    /// The sandbox of Zendesk alone
    Sandbox(sandbox::cli::SandboxArgs),
    /// Bring the database's schema up to date (serve and work do it too)
    Migrate,
    /// Check the set-up and say what to do
    Doctor,
    /// Write an app's package for Zendesk
    Package {
        /// The app, by its folder's name
        app: String,
        /// Where to write the zip
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// About the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
}

#[derive(Debug, Subcommand)]
enum ConfigVerb {
    /// Print a commented configuration file with all settings
    Example,
}

/// What went wrong, for whoever typed the command.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "aerie: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let load = || Config::load(cli.config.as_deref());
    match cli.verb {
        Verb::Serve { no_worker } => {
            let config = load()?;
            log(config.log_format, &config.log);
            serve::serve(&config, !no_worker).await
        }
        Verb::Work => {
            let config = load()?;
            log(config.log_format, &config.log);
            serve::work(&config).await
        }
        Verb::Demo(args) => {
            log(LogFormat::Text, "warn,server=info");
            demo::run(args).await
        }
        Verb::Sandbox(args) => {
            log(LogFormat::Text, "info");
            Ok(sandbox::cli::run(args).await?)
        }
        Verb::Migrate => {
            let config = load()?;
            log(config.log_format, &config.log);
            let report = serve::open_and_migrate(&config).await?.1;
            print(&format!(
                "{} migrations applied, {} were there already",
                report.applied.len(),
                report.already
            ))
        }
        Verb::Doctor => doctor::run(&load()?).await,
        Verb::Package { app, out } => {
            let config = load()?;
            let apps = apps::all();
            let app = apps.iter().find(|known| known.id == app).ok_or_else(|| {
                let known: Vec<&str> = apps.iter().map(|app| app.id).collect();
                format!("there is no app \"{app}\"; there are: {}", known.join(", "))
            })?;
            std::fs::write(&out, kit::package(app, &config.public_url)?)
                .map_err(|error| format!("{} cannot be written: {error}", out.display()))?;
            print(&format!("wrote {} for {}", out.display(), config.public_url))
        }
        Verb::Config(ConfigVerb::Example) => print(config::EXAMPLE),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{}", text.trim_end())?)
}

fn log(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Json => builder.json().flatten_event(true).init(),
        LogFormat::Text => builder.init(),
    }
}
