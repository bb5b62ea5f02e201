//! Rules that hold for every call that the client can make.

use std::collections::BTreeSet;
use std::pin::Pin;

use serde_json::{Map, Value, json};
use wiremock::{MockServer, ResponseTemplate};
use zendesk::Resource::*;
use zendesk::Verb::*;
use zendesk::ticket_fields::NewTicketField;
use zendesk::tickets::{TicketPatch, TicketUpdate};
use zendesk::triggers::TriggerInput;
use zendesk::webhooks::WebhookInput;
use zendesk::{AccessList, Client, Error, Resource, Verb};

use crate::support::{Notebook, TOKEN, answering, client_with};

type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// One call: what must be declared for it, and what it must send where.
struct Case {
    needs: Option<(Resource, Verb)>,
    method: &'static str,
    route: &'static str,
    path: &'static str,
    /// `GET /api/v2/tickets/{ticket_id}`: where Zendesk's own description has it, if it has it.
    described: Option<&'static str>,
    call: fn(Client) -> Outcome,
}

macro_rules! cases {
    ($($needs:expr, $method:literal $route:literal => $path:literal, $described:expr, |$client:ident| $call:expr;)*) => {
        vec![$(Case {
            needs: $needs,
            method: $method,
            route: $route,
            path: $path,
            described: $described,
            call: |$client| Box::pin(async move { $call.await.map(drop) }),
        }),*]
    };
}

