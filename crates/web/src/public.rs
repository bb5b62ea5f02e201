//! Pages for everybody: what the apps are and what they may do.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use kit::{App, Verb};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Web, not_found};

/// A line of the API access table.
#[derive(Debug, Serialize)]
pub(crate) struct AccessRow {
    resource: String,
    read: bool,
    update: bool,
    create: bool,
    why: &'static str,
}

pub(crate) fn api_access_rows(app: &App) -> Vec<AccessRow> {
    app.api_access
        .iter()
        .map(|access| AccessRow {
            resource: label(access.resource.as_str()),
            read: access.verbs.contains(&Verb::Read),
            update: access.verbs.contains(&Verb::Update),
            create: access.verbs.contains(&Verb::Create),
            why: access.why,
        })
        .collect()
}

/// `ticket_fields` as "Ticket fields".
fn label(name: &str) -> String {
    let mut text = name.replace('_', " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A page that says one thing.
pub(crate) struct Message<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) status: StatusCode,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessageTemplate<'a> {
    nonce: &'a str,
    title: &'a str,
    text: &'a str,
}

pub(crate) fn message(message: &Message<'_>) -> Response {
    // The texts are ours and the page runs no script: one nonce for its style is as good as many.
    let nonce = "message";
    let template = MessageTemplate { nonce, title: message.title, text: message.text };
    let mut response = html(&template, nonce, "");
    *response.status_mut() = message.status;
    // Inside Zendesk's frame too: it holds nothing that anybody could be tricked with.
    let policy = "default-src 'none'; style-src 'nonce-message'; base-uri 'none'; form-action 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// Renders a page whose styles and scripts carry `nonce`. `more` is added to its content security policy.
pub(crate) fn html(template: &impl Template, nonce: &str, more: &str) -> Response {
    let Ok(text) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; \
         frame-ancestors 'none'; {more}"
    );
    let mut response = Html(text).into_response();
    match HeaderValue::from_str(&policy) {
        Ok(policy) => drop(response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy)),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
    response
}

pub(crate) fn new_nonce(web: &Web) -> String {
    let mut nonce = [0; 16];
    web.platform().db().random().fill(&mut nonce);
    BASE64.encode(nonce)
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomeTemplate<'a> {
    nonce: &'a str,
    apps: &'a [App],
}

pub(crate) async fn home(State(web): State<Web>) -> Response {
    let nonce = new_nonce(&web);
    html(&HomeTemplate { nonce: &nonce, apps: web.platform().apps() }, &nonce, "form-action 'none'")
}

#[derive(Template)]
#[template(path = "api_access.html")]
struct ApiAccessTemplate<'a> {
    nonce: &'a str,
    id: &'a str,
    name: &'a str,
    summary: &'a str,
    rows: &'a [AccessRow],
}

/// "Which APIs are used by the … app".
pub(crate) async fn api_access(State(web): State<Web>, Path(app): Path<String>) -> Response {
    let Some(app) = web.platform().app(&app) else { return not_found().await.into_response() };
    let nonce = new_nonce(&web);
    let rows = api_access_rows(app);
    let template =
        ApiAccessTemplate { nonce: &nonce, id: app.id, name: app.name, summary: app.summary, rows: &rows };
    html(&template, &nonce, "form-action 'none'")
}

/// The app's own address shows what it may do.
pub(crate) async fn app(web: State<Web>, app: Path<String>) -> Response {
    api_access(web, app).await
}

pub(crate) async fn api_access_json(
    State(web): State<Web>,
    Path(app): Path<String>,
) -> kit::Result<Json<Value>> {
    let app = web.platform().app(&app).ok_or_else(kit::ApiError::not_found)?;
    let access: Vec<Value> = app
        .api_access
        .iter()
        .map(|access| json!({ "resource": access.resource, "verbs": access.verbs, "why": access.why }))
        .collect();
    Ok(Json(json!({ "app": app.id, "name": app.name, "api_access": access })))
}
