//! What the apps did, when, why, on whose authorization: one line for everything that an app does or wishes.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};
use store::{Json, Time, Tx, sql};

/// Lines of one page at most.
const MAX_PAGE: u32 = 200;
/// Rows of one statement: both databases take some 30,000 values.
const CHUNK: usize = 1000;

/// Why something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An agent did it, in a page. The name as it was then.
    Agent { id: i64, name: String },
    /// A Zendesk trigger called the webhook; `invocation` is Zendesk's id of the call.
    Trigger { invocation: String },
    /// Its time had come.
    Timer,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not sent yet.
    Waiting,
    /// Zendesk confirmed it.
    Sent,
    /// Zendesk confirmed a later change of the same ticket, which carried it.
    Merged,
    /// Zendesk refused it for good.
    Refused,
    /// Waits for an administrator to authorise.
    Parked,
    /// Happened in Aerie itself; there is nothing to send.
    Done,
}

/// A line to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The app, by folder name.
    pub app: String,
    pub ticket_id: Option<i64>,
    /// What happened: `deadline.set`, `tickets.changed`. The app that owns the code has its sentence.
    pub code: &'static str,
    /// What the sentence needs: ids, tags, times. Never a text of a customer.
    pub args: Value,
    pub cause: Cause,
    pub progress: Progress,
}

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: i64,
    pub at: Time,
    pub ticket_id: Option<i64>,
    pub app: String,
    pub code: String,
    pub args: Value,
    pub cause: Cause,
    /// The administrator on whose authorization it was sent.
    pub authorization_of: Option<String>,
    pub progress: Progress,
    /// Why it was refused: `closed`, `not_found`, `not_allowed`, `invalid`, `not_declared`, …
    pub result_code: Option<String>,
    /// The same as an English sentence.
    pub result_detail: Option<String>,
}

/// Which lines.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub app: Option<String>,
    pub ticket_id: Option<i64>,
    /// Where the page before ended: [`Page::next`].
    pub cursor: Option<Cursor>,
    /// At most so many lines, 200 in any case.
    pub limit: u32,
}

/// Lines, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// There are older ones behind it.
    pub next: Option<Cursor>,
}

/// A place between two lines. In text `1795424400000000-17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    at: Time,
    id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.micros(), self.id)
    }
}

/// The text is none of our cursors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (at, id) = text.rsplit_once('-').ok_or(BadCursor)?;
        let at = Time::from_micros(at.parse().map_err(|_| BadCursor)?).ok_or(BadCursor)?;
        Ok(Self { at, id: id.parse().map_err(|_| BadCursor)? })
    }
}

impl Progress {
    pub fn as_str(self) -> &'static str {
        match self {
            Progress::Waiting => "waiting",
            Progress::Sent => "sent",
            Progress::Merged => "merged",
            Progress::Refused => "refused",
            Progress::Parked => "parked",
            Progress::Done => "done",
        }
    }

    fn parse(text: &str) -> Result<Self, store::Error> {
        [Self::Waiting, Self::Sent, Self::Merged, Self::Refused, Self::Parked, Self::Done]
            .into_iter()
            .find(|progress| progress.as_str() == text)
            .ok_or_else(|| store::Error::Unreadable(format!("\"{text}\" is no result of an activity")))
    }
}

impl Cause {
    /// `agent`, `trigger`, `timer`.
    pub fn kind(&self) -> &'static str {
        match self {
            Cause::Agent { .. } => "agent",
            Cause::Trigger { .. } => "trigger",
            Cause::Timer => "timer",
        }
    }

    fn columns(&self) -> (Option<String>, Option<String>) {
        match self {
            Cause::Agent { id, name } => (Some(id.to_string()), Some(name.clone())),
            Cause::Trigger { invocation } => (Some(invocation.clone()), None),
            Cause::Timer => (None, None),
        }
    }

    fn parse(kind: &str, id: Option<String>, text: Option<String>) -> Result<Self, store::Error> {
        let unreadable = || store::Error::Unreadable(format!("\"{kind}\" is no cause of an activity"));
        match kind {
            "agent" => {
                let id = id.and_then(|id| id.parse().ok()).ok_or_else(unreadable)?;
                Ok(Cause::Agent { id, name: text.unwrap_or_default() })
            }
            "trigger" => Ok(Cause::Trigger { invocation: id.unwrap_or_default() }),
            "timer" => Ok(Cause::Timer),
            _ => Err(unreadable()),
        }
    }
}

