//! The account as it is on the first day.

mod people;
mod setup;
mod stories;
mod tickets;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Account, Settings, World};
use crate::oauth::{self, ClientSeed};
pub(crate) use tickets::more_tickets;

/// A fresh account with `tickets` tickets: the first ones are written by hand, the others made from patterns.
pub(crate) fn world(now: Timestamp, tickets: usize, settings: Settings) -> World {
    let mut world = World { settings, ..World::default() };
    world.account = Account {
        id: world.ids.next_id(),
        subdomain: "acme".to_owned(),
        name: "Acme".to_owned(),
        time_zone: "Berlin".to_owned(),
        iana_time_zone: "Europe/Berlin".to_owned(),
        brand_id: world.ids.next_id(),
    };
    // Set up a good while before the first ticket.
    let then = ago(now, 24 * 200);
    let cast = people::add(&mut world, then);
    crate::people::complete(&mut world);
    let fields = setup::add(&mut world, then, &cast);
    oauth::add_client(
        &mut world,
        ClientSeed {
            identifier: "demo_client",
            secret: "demo-secret",
            name: "Demo",
            loopback_redirects: true,
        },
    );
    let written = tickets::add_stories(&mut world, now, tickets, &cast, &fields);
    more_tickets(&mut world, now, tickets - written);
    world
}

/// So many hours before.
fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now - SignedDuration::from_hours(hours)
}
