//! Who works at Acme and who asks for help.

use jiff::Timestamp;

use crate::Role;
use crate::model::{Group, GroupMembership, Organization, TicketRestriction, User, World};

/// The ids of everybody, for the tickets.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) support: u64,
    pub(super) it: u64,
    pub(super) facilities: u64,
    /// Administrator, Support.
    pub(super) alex: u64,
    /// Agent, Support.
    pub(super) maya: u64,
    /// Agent, IT and Support.
    pub(super) jonas: u64,
    /// Agent, Facilities; sees only her groups' tickets.
    pub(super) priya: u64,
    /// Light agent, Support.
    pub(super) lena: u64,
    pub(super) organizations: Vec<u64>,
    pub(super) customers: Vec<u64>,
}

const ORGANIZATIONS: [(&str, &str); 4] = [
    ("Harbor Logistics", "harborlogistics.test"),
    ("Lumen Clinic", "lumenclinic.test"),
    ("Brightfield School", "brightfield.test"),
    ("Kestrel Studio", "kestrelstudio.test"),
];

/// Name and organization.
const CUSTOMERS: [(&str, usize); 12] = [
    ("Hannah Vogel", 0),
    ("Marco Bianchi", 0),
    ("Aisha Karim", 0),
    ("Dr. Elena Petrova", 1),
    ("Noah Clarke", 1),
    ("Sofia Marin", 1),
    ("Oliver Grant", 2),
    ("Yuki Tanaka", 2),
    ("Fatima Zahra", 2),
    ("Luis Ortega", 3),
    ("Greta Holm", 3),
    ("Daniel Mensah", 3),
];

pub(super) fn add(world: &mut World, then: Timestamp) -> Cast {
    let support = group(world, then, "Support", "First contact for everybody", true);
    let it = group(world, then, "IT", "Accounts, laptops, network", false);
    let facilities = group(world, then, "Facilities", "Rooms, keys, heating", false);
    let alex = staff(world, then, "Alex Morgan", "admin@acme.test", Role::Admin, &[support]);
    staff(world, then, "Sam Rivera", "second.admin@acme.test", Role::Admin, &[support, it]);
    let maya = staff(world, then, "Maya Lindqvist", "maya@acme.test", Role::Agent, &[support]);
    let jonas = staff(world, then, "Jonas Weber", "jonas@acme.test", Role::Agent, &[it, support]);
    let priya = staff(world, then, "Priya Raman", "priya@acme.test", Role::Agent, &[facilities]);
    let lena = staff(world, then, "Lena Fischer", "lena@acme.test", Role::Agent, &[support]);
    if let Some(user) = world.users.get_mut(&priya) {
        user.ticket_restriction = Some(TicketRestriction::Groups);
    }
    if let Some(user) = world.users.get_mut(&lena) {
        user.light_agent = true;
    }
    let organizations: Vec<u64> = ORGANIZATIONS.iter().map(|o| organization(world, then, o.0, o.1)).collect();
    let customers =
        CUSTOMERS.iter().map(|(name, org)| customer(world, then, name, *org, &organizations)).collect();
    Cast { support, it, facilities, alex, maya, jonas, priya, lena, organizations, customers }
}

fn group(world: &mut World, then: Timestamp, name: &str, description: &str, default: bool) -> u64 {
    let id = world.ids.next_id();
    let group = Group {
        id,
        name: name.to_owned(),
        description: description.to_owned(),
        default,
        is_public: true,
        deleted: false,
        created_at: then,
        updated_at: then,
    };
    world.groups.insert(id, group);
    id
}

fn staff(world: &mut World, then: Timestamp, name: &str, email: &str, role: Role, groups: &[u64]) -> u64 {
    let id = world.ids.next_id();
    world.users.insert(id, User::new(id, name.to_owned(), Some(email.to_owned()), role, then));
    for (n, group_id) in groups.iter().enumerate() {
        let membership = GroupMembership {
            id: world.ids.next_id(),
            user_id: id,
            group_id: *group_id,
            default: n == 0,
            created_at: then,
            updated_at: then,
        };
        world.group_memberships.insert(membership.id, membership);
    }
    id
}

fn organization(world: &mut World, then: Timestamp, name: &str, domain: &str) -> u64 {
    let id = world.ids.next_id();
    let organization = Organization {
        id,
        name: name.to_owned(),
        external_id: None,
        domain_names: vec![domain.to_owned()],
        details: None,
        notes: None,
        group_id: None,
        tags: Vec::new(),
        organization_fields: std::collections::BTreeMap::new(),
        created_at: then,
        updated_at: then,
    };
    world.organizations.insert(id, organization);
    id
}

fn customer(world: &mut World, then: Timestamp, name: &str, org: usize, organizations: &[u64]) -> u64 {
    let id = world.ids.next_id();
    let words: Vec<String> = name.split(' ').filter(|w| !w.ends_with('.')).map(str::to_lowercase).collect();
    let email = format!("{}@{}", words.join("."), ORGANIZATIONS[org].1);
    let mut user = User::new(id, name.to_owned(), Some(email), Role::EndUser, then);
    user.organization_id = organizations.get(org).copied();
    world.users.insert(id, user);
    id
}
