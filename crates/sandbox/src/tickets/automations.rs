//! Automations: once an hour, by the sandbox's clock, every rule looks at every ticket that is not closed.

use jiff::{SignedDuration, Timestamp};

use super::draft::Draft;
use super::{By, Done, actions, announce, conditions, finish};
use crate::model::{Action, Automation, Conditions, Status, Ticket, Via, World};
use crate::{Role, Shared};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Hours that are made up for when the clock jumps.
const MOST_HOURS: i64 = 31 * 24;
/// Tickets that one automation changes in an hour.
const MOST_TICKETS: usize = 1_000;

/// Runs the automations at every full hour until the sandbox stops.
pub(crate) async fn keep_running(shared: Shared) {
    loop {
        let last = last_run(&shared);
        shared.clock().sleep_until(last + HOUR).await;
        let now = hour_of(shared.now());
        let mut at = (last + HOUR).max(now - HOUR * i32::try_from(MOST_HOURS).unwrap_or(i32::MAX));
        while at <= now {
            run(&shared, at);
            at += HOUR;
            tokio::task::yield_now().await;
        }
        shared.write().automations_ran_at = Some(now);
    }
}

/// The hour up to which they have run; a fresh account begins now.
fn last_run(shared: &Shared) -> Timestamp {
    let now = hour_of(shared.now());
    let mut world = shared.write();
    *world.automations_ran_at.get_or_insert(now)
}

fn hour_of(t: Timestamp) -> Timestamp {
    Timestamp::from_second(t.as_second().div_euclid(3_600) * 3_600).unwrap_or(t)
}

fn run(shared: &Shared, at: Timestamp) {
    let (rules, owner) = {
        let world = shared.read();
        let mut rules: Vec<Automation> = world.automations.values().filter(|a| a.active).cloned().collect();
        rules.sort_by_key(|a| (a.position, a.id));
        // Zendesk's system acts; here the account's owner lends his name.
        (rules, world.users.values().find(|u| u.role == Role::Admin && u.active).map(|u| u.id))
    };
    let Some(user_id) = owner else { return };
    for rule in rules {
        let via = Via::Automation { id: rule.id, title: rule.title.clone() };
        let by = By { user_id, now: at, via };
        let meant: Vec<u64> = {
            let world = shared.read();
            let open = world.tickets.values().map(|r| &r.ticket).filter(|t| t.status < Status::Closed);
            open.filter(|t| holds(&world, &rule, t, &by)).take(MOST_TICKETS).map(|t| t.id).collect()
        };
        for id in meant {
            let done = change(&mut shared.write(), &rule, id, &by);
            if let Some(mut done) = done {
                announce(shared, user_id, &mut done);
            }
        }
    }
}

fn holds(world: &World, rule: &Automation, ticket: &Ticket, by: &By) -> bool {
    let facts = conditions::Facts {
        world,
        before: None,
        ticket,
        comment: None,
        user_id: by.user_id,
        via: None,
        now: by.now,
    };
    conditions::hold(&rule.conditions, &facts).is_ok()
}

fn change(world: &mut World, rule: &Automation, id: u64, by: &By) -> Option<Done> {
    let ticket = world.tickets.get(&id)?.ticket.clone();
    // Another may have changed it since.
    if ticket.status >= Status::Closed || !holds(world, rule, &ticket, by) {
        return None;
    }
    let mut draft = Draft::update(ticket);
    actions::fire(world, &mut draft, by, &rule.actions, &by.via);
    finish(world, by, draft, Vec::new()).ok()
}

/// Whether a rule looks at the time, as every automation must.
pub(crate) fn looks_at_time(conditions: &Conditions) -> bool {
    conditions.all.iter().any(|c| conditions::is_time(&c.field))
}

/// Whether a rule would not do the same again an hour later: a condition holds for one hour only, or an action ends it.
pub(crate) fn ends(conditions: &Conditions, actions: &[Action]) -> bool {
    const STATUSES: [&str; 6] = ["NEW", "OPEN", "PENDING", "HOLD", "SOLVED", "CLOSED"];
    let tags = |field: &str| matches!(field, "current_tags" | "set_tags" | "remove_tags");
    conditions.all.iter().any(|c| {
        let once = conditions::is_time(&c.field) && c.operator == "is";
        once || actions.iter().any(|a| {
            let status = matches!(a.field.as_str(), "status" | "custom_status_id")
                && (matches!(c.field.as_str(), "status" | "custom_status_id")
                    || STATUSES.contains(&c.field.as_str()));
            status || a.field == c.field || (tags(&a.field) && tags(&c.field))
        })
    })
}
