//! The words of a query.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::json;

use super::Kind;
use crate::ApiError;

/// A query: what must hold, group by group; within a group one is enough.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) groups: Vec<Vec<Term>>,
    kinds: Vec<Term>,
}

/// One word of a query: `-status<solved` is key, operator and value, negated; a plain word has no key.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) negated: bool,
    pub(super) key: String,
    pub(super) operator: Operator,
    pub(super) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// Whether a comparison with this outcome satisfies it.
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Operator::Is => order.is_eq(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What stands behind the operator.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// In small letters, without quotation marks.
    pub(super) text: String,
    /// Several words that must stand together.
    pub(super) quoted: bool,
    /// The span of time it names, where it names one: a day, a minute, a moment.
    pub(super) time: Option<(Timestamp, Timestamp)>,
}

impl Value {
    fn new(text: &str, now: Timestamp) -> Value {
        let quoted = text.contains('"');
        let text = text.replace('"', "").to_lowercase();
        let time = time(&text, now);
        Value { text, quoted, time }
    }

    /// `none`: nothing is there.
    pub(super) fn is_none(&self) -> bool {
        self.text == "none" && !self.quoted
    }

    /// `*`: anything is there.
    pub(super) fn is_any(&self) -> bool {
        self.text == "*"
    }

    /// The whole value, in any case; a star at its end stands for anything.
    pub(super) fn equals(&self, other: &str) -> bool {
        let other = other.to_lowercase();
        match self.text.strip_suffix('*') {
            Some(start) => other.starts_with(start),
            None => other == self.text,
        }
    }

    /// As words in a text: all of them, or together when they were quoted; a star at the end of a word stands for
    /// its rest.
    pub(super) fn in_text(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        if self.quoted {
            return contains_words(&text, self.text.trim());
        }
        self.text.split_whitespace().all(|word| match word.strip_suffix('*') {
            Some(start) => words_of(&text).any(|w| w.starts_with(start)),
            None => contains_words(&text, word),
        })
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// Whether `wanted` stands in `text` with nothing of a word directly before or behind it.
fn contains_words(text: &str, wanted: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !wanted.is_empty()
        && text.match_indices(wanted).any(|(at, found)| {
            !part(text[..at].chars().next_back()) && !part(text[at + found.len()..].chars().next())
        })
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// 422 for a quotation that does not end and for an operator without a value.
    pub(super) fn parse(text: &str, now: Timestamp) -> Result<Query, ApiError> {
        let (mut groups, mut kinds): (Vec<Vec<Term>>, Vec<Term>) = (Vec::new(), Vec::new());
        for word in split(text)? {
            let term = Term::parse(&word, now)?;
            if term.key == "type" {
                kinds.push(term);
                continue;
            }
            // The same property named twice means either; times and what is excluded must all hold.
            let either = |g: &&mut Vec<Term>| {
                !term.key.is_empty()
                    && g.iter().all(|t| {
                        t.key == term.key
                            && !t.negated
                            && !term.negated
                            && t.operator == Operator::Is
                            && term.operator == Operator::Is
                    })
            };
            match groups.iter_mut().find(either) {
                Some(group) => group.push(term),
                None => groups.push(vec![term]),
            }
        }
        Ok(Query { groups, kinds })
    }

    /// The kinds of records that are meant: those named, else all that are not excluded.
    pub(super) fn kinds(&self) -> BTreeSet<Kind> {
        let named = |negated| {
            let terms = self.kinds.iter().filter(move |t| t.negated == negated);
            terms.filter_map(|t| Kind::parse(&t.value.text)).collect::<BTreeSet<Kind>>()
        };
        let mut wanted = named(false);
        if !self.kinds.iter().any(|t| !t.negated) {
            wanted = BTreeSet::from([Kind::Ticket, Kind::User, Kind::Organization, Kind::Group]);
        }
        &wanted - &named(true)
    }

    /// Whether every group has a term that holds.
    pub(super) fn fits(&self, holds: impl Fn(&Term) -> bool) -> bool {
        self.groups.iter().all(|group| group.iter().any(|term| holds(term) != term.negated))
    }
}

/// The words; what stands in quotation marks stays together and keeps them.
fn split(text: &str) -> Result<Vec<String>, ApiError> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(c);
        }
    }
    if quoted {
        return Err(invalid("a quotation mark is not closed"));
    }
    words.push(word);
    words.retain(|w| !w.is_empty());
    Ok(words)
}

fn invalid(why: &str) -> ApiError {
    let description = format!("Invalid search: {why}");
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, json!({"error": "invalid", "description": description}))
}

