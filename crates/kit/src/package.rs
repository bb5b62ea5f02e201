//! An app's package for Zendesk: manifest, translations, logos.

use std::io::{Cursor, Write};

use serde_json::{Map, Value, json};
use url::Url;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::app::{App, Location};

/// Why a package could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the package of {app} cannot be written: {source}")]
pub struct PackageError {
    app: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The zip that Zendesk installs. The app's pages are at `public_url`. The same app gives the same bytes.
pub fn package(app: &App, public_url: &Url) -> Result<Vec<u8>, PackageError> {
    write(app, public_url).map_err(|source| PackageError { app: app.id, source })
}

fn write(app: &App, public_url: &Url) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // No times.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut add = |name: &str, content: &[u8]| -> zip::result::ZipResult<()> {
        zip.start_file(name, options)?;
        Ok(zip.write_all(content)?)
    };
    add("manifest.json", &serde_json::to_vec_pretty(&manifest(app, public_url)?)?)?;
    for (locale, text) in app.translations {
        add(&format!("translations/{locale}.json"), text.as_bytes())?;
    }
    add("assets/logo.png", app.logo.large)?;
    add("assets/logo-small.png", app.logo.small)?;
    for page in &app.pages {
        if matches!(page.location, Location::NavBar | Location::TopBar) {
            add(&format!("assets/icon_{}.svg", page.location.as_str()), app.logo.icon.as_bytes())?;
        }
    }
    Ok(zip.finish()?.into_inner())
}

fn manifest(app: &App, public_url: &Url) -> Result<Value, url::ParseError> {
    let mut locations = Map::new();
    for page in &app.pages {
        let url = public_url.join(&format!("apps/{}/pages/{}", app.id, page.name))?;
        locations.insert(page.location.as_str().to_owned(), json!({ "url": url.as_str(), "flexible": true }));
    }
    let mut manifest = json!({
        "name": app.name,
        "author": { "name": "Aerie", "email": "apps@aerie.example", "url": public_url.as_str() },
        "version": env!("CARGO_PKG_VERSION"),
        "frameworkVersion": "2.0",
        "defaultLocale": "en",
        "private": true,
        "signedUrls": true,
        "domainWhitelist": [public_url.host_str().unwrap_or_default()],
        "location": { "support": locations },
    });
    if app.needs_authorization() {
        manifest["parameters"] = json!([{
            "name": accounts::TOKEN_SETTING,
            "type": "hidden",
            "required": false,
            "secure": true,
            "scopes": ["header"],
        }]);
    }
    Ok(manifest)
}
