//! The checks that Zendesk makes on an app package before it accepts it, each refusal in Zendesk's words.
//!
//! Rules and words are those of the validator that Zendesk publishes (`zendesk_apps_support`), with two additions that
//! the Apps API makes: the logos and the icons of locations that need one must be there. One point is kinder:
//! `http://127.0.0.1…` counts as `http://localhost…`, because servers in development print that address.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::{Host, Url};

use super::manifest::{self, ICON_LOCATIONS, SUPPORT_LOCATIONS, SUPPORT_NAMES};
use super::package::{Blob, strict_json};

const PARAMETER_TYPES: [&str; 8] =
    ["text", "checkbox", "url", "number", "multiline", "hidden", "oauth", "mtls"];
const SCOPES: [&str; 7] =
    ["header", "body", "url", "jwt_secret_key", "jwt_claim", "basic_auth_username", "basic_auth_password"];
const OTHER_PRODUCTS: [&str; 5] = ["chat", "zopim", "sell", "standalone_chat", "lotus_box"];
const REQUIREMENT_TYPES: [&str; 11] = [
    "automations",
    "channel_integrations",
    "custom_objects_v2",
    "macros",
    "organization_fields",
    "targets",
    "ticket_fields",
    "triggers",
    "user_fields",
    "views",
    "webhooks",
];
const MAX_REQUIREMENTS: usize = 5_000;
const MAX_MTLS: usize = 3;

/// The files of a package by their path inside the zip.
pub type Files = BTreeMap<String, Blob>;

/// Everything that is wrong with the package; empty when it is acceptable.
pub fn check(files: &Files) -> Vec<String> {
    let Some(blob) = files.get("manifest.json") else {
        let nested =
            files.keys().find(|path| path.ends_with("/manifest.json") && path.matches('/').count() == 1);
        return vec![match nested {
            Some(path) => format!(
                "Could not find manifest.json in the root of the zip file, but {path} was found. Try re-creating the \
                 archive from this directory."
            ),
            None => "Could not find manifest.json".to_owned(),
        }];
    };
    let manifest = match strict_json(blob.bytes()) {
        Ok(Value::Object(manifest)) => manifest,
        Ok(_) => return vec!["manifest is not proper JSON. It is not an object".to_owned()],
        Err(error) => return vec![format!("manifest is not proper JSON. {error}")],
    };
    let mut errors = Vec::new();
    required_keys(&manifest, &mut errors);
    types(&manifest, &mut errors);
    urls(&manifest, &mut errors);
    default_locale(&manifest, files, &mut errors);
    oauth(&manifest, &mut errors);
    parameters(&manifest, &mut errors);
    if flag(&manifest, "requirementsOnly") || flag(&manifest, "marketingOnly") {
        if manifest.contains_key("location") {
            errors.push("Locations can't be defined when you specify requirements only".into());
        }
        if manifest.contains_key("frameworkVersion") {
            errors.push("Framework versions can't be set when you specify requirements only".into());
        }
    } else {
        locations(&manifest, files, &mut errors);
        framework_version(&manifest, &mut errors);
    }
    if manifest.contains_key("noTemplate") {
        errors.push(
            "noTemplate is deprecated and cannot be used with framework version 2 or above. Set the autoLoad or \
             autoHide property for each specific location instead."
                .into(),
        );
    }
    translations(&manifest, files, &mut errors);
    images(&manifest, files, &mut errors);
    requirements(files, &mut errors);
    errors
}

fn flag(manifest: &Map<String, Value>, key: &str) -> bool {
    manifest.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// A value as Zendesk prints it in a message: strings bare, everything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn missing(keys: &[&str]) -> String {
    let fields = if keys.len() == 1 { "field" } else { "fields" };
    format!("Missing required {fields} in manifest: {}", keys.join(", "))
}

fn required_keys(manifest: &Map<String, Value>, errors: &mut Vec<String>) {
    let absent: Vec<_> = ["author", "defaultLocale"]
        .into_iter()
        .filter(|key| manifest.get(*key).is_none_or(Value::is_null))
        .collect();
    if !absent.is_empty() {
        errors.push(missing(&absent));
    }
}

