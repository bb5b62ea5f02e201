//! Webhooks and their invocations.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::render::listed;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Authentication, Delivery, Webhook, World};
use crate::webhooks::{Call, TEST_SECRET, call};
use crate::{ApiError, Shared, random, time};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/webhooks", get(list).post(create))
        .route("/api/v2/webhooks/test", post(test))
        .route("/api/v2/webhooks/{webhook_id}", get(show).put(replace).patch(update).delete(remove))
        .route("/api/v2/webhooks/{webhook_id}/signing_secret", get(secret).post(new_secret))
        .route("/api/v2/webhooks/{webhook_id}/invocations", get(invocations))
        .route("/api/v2/webhooks/{webhook_id}/invocations/{invocation_id}/attempts", get(attempts))
        .route("/sandbox/webhook_deliveries", get(deliveries))
}

fn not_found() -> ApiError {
    ApiError::coded(StatusCode::NOT_FOUND, "WebhookNotFound", "Webhook not found")
}

fn invalid(title: &str) -> ApiError {
    ApiError::coded(StatusCode::BAD_REQUEST, "InvalidWebhook", title)
}

fn render(w: &Webhook) -> Value {
    let authentication = w.authentication.as_ref().map(|a| match a {
        Authentication::BasicAuth { username, .. } => {
            json!({"type": "basic_auth", "add_position": "header", "data": {"username": username}})
        }
        Authentication::BearerToken { .. } => json!({"type": "bearer_token", "add_position": "header"}),
        Authentication::ApiKey { name, .. } => {
            json!({"type": "api_key", "add_position": "header", "data": {"name": name}})
        }
    });
    let mut out = json!({
        "id": w.id,
        "name": w.name,
        "description": w.description,
        "status": if w.active { "active" } else { "inactive" },
        "subscriptions": w.subscriptions,
        "created_at": time::text(w.created_at),
        "created_by": w.created_by.to_string(),
        "updated_at": time::text(w.updated_at),
        "updated_by": w.updated_by.to_string(),
        "endpoint": w.endpoint,
        "http_method": w.http_method,
        "request_format": w.request_format,
    });
    if let Some(a) = authentication {
        out["authentication"] = a;
    }
    if !w.custom_headers.is_empty() {
        out["custom_headers"] = json!(w.custom_headers);
    }
    out
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.admin()?;
    let world = shared.read();
    let wanted = ask.get("filter[name_contains]").map(str::to_lowercase);
    let status = ask.get("filter[status]");
    let found: Vec<&Webhook> = world
        .webhooks
        .values()
        .filter(|w| wanted.as_ref().is_none_or(|t| w.name.to_lowercase().contains(t)))
        .filter(|w| status.is_none_or(|s| (s == "active") == w.active))
        .collect();
    // Ids are text, so pages are cut by position.
    let positions: Vec<u64> = (0..).take(found.len()).collect();
    let (shown, mut envelope) = ask.paging()?.cut(&world.base_url, &positions)?;
    let list = shown.iter().filter_map(|p| found.get(usize::try_from(*p).ok()?)).map(|w| render(w)).collect();
    // This list is always in the cursor's form.
    if !envelope.contains_key("meta") {
        envelope = Map::new();
        envelope.insert(
            "meta".to_owned(),
            json!({"has_more": false, "after_cursor": null, "before_cursor": null}),
        );
        envelope.insert("links".to_owned(), json!({"next": null, "prev": null}));
    }
    ok(listed("webhooks", list, envelope))
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Webhook, ApiError> {
    world.webhooks.get(id).ok_or_else(not_found)
}

async fn show(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.admin()?;
    ok(json!({"webhook": render(find(&shared.read(), &id)?)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let now = shared.now();
    let mut world = shared.write();
    let mut webhook = match ask.get("clone_webhook_id") {
        Some(id) => find(&world, id)?.clone(),
        None => Webhook {
            id: String::new(),
            name: String::new(),
            description: None,
            active: true,
            subscriptions: Vec::new(),
            endpoint: String::new(),
            http_method: String::new(),
            request_format: String::new(),
            authentication: None,
            custom_headers: std::collections::BTreeMap::new(),
            signing_secret: String::new(),
            created_at: now,
            created_by: ask.caller.user_id,
            updated_at: now,
            updated_by: ask.caller.user_id,
        },
    };
    if ask.get("clone_webhook_id").is_none() {
        apply(&mut webhook, body.root("webhook")?)?;
    }
    webhook.id = random::ulid(now);
    webhook.signing_secret = secret_text();
    let mut out = render(&webhook);
    // Shown with the creation, later only by its own route.
    out["signing_secret"] = json!({"secret": webhook.signing_secret, "algorithm": "SHA256"});
    let location = format!("{}/api/v2/webhooks/{}", world.base_url, webhook.id);
    world.webhooks.insert(webhook.id.clone(), webhook);
    created(json!({"webhook": out}), &location)
}

fn secret_text() -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(random::bytes::<32>())
}

async fn replace(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask, body: Body) -> Answer {
    change(&shared, &id, &ask, &body)
}

async fn update(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask, body: Body) -> Answer {
    change(&shared, &id, &ask, &body)
}

fn change(shared: &Shared, id: &str, ask: &Ask, body: &Body) -> Answer {
    ask.admin()?;
    let given = body.root("webhook")?;
    let now = shared.now();
    let mut world = shared.write();
    let mut webhook = find(&world, id)?.clone();
    let by_triggers = |w: &Webhook| w.subscriptions.iter().any(|s| s == CONDITIONAL);
    let before = by_triggers(&webhook);
    apply(&mut webhook, given)?;
    if by_triggers(&webhook) != before {
        return Err(invalid("Subscriptions cannot change between conditional ticket events and event types"));
    }
    webhook.updated_at = now;
    webhook.updated_by = ask.caller.user_id;
    world.webhooks.insert(id.to_owned(), webhook);
    gone()
}

async fn remove(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    find(&world, &id)?;
    let used = world.triggers.values().any(|t| {
        t.active && t.actions.iter().any(|a| a.field == "notification_webhook" && a.value[0] == id.as_str())
    });
    if used {
        return Err(ApiError::coded(
            StatusCode::BAD_REQUEST,
            "WebhookInUse",
            "Webhook is used by an active trigger and cannot be deleted",
        ));
    }
    world.webhooks.remove(&id);
    gone()
}

/// The subscription of webhooks that triggers call.
const CONDITIONAL: &str = "conditional_ticket_events";

fn apply(w: &mut Webhook, given: &Map<String, Value>) -> Result<(), ApiError> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(|s| s.trim().to_owned());
    w.name = text("name").unwrap_or_else(|| w.name.clone());
    w.description = text("description").or_else(|| w.description.clone());
    w.endpoint = text("endpoint").unwrap_or_else(|| w.endpoint.clone());
    w.http_method = text("http_method").unwrap_or_else(|| w.http_method.clone()).to_uppercase();
    w.request_format = text("request_format").unwrap_or_else(|| w.request_format.clone());
    if let Some(status) = text("status") {
        w.active = match status.as_str() {
            "active" => true,
            "inactive" => false,
            _ => return Err(invalid("Status must be active or inactive")),
        };
    }
    if let Some(Value::Array(list)) = given.get("subscriptions") {
        w.subscriptions = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if let Some(Value::Object(headers)) = given.get("custom_headers") {
        let pairs = headers.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())));
        w.custom_headers = pairs.collect();
    }
    if let Some(a) = given.get("authentication") {
        w.authentication = authentication(a)?;
    }
    if w.name.is_empty() {
        return Err(invalid("Name cannot be blank"));
    }
    if !url::Url::parse(&w.endpoint).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host()) {
        return Err(invalid("Endpoint must be a valid URL"));
    }
    if !matches!(w.http_method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
        return Err(invalid("HTTP method must be one of GET, POST, PUT, PATCH, DELETE"));
    }
    if !matches!(w.request_format.as_str(), "json" | "xml" | "form_encoded") {
        return Err(invalid("Request format must be one of json, xml, form_encoded"));
    }
    let conditional = w.subscriptions.iter().any(|s| s == CONDITIONAL);
    let events = w.subscriptions.iter().filter(|s| s.starts_with("zen:event-type:")).count();
    if conditional && w.subscriptions.len() > 1 || !conditional && events < w.subscriptions.len() {
        return Err(invalid("Subscriptions are either conditional_ticket_events or event types"));
    }
    if events > 0 && (w.http_method != "POST" || w.request_format != "json") {
        return Err(invalid("Event subscriptions need http_method POST and request_format json"));
    }
    Ok(())
}

