//! What a file is: its first bytes decide, its name only says what was expected.

use std::io::{Read, Seek, SeekFrom};

use super::super::error::TransactionsError;

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Gzip,
    Zstandard,
    Zip,
    Parquet,
    Json,
    /// The binary workbook of Excel 97 to 2003.
    OldWorkbook,
}

const KNOWN: [(&[u8], Format); 5] = [
    (b"PAR1", Format::Parquet),
    (b"PK\x03\x04", Format::Zip),
    (b"\x1f\x8b", Format::Gzip),
    (b"\x28\xb5\x2f\xfd", Format::Zstandard),
    (b"\xd0\xcf\x11\xe0", Format::OldWorkbook),
];

const OTHERS: [(&[u8], &str); 14] = [
    (b"PK\x05\x06", "an empty zip"),
    (b"%PDF", "PDF"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ", "xz"),
    (b"ARROW1", "Arrow"),
    (b"Obj\x01", "Avro"),
    (b"ORC", "ORC"),
    (b"SQLite format 3", "SQLite"),
    (b"<!DOCTYPE", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
    (b"{\\rtf", "RTF"),
];

/// Recognises a file and goes back to its start.
pub(super) fn recognise(file: &mut (impl Read + Seek), place: &str) -> Result<Format, TransactionsError> {
    let mut head = Vec::new();
    file.take(512).read_to_end(&mut head).map_err(|error| TransactionsError::io(place, error))?;
    file.seek(SeekFrom::Start(0)).map_err(|error| TransactionsError::io(place, error))?;
    if head.is_empty() {
        return Err(TransactionsError::Empty { place: place.to_owned() });
    }
    let found = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format);
    if let Some(format) = found {
        return Ok(format);
    }
    let unsupported = |format| Err(TransactionsError::Unsupported { place: place.to_owned(), format });
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return unsupported(name);
    }
    if is_json(&head) {
        return Ok(Format::Json);
    }
    if let Some(expected) = promised(place).filter(|expected| *expected != "xls" || !is_text(&head)) {
        return Err(TransactionsError::damaged(
            place,
            expected,
            "its content does not begin as its name promises",
        ));
    }
    Ok(Format::Text)
}

/// Whether a text begins as JSON does.
pub(super) fn is_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether a beginning is text in lines: shops call tables with tabs workbooks, so that a spreadsheet opens them.
fn is_text(head: &[u8]) -> bool {
    head.contains(&b'\n') && !head.iter().any(|b| *b < 0x20 && !b.is_ascii_whitespace())
}

/// The format that a name promises, when it is not text.
fn promised(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    ["parquet", "xlsx", "xlsm", "xlsb", "xls", "ods", "zip", "gz", "zst"]
        .into_iter()
        .find(|suffix| lower.ends_with(&format!(".{suffix}")))
}

/// Whether a name, found in a directory or archive, is one of a data file.
pub(crate) fn is_data_name(name: &str) -> bool {
    let lower = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let text = ["csv", "tsv", "txt", "tab", "dat", "json", "ndjson", "jsonl"]
        .iter()
        .any(|suffix| lower.contains(&format!(".{suffix}")));
    let prose = ["readme", "license", "licence", "notes"].iter().any(|start| lower.starts_with(start));
    !lower.starts_with('.') && !prose && (text || promised(&lower).is_some())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn first_bytes_decide() {
        let recognised = |bytes: &[u8], name: &str| recognise(&mut Cursor::new(bytes), name);
        assert_eq!(recognised(b"PAR1....", "a.bin").ok(), Some(Format::Parquet));
        assert_eq!(recognised(b"a,b\n1,2\n", "a.csv").ok(), Some(Format::Text));
        assert!(matches!(
            recognised(b"%PDF-1.7", "a.csv"),
            Err(TransactionsError::Unsupported { format: "PDF", .. })
        ));
        assert_eq!(recognised(b" [{\"a\":1}]", "a.csv").ok(), Some(Format::Json));
        assert_eq!(recognised(b"\xef\xbb\xbf{\"a\":1}", "a.json").ok(), Some(Format::Json));
        assert!(matches!(
            recognised(b"a,b\n", "a.XLSX"),
            Err(TransactionsError::Damaged { format: "xlsx", .. })
        ));
        assert!(matches!(recognised(b"", "a.csv"), Err(TransactionsError::Empty { .. })));
    }

    #[test]
    fn prose_and_hidden_files_are_no_data() {
        assert!(is_data_name("2011/sales.csv.gz") && is_data_name("Online Retail.xlsx"));
        assert!(!is_data_name("README.txt") && !is_data_name("x/.hidden.csv") && !is_data_name("figure.png"));
    }
}
