//! Times as Zendesk writes them.

use jiff::Timestamp;

/// `2026-11-22T10:00:00Z`: UTC, whole seconds.
pub(crate) fn text(t: Timestamp) -> String {
    t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-11-22 10:00:00 +0000`: the form in messages of jobs.
pub(crate) fn in_message(t: Timestamp) -> String {
    t.strftime("%Y-%m-%d %H:%M:%S +0000").to_string()
}

/// A time or a date as clients write them.
pub(crate) fn parse(s: &str) -> Option<Timestamp> {
    let date =
        || s.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    s.parse().ok().or_else(date)
}
