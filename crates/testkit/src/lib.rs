#![doc = include_str!("../README.md")]
// A test that cannot go on ends, with what was wrong.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod app;
mod browser;
mod leftovers;
mod page;
mod zendesk_side;

pub use accounts::session::Session;
pub use app::{Setup, TestApp};
pub use browser::Consent;
pub use kit::Location;
pub use page::{Answer, Page};
pub use store::Backend;

/// The administrator of the sandbox's account.
pub const ADMIN: &str = "admin@acme.test";
pub const SECOND_ADMIN: &str = "second.admin@acme.test";
/// An agent in Support, without restrictions.
pub const MAYA: &str = "maya@acme.test";
/// An agent in IT and Support, without restrictions.
pub const JONAS: &str = "jonas@acme.test";
/// An agent who sees only the tickets of Facilities.
pub const PRIYA: &str = "priya@acme.test";
/// A light agent in Support.
pub const LENA: &str = "lena@acme.test";

/// Runs each test on SQLite and on PostgreSQL, with `apps` installed and a clock that stands still.
#[macro_export]
macro_rules! on_both_databases {
    (apps = $apps:expr; $($(#[$meta:meta])* async fn $name:ident($app:ident: $kind:ty) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($app: $kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$meta])*
            async fn sqlite() {
                let app = $crate::TestApp::start($crate::Backend::Sqlite, $apps).await;
                body(&app).await;
                app.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$meta])*
            async fn postgres() {
                let app = $crate::TestApp::start($crate::Backend::Postgres, $apps).await;
                body(&app).await;
                app.finish().await;
            }
        }
    )*};
}
