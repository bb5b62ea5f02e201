//! What is sent and what is read, call by call.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Map, json};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zendesk::job_statuses::JobState;
use zendesk::ticket_fields::{FieldOption, NewTicketField};
use zendesk::tickets::{CommentBody, NewComment, TicketPatch, TicketUpdate};
use zendesk::triggers::{Action, Condition, Conditions, TriggerInput};
use zendesk::users::Role;
use zendesk::webhooks::{Authentication, WebhookInput};
use zendesk::{Error, apps};

use crate::support::{answering, base, client, http, only_body, only_request, saying};

#[tokio::test]
async fn a_user_is_read_with_what_decides_about_access() {
    let server = saying(json!({"user": {
        "id": 7, "name": "Ann", "email": "ann@acme.test", "role": "agent", "role_type": 1, "custom_role_id": null,
        "active": true, "suspended": false, "ticket_restriction": "groups", "only_private_comments": true,
        "organization_id": null, "default_group_id": 3, "locale": "en-US", "iana_time_zone": "Europe/Copenhagen",
        "a_property_of_next_year": {"x": 1}
    }}))
    .await;
    let user = client(&server).users().show(7).await.unwrap();
    assert_eq!(
        (user.id, user.role, user.ticket_restriction.as_deref()),
        (7, Some(Role::Agent), Some("groups"))
    );
    assert!(user.is_light_agent() && !user.is_active_admin());
}

#[tokio::test]
async fn an_administrator_counts_only_while_he_can_sign_in() {
    for (user, expected) in [
        (json!({"id": 7, "role": "admin"}), true),
        (json!({"id": 7, "role": "admin", "active": false}), false),
        (json!({"id": 7, "role": "admin", "suspended": true}), false),
        (json!({"id": 7, "role": "end-user"}), false),
        (json!({"id": 7, "role": "overlord"}), false),
    ] {
        let server = saying(json!({ "user": user })).await;
        assert_eq!(client(&server).users().me().await.unwrap().is_active_admin(), expected, "{user}");
    }
}

#[tokio::test]
async fn the_anonymous_user_is_nobody() {
    let server = saying(json!({"user": {"id": null, "name": "Anonymous user", "role": "end-user"}})).await;
    assert!(matches!(client(&server).users().me().await, Err(Error::Unauthorized)));
}

#[tokio::test]
async fn ids_go_into_the_query() {
    let server = saying(json!({"users": [{"id": 7}], "tickets": [{"id": 1}], "job_statuses": []})).await;
    let client = client(&server);
    assert_eq!(client.users().show_many(&[7, 8]).await.unwrap().len(), 1);
    assert_eq!(client.tickets().show_many(&[1, 2, 3]).await.unwrap().len(), 1);
    assert_eq!(client.job_statuses().show_many(&["V3-a", "V3-b"]).await.unwrap().len(), 0);
    let requests = server.received_requests().await.unwrap();
    let ids: Vec<_> = requests.iter().map(|r| r.url.query_pairs().next().unwrap().1.into_owned()).collect();
    assert_eq!(ids, ["7,8", "1,2,3", "V3-a,V3-b"]);
}

