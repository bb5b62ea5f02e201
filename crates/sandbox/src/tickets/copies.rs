//! Who is copied in on a ticket: CCs get the public conversation, followers (agents) everything.

use serde_json::Value;

use super::{By, id_in, patch};
use crate::Role;
use crate::error::Faults;
use crate::model::{Ticket, World};

/// The wishes of a request about copies, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Copies {
    clear: Vec<List>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    who: Who,
    list: List,
    put: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Ccs,
    Followers,
    /// As the older `collaborators` sort people: agents follow, customers get copies.
    ByRole,
}

#[derive(Debug)]
enum Who {
    Known(u64),
    New { name: String, email: String },
}

impl Copies {
    /// Whether this key of a request is about copies; then it is read.
    pub(super) fn read(&mut self, world: &World, key: &str, value: &Value, faults: &mut Faults) -> bool {
        let (list, clear) = match key {
            "email_ccs" => (List::Ccs, false),
            "followers" => (List::Followers, false),
            "email_cc_ids" => (List::Ccs, true),
            "follower_ids" => (List::Followers, true),
            "collaborator_ids" | "collaborators" => (List::ByRole, true),
            "additional_collaborators" => (List::ByRole, false),
            _ => return false,
        };
        if clear {
            self.clear.push(list);
        }
        for item in value.as_array().map(Vec::as_slice).unwrap_or_default() {
            let put = item.get("action").and_then(Value::as_str) != Some("delete");
            let Some(who) = person(world, item) else {
                // People who are not known are passed over, as long as there is no address to make them known by.
                continue;
            };
            if let (List::Followers, Who::Known(id)) = (list, &who)
                && put
                && world.users.get(id).is_some_and(|u| u.role == Role::EndUser)
            {
                faults.add("followers", "InvalidValue", "Followers: must be agents");
            }
            self.steps.push(Step { who, list, put });
        }
        true
    }

    pub(super) fn apply(self, world: &mut World, by: &By, t: &mut Ticket) {
        if self.clear.is_empty() && self.steps.is_empty() {
            return;
        }
        for list in self.clear {
            if list != List::Followers {
                t.email_cc_ids.clear();
            }
            if list != List::Ccs {
                t.follower_ids.clear();
            }
        }
        for step in self.steps {
            let id = match step.who {
                Who::Known(id) => id,
                Who::New { name, email } => match world.user_by_email(&email) {
                    Some(user) => user.id,
                    None => patch::new_customer(world, by, name, email),
                },
            };
            let agent = world.users.get(&id).is_some_and(|u| u.role != Role::EndUser);
            let follows = step.list == List::Followers || (step.list == List::ByRole && agent);
            if follows && !agent {
                continue;
            }
            change(if follows { &mut t.follower_ids } else { &mut t.email_cc_ids }, id, step.put);
        }
        gather(t);
    }
}

/// Copies one person in.
pub(super) fn add(t: &mut Ticket, id: u64, follower: bool) {
    change(if follower { &mut t.follower_ids } else { &mut t.email_cc_ids }, id, true);
    gather(t);
}

fn change(list: &mut Vec<u64>, id: u64, put: bool) {
    list.retain(|other| *other != id);
    if put {
        list.push(id);
        list.sort_unstable();
    }
}

/// `collaborator_ids` is always both lists together.
fn gather(t: &mut Ticket) {
    let mut all: Vec<u64> = t.email_cc_ids.iter().chain(&t.follower_ids).copied().collect();
    all.sort_unstable();
    all.dedup();
    t.collaborator_ids = all;
}

/// An id, an address, `{user_id | user_email, user_name}` or `{name, email}`.
fn person(world: &World, item: &Value) -> Option<Who> {
    let id = id_in(item).or_else(|| item.get("user_id").and_then(id_in));
    if let Some(id) = id {
        return world.users.contains_key(&id).then_some(Who::Known(id));
    }
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let email = item.as_str().or_else(|| text("user_email")).or_else(|| text("email"))?.trim().to_lowercase();
    if let Some(user) = world.user_by_email(&email) {
        return Some(Who::Known(user.id));
    }
    if !email.contains('@') {
        return None;
    }
    let name = text("user_name").or_else(|| text("name")).map_or_else(|| email.clone(), str::to_owned);
    Some(Who::New { name, email })
}
