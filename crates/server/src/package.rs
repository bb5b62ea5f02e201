//! An app's package for Zendesk: manifest, translations, logos.

use std::io::{Cursor, Write};

use kit::{App, Location};
use serde_json::{Map, Value, json};
use url::Url;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::Failure;

/// The zip that Zendesk installs. Its pages are at `public_url`.
pub(crate) fn build(app: &App, public_url: &Url) -> Result<Vec<u8>, Failure> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // No times: the same app gives the same bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut add = |name: &str, content: &[u8]| -> Result<(), Failure> {
        zip.start_file(name, options)?;
        Ok(zip.write_all(content)?)
    };
    let manifest = serde_json::to_vec_pretty(&manifest(app, public_url)?)?;
    add("manifest.json", &manifest)?;
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

fn manifest(app: &App, public_url: &Url) -> Result<Value, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_app_gives_the_same_bytes() {
        let url = Url::parse("https://apps.example.com/").unwrap();
        for app in crate::apps::all() {
            assert_eq!(build(&app, &url).unwrap(), build(&app, &url).unwrap(), "{}", app.id);
        }
    }
}
