//! Files: uploaded, taken by a comment, downloaded, redacted.

use std::time::Duration;

use http::{Method, header};
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Answer, As, add_person, call, get, request, send, start};
use crate::tickets::{MAYA, create, id_of, put};

async fn ticket(sandbox: &Sandbox) -> u64 {
    id_of(&create(sandbox, json!({"subject": "Files", "comment": {"body": "!"}})).await)
}

async fn upload(sandbox: &Sandbox, query: &str, bytes: &[u8]) -> Answer {
    let path = format!("/api/v2/uploads.json?{query}");
    let request = request(sandbox, &MAYA, Method::POST, &path).header(header::CONTENT_TYPE, "text/csv");
    send(request.body(bytes.to_vec())).await
}

#[tokio::test]
async fn a_comment_takes_what_was_uploaded() {
    let sandbox = start().await;
    let on = ticket(&sandbox).await;
    upload(&sandbox, "", b"x").await.expect(400);
    let first = upload(&sandbox, "filename=a%20list.csv", b"a,b\n1,2\n").await.expect(201).json();
    let token = first["upload"]["token"].as_str().expect("a token").to_owned();
    let second = upload(&sandbox, &format!("filename=b.csv&token={token}"), b"c").await.expect(201).json();
    assert_eq!(second["upload"]["token"], *token);
    assert_eq!(second["upload"]["attachments"].as_array().map(Vec::len), Some(2));
    let id = id_of(&first["upload"]["attachment"]);
    get(&sandbox, MAYA, &format!("/api/v2/attachments/{id}.json")).await.expect(200);
    get(&sandbox, As::Person("jonas@acme.test"), &format!("/api/v2/attachments/{id}")).await.expect(404);

    let comment = json!({"comment": {"body": "See the list", "uploads": [token]}});
    let audit = put(&sandbox, MAYA, on, comment.clone()).await.expect(200).json()["audit"].clone();
    let said: &Value = &audit["events"][0];
    assert_eq!(said["attachments"].as_array().map(Vec::len), Some(2));
    let file = &said["attachments"][0];
    assert_eq!((&file["file_name"], &file["size"]), (&json!("a list.csv"), &json!(8)));
    get(&sandbox, As::Person("jonas@acme.test"), &format!("/api/v2/attachments/{id}")).await.expect(200);
    let address = file["content_url"].as_str().expect("an address");
    let path = address.strip_prefix(sandbox.url()).expect("ours");
    let bytes = get(&sandbox, As::Nobody, path).await.expect(200);
    assert_eq!((bytes.text.as_str(), bytes.header("content-type")), ("a,b\n1,2\n", "text/csv"));
    // A token is good once.
    put(&sandbox, MAYA, on, comment).await.expect(422);

    let place = format!("/api/v2/tickets/{on}/comments/{}/attachments/{id}/redact", id_of(said));
    let redacted = call(&sandbox, MAYA, Method::PUT, &place, json!({})).await.expect(200).json();
    assert_eq!(redacted["attachment"]["file_name"], "redacted.txt");
    assert_eq!(get(&sandbox, As::Nobody, path).await.expect(200).text, "");
    let wrong = format!("/api/v2/tickets/1/comments/{}/attachments/{id}/redact", id_of(said));
    call(&sandbox, MAYA, Method::PUT, &wrong, json!({})).await.expect(404);
}

#[tokio::test]
async fn what_nobody_takes_is_discarded_or_forgotten() {
    let sandbox = start().await;
    add_person(&sandbox, "other@acme.test", sandbox::Role::Agent);
    let token = async |name: &str| {
        let made = upload(&sandbox, &format!("filename={name}"), b"x").await.expect(201).json();
        made["upload"]["token"].as_str().expect("a token").to_owned()
    };
    let kept = token("a").await;
    let gone = token("b").await;
    let path = format!("/api/v2/uploads/{gone}.json");
    let delete = async |who: As<'_>| send(request(&sandbox, &who, Method::DELETE, &path)).await;
    delete(As::Person("other@acme.test")).await.expect(404);
    delete(MAYA).await.expect(204);
    delete(MAYA).await.expect(404);
    sandbox.control().advance(Duration::from_secs(73 * 3600));
    let late = json!({"comment": {"body": "Late", "uploads": [kept]}});
    let on = ticket(&sandbox).await;
    put(&sandbox, MAYA, on, late).await.expect(422);
    token("c").await;
    assert_eq!(sandbox.shared().read().attachments.len(), 1, "the late one is forgotten");
}
