//! What a deadline is and when it may be set: pure rules, no database, no HTTP.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use kit::{Status, Time};
use serde::{Deserialize, Serialize};

pub const TAG_PENDING: &str = "deadline_pending";
pub const TAG_NOW: &str = "deadline_now";
pub const TAG_WHILE_SOLVED: &str = "deadline_while_solved";

kit::id!(
    /// A deadline.
    DeadlineId,
    "dl"
);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It lies ahead.
    Pending,
    /// It passed while the ticket was not solved.
    Hit,
    /// It passed while the ticket was solved.
    HitWhileSolved,
    /// An agent or a trigger took it back.
    Cleared,
    /// The ticket was closed, deleted or merged before.
    Void,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Hit => "hit",
            Self::HitWhileSolved => "hit_while_solved",
            Self::Cleared => "cleared",
            Self::Void => "void",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Hit, Self::HitWhileSolved, Self::Cleared, Self::Void]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// What a deadline becomes when its moment comes and the ticket has this status (`None`: Zendesk has no such ticket).
    pub fn when_hit(ticket: Option<Status>) -> Self {
        match ticket {
            None | Some(Status::Closed | Status::Deleted) => Self::Void,
            Some(Status::Solved) => Self::HitWhileSolved,
            Some(_) => Self::Hit,
        }
    }
}

/// Which tags a step adds and removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TagChange {
    pub add: &'static [&'static str],
    pub remove: &'static [&'static str],
}

/// The tags that change when a deadline goes from one state to another; `None` where the ticket stays as it is.
pub(crate) fn tag_change(from: Option<State>, to: State) -> Option<TagChange> {
    match (from, to) {
        // Moved: nothing but the time changes.
        (Some(State::Pending), State::Pending) => None,
        (_, State::Pending) => Some(TagChange { add: &[TAG_PENDING], remove: &[TAG_NOW, TAG_WHILE_SOLVED] }),
        (_, State::Hit) => Some(TagChange { add: &[TAG_NOW], remove: &[TAG_PENDING] }),
        (_, State::HitWhileSolved) => Some(TagChange { add: &[TAG_WHILE_SOLVED], remove: &[TAG_PENDING] }),
        (Some(State::Pending), State::Cleared) => Some(TagChange { add: &[], remove: &[TAG_PENDING] }),
        // It had no tag of its own any more, or the ticket cannot be changed.
        (_, State::Cleared | State::Void) => None,
    }
}

/// A moment as an agent or a trigger states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct When {
    /// RFC 3339 with an offset.
    pub at: Option<String>,
    /// `2026-11-23T14:30`, read in `time_zone`.
    pub local: Option<String>,
    /// IANA name; UTC where it is missing.
    pub time_zone: Option<String>,
    /// From now, around the clock: `4h`, `90 min`, `3d`, `2h30m`.
    #[serde(rename = "in")]
    pub after: Option<String>,
}

/// A moment that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Understood {
    pub at: Time,
    /// The local time that was asked for does not exist (clocks go forward over it): this one was taken instead.
    pub shifted_to: Option<DateTime>,
}

/// Why a moment cannot be a deadline. Texts for people: what is wrong, then what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WhenError {
    #[error(
        "{0} Give one of: at (2026-11-23T14:30:00+01:00), local (2026-11-23T14:30) with time_zone, in (4h, 90 min, 3d)."
    )]
    NotUnderstood(String),
    #[error("in the past: {time} is {ago} ago in {zone}. Choose a time that lies ahead.")]
    InPast { time: String, ago: String, zone: String },
    #[error("more than ten years ahead. Choose a time before {0}.")]
    TooFar(String),
}

impl WhenError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotUnderstood(_) => "not_understood",
            Self::InPast { .. } => "in_past",
            Self::TooFar(_) => "too_far",
        }
    }
}

impl When {
    /// The moment that is meant, seen from `now`.
    pub(crate) fn understand(&self, now: Time) -> Result<Understood, WhenError> {
        let zone = self.zone()?;
        let understood = match (&self.at, &self.local, &self.after) {
            (Some(at), None, None) => at
                .trim()
                .parse::<Timestamp>()
                .map(|at| Understood { at: at.into(), shifted_to: None })
                .map_err(|_| not_understood(at))?,
            (None, Some(local), None) => from_local(local, &zone)?,
            (None, None, Some(after)) => {
                let after = parse_duration(after).ok_or_else(|| not_understood(after))?;
                Understood { at: now.plus(after), shifted_to: None }
            }
            _ => return Err(WhenError::NotUnderstood("Exactly one time must be given.".into())),
        };
        check(understood.at, now, &zone)?;
        Ok(understood)
    }