fn authentication(given: &Value) -> Result<Option<Authentication>, ApiError> {
    if given.is_null() {
        return Ok(None);
    }
    // Zendesk's data of a bearer token is `{"token"}`, of an API key `{"name","value"}`.
    serde_json::from_value(json!({"type": given["type"], "data": given["data"]}))
        .map(Some)
        .map_err(|_| invalid("Authentication is not valid"))
}

async fn secret(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.admin()?;
    let world = shared.read();
    let webhook = find(&world, &id)?;
    ok(json!({"signing_secret": {"secret": webhook.signing_secret, "algorithm": "SHA256"}}))
}

async fn new_secret(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.admin()?;
    let mut world = shared.write();
    let webhook = world.webhooks.get_mut(&id).ok_or_else(not_found)?;
    webhook.signing_secret = secret_text();
    let out = json!({"signing_secret": {"secret": webhook.signing_secret, "algorithm": "SHA256"}});
    created(out, &format!("{}/api/v2/webhooks/{id}/signing_secret", world.base_url))
}

async fn invocations(State(shared): State<Shared>, Path(id): Path<String>, ask: Ask) -> Answer {
    ask.admin()?;
    let world = shared.read();
    find(&world, &id)?;
    let mut list: Vec<Value> =
        world.deliveries.values().filter(|d| d.webhook_id == id).map(|d| d.summary()).collect();
    list.reverse();
    list.truncate(100);
    ok(json!({"invocations": list, "links": {"next": null, "prev": null},
        "meta": {"has_more": false, "after_cursor": null, "before_cursor": null}}))
}

