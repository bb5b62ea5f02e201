//! Lists in pages: by number (`page`, `per_page`) or by cursor (`page[size]`, `page[after]`, `page[before]`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Ask;
use crate::ApiError;

/// Most items of a page.
const MOST: usize = 100;
/// Records that can be reached by page number.
const REACH: usize = 10_000;

/// How a list is wanted.
#[derive(Debug)]
pub(crate) struct Paging {
    kind: Kind,
    size: usize,
    path: String,
    query: Vec<(String, String)>,
}

#[derive(Debug)]
enum Kind {
    Number(usize),
    Cursor { after: Option<Cursor>, before: Option<Cursor> },
}

/// Where a page ended: the position and the item there, so that later changes of the list do little harm.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    position: usize,
    id: u64,
}

impl Cursor {
    fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.position, self.id))
    }

    fn parse(text: &str) -> Result<Cursor, ApiError> {
        let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|b| String::from_utf8(b).ok());
        let parts = plain.as_deref().and_then(|p| p.split_once(':'));
        let cursor =
            parts.and_then(|(p, id)| Some(Cursor { position: p.parse().ok()?, id: id.parse().ok()? }));
        cursor
            .ok_or_else(|| ApiError::bad_request("InvalidCursor", "page[after] or page[before] is not valid"))
    }

    /// The item's position in the list as it is now.
    fn find(self, ids: &[u64]) -> usize {
        if ids.get(self.position) == Some(&self.id) {
            return self.position;
        }
        ids.iter().position(|id| *id == self.id).unwrap_or(self.position)
    }
}

impl Paging {
    pub(super) fn of(ask: &Ask) -> Result<Paging, ApiError> {
        let by_cursor = ask
            .query
            .iter()
            .any(|(k, _)| matches!(k.as_str(), "page[size]" | "page[after]" | "page[before]"));
        Paging::with(ask, by_cursor, MOST)
    }

    /// As the query says, with pages of `most` items at most; by cursor also where it says nothing.
    pub(super) fn with(ask: &Ask, by_cursor: bool, most: usize) -> Result<Paging, ApiError> {
        let number = |name: &str| -> Result<Option<usize>, ApiError> {
            match ask.get(name) {
                None | Some("") => Ok(None),
                Some(text) => match text.parse::<usize>() {
                    Ok(n) if n > 0 => Ok(Some(n)),
                    _ => Err(ApiError::bad_request(
                        "InvalidPaginationParameter",
                        &format!("{name} is not valid"),
                    )),
                },
            }
        };
        let (kind, size) = if by_cursor {
            let after = ask.get("page[after]").filter(|s| !s.is_empty()).map(Cursor::parse).transpose()?;
            let before = ask.get("page[before]").filter(|s| !s.is_empty()).map(Cursor::parse).transpose()?;
            let size = number("page[size]")?.unwrap_or(MOST);
            if size > most {
                return Err(ApiError::bad_request(
                    "InvalidPaginationParameter",
                    &format!("page[size] must be at most {most}"),
                ));
            }
            (Kind::Cursor { after, before }, size)
        } else {
            (Kind::Number(number("page")?.unwrap_or(1)), number("per_page")?.unwrap_or(MOST).min(most))
        };
        Ok(Paging { kind, size, path: ask.path.clone(), query: ask.query.clone() })
    }

