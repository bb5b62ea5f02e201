//! Opening an app's page: its address, and the signed token that comes with the first request.

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{App, Installation, install, private_key};
use crate::tickets::access;
use crate::{ApiError, Shared, World, random};

/// How long a token is good.
const TOKEN_SECONDS: i64 = 300;

/// Who opens what, where.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Launch {
    pub installation_id: u64,
    /// For example `ticket_sidebar`.
    pub location: String,
    pub ticket_id: Option<u64>,
    pub user_id: Option<u64>,
    pub organization_id: Option<u64>,
}

/// How the page is to be opened.
#[derive(Debug, Clone, Serialize)]
pub struct Launched {
    /// Absolute; `origin` and `app_guid` are for the opener to add.
    pub url: String,
    /// `POST` with a token, else `GET`.
    pub method: &'static str,
    /// For the form field `token`.
    pub token: Option<String>,
}

/// The address of a file in an app's `assets` folder.
pub fn asset_url(base: &str, app: &App, file: &str) -> String {
    format!("{base}/sandbox/apps/{}/assets/{file}", app.id)
}

/// The absolute address of a location, with settings filled in.
pub fn location_url(base: &str, app: &App, installation: &Installation, url: &str) -> String {
    let filled = fill(url, &install::open_settings(app, installation));
    match filled.strip_prefix("assets/") {
        Some(file) => asset_url(base, app, file),
        None => filled,
    }
}

/// Puts settings in the place of `{{setting.name}}`; unknown ones become nothing.
pub fn fill(text: &str, settings: &Map<String, Value>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{setting.") {
        let Some((name, tail)) = after.split_once("}}") else { break };
        out.push_str(before);
        match settings.get(name.trim()) {
            Some(Value::String(value)) => out.push_str(value),
            None | Some(Value::Null) => {}
            Some(value) => out.push_str(&value.to_string()),
        }
        rest = tail;
    }
    out + rest
}

/// The address of a page and, when the app wants signed addresses, the token for it.
///
/// # Errors
/// 404 when there is no such installation, location, ticket or person, or the person may not use or see it.
pub async fn launch(shared: &Shared, user_id: u64, launch: &Launch) -> Result<Launched, ApiError> {
    let (url, signed) = {
        let world = shared.read();
        let (app, installation) = usable(&world, user_id, launch.installation_id)?;
        let manifest = &app.package.manifest;
        let location = manifest.locations.iter().find(|location| location.location == launch.location);
        // Modals are opened by the app itself, with an address that it chooses.
        let location = location.ok_or_else(ApiError::not_found)?;
        let url = location_url(&world.base_url, app, installation, &location.url);
        (url, location.signed.unwrap_or(manifest.signed_urls))
    };
    if !signed {
        return Ok(Launched { url, method: "GET", token: None });
    }
    let token = sign_launch(shared, user_id, launch, &url).await?;
    Ok(Launched { url, method: "POST", token: Some(token) })
}

fn usable(world: &World, user_id: u64, installation_id: u64) -> Result<(&App, &Installation), ApiError> {
    let installation = world.apps.installations.get(&installation_id).ok_or_else(ApiError::not_found)?;
    let user = world.users.get(&user_id).ok_or_else(ApiError::not_found)?;
    let app = world.apps.apps.get(&installation.app_id).ok_or_else(ApiError::not_found)?;
    if install::may_use(world, installation, user) {
        Ok((app, installation))
    } else {
        Err(ApiError::not_found())
    }
}

/// Signs the token for a launch, as it is posted to `url`.
///
/// Claims: `iss`, `aud`, `sub`, `iat`, `nbf`, `exp` (five minutes), `jti`, `qsh` (hex SHA-256 of the query of `url`:
/// Zendesk does not document the algorithm), `cnf.jku`, `context`. The names in `aud`, `sub` and `jku` are the
/// account's Zendesk address, not the sandbox's.
///
/// # Errors
/// As [`launch`].
pub async fn sign_launch(
    shared: &Shared,
    user_id: u64,
    launch: &Launch,
    url: &str,
) -> Result<String, ApiError> {
    let app_id = {
        let world = shared.read();
        // The token vouches for the ticket: nobody gets one for a ticket that this person may not see.
        if let Some(id) = launch.ticket_id {
            let record = world.tickets.get(&id).ok_or_else(ApiError::not_found)?;
            if !access::sight(&world, user_id)?.covers(&record.ticket) {
                return Err(ApiError::not_found());
            }
        }
        usable(&world, user_id, launch.installation_id)?.0.id
    };
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "signing a launch");
        ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, json!({"error": "InternalServerError"}))
    };
    let key = private_key(shared, app_id).await.map_err(|e| failed(&e))?.ok_or_else(ApiError::not_found)?;
    let now = shared.now();
    let claims = {
        let world = shared.read();
        let host = format!("{}.zendesk.com", world.account.subdomain);
        let mut context = json!({"product": "support", "location": launch.location});
        if world.settings.signed_context_ticket {
            let ids = [
                ("ticketId", launch.ticket_id),
                ("userId", launch.user_id),
                ("organizationId", launch.organization_id),
            ];
            for (name, id) in ids.into_iter().filter_map(|(name, id)| Some((name, id?))) {
                context[name] = id.into();
            }
        }
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or_default());
        json!({
            "iss": host,
            "aud": format!("https://{host}/api/v2/apps/installations/{}.json", launch.installation_id),
            "sub": format!("https://{host}/api/v2/users/{user_id}.json"),
            "iat": now.as_second(),
            "nbf": now.as_second(),
            "exp": (now + SignedDuration::from_secs(TOKEN_SECONDS)).as_second(),
            "jti": random::uuid(),
            "qsh": hex::encode(Sha256::digest(query.as_bytes())),
            "cnf": {"jku": format!("https://{host}/api/v2/apps/{app_id}/public_key.pem")},
            "context": context,
        })
    };
    // Signing is a few milliseconds of arithmetic: not on the threads that serve.
    let signed = tokio::task::spawn_blocking(move || {
        let key = EncodingKey::from_rsa_pem(key.as_bytes())?;
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key)
    });
    signed.await.map_err(|e| failed(&e))?.map_err(|e| failed(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_filled_in() {
        let settings = json!({"host": "https://a.test", "n": 3, "none": null});
        let settings = settings.as_object().expect("an object");
        assert_eq!(fill("{{setting.host}}/x?n={{setting.n}}", settings), "https://a.test/x?n=3");
        assert_eq!(fill("a{{setting.none}}{{setting.other}}b", settings), "ab");
        assert_eq!(fill("a{{setting.host", settings), "a{{setting.host");
    }
}
