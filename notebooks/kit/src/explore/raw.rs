//! The rows as they lie in the file, before anything is decided about them.

use std::path::{Path, PathBuf};

use polars::prelude::*;
use segmentation_lib::transactions::Transactions;

/// The first file's rows as they are: of Parquet, or of a table of text separated by commas, semicolons, tabs or
/// blanks, without quotes. Of another format the rows that were read and kept, in the library's columns.
pub fn raw(files: &[PathBuf], read: &Transactions) -> PolarsResult<DataFrame> {
    let otherwise = || read.frame().collect();
    let Some(file) = files.first() else { return otherwise() };
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => ParquetReader::new(std::fs::File::open(file)?).finish(),
        Some("txt" | "csv" | "tsv") => of_text(file)?.map_or_else(otherwise, Ok),
        _ => otherwise(),
    }
}

/// A table of text; none where it is no plain one.
fn of_text(file: &Path) -> PolarsResult<Option<DataFrame>> {
    let Ok(text) = std::fs::read_to_string(file) else { return Ok(None) };
    let Some(first) = text.lines().next().filter(|_| !text.contains('"')) else { return Ok(None) };
    let separator = [',', ';', '\t'].into_iter().find(|separator| first.contains(*separator));
    let fields = |line| -> Vec<&str> {
        match separator {
            Some(separator) => str::split(line, separator).map(str::trim).collect(),
            None => str::split_whitespace(line).collect(),
        }
    };
    let names = fields(first);
    let mut columns = vec![Vec::new(); names.len()];
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let values = fields(line);
        if values.len() != names.len() {
            return Ok(None);
        }
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    let height = columns.first().map_or(0, Vec::len);
    DataFrame::new(height, names.iter().zip(&columns).map(|(name, values)| typed(name, values)).collect())
        .map(Some)
}

/// Whole numbers, else numbers, else texts. What begins with a needless zero is a name and no number.
fn typed(name: &str, values: &[&str]) -> Column {
    let padded = |value: &&str| value.len() > 1 && value.starts_with('0') && !value.starts_with("0.");
    let parsed = |value: &&str| value.parse::<i64>().ok();
    if values.iter().any(padded) {
        return Column::new(name.into(), values);
    }
    if let Some(whole) = values.iter().map(parsed).collect::<Option<Vec<i64>>>() {
        return Column::new(name.into(), whole);
    }
    match values.iter().map(|value| value.parse().ok()).collect::<Option<Vec<f64>>>() {
        Some(numbers) => Column::new(name.into(), numbers),
        None => Column::new(name.into(), values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_separate_and_ids_keep_their_zeros() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sales.txt");
        std::fs::write(&file, " customer  day dollars\n 00001 19970101  11.77\n 00002 19970112 3\n")
            .expect("written");
        let frame = of_text(&file).expect("columns").expect("a table");
        assert_eq!(frame.get_column_names(), ["customer", "day", "dollars"]);
        let types = [DataType::String, DataType::Int64, DataType::Float64];
        assert_eq!(frame.dtypes(), types);
        assert_eq!(frame.height(), 2);
    }

    #[test]
    fn a_line_of_another_length_or_a_quote_is_no_plain_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sales.csv");
        for text in ["a,b\n1\n", "a,b\n\"1\",2\n"] {
            std::fs::write(&file, text).expect("written");
            assert!(of_text(&file).expect("read").is_none());
        }
    }
}
