//! Values for a text, in a form in which nothing is ever missing.

use std::fmt;

use liquid::model::{DisplayCow, KStringCow, ObjectView, ScalarCow, State, Value, ValueView};

/// The values that one text may mention. Never stored.
#[derive(Clone)]
pub struct Values(Lenient);

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values(…)")
    }
}

impl Default for Values {
    /// Nothing is known: every placeholder renders as nothing.
    fn default() -> Self {
        Self(Lenient::Object(Vec::new()))
    }
}

impl Values {
    /// Sets a value by its path: `ticket.assignee.name`. An empty text counts as nothing, so that `if` can ask for it.
    /// A path through a value that is a text has no effect.
    pub(crate) fn set(&mut self, path: &[&str], value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.set(path, value);
        }
    }

    pub(crate) fn as_object(&self) -> &dyn ObjectView {
        &self.0
    }
}

/// A text, things with names, or nothing; of nothing every part is nothing again.
#[derive(Debug, Clone, PartialEq)]
enum Lenient {
    Nothing,
    Text(String),
    Object(Vec<(String, Lenient)>),
}

static NOTHING: Lenient = Lenient::Nothing;

impl Lenient {
    fn set(&mut self, path: &[&str], value: String) {
        let [name, rest @ ..] = path else {
            *self = Lenient::Text(value);
            return;
        };
        let Lenient::Object(entries) = self else { return };
        let place = entries.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            entries.push(((*name).to_owned(), Lenient::Object(Vec::new())));
            entries.len() - 1
        });
        if let Some((_, entry)) = entries.get_mut(place) {
            entry.set(rest, value);
        }
    }

    /// Only texts are shown: `{{ticket}}` alone is nothing.
    fn text(&self) -> &str {
        match self {
            Lenient::Text(text) => text,
            _ => "",
        }
    }
}

impl ValueView for Lenient {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        DisplayCow::Owned(Box::new(self.text()))
    }

    fn source(&self) -> DisplayCow<'_> {
        self.render()
    }

    fn type_name(&self) -> &'static str {
        match self {
            Lenient::Nothing => "nil",
            Lenient::Text(_) => "string",
            Lenient::Object(_) => "object",
        }
    }

    fn query_state(&self, state: State) -> bool {
        let present = *self != Lenient::Nothing;
        match state {
            State::Truthy => present,
            State::DefaultValue | State::Empty | State::Blank => !present,
        }
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        KStringCow::from_ref(self.text())
    }

    fn to_value(&self) -> Value {
        match self {
            Lenient::Nothing => Value::Nil,
            Lenient::Text(text) => Value::scalar(text.clone()),
            // Not nothing, so that `if` finds it, but nothing to show.
            Lenient::Object(_) => Value::scalar(""),
        }
    }

    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        match self {
            Lenient::Text(text) => Some(ScalarCow::new(text.as_str())),
            _ => None,
        }
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        // Also for nothing and for a text, so that their parts can be asked for.
        Some(self)
    }

    fn is_nil(&self) -> bool {
        *self == Lenient::Nothing
    }
}

impl ObjectView for Lenient {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        i64::try_from(self.iter().count()).unwrap_or(i64::MAX)
    }

    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        Box::new(self.iter().map(|(name, _)| name))
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(self.iter().map(|(_, value)| value))
    }

    /// liquid compares two of these part by part: a text has itself as its one part, which has no name.
    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        match self {
            Lenient::Nothing => Box::new(std::iter::empty()),
            Lenient::Text(text) => {
                Box::new(std::iter::once((KStringCow::from_ref(""), text as &dyn ValueView)))
            }
            Lenient::Object(entries) => Box::new(
                entries.iter().map(|(name, value)| (KStringCow::from_ref(name), value as &dyn ValueView)),
            ),
        }
    }

    fn contains_key(&self, _: &str) -> bool {
        true
    }

    fn get<'s>(&'s self, index: &str) -> Option<&'s dyn ValueView> {
        self.iter().find(|(name, _)| name.as_str() == index).map(|(_, value)| value).or(Some(&NOTHING))
    }
}