    fn zone(&self) -> Result<TimeZone, WhenError> {
        match self.time_zone.as_deref() {
            None | Some("") => Ok(TimeZone::UTC),
            Some(name) => TimeZone::get(name)
                .map_err(|_| WhenError::NotUnderstood(format!("There is no time zone \"{name}\"."))),
        }
    }
}

fn not_understood(text: &str) -> WhenError {
    let text: String = text.chars().take(40).collect();
    WhenError::NotUnderstood(format!("\"{text}\" is no time."))
}

/// A local time that the clocks skip becomes the one as much later; one that comes twice is the first of the two.
fn from_local(text: &str, zone: &TimeZone) -> Result<Understood, WhenError> {
    let local: DateTime = text.trim().parse().map_err(|_| not_understood(text))?;
    let ambiguous = zone.to_ambiguous_zoned(local);
    let skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let zoned = ambiguous.compatible().map_err(|_| not_understood(text))?;
    Ok(Understood { at: zoned.timestamp().into(), shifted_to: skipped.then(|| zoned.datetime()) })
}

fn check(at: Time, now: Time, zone: &TimeZone) -> Result<(), WhenError> {
    if at <= now {
        let local = Zoned::new(at.timestamp(), zone.clone());
        let today = Zoned::new(now.timestamp(), zone.clone()).date();
        let time = if local.date() == today {
            local.strftime("%H:%M").to_string()
        } else {
            local.strftime("%Y-%m-%d %H:%M").to_string()
        };
        return Err(WhenError::InPast {
            time,
            ago: in_words(now.since(at)),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        });
    }
    let limit = Zoned::new(now.timestamp(), zone.clone()).saturating_add(10.years());
    if at.timestamp() > limit.timestamp() {
        return Err(WhenError::TooFar(limit.strftime("%Y-%m-%d").to_string()));
    }
    Ok(())
}