impl fmt::Display for Cause {
    /// As an English phrase for a screen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Agent { name, id } if name.is_empty() => write!(f, "agent {id}"),
            Cause::Agent { name, .. } => f.write_str(name),
            Cause::Trigger { invocation } => write!(f, "a Zendesk trigger (call {invocation})"),
            Cause::Timer => f.write_str("its time had come"),
        }
    }
}

impl Entry {
    /// The English sentence of a line that this crate writes; `None` for the apps' own codes.
    pub fn own_sentence(&self) -> Option<String> {
        let list = |name: &str| -> Vec<String> {
            let items = self.args[name].as_array().into_iter().flatten();
            items.map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
        };
        match self.code.as_str() {
            crate::state::CHANGED => {
                let parts =
                    [("added the tag", "add"), ("removed the tag", "remove"), ("set the field", "fields")];
                let parts: Vec<String> = parts
                    .into_iter()
                    .filter_map(|(verb, name)| {
                        let items = list(name);
                        let plural = if items.len() > 1 { "s" } else { "" };
                        (!items.is_empty()).then(|| format!("{verb}{plural} {}", items.join(", ")))
                    })
                    .collect();
                let mut sentence = parts.join(", ");
                if let Some(first) = sentence.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                Some(sentence)
            }
            crate::notify::NOTIFIED => Some("Showed an in-app notification".to_owned()),
            _ => None,
        }
    }
}

/// Writes a line; answers its id.
pub async fn record(tx: &mut Tx, line: Line) -> store::Result<i64> {
    let ids = record_many(tx, vec![line]).await?;
    ids.first().copied().ok_or_else(|| store::Error::Unreadable("the line was not written".into()))
}

/// Writes lines; answers their ids in the same order.
pub async fn record_many(tx: &mut Tx, lines: Vec<Line>) -> store::Result<Vec<i64>> {
    let now = tx.now();
    let mut ids = Vec::with_capacity(lines.len());
    for chunk in lines.chunks(CHUNK) {
        let mut rows = Vec::with_capacity(chunk.len());
        for line in chunk {
            let (cause_id, cause_text) = line.cause.columns();
            rows.push(vec![
                now.into(),
                line.ticket_id.into(),
                (&line.app).into(),
                line.code.into(),
                Json(&line.args).to_value()?,
                line.cause.kind().into(),
                cause_id.into(),
                cause_text.into(),
                line.progress.as_str().into(),
            ]);
        }
        let insert =
            sql("INSERT INTO activity (account_id, at, ticket_id, app, code, args, cause_kind, cause_id, \
                                               cause_text, result) VALUES")
            .push_rows(rows)
            .push(" RETURNING id");
        let mut written: Vec<i64> = tx.all::<(i64,)>(insert).await?.into_iter().map(|(id,)| id).collect();
        // Ids grow in the order of the rows; the answer's order is not promised.
        written.sort_unstable();
        ids.append(&mut written);
    }
    Ok(ids)
}

/// What became of lines that waited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Verdict {
    progress: &'static str,
    code: Option<&'static str>,
    detail: Option<String>,
}

impl Verdict {
    pub(crate) fn plain(progress: Progress) -> Self {
        Self { progress: progress.as_str(), code: None, detail: None }
    }

    pub(crate) fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self { progress: Progress::Refused.as_str(), code: Some(code), detail: Some(detail.into()) }
    }
}

