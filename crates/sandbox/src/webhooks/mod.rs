//! Webhooks: deliveries are written down with the change that caused them, then made, signed, and repeated as Zendesk
//! repeats them.

mod events;
mod send;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Attempt, Delivery, World};
use crate::{Shared, random};
pub(crate) use events::{ticket_event, ticket_events};
pub(crate) use send::{Call, TEST_SECRET, call};

/// Finished deliveries kept to be looked at.
const KEPT: usize = 2_000;

/// Writes a delivery down; [`deliver`] makes it.
pub(crate) fn enqueue(
    world: &mut World,
    webhook_id: &str,
    ticket_id: Option<u64>,
    body: String,
    now: Timestamp,
) -> String {
    if world.deliveries.len() >= KEPT {
        let oldest = world.deliveries.values().find(|d| d.due.is_none()).map(|d| d.id.clone());
        if let Some(id) = oldest {
            world.deliveries.remove(&id);
        }
    }
    let id = random::ulid(now);
    let delivery = Delivery {
        id: id.clone(),
        webhook_id: webhook_id.to_owned(),
        ticket_id,
        body,
        created_at: now,
        due: Some(now),
        attempts: Vec::new(),
    };
    world.deliveries.insert(id.clone(), Arc::new(delivery));
    id
}

/// Makes a delivery in the background, with its repetitions.
pub(crate) fn deliver(shared: &Shared, id: String) {
    let worker = shared.clone();
    shared.spawn(async move { while attempt(&worker, &id).await {} });
}

/// Goes on with what was not delivered when the sandbox stopped.
pub(crate) fn resume(shared: &Shared) {
    let open: Vec<String> =
        shared.read().deliveries.values().filter(|d| d.due.is_some()).map(|d| d.id.clone()).collect();
    for id in open {
        deliver(shared, id);
    }
}

/// One attempt; whether there is to be another.
async fn attempt(shared: &Shared, id: &str) -> bool {
    let Some(due) = shared.read().deliveries.get(id).and_then(|d| d.due) else { return false };
    shared.clock().sleep_until(due).await;
    let prepared = {
        let world = shared.read();
        // A reset or a deletion in between is the end of it.
        let delivery = world.deliveries.get(id).cloned();
        delivery.and_then(|d| {
            let webhook = world.webhooks.get(&d.webhook_id)?.clone();
            Some((Call::of(&webhook, &world), d))
        })
    };
    let Some((to, delivery)) = prepared else { return false };
    let made = call(shared, &to, &delivery.body, id).await;
    let next = retry_at(&delivery, &made);
    let mut world = shared.write();
    let Some(delivery) = world.deliveries.get_mut(id) else { return false };
    let delivery = Arc::make_mut(delivery);
    delivery.attempts.push(made);
    delivery.due = next;
    next.is_some()
}

/// Conflicts are tried three times more, an unavailable receiver that says for how long up to a minute likewise,
/// time-outs five times; everything else is final.
fn retry_at(delivery: &Delivery, made: &Attempt) -> Option<Timestamp> {
    let same = delivery.attempts.iter().filter(|a| a.status == made.status).count();
    let wait = match made.status {
        409 if same < 3 => 1 << same,
        429 | 503 if same < 3 => i64::try_from(made.retry_after.filter(|s| *s <= 60)?).ok()?,
        504 if made.error.is_some() && same < 5 => 1 << same,
        _ => return None,
    };
    made.completed_at.checked_add(SignedDuration::from_secs(wait)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(status: u16, retry_after: Option<u64>, error: Option<&str>) -> Attempt {
        Attempt {
            id: String::new(),
            at: Timestamp::UNIX_EPOCH,
            completed_at: Timestamp::UNIX_EPOCH,
            status,
            request_headers: std::collections::BTreeMap::new(),
            response_headers: std::collections::BTreeMap::new(),
            response_body: String::new(),
            retry_after,
            error: error.map(str::to_owned),
        }
    }

    fn waits(made: &Attempt) -> Vec<i64> {
        let mut delivery = Delivery {
            id: String::new(),
            webhook_id: String::new(),
            ticket_id: None,
            body: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            due: None,
            attempts: Vec::new(),
        };
        let mut waits = Vec::new();
        while let Some(at) = retry_at(&delivery, made) {
            waits.push(at.as_second());
            delivery.attempts.push(made.clone());
        }
        waits
    }

    #[test]
    fn what_is_repeated_and_how_often() {
        assert_eq!(waits(&attempt(409, None, None)), [1, 2, 4]);
        assert_eq!(waits(&attempt(429, Some(7), None)), [7, 7, 7]);
        assert_eq!(waits(&attempt(503, Some(61), None)), [] as [i64; 0]);
        assert_eq!(waits(&attempt(503, None, None)), [] as [i64; 0]);
        assert_eq!(waits(&attempt(504, None, Some("timed out"))), [1, 2, 4, 8, 16]);
        assert_eq!(
            waits(&attempt(504, None, None)),
            [] as [i64; 0],
            "an answer of the receiver is no time-out"
        );
        assert_eq!(waits(&attempt(200, None, None)), [] as [i64; 0]);
        assert_eq!(waits(&attempt(500, None, None)), [] as [i64; 0]);
    }
}