#[tokio::test]
async fn too_many_or_no_ids_are_refused_at_home() {
    let server = MockServer::start().await;
    let client = client(&server);
    let patch = TicketPatch::default().add_tag("x");
    for count in [0, 101] {
        let ids = vec![1; count];
        let changes = vec![(1, patch.clone()); count];
        for result in [
            client.tickets().show_many(&ids).await.map(drop),
            client.users().show_many(&ids).await.map(drop),
            client.tickets().update_many_same(&ids, &patch).await.map(drop),
            client.tickets().update_many_each(&changes).await.map(drop),
            client.job_statuses().show_many(&vec!["V3-a"; count]).await.map(drop),
        ] {
            assert!(matches!(result, Err(Error::BadCall(_))), "{count}: {result:?}");
        }
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn lists_are_read_to_the_end() {
    let server = MockServer::start().await;
    let page = |answer| ResponseTemplate::new(200).set_body_json(answer);
    let groups =
        || Mock::given(method("GET")).and(path("/api/v2/groups")).and(query_param("page[size]", "100"));
    groups()
        .and(query_param_is_missing("page[after]"))
        .respond_with(page(
            json!({"groups": [{"id": 1, "name": "a"}], "meta": {"has_more": true, "after_cursor": "x=="}}),
        ))
        .expect(1)
        .mount(&server)
        .await;
    groups()
        .and(query_param("page[after]", "x=="))
        .respond_with(page(
            json!({"groups": [{"id": 2, "deleted": true}], "meta": {"has_more": false, "after_cursor": "y"}}),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let groups = client(&server).groups().list().await.unwrap();
    assert_eq!(groups.iter().map(|g| (g.id, g.deleted)).collect::<Vec<_>>(), [(1, false), (2, true)]);
}

#[tokio::test]
async fn a_list_that_never_ends_is_given_up() {
    let server =
        saying(json!({"groups": [{"id": 1}], "meta": {"has_more": true, "after_cursor": "again"}})).await;
    assert!(matches!(client(&server).groups().list().await, Err(Error::Decode { maybe_done: false, .. })));
    assert_eq!(server.received_requests().await.unwrap().len(), 1000);
}

#[tokio::test]
async fn an_update_sends_what_was_set_and_nothing_else() {
    let server = saying(json!({
        "ticket": {"id": 1, "tags": null, "custom_fields": [{"id": 9, "value": ["a"]}], "status": "open",
                   "updated_at": "2026-11-22T10:00:00Z", "type": "task", "due_at": null},
        "audit": {"id": 50, "ticket_id": 1, "author_id": -1, "created_at": "2026-11-22T10:00:00Z", "metadata": {"custom": {"k": 1}},
                  "events": [{"id": 51, "type": "Change", "field_name": "tags", "value": ["a"], "previous_value": []}]}
    }))
    .await;
    let stamp: Timestamp = "2026-11-22T09:59:58Z".parse().unwrap();
    let patch = TicketPatch::default().status("open").custom_field(9, "x");
    let updated = client(&server)
        .tickets()
        .update(1, &TicketUpdate::from(patch).only_if_unchanged_since(stamp))
        .await
        .unwrap();
    assert_eq!(
        only_body(&server).await,
        json!({"ticket": {"status": "open", "custom_fields": [{"id": 9, "value": "x"}],
                          "safe_update": true, "updated_stamp": "2026-11-22T09:59:58Z"}})
    );
    assert_eq!(updated.ticket.tags, Vec::<String>::new());
    assert_eq!(updated.ticket.kind.as_deref(), Some("task"));
    assert_eq!(updated.ticket.custom_fields[0].value, json!(["a"]));
    let audit = updated.audit.unwrap();
    assert_eq!((audit.author_id, audit.events[0].kind.as_str()), (Some(-1), "Change"));
    assert_eq!(audit.metadata["custom"]["k"], 1);
}

#[tokio::test]
async fn everything_that_can_be_set_has_zendesks_name() {
    let server = saying(json!({"ticket": {"id": 1}})).await;
    let patch = TicketPatch {
        custom_status_id: Some(5),
        priority: Some(Some("high".into())),
        kind: Some(None),
        due_at: Some(Some("2026-12-01T00:00:00Z".parse().unwrap())),
        tags: Some(vec![]),
        comment: Some(NewComment {
            body: CommentBody::Html("<b>x</b>".into()),
            public: true,
            author_id: Some(7),
        }),
        metadata: Some(json!({"change": "c1"})),
        ..TicketPatch::default().status("solved").assignee(None).group(3)
    };
    assert!(!patch.is_empty() && TicketPatch::default().is_empty());
    client(&server).tickets().update(1, &patch.into()).await.unwrap();
    assert_eq!(
        only_body(&server).await,
        json!({"ticket": {
            "custom_status_id": 5, "priority": "high", "type": null, "due_at": "2026-12-01T00:00:00Z", "tags": [],
            "comment": {"html_body": "<b>x</b>", "public": true, "author_id": 7}, "metadata": {"change": "c1"},
            "status": "solved", "assignee_id": null, "group_id": 3
        }})
    );
    let note = TicketPatch::default().private_note("about Ann");
    assert_eq!(
        serde_json::to_value(&note).unwrap(),
        json!({"comment": {"body": "about Ann", "public": false}})
    );
    assert!(!format!("{note:?}").contains("Ann"));
}

#[tokio::test]
async fn single_tags_are_not_sent_where_zendesk_would_ignore_them() {
    let server = MockServer::start().await;
    for patch in [TicketPatch::default().add_tag("late"), TicketPatch::default().remove_tag("late")] {
        let result = client(&server).tickets().update(1, &patch.into()).await;
        assert!(matches!(result, Err(Error::BadCall(_))), "{result:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn bulk_changes_come_in_both_forms() {
    let job = json!({"job_status": {"id": "V3-ab", "status": "queued", "total": 2, "progress": null, "message": null, "results": null}});
    let patch = TicketPatch::default().add_tag("late");

    let server = saying(job.clone()).await;
    let status = client(&server).tickets().update_many_same(&[1, 2], &patch).await.unwrap();
    assert_eq!((status.id.as_str(), status.status, status.is_finished()), ("V3-ab", JobState::Queued, false));
    assert!(status.results.is_empty());
    let request = only_request(&server).await;
    assert_eq!(request.url.query_pairs().next().unwrap(), ("ids".into(), "1,2".into()));
    assert_eq!(
        request.body_json::<serde_json::Value>().unwrap(),
        json!({"ticket": {"additional_tags": ["late"]}})
    );

    let server = saying(job).await;
    let changes = [(1, patch), (2, TicketPatch::default().status("open"))];
    client(&server).tickets().update_many_each(&changes).await.unwrap();
    let request = only_request(&server).await;
    assert_eq!(request.url.query(), None);
    assert_eq!(
        request.body_json::<serde_json::Value>().unwrap(),
        json!({"tickets": [{"id": 1, "additional_tags": ["late"]}, {"id": 2, "status": "open"}]})
    );
}

#[tokio::test]
async fn a_finished_job_says_what_became_of_each_ticket() {
    let server = saying(json!({"job_status": {"id": "V3-ab", "status": "completed", "total": 3, "progress": 3, "results": [
        {"id": 1, "action": "update", "success": true, "status": "Updated"},
        {"index": 1, "id": 2, "success": false, "error": "TicketUpdate", "details": "Status: closed prevents ticket update"},
        {"index": 2, "id": 3, "account_id": 9}
    ]}}))
    .await;
    let job = client(&server).job_statuses().show("V3-ab").await.unwrap();
    assert!(job.is_finished());
    assert_eq!(
        job.results.iter().map(|r| (r.id, r.is_success())).collect::<Vec<_>>(),
        [(Some(1), true), (Some(2), false), (Some(3), true)]
    );
}

#[tokio::test]
async fn unknown_job_states_and_odd_results_are_survived() {
    for (state, finished) in
        [("working", false), ("failed", true), ("killed", true), ("paused_by_moonlight", false)]
    {
        let job = json!({"id": "V3-ab", "status": state, "results": {"success": true}});
        let server = saying(json!({ "job_statuses": [job] })).await;
        let jobs = client(&server).job_statuses().show_many(&["V3-ab"]).await.unwrap();
        assert_eq!((jobs[0].is_finished(), jobs[0].results.len()), (finished, 0), "{state}");
    }
}

#[tokio::test]
async fn newest_audits_come_first_whatever_order_zendesk_keeps() {
    let audits = |ids: &[i64]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
    for (first, second, limit, expected, calls) in [
        // Zendesk obeys `sort`: one page is enough.
        (&[9, 8][..], &[7, 6][..], 2, &[9, 8][..], 1),
        (&[9, 8], &[7, 6], 3, &[9, 8, 7], 2),
        // It does not: the newest are on the last page.
        (&[6, 7], &[8, 9], 2, &[9, 8], 2),
    ] {
        let server = MockServer::start().await;
        let on = |server_path| {
            Mock::given(method("GET")).and(path(server_path)).and(query_param("sort", "-created_at"))
        };
        for (server_path, name) in
            [("/api/v2/tickets/1/audits", "audits"), ("/api/v2/tickets/1/comments", "comments")]
        {
            let more = json!({name: audits(first), "meta": {"has_more": true, "after_cursor": "c"}});
            let last = json!({name: audits(second), "meta": {"has_more": false}});
            on(server_path)
                .and(query_param_is_missing("page[after]"))
                .respond_with(ResponseTemplate::new(200).set_body_json(more))
                .mount(&server)
                .await;
            on(server_path)
                .and(query_param("page[after]", "c"))
                .respond_with(ResponseTemplate::new(200).set_body_json(last))
                .mount(&server)
                .await;
        }
        let client = client(&server);
        let ids: Vec<_> = client.tickets().audits(1, limit).await.unwrap().iter().map(|a| a.id).collect();
        assert_eq!(ids, expected);
        assert_eq!(server.received_requests().await.unwrap().len(), calls);
        let ids: Vec<_> = client.tickets().comments(1, limit).await.unwrap().iter().map(|c| c.id).collect();
        assert_eq!(ids, expected);
        assert_eq!(server.received_requests().await.unwrap().len(), 2 * calls);
    }
}

#[tokio::test]
async fn a_ticket_field_is_made_and_read() {
    let server =
        saying(json!({"ticket_field": {"id": 3, "type": "tagger", "title": "Kind", "removable": true,
        "custom_field_options": [{"id": 1, "name": "A", "value": "a"}], "system_field_options": null}}))
        .await;
    let option = FieldOption { name: "A".into(), value: "a".into() };
    let new = NewTicketField {
        kind: "tagger".into(),
        title: "Kind".into(),
        description: None,
        tag: None,
        custom_field_options: vec![option.clone()],
    };
    let field = client(&server).ticket_fields().create(&new).await.unwrap();
    assert_eq!((field.id, field.kind.as_str(), field.custom_field_options), (3, "tagger", vec![option]));
    assert_eq!(
        only_body(&server).await,
        json!({"ticket_field": {"type": "tagger", "title": "Kind", "custom_field_options": [{"name": "A", "value": "a"}]}})
    );
}

#[tokio::test]
async fn a_trigger_is_made_and_changed() {
    let server = saying(json!({"trigger": {"id": 4, "title": "T", "active": true,
        "conditions": {"all": [{"field": "current_tags", "operator": "includes", "value": "late"}], "any": null},
        "actions": [{"field": "notification_webhook", "value": ["01AB", "{}"]}]}}))
    .await;
    let all = vec![Condition {
        field: "current_tags".into(),
        operator: Some("includes".into()),
        value: json!("late"),
    }];
    let actions = vec![Action { field: "notification_webhook".into(), value: json!(["01AB", "{}"]) }];
    let input = TriggerInput {
        title: Some("T".into()),
        conditions: Some(Conditions { all, any: vec![] }),
        actions: Some(actions),
        ..TriggerInput::default()
    };
    let trigger = client(&server).triggers().create(&input).await.unwrap();
    assert_eq!(Some(trigger.conditions), input.conditions);
    assert_eq!(Some(trigger.actions), input.actions);
    assert_eq!(
        only_body(&server).await,
        json!({"trigger": {"title": "T",
            "conditions": {"all": [{"field": "current_tags", "operator": "includes", "value": "late"}], "any": []},
            "actions": [{"field": "notification_webhook", "value": ["01AB", "{}"]}]}})
    );
    server.reset().await;
    Mock::given(method("PUT"))
        .and(path("/api/v2/triggers/4"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"trigger": {"id": 4}})))
        .mount(&server)
        .await;
    let off = TriggerInput { active: Some(false), ..TriggerInput::default() };
    client(&server).triggers().update(4, &off).await.unwrap();
    assert_eq!(only_body(&server).await, json!({"trigger": {"active": false}}));
}

#[tokio::test]
async fn a_webhook_is_made_with_its_secret_and_changed_without() {
    let made = json!({"webhook": {"id": "01AB", "name": "W", "status": "active", "endpoint": "https://x.test/h",
        "subscriptions": ["conditional_ticket_events"], "authentication": {"type": "bearer_token"}}});
    let server = answering(ResponseTemplate::new(201).set_body_json(made)).await;
    let input = WebhookInput {
        name: Some("W".into()),
        endpoint: Some("https://x.test/h".into()),
        subscriptions: Some(vec!["conditional_ticket_events".into()]),
        authentication: Some(Authentication::Bearer("hush".to_owned().into())),
        ..WebhookInput::default()
    };
    assert!(!format!("{input:?}").contains("hush"));
    let webhook = client(&server).webhooks().create(&input).await.unwrap();
    assert_eq!((webhook.id.as_str(), webhook.status.as_str()), ("01AB", "active"));
    assert_eq!(
        only_body(&server).await,
        json!({"webhook": {"name": "W", "endpoint": "https://x.test/h", "subscriptions": ["conditional_ticket_events"],
            "authentication": {"type": "bearer_token", "data": {"token": "hush"}, "add_position": "header"},
            "http_method": "POST", "request_format": "json", "status": "active"}})
    );

    let server = answering(ResponseTemplate::new(204)).await;
    let value = "k".to_owned().into();
    let change = WebhookInput {
        active: Some(false),
        authentication: Some(Authentication::ApiKey { name: "X-Key".into(), value }),
        ..WebhookInput::default()
    };
    client(&server).webhooks().update("01AB", &change).await.unwrap();
    assert_eq!(
        only_body(&server).await,
        json!({"webhook": {"status": "inactive",
            "authentication": {"type": "api_key", "data": {"name": "X-Key", "value": "k"}, "add_position": "header"}}})
    );
}

#[tokio::test]
async fn a_signing_secret_is_a_secret() {
    let server = saying(json!({"signing_secret": {"secret": "hush", "algorithm": "SHA256"}})).await;
    let secret = client(&server).webhooks().signing_secret("01AB").await.unwrap();
    assert_eq!(secret.expose_secret(), "hush");
    assert!(!format!("{secret:?}").contains("hush"));
}

#[tokio::test]
async fn schedules_and_holidays_are_read() {
    let server = saying(json!({
        "schedules": [{"id": 9, "name": "Day", "time_zone": "Pacific Time (US & Canada)",
                       "intervals": [{"start_time": 1980, "end_time": 2460}]}],
        "holidays": [{"id": 1, "name": "Christmas", "start_date": "2026-12-25", "end_date": "2026-12-26"}]
    }))
    .await;
    let client = client(&server);
    let schedules = client.schedules().list().await.unwrap();
    assert_eq!(schedules[0].time_zone, "Pacific Time (US & Canada)");
    assert_eq!((schedules[0].intervals[0].start_time, schedules[0].intervals[0].end_time), (1980, 2460));
    let holidays = client.schedules().holidays(9).await.unwrap();
    assert_eq!(holidays[0].start_date, jiff::civil::date(2026, 12, 25));
    assert_eq!(holidays[0].end_date, jiff::civil::date(2026, 12, 26));
}

#[tokio::test]
async fn installations_are_read_and_set() {
    let server = saying(
        json!({"installations": [{"id": 6, "app_id": 2, "enabled": true, "settings": {"name": "D"}}]}),
    )
    .await;
    let list = client(&server).installations().list().await.unwrap();
    assert_eq!((list[0].id, list[0].app_id, list[0].enabled), (6, 2, Some(true)));

    let server = saying(json!({"id": 6, "app_id": 2, "settings": null})).await;
    assert_eq!(client(&server).installations().show(6).await.unwrap().app_id, 2);

    let server = saying(json!({"id": 6, "app_id": 2})).await;
    let settings = Map::from_iter([("token".to_owned(), json!("hush"))]);
    client(&server).installations().update_settings(6, &settings).await.unwrap();
    assert_eq!(only_body(&server).await, json!({"settings": {"token": "hush"}}));
}

#[tokio::test]
async fn an_app_is_notified() {
    let server = answering(ResponseTemplate::new(200)).await;
    client(&server).notify_app(2, "changed", &json!({"ticket": 1}), Some(7)).await.unwrap();
    assert_eq!(
        only_body(&server).await,
        json!({"app_id": 2, "event": "changed", "body": {"ticket": 1}, "agent_id": 7})
    );
    let server = answering(ResponseTemplate::new(413).set_body_string("Payload too large")).await;
    let result = client(&server).notify_app(2, "changed", &json!("x"), None).await;
    assert!(matches!(result, Err(Error::TooLarge)));
    assert_eq!(only_body(&server).await, json!({"app_id": 2, "event": "changed", "body": "x"}));
}

#[tokio::test]
async fn an_apps_key_needs_no_login() {
    let pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let server = answering(ResponseTemplate::new(200).set_body_string(pem)).await;
    assert_eq!(apps::public_key(&http(), &base(&server), 2).await.unwrap(), pem);
    let request = only_request(&server).await;
    assert_eq!(request.url.path(), "/api/v2/apps/2/public_key.pem");
    assert!(!request.headers.contains_key("authorization"));

    let server = answering(ResponseTemplate::new(404).set_body_string("Not Found")).await;
    assert!(matches!(apps::public_key(&http(), &base(&server), 2).await, Err(Error::NotFound)));
    let server = answering(ResponseTemplate::new(200).set_body_string("<html>")).await;
    assert!(matches!(apps::public_key(&http(), &base(&server), 2).await, Err(Error::Decode { .. })));
}

#[tokio::test]
async fn the_token_in_use_is_described_and_revoked() {
    let server = saying(
        json!({"token": {"id": 12, "user_id": 7, "scopes": ["read", "write"], "expires_at": "2026-11-22T10:30:00Z"}}),
    )
    .await;
    let token = client(&server).oauth_tokens().current().await.unwrap();
    assert_eq!((token.id, token.user_id, token.scopes.len()), (12, Some(7), 2));
    assert_eq!(token.expires_at, Some("2026-11-22T10:30:00Z".parse().unwrap()));
    let server = answering(ResponseTemplate::new(204)).await;
    client(&server).oauth_tokens().revoke_current().await.unwrap();
    assert_eq!(only_request(&server).await.method.as_str(), "DELETE");
}
