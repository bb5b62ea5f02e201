use std::borrow::Cow;
use std::fmt::Write;

use crate::{Backend, Value};

/// SQL with its values. The text consists of literals of this program only: no other string can get in.
#[derive(Debug, Clone)]
pub struct Statement {
    postgres: Cow<'static, str>,
    sqlite: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement whose text is the same for both databases.
///
/// In a transaction of an account `$1` is the account, so the first bound value is `$2`.
pub fn sql(text: &'static str) -> Statement {
    sql2(text, text)
}

/// A statement whose text differs between the databases; for the few places where the dialects do.
pub fn sql2(postgres: &'static str, sqlite: &'static str) -> Statement {
    Statement { postgres: postgres.into(), sqlite: sqlite.into(), values: Vec::new() }
}

impl Statement {
    /// Binds the next value; its placeholder already stands in the text.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub fn push(mut self, text: &'static str) -> Self {
        self.postgres.to_mut().push_str(text);
        self.sqlite.to_mut().push_str(text);
        self
    }

    /// Appends text and, behind it, a placeholder for `value`. `offset` values precede the bound ones (1 in a
    /// transaction of an account, because the account is `$1`).
    fn push_placeholder(&mut self, offset: usize, value: Value) {
        self.values.push(value);
        let number = self.values.len() + offset;
        // Writing to a String cannot fail.
        let _ = write!(self.postgres.to_mut(), "${number}");
        let _ = write!(self.sqlite.to_mut(), "${number}");
    }

    /// Appends `text` and a placeholder for `value`. For statements of an account's transaction.
    pub fn push_bind(mut self, text: &'static str, value: impl Into<Value>) -> Self {
        self = self.push(text);
        self.push_placeholder(1, value.into());
        self
    }

    /// Appends `text`, then `(…)` with a placeholder for every value. An empty list matches nothing.
    /// For statements of an account's transaction.
    pub fn push_list<V: Into<Value>>(
        mut self,
        text: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self = self.push(text).push(" (");
        let mut any = false;
        for value in values {
            if any {
                self = self.push(", ");
            }
            any = true;
            self.push_placeholder(1, value.into());
        }
        self.push(if any { ")" } else { "NULL)" })
    }

    /// Appends `rows` of `(account, …)` for a multi-row INSERT: each row's values behind the account, which is `$1`.
    pub fn push_rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        for (index, row) in rows.into_iter().enumerate() {
            self = self.push(if index == 0 { " ($1" } else { ", ($1" });
            for value in row {
                self = self.push(", ");
                self.push_placeholder(1, value);
            }
            self = self.push(")");
        }
        self
    }

    pub(crate) fn with_first(mut self, value: Value) -> Self {
        self.values.insert(0, value);
        self
    }

    pub(crate) fn text(&self, backend: Backend) -> &Cow<'static, str> {
        match backend {
            Backend::Postgres => &self.postgres,
            Backend::Sqlite => &self.sqlite,
        }
    }

    pub(crate) fn into_parts(self, backend: Backend) -> (Cow<'static, str>, Vec<Value>) {
        let text = match backend {
            Backend::Postgres => self.postgres,
            Backend::Sqlite => self.sqlite,
        };
        (text, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_placeholders_behind_the_account() {
        let statement = sql("SELECT a FROM t WHERE account_id = $1 AND b = $2")
            .bind("b")
            .push_bind(" AND c < ", 3)
            .push_list(" AND d IN", [4, 5]);
        assert_eq!(
            statement.text(Backend::Sqlite),
            "SELECT a FROM t WHERE account_id = $1 AND b = $2 AND c < $3 AND d IN ($4, $5)"
        );
        assert_eq!(sql("x IN").push_list("", Vec::<i64>::new()).text(Backend::Postgres), "x IN (NULL)");
    }
}