impl Term {
    fn parse(word: &str, now: Timestamp) -> Result<Term, ApiError> {
        let (negated, word) = match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, word),
        };
        let plain = |value: &str| Term {
            negated,
            key: String::new(),
            operator: Operator::Is,
            value: Value::new(value, now),
        };
        let at = word.find([':', '<', '>', '"']);
        let Some(at) = at.filter(|at| *at > 0 && !word[*at..].starts_with('"')) else {
            return Ok(plain(word));
        };
        let (key, rest) = word.split_at(at);
        let operators = [
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
            (":", Operator::Is),
        ];
        let found =
            operators.into_iter().find_map(|(sign, o)| rest.strip_prefix(sign).map(|value| (o, value)));
        let Some((operator, value)) = found else { return Ok(plain(word)) };
        // `status:<solved` is written too.
        let (operator, value) = match operators
            .into_iter()
            .find_map(|(sign, o)| Some((o, value.strip_prefix(sign)?)))
        {
            Some((second, value)) if operator == Operator::Is && second != Operator::Is => (second, value),
            _ => (operator, value),
        };
        if value.is_empty() {
            return Err(invalid(&format!("{key} has no value")));
        }
        Ok(Term { negated, key: key.to_lowercase(), operator, value: Value::new(value, now) })
    }
}

/// `2026-11-22`, `2026-11-22T10:00:00Z`, or so much ago: `4hours`, `2weeks`.
fn time(text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let midnight = |d: Date| d.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    if let Ok(day) = text.parse::<Date>()
        && !text.contains('t')
    {
        return Some((midnight(day)?, midnight(day.tomorrow().ok()?)?));
    }
    if let Ok(moment) = text.to_uppercase().parse::<Timestamp>() {
        return Some((moment, moment));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: i64 = number.parse().ok().filter(|n| *n < 10_000)?;
    let span = match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => Span::new().minutes(number),
        "hour" => Span::new().hours(number),
        "day" => Span::new().days(number),
        "week" => Span::new().weeks(number),
        "month" => Span::new().months(number),
        "year" => Span::new().years(number),
        _ => return None,
    };
    let then = now.to_zoned(TimeZone::UTC).checked_sub(span).ok()?.timestamp();
    Some((then, then))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn words_quotes_operators_and_exclusions() {
        let now = at("2026-11-22T10:00:00Z");
        let query =
            Query::parse("-tags:a status<solved \"two words\" subject:\"x y\" plain", now).expect("good");
        let terms: Vec<(bool, &str, Operator, &str)> = query
            .groups
            .iter()
            .flatten()
            .map(|t| (t.negated, t.key.as_str(), t.operator, t.value.text.as_str()))
            .collect();
        assert_eq!(
            terms,
            [
                (true, "tags", Operator::Is, "a"),
                (false, "status", Operator::Less, "solved"),
                (false, "", Operator::Is, "two words"),
                (false, "subject", Operator::Is, "x y"),
                (false, "", Operator::Is, "plain"),
            ]
        );
        assert!(Query::parse("\"open", now).is_err());
        assert!(Query::parse("status:", now).is_err());
    }

    #[test]
    fn the_same_property_twice_means_either_but_times_must_all_hold() {
        let now = at("2026-11-22T10:00:00Z");
        let sizes =
            |text| Query::parse(text, now).expect("good").groups.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes("tags:a tags:b status:open"), [2, 1]);
        assert_eq!(sizes("created>2026-01-01 created<2026-02-01"), [1, 1]);
        assert_eq!(sizes("-tags:a -tags:b"), [1, 1]);
    }

    #[test]
    fn times_are_days_moments_or_so_much_ago() {
        let now = at("2026-11-22T10:00:00Z");
        let day = (at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z"));
        assert_eq!(time("2026-11-01", now), Some(day));
        let four = at("2026-11-22T06:00:00Z");
        assert_eq!(time("4hours", now), Some((four, four)));
        assert_eq!(time("1month", now).map(|t| t.0), Some(at("2026-10-22T10:00:00Z")));
        assert_eq!(time("soon", now), None);
    }

    #[test]
    fn whole_words_are_found_and_beginnings_with_a_star() {
        let now = at("2026-11-22T10:00:00Z");
        let found = |query: &str, text: &str| Value::new(query, now).in_text(text);
        assert!(found("printer", "The Printer's jammed"));
        assert!(!found("print", "The printer"));
        assert!(found("print*", "The printer"));
        assert!(found("\"two words\"", "These two words here"));
        assert!(!found("\"two words\"", "two other words"));
    }
}
