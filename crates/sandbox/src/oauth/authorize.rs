//! The consent page: who asks, for what, and a person who decides by POST. GET never grants anything.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Client, ClientKind, Code, is_active, pages};
use crate::workspace_api::sessions::{self, Session};
use crate::{Shared, World, random};

/// How long a code may be exchanged.
const CODE_SECONDS: i64 = 120;

/// What an application sends along with the person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ask {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge_method: Option<String>,
    /// Anything: show the sign-in page although somebody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    switch: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Decision {
    authenticity_token: String,
    decision: String,
    /// The query of the consent page.
    request: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SignIn {
    user_id: u64,
    /// The query of the consent page.
    request: String,
}

/// Why an application's wish is refused before anybody is asked.
enum Refusal {
    /// It is not certain where to send the person back to: said on a page.
    Page(&'static str),
    /// Told to the application by way of the browser.
    Back(&'static str, &'static str),
}

/// A list of scopes from the text with spaces.
pub(super) fn scopes(text: &str) -> Arc<[String]> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn check(world: &World, ask: &Ask) -> Result<Client, Refusal> {
    let client = world.oauth.client(&ask.client_id).ok_or(Refusal::Page("No such client"))?;
    if !client.accepts_redirect(&ask.redirect_uri) {
        return Err(Refusal::Page("Invalid redirect URL"));
    }
    if ask.response_type != "code" {
        return Err(Refusal::Back(
            "unsupported_response_type",
            "Only the authorization code flow is supported",
        ));
    }
    if scopes(&ask.scope).is_empty() {
        return Err(Refusal::Back("invalid_scope", "The scope is missing"));
    }
    match (&ask.code_challenge, ask.code_challenge_method.as_deref()) {
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(client.clone()),
        (Some(_), _) => Err(Refusal::Back("invalid_request", "The code challenge must be made by S256")),
        (None, _) if client.kind == ClientKind::Public => {
            Err(Refusal::Back("invalid_request", "Public clients must send a code challenge"))
        }
        (None, _) => Ok(client.clone()),
    }
}

fn refuse(ask: &Ask, refusal: Refusal) -> Response {
    match refusal {
        Refusal::Page(text) => (StatusCode::BAD_REQUEST, pages::error(text)).into_response(),
        Refusal::Back(error, description) => {
            back(ask, &[("error", error), ("error_description", description)])
        }
    }
}

/// Sends the browser back to the application.
fn back(ask: &Ask, parameters: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(&ask.redirect_uri) else {
        return refuse(ask, Refusal::Page("Invalid redirect URL"));
    };
    url.query_pairs_mut().extend_pairs(parameters);
    if let Some(state) = &ask.state {
        url.query_pairs_mut().append_pair("state", state);
    }
    (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
}

pub(super) async fn ask(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Query(ask): Query<Ask>,
) -> Response {
    let world = shared.read();
    let client = match check(&world, &ask) {
        Ok(client) => client,
        Err(refusal) => return refuse(&ask, refusal),
    };
    let request = serde_urlencoded::to_string(Ask { switch: None, ..ask.clone() }).unwrap_or_default();
    match signed_in(&world, &headers).filter(|_| ask.switch.is_none()) {
        Some(session) => {
            pages::consent(&world, &client, session, &scopes(&ask.scope), &ask.redirect_uri, &request)
        }
        None => pages::sign_in(&world, &client, &request),
    }
}

fn signed_in<'w>(world: &'w World, headers: &HeaderMap) -> Option<&'w Session> {
    sessions::of(world, headers).filter(|session| is_active(world, session.user_id))
}

pub(super) async fn sign_in(State(shared): State<Shared>, Form(form): Form<SignIn>) -> Response {
    let now = shared.now();
    let Some(cookie) = sessions::open(&mut shared.write(), form.user_id, now) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, pages::error("This person cannot sign in"))
            .into_response();
    };
    // Only ever back to the consent page: the address is ours, the query theirs.
    let page = format!("/oauth/authorizations/new?{}", form.request.replace(['\r', '\n'], ""));
    ([(header::SET_COOKIE, cookie)], Redirect::to(&page)).into_response()
}

pub(super) async fn decide(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<Decision>,
) -> Response {
    let Ok(ask) = serde_urlencoded::from_str::<Ask>(&form.request) else {
        return refuse(&Ask::default(), Refusal::Page("The request is malformed"));
    };
    let now = shared.now();
    let mut world = shared.write();
    let client = match check(&world, &ask) {
        Ok(client) => client,
        Err(refusal) => return refuse(&ask, refusal),
    };
    let user_id = match signed_in(&world, &headers) {
        Some(session) if session.csrf == form.authenticity_token => session.user_id,
        Some(_) => {
            let page = pages::error("This page is out of date. Go back to the application and begin again");
            return (StatusCode::FORBIDDEN, page).into_response();
        }
        None => {
            return (StatusCode::UNAUTHORIZED, pages::sign_in(&world, &client, &form.request))
                .into_response();
        }
    };
    if form.decision != "allow" {
        return back(
            &ask,
            &[
                ("error", "access_denied"),
                ("error_description", "The end-user or authorization server denied the request."),
            ],
        );
    }
    let code = random::token();
    world.oauth.sweep(now);
    world.oauth.codes.insert(
        code.clone(),
        Code {
            client_id: client.id,
            user_id,
            redirect_uri: ask.redirect_uri.clone(),
            scopes: scopes(&ask.scope),
            challenge: ask.code_challenge.clone(),
            expires_at: now + SignedDuration::from_secs(CODE_SECONDS),
        },
    );
    back(&ask, &[("code", &code)])
}
