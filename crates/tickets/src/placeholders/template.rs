//! A text with placeholders: checked when the administrator saves it, rendered within bounds.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::OnceLock;

use liquid::{Parser, ParserBuilder};

use super::values::Values;

/// Characters of a template at most.
pub const MAX_TEMPLATE: usize = 4000;
/// Tags (`{% … %}`) and brackets at most: they nest, and nesting costs stack.
const MAX_NESTING: usize = 50;

/// A text with placeholders that can be rendered.
pub struct Template(liquid::Template);

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(…)")
    }
}

/// Why a text cannot be used. The message is for the administrator who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct TemplateError {
    pub message: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl TemplateError {
    fn at_start(message: impl Into<String>) -> Self {
        Self { message: message.into(), line: 1, column: 1 }
    }

    /// liquid's message is a drawing: ` --> 1:5`, the line, a caret, ` = what was expected`; or a word and what it was about.
    fn from_liquid(error: &liquid::Error, text: &str) -> Self {
        let drawing = error.to_string();
        let behind = |mark: &str| drawing.lines().find_map(|line| Some(line.split_once(mark)?.1.trim()));
        let subject = behind("requested=").or_else(|| behind("requested filter="));
        let place = behind("--> ").and_then(|place| {
            let (line, column) = place.split_once(':')?;
            Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
        });
        let (line, column) = place.or_else(|| place_of(text, subject?)).unwrap_or((1, 1));
        let first = drawing.lines().next().unwrap_or_default().trim_start_matches("liquid:").trim();
        let reason = behind(" = ").unwrap_or(first).trim_end_matches('.');
        let message = match subject {
            Some(subject) => format!("{reason}: {subject}"),
            None => reason.to_owned(),
        };
        Self { message, line, column }
    }
}

/// Line and column of the first occurrence.
fn place_of(text: &str, word: &str) -> Option<(usize, usize)> {
    let before = text.split_once(word)?.0;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}

/// Conditions and the filters that work on one text. No loops, no assignments and no `replace`: with them a short text could
/// render for ever or become endlessly long. No `date`: it would read the machine's clock.
fn parser() -> Option<&'static Parser> {
    use liquid_lib::stdlib as std;
    static PARSER: OnceLock<Option<Parser>> = OnceLock::new();
    let build = || {
        ParserBuilder::new()
            .block(std::IfBlock)
            .block(std::UnlessBlock)
            .block(std::CaseBlock)
            .block(std::CommentBlock)
            .block(std::RawBlock)
            .filter(std::Append)
            .filter(std::Capitalize)
            .filter(std::Default)
            .filter(std::Downcase)
            .filter(std::Escape)
            .filter(std::Prepend)
            .filter(std::Remove)
            .filter(std::Size)
            .filter(std::Strip)
            .filter(std::StripHtml)
            .filter(std::StripNewlines)
            .filter(std::Truncate)
            .filter(std::TruncateWords)
            .filter(std::Upcase)
            .filter(std::UrlEncode)
            .build()
            .ok()
    };
    PARSER.get_or_init(build).as_ref()
}

impl Template {
    /// Reads a text. Refuses what Liquid cannot read, unknown tags and filters, and what is too long or too deep.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.chars().count() > MAX_TEMPLATE {
            return Err(TemplateError::at_start(format!(
                "the text is longer than {MAX_TEMPLATE} characters"
            )));
        }
        if text.matches("{%").count() > MAX_NESTING || text.matches('[').count() > MAX_NESTING {
            return Err(TemplateError::at_start(format!("more than {MAX_NESTING} tags or brackets")));
        }
        let parser = parser().ok_or_else(|| TemplateError::at_start("templates are not available"))?;
        parser.parse(text).map(Self).map_err(|error| TemplateError::from_liquid(&error, text))
    }

    /// The text with its values, at most `max_chars` (at least 1) characters; a longer one ends with `…`.
    ///
    /// A filter that cannot work on the value it gets ends the text where it stands: better the beginning than nothing.
    pub fn render(&self, values: &Values, max_chars: usize) -> String {
        // A character has at most four bytes, and one more than allowed shows that the text is longer.
        let mut out = Bounded { text: Vec::new(), room: (max_chars + 1) * 4 };
        if let Err(error) = self.0.render_to(&mut out, values.as_object())
            && out.room > 0
        {
            // liquid's message quotes the value: only that it happened is logged.
            drop(error);
            tracing::warn!("a filter in an administrator's text could not work on its value");
        }
        let text = String::from_utf8_lossy(&out.text);
        let mut shown: String = text.chars().take(max_chars).collect();
        if shown.len() < text.len() {
            shown.pop();
            shown.push('…');
        }
        shown
    }
}