    /// The page of a list: which ids are on it, and the answer without them.
    pub(crate) fn cut<'a>(
        &self,
        base_url: &str,
        ids: &'a [u64],
    ) -> Result<(&'a [u64], Map<String, Value>), ApiError> {
        match &self.kind {
            Kind::Number(page) => self.by_number(base_url, ids, *page),
            Kind::Cursor { after, before } => Ok(self.by_cursor(base_url, ids, *after, *before)),
        }
    }

    fn by_number<'a>(
        &self,
        base_url: &str,
        ids: &'a [u64],
        page: usize,
    ) -> Result<(&'a [u64], Map<String, Value>), ApiError> {
        let start = page.saturating_sub(1).saturating_mul(self.size);
        if start >= REACH {
            return Err(ApiError::bad_request(
                "InvalidPaginationDepth",
                "You've requested too many pages; use cursor pagination to go beyond 10,000 records",
            ));
        }
        let end = (start + self.size).min(ids.len());
        let shown = ids.get(start..end).unwrap_or_default();
        let link = |page: usize| self.link(base_url, &["page"], ("page", page.to_string()));
        let mut envelope = Map::new();
        envelope.insert(
            "next_page".to_owned(),
            if end < ids.len() { json!(link(page + 1)) } else { Value::Null },
        );
        envelope
            .insert("previous_page".to_owned(), if page > 1 { json!(link(page - 1)) } else { Value::Null });
        envelope.insert("count".to_owned(), json!(ids.len()));
        Ok((shown, envelope))
    }

    fn by_cursor<'a>(
        &self,
        base_url: &str,
        ids: &'a [u64],
        after: Option<Cursor>,
        before: Option<Cursor>,
    ) -> (&'a [u64], Map<String, Value>) {
        let (start, end) = match (after, before) {
            (Some(after), _) => {
                let found = after.find(ids);
                // When the item is gone, what followed it now stands in its place.
                let start = if ids.get(found) == Some(&after.id) { found + 1 } else { found };
                (start, start.saturating_add(self.size))
            }
            (None, Some(before)) => {
                let end = before.find(ids);
                (end.saturating_sub(self.size), end)
            }
            (None, None) => (0, self.size),
        };
        let (start, end) = (start.min(ids.len()), end.min(ids.len()));
        let shown = &ids[start..end];
        let at = |position: usize| ids.get(position).map(|id| Cursor { position, id: *id }.text());
        let first = if shown.is_empty() { None } else { at(start) };
        let last = if shown.is_empty() { None } else { at(end - 1) };
        let more = if before.is_some() && after.is_none() { start > 0 } else { end < ids.len() };
        let link = |key: &str, cursor: &Option<String>| {
            cursor.as_ref().map(|c| self.link(base_url, &["page[after]", "page[before]"], (key, c.clone())))
        };
        let mut envelope = Map::new();
        envelope.insert(
            "links".to_owned(),
            json!({
                "next": if end < ids.len() { link("page[after]", &last) } else { None },
                "prev": if start > 0 { link("page[before]", &first) } else { None },
            }),
        );
        envelope.insert(
            "meta".to_owned(),
            json!({"has_more": more, "after_cursor": last, "before_cursor": first}),
        );
        (shown, envelope)
    }

    fn link(&self, base_url: &str, without: &[&str], with: (&str, String)) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (k, v) in self.query.iter().filter(|(k, _)| !without.contains(&k.as_str()) && k != "access_token")
        {
            query.append_pair(k, v);
        }
        query.append_pair(with.0, &with.1);
        format!("{base_url}{}.json?{}", self.path, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(query: &[(&str, &str)]) -> Paging {
        try_paging(query).expect("good query")
    }

    fn try_paging(query: &[(&str, &str)]) -> Result<Paging, ApiError> {
        let caller = crate::Caller {
            user_id: 1,
            role: crate::Role::Admin,
            scopes: crate::Scopes::All,
            client_id: None,
            session: false,
        };
        let query = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Paging::of(&Ask { caller, path: "/api/v2/things".to_owned(), query })
    }

    #[test]
    fn by_number_with_neighbours_and_count() {
        let ids: Vec<u64> = (1..=25).collect();
        let paging = paging(&[("page", "2"), ("per_page", "10"), ("q", "a b")]);
        let (shown, envelope) = paging.cut("http://x", &ids).expect("in reach");
        assert_eq!(shown, (11..=20).collect::<Vec<_>>());
        assert_eq!(envelope["count"], 25);
        assert_eq!(envelope["next_page"], "http://x/api/v2/things.json?per_page=10&q=a+b&page=3");
        assert_eq!(envelope["previous_page"], "http://x/api/v2/things.json?per_page=10&q=a+b&page=1");
        assert!(try_paging(&[("page", "101")]).expect("parses").cut("http://x", &ids).is_err());
        assert!(try_paging(&[("page", "0")]).is_err());
    }

    #[test]
    fn by_cursor_nothing_is_skipped_or_repeated_when_items_vanish() {
        let mut ids: Vec<u64> = (1..=9).collect();
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let paging = paging(&[("page[size]", "3"), ("page[after]", &after)]);
            let (shown, envelope) = paging.cut("http://x", &ids).expect("page");
            seen.extend_from_slice(shown);
            if envelope["meta"]["has_more"] == false {
                break;
            }
            after = envelope["meta"]["after_cursor"].as_str().expect("cursor").to_owned();
            // The first item goes away between two pages.
            ids.retain(|id| *id != 1);
        }
        assert_eq!(seen, (1..=9).collect::<Vec<_>>());
        assert!(try_paging(&[("page[size]", "101")]).is_err());
        assert!(try_paging(&[("page[after]", "nonsense!")]).is_err());
    }
}
