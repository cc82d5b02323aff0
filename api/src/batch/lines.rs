//! From bytes, in pieces cut anywhere, to the ids of lines.

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::named::{Found, id_in, is_id};
use super::{Form, Part};
use crate::body::BOM;
use crate::error::{ApiError, Code, excerpt};

/// Longest line, in bytes.
const MAX_LINE: usize = 64 << 10;
/// Most columns of a CSV line.
const MAX_COLUMNS: usize = 1024;
/// What separates columns; the first of those that the header has most of.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Byte order marks of UTF-16.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// Reads lines of one form.
pub struct IdLines {
    reader: Reader,
    /// Lines read.
    line: u64,
    /// Name of the column or field that holds the id; without it, the usual ones do.
    named: Option<String>,
}

enum Reader {
    Ndjson(Vec<u8>),
    /// Until its first line is there, which tells what separates its columns.
    Unknown(Vec<u8>),
    Csv(Box<Csv>),
}

struct Csv {
    core: csv_core::Reader,
    field: Vec<u8>,
    ends: Vec<usize>,
    used: (usize, usize),
    /// Index of the id's column, once the header was read.
    column: Option<usize>,
}

impl IdLines {
    /// At the beginning of a body; `named` is the column or field of the ids where several could be.
    pub fn new(form: Form, named: Option<String>) -> Self {
        let reader = match form {
            Form::Ndjson => Reader::Ndjson(Vec::new()),
            Form::Csv => Reader::Unknown(Vec::new()),
        };
        Self { reader, line: 0, named }
    }

    /// The lines that end in the next piece of the body.
    pub fn push(&mut self, piece: &[u8]) -> Result<Part, ApiError> {
        let mut part = Part::default();
        let (line, named) = (&mut self.line, self.named.as_deref());
        match &mut self.reader {
            Reader::Ndjson(rest) => ndjson(rest, piece, &mut part, line, named)?,
            Reader::Unknown(start) => {
                start.extend_from_slice(piece);
                if first_line(start).is_some() || start.len() > MAX_LINE {
                    self.begin(&mut part)?;
                }
            }
            // No bytes would tell the reader that the body has ended.
            Reader::Csv(csv) if !piece.is_empty() => csv.read(piece, &mut part, line, named)?,
            Reader::Csv(_) => {}
        }
        Ok(part)
    }

    /// The last line, when no line break follows it.
    pub fn finish(&mut self) -> Result<Part, ApiError> {
        let mut part = Part::default();
        if let Reader::Unknown(_) = self.reader {
            self.begin(&mut part)?;
        }
        let (line, named) = (&mut self.line, self.named.as_deref());
        match &mut self.reader {
            Reader::Ndjson(rest) => ndjson(rest, b"\n", &mut part, line, named)?,
            Reader::Unknown(_) => {}
            Reader::Csv(csv) => {
                // A line break ends the last line, unless it is part of a value.
                csv.read(b"\n", &mut part, line, named)?;
                if csv.used.0 > 0 {
                    return Err(unclosed(*line + 1));
                }
                csv.read(b"", &mut part, line, named)?;
                if csv.column.is_none() {
                    return Err(header_error(named, "it is missing"));
                }
            }
        }
        Ok(part)
    }

    /// Reads what was kept until what separates the columns was known.
    fn begin(&mut self, part: &mut Part) -> Result<(), ApiError> {
        let Reader::Unknown(start) = &mut self.reader else { return Ok(()) };
        let start = std::mem::take(start);
        let header = first_line(&start).unwrap_or(&start);
        expect_utf8(header)?;
        let separator = separator(header);
        let mut csv = Csv {
            core: ReaderBuilder::new().delimiter(separator).build(),
            field: vec![0; 1024],
            ends: vec![0; 16],
            used: (0, 0),
            column: None,
        };
        if !start.is_empty() {
            csv.read(&start, part, &mut self.line, self.named.as_deref())?;
        }
        self.reader = Reader::Csv(Box::new(csv));
        Ok(())
    }
}

/// The first line that is not empty, once it has an end.
fn first_line(start: &[u8]) -> Option<&[u8]> {
    let start = start.trim_ascii_start();
    start.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map(|end| &start[..end])
}