fn cases() -> Vec<Case> {
    let described = Some;
    cases! {
        None, "GET" "/api/v2/users/me" => "/api/v2/users/me", described("/api/v2/users/me"), |c| c.users().me();
        Some((Users, Read)), "GET" "/api/v2/users/{id}" => "/api/v2/users/7",
            described("/api/v2/users/{user_id}"), |c| c.users().show(7);
        Some((Users, Read)), "GET" "/api/v2/users/show_many" => "/api/v2/users/show_many",
            described("/api/v2/users/show_many"), |c| c.users().show_many(&[7, 8]);
        Some((Groups, Read)), "GET" "/api/v2/groups" => "/api/v2/groups",
            described("/api/v2/groups"), |c| c.groups().list();
        Some((GroupMemberships, Read)), "GET" "/api/v2/users/{id}/group_memberships" => "/api/v2/users/7/group_memberships",
            described("/api/v2/group_memberships"), |c| c.group_memberships().of_user(7);
        Some((Organizations, Read)), "GET" "/api/v2/organizations/{id}" => "/api/v2/organizations/5",
            described("/api/v2/organizations/{organization_id}"), |c| c.organizations().show(5);
        Some((Tickets, Read)), "GET" "/api/v2/tickets/{id}" => "/api/v2/tickets/1",
            described("/api/v2/tickets/{ticket_id}"), |c| c.tickets().show(1);
        Some((Tickets, Read)), "GET" "/api/v2/tickets/show_many" => "/api/v2/tickets/show_many",
            described("/api/v2/tickets/show_many"), |c| c.tickets().show_many(&[1, 2]);
        Some((Tickets, Update)), "PUT" "/api/v2/tickets/{id}" => "/api/v2/tickets/1",
            described("/api/v2/tickets/{ticket_id}"), |c| c.tickets().update(1, &TicketUpdate::default());
        Some((Tickets, Update)), "PUT" "/api/v2/tickets/update_many" => "/api/v2/tickets/update_many",
            described("/api/v2/tickets/update_many"), |c| c.tickets().update_many_same(&[1], &TicketPatch::default());
        Some((Tickets, Update)), "PUT" "/api/v2/tickets/update_many" => "/api/v2/tickets/update_many",
            described("/api/v2/tickets/update_many"),
            |c| c.tickets().update_many_each(&[(1, TicketPatch::default())]);
        Some((Tickets, Read)), "GET" "/api/v2/tickets/{id}/audits" => "/api/v2/tickets/1/audits",
            described("/api/v2/tickets/{ticket_id}/audits"), |c| c.tickets().audits(1, 10);
        Some((Tickets, Read)), "GET" "/api/v2/tickets/{id}/comments" => "/api/v2/tickets/1/comments",
            described("/api/v2/tickets/{ticket_id}/comments"), |c| c.tickets().comments(1, 10);
        Some((JobStatuses, Read)), "GET" "/api/v2/job_statuses/{id}" => "/api/v2/job_statuses/V3-ab",
            described("/api/v2/job_statuses/{job_status_id}"), |c| c.job_statuses().show("V3-ab");
        Some((JobStatuses, Read)), "GET" "/api/v2/job_statuses/show_many" => "/api/v2/job_statuses/show_many",
            described("/api/v2/job_statuses/show_many"), |c| c.job_statuses().show_many(&["V3-ab"]);
        Some((TicketFields, Read)), "GET" "/api/v2/ticket_fields" => "/api/v2/ticket_fields",
            described("/api/v2/ticket_fields"), |c| c.ticket_fields().list();
        Some((TicketFields, Read)), "GET" "/api/v2/ticket_fields/{id}" => "/api/v2/ticket_fields/3",
            described("/api/v2/ticket_fields/{ticket_field_id}"), |c| c.ticket_fields().show(3);
        Some((TicketFields, Create)), "POST" "/api/v2/ticket_fields" => "/api/v2/ticket_fields",
            described("/api/v2/ticket_fields"), |c| c.ticket_fields().create(&NewTicketField {
                kind: "text".into(), title: "x".into(), description: None, tag: None, custom_field_options: vec![],
            });
        Some((TicketForms, Read)), "GET" "/api/v2/ticket_forms" => "/api/v2/ticket_forms",
            described("/api/v2/ticket_forms"), |c| c.ticket_forms().list();
        Some((Triggers, Read)), "GET" "/api/v2/triggers" => "/api/v2/triggers",
            described("/api/v2/triggers"), |c| c.triggers().list();
        Some((Triggers, Create)), "POST" "/api/v2/triggers" => "/api/v2/triggers",
            described("/api/v2/triggers"), |c| c.triggers().create(&TriggerInput::default());
        Some((Triggers, Update)), "PUT" "/api/v2/triggers/{id}" => "/api/v2/triggers/4",
            described("/api/v2/triggers/{trigger_id}"), |c| c.triggers().update(4, &TriggerInput::default());
        Some((Webhooks, Read)), "GET" "/api/v2/webhooks" => "/api/v2/webhooks", None, |c| c.webhooks().list();
        Some((Webhooks, Read)), "GET" "/api/v2/webhooks/{id}" => "/api/v2/webhooks/01AB", None, |c| c.webhooks().show("01AB");
        Some((Webhooks, Create)), "POST" "/api/v2/webhooks" => "/api/v2/webhooks", None,
            |c| c.webhooks().create(&WebhookInput::default());
        Some((Webhooks, Update)), "PATCH" "/api/v2/webhooks/{id}" => "/api/v2/webhooks/01AB", None,
            |c| c.webhooks().update("01AB", &WebhookInput::default());
        Some((Webhooks, Read)), "GET" "/api/v2/webhooks/{id}/signing_secret" => "/api/v2/webhooks/01AB/signing_secret", None,
            |c| c.webhooks().signing_secret("01AB");
        Some((Schedules, Read)), "GET" "/api/v2/business_hours/schedules" => "/api/v2/business_hours/schedules", None,
            |c| c.schedules().list();
        Some((Schedules, Read)), "GET" "/api/v2/business_hours/schedules/{id}/holidays"
            => "/api/v2/business_hours/schedules/9/holidays", None, |c| c.schedules().holidays(9);
        Some((AppInstallations, Read)), "GET" "/api/v2/apps/installations" => "/api/v2/apps/installations", None,
            |c| c.installations().list();
        Some((AppInstallations, Read)), "GET" "/api/v2/apps/installations/{id}" => "/api/v2/apps/installations/6", None,
            |c| c.installations().show(6);
        Some((AppInstallations, Update)), "PUT" "/api/v2/apps/installations/{id}" => "/api/v2/apps/installations/6", None,
            |c| c.installations().update_settings(6, &Map::new());
        Some((AppNotify, Create)), "POST" "/api/v2/apps/notify.json" => "/api/v2/apps/notify.json", None,
            |c| c.notify_app(2, "changed", &json!("now"), None);
        Some((OauthTokens, Read)), "GET" "/api/v2/oauth/tokens/current" => "/api/v2/oauth/tokens/current", None,
            |c| c.oauth_tokens().current();
        Some((OauthTokens, Delete)), "DELETE" "/api/v2/oauth/tokens/current" => "/api/v2/oauth/tokens/current", None,
            |c| c.oauth_tokens().revoke_current();
        Some((OauthTokens, Delete)), "DELETE" "/api/v2/oauth/tokens/{id}" => "/api/v2/oauth/tokens/12", None,
            |c| c.oauth_tokens().revoke(12);
    }
}

