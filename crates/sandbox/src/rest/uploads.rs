//! Files: uploaded first, then taken by a comment, and downloaded under a secret address.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::render;
use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Attachment, Upload, World};
use crate::tickets;
use crate::{ApiError, Role, Shared, random, time};

/// Largest file, in bytes.
const LARGEST: usize = 50 * 1024 * 1024;
/// How long an upload waits for its comment.
const WAITS: SignedDuration = SignedDuration::from_hours(72);

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/uploads", post(upload).layer(DefaultBodyLimit::disable()))
        .route("/api/v2/uploads/{token}", delete(discard))
        .route("/api/v2/attachments/{attachment_id}", get(show).put(update))
        .route(
            "/api/v2/tickets/{ticket_id}/comments/{comment_id}/attachments/{attachment_id}/redact",
            put(redact),
        )
        .route("/attachments/token/{token}/", get(download))
}

async fn upload(State(shared): State<Shared>, ask: Ask, headers: HeaderMap, bytes: Bytes) -> Answer {
    let name = ask.get("filename").unwrap_or_default().trim();
    if name.is_empty() {
        return Err(ApiError::bad_request("ParameterMissing", "Required parameter is missing: filename"));
    }
    if bytes.len() > LARGEST {
        let body =
            json!({"error": "AttachmentTooLarge", "description": "The attachment is larger than 50 MB"});
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, body));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let kind = kind.unwrap_or("application/octet-stream").to_owned();
    let now = shared.now();
    let content: Arc<str> = BASE64_STANDARD.encode(&bytes).into();
    let mut world = shared.write();
    world.forget_uploads(now);
    // More files may be put under a token that is still waiting.
    let token = match ask.get("token") {
        Some(token) => {
            let mine = world.uploads.get(token).is_some_and(|u| u.user_id == ask.caller.user_id);
            if !mine {
                return Err(ApiError::not_found());
            }
            token.to_owned()
        }
        None => random::hex::<16>(),
    };
    let attachment = Attachment {
        id: world.ids.next_id(),
        file_name: name.to_owned(),
        content_type: kind,
        size: bytes.len(),
        content: Some(content),
        token: random::hex::<16>(),
        ticket_id: None,
        created_at: now,
    };
    let waiting = world.uploads.entry(token.clone()).or_insert_with(|| Upload {
        token: token.clone(),
        attachment_ids: Vec::new(),
        user_id: ask.caller.user_id,
        expires_at: now + WAITS,
    });
    waiting.attachment_ids.push(attachment.id);
    let (ids, expires_at) = (waiting.attachment_ids.clone(), waiting.expires_at);
    let shown = render::attachment(&world, &attachment);
    let id = attachment.id;
    world.attachments.insert(id, attachment);
    let all: Vec<Value> = ids
        .iter()
        .filter_map(|id| world.attachments.get(id))
        .map(|a| render::attachment(&world, a))
        .collect();
    let location = format!("{}/api/v2/attachments/{id}.json", world.base_url);
    let upload = json!({"token": token, "expires_at": time::text(expires_at), "attachment": shown,
        "attachments": all});
    created(json!({"upload": upload}), &location)
}

impl World {
    /// Forgets the files that no comment has taken in time.
    fn forget_uploads(&mut self, now: jiff::Timestamp) {
        let late: Vec<String> =
            self.uploads.values().filter(|u| u.expires_at <= now).map(|u| u.token.clone()).collect();
        for upload in late.iter().filter_map(|t| self.uploads.remove(t)).collect::<Vec<_>>() {
            self.attachments.retain(|id, _| !upload.attachment_ids.contains(id));
        }
    }
}

async fn discard(State(shared): State<Shared>, Path(token): Path<String>, ask: Ask) -> Answer {
    let mut world = shared.write();
    if world.uploads.get(&token).is_none_or(|u| u.user_id != ask.caller.user_id) {
        return Err(ApiError::not_found());
    }
    let upload = world.uploads.remove(&token).ok_or_else(ApiError::not_found)?;
    world.attachments.retain(|id, _| !upload.attachment_ids.contains(id));
    gone()
}

/// A file that the caller may know of: on a ticket and comment that he sees, or waiting and his own.
fn known<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a Attachment, ApiError> {
    let attachment = world.attachments.get(&id).ok_or_else(ApiError::not_found)?;
    match attachment.ticket_id {
        Some(ticket) => {
            tickets::visible(world, ask.caller.user_id, ticket)?;
            let public = world
                .tickets
                .get(&ticket)
                .is_some_and(|r| r.comments.iter().any(|c| c.public && c.attachment_ids.contains(&id)));
            if ask.caller.role == Role::EndUser && !public {
                return Err(ApiError::not_found());
            }
        }
        None => {
            let of_caller = |u: &&Upload| u.attachment_ids.contains(&id) && u.user_id == ask.caller.user_id;
            world.uploads.values().find(of_caller).ok_or_else(ApiError::not_found)?;
        }
    }
    Ok(attachment)
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    let world = shared.read();
    ok(json!({"attachment": render::attachment(&world, known(&world, &ask, id)?)}))
}

/// Zendesk lets an administrator say that a file with malware may be read; here none has any.
async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.agent()?;
    body.root("attachment")?;
    let world = shared.read();
    ok(json!({"attachment": render::attachment(&world, known(&world, &ask, id)?)}))
}

/// The file's content is gone for ever; an empty file of that name stays.
async fn redact(
    State(shared): State<Shared>,
    Path((ticket, comment, id)): Path<(u64, u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.agent()?;
    let mut world = shared.write();
    tickets::visible(&world, ask.caller.user_id, ticket)?;
    let on_it = world
        .tickets
        .get(&ticket)
        .is_some_and(|r| r.comments.iter().any(|c| c.id == comment && c.attachment_ids.contains(&id)));
    let Some(attachment) = world.attachments.get_mut(&id).filter(|_| on_it) else {
        return Err(ApiError::not_found());
    };
    attachment.content = None;
    attachment.size = 0;
    "redacted.txt".clone_into(&mut attachment.file_name);
    "text/plain".clone_into(&mut attachment.content_type);
    let shown = world.attachments.get(&id).map(|a| render::attachment(&world, a));
    ok(json!({"attachment": shown}))
}

/// Whoever knows the address may have the file.
async fn download(State(shared): State<Shared>, Path(token): Path<String>) -> Response {
    let found = {
        let world = shared.read();
        world
            .attachments
            .values()
            .find(|a| a.token == token)
            .map(|a| (a.content_type.clone(), a.file_name.clone(), a.content.clone()))
    };
    let Some((kind, name, content)) = found else { return ApiError::not_found().into_response() };
    let bytes = content.and_then(|text| BASE64_STANDARD.decode(text.as_bytes()).ok()).unwrap_or_default();
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    // Never shown inside our own pages' origin: what was uploaded may be a page of somebody else's.
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && !"._- ".contains(c), "_");
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