/// Takes so many bytes and then no more.
struct Bounded {
    text: Vec<u8>,
    room: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room);
        self.text.extend(bytes.iter().take(taken));
        self.room -= taken;
        if taken < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the text can be used: for the form in which an administrator writes it.
pub fn validate(text: &str) -> Result<(), TemplateError> {
    let template = Template::parse(text)?;
    // What fails without values would fail in front of agents: `{{ ticket.title | truncate: "x" }}`.
    let mut out = Bounded { text: Vec::new(), room: usize::MAX };
    let rendered = template.0.render_to(&mut out, Values::default().as_object());
    rendered.map_err(|error| TemplateError::from_liquid(&error, text))
}

/// What must be read from Zendesk to render a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needed {
    /// Anything of the ticket beyond its id and link.
    pub ticket: bool,
    pub comments: bool,
    pub assignee: bool,
    /// The assignee's group: the group the ticket is in.
    pub group: bool,
    pub requester: bool,
    pub organization: bool,
    /// Fields whose option's name is shown instead of its value.
    pub option_titles: BTreeSet<i64>,
}

impl Needed {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Needed) -> Needed {
        self.ticket |= other.ticket;
        self.comments |= other.comments;
        self.assignee |= other.assignee;
        self.group |= other.group;
        self.requester |= other.requester;
        self.organization |= other.organization;
        self.option_titles.extend(other.option_titles);
        self
    }

    /// Nothing need be read.
    pub fn is_nothing(&self) -> bool {
        *self == Needed::default()
    }
}

