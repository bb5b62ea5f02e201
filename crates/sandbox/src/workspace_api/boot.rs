//! What the page needs to begin: who may sign in, who has, which apps there are.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::apps::launch::{Launch, Launched, asset_url, location_url};
use crate::apps::manifest::ICON_LOCATIONS;
use crate::apps::{self, App, Installation, install};
use crate::model::User;
use crate::rest::render;
use crate::{ApiError, Caller, Role, Shared, World};

/// Backgrounds for people's initials.
const PHOTO_COLORS: [&str; 8] =
    ["#1f73b7", "#038153", "#ad5e18", "#a81897", "#6a27b8", "#c72a1c", "#028079", "#4b61c3"];

pub(super) async fn people(State(shared): State<Shared>) -> Json<Value> {
    let world = shared.read();
    let staff =
        world.users.values().filter(|user| user.role != Role::EndUser && user.active && !user.suspended);
    let people: Vec<Value> = staff
        .enumerate()
        .map(|(index, user)| {
            let groups: Vec<&str> = world.groups_of(user.id).map(|group| group.name.as_str()).collect();
            json!({
                "id": user.id,
                "name": user.name,
                "email": user.email,
                "role": user.role,
                "groups": groups,
                "photo_color": PHOTO_COLORS[index % PHOTO_COLORS.len()],
            })
        })
        .collect();
    Json(json!({
        "account": {"subdomain": world.account.subdomain, "name": world.account.name},
        "people": people,
    }))
}

pub(super) async fn boot(State(shared): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let now = shared.now();
    let world = shared.read();
    let user = world.users.get(&caller.user_id).ok_or_else(ApiError::unauthenticated)?;
    let settings = &world.settings;
    let installations: Vec<Value> = world
        .apps
        .installations
        .values()
        .filter(|installation| install::may_use(&world, installation, user))
        .filter_map(|installation| {
            let app = world.apps.apps.get(&installation.app_id)?;
            Some(show_installation(&world.base_url, app, installation))
        })
        .collect();
    Ok(Json(json!({
        "account": {
            "subdomain": world.account.subdomain,
            "name": world.account.name,
            "host_origin": world.base_url,
            "plan_name": settings.plan_name,
            "time_zone": time_zone(&world.account.time_zone, &world.account.iana_time_zone, now),
        },
        "user": show_user(&world, user),
        "installations": installations,
        "sdk_url": "/sandbox/sdk/zaf_sdk.min.js",
        "save_hook_timeout_ms": settings.save_hook_timeout_ms,
        "color_scheme": settings.color_scheme,
        "api_log": true,
    })))
}

/// A time zone as client apps get it: `offset` in minutes east of Greenwich, now.
fn time_zone(name: &str, iana_name: &str, now: Timestamp) -> Value {
    let zone = TimeZone::get(iana_name).unwrap_or(TimeZone::UTC);
    let minutes = zone.to_offset(now).seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let formatted = format!("GMT{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    json!({
        "name": name,
        "iana_name": iana_name,
        "offset": minutes,
        "formatted_offset": formatted,
        "translated_name": format!("({formatted}) {name}"),
    })
}

/// As `/api/v2/users/me`, with groups and organizations.
fn show_user(world: &World, user: &User) -> Value {
    let groups: Vec<Value> =
        world.groups_of(user.id).map(|group| json!({"id": group.id, "name": group.name})).collect();
    let organization = user.organization_id.and_then(|id| world.organizations.get(&id));
    let organizations: Vec<Value> =
        organization.into_iter().map(|found| json!({"id": found.id, "name": found.name})).collect();
    let mut shown = render::user(world, user, Role::Admin);
    shown["groups"] = groups.into();
    shown["organizations"] = organizations.into();
    shown
}

fn show_installation(base: &str, app: &App, installation: &Installation) -> Value {
    let manifest = &app.package.manifest;
    let locations: Vec<Value> = manifest
        .locations
        .iter()
        .map(|location| {
            let name = location.location.as_str();
            let icon =
                ICON_LOCATIONS.contains(&name).then(|| asset_url(base, app, &format!("icon_{name}.svg")));
            json!({
                "location": name,
                "url": location_url(base, app, installation, &location.url),
                "signed": location.signed.unwrap_or(manifest.signed_urls),
                "auto_load": location.auto_load,
                "auto_hide": location.auto_hide,
                "flexible": location.flexible,
                "size": location.size,
                "icon_url": icon,
            })
        })
        .collect();
    let settings = install::open_settings(app, installation);
    json!({
        "id": installation.id,
        "app_id": installation.app_id,
        "name": settings.get("name").cloned().unwrap_or_else(|| app.name.clone().into()),
        "enabled": installation.enabled,
        "product": "support",
        "settings": settings,
        "version": manifest.version,
        "author_name": manifest.author_name,
        "logo_url": asset_url(base, app, "logo.png"),
        "default_locale": manifest.default_locale,
        "locations": locations,
    })
}

pub(super) async fn launch(
    State(shared): State<Shared>,
    caller: Caller,
    Json(launch): Json<Launch>,
) -> Result<Json<Launched>, ApiError> {
    apps::launch::launch(&shared, caller.user_id, &launch).await.map(Json)
}
