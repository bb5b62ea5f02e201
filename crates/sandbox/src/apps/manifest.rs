//! What the sandbox needs to know from an app's `manifest.json` once the package has passed [`super::check`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Locations of the product Support (framework 2.0), by the names used in manifests.
pub const SUPPORT_LOCATIONS: [&str; 11] = [
    "top_bar",
    "nav_bar",
    "ticket_sidebar",
    "new_ticket_sidebar",
    "user_sidebar",
    "organization_sidebar",
    "background",
    "modal",
    "ticket_editor",
    "system_top_bar",
    "custom_object_record_sidebar",
];

/// Locations that show a symbol of their own and therefore need `assets/icon_<location>.svg`.
pub const ICON_LOCATIONS: [&str; 4] = ["top_bar", "nav_bar", "ticket_editor", "system_top_bar"];

/// The names under which manifests call the product Support.
pub const SUPPORT_NAMES: [&str; 2] = ["support", "zendesk"];

/// A manifest as the sandbox uses it. Read leniently: [`super::check`] has refused what is wrong before.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub name: Option<String>,
    pub author_name: Option<String>,
    pub version: Option<String>,
    pub framework_version: Option<String>,
    pub default_locale: String,
    /// The first request for a page of the app carries a signed token.
    pub signed_urls: bool,
    pub single_install: bool,
    pub private: bool,
    pub locations: Vec<Location>,
    pub parameters: Vec<Parameter>,
    /// Hosts that the proxy may send secure settings to.
    pub domain_whitelist: Vec<String>,
}

/// One place in Support where the app shows a page.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Location {
    /// For example `ticket_sidebar`.
    pub location: String,
    /// As in the manifest: `https://…`, `http://localhost…` or `assets/…`, maybe with `{{setting.x}}`.
    pub url: String,
    pub auto_load: bool,
    pub auto_hide: bool,
    pub flexible: bool,
    /// Overrides `signedUrls` of the manifest for this location.
    pub signed: Option<bool>,
    /// `{"width": "…", "height": "…"}` as in the manifest, or null.
    pub size: Value,
}

/// A setting that an administrator fills in when installing the app.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    /// `text`, `checkbox`, `url`, `number`, `multiline`, `hidden`, `oauth` or `mtls`.
    pub kind: String,
    pub required: bool,
    /// Never sent to the browser and never readable through the API.
    pub secure: bool,
    pub default: Value,
    /// Where a secure value may be put: `header`, `body`, `url`, `jwt_secret_key`, …; empty means anywhere.
    pub scopes: Vec<String>,
}

impl Manifest {
    /// Reads a manifest that has passed the checks.
    pub fn read(manifest: &Value) -> Manifest {
        let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
        let flag = |key: &str, default: bool| manifest.get(key).and_then(Value::as_bool).unwrap_or(default);
        Manifest {
            name: text("name"),
            author_name: manifest.pointer("/author/name").and_then(Value::as_str).map(str::to_owned),
            version: text("version"),
            framework_version: text("frameworkVersion"),
            default_locale: text("defaultLocale").unwrap_or_else(|| "en".into()),
            signed_urls: flag("signedUrls", false),
            single_install: flag("singleInstall", false),
            private: flag("private", true),
            locations: locations(manifest),
            parameters: parameters(manifest),
            domain_whitelist: strings(manifest.get("domainWhitelist")),
        }
    }

    /// Whether the setting `name` may never leave the server.
    pub fn is_secure(&self, name: &str) -> bool {
        self.parameters.iter().any(|p| p.name == name && p.secure)
    }
}

impl Location {
    fn read(location: &str, value: &Value) -> Location {
        let flag = |key: &str, default: bool| value.get(key).and_then(Value::as_bool).unwrap_or(default);
        let url = value.as_str().or_else(|| value.get("url").and_then(Value::as_str)).unwrap_or_default();
        Location {
            location: location.to_owned(),
            url: url.to_owned(),
            auto_load: flag("autoLoad", true),
            auto_hide: flag("autoHide", false),
            flexible: flag("flexible", false),
            signed: value.get("signed").and_then(Value::as_bool),
            size: value.get("size").cloned().unwrap_or(Value::Null),
        }
    }
}

fn locations(manifest: &Value) -> Vec<Location> {
    let Some(products) = manifest.get("location").and_then(Value::as_object) else { return Vec::new() };
    products
        .iter()
        .filter(|(product, _)| SUPPORT_NAMES.contains(&product.as_str()))
        .filter_map(|(_, places)| places.as_object())
        .flatten()
        .map(|(location, value)| Location::read(location, value))
        .collect()
}

fn parameters(manifest: &Value) -> Vec<Parameter> {
    let Some(list) = manifest.get("parameters").and_then(Value::as_array) else { return Vec::new() };
    list.iter()
        .map(|parameter| Parameter {
            name: parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            kind: parameter_kind(parameter).to_owned(),
            required: parameter.get("required").and_then(Value::as_bool).unwrap_or(false),
            secure: parameter.get("secure").and_then(Value::as_bool).unwrap_or(false),
            default: parameter.get("default").cloned().unwrap_or(Value::Null),
            scopes: strings(parameter.get("scopes")),
        })
        .collect()
}

/// The type of a parameter; `text` when the manifest does not say.
pub fn parameter_kind(parameter: &Value) -> &str {
    parameter.get("type").and_then(Value::as_str).unwrap_or("text")
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
