//! Records of delimited or space-separated text.

use memchr::{memchr, memchr_iter, memchr2};

/// Bytes that a vectorised search looks at together, or more.
const VECTOR: usize = 64;

/// What separates values within a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Separator {
    /// One byte between two values; values may stand in double quotes, doubled inside (RFC 4180).
    Byte(u8),
    /// Any run of spaces or tabs.
    Spaces,
}

/// How a text is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Dialect {
    pub separator: Separator,
    /// `\n` (a `\r` before it is taken off), or `\r` alone.
    pub terminator: u8,
}

/// A quoted value does not end.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Unclosed;

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    unescaped: bool,
}

/// The values of one record; reused from record to record.
#[derive(Debug, Default)]
pub(in super::super) struct Record {
    spans: Vec<Span>,
    unescaped: String,
}

impl Record {
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The value at `at`, from 0; empty beyond the last.
    #[inline]
    pub fn get<'r>(&'r self, text: &'r str, at: usize) -> &'r str {
        match self.spans.get(at) {
            None => "",
            Some(span) if span.unescaped => &self.unescaped[span.start..span.end],
            Some(span) => &text[span.start..span.end],
        }
    }

    pub fn values<'r>(&'r self, text: &'r str) -> impl Iterator<Item = &'r str> {
        (0..self.len()).map(|at| self.get(text, at))
    }

    /// A line without any value.
    pub fn is_blank(&self, text: &str) -> bool {
        self.spans.is_empty() || self.spans.len() == 1 && self.get(text, 0).trim().is_empty()
    }

    fn clear(&mut self) {
        self.spans.clear();
        self.unescaped.clear();
    }

    fn push(&mut self, start: usize, end: usize) {
        self.spans.push(Span { start, end, unescaped: false });
    }

    /// Adds a quoted value with its doubled quotes undone, and what follows its closing quote.
    fn push_unescaped(&mut self, inner: &str, tail: &str) {
        let start = self.unescaped.len();
        self.unescaped.push_str(&inner.replace("\"\"", "\""));
        self.unescaped.push_str(tail);
        self.spans.push(Span { start, end: self.unescaped.len(), unescaped: true });
    }
}

/// Reads records one after the other.
pub(in super::super) struct Records<'t> {
    text: &'t str,
    dialect: Dialect,
    at: usize,
}

impl<'t> Records<'t> {
    pub fn new(text: &'t str, dialect: Dialect) -> Self {
        Self { text, dialect, at: 0 }
    }

    /// Reads the next record; `false` at the end.
    #[inline]
    pub fn read(&mut self, record: &mut Record) -> Result<bool, Unclosed> {
        record.clear();
        let bytes = self.text.as_bytes();
        if self.at >= bytes.len() {
            return Ok(false);
        }
        match self.dialect.separator {
            Separator::Spaces => self.read_spaced(record),
            Separator::Byte(separator) => match memchr2(self.dialect.terminator, b'"', &bytes[self.at..]) {
                Some(quote) if bytes[self.at + quote] == b'"' => self.read_quoted(separator, record)?,
                end => self.read_plain(separator, end, record),
            },
        }
        Ok(true)
    }

    /// The end of the line that begins at `start`, and where the next one begins.
    fn line(&self, start: usize, length: Option<usize>) -> (usize, usize) {
        let end = length.map_or(self.text.len(), |length| start + length);
        (start + self.text[start..end].trim_end_matches('\r').len(), end + 1)
    }

    fn read_plain(&mut self, separator: u8, length: Option<usize>, record: &mut Record) {
        let (end, next) = self.line(self.at, length);
        let mut start = self.at;
        // Room for a whole vector after the last value: a shorter rest is searched byte by byte.
        let room = (end + VECTOR).min(self.text.len());
        for found in memchr_iter(separator, &self.text.as_bytes()[self.at..room]) {
            let found = self.at + found;
            if found >= end {
                break;
            }
            record.push(start, found);
            start = found + 1;
        }
        record.push(start, end);
        self.at = next;
    }

    fn read_spaced(&mut self, record: &mut Record) {
        let (end, next) =
            self.line(self.at, memchr(self.dialect.terminator, &self.text.as_bytes()[self.at..]));
        let line = &self.text[self.at..end];
        for value in line.split_ascii_whitespace() {
            let start = self.at + (value.as_ptr() as usize - line.as_ptr() as usize);
            record.push(start, start + value.len());
        }
        self.at = next;
    }

