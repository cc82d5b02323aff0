//! The ids of a campaign in a file.

use std::collections::BTreeSet;
use std::path::Path;

use segmentation_lib::regular_file;

use crate::failure::{Failure, Result};

/// Most bytes of a list of ids.
const MOST_BYTES: u64 = 1 << 30;
/// What separates columns; the first of those that the header has most of.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads ids, one a line, or the column `customer_id` or `id` of a CSV, in any case.
pub fn read(path: &Path) -> Result<BTreeSet<String>> {
    let unusable = |reason: String| Failure::Unusable(format!("{}: {reason}", path.display()));
    let text = regular_file::read_text(path, MOST_BYTES).map_err(|error| unusable(error.to_string()))?;
    let ids = ids(text.trim_start_matches('\u{feff}')).map_err(unusable)?;
    if ids.is_empty() {
        return Err(unusable(
            "it holds no id; give one a line, or a CSV with a column customer_id".to_owned(),
        ));
    }
    Ok(ids)
}

fn ids(text: &str) -> Result<BTreeSet<String>, String> {
    let first = text.lines().next().unwrap_or_default();
    let separator = separator(first);
    let named = |name: &str| matches!(plain(name).as_str(), "customerid" | "id");
    let columns: Vec<&str> = first.split(char::from(separator)).collect();
    if let Some(column) = columns.iter().position(|name| named(name)) {
        return of_column(text, separator, column);
    }
    if columns.len() > 1 {
        return Err("none of its columns is named customer_id or id".to_owned());
    }
    Ok(text.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect())
}

fn separator(header: &str) -> u8 {
    let count = |separator: u8| header.bytes().filter(|&byte| byte == separator).count();
    // The last of equals is taken: the order is turned round.
    SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn of_column(text: &str, separator: u8, column: usize) -> Result<BTreeSet<String>, String> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let mut ids = BTreeSet::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        ids.extend(record.get(column).map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_without_one_of_ids_are_refused() {
        assert!(ids("name,segment\nx,1\n").is_err());
        assert!(ids("").is_ok_and(|ids| ids.is_empty()));
    }

    fn of(text: &str) -> Vec<String> {
        ids(text).expect("ids").into_iter().collect()
    }

    #[test]
    fn ids_stand_one_a_line_or_in_their_column() {
        assert_eq!(of("b\n\n a \nb\n"), ["a", "b"]);
        assert_eq!(of("name;Customer ID\nx;007\n\"y;z\";8\n"), ["007", "8"]);
        assert_eq!(of("customer_id\n1\n2\n"), ["1", "2"]);
    }
}