async fn attempts(
    State(shared): State<Shared>,
    Path((id, invocation)): Path<(String, String)>,
    ask: Ask,
) -> Answer {
    ask.admin()?;
    let world = shared.read();
    find(&world, &id)?;
    let delivery = world.deliveries.get(&invocation).filter(|d| d.webhook_id == id).ok_or_else(not_found)?;
    ok(json!({"attempts": attempts_of(delivery)}))
}

fn attempts_of(delivery: &Delivery) -> Vec<Value> {
    let list = delivery.attempts.iter().map(|a| {
        json!({
            "id": a.id,
            "invocation_id": delivery.id,
            "status_code": a.status,
            "status": if (200..300).contains(&a.status) { "success" } else { "failed" },
            "invoked_at": time::text(a.at),
            "completed_at": time::text(a.completed_at),
            "request": {"headers": a.request_headers, "payload": delivery.body},
            "response": {"headers": a.response_headers, "payload": a.response_body},
            "error": a.error,
        })
    });
    list.collect()
}

/// Everything that was sent, newest last, with every attempt: for tests and demos.
async fn deliveries(State(shared): State<Shared>) -> Answer {
    let world = shared.read();
    let list: Vec<Value> = world
        .deliveries
        .values()
        .map(|d| {
            json!({"id": d.id, "webhook_id": d.webhook_id, "ticket_id": d.ticket_id, "status": d.status(),
                "created_at": time::text(d.created_at), "body": d.body, "attempts": attempts_of(d)})
        })
        .collect();
    ok(json!({"webhook_deliveries": list}))
}

/// Calls a webhook, or one that is only described, and answers with what the receiver said.
async fn test(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let empty = Map::new();
    let given = body.0.get("request").and_then(Value::as_object).unwrap_or(&empty);
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(str::to_owned);
    let to = {
        let world = shared.read();
        let mut to = match ask.get("webhook_id") {
            Some(id) => Call::of(find(&world, id)?, &world),
            None => Call {
                webhook_id: String::new(),
                endpoint: String::new(),
                http_method: "POST".to_owned(),
                request_format: "json".to_owned(),
                authentication: None,
                custom_headers: std::collections::BTreeMap::new(),
                secret: TEST_SECRET.to_owned(),
                account_id: world.account.id,
                timeout: std::time::Duration::from_millis(world.settings.webhook_timeout_ms),
            },
        };
        to.endpoint = text("endpoint").unwrap_or(to.endpoint);
        to.http_method = text("http_method").unwrap_or(to.http_method);
        to.request_format = text("request_format").unwrap_or(to.request_format);
        if let Some(a) = given.get("authentication") {
            to.authentication = authentication(a)?;
        }
        to
    };
    if !url::Url::parse(&to.endpoint).is_ok_and(|u| u.has_host()) {
        return Err(invalid("Endpoint must be a valid URL"));
    }
    let payload = text("payload").unwrap_or_default();
    let made = call(&shared, &to, &payload, &random::ulid(shared.now())).await;
    ok(
        json!({"response": {"status": made.status, "headers": made.response_headers, "payload": made.response_body}}),
    )
}
