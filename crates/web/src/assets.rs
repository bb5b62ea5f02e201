//! The built pages, embedded in the binary. Without them (a build without Node) pages say so.

use std::collections::HashMap;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Dist;

/// What Vite says of an entry in its manifest.
#[derive(Debug, Clone, Deserialize)]
struct Chunk {
    file: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "isEntry")]
    is_entry: bool,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    css: Vec<String>,
}

/// What a page must load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub(crate) script: String,
    /// Loaded at once with the script instead of after it.
    pub(crate) preloads: Vec<String>,
    pub(crate) styles: Vec<String>,
}

/// The entry of a page, `None` if the pages were not built or this one does not exist.
pub(crate) fn entry(app: &str, page: &str) -> Option<Entry> {
    static ENTRIES: OnceLock<HashMap<String, Entry>> = OnceLock::new();
    let name = format!("{app}-{page}");
    // A development build reads the files as they are now: they may have been built anew since.
    if cfg!(debug_assertions) {
        entries().remove(&name)
    } else {
        ENTRIES.get_or_init(entries).get(&name).cloned()
    }
}

fn entries() -> HashMap<String, Entry> {
    let Some(manifest) = Dist::get("manifest.json") else { return HashMap::new() };
    let chunks: HashMap<String, Chunk> = match serde_json::from_slice(&manifest.data) {
        Ok(chunks) => chunks,
        Err(error) => {
            tracing::error!(%error, "the manifest of the built pages cannot be read");
            return HashMap::new();
        }
    };
    let entries = chunks.values().filter(|chunk| chunk.is_entry);
    entries.filter_map(|chunk| Some((chunk.name.clone()?, resolve(&chunks, chunk)))).collect()
}

fn resolve(chunks: &HashMap<String, Chunk>, chunk: &Chunk) -> Entry {
    let mut entry = Entry { script: chunk.file.clone(), ..Entry::default() };
    let mut seen: Vec<&String> = Vec::new();
    let mut next: Vec<&Chunk> = vec![chunk];
    while let Some(chunk) = next.pop() {
        entry.styles.extend(chunk.css.iter().cloned());
        for import in &chunk.imports {
            if !seen.contains(&import)
                && let Some(imported) = chunks.get(import)
            {
                seen.push(import);
                entry.preloads.push(imported.file.clone());
                next.push(imported);
            }
        }
    }
    entry
}

/// A file of the build. Names hold a hash of their content, so browsers keep them for ever.
pub(crate) async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("assets/{path}");
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let compressed = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, suffix)| {
        let wanted =
            accepts.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == encoding);
        wanted.then(|| Dist::get(&format!("{path}.{suffix}"))).flatten().map(|file| (Some(encoding), file))
    });
    let Some((encoding, file)) = compressed.or_else(|| Dist::get(&path).map(|file| (None, file))) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    let value = http::HeaderValue::from_static;
    headers.insert(header::CONTENT_TYPE, value(kind));
    headers.insert(header::CACHE_CONTROL, value("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, value("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, value(encoding));
    }
    response
}
