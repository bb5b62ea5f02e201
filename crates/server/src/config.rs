//! The configuration: a file, the environment over it, secrets from files where wanted. What is wrong is refused at start.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use accounts::vault::Keyring;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

/// A commented file with every setting.
pub(crate) const EXAMPLE: &str = include_str!("../config.example.toml");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Json,
    Text,
}

/// What stands in the file and the environment, one to one: `database_url` is `AERIE_DATABASE_URL`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    public_url: Option<String>,
    #[serde(default = "default_listen")]
    listen: String,
    database_url: Option<SecretString>,
    database_url_file: Option<PathBuf>,
    replica_url: Option<SecretString>,
    replica_url_file: Option<PathBuf>,
    #[serde(default = "default_connections")]
    database_connections: u32,
    secret_key: Option<SecretString>,
    secret_key_file: Option<PathBuf>,
    #[serde(default = "default_zendesk_url")]
    zendesk_url: String,
    #[serde(default = "default_sdk_url")]
    zendesk_sdk_url: String,
    zendesk_oauth_client_id: Option<String>,
    zendesk_oauth_client_secret: Option<SecretString>,
    zendesk_oauth_client_secret_file: Option<PathBuf>,
    #[serde(default)]
    zendesk_app_ids: HashMap<String, i64>,
    zendesk_marketplace_name: Option<String>,
    zendesk_marketplace_organization_id: Option<String>,
    zendesk_marketplace_app_id: Option<String>,
    smtp_url: Option<SecretString>,
    smtp_url_file: Option<PathBuf>,
    smtp_from: Option<String>,
    #[serde(default = "default_log")]
    log: String,
    #[serde(default = "default_log_format")]
    log_format: LogFormat,
}

fn default_listen() -> String {
    "127.0.0.1:3000".into()
}
fn default_connections() -> u32 {
    16
}
fn default_zendesk_url() -> String {
    "https://{subdomain}.zendesk.com".into()
}
fn default_sdk_url() -> String {
    "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js".into()
}
fn default_log() -> String {
    "info".into()
}
fn default_log_format() -> LogFormat {
    LogFormat::Json
}

/// The configuration, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Ends with a slash.
    pub(crate) public_url: Url,
    pub(crate) listen: SocketAddr,
    pub(crate) database_url: SecretString,
    pub(crate) replica_url: Option<SecretString>,
    pub(crate) database_connections: u32,
    /// The content of the key file.
    pub(crate) secret_key: SecretString,
    pub(crate) zendesk_url: String,
    pub(crate) zendesk_sdk_url: Url,
    pub(crate) oauth_client_id: String,
    pub(crate) oauth_client_secret: Option<SecretString>,
    pub(crate) zendesk_app_ids: HashMap<String, i64>,
    pub(crate) marketplace: Option<zendesk::Marketplace>,
    pub(crate) smtp: Option<Smtp>,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone)]
pub(crate) struct Smtp {
    /// `smtps://user:password@host:465`, `smtp://user:password@host:587?tls=required`.
    pub(crate) url: SecretString,
    pub(crate) from: String,
}

/// All that is wrong, one line each: what, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub(crate) struct ConfigError(Vec<String>);