/// `12 minutes`, `3 hours`, `2 days`: the largest unit, rounded down, at least one minute.
fn in_words(span: SignedDuration) -> String {
    let (count, unit) = match span.as_mins() {
        minutes if minutes < 60 => (minutes.max(1), "minute"),
        minutes if minutes < 48 * 60 => (minutes / 60, "hour"),
        minutes => (minutes / (24 * 60), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// `4h`, `90 min`, `3d`, `2h30m`, `1 week`: numbers with units, added up, around the clock. `None` for anything else and for
/// nothing at all.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let mut rest = text.trim();
    let mut total = SignedDuration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at_checked(digits)?;
        let number: i64 = number.parse().ok()?;
        let tail = tail.trim_start();
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at_checked(letters)?;
        let seconds = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => return None,
        };
        total = total.checked_add(SignedDuration::from_secs(number.checked_mul(seconds)?))?;
        rest = tail.trim_start();
    }
    total.is_positive().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(text: &str) -> Time {
        text.parse::<Timestamp>().unwrap().into()
    }

    fn local(text: &str, zone: &str) -> When {
        When { local: Some(text.into()), time_zone: Some(zone.into()), ..When::default() }
    }

    #[test]
    fn tags_follow_the_table() {
        use State::*;
        let pending = Some(TagChange { add: &[TAG_PENDING], remove: &[TAG_NOW, TAG_WHILE_SOLVED] });
        assert_eq!(tag_change(None, Pending), pending);
        assert_eq!(tag_change(Some(Pending), Pending), None, "moved");
        for ended in [Hit, HitWhileSolved, Cleared, Void] {
            assert_eq!(tag_change(Some(ended), Pending), pending, "moved forward again");
        }
        assert_eq!(tag_change(Some(Pending), Cleared).unwrap().remove, [TAG_PENDING]);
        assert_eq!(tag_change(Some(Hit), Cleared), None);
        assert_eq!(
            tag_change(Some(Pending), Hit),
            Some(TagChange { add: &[TAG_NOW], remove: &[TAG_PENDING] })
        );
        assert_eq!(tag_change(Some(Pending), HitWhileSolved).unwrap().add, [TAG_WHILE_SOLVED]);
        assert_eq!(tag_change(Some(Pending), Void), None, "nothing is sent to a closed ticket");
    }

    #[test]
    fn the_state_at_the_moment_depends_on_the_ticket() {
        assert_eq!(State::when_hit(Some(Status::Open)), State::Hit);
        assert_eq!(State::when_hit(Some(Status::Pending)), State::Hit);
        assert_eq!(State::when_hit(Some(Status::Solved)), State::HitWhileSolved);
        assert_eq!(State::when_hit(Some(Status::Closed)), State::Void);
        assert_eq!(State::when_hit(Some(Status::Deleted)), State::Void);
        assert_eq!(State::when_hit(None), State::Void);
    }

    #[test]
    fn a_skipped_local_time_is_shifted_and_said() {
        let now = time("2026-03-20T12:00:00Z");
        let understood = local("2026-03-29T02:30", "Europe/Berlin").understand(now).unwrap();
        assert_eq!(understood.at, time("2026-03-29T01:30:00Z"));
        assert_eq!(understood.shifted_to.unwrap().to_string(), "2026-03-29T03:30:00");
        let usual = local("2026-03-28T02:30", "Europe/Berlin").understand(now).unwrap();
        assert_eq!((usual.at, usual.shifted_to), (time("2026-03-28T01:30:00Z"), None));
        let twice = local("2026-10-25T02:30", "Europe/Berlin").understand(now).unwrap();
        assert_eq!(twice.at, time("2026-10-25T00:30:00Z"), "the first of the two");
    }

    #[test]
    fn the_past_is_refused_in_words() {
        let now = time("2026-11-23T13:17:30Z");
        let error = local("2026-11-23T14:05", "Europe/Berlin").understand(now).unwrap_err();
        assert!(
            error.to_string().starts_with("in the past: 14:05 is 12 minutes ago in Europe/Berlin"),
            "{error}"
        );
        let error =
            When { at: Some("2026-11-20T10:00:00Z".into()), ..When::default() }.understand(now).unwrap_err();
        assert!(
            error.to_string().starts_with("in the past: 2026-11-20 10:00 is 3 days ago in UTC"),
            "{error}"
        );
        let exactly_now = When { at: Some(now.to_string()), ..When::default() };
        assert_eq!(exactly_now.understand(now).unwrap_err().code(), "in_past");
    }

    #[test]
    fn ten_years_are_the_limit() {
        let now = time("2026-11-23T13:17:30Z");
        let at = |text: &str| When { at: Some(text.into()), ..When::default() }.understand(now);
        assert!(at("2036-11-23T13:17:00Z").is_ok());
        assert_eq!(at("2036-11-23T13:18:00Z").unwrap_err().code(), "too_far");
    }

    #[test]
    fn nonsense_is_refused_with_examples() {
        let now = time("2026-11-23T13:17:30Z");
        for when in [
            When::default(),
            When { at: Some("tomorrow".into()), ..When::default() },
            When { after: Some("4".into()), ..When::default() },
            When { after: Some("99999999999999999999h".into()), ..When::default() },
            When { after: Some("4h".into()), at: Some("2026-11-24T00:00:00Z".into()), ..When::default() },
            local("2026-11-24T10:00", "Europe/Nowhere"),
            local("24.11.2026", "Europe/Berlin"),
        ] {
            let error = when.understand(now).unwrap_err();
            assert_eq!(error.code(), "not_understood", "{when:?}");
            assert!(error.to_string().contains("4h"), "{error}");
        }
    }

    #[test]
    fn durations() {
        let hours = |n| Some(SignedDuration::from_hours(n));
        assert_eq!(parse_duration("4h"), hours(4));
        assert_eq!(parse_duration(" 3d "), hours(72));
        assert_eq!(parse_duration("2h30m"), Some(SignedDuration::from_mins(150)));
        assert_eq!(parse_duration("90 min"), Some(SignedDuration::from_mins(90)));
        assert_eq!(parse_duration("1 day 2 hours"), hours(26));
        for bad in
            ["", "h", "4", "-4h", "4h-2h", "0h", "4 fortnights", "4.5h", "ü", "9999999999999999999999d"]
        {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_durations_never_panics(text in ".{0,40}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn what_was_understood_lies_ahead(minutes in 1i64..5_000_000, zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"])) {
            let now = time("2026-11-23T13:17:30Z");
            let tz = TimeZone::get(zone).unwrap();
            let wanted = now.plus(SignedDuration::from_mins(minutes));
            let civil = Zoned::new(wanted.timestamp(), tz).datetime();
            let understood = local(&civil.to_string(), zone).understand(now).unwrap();
            prop_assert!(understood.at > now);
            // The second of two equal local times is read as the first: an hour at most.
            prop_assert!(wanted.since(understood.at).as_secs().abs() <= 3600);
        }
    }
}
