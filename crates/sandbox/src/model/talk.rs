//! What goes with a conversation: files and ratings.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A file, waiting for its comment or on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attachment {
    pub id: u64,
    pub file_name: String,
    pub content_type: String,
    /// In bytes.
    pub size: usize,
    /// Base64. Nothing once it was redacted.
    pub content: Option<Arc<str>>,
    /// The secret part of the address under which it is downloaded.
    pub token: String,
    /// The ticket that it is on.
    pub ticket_id: Option<u64>,
    pub created_at: Timestamp,
}

/// Files that were uploaded under one token and wait for the comment that takes them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    pub token: String,
    pub attachment_ids: Vec<u64>,
    pub user_id: u64,
    pub expires_at: Timestamp,
}

/// What a customer thinks of how a ticket was handled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SatisfactionRating {
    pub id: u64,
    pub ticket_id: u64,
    pub assignee_id: Option<u64>,
    pub group_id: Option<u64>,
    pub requester_id: u64,
    /// `offered`, `good` or `bad`.
    pub score: String,
    pub comment: Option<String>,
    pub reason_code: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