/// What a text mentions. Looks at the words, not at the grammar: it may name too much, never too little.
pub fn needed(text: &str) -> Needed {
    let mut needed = Needed::default();
    // `ticket["title"]` and the like are written as paths first.
    let text: String =
        text.chars().map(|c| if matches!(c, '[' | ']' | '"' | '\'') { '.' } else { c }).collect();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    for word in text.split(|c| !is_part(c)) {
        let mut parts = word.split('.').filter(|part| !part.is_empty()).skip_while(|part| *part != "ticket");
        if parts.next().is_none() {
            continue;
        }
        match parts.next() {
            None | Some("id" | "link") => {}
            Some("comments_formatted") => needed.comments = true,
            Some("assignee") => {
                needed.ticket = true;
                match parts.next() {
                    Some("group") => needed.group = true,
                    _ => needed.assignee = true,
                }
            }
            Some("requester") => (needed.ticket, needed.requester) = (true, true),
            Some("organization") => (needed.ticket, needed.organization) = (true, true),
            Some(name) => {
                needed.ticket = true;
                if let Some(id) =
                    name.strip_prefix("ticket_field_option_title_").and_then(|id| id.parse().ok())
                {
                    needed.option_titles.insert(id);
                }
            }
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> Values {
        let mut values = Values::default();
        let mut set = |path: &[&str], value: &str| values.set(path, Some(value.to_owned()));
        set(&["ticket", "id"], "123");
        set(&["ticket", "title"], "Printer <b>on fire</b>");
        set(&["ticket", "priority"], "");
        set(&["ticket", "assignee", "name"], "Ann");
        set(&["ticket", "assignee", "group", "name"], "Support");
        set(&["ticket", "ticket_field_77"], "blue");
        values
    }

    fn render(text: &str) -> String {
        validate(text).unwrap();
        Template::parse(text).unwrap().render(&values(), 1000)
    }

    #[test]
    fn values_are_shown_and_what_is_missing_is_nothing() {
        assert_eq!(render("#{{ticket.id}}: {{ ticket.title }}"), "#123: Printer <b>on fire</b>");
        assert_eq!(render("{{ticket.assignee.name}} of {{ticket.assignee.group.name}}"), "Ann of Support");
        assert_eq!(render("{{ticket[\"assignee\"]['name']}} {{ticket.ticket_field_77}}"), "Ann blue");
        for nothing in [
            "{{ticket.priority}}",
            "{{ticket.unknown}}",
            "{{ticket.unknown.deeper.still}}",
            "{{nobody.knows.this}}",
            "{{ticket.title.first.name}}",
            "{{ticket}}",
            "{{ticket.assignee}}",
            "{{ticket.assignee.custom_fields.region}}",
            "{{ticket.unknown | upcase | append: \"\"}}",
        ] {
            assert_eq!(render(&format!("a{nothing}b")), "ab", "{nothing}");
        }
    }

    #[test]
    fn conditions_ask_whether_something_is_known() {
        assert_eq!(render("{% if ticket.priority %}P{% else %}none{% endif %}"), "none");
        assert_eq!(render("{% if ticket.assignee.name == 'Ann' %}yes{% endif %}"), "yes");
        assert_eq!(render("{% if ticket.unknown.name == 'Ann' %}yes{% else %}no{% endif %}"), "no");
        assert_eq!(render("{% if ticket.id == ticket.title %}same{% else %}not{% endif %}"), "not");
        assert_eq!(render("{% if ticket.title == ticket.title %}same{% else %}not{% endif %}"), "same");
        assert_eq!(
            render("{% if ticket.assignee %}yes{% endif %}{% if ticket.organization %}no{% endif %}"),
            "yes"
        );
        assert_eq!(render("{% unless ticket.organization.name %}private{% endunless %}"), "private");
        assert_eq!(render("{% case ticket.id %}{% when '123' %}it{% else %}other{% endcase %}"), "it");
        assert_eq!(render("{{ ticket.priority | default: 'normal' }}"), "normal");
        assert_eq!(render("{{ ticket.title | strip_html | upcase | truncate: 10 }}"), "PRINTER...");
        assert_eq!(render("{% comment %}x{% endcomment %}{% raw %}{{a}}{% endraw %}"), "{{a}}");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (text, line, column) in [
            ("Hello {{ ticket.title", 1, 10),
            ("one\n{% if ticket.id %}two", 2, 22),
            ("one\n{{ ticket.title | shout }}", 2, 19),
            ("{% for i in (1..9) %}{% endfor %}", 1, 4),
            ("{% assign a = ticket.title %}", 1, 4),
            ("{{ ticket.title | truncate: 'x' }}", 1, 1),
            ("{{ ticket[ticket.unknown] }}", 1, 1),
        ] {
            let error = validate(text).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
            assert!(!error.message.contains("-->") && !error.message.contains('\n'), "{error}");
        }
        assert_eq!(validate("{{ ticket.title | shout }}").unwrap_err().message, "Unknown filter: shout");
        assert_eq!(validate("{% for i in (1..9) %}{% endfor %}").unwrap_err().message, "Unknown tag: for");
        assert!(validate(&"x".repeat(MAX_TEMPLATE + 1)).is_err());
        assert!(validate(&"{% if a %}".repeat(400)).is_err());
        assert!(validate(&format!("{{{{ {} }}}}", "a[".repeat(900))).is_err());
    }

    #[test]
    fn the_text_is_bounded() {
        let template = Template::parse("{{ticket.title}}{{ticket.title}}").unwrap();
        assert_eq!(template.render(&values(), 8), "Printer…");
        assert_eq!(Template::parse("äöü").unwrap().render(&values(), 3), "äöü");
        assert_eq!(Template::parse("äöüß").unwrap().render(&values(), 3), "äö…");
        // As deep as is allowed.
        let deep = format!("{}x{}", "{% if ticket.id %}".repeat(25), "{% endif %}".repeat(25));
        assert_eq!(render(&deep), "x");
    }

    #[test]
    fn only_what_is_mentioned_is_needed() {
        let none = Needed::default();
        assert_eq!(needed("nothing here, ticket by ticket"), none);
        assert_eq!(needed("{{ticket.id}} {{ticket.link}}"), none);
        assert_eq!(needed("{{ticket.title}}"), Needed { ticket: true, ..none.clone() });
        let assignee = Needed { ticket: true, assignee: true, ..none.clone() };
        assert_eq!(needed("{{ ticket.assignee.name }}"), assignee);
        assert_eq!(needed("{{ticket['assignee'][\"name\"]}}"), assignee);
        assert_eq!(
            needed("{% if ticket.assignee.group.name %}"),
            Needed { ticket: true, group: true, ..none.clone() }
        );
        let all =
            needed("{{ticket.requester.email}}{{ticket.organization.name}}{{ticket.comments_formatted}}");
        assert!(all.requester && all.organization && all.comments && !all.assignee);
        assert_eq!(needed("{{ticket.ticket_field_option_title_42}}").option_titles, BTreeSet::from([42]));
        assert!(needed("{{ticket.id}}").and(assignee).assignee);
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in "[{}%|.a-z\\[\\]'\" ]{0,60}", max in 1usize..40) {
            if let Ok(template) = Template::parse(&text) {
                prop_assert!(template.render(&values(), max).chars().count() <= max);
            }
            let _ = needed(&text);
        }
    }
}