/// Notes what became of lines, and on whose authorization.
pub(crate) async fn settle(
    tx: &mut Tx,
    ids: &[i64],
    verdict: &Verdict,
    authorization_of: Option<&str>,
) -> store::Result<()> {
    for chunk in ids.chunks(CHUNK) {
        let update = sql(
            "UPDATE activity SET result = $2, result_code = $3, result_detail = $4, authorization_of = $5
                          WHERE account_id = $1",
        )
        .bind(verdict.progress)
        .bind(verdict.code)
        .bind(verdict.detail.clone())
        .bind(authorization_of)
        .push_list(" AND id IN", chunk.iter().copied());
        tx.execute(update).await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: Time,
    ticket_id: Option<i64>,
    app: String,
    code: String,
    args: Json<Value>,
    cause_kind: String,
    cause_id: Option<String>,
    cause_text: Option<String>,
    authorization_of: Option<String>,
    result: String,
    result_code: Option<String>,
    result_detail: Option<String>,
}

impl TryFrom<Row> for Entry {
    type Error = store::Error;

    fn try_from(row: Row) -> Result<Self, store::Error> {
        Ok(Self {
            id: row.id,
            at: row.at,
            ticket_id: row.ticket_id,
            app: row.app,
            code: row.code,
            args: row.args.0,
            cause: Cause::parse(&row.cause_kind, row.cause_id, row.cause_text)?,
            authorization_of: row.authorization_of,
            progress: Progress::parse(&row.result)?,
            result_code: row.result_code,
            result_detail: row.result_detail,
        })
    }
}

/// The account's lines, newest first.
pub async fn list(tx: &mut Tx, filter: &Filter) -> store::Result<Page> {
    let limit = filter.limit.clamp(1, MAX_PAGE);
    let mut query =
        sql("SELECT id, at, ticket_id, app, code, args, cause_kind, cause_id, cause_text, authorization_of,
                                result, result_code, result_detail FROM activity WHERE account_id = $1");
    if let Some(ticket_id) = filter.ticket_id {
        query = query.push_bind(" AND ticket_id = ", ticket_id);
    }
    if let Some(app) = &filter.app {
        query = query.push_bind(" AND app = ", app);
    }
    if let Some(cursor) = filter.cursor {
        query = query.push_bind(" AND (at, id) < (", cursor.at).push_bind(", ", cursor.id).push(")");
    }
    let rows: Vec<Row> = tx.all(query.push_bind(" ORDER BY at DESC, id DESC LIMIT ", limit + 1)).await?;
    let mut entries = rows.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|entry| Cursor { at: entry.at, id: entry.id });
    Ok(Page { entries, next })
}

/// The arguments of [`CHANGED`](crate::state::CHANGED): names of tags, ids of fields. Never a field's value.
pub(crate) fn changed_args(wishes: &crate::change::Wishes) -> Value {
    json!({ "add": wishes.add, "remove": wishes.remove, "fields": wishes.fields.keys().collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_refused() {
        let cursor = Cursor { at: Time::from_micros(1_795_424_400_000_000).unwrap(), id: 17 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "1", "a-b", "1-", "-", "99999999999999999999-1"] {
            assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text}");
        }
    }

    #[test]
    fn own_lines_have_a_sentence() {
        let change =
            crate::TicketChange::on(1).add_tag("a").remove_tag("b").remove_tag("c").set_field(7, "secret");
        let args = changed_args(change.wishes());
        assert!(!args.to_string().contains("secret"));
        let mut entry = Entry {
            id: 1,
            at: Time::from_micros(0).unwrap(),
            ticket_id: Some(1),
            app: "deadline".into(),
            code: crate::state::CHANGED.into(),
            args,
            cause: Cause::Timer,
            authorization_of: None,
            progress: Progress::Waiting,
            result_code: None,
            result_detail: None,
        };
        assert_eq!(entry.own_sentence().unwrap(), "Added the tag a, removed the tags b, c, set the field 7");
        entry.code = "deadline.set".into();
        assert_eq!(entry.own_sentence(), None);
    }
}