    fn read_quoted(&mut self, separator: u8, record: &mut Record) -> Result<(), Unclosed> {
        let bytes = self.text.as_bytes();
        let terminator = self.dialect.terminator;
        let mut start = self.at;
        loop {
            let quoted = bytes.get(start) == Some(&b'"');
            let resume = if quoted { closing_quote(bytes, start).ok_or(Unclosed)? + 1 } else { start };
            let end =
                memchr2(separator, terminator, &bytes[resume..]).map_or(bytes.len(), |found| resume + found);
            let ends_record = end == bytes.len() || bytes[end] == terminator;
            let tail = &self.text[resume..end];
            let tail = if ends_record { tail.trim_end_matches('\r') } else { tail };
            if quoted {
                let inner = &self.text[start + 1..resume - 1];
                if tail.is_empty() && !inner.contains('"') {
                    record.push(start + 1, resume - 1);
                } else {
                    record.push_unescaped(inner, tail);
                }
            } else {
                record.push(start, start + tail.len());
            }
            if ends_record {
                self.at = end + 1;
                return Ok(());
            }
            start = end + 1;
        }
    }
}

/// The quote that closes the one at `open`: the next one that is not doubled.
fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let mut from = open + 1;
    loop {
        let quote = from + memchr(b'"', bytes.get(from..)?)?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        from = quote + 2;
    }
}

/// Length of the part of `bytes` that ends with the last complete record; `bytes` begins with a record.
pub(in super::super) fn complete_records(bytes: &[u8], dialect: Dialect) -> usize {
    let terminator = dialect.terminator;
    let last_line = |part: &[u8]| memchr::memrchr(terminator, part).map(|at| at + 1);
    let Separator::Byte(separator) = dialect.separator else { return last_line(bytes).unwrap_or(0) };
    let (mut complete, mut from) = (0, 0);
    while let Some(found) = memchr(b'"', &bytes[from..]) {
        let quote = from + found;
        if let Some(end) = last_line(&bytes[from..quote]) {
            complete = from + end;
        }
        let opens = quote == 0 || bytes[quote - 1] == separator || bytes[quote - 1] == terminator;
        // A quote inside an unquoted value is an ordinary character.
        from = match opens {
            false => quote + 1,
            true => match closing_quote(bytes, quote) {
                Some(close) => close + 1,
                None => return complete,
            },
        };
    }
    last_line(&bytes[from..]).map_or(complete, |end| from + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect { separator: Separator::Byte(b','), terminator: b'\n' };

    fn all(text: &str, dialect: Dialect) -> Result<Vec<Vec<String>>, Unclosed> {
        let (mut records, mut record, mut rows) =
            (Records::new(text, dialect), Record::default(), Vec::new());
        while records.read(&mut record)? {
            rows.push(record.values(text).map(str::to_owned).collect());
        }
        Ok(rows)
    }

    #[test]
    fn plain_quoted_and_escaped_values_are_read() {
        let text = "a,b,c\r\n1,\"x, y\",3\n\"12\"\" ruler\",,\"line\nbreak\"\n5\" wide,\"q\"tail,z";
        let rows = all(text, COMMA).expect("closed");
        assert_eq!(
            rows,
            [
                vec!["a", "b", "c"],
                vec!["1", "x, y", "3"],
                vec!["12\" ruler", "", "line\nbreak"],
                vec!["5\" wide", "qtail", "z"],
            ]
        );
    }

    #[test]
    fn spaces_separate_in_runs() {
        let dialect = Dialect { separator: Separator::Spaces, terminator: b'\n' };
        assert_eq!(
            all(" 00001 19970101  1   11.77\r\n", dialect).expect("no quotes"),
            [["00001", "19970101", "1", "11.77"]]
        );
    }

    #[test]
    fn an_unclosed_quote_is_reported() {
        assert_eq!(all("a,\"b\n1,2\n", COMMA), Err(Unclosed));
    }

    #[test]
    fn old_line_ends_are_read() {
        let dialect = Dialect { terminator: b'\r', ..COMMA };
        assert_eq!(all("a,b\r1,2\r", dialect).expect("no quotes"), [["a", "b"], ["1", "2"]]);
    }

    proptest::proptest! {
        /// Whatever the text, cutting it at complete records changes nothing.
        #[test]
        fn blocks_read_as_the_whole(text in "[ab,\"\n\r]{0,40}", cut in 0usize..40) {
            let cut = cut.min(text.len());
            let complete = complete_records(&text.as_bytes()[..cut], COMMA);
            let whole = all(&text, COMMA);
            let (head, tail) = (all(&text[..complete], COMMA), all(&text[complete..], COMMA));
            match whole {
                Ok(rows) => {
                    let (head, tail) = (head.expect("closed"), tail.expect("closed"));
                    proptest::prop_assert_eq!(rows, [head, tail].concat());
                }
                Err(Unclosed) => proptest::prop_assert!(head.is_ok() && tail.is_err()),
            }
        }

        /// The csv format's own definition, as an oracle: values written with quotes read back.
        #[test]
        fn quoted_values_read_back(rows in proptest::collection::vec(proptest::collection::vec("[a,\"\n é]{0,5}", 2..4), 1..5)) {
            let quote = |value: &String| format!("\"{}\"", value.replace('"', "\"\""));
            let text: Vec<String> = rows.iter().map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",")).collect();
            proptest::prop_assert_eq!(all(&text.join("\n"), COMMA).expect("closed"), rows);
        }
    }
}
