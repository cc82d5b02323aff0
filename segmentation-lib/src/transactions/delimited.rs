//! Delimited and space-separated text.

mod blocks;
mod encoding;
mod in_order;
mod records;
mod sniff;

use std::io::Read;

use polars::error::PolarsError;

use self::blocks::{BlockError, Blocks, LONGEST_RECORD, fill};
use self::encoding::{Script, Transcoded, byte_order_mark, decode, unmarked_utf_16};
use self::in_order::in_order;
use self::records::{Dialect, Record, Records, Separator, Unclosed};
use super::chunk::{Chunk, ChunkBuilder, RowHasher};
use super::date::DateOrder;
use super::error::TransactionsError;
use super::field::{Field, Row};
use super::header::{Layout, ROLES, SLOTS};
use super::mapping::{ColumnRef, Role};
use super::pass::{Interrupt, Pass};
use super::plan::Plan;
use super::tally::Tally;
use super::text_columns::Codes;

/// Bytes looked at before the first row is read.
const HEAD: usize = 256 << 10;

/// Rows above the header, such as a title, that are passed over.
const PREAMBLE: usize = 20;

/// A text's shape.
struct Shape {
    dialect: Dialect,
    layout: Layout,
    /// Records before the first row of data.
    skip: u64,
}

/// Reads a text from its beginning.
pub(super) fn read(pass: &mut Pass<'_>, place: &str, stream: impl Read + Send) -> Result<(), Interrupt> {
    let mut stream: Box<dyn Read + Send + '_> = Box::new(stream);
    let (mut head, mut ended) = read_head(&mut stream, place)?;
    let marked = byte_order_mark(&mut head);
    let utf_16 = marked.or_else(|| unmarked_utf_16(&head));
    if let Some(encoding) = utf_16 {
        let bytes = std::mem::take(&mut head);
        stream = Box::new(Transcoded::new(std::io::Cursor::new(bytes).chain(stream), encoding));
        (head, ended) = read_head(&mut stream, place)?;
    }
    if head.iter().all(u8::is_ascii_whitespace) && ended {
        return Err(TransactionsError::Empty { place: place.to_owned() }.into());
    }
    if is_binary(&head) {
        return Err(TransactionsError::damaged(place, "text", "it holds binary data").into());
    }
    let shape = shape(pass, place, &head, ended)?;
    pass.begin_text(place, &shape);
    let rows = pass.collector.rows();
    let script = read_blocks(pass, place, &shape, Blocks::new(stream, head, ended, shape.dialect))?;
    if pass.collector.rows() == rows {
        return Err(TransactionsError::HeaderOnly { place: place.to_owned() }.into());
    }
    pass.note_encoding(place, script, utf_16.is_some().then_some(marked.is_some()));
    Ok(())
}

/// Whether the bytes are no text. A NUL here and there is damage in a text, and so is another control character.
fn is_binary(head: &[u8]) -> bool {
    const TOLERATED: usize = 8;
    const TOLERATED_PERCENT: usize = 2;
    let control = |b: &&u8| **b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1a | 0x1b);
    let controls = head.iter().filter(control).count();
    controls > TOLERATED && controls * 100 > head.len() * TOLERATED_PERCENT
}

/// The text's beginning, and whether it is the whole text.
fn read_head(stream: &mut impl Read, place: &str) -> Result<(Vec<u8>, bool), TransactionsError> {
    let mut head = vec![0; HEAD];
    let filled = fill(stream, &mut head, 0).map_err(|error| TransactionsError::io(place, error))?;
    head.truncate(filled);
    Ok((head, filled < HEAD))
}

impl Pass<'_> {
    fn begin_text(&mut self, place: &str, shape: &Shape) {
        let (en, pt_br) = match shape.dialect.separator {
            Separator::Byte(b'\t') => ("tabs".to_owned(), "tabulações".to_owned()),
            Separator::Byte(byte) => (format!("{:?}", char::from(byte)), format!("{:?}", char::from(byte))),
            Separator::Spaces => ("spaces".to_owned(), "espaços".to_owned()),
        };
        let how = [format!("separated by {en}"), format!("separado por {pt_br}")];
        self.begin_table(place, &shape.layout, how.each_ref().map(String::as_str));
    }

    /// `utf_16` says whether it has a byte order mark.
    fn note_encoding(&mut self, place: &str, script: Script, utf_16: Option<bool>) {
        let (en, pt_br) = match (utf_16, script) {
            (Some(true), _) => ("UTF-16, by its byte order mark", "UTF-16, pela marca de ordem de bytes"),
            (Some(false), _) => (
                "UTF-16 without a byte order mark, because every other byte is zero",
                "UTF-16 sem marca de ordem de bytes, porque um byte sim, outro não, é zero",
            ),
            (_, Script::Windows1252) => (
                "Windows-1252 (which includes ISO-8859-1), because it is not valid UTF-8",
                "Windows-1252 (que inclui o ISO-8859-1), porque não é UTF-8 válido",
            ),
            (_, Script::Ascii | Script::Utf8) => return,
        };
        self.decide("encoding", format!("{place}: {en}"), format!("{place}: {pt_br}"));
    }
}

