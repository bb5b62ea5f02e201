//! What the tests of this crate share: a running sandbox and callers of it.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use http::{HeaderMap, Method, StatusCode, header};
use reqwest::RequestBuilder;
use sandbox::oas::Oas;
use sandbox::{Config, Role, Sandbox};
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

pub(crate) const ADMIN: &str = "admin@acme.test";

/// Who calls.
#[derive(Clone)]
pub(crate) enum As<'a> {
    Nobody,
    /// Basic authentication with this e-mail address.
    Person(&'a str),
    Bearer(&'a str),
    /// The value of a `Set-Cookie` header.
    Cookie(&'a str),
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}: {:?}", self.headers));
        value.to_str().expect("text")
    }

    /// Fails unless the status is the one expected.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// A sandbox with a clock that stands still.
pub(crate) async fn start() -> Sandbox {
    start_with(Config::default()).await
}

pub(crate) async fn start_with(config: Config) -> Sandbox {
    let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
    sandbox.control().freeze(true);
    sandbox
}

pub(crate) fn request(sandbox: &Sandbox, who: &As<'_>, method: Method, path: &str) -> RequestBuilder {
    let request = sandbox.shared().http().request(method, format!("{}{path}", sandbox.url()));
    match who {
        As::Nobody => request,
        As::Person(email) => request.basic_auth(format!("{email}/token"), Some("sandbox")),
        As::Bearer(token) => request.bearer_auth(token),
        As::Cookie(cookie) => request.header(header::COOKIE, cookie.split(';').next().expect("a cookie")),
    }
}

/// Sends it; what comes back is checked against Zendesk's OpenAPI description when `ZENDESK_OAS` names the file.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let answer = client.execute(request).await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let answer = Answer { status, headers, text: answer.text().await.expect("a body") };
    if let (Some(description), true) = (description(), status.is_success()) {
        let body = serde_json::from_str(&answer.text).ok();
        let violations = description.check(&method, &path, status.as_u16(), body.as_ref());
        assert!(violations.is_empty(), "not as Zendesk describes it: {violations:#?}");
    }
    answer
}

fn description() -> Option<&'static Oas> {
    static LOADED: OnceLock<Option<Oas>> = OnceLock::new();
    let load = || {
        let path = std::env::var_os("ZENDESK_OAS")?;
        Some(Oas::load(Path::new(&path)).expect("ZENDESK_OAS names a readable description"))
    };
    LOADED.get_or_init(load).as_ref()
}

pub(crate) async fn get(sandbox: &Sandbox, who: As<'_>, path: &str) -> Answer {
    send(request(sandbox, &who, Method::GET, path)).await
}

pub(crate) async fn call(sandbox: &Sandbox, who: As<'_>, method: Method, path: &str, body: Value) -> Answer {
    send(request(sandbox, &who, method, path).json(&body)).await
}

/// Adds a person of that role; the id.
pub(crate) fn add_person(sandbox: &Sandbox, email: &str, role: Role) -> u64 {
    let mut world = sandbox.shared().write();
    let mut user = world.user_by_email(ADMIN).expect("an administrator").clone();
    user.id = world.ids.next_id();
    user.name = format!("Person {email}");
    user.email = Some(email.to_owned());
    user.role = role;
    let id = user.id;
    world.users.insert(id, user);
    id
}

pub(crate) fn admin_id(sandbox: &Sandbox) -> u64 {
    sandbox.shared().read().user_by_email(ADMIN).expect("an administrator").id
}

/// Signs in on the workspace page; the cookie.
pub(crate) async fn sign_in(sandbox: &Sandbox, user_id: u64) -> String {
    let body = json!({"user_id": user_id});
    let answer =
        call(sandbox, As::Nobody, Method::POST, "/sandbox/workspace/session", body).await.expect(204);
    answer.header("set-cookie").to_owned()
}

/// The smallest PNG header that says how large it is.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

/// The files of a package that passes all checks.
pub(crate) fn package_files() -> Vec<(String, Vec<u8>)> {
    let manifest = json!({
        "name": "Sample",
        "author": {"name": "Somebody", "email": "somebody@example.test"},
        "defaultLocale": "en",
        "private": true,
        "version": "1.2.3",
        "frameworkVersion": "2.0",
        "signedUrls": true,
        "domainWhitelist": ["127.0.0.1"],
        "location": {"support": {
            "ticket_sidebar": {"url": "http://127.0.0.1:9/sidebar?view=1", "flexible": true},
            "nav_bar": "assets/board.html",
            "background": {"url": "https://{{setting.host}}/background", "signed": false},
        }},
        "parameters": [
            {"name": "token", "type": "hidden", "secure": true, "scopes": ["header"]},
            {"name": "shared_secret", "type": "text", "secure": true, "scopes": ["jwt_secret_key"]},
            {"name": "host", "type": "text", "required": true},
            {"name": "color", "type": "text", "default": "blue"},
            {"name": "count", "type": "number"},
        ],
    });
    let label = |text: &str| json!({"label": text});
    let translation = json!({"app": {
        "name": "Sample app",
        "parameters": {
            "token": label("Token"), "shared_secret": label("Secret"), "host": label("Host"),
            "color": label("Colour"), "count": label("Count"),
        },
    }});
    let page =
        "<script src=\"https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js\"></script>";
    vec![
        ("manifest.json".into(), manifest.to_string().into()),
        ("translations/en.json".into(), translation.to_string().into()),
        ("assets/logo.png".into(), png(320, 320)),
        ("assets/logo-small.png".into(), png(128, 128)),
        ("assets/icon_nav_bar.svg".into(), b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("assets/board.html".into(), page.into()),
    ]
}

/// The same with the JSON of one file changed.
pub(crate) fn changed(path: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut files = package_files();
    let (_, bytes) = files.iter_mut().find(|(name, _)| name == path).expect("the file");
    let mut json: Value = serde_json::from_slice(bytes).expect("JSON");
    change(&mut json);
    *bytes = json.to_string().into();
    zip(&files)
}

/// The same without one file.
pub(crate) fn without(path: &str) -> Vec<u8> {
    zip(&package_files().into_iter().filter(|(name, _)| name != path).collect::<Vec<_>>())
}

pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(path, SimpleFileOptions::default()).expect("a file in a zip");
        writer.write_all(bytes).expect("bytes in a zip");
    }
    writer.finish().expect("a zip").into_inner()
}

/// A multipart body with one file, and its content type.
pub(crate) fn multipart(field: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"app.zip\"\r\n\
         Content-Type: application/zip\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

pub(crate) async fn upload(sandbox: &Sandbox, who: As<'_>, path: &str, field: &str, zip: &[u8]) -> Answer {
    let (kind, body) = multipart(field, zip);
    send(request(sandbox, &who, Method::POST, path).header(header::CONTENT_TYPE, kind).body(body)).await
}

/// Installs the sample app; installation id and app id.
pub(crate) async fn install_sample(sandbox: &Sandbox) -> (u64, u64) {
    let settings = json!({"host": "app.test", "token": "s3cret", "shared_secret": "sh4red"});
    let settings = settings.as_object().cloned().expect("an object");
    let installed =
        sandbox.control().install_package(&zip(&package_files()), settings).await.expect("installed");
    (installed.id, installed.app_id)
}
