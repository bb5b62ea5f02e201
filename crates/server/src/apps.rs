//! The apps of this server: the one line that a new app adds.

use kit::App;

pub(crate) fn all() -> Vec<App> {
    vec![deadline::app()]
}
