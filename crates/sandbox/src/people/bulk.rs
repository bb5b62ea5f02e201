//! Many people at once, as the steps of a job.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Actor, memberships, organizations, users};
use crate::model::World;
use crate::{ApiError, jobs};

/// Most people of one call.
const MOST: usize = 100;

/// One step of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wish {
    pub what: What,
    /// The record that is meant, where there is one already.
    pub id: Option<u64>,
    /// The attributes, as a single call would have them.
    #[serde(default)]
    pub given: Map<String, Value>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    CreateUser,
    CreateOrUpdateUser,
    UpdateUser,
    DestroyUser,
    CreateOrganization,
    UpdateOrganization,
    DestroyOrganization,
    JoinGroup,
    LeaveGroup,
    JoinOrganization,
    LeaveOrganization,
}

/// What came of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    id: u64,
    action: &'static str,
    status: &'static str,
}

impl Outcome {
    /// As it stands in the job's results: creations name the place in the request, changes what was done.
    pub(crate) fn result(self, index: usize, account: u64) -> Value {
        if self.action == "create" {
            return json!({"id": self.id, "index": index, "account_id": account, "success": true,
                "status": self.status});
        }
        json!({"id": self.id, "index": index, "action": self.action, "success": true, "status": self.status})
    }
}

impl Wish {
    /// A refused step in the job's results.
    pub(crate) fn failure(&self, index: usize, error: &ApiError) -> Value {
        let (action, subject) = match self.what {
            What::CreateUser | What::CreateOrUpdateUser => ("create", "User"),
            What::UpdateUser => ("update", "User"),
            What::DestroyUser => ("delete", "User"),
            What::CreateOrganization => ("create", "Organization"),
            What::UpdateOrganization => ("update", "Organization"),
            What::DestroyOrganization => ("delete", "Organization"),
            What::JoinGroup | What::JoinOrganization => ("create", "Membership"),
            What::LeaveGroup | What::LeaveOrganization => ("delete", "Membership"),
        };
        let kind = match error.status().as_u16() {
            403 => "PermissionDenied".to_owned(),
            404 => format!("{subject}NotFound"),
            _ if action == "create" => format!("{subject}CreateError"),
            _ => format!("{subject}UpdateError"),
        };
        let details = jobs::details(error).unwrap_or_else(|| kind.clone());
        let mut out = json!({"index": index, "action": action, "success": false, "status": "Failed",
            "error": kind, "details": details});
        if let Some(id) = self.id {
            out["id"] = json!(id);
        }
        out
    }
}

/// Does one step on behalf of whoever asked for the job.
///
/// # Errors
/// What a single call would answer.
pub(crate) fn grant(
    world: &mut World,
    user_id: u64,
    now: Timestamp,
    wish: &Wish,
) -> Result<Outcome, ApiError> {
    let actor = Actor { user_id, now };
    let id = || wish.id.ok_or_else(ApiError::not_found);
    let created = |id| Outcome { id, action: "create", status: "Created" };
    let updated = |id| Outcome { id, action: "update", status: "Updated" };
    let deleted = |id| Outcome { id, action: "delete", status: "Deleted" };
    match wish.what {
        What::CreateUser => users::save(world, actor, None, &wish.given).map(created),
        What::CreateOrUpdateUser => match users::known(world, &wish.given) {
            Some(known) => users::save(world, actor, Some(known), &wish.given).map(updated),
            None => users::save(world, actor, None, &wish.given).map(created),
        },
        What::UpdateUser => users::save(world, actor, Some(id()?), &wish.given).map(updated),
        What::DestroyUser => {
            users::destroy(world, actor, id()?).map(|()| deleted(wish.id.unwrap_or_default()))
        }
        What::CreateOrganization => organizations::save(world, actor, None, &wish.given).map(created),
        What::UpdateOrganization => organizations::save(world, actor, Some(id()?), &wish.given).map(updated),
        What::DestroyOrganization => {
            organizations::destroy(world, actor, id()?).map(|()| deleted(wish.id.unwrap_or_default()))
        }
        What::JoinGroup => memberships::join_group(world, actor, &wish.given).map(created),
        What::LeaveGroup => {
            memberships::leave_group(world, actor, id()?).map(|()| deleted(wish.id.unwrap_or_default()))
        }
        What::JoinOrganization => memberships::join_organization(world, actor, &wish.given).map(created),
        What::LeaveOrganization => memberships::leave_organization(world, actor, id()?)
            .map(|()| deleted(wish.id.unwrap_or_default())),
    }
}

/// The steps of `{"users": [{…}, …]}`; where the records are there already each item names its own.
///
/// # Errors
/// 400 when there is no such list or it is too long.
pub(crate) fn list(what: What, root: &str, body: &Map<String, Value>) -> Result<VecDeque<Wish>, ApiError> {
    let items =
        body.get(root).and_then(Value::as_array).filter(|items| !items.is_empty()).ok_or_else(|| {
            ApiError::bad_request("ParameterMissing", &format!("Required parameter missing: {root}"))
        })?;
    if items.len() > MOST {
        return Err(ApiError::too_many_values(MOST));
    }
    let wish = |item: &Value| Wish {
        what,
        id: item.get("id").and_then(crate::tickets::id_in),
        given: item.as_object().cloned().unwrap_or_default(),
    };
    Ok(items.iter().map(wish).collect())
}

/// The same step for each of these records.
pub(crate) fn per_id(what: What, ids: &[u64], given: &Map<String, Value>) -> VecDeque<Wish> {
    ids.iter().map(|id| Wish { what, id: Some(*id), given: given.clone() }).collect()
}
