//! The Deadline app: one moment per ticket by which something must have happened, watched to the second. See `README.md`.

mod board;
mod deadline;
mod model;
mod offline;
mod routes;
mod settings;

use kit::{App, Location, Logo, Migration, Resource, Verb};

pub use deadline::Deadline;
pub use model::{DeadlineId, State, TAG_NOW, TAG_PENDING, TAG_WHILE_SOLVED};
pub use settings::DeadlineSettings;

const APP: &str = "deadline";

const MIGRATIONS: &[Migration] =
    &[Migration::portable(APP, "0001_init", include_str!("../migrations/0001_init.sql"))];

/// What the app is.
pub fn app() -> App {
    use Verb::{Create, Read, Update};
    offline::actions().into_iter().fold(
        App::new(APP, "Deadline", "One moment per ticket by which something must have happened, watched to the second.")
            .page(Location::TicketSidebar, "sidebar")
            .page(Location::NavBar, "board")
            .page(Location::Background, "background")
            .may(
                Resource::Tickets,
                &[Read, Update],
                "to see whether a ticket is solved when its deadline comes, and to keep its tags and the display field",
            )
            .may(Resource::TicketFields, &[Read], "to let you choose the field that shows the deadline")
            .may(Resource::Users, &[Read], "to show names and to know who may see which ticket")
            .may(Resource::Groups, &[Read], "to show the group's name")
            .may(Resource::GroupMemberships, &[Read], "to know whom a pop-up for a group reaches")
            .may(Resource::Schedules, &[Read], "to count in business hours")
            .may(Resource::Triggers, &[Create], "only when you press \"Create in Zendesk\"")
            .may(Resource::Webhooks, &[Create], "only when you press \"Create in Zendesk\"")
            .may(Resource::AppNotify, &[Create], "to show pop-ups inside Zendesk")
            .may(Resource::AppInstallations, &[Update], "once, to store the account token in the app's settings")
            .migrations(MIGRATIONS)
            .translations(&[
                ("en", include_str!("../package/translations/en.json")),
                ("de", include_str!("../package/translations/de.json")),
            ])
            .logo(Logo {
                icon: include_str!("../package/icon.svg"),
                large: include_bytes!("../package/logo.png"),
                small: include_bytes!("../package/logo-small.png"),
            })
            .routes(routes::routes())
            .first_data(routes::first_data)
            .job(offline::hit)
            .job(offline::warn),
        App::action,
    )
}