fn separator(header: &[u8]) -> u8 {
    let count = |separator: u8| {
        let mut quoted = false;
        let outside = header.iter().filter(|&&byte| {
            quoted ^= byte == b'"';
            byte == separator && !quoted
        });
        outside.count()
    };
    // The last of equals is taken: the order is turned round.
    SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

fn too_long(line: u64) -> ApiError {
    ApiError::new(Code::InvalidBody, format!("line {line} is longer than {MAX_LINE} bytes"))
}

fn ndjson(
    rest: &mut Vec<u8>,
    piece: &[u8],
    part: &mut Part,
    line: &mut u64,
    named: Option<&str>,
) -> Result<(), ApiError> {
    let mut pieces = piece.split(|&byte| byte == b'\n').peekable();
    while let Some(text) = pieces.next() {
        if rest.len() + text.len() > MAX_LINE {
            return Err(too_long(*line + 1));
        }
        rest.extend_from_slice(text);
        if pieces.peek().is_none() {
            return Ok(());
        }
        *line += 1;
        if *line == 1 {
            expect_utf8(rest)?;
        }
        let text = if *line == 1 { rest.strip_prefix(BOM).unwrap_or(rest) } else { &rest[..] };
        if !text.trim_ascii().is_empty() {
            match id_in(text, named) {
                Found::Id(id) => part.push(Some(&id), *line),
                Found::Nothing => part.push(None, *line),
                Found::Several => return Err(several(*line, "several fields that may be the id")),
            }
        }
        rest.clear();
    }
    Ok(())
}

/// What may be meant is asked.
fn several(line: u64, what: &str) -> ApiError {
    let detail = format!("line {line} has {what}; say which with ?column=NAME");
    ApiError::new(Code::InvalidBody, detail)
}

/// A quote too many would make one value of all lines behind it.
fn unclosed(line: u64) -> ApiError {
    let detail = format!(
        "line {line} has a quoted value that does not end, so that all that follows would be part of it; leave the quote \
         out, or double it within quotes"
    );
    ApiError::new(Code::InvalidBody, detail)
}

/// Refuses UTF-16 by its mark or by the zero bytes between its letters: no id of it would be found.
fn expect_utf8(first_line: &[u8]) -> Result<(), ApiError> {
    let is_marked = UTF_16.iter().any(|mark| first_line.starts_with(mark));
    if is_marked || first_line.contains(&0) {
        return Err(ApiError::new(Code::InvalidBody, "the list is written in UTF-16; send UTF-8"));
    }
    Ok(())
}

impl Csv {
    fn read(
        &mut self,
        mut piece: &[u8],
        part: &mut Part,
        line: &mut u64,
        named: Option<&str>,
    ) -> Result<(), ApiError> {
        let at_end = piece.is_empty();
        loop {
            let (used, ends) = self.used;
            let (result, read, written, fields) =
                self.core.read_record(piece, &mut self.field[used..], &mut self.ends[ends..]);
            piece = &piece[read..];
            self.used = (used + written, ends + fields);
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Ok(()),
                ReadRecordResult::OutputFull if self.field.len() >= MAX_LINE => {
                    return Err(too_long(*line + 1));
                }
                ReadRecordResult::OutputFull => self.field.resize(self.field.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_COLUMNS => {
                    let detail = format!("line {} has more than {MAX_COLUMNS} columns", *line + 1);
                    return Err(ApiError::new(Code::InvalidBody, detail));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    self.take(part, line, named)?;
                    // An empty piece would be read as the end of the body.
                    if piece.is_empty() && !at_end {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn take(&mut self, part: &mut Part, line: &mut u64, named: Option<&str>) -> Result<(), ApiError> {
        *line += 1;
        let fields = std::mem::take(&mut self.used).1;
        let field = |index: usize| {
            let start = if index == 0 { 0 } else { self.ends[index - 1] };
            (index < fields).then(|| &self.field[start..self.ends[index]])
        };
        let Some(column) = self.column else {
            let names: Vec<_> = (0..fields).filter_map(field).map(String::from_utf8_lossy).collect();
            let found: Vec<usize> = (0..names.len()).filter(|&i| is_id(&names[i], named)).collect();
            self.column = match found[..] {
                [column] => Some(column),
                [] => return Err(header_error(named, &format!("it reads {}", excerpt(&names.join(","))))),
                _ => {
                    let which: Vec<_> = found.iter().map(|&i| names[i].trim()).collect();
                    return Err(several(1, &format!("the columns {}", excerpt(&which.join(", ")))));
                }
            };
            return Ok(());
        };
        part.push(field(column).and_then(|bytes| std::str::from_utf8(bytes).ok()), *line);
        Ok(())
    }
}

fn header_error(named: Option<&str>, seen: &str) -> ApiError {
    let wanted = named.map_or("customer_id or id".to_owned(), excerpt);
    let detail = format!(
        "the first line names the columns, separated by , ; | or tabs, one of them {wanted}; {seen}; another name is \
         given with ?column=NAME"
    );
    ApiError::new(Code::InvalidBody, detail)
}

#[cfg(test)]
mod tests;