/// Recognises separator and header from the beginning of the text.
fn shape(pass: &Pass<'_>, place: &str, head: &[u8], whole: bool) -> Result<Shape, TransactionsError> {
    let (text, _) = decode(head, false);
    let text = match text.rfind(['\n', '\r']) {
        Some(last) if !whole => &text[..=last],
        _ => &text,
    };
    let first_line = text.lines().next().unwrap_or("");
    let declared = first_line.strip_prefix("sep=").and_then(|rest| rest.bytes().next());
    let mut dialect = sniff::dialect(text);
    if let Some(byte) = declared {
        dialect.separator = Separator::Byte(byte);
    }
    let records = first_records(text, dialect, place)?;
    let skipped = usize::from(declared.is_some());
    let Some((_, first)) = records.get(skipped) else {
        return Err(TransactionsError::Empty { place: place.to_owned() });
    };
    if let Some(layout) = headerless(pass, first) {
        return Ok(Shape { dialect, layout: layout?, skip: skipped as u64 });
    }
    let found =
        records[skipped..].iter().find_map(|(at, columns)| Some((*at, pass.layout(place, columns).ok()?)));
    let (at, layout) = match found {
        Some(found) => found,
        // None of them is a header: the message is about the first.
        None => (0, pass.layout(place, first)?),
    };
    let rows: Vec<Vec<String>> =
        records.into_iter().filter(|(number, _)| *number > at).map(|(_, values)| values).collect();
    Ok(Shape { dialect, layout: pass.with_currency(layout, &rows), skip: at + 1 })
}

/// The first records that are not blank, with their number from 0.
fn first_records(
    text: &str,
    dialect: Dialect,
    place: &str,
) -> Result<Vec<(u64, Vec<String>)>, TransactionsError> {
    let (mut records, mut record, mut found) = (Records::new(text, dialect), Record::default(), Vec::new());
    for number in 0.. {
        let more = records.read(&mut record).map_err(|Unclosed| unclosed(place, number + 1))?;
        if !more || found.len() > PREAMBLE {
            break;
        }
        if !record.is_blank(text) {
            found.push((number, record.values(text).map(|value| value.trim().to_owned()).collect()));
        }
    }
    Ok(found)
}

/// Data without a header: the mapping is by position and the first record holds a date in its place.
fn headerless(pass: &Pass<'_>, first: &[String]) -> Option<Result<Layout, TransactionsError>> {
    let mapping = &pass.options.mapping;
    let Some(ColumnRef::Position(date)) = mapping.get(Role::Date).filter(|_| mapping.is_positional()) else {
        return None;
    };
    let is_date = |order| {
        let value = Field::text(first.get(date - 1)?);
        value.moment(order, 0, &mut Tally::default())
    };
    is_date(DateOrder::DayFirst).or_else(|| is_date(DateOrder::MonthFirst))?;
    // Without names nothing is recognised: the roles are those of the mapping alone.
    let columns: Vec<String> = (1..=first.len()).map(|position| format!("#{position}")).collect();
    Some(pass.layout("the input", &columns))
}

fn unclosed(place: &str, row: u64) -> TransactionsError {
    TransactionsError::UnclosedQuote { place: place.to_owned(), row, limit: LONGEST_RECORD }
}

/// What parsing one block gives.
struct Parsed {
    chunk: Chunk,
    /// Records in the block, with blank ones and the header.
    records: u64,
    script: Script,
}

