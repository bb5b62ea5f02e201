//! How requests leave and what can happen to them on the way.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zendesk::tickets::TicketUpdate;
use zendesk::{AccessList, BaseUrl, Client, Error, Http, HttpConfig, Marketplace, apps};

use crate::support::{Notebook, TOKEN, answering, base, client, http, impatient_http, only_request, saying};

fn client_over(http: Http, base: &str) -> Client {
    Client::new(http, BaseUrl::parse(base).unwrap(), TOKEN.to_owned().into(), AccessList::all_for_platform())
}

/// One read and one change, to see which of them may have been done.
async fn read_and_change(client: &Client) -> [Error; 2] {
    let read = client.tickets().show(1).await.unwrap_err();
    let change = client.tickets().update(1, &TicketUpdate::default()).await.unwrap_err();
    [read, change]
}

#[tokio::test]
async fn without_a_connection_nothing_was_done() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let notebook = Notebook::new();
    let client = client_over(http(), &format!("http://{address}")).with_observer(notebook.clone());
    for error in read_and_change(&client).await {
        assert!(matches!(error, Error::Network { .. }), "{error:?}");
        assert!(error.is_retryable() && !error.may_have_been_done());
        assert!(!error.to_string().contains("tickets"), "{error}");
    }
    assert_eq!(notebook.notes().iter().map(|n| n.status).collect::<Vec<_>>(), [None, None]);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_change_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Reads the beginning of each request and hangs up.
    let server = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = socket.read(&mut buffer).await;
        }
    });
    let [read, change] = read_and_change(&client_over(http(), &format!("http://{address}"))).await;
    server.abort();
    for error in [&read, &change] {
        assert!(matches!(error, Error::Network { .. }), "{error:?}");
        assert!(error.is_retryable());
    }
    assert!(!read.may_have_been_done());
    assert!(change.may_have_been_done());
}

#[tokio::test]
async fn an_answer_that_takes_too_long_leaves_a_change_in_doubt() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let [read, change] = read_and_change(&client_over(impatient_http(), &server.uri())).await;
    assert!(matches!(read, Error::Timeout { maybe_done: false }), "{read:?}");
    assert!(matches!(change, Error::Timeout { maybe_done: true }), "{change:?}");
}