fn types(manifest: &Map<String, Value>, errors: &mut Vec<String>) {
    for key in ["requirementsOnly", "marketingOnly", "singleInstall", "signedUrls", "private"] {
        if let Some(value) = manifest.get(key).filter(|v| !v.is_boolean()) {
            errors.push(format!("{key} must be a boolean value, got \"{}\".", shown(value)));
        }
    }
    let strings = [
        "defaultLocale",
        "version",
        "frameworkVersion",
        "remoteInstallationURL",
        "termsConditionsURL",
        "gaID",
    ];
    for key in strings {
        if let Some(value) = manifest.get(key).filter(|v| !v.is_string() && !v.is_null()) {
            errors.push(format!("{key} must be a string, got \"{}\".", shown(value)));
        }
    }
    match manifest.get("author") {
        Some(Value::Object(author)) => {
            for key in ["name", "email", "url"] {
                if let Some(value) = author.get(key).filter(|v| !v.is_string() && !v.is_null()) {
                    errors.push(format!("author {key} must be a string, got \"{}\".", shown(value)));
                }
            }
        }
        None | Some(Value::Null) => {}
        Some(value) => errors.push(hash_needed("author", value)),
    }
    if let Some(value) = manifest.get("experiments").filter(|v| !v.is_object()) {
        errors.push(hash_needed("experiments", value));
    }
    let hosts_ok = match manifest.get("domainWhitelist") {
        None | Some(Value::Null) => true,
        Some(value) => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
    };
    if !hosts_ok {
        errors.push("The manifest field domainWhitelist need to be an array containing strings".into());
    }
}

fn hash_needed(field: &str, value: &Value) -> String {
    format!(
        "The manifest field {field} needs to be key-value pairs with string keys, but it was {}",
        shown(value)
    )
}

fn urls(manifest: &Map<String, Value>, errors: &mut Vec<String>) {
    let author_url = manifest.get("author").and_then(|author| author.get("url"));
    for (field, value) in
        [("terms_conditions_url", manifest.get("termsConditionsURL")), ("author url", author_url)]
    {
        let Some(text) = value.and_then(Value::as_str) else { continue };
        if !Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            errors.push(format!("{field} must be a valid URL, got \"{text}\"."));
        }
    }
}

