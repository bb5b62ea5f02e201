//! The doors of an app's actions, as its Admin screen shows them, and the button that sets one up in Zendesk.

use accounts::account;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use kit::{Admin, ApiError, App, Caller, Platform, Resource, Urgency, Verb, session_of};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zendesk::triggers::{Action as TriggerAction, Condition, Conditions, TriggerInput};
use zendesk::webhooks::{Authentication, WebhookInput};

#[derive(Debug, Serialize)]
struct Door<'a> {
    action: String,
    description: &'a str,
    url: String,
    /// Ready to paste, with Zendesk's placeholders; therefore not always JSON by itself.
    body: &'a str,
}

/// What each action of the session's app wants to hear, for administrators.
pub(crate) async fn list(State(platform): State<Platform>, headers: HeaderMap) -> kit::Result<Json<Value>> {
    let (app, _) = admin(&platform, &headers).await?;
    let doors: Vec<Door<'_>> = app
        .actions
        .iter()
        .map(|action| Door {
            action: format!("{}.{}", app.id, action.name),
            description: action.description,
            url: url(&platform, app, action.name),
            body: action.example,
        })
        .collect();
    let access = app.access_list();
    let can_create =
        access.allows(Resource::Webhooks, Verb::Create) && access.allows(Resource::Triggers, Verb::Create);
    Ok(Json(json!({ "items": doors, "can_create": can_create })))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    /// `deadline.set`
    action: String,
    name: String,
    with_trigger: bool,
}

/// Makes a webhook in Zendesk that calls an action with a copy of the account token, and a trigger that uses it.
///
/// The trigger is made switched off: its conditions are the administrator's to add. What it has from the start is the guard:
/// it asks for the absence of a tag that it sets, so its own echo does not start it again.
pub(crate) async fn create(
    State(platform): State<Platform>,
    headers: HeaderMap,
    Json(wish): Json<Wish>,
) -> kit::Result<Json<Value>> {
    let (app, Admin(caller)) = admin(&platform, &headers).await?;
    let name = wish.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(ApiError::unprocessable(
            "name_wanted",
            "Give the webhook a name of 1 to 200 characters.",
        ));
    }
    let action = app.actions.iter().find(|action| wish.action == format!("{}.{}", app.id, action.name));
    let action = action.ok_or_else(ApiError::not_found)?;
    // The place has no name of Zendesk's yet. Should the call fail, the copy is taken back.
    let mut tx = platform.db().write(caller.account()).await?;
    let place = format!("webhook/{:016x}", tx.random().next_u64());
    let token = account::issue_token(&mut tx, &place).await?;
    tx.commit().await?;
    let webhook = WebhookInput {
        name: Some(name.to_owned()),
        description: Some(action.description.to_owned()),
        endpoint: Some(url(&platform, app, action.name)),
        active: Some(true),
        subscriptions: Some(vec!["conditional_ticket_events".to_owned()]),
        authentication: Some(Authentication::Bearer(token)),
    };
    let webhook = &webhook;
    let made = caller
        .zendesk()
        .call(Urgency::Interactive, |client| async move { client.webhooks().create(webhook).await })
        .await;
    let made = match made {
        Ok(made) => made,
        Err(error) => {
            let mut tx = platform.db().write(caller.account()).await?;
            account::retire_tokens(&mut tx, &place).await?;
            tx.commit().await?;
            return Err(error.into());
        }
    };
    let guard_tag = format!("{}_{}_sent", app.id, action.name);
    let trigger_id = match wish.with_trigger {
        false => None,
        true => {
            let trigger = trigger(name, action.example, &made.id, &guard_tag);
            let trigger = &trigger;
            let made = caller
                .zendesk()
                .call(Urgency::Interactive, |client| async move { client.triggers().create(trigger).await })
                .await?;
            Some(made.id)
        }
    };
    let mut tx = caller.write().await?;
    tx.emit(
        kit::Event::of_app("webhook.created").fact("action", wish.action).fact("webhook", made.id.as_str()),
    )
    .await?;
    tx.commit().await?;
    let guard_tag = trigger_id.map(|_| guard_tag);
    Ok(Json(json!({ "webhook_id": made.id, "trigger_id": trigger_id, "guard_tag": guard_tag })))
}

fn trigger(name: &str, body: &str, webhook_id: &str, guard_tag: &str) -> TriggerInput {
    TriggerInput {
        title: Some(name.to_owned()),
        description: Some(format!(
            "Made by Aerie. Add your conditions, then switch it on. Keep the tag {guard_tag}."
        )),
        active: Some(false),
        conditions: Some(Conditions {
            all: vec![
                Condition {
                    field: "status".into(),
                    operator: Some("less_than".into()),
                    value: "closed".into(),
                },
                Condition {
                    field: "current_tags".into(),
                    operator: Some("not_includes".into()),
                    value: guard_tag.into(),
                },
            ],
            any: Vec::new(),
        }),
        actions: Some(vec![
            TriggerAction { field: "notification_webhook".into(), value: json!([webhook_id, body]) },
            TriggerAction { field: "current_tags".into(), value: guard_tag.into() },
        ]),
    }
}

fn url(platform: &Platform, app: &App, action: &str) -> String {
    format!("{}hooks/{}/{action}", platform.public_url(), app.id)
}

async fn admin<'a>(platform: &'a Platform, headers: &HeaderMap) -> kit::Result<(&'a App, Admin)> {
    let session = session_of(headers, platform)?;
    let app = platform.app(&session.app).ok_or_else(ApiError::unauthenticated)?;
    let caller = Caller::from_session(platform, app.id, session).await?;
    Ok((app, caller.into_admin().await?))
}
