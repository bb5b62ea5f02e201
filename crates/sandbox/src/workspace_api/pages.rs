//! The workspace page with its assets, the app-framework SDK, and the files of app packages.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};

use crate::Shared;

/// The built page. The folder may be missing: everything but the page works without it.
#[derive(rust_embed::Embed)]
#[folder = "workspace/dist"]
#[allow_missing = true]
struct Dist;

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sandbox</title>\
<body style=\"font:14px/20px system-ui;max-width:40em;margin:48px auto;padding:0 16px\">\
<h1 style=\"font-size:20px\">The workspace page has not been built</h1>\
<p>The API works. For the page run <code>npm ci</code> and <code>npm run build</code> in the folder \
<code>workspace</code> of the sandbox's crate, and build the program again.</p></body></html>";

/// Where packages load the app-framework SDK from in production.
const SDK_HOST: &str = "static.zdassets.com/zendesk_app_framework_sdk/";
const SDK: &str = "/sandbox/sdk/zaf_sdk.min.js";

const NO_CACHE: &str = "no-cache";
/// Names of built assets carry a hash of what is in them.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn index() -> Response {
    match Dist::get("index.html") {
        Some(file) => ([(header::CACHE_CONTROL, NO_CACHE)], Html(file.data.into_owned())).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

fn file(path: &str, cache: &'static str) -> Response {
    match Dist::get(path) {
        Some(file) => {
            let kind = file.metadata.mimetype().to_owned();
            let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache.to_owned())];
            (headers, file.data.into_owned()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) async fn asset(Path(path): Path<String>) -> Response {
    file(&path, if path.ends_with(".html") { NO_CACHE } else { FOR_EVER })
}

/// The SDK, which apps of any origin load.
pub(super) async fn sdk(Path(name): Path<String>) -> Response {
    ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], file(&format!("sdk/{name}"), NO_CACHE)).into_response()
}

/// A file of an app's `assets` folder. Pages that load Zendesk's SDK get ours, which needs no internet.
pub(super) async fn app_asset(
    State(shared): State<Shared>,
    Path((app_id, path)): Path<(u64, String)>,
) -> Response {
    let bytes = {
        let world = shared.read();
        let app = world.apps.apps.get(&app_id);
        app.and_then(|app| app.package.file(&format!("assets/{path}")).cloned())
    };
    let Some(bytes) = bytes else { return StatusCode::NOT_FOUND.into_response() };
    let kind = mime(&path);
    let bytes = if kind.starts_with("text/html") { with_local_sdk(&bytes) } else { bytes };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, NO_CACHE),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, bytes).into_response()
}

/// The types of files that app packages consist of.
fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn with_local_sdk(page: &Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(page) else { return page.clone() };
    let Some(at) = text.find(SDK_HOST) else { return page.clone() };
    let before = text[..at].trim_end_matches("//").trim_end_matches("https:").trim_end_matches("http:");
    let rest = &text[at..];
    let end = rest.find(['"', '\'', ' ', '>']).unwrap_or(rest.len());
    let mut out = String::with_capacity(text.len());
    out.push_str(before);
    out.push_str(SDK);
    out.push_str(&rest[end..]);
    // A page that names it twice is done twice.
    with_local_sdk(&Bytes::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_packages_load_the_local_sdk() {
        let page = "<script src=\"https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js\"></script>\
                    <script src='//static.zdassets.com/zendesk_app_framework_sdk/2.0/x.js'></script>";
        let shown = with_local_sdk(&Bytes::from(page));
        let expected = "<script src=\"/sandbox/sdk/zaf_sdk.min.js\"></script><script src='/sandbox/sdk/zaf_sdk.min.js'></script>";
        assert_eq!(shown, expected.as_bytes());
    }
}