#[tokio::test]
async fn a_connection_that_takes_too_long_leaves_no_doubt() {
    // The system accepts the connection, but nobody answers the TLS greeting.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let config = HttpConfig { connect_timeout: Duration::from_millis(100), ..HttpConfig::default() };
    for error in read_and_change(&client_over(Http::new(&config).unwrap(), &base)).await {
        assert!(matches!(error, Error::Timeout { maybe_done: false }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_big_is_not_read() {
    let big = json!({"ticket": {"id": 1, "subject": "x".repeat(1000)}});
    let server = saying(big).await;
    let [read, change] = read_and_change(&client_over(impatient_http(), &server.uri())).await;
    assert!(
        matches!(&read, Error::Decode { maybe_done: false, reason } if reason.contains("1000")),
        "{read:?}"
    );
    assert!(matches!(change, Error::Decode { maybe_done: true, .. }), "{change:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = MockServer::start().await;
    let away = format!("{}/elsewhere", server.uri());
    Mock::given(path("/api/v2/tickets/1"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", away.as_str()))
        .expect(2)
        .mount(&server)
        .await;
    Mock::given(path("/elsewhere")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    for error in read_and_change(&client(&server)).await {
        assert!(matches!(error, Error::Refused { status: 302, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    for url in ["http://acme.zendesk.com/", "http://192.0.2.1/", "ftp://127.0.0.1/", "/only/a/path"] {
        let request = Request::get(url).body(Bytes::new()).unwrap();
        let result = http().send(request).await;
        assert!(matches!(result, Err(Error::BadCall(_))), "{url}: {result:?}");
    }
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let server = saying(json!({"user": {"id": 7}})).await;
    let base = format!("http://localhost:{}", server.address().port());
    assert_eq!(client_over(http(), &base).users().me().await.unwrap().id, 7);
}

#[tokio::test]
async fn a_server_without_tls_is_not_talked_to_under_https() {
    let server = answering(ResponseTemplate::new(200)).await;
    let base = format!("https://127.0.0.1:{}", server.address().port());
    for error in read_and_change(&client_over(http(), &base)).await {
        assert!(matches!(error, Error::Network { maybe_done: false, .. }), "{error:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn any_answer_of_the_plain_transport_is_passed_on() {
    let server =
        answering(ResponseTemplate::new(418).set_body_string("teapot").insert_header("x-kind", "pot")).await;
    let answer = http().send(Request::get(server.uri()).body(Bytes::new()).unwrap()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (418, &b"teapot"[..]));
    assert_eq!(answer.headers()["x-kind"], "pot");
}

#[tokio::test]
async fn the_marketplace_headers_go_to_zendesk_and_to_nobody_else() {
    let marketplace =
        Some(Marketplace { name: "Late".into(), organization_id: "17".into(), app_id: "42".into() });
    let config = HttpConfig { marketplace, user_agent: "late/1".into(), ..HttpConfig::default() };
    let http = Http::new(&config).unwrap();
    let server = saying(json!({"user": {"id": 7}})).await;
    client_over(http.clone(), &server.uri()).users().me().await.unwrap();
    let _ = apps::public_key(&http, &base(&server), 1).await;
    for request in server.received_requests().await.unwrap() {
        assert_eq!(request.headers["x-zendesk-marketplace-name"], "Late");
        assert_eq!(request.headers["x-zendesk-marketplace-organization-id"], "17");
        assert_eq!(request.headers["x-zendesk-marketplace-app-id"], "42");
        assert_eq!(request.headers["user-agent"], "late/1");
    }
    let other = answering(ResponseTemplate::new(200)).await;
    http.send(Request::get(other.uri()).body(Bytes::new()).unwrap()).await.unwrap();
    let request = only_request(&other).await;
    assert!(!request.headers.contains_key("x-zendesk-marketplace-name"));
}

#[test]
fn headers_that_cannot_be_sent_are_refused_at_once() {
    let config = HttpConfig { user_agent: "a\nb".into(), ..HttpConfig::default() };
    assert!(Http::new(&config).unwrap_err().to_string().contains("user agent"));
    let marketplace =
        Some(Marketplace { name: "a\nb".into(), organization_id: String::new(), app_id: String::new() });
    let config = HttpConfig { marketplace, ..HttpConfig::default() };
    assert!(Http::new(&config).unwrap_err().to_string().contains("marketplace name"));
}

#[tokio::test]
async fn limits_are_obeyed_by_whoever_asks() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(
            ResponseTemplate::new(429)
                .insert_header("retry-after", "93")
                .insert_header("x-rate-limit", "700")
                .insert_header("x-rate-limit-remaining", "0")
                .insert_header("zendesk-ratelimit-per-ticket-updates", "total=30; remaining=0; resets=468"),
        )
        .mount(&server)
        .await;
    let notebook = Notebook::new();
    let client = client(&server).with_observer(notebook.clone());
    for error in read_and_change(&client).await {
        assert!(error.is_retryable() && !error.may_have_been_done());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(93)));
    }
    let notes = notebook.notes();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[1].status, Some(429));
    assert_eq!(notes[1].rate.retry_after, Some(Duration::from_secs(93)));
    assert_eq!(notes[1].rate.endpoints[0].name, "per-ticket-updates");
    assert_eq!(notes[1].rate.endpoints[0].resets, Some(Duration::from_secs(468)));
}

#[tokio::test]
async fn a_refused_change_says_why() {
    let body = json!({"error": "RecordInvalid", "description": "Record validation errors", "details": {"status": [
        {"description": "Status: closed prevents ticket update", "error": "InvalidValue"}]}});
    let server = answering(ResponseTemplate::new(422).set_body_json(body)).await;
    let [_, change] = read_and_change(&client(&server)).await;
    let Error::Unprocessable { code, details } = change else { panic!("{change:?}") };
    assert_eq!((code.as_str(), details[0].field.as_str()), ("RecordInvalid", "status"));

    let body = json!({"error": "UpdateConflict", "description": "Safe Update prevented the update due to outdated ticket data."});
    let server = answering(ResponseTemplate::new(409).set_body_json(body)).await;
    let [_, change] = read_and_change(&client(&server)).await;
    assert!(matches!(&change, Error::Conflict { code } if code == "UpdateConflict"), "{change:?}");
    assert!(!change.is_retryable());
}

#[tokio::test]
async fn a_broken_zendesk_leaves_a_change_in_doubt() {
    for status in [500, 502, 503, 504] {
        let server = answering(ResponseTemplate::new(status).insert_header("retry-after", "5")).await;
        let [read, change] = read_and_change(&client(&server)).await;
        assert!(matches!(change, Error::Server { status: s, .. } if s == status), "{change:?}");
        assert!(!read.may_have_been_done() && change.may_have_been_done());
        assert_eq!(change.retry_after(), Some(Duration::from_secs(5)));
    }
}

#[tokio::test]
async fn the_token_is_shown_nowhere() {
    let answer = json!({"error": "invalid_token", "error_description": format!("The access token {TOKEN} is expired")});
    let server = answering(ResponseTemplate::new(401).set_body_json(answer)).await;
    let client = client(&server);
    let error = client.users().me().await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized));
    for text in
        [format!("{client:?} {client:#?}"), format!("{error} {error:?}"), format!("{:?}", client.users())]
    {
        assert!(!text.contains(TOKEN), "{text}");
    }
    let unsendable = Client::new(http(), base(&server), "line\nbreak".to_owned().into(), AccessList::none());
    let error = unsendable.users().me().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("break"), "{error:?}");
}