#[tokio::test]
async fn what_was_not_declared_is_never_sent() {
    let server = MockServer::start().await;
    for case in cases() {
        let Some(needs) = case.needs else { continue };
        // Everything but what is needed, and nothing that it would follow from.
        let follows = |p: &(Resource, Verb)| needs == (JobStatuses, Read) && p.0 == Tickets;
        let access = AccessList::all_for_platform().iter().filter(|p| *p != needs && !follows(p)).collect();
        let notebook = Notebook::new();
        let result = (case.call)(client_with(&server, access).with_observer(notebook.clone())).await;
        let Err(Error::NotDeclared { resource, verb }) = result else {
            panic!("{} {}: {result:?}", case.method, case.route)
        };
        assert_eq!((resource, verb), needs);
        assert_eq!(notebook.notes(), []);
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_was_declared_is_sent_and_observed() {
    let answer = ResponseTemplate::new(404)
        .set_body_json(json!({"error": "RecordNotFound", "description": "Not found"}))
        .insert_header("x-rate-limit", "700")
        .insert_header("x-rate-limit-remaining", "698");
    for case in cases() {
        let server = answering(answer.clone()).await;
        let notebook = Notebook::new();
        let client = client_with(&server, case.needs.into_iter().collect()).with_observer(notebook.clone());
        let result = (case.call)(client).await;
        assert!(matches!(result, Err(Error::NotFound)), "{} {}: {result:?}", case.method, case.route);

        let [request] = &server.received_requests().await.unwrap()[..] else { panic!("{}", case.route) };
        assert_eq!((request.method.as_str(), request.url.path()), (case.method, case.path));
        assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(request.headers["accept"], "application/json");
        let has_body = ["PUT", "POST", "PATCH"].contains(&case.method);
        assert_eq!(request.headers.get("content-type").is_some(), has_body, "{}", case.route);
        assert_eq!(!request.body.is_empty(), has_body, "{}", case.route);

        let [note] = &notebook.notes()[..] else { panic!("{}", case.route) };
        assert_eq!((note.method.as_str(), note.route, note.status), (case.method, case.route, Some(404)));
        assert_eq!(note.base_url, server.uri());
        assert_eq!((note.rate.limit, note.rate.remaining), (Some(700), Some(698)));
    }
}

#[tokio::test]
async fn nonsense_from_zendesk_is_a_decode_error_without_its_text() {
    for case in cases() {
        let server = answering(ResponseTemplate::new(200).set_body_string("<html>ann@example.com")).await;
        let result = (case.call)(client_with(&server, AccessList::all_for_platform())).await;
        // Some calls only want to know that it worked.
        let Err(error) = result else {
            assert!(["PUT", "POST", "PATCH", "DELETE"].contains(&case.method), "{}", case.route);
            continue;
        };
        assert!(matches!(error, Error::Decode { .. }), "{}: {error:?}", case.route);
        assert_eq!(error.may_have_been_done(), case.method != "GET", "{}", case.route);
        assert!(!format!("{error} {error:?}").contains("ann@"));
    }
}

#[test]
fn every_resource_has_a_call() {
    let used: BTreeSet<Resource> = cases().iter().filter_map(|case| Some(case.needs?.0)).collect();
    assert_eq!(used, BTreeSet::from(Resource::ALL));
}

/// `ZENDESK_OAS` may name Zendesk's OpenAPI description, which is no part of this project; its examples must be readable.
#[tokio::test]
async fn answers_of_zendesks_own_description_are_read() {
    let Some(file) = std::env::var_os("ZENDESK_OAS") else { return };
    let oas: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut read = 0;
    for case in cases() {
        let Some(path) = case.described else { continue };
        let operation = &oas["paths"][path][case.method.to_lowercase()];
        assert!(operation.is_object(), "{} {path} is not described", case.method);
        for example in examples(&oas, operation) {
            let server = answering(ResponseTemplate::new(200).set_body_json(&example)).await;
            let result = (case.call)(client_with(&server, AccessList::all_for_platform())).await;
            assert!(result.is_ok(), "{} {path}: {result:?} of {example}", case.method);
            read += 1;
        }
    }
    assert!(read > 15, "only {read} examples");
}

fn examples(oas: &Value, operation: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let content = &response["content"]["application/json"];
        if !status.starts_with('2') {
            continue;
        }
        found.extend(content.get("example").cloned());
        for example in content["examples"].as_object().into_iter().flat_map(Map::values) {
            let name = example["$ref"].as_str().and_then(|name| name.rsplit('/').next());
            let example = name.map_or(example, |name| &oas["components"]["examples"][name]);
            found.extend(example.get("value").cloned());
        }
    }
    found
}