/// Two letters, optionally a region or script: `en`, `en-US`, `zh-tw`.
fn is_locale(text: &str) -> bool {
    let (language, region) = text.split_once('-').map_or((text, None), |(l, r)| (l, Some(r)));
    language.len() == 2
        && language.chars().all(|c| c.is_ascii_lowercase())
        && region.is_none_or(|r| (2..=3).contains(&r.len()) && r.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn default_locale(manifest: &Map<String, Value>, files: &Files, errors: &mut Vec<String>) {
    let Some(locale) = manifest.get("defaultLocale").and_then(Value::as_str) else { return };
    if !is_locale(locale) {
        errors.push(format!("{locale} is not a valid default locale."));
    } else if !files.contains_key(&format!("translations/{locale}.json")) {
        errors.push(format!("Missing translation file for locale '{locale}'."));
    }
}

fn oauth(manifest: &Map<String, Value>, errors: &mut Vec<String>) {
    let Some(oauth) = manifest.get("oauth").filter(|v| !v.is_null()) else { return };
    let absent: Vec<_> = ["client_id", "client_secret", "authorize_uri", "access_token_uri"]
        .into_iter()
        .filter(|key| oauth.get(*key).and_then(Value::as_str).is_none_or(str::is_empty))
        .collect();
    if !absent.is_empty() {
        let fields = if absent.len() == 1 { "field" } else { "fields" };
        errors.push(format!("Missing required oauth {fields} in manifest: {}", absent.join(", ")));
    }
    let list = manifest.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !list.iter().any(|parameter| manifest::parameter_kind(parameter) == "oauth") {
        errors.push("Please upgrade to our new oauth format.".into());
    }
}

fn parameters(manifest: &Map<String, Value>, errors: &mut Vec<String>) {
    let list = match manifest.get("parameters") {
        None | Some(Value::Null) => return,
        Some(Value::Array(list)) => list,
        Some(_) => return errors.push("App parameters must be an array.".into()),
    };
    if flag(manifest, "marketingOnly") && !list.is_empty() {
        errors.push("Parameters can't be defined for marketing-only apps".into());
    }
    let names: Vec<&str> = list.iter().filter_map(|p| p.get("name").and_then(Value::as_str)).collect();
    if names.len() < list.len() {
        errors.push("parameters.name must be a string, got \"\".".into());
    }
    let mut doubles: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| names.iter().filter(|other| *other == name).count() > 1)
        .collect();
    doubles.dedup();
    if !doubles.is_empty() {
        errors.push(format!("Duplicate app parameters defined: {}", doubles.join(", ")));
    }
    let mut hidden = Vec::new();
    let mut kinds = Vec::new();
    let (mut oauths, mut mtls) = (0, 0);
    for parameter in list {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        for key in ["required", "secure"] {
            if let Some(value) = parameter.get(key).filter(|v| !v.is_boolean()) {
                errors.push(format!(
                    "parameters.{name}.{key} must be a boolean value, got \"{}\".",
                    shown(value)
                ));
            }
        }
        let is = |key: &str| parameter.get(key).and_then(Value::as_bool).unwrap_or(false);
        match manifest::parameter_kind(parameter) {
            "hidden" if is("required") => hidden.push(name),
            "oauth" => {
                oauths += 1;
                if is("secure") {
                    errors.push("oauth parameter cannot be set to be secure.".into());
                }
            }
            "mtls" => mtls += 1,
            kind if !PARAMETER_TYPES.contains(&kind) => kinds.push(kind),
            _ => {}
        }
        scopes(name, parameter, is("secure"), errors);
    }
    let verb = |list: &[&str]| if list.len() == 1 { "is" } else { "are" };
    if !hidden.is_empty() {
        errors.push(format!("{} {} set to hidden and cannot be required.", hidden.join(", "), verb(&hidden)));
    }
    match kinds.as_slice() {
        [] => {}
        [kind] => errors.push(format!("{kind} is an invalid parameter type.")),
        _ => errors.push(format!("{} are invalid parameter types.", kinds.join(", "))),
    }
    if oauths > 1 {
        errors.push("Too many parameters with type 'oauth': one permitted".into());
    }
    if mtls > MAX_MTLS {
        errors.push(format!("Too many parameters with type 'mtls': {MAX_MTLS} permitted"));
    }
    if names.contains(&"name") {
        errors.push("Can't call a parameter 'name'".into());
    }
}

fn scopes(name: &str, parameter: &Value, secure: bool, errors: &mut Vec<String>) {
    let Some(value) = parameter.get("scopes").filter(|v| !v.is_null()) else { return };
    let Some(list) = value.as_array() else {
        errors.push(format!(
            "The manifest field parameters.{name}.scopes needs to be an array, but it was {value}"
        ));
        return;
    };
    for scope in list {
        if !scope.as_str().is_some_and(|scope| SCOPES.contains(&scope)) {
            errors.push(format!("{} is an invalid scope for the parameter {name}.", shown(scope)));
        }
    }
    if !secure && !list.is_empty() {
        errors.push(format!("The parameter {name} has scopes and must be secure."));
    }
}

fn locations(manifest: &Map<String, Value>, files: &Files, errors: &mut Vec<String>) {
    let products = match manifest.get("location").and_then(Value::as_object) {
        Some(products) if !products.is_empty() => products,
        _ => return errors.push(missing(&["location"])),
    };
    for (product, places) in products {
        let support = SUPPORT_NAMES.contains(&product.as_str());
        if !support && !OTHER_PRODUCTS.contains(&product.as_str()) {
            errors.push(format!("{product} is an invalid host for apps."));
            continue;
        }
        let Some(places) = places.as_object() else {
            errors.push(hash_needed(&format!("location.{product}"), places));
            continue;
        };
        let unknown: Vec<_> =
            places.keys().map(String::as_str).filter(|l| support && !SUPPORT_LOCATIONS.contains(l)).collect();
        match unknown.as_slice() {
            [] => {}
            [one] => errors.push(format!("{one} is an invalid location in Support.")),
            _ => errors.push(format!("{} are invalid locations in Support.", unknown.join(", "))),
        }
        for (location, value) in places {
            one_location(location, value, files, errors);
        }
    }
}

fn one_location(location: &str, value: &Value, files: &Files, errors: &mut Vec<String>) {
    let url = value.as_str().or_else(|| value.get("url").and_then(Value::as_str)).unwrap_or_default();
    let auto_load = value.get("autoLoad").and_then(Value::as_bool).unwrap_or(true);
    if url.is_empty() {
        if auto_load {
            errors.push(format!("{location} location does not specify a URI."));
        }
    } else if !is_location_url(url, files) {
        errors.push(format!(
            "{url} is either an invalid location URI, refers to a missing asset, or does not use HTTPS."
        ));
    }
    if let Some(flexible) = value.get("flexible").filter(|v| !v.is_boolean() && !v.is_null()) {
        errors.push(format!("{} is an invalid type for the flexible location parameter.", shown(flexible)));
    }
    let types = value.get("objectTypes").and_then(Value::as_array);
    if location == "custom_object_record_sidebar" && types.is_none_or(Vec::is_empty) {
        errors.push("custom_object_record_sidebar location does not specify objectTypes.".into());
    }
}

fn is_location_url(url: &str, files: &Files) -> bool {
    if url.contains("{{setting.") {
        return true;
    }
    match Url::parse(url) {
        Ok(parsed) => match (parsed.scheme(), parsed.host()) {
            ("https", Some(_)) => true,
            ("http", Some(Host::Domain(domain))) => domain == "localhost",
            ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
            _ => false,
        },
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let path = url.split(['?', '#']).next().unwrap_or_default();
            path.starts_with("assets/") && files.contains_key(path)
        }
        Err(_) => false,
    }
}

