//! The account: settings, brands, locales.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::{Answer, Ask, ok};
use crate::model::World;
use crate::{ApiError, Shared};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/account", get(account))
        .route("/api/v2/account/settings", get(settings))
        .route("/api/v2/brands", get(brands))
        .route("/api/v2/brands/{brand_id}", get(brand))
        .route("/api/v2/locales", get(locales))
        .route("/api/v2/locales/public", get(locales))
        .route("/api/v2/locales/agent", get(locales))
        .route("/api/v2/locales/current", get(current_locale))
        .route("/api/v2/locales/{locale_id}", get(locale))
}

async fn account(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let a = &world.account;
    ok(
        json!({"account": {"url": format!("{}/api/v2/account.json", world.base_url), "name": a.name, "sandbox": false,
        "subdomain": a.subdomain, "time_format": 24, "time_zone": a.time_zone, "owner_id":
        world.users.values().find(|u| u.role == crate::Role::Admin).map(|u| u.id), "multiproduct": true}}),
    )
}

async fn settings(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    ok(json!({"settings": {
        "localization": {"locale_ids": [1, 8], "uses_12_hour_clock": false, "time_zone": world.account.time_zone,
            "iana_time_zone": world.account.iana_time_zone},
        "tickets": {"agent_ticket_deletion": false, "list_newest_comments_first": false, "collaboration": true,
            "private_attachments": false, "email_attachments": true, "comments_public_by_default": true,
            "is_first_comment_private_enabled": true, "maximum_personal_views_to_list": 8, "tagging": true,
            "markdown_ticket_comments": false, "emoji_autocompletion": true, "assign_tickets_upon_solve": false,
            "allow_group_reset": true, "custom_statuses_enabled": true},
        "brands": {"default_brand_id": world.account.brand_id, "require_brand_on_new_tickets": false},
        "active_features": {"custom_statuses_enabled": true, "business_hours": true, "ticket_forms": true,
            "customer_satisfaction": false, "user_tagging": true, "light_agents": true},
        "ticket_form": {"ticket_forms_instructions": "Please choose your issue below"},
        "user": {"tagging": true, "language_selection": true, "multiple_organizations": false},
        "agents": {"agent_workspace": true, "aw_self_serve_migration_enabled": false},
        "apps": {"use": true, "create_private": true, "create_public": false},
    }}))
}

fn the_brand(world: &World) -> Value {
    let (a, base) = (&world.account, &world.base_url);
    let forms: Vec<u64> = world.ticket_forms.keys().copied().collect();
    let start = world.users.values().map(|u| u.created_at).min().map(crate::time::text);
    json!({"url": format!("{base}/api/v2/brands/{}.json", a.brand_id), "id": a.brand_id, "name": a.name,
        "brand_url": base, "subdomain": a.subdomain, "host_mapping": null, "has_help_center": false,
        "help_center_state": "disabled", "active": true, "default": true, "is_deleted": false, "logo": null,
        "ticket_form_ids": forms, "signature_template": "{{agent.signature}}",
        "created_at": start, "updated_at": start})
}

async fn brands(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    ok(json!({"brands": [the_brand(&shared.read())], "next_page": null, "previous_page": null, "count": 1}))
}

async fn brand(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    if id == world.account.brand_id {
        ok(json!({"brand": the_brand(&world)}))
    } else {
        Err(ApiError::not_found())
    }
}

fn all_locales(base: &str) -> Vec<Value> {
    let known = [(1, "en-US", "English"), (8, "de", "Deutsch")];
    let list = known.iter().map(|(id, locale, name)| {
        json!({"url": format!("{base}/api/v2/locales/{id}.json"), "id": id, "locale": locale, "name": name,
            "native_name": name, "presentation_name": name, "rtl": false, "default": *id == 1,
            "created_at": "2009-07-20T22:55:29Z", "updated_at": "2011-05-05T10:38:52Z"})
    });
    list.collect()
}

async fn locales(State(shared): State<Shared>, _ask: Ask) -> Answer {
    let list = all_locales(shared.base_url());
    let count = list.len();
    ok(json!({"locales": list, "next_page": null, "previous_page": null, "count": count}))
}

async fn current_locale(State(shared): State<Shared>, ask: Ask) -> Answer {
    let world = shared.read();
    let wanted = world.users.get(&ask.caller.user_id).map_or("en-US", |u| u.locale.as_str());
    one_locale(&world.base_url, |l| l["locale"] == wanted)
}

async fn locale(State(shared): State<Shared>, Path(id): Path<String>, _ask: Ask) -> Answer {
    one_locale(shared.base_url(), |l| l["id"].as_u64() == id.parse().ok() || l["locale"] == id.as_str())
}

fn one_locale(base: &str, wanted: impl Fn(&Value) -> bool) -> Answer {
    let found = all_locales(base).into_iter().find(wanted).ok_or_else(ApiError::not_found)?;
    ok(json!({"locale": found}))
}
