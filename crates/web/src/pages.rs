//! Opening an app's page inside Zendesk.

use accounts::{Opened, OpeningError};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use kit::{App, Caller, Opening};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::assets::{self, Entry};
use crate::authorization::{self, AuthorizationState};
use crate::public::{Message, api_access_rows, message};
use crate::{Web, not_found};

/// What Zendesk posts: `token`, as of its signed URLs.
#[derive(Debug, Deserialize)]
pub(crate) struct SignedRequest {
    token: Option<SecretString>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    language: &'a str,
    title: &'a str,
    nonce: &'a str,
    sdk_url: &'a str,
    /// `None`: the pages were not built.
    entry: Option<&'a Entry>,
    boot: &'a str,
}

/// Somebody follows the address of a page in a browser.
pub(crate) async fn outside_zendesk(
    State(web): State<Web>,
    Path((app, page)): Path<(String, String)>,
) -> Response {
    match find(&web, &app, &page) {
        Some((app, _)) => message(&Message {
            title: app.name,
            text: "This page opens inside Zendesk. Open a ticket there, or the app's icon in the navigation bar.",
            status: StatusCode::OK,
        }),
        None => not_found().await.into_response(),
    }
}

/// Zendesk opens a page: the signature says who is there, and the answer holds all that the page shows first.
pub(crate) async fn open(
    State(web): State<Web>,
    Path((app, page)): Path<(String, String)>,
    Form(request): Form<SignedRequest>,
) -> Response {
    let Some((app, page)) = find(&web, &app, &page) else { return not_found().await.into_response() };
    let opened = match request.token {
        Some(token) => web.platform().accounts().open_page(app.id, &token).await,
        None => Err(OpeningError::NotSigned),
    };
    match opened {
        Ok(opened) => render(&web, app, page, opened).await,
        Err(error) => {
            let status = match &error {
                OpeningError::KeyUnavailable(_) | OpeningError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
                OpeningError::OtherApp => StatusCode::FORBIDDEN,
                _ => StatusCode::UNAUTHORIZED,
            };
            if status == StatusCode::SERVICE_UNAVAILABLE {
                tracing::warn!(%error, source = ?std::error::Error::source(&error), "a page could not be opened");
            }
            message(&Message { title: app.name, text: &error.to_string(), status })
        }
    }
}

fn find<'a>(web: &'a Web, app: &str, page: &str) -> Option<(&'a App, &'static str)> {
    let app = web.platform().app(app)?;
    let page = app.pages.iter().find(|declared| declared.name == page)?;
    Some((app, page.name))
}

async fn render(web: &Web, app: &App, page: &'static str, opened: Opened) -> Response {
    let entry = assets::entry(app.id, page);
    let mut nonce = [0; 16];
    web.platform().db().random().fill(&mut nonce);
    let nonce = BASE64.encode(nonce);
    let (boot, language) = match boot(web, app, page, &opened).await {
        Ok(boot) => boot,
        Err(error) => return error.into_response(),
    };
    // In a script element nothing but "<" could end the text early.
    let boot = boot.to_string().replace('<', "\\u003c");
    let sdk_url = web.0.sdk_url.as_str();
    let template = PageTemplate {
        language: &language,
        title: app.name,
        nonce: &nonce,
        sdk_url,
        entry: entry.as_ref(),
        boot: &boot,
    };
    let Ok(html) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let sdk_origin = web.0.sdk_url.origin().ascii_serialization();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' {sdk_origin}; style-src 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors {}",
        opened.base_url.as_str()
    );
    let mut response = Html(html).into_response();
    if entry.is_none() {
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    }
    match HeaderValue::from_str(&policy) {
        Ok(policy) => drop(response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy)),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
    response
}

/// All that the page shows first, and the language it is in.
async fn boot(web: &Web, app: &App, page: &'static str, opened: &Opened) -> kit::Result<(Value, String)> {
    let platform = web.platform();
    let token = opened.session.to_token(platform.accounts().keys()).map_err(accounts::Error::from)?;
    let authorization = authorization::state(platform, opened.account.as_ref()).await?;
    let caller = match authorization {
        AuthorizationState::Missing => None,
        _ => Caller::from_session(platform, app.id, opened.session.clone()).await.ok(),
    };
    let data = match &caller {
        None => Value::Null,
        // What cannot be had now the page asks for again by itself, and shows why it fails.
        Some(caller) => {
            let opening = Opening { page, ticket_id: opened.ticket_id };
            app.load_first_data(caller.clone(), opening).await.unwrap_or(Value::Null)
        }
    };
    let agent = caller.as_ref().map(Caller::agent);
    let locale = agent.and_then(|agent| agent.locale.clone()).unwrap_or_else(|| "en".to_owned());
    let language = locale.split('-').next().unwrap_or("en").to_owned();
    let boot = json!({
        "app": app.id,
        "app_name": app.name,
        "page": page,
        "now": platform.db().clock().now(),
        "locale": locale,
        "account": { "subdomain": opened.session.subdomain, "url": opened.base_url.as_str() },
        "agent": {
            "id": opened.session.agent_id,
            "name": agent.map(|agent| agent.name.clone()),
            "role": agent.map(|agent| agent.role.as_str()),
            "time_zone": agent.and_then(|agent| agent.time_zone.clone()),
        },
        "session": { "token": token.expose_secret(), "expires_at": opened.session.expires_at },
        "authorization": authorization,
        "api_access": api_access_rows(app),
        "ticket_id": opened.ticket_id,
        "data": data,
    });
    Ok((boot, language))
}
