//! Users, organizations and memberships: what may be done to them, by whom, and what follows from it.

mod bulk;
mod fields;
mod memberships;
mod organizations;
mod users;

use jiff::Timestamp;

use crate::model::{User, World};
use crate::{ApiError, Role};
pub use bulk::{What, Wish};
pub(crate) use bulk::{grant, list, per_id};
pub(crate) use memberships::{
    complete, join_group, join_organization, leave_group, leave_organization, make_group_default,
    make_organization_default,
};
pub(crate) use organizations::{
    destroy as destroy_organization, known as known_organization, save as save_organization,
};
pub(crate) use users::{
    destroy as destroy_user, known as known_user, merge as merge_users, save as save_user,
};

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor {
    pub(crate) user_id: u64,
    pub(crate) now: Timestamp,
}

impl Actor {
    fn user(self, world: &World) -> Result<&User, ApiError> {
        world.users.get(&self.user_id).ok_or_else(ApiError::unauthenticated)
    }

    /// Agents with a full seat.
    pub(crate) fn agent(self, world: &World) -> Result<(), ApiError> {
        let user = self.user(world)?;
        if user.role == Role::EndUser || user.light_agent { Err(ApiError::forbidden()) } else { Ok(()) }
    }

    /// Administrators.
    pub(crate) fn admin(self, world: &World) -> Result<(), ApiError> {
        if self.user(world)?.role == Role::Admin { Ok(()) } else { Err(ApiError::forbidden()) }
    }
}
