//! Names of tables and columns, as SQL writes them.

use super::error::TableError;

/// How a dialect quotes a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    Double,
    Backtick,
}

impl Quotes {
    /// The name in quotes.
    pub fn around(self, name: &str) -> String {
        let mark = match self {
            Self::Double => '"',
            Self::Backtick => '`',
        };
        format!("{mark}{}{mark}", name.replace(mark, &format!("{mark}{mark}")))
    }
}

/// A table's name in its parts, such as `shop."My Sales"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableName(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    text: String,
    /// Taken as it is; the database decides on upper and lower case of the others.
    quoted: bool,
}

impl TableName {
    /// Reads a name: parts separated by dots, each plain or in double quotes or backticks.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let wrong = |reason| TableError::Name { seen: text.to_owned(), reason };
        let (mut parts, mut rest) = (Vec::new(), text.trim());
        loop {
            let (part, after) = part(rest).map_err(wrong)?;
            parts.push(part);
            rest = match after.strip_prefix('.') {
                Some(after) => after,
                None if after.is_empty() => return Ok(Self(parts)),
                None => return Err(wrong("something follows a quoted part")),
            };
        }
    }

    /// The name as a dialect writes it; plain parts stay plain.
    pub fn quoted(&self, quotes: Quotes) -> String {
        let part = |part: &Part| if part.quoted { quotes.around(&part.text) } else { part.text.clone() };
        self.0.iter().map(part).collect::<Vec<_>>().join(".")
    }

    /// The table's own name, without schema and quotes.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", |part| &part.text)
    }
}

/// The first part and what follows it.
fn part(text: &str) -> Result<(Part, &str), &'static str> {
    let Some(mark) = text.chars().next().filter(|mark| matches!(mark, '"' | '`')) else {
        return plain(text);
    };
    let mut name = String::new();
    let mut rest = &text[1..];
    loop {
        let end = rest.find(mark).ok_or("a quote does not close")?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(mark) {
            Some(after) => {
                name.push(mark);
                rest = after;
            }
            None if name.is_empty() => return Err("a part is empty"),
            None => return Ok((Part { text: name, quoted: true }, rest)),
        }
    }
}

fn plain(text: &str) -> Result<(Part, &str), &'static str> {
    let end = text.find('.').unwrap_or(text.len());
    let name = &text[..end];
    if name.is_empty() {
        return Err("a part is empty");
    }
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    if !name.chars().all(is_plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("what holds other characters than letters, digits and _ stands in quotes");
    }
    Ok((Part { text: name.to_owned(), quoted: false }, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_the_dialect_does() {
        let quoted = |text: &str| TableName::parse(text).expect(text).quoted(Quotes::Double);
        assert_eq!(quoted("sales"), "sales");
        assert_eq!(quoted("Shop.\"My \"\"Table\"\"\""), "Shop.\"My \"\"Table\"\"\"");
        assert_eq!(quoted("a.`b c`.d"), "a.\"b c\".d");
        let spark = TableName::parse("parquet.\"/data/x.parquet\"").expect("a name");
        assert_eq!(spark.quoted(Quotes::Backtick), "parquet.`/data/x.parquet`");
        assert_eq!(spark.last(), "/data/x.parquet");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in ["", "a.", ".a", "a b", "sales; DROP TABLE sales", "\"a", "\"\"", "\"a\"b", "1a", "a--"]
        {
            let error = TableName::parse(wrong).expect_err(wrong).to_string();
            assert!(error.contains("is no name of a table"), "{error}");
        }
    }
}