fn framework_version(manifest: &Map<String, Value>, errors: &mut Vec<String>) {
    match manifest.get("frameworkVersion") {
        None | Some(Value::Null) => errors.push(missing(&["frameworkVersion"])),
        Some(version) if version.as_str() != Some("2.0") => errors.push(format!(
            "{} is not a valid framework version. Available versions are: 2.0.",
            shown(version)
        )),
        Some(_) => {}
    }
}

fn translations(manifest: &Map<String, Value>, files: &Files, errors: &mut Vec<String>) {
    let private = manifest.get("private").and_then(Value::as_bool).unwrap_or(true);
    let default = manifest.get("defaultLocale").and_then(Value::as_str).unwrap_or_default();
    for (path, blob) in files {
        let locale = path.strip_prefix("translations/").and_then(|rest| rest.strip_suffix(".json"));
        let Some(locale) = locale else { continue };
        if !is_locale(locale) {
            errors.push(format!("{path} is not a valid locale."));
        }
        let json: Value = match serde_json::from_slice(blob.bytes()) {
            Ok(Value::Object(json)) => Value::Object(json),
            Ok(_) => {
                errors.push(format!("{path} is not a JSON object."));
                continue;
            }
            Err(error) => {
                errors.push(format!("{path} is not valid JSON. {error}"));
                continue;
            }
        };
        // Other locales may lag behind: Zendesk falls back to the default locale for what they lack.
        if locale == default {
            translation_keys(path, &json, manifest, private, errors);
        }
    }
}

fn translation_keys(
    path: &str,
    json: &Value,
    manifest: &Map<String, Value>,
    private: bool,
    errors: &mut Vec<String>,
) {
    let app = json.get("app").unwrap_or(&Value::Null);
    let filled = |pointer: &str| match app.pointer(pointer) {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Object(leaf)) => leaf.get("value").and_then(Value::as_str).is_some_and(|v| !v.is_empty()),
        _ => false,
    };
    let mut absent = Vec::new();
    if !filled("/name") {
        absent.push("name".to_owned());
    }
    if !private {
        if !filled("/short_description") && !filled("/description") {
            absent.push("short_description".to_owned());
        }
        for key in ["installation_instructions", "long_description"] {
            if !filled(&format!("/{key}")) {
                absent.push(key.to_owned());
            }
        }
    }
    let list = manifest.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for name in list.iter().filter_map(|p| p.get("name").and_then(Value::as_str)) {
        if !filled(&format!("/parameters/{name}/label")) {
            absent.push(format!("app.parameters.{name}.label"));
        }
    }
    if !absent.is_empty() {
        errors.push(format!("Missing required key from {path}: {}", absent.join(", ")));
    }
}

