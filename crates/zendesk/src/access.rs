//! Which calls an app said it would make, and the check that it makes no other.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A family of Zendesk objects that calls read or change. In text: `ticket_fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Tickets with their comments and audits.
    Tickets,
    /// Users. The authorization's own user (`users/me`) may always be read.
    Users,
    /// Groups of agents.
    Groups,
    /// Which agent is in which group.
    GroupMemberships,
    /// Organizations.
    Organizations,
    /// Ticket fields.
    TicketFields,
    /// Ticket forms.
    TicketForms,
    /// Triggers.
    Triggers,
    /// Webhooks and their signing secrets.
    Webhooks,
    /// Business-hour schedules and their holidays.
    Schedules,
    /// Installations of apps, and their settings.
    AppInstallations,
    /// Messages to the open iframes of an app.
    AppNotify,
    /// Progress of bulk changes. Whoever may change tickets may read these.
    JobStatuses,
    /// The OAuth token that the call itself carries, and its siblings.
    OauthTokens,
}

impl Resource {
    /// All resources, in the order of the enum.
    pub const ALL: [Resource; 14] = [
        Resource::Tickets,
        Resource::Users,
        Resource::Groups,
        Resource::GroupMemberships,
        Resource::Organizations,
        Resource::TicketFields,
        Resource::TicketForms,
        Resource::Triggers,
        Resource::Webhooks,
        Resource::Schedules,
        Resource::AppInstallations,
        Resource::AppNotify,
        Resource::JobStatuses,
        Resource::OauthTokens,
    ];

    /// The name used in JSON and in messages: `ticket_fields`.
    pub fn as_str(self) -> &'static str {
        match self {
            Resource::Tickets => "tickets",
            Resource::Users => "users",
            Resource::Groups => "groups",
            Resource::GroupMemberships => "group_memberships",
            Resource::Organizations => "organizations",
            Resource::TicketFields => "ticket_fields",
            Resource::TicketForms => "ticket_forms",
            Resource::Triggers => "triggers",
            Resource::Webhooks => "webhooks",
            Resource::Schedules => "schedules",
            Resource::AppInstallations => "app_installations",
            Resource::AppNotify => "app_notify",
            Resource::JobStatuses => "job_statuses",
            Resource::OauthTokens => "oauth_tokens",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a call does to a resource. In text: `read`, `update`, `create`, `delete`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Looks, changes nothing.
    Read,
    /// Changes what exists.
    Update,
    /// Makes something new.
    Create,
    /// Removes something.
    Delete,
}

impl Verb {
    /// All verbs, in the order of the enum.
    pub const ALL: [Verb; 4] = [Verb::Read, Verb::Update, Verb::Create, Verb::Delete];

    /// The name used in JSON and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Read => "read",
            Verb::Update => "update",
            Verb::Create => "create",
            Verb::Delete => "delete",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an app declared. A [`Client`](crate::Client) made with it refuses everything else before a byte is sent.
///
/// ```
/// use zendesk::{AccessList, Resource, Verb};
/// let access = AccessList::none().with(Resource::Tickets, Verb::Read).with(Resource::Tickets, Verb::Update);
/// assert!(access.allows(Resource::Tickets, Verb::Update));
/// assert!(!access.allows(Resource::Users, Verb::Read));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessList(BTreeSet<(Resource, Verb)>);

impl AccessList {
    /// Nothing but `users/me`.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every call there is. For the platform's own work (initialisation, health of the authorization, webhooks), never
    /// for an app: an app's list is what it declared.
    pub fn all_for_platform() -> Self {
        Resource::ALL.into_iter().flat_map(|resource| Verb::ALL.map(|verb| (resource, verb))).collect()
    }

    /// The list with one more permission.
    pub fn with(mut self, resource: Resource, verb: Verb) -> Self {
        self.0.insert((resource, verb));
        self
    }

    /// Whether a call may be made. Job statuses may be read by whoever may change tickets, because bulk changes answer
    /// with one.
    pub fn allows(&self, resource: Resource, verb: Verb) -> bool {
        self.0.contains(&(resource, verb))
            || ((resource, verb) == (Resource::JobStatuses, Verb::Read)
                && [Verb::Update, Verb::Create].into_iter().any(|v| self.0.contains(&(Resource::Tickets, v))))
    }

    /// The declared permissions, ordered.
    pub fn iter(&self) -> impl Iterator<Item = (Resource, Verb)> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<(Resource, Verb)> for AccessList {
    fn from_iter<I: IntoIterator<Item = (Resource, Verb)>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_by_default_and_everything_on_the_platforms_list() {
        for resource in Resource::ALL {
            for verb in Verb::ALL {
                assert!(!AccessList::none().allows(resource, verb), "{verb} {resource}");
                assert!(AccessList::all_for_platform().allows(resource, verb), "{verb} {resource}");
            }
        }
    }

    #[test]
    fn one_permission_allows_only_itself() {
        for resource in Resource::ALL {
            for verb in Verb::ALL {
                let access = AccessList::none().with(resource, verb);
                let follows = resource == Resource::Tickets && matches!(verb, Verb::Update | Verb::Create);
                for (other, other_verb) in AccessList::all_for_platform().iter() {
                    let expected = (other, other_verb) == (resource, verb)
                        || (follows && (other, other_verb) == (Resource::JobStatuses, Verb::Read));
                    assert_eq!(
                        access.allows(other, other_verb),
                        expected,
                        "{verb} {resource}: {other_verb} {other}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_are_the_same_in_text_and_in_json() {
        for resource in Resource::ALL {
            assert_eq!(serde_json::to_value(resource).unwrap(), resource.to_string());
        }
        for verb in Verb::ALL {
            assert_eq!(serde_json::to_value(verb).unwrap(), verb.to_string());
        }
    }
}
