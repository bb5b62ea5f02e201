//! `/api/v2/oauth/clients`: the applications of the account. Administrators only.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Client, ClientKind};
use crate::error::Faults;
use crate::{ApiError, Caller, Shared, World, random, time};

/// How much of a secret is shown after it was made.
const SHOWN: usize = 9;

fn show_client(world: &World, client: &Client, full_secret: bool) -> Value {
    let secret: String =
        if full_secret { client.secret.clone() } else { client.secret.chars().take(SHOWN).collect() };
    json!({
        "url": format!("{}/api/v2/oauth/clients/{}.json", world.base_url, client.id),
        "id": client.id,
        "identifier": client.identifier,
        "name": client.name,
        "kind": client.kind,
        "company": client.company,
        "description": client.description,
        "redirect_uri": client.redirect_uris,
        "secret": secret,
        "user_id": client.user_id,
        "global": false,
        "logo_url": Value::Null,
        "created_at": time::text(client.created_at),
        "updated_at": time::text(client.updated_at),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    client: Wish,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    name: Option<String>,
    identifier: Option<String>,
    kind: Option<ClientKind>,
    company: Option<String>,
    description: Option<String>,
    redirect_uri: Option<Redirects>,
}

/// Addresses as a list, or as text with one on each line.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Redirects {
    List(Vec<String>),
    Text(String),
}

impl Redirects {
    fn into_list(self) -> Vec<String> {
        match self {
            Redirects::List(list) => list,
            Redirects::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

impl Wish {
    fn apply(self, world: &World, client: &mut Client) -> Result<(), ApiError> {
        let set =
            |target: &mut String, value: Option<String>| value.into_iter().for_each(|value| *target = value);
        set(&mut client.name, self.name);
        set(&mut client.identifier, self.identifier);
        client.kind = self.kind.unwrap_or(client.kind);
        client.company = self.company.or(client.company.take());
        client.description = self.description.or(client.description.take());
        if let Some(redirects) = self.redirect_uri {
            client.redirect_uris = redirects.into_list();
        }
        let mut faults = Faults::default();
        if client.name.trim().is_empty() {
            faults.add("name", "BlankValue", "Name: cannot be blank");
        }
        if client.identifier.trim().is_empty() {
            faults.add("identifier", "BlankValue", "Unique identifier: cannot be blank");
        }
        if world.oauth.client(&client.identifier).is_some_and(|other| other.id != client.id) {
            faults.add("identifier", "DuplicateValue", "Unique identifier: has already been taken");
        }
        if client.redirect_uris.iter().any(|uri| !may_redirect_to(uri)) {
            faults.add("redirect_uri", "InvalidValue", "Redirect uri: must be an absolute URI over https");
        }
        faults.check()
    }
}

fn may_redirect_to(uri: &str) -> bool {
    super::is_loopback(uri)
        || Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && url.fragment().is_none())
}

pub(super) async fn list(State(shared): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let world = shared.read();
    let clients: Vec<Value> = world.oauth.clients.values().map(|c| show_client(&world, c, false)).collect();
    Ok(Json(json!({"count": clients.len(), "clients": clients, "next_page": null, "previous_page": null})))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let world = shared.read();
    let client = world.oauth.clients.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({"client": show_client(&world, client, false)})))
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require_admin()?;
    let now = shared.now();
    let mut world = shared.write();
    let mut client = Client {
        id: world.ids.next_id(),
        identifier: String::new(),
        secret: random::token(),
        kind: ClientKind::Confidential,
        name: String::new(),
        description: None,
        company: None,
        redirect_uris: Vec::new(),
        loopback_redirects: false,
        user_id: Some(caller.user_id),
        created_at: now,
        updated_at: now,
    };
    body.client.apply(&world, &mut client)?;
    let shown = show_client(&world, &client, true);
    let location = format!("{}/api/v2/oauth/clients/{}.json", world.base_url, client.id);
    world.oauth.clients.insert(client.id, client);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(json!({"client": shown}))))
}

pub(super) async fn update(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let now = shared.now();
    let mut world = shared.write();
    let mut client = world.oauth.clients.get(&id).cloned().ok_or_else(ApiError::not_found)?;
    body.client.apply(&world, &mut client)?;
    client.updated_at = now;
    let shown = show_client(&world, &client, false);
    world.oauth.clients.insert(id, client);
    Ok(Json(json!({"client": shown})))
}

/// Ends the client and every token that it was given.
pub(super) async fn delete(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    caller.require_admin()?;
    let mut world = shared.write();
    world.oauth.clients.remove(&id).ok_or_else(ApiError::not_found)?;
    let tokens: Vec<u64> = world.oauth.tokens.values().filter(|t| t.client_id == id).map(|t| t.id).collect();
    for token in tokens {
        world.oauth.revoke(token);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A new secret; the old one ends. Shown in full this once.
pub(super) async fn generate_secret(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ApiError> {
    caller.require_admin()?;
    let now = shared.now();
    let mut world = shared.write();
    let client = world.oauth.clients.get_mut(&id).ok_or_else(ApiError::not_found)?;
    client.secret = random::token();
    client.updated_at = now;
    let client = client.clone();
    Ok(Json(json!({"client": show_client(&world, &client, true)})))
}
