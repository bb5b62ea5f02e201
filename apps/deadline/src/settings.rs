//! What administrators set.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};
use kit::{ApiError, Time, placeholders};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeadlineSettings {
    pub warnings: Vec<Warning>,
    pub warning_text: String,
    pub hit_text: String,
    pub notify: Recipients,
    /// A ticket field (date or text) that always shows the deadline.
    pub display_field_id: Option<i64>,
    /// How that field is written; looked up when it is chosen, whatever the page says.
    pub display: Option<Display>,
    /// What "end of today" means: `17:00`.
    pub end_of_day: civil::Time,
}

/// How the display field is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    pub kind: FieldKind,
    /// IANA name: that of the administrator who chose the field.
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// `2026-11-23`
    Date,
    /// `2026-11-23 14:30`
    Text,
}

impl Display {
    /// What the field shows of a deadline.
    pub fn text(&self, at: Time) -> String {
        let zone =
            self.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        let format = match self.kind {
            FieldKind::Date => "%Y-%m-%d",
            FieldKind::Text => "%Y-%m-%d %H:%M",
        };
        Zoned::new(at.timestamp(), zone).strftime(format).to_string()
    }
}

/// When a warning is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// So many minutes before the deadline.
    BeforeMinutes(u32),
    /// When so much of the time from setting to deadline is used up.
    Percent(u8),
}

/// Who gets pop-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipients {
    pub assignee: bool,
    pub setter: bool,
    pub group: bool,
}

impl Default for Recipients {
    fn default() -> Self {
        Self { assignee: true, setter: true, group: false }
    }
}

impl Default for DeadlineSettings {
    fn default() -> Self {
        Self {
            warnings: vec![Warning::BeforeMinutes(30)],
            warning_text: "Ticket #{{ticket.id}} has a deadline soon: {{ticket.title}}".into(),
            hit_text: "The deadline of ticket #{{ticket.id}} has passed: {{ticket.title}}".into(),
            notify: Recipients::default(),
            display_field_id: None,
            display: None,
            end_of_day: civil::time(17, 0, 0, 0),
        }
    }
}

impl DeadlineSettings {
    /// Refuses what could not work, with what to do instead.
    pub fn check(&self) -> Result<(), ApiError> {
        let refuse = |field: &str, message: String| {
            Err(ApiError::unprocessable("setting_not_possible", message).arg("field", field))
        };
        if self.warnings.len() > 10 {
            return refuse("warnings", "At most ten warnings are possible. Remove some.".into());
        }
        for warning in &self.warnings {
            match warning {
                Warning::BeforeMinutes(1..=527_040) | Warning::Percent(1..=99) => {}
                Warning::BeforeMinutes(_) => {
                    return refuse(
                        "warnings",
                        "A warning comes 1 minute to 366 days before the deadline.".into(),
                    );
                }
                Warning::Percent(_) => {
                    return refuse(
                        "warnings",
                        "A warning comes when 1 to 99 percent of the time are used up.".into(),
                    );
                }
            }
        }
        for (field, text) in [("warning_text", &self.warning_text), ("hit_text", &self.hit_text)] {
            if let Err(error) = placeholders::validate(text) {
                return refuse(field, format!("The text cannot be used: {error}"));
            }
        }
        Ok(())
    }

    /// The moments of the warnings of a deadline, in order, without those that fall on or before its setting.
    pub fn warning_moments(&self, set_at: Time, at: Time) -> Vec<Time> {
        let span = at.since(set_at);
        let mut moments: Vec<Time> = self
            .warnings
            .iter()
            .map(|warning| match warning {
                Warning::BeforeMinutes(minutes) => at.plus(-SignedDuration::from_mins(i64::from(*minutes))),
                Warning::Percent(percent) => {
                    let micros = span.as_micros() * i128::from(*percent) / 100;
                    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
                    set_at.plus(SignedDuration::from_micros(micros))
                }
            })
            .filter(|moment| *moment > set_at && *moment < at)
            .collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Time {
        Time::from_micros(1_800_000_000_000_000 + minutes * 60_000_000).unwrap()
    }

    #[test]
    fn warnings_come_between_setting_and_deadline() {
        let settings = DeadlineSettings {
            warnings: vec![Warning::Percent(75), Warning::BeforeMinutes(30), Warning::BeforeMinutes(500)],
            ..DeadlineSettings::default()
        };
        assert_eq!(settings.warning_moments(at(0), at(200)), [at(150), at(170)]);
        assert_eq!(settings.warning_moments(at(0), at(20)), [at(15)], "no warning before the setting");
    }

    #[test]
    fn the_display_field_shows_the_local_day() {
        let at = Time::from("2026-11-23T23:30:00Z".parse::<jiff::Timestamp>().unwrap());
        let berlin = |kind| Display { kind, time_zone: Some("Europe/Berlin".into()) };
        assert_eq!(berlin(FieldKind::Date).text(at), "2026-11-24");
        assert_eq!(berlin(FieldKind::Text).text(at), "2026-11-24 00:30");
        assert_eq!(Display { kind: FieldKind::Date, time_zone: None }.text(at), "2026-11-23");
    }

    #[test]
    fn impossible_settings_are_refused_by_field() {
        assert!(DeadlineSettings::default().check().is_ok());
        let bad = DeadlineSettings { warnings: vec![Warning::Percent(100)], ..DeadlineSettings::default() };
        assert!(bad.check().unwrap_err().message().contains("99 percent"));
        let bad = DeadlineSettings { hit_text: "{{ticket.id".into(), ..DeadlineSettings::default() };
        assert_eq!(bad.check().unwrap_err().code(), "setting_not_possible");
    }
}