impl Config {
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                let line = format!(
                    "there is no file {}: \"aerie config example\" prints one to begin with",
                    file.display()
                );
                return Err(ConfigError(vec![line]));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        // Not settings of the server: where this file is, and what only the tests read.
        let others = ["config", "test_postgres", "test_postgres_data"];
        let settings: Settings = figment
            .merge(Env::prefixed("AERIE_").ignore(&others))
            .extract()
            .map_err(|errors| ConfigError(errors.into_iter().map(|error| describe(&error)).collect()))?;
        Self::check(settings)
    }

    fn check(settings: Settings) -> Result<Self, ConfigError> {
        let mut wrong = Vec::new();
        let mut url = |name: &str, text: &str, example: &str| match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Some(url),
            _ => {
                wrong.push(format!("{name} is \"{text}\": it must be an address like {example}"));
                None
            }
        };
        let public_url = match &settings.public_url {
            Some(text) => url("public_url", text, "https://apps.example.com"),
            None => None,
        };
        let zendesk_sdk_url = url("zendesk_sdk_url", &settings.zendesk_sdk_url, &default_sdk_url());
        url(
            "zendesk_url",
            &settings.zendesk_url.replace("{subdomain}", "x"),
            "https://{subdomain}.zendesk.com",
        );
        if settings.public_url.is_none() {
            wrong.push(
                "public_url is missing: where browsers reach this server, like https://apps.example.com"
                    .into(),
            );
        }
        if let Some(public_url) = &public_url {
            let loopback = matches!(public_url.host_str(), Some("127.0.0.1" | "localhost"));
            if public_url.scheme() != "https" && !loopback {
                wrong.push(format!("public_url is {public_url}: Zendesk opens pages over https only"));
            }
            if public_url.path() != "/" {
                wrong.push(format!("public_url is {public_url}: give it without a path"));
            }
        }
        let listen = settings.listen.parse::<SocketAddr>();
        if listen.is_err() {
            let text = &settings.listen;
            wrong.push(format!("listen is \"{text}\": it must be an address and a port like 127.0.0.1:3000"));
        }
        let mut secret = |name: &str, value: Option<SecretString>, file: Option<PathBuf>| match (value, file)
        {
            (Some(_), Some(_)) => {
                wrong.push(format!("{name} and {name}_file are both set: keep one of them"));
                None
            }
            (Some(value), None) => Some(value),
            (None, Some(file)) => match std::fs::read_to_string(&file) {
                Ok(text) => Some(SecretString::from(text.trim_end().to_owned())),
                Err(error) => {
                    wrong.push(format!("{name}_file {} cannot be read: {error}", file.display()));
                    None
                }
            },
            (None, None) => None,
        };
        let missing_file = settings.database_url_file.is_some();
        let database_url = secret("database_url", settings.database_url, settings.database_url_file);
        let replica_url = secret("replica_url", settings.replica_url, settings.replica_url_file);
        let had_key = settings.secret_key.is_some() || settings.secret_key_file.is_some();
        let secret_key = secret("secret_key", settings.secret_key, settings.secret_key_file);
        let oauth_client_secret = secret(
            "zendesk_oauth_client_secret",
            settings.zendesk_oauth_client_secret,
            settings.zendesk_oauth_client_secret_file,
        );
        let smtp_url = secret("smtp_url", settings.smtp_url, settings.smtp_url_file);
        if database_url.is_none() && !missing_file {
            wrong.push(
                "database_url is missing: sqlite:/var/lib/aerie/aerie.db or postgres://USER@HOST/NAME".into(),
            );
        }
        match &secret_key {
            None if !had_key => wrong.push(
                "secret_key is missing: \"ID:64 hexadecimal digits\", for example the output of \
                 (printf k1:; openssl rand -hex 32), here or in the file named by secret_key_file"
                    .into(),
            ),
            None => {}
            Some(text) => {
                if let Err(error) = Keyring::parse(text.expose_secret()) {
                    wrong.push(format!("secret_key: {error}"));
                }
            }
        }
        if settings.zendesk_oauth_client_id.is_none() {
            wrong.push(
                "zendesk_oauth_client_id is missing: the identifier of the OAuth client made in Zendesk"
                    .into(),
            );
        }
        let marketplace = match (
            settings.zendesk_marketplace_name,
            settings.zendesk_marketplace_organization_id,
            settings.zendesk_marketplace_app_id,
        ) {
            (None, None, None) => None,
            (Some(name), Some(organization_id), Some(app_id)) => {
                Some(zendesk::Marketplace { name, organization_id, app_id })
            }
            _ => {
                wrong.push(
                    "zendesk_marketplace_name, _organization_id and _app_id belong together: set all or none"
                        .into(),
                );
                None
            }
        };
        let smtp = match (smtp_url, settings.smtp_from) {
            (Some(url), Some(from)) => Some(Smtp { url, from }),
            (None, None) => None,
            _ => {
                wrong.push("smtp_url and smtp_from belong together: set both or none".into());
                None
            }
        };
        match (
            public_url,
            listen,
            database_url,
            secret_key,
            zendesk_sdk_url,
            settings.zendesk_oauth_client_id,
        ) {
            (
                Some(public_url),
                Ok(listen),
                Some(database_url),
                Some(secret_key),
                Some(zendesk_sdk_url),
                Some(id),
            ) if wrong.is_empty() => Ok(Self {
                public_url,
                listen,
                database_url,
                replica_url,
                database_connections: settings.database_connections,
                secret_key,
                zendesk_url: settings.zendesk_url,
                zendesk_sdk_url,
                oauth_client_id: id,
                oauth_client_secret,
                zendesk_app_ids: settings.zendesk_app_ids,
                marketplace,
                smtp,
                log: settings.log,
                log_format: settings.log_format,
            }),
            _ => Err(ConfigError(wrong)),
        }
    }
}

/// A value that cannot be read, without repeating a value that may be secret.
fn describe(error: &figment::Error) -> String {
    use figment::error::Kind;
    let place = error.path.join(".");
    let from = error.metadata.as_ref().map(|metadata| format!(" ({})", metadata.name)).unwrap_or_default();
    match &error.kind {
        Kind::UnknownField(name, known) => {
            format!("there is no setting \"{name}\"{from}; there are: {}", known.join(", "))
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("{place} must be {expected}{from}")
        }
        Kind::Message(message) => format!("{place} {message}{from}"),
        other => format!("{place} {other}{from}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("aerie.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file)).map_err(|error| error.to_string())
    }

    const KEY: &str = "k1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn good() -> String {
        format!(
            "public_url = \"https://apps.example.com\"\ndatabase_url = \"sqlite:x.db\"\nsecret_key = \"{KEY}\"\n\
             zendesk_oauth_client_id = \"aerie\"\n"
        )
    }

    #[test]
    fn a_small_file_is_enough() {
        let config = load(&good()).unwrap();
        assert_eq!(config.listen.port(), 3000);
        assert_eq!(config.public_url.as_str(), "https://apps.example.com/");
        assert!(!format!("{config:?}").contains("00112233"), "no secret in Debug");
    }

    #[test]
    fn the_example_names_every_setting_and_only_those() {
        let uncommented: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        let settings: Settings = Figment::from(Toml::string(&uncommented)).extract().unwrap();
        assert!(settings.smtp_url.is_some() && settings.replica_url.is_some());
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_what_is_right() {
        let error =
            load("public_url = \"http://apps.example.com\"\nlisten = \"here\"\nsecret_key = \"hunter2\"")
                .unwrap_err();
        for part in
            ["https only", "127.0.0.1:3000", "64 hexadecimal", "database_url is missing", "oauth_client_id"]
        {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_the_known_ones() {
        let error = load(&format!("{}databse_url = \"x\"", good())).unwrap_err();
        assert!(error.contains("databse_url") && error.contains("replica_url"), "{error}");
    }

    #[test]
    fn secrets_come_from_files_too() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, format!("{KEY}\n")).unwrap();
        let text = good().replace(&format!("secret_key = \"{KEY}\""), &format!("secret_key_file = {key:?}"));
        assert_eq!(load(&text).unwrap().secret_key.expose_secret(), KEY);
        let both = format!("{text}secret_key = \"{KEY}\"");
        assert!(load(&both).unwrap_err().contains("keep one"));
    }
}