/// Parses on all threads, adds in order.
fn read_blocks(
    pass: &mut Pass<'_>,
    place: &str,
    shape: &Shape,
    blocks: Blocks<impl Read + Send>,
) -> Result<Script, Interrupt> {
    let windows_1252 = pass.assumptions.windows_1252.contains(place);
    let layout = shape.layout.clone();
    let plan = pass.plan(&layout);
    let (mut number, mut script) = (0, if windows_1252 { Script::Windows1252 } else { Script::Ascii });
    let parse = |at: usize, block: &[u8], codes: &Codes| {
        // The header and what stands above it are in the first block.
        let skip = if at == 0 { shape.skip } else { 0 };
        parse(block, shape.dialect, &plan, codes, skip, windows_1252)
    };
    in_order(blocks, pass.collector.codes(), parse, |parsed| {
        let parsed = parsed.map_err(|error| match error {
            BlockError::Io(error) => stream_error(place, error),
            BlockError::TooLong => unclosed(place, number + 1),
        })?;
        let parsed = parsed.map_err(|error| match error {
            ParseError::Unclosed(row) => unclosed(place, number + row + 1),
            ParseError::Table(error) => error.into(),
        })?;
        script = pass.join_scripts(place, script, parsed.script)?;
        pass.add(parsed.chunk, place, number + 1)?;
        number += parsed.records;
        Ok::<_, Interrupt>(pass.collector.codes())
    })?;
    Ok(script)
}

fn stream_error(place: &str, error: std::io::Error) -> TransactionsError {
    match error.kind() {
        // Decoders of compressed data report damage so.
        std::io::ErrorKind::InvalidInput
        | std::io::ErrorKind::InvalidData
        | std::io::ErrorKind::UnexpectedEof
        | std::io::ErrorKind::Other => TransactionsError::damaged(place, "compressed text", error),
        _ => TransactionsError::io(place, error),
    }
}

impl Pass<'_> {
    /// The encoding of a whole text. Bytes that are no UTF-8 after some that are mean that those were
    /// not either: the text is read again.
    fn join_scripts(&self, place: &str, so_far: Script, next: Script) -> Result<Script, Interrupt> {
        match (so_far, next) {
            (Script::Utf8, Script::Windows1252) | (Script::Windows1252, Script::Utf8) => {
                let mut assumptions = self.assumptions.clone();
                assumptions.windows_1252.insert(place.to_owned());
                Err(Interrupt::Again(Box::new(assumptions)))
            }
            (known, Script::Ascii) => Ok(known),
            (_, known) => Ok(known),
        }
    }
}

enum ParseError {
    /// A quoted value in this record of the block does not end.
    Unclosed(u64),
    Table(PolarsError),
}

impl From<PolarsError> for ParseError {
    fn from(error: PolarsError) -> Self {
        Self::Table(error)
    }
}

fn parse(
    block: &[u8],
    dialect: Dialect,
    plan: &Plan<'_>,
    codes: &Codes,
    skip: u64,
    windows_1252: bool,
) -> Result<Parsed, ParseError> {
    let (text, script) = decode(block, windows_1252);
    let slots: Vec<(usize, usize)> = plan.layout.slots().collect();
    let width = plan.layout.columns.len();
    let mut builder = ChunkBuilder::new(plan, codes, text.len() / 64)?;
    let (mut records, mut record) = (Records::new(&text, dialect), Record::default());
    let mut hasher = RowHasher::default();
    let has_nul = memchr::memchr(0, block).is_some();
    let mut number = 0;
    while records.read(&mut record).map_err(|Unclosed| ParseError::Unclosed(number))? {
        if number >= skip && !record.is_blank(&text) {
            let mut row: Row<'_> = [Field::Null; SLOTS];
            for &(slot, column) in &slots {
                row[slot] = Field::text(record.get(&text, column));
            }
            if is_misaligned(&record, &text, width, dialect) {
                builder.push_malformed(number, &row);
            } else if has_nul
                && slots
                    .iter()
                    .any(|&(slot, column)| slot < ROLES && record.get(&text, column).contains('\0'))
            {
                builder.push_damaged(number, &row);
            } else {
                builder.push(number, &row, || {
                    record.values(&text).for_each(|value| hasher.add(value.trim().as_bytes()));
                    hasher.finish()
                })?;
            }
        }
        number += 1;
    }
    Ok(Parsed { chunk: builder.finish()?, records: number, script })
}

/// Whether values may stand under the wrong column: there are more than columns, or, where spaces
/// separate and an empty value leaves no trace, fewer.
fn is_misaligned(record: &Record, text: &str, width: usize, dialect: Dialect) -> bool {
    match dialect.separator {
        Separator::Spaces => record.len() != width,
        Separator::Byte(_) => (width..record.len()).any(|at| !record.get(text, at).trim().is_empty()),
    }
}