fn images(manifest: &Map<String, Value>, files: &Files, errors: &mut Vec<String>) {
    if flag(manifest, "requirementsOnly") {
        return;
    }
    // An app for several products keeps each product's images in a folder of its own.
    let present = |name: &str| {
        files.contains_key(&format!("assets/{name}")) || files.contains_key(&format!("assets/support/{name}"))
    };
    for name in ["logo.png", "logo-small.png"] {
        if !present(name) {
            errors.push(format!("Could not find assets/{name}"));
        }
    }
    for (path, blob) in files {
        let image = path.starts_with("assets/") && path.ends_with(".png");
        if image
            && path.rsplit('/').next().is_some_and(|name| name.starts_with("logo"))
            && !is_png(blob.bytes())
        {
            errors.push(format!("{path} is not a PNG image"));
        }
    }
    if let Some(banner) = files.get("assets/banner.png") {
        match png_size(banner.bytes()) {
            None => errors.push("Banner image must be a PNG file.".into()),
            Some((830, 200)) => {}
            Some(_) => errors.push("Invalid banner image dimensions. Must be 830x200px.".into()),
        }
    }
    let products = manifest.get("location").and_then(Value::as_object).into_iter().flatten();
    let places =
        products.filter(|(p, _)| SUPPORT_NAMES.contains(&p.as_str())).filter_map(|(_, l)| l.as_object());
    for location in places.flat_map(Map::keys).filter(|l| ICON_LOCATIONS.contains(&l.as_str())) {
        if !present(&format!("icon_{location}.svg")) {
            errors.push(format!("Could not find assets/icon_{location}.svg"));
        }
    }
}

fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Width and height from a PNG's header chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if !is_png(bytes) {
        return None;
    }
    let number = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    Some((number(16)?, number(20)?))
}

fn requirements(files: &Files, errors: &mut Vec<String>) {
    let Some(blob) = files.get("requirements.json") else { return };
    let types = match strict_json(blob.bytes()) {
        Ok(Value::Object(types)) => types,
        Ok(_) => return errors.push("requirements.json is not proper JSON. It is not an object".into()),
        Err(error) => return errors.push(format!("requirements.json is not proper JSON. {error}")),
    };
    let unknown: Vec<_> =
        types.keys().map(String::as_str).filter(|t| !REQUIREMENT_TYPES.contains(t)).collect();
    match unknown.as_slice() {
        [] => {}
        [one] => errors.push(format!("requirements.json contains an invalid type: {one}")),
        _ => errors.push(format!("requirements.json contains invalid types: {}", unknown.join(", "))),
    }
    let count: usize = types.values().filter_map(Value::as_object).map(Map::len).sum();
    if count > MAX_REQUIREMENTS {
        errors.push(format!(
            "The requirements.json file contains too many requirements. The current limit is {MAX_REQUIREMENTS} \
             requirements. This app has {count} requirements."
        ));
    }
    let webhook: &[&str] = &["name", "status", "endpoint", "http_method", "request_format"];
    for (kind, items) in types.iter().filter(|(kind, _)| kind.as_str() != "custom_objects_v2") {
        let needed = match kind.as_str() {
            "webhooks" => webhook,
            "user_fields" | "organization_fields" => &["title", "key"],
            _ => &["title"],
        };
        for (identifier, item) in items.as_object().into_iter().flatten() {
            for field in needed.iter().filter(|field| item.get(**field).is_none_or(Value::is_null)) {
                errors.push(format!(
                    "Missing required fields in requirements.json: \"{field}\" is required in \"{identifier}\""
                ));
            }
        }
    }
}
