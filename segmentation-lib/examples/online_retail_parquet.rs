//! UCI's workbook of Online Retail as the Parquet file that is bundled, values unchanged:
//! `cargo run --release --features cli --example online_retail_parquet -- "Online Retail.xlsx" OnlineRetail.parquet`

use std::fs::File;
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};
use calamine::{Data, Reader, Xlsx, open_workbook};
use polars::prelude::*;

/// UCI's columns, in their order.
const COLUMNS: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// 1 January 1970 as Excel counts days.
const EPOCH: f64 = 25_569.0;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(workbook), Some(parquet)) = (args.next(), args.next()) else {
        bail!("usage: online_retail_parquet WORKBOOK PARQUET");
    };
    let mut frame = frame(Path::new(&workbook))?;
    let file = File::create(&parquet).map_err(|error| anyhow!("cannot write {parquet}: {error}"))?;
    ParquetWriter::new(file).with_compression(ParquetCompression::Zstd(None)).finish(&mut frame)?;
    println!("{parquet}: {} rows", frame.height());
    Ok(())
}

/// The first sheet of the workbook as a frame with the bundled file's types.
fn frame(workbook: &Path) -> Result<DataFrame> {
    let mut workbook: Xlsx<_> =
        open_workbook(workbook).map_err(|error| anyhow!("cannot read {}: {error}", workbook.display()))?;
    let sheet = workbook.worksheet_range_at(0).ok_or_else(|| anyhow!("the workbook has no sheet"))??;
    let mut rows = sheet.rows();
    let header: Vec<String> = rows.next().into_iter().flatten().map(Data::to_string).collect();
    ensure!(header == COLUMNS, "the columns are {header:?}, not UCI's {COLUMNS:?}");
    let rows: Vec<&[Data]> = rows.collect();
    let columns = COLUMNS.iter().enumerate().map(|(at, name)| column(name, at, &rows));
    Ok(DataFrame::new(rows.len(), columns.collect::<Result<_>>()?)?)
}

fn column(name: &str, at: usize, rows: &[&[Data]]) -> Result<Column> {
    let name = PlSmallStr::from(name);
    Ok(match name.as_str() {
        "Quantity" | "CustomerID" => numbers(name, at, rows)?.cast(&DataType::Int32)?,
        "UnitPrice" => numbers(name, at, rows)?,
        "InvoiceDate" => moments(name, at, rows)?,
        _ => Column::new(name, rows.iter().map(|row| text(&row[at])).collect::<Vec<_>>()),
    })
}

/// A code or name; whole numbers, as most invoices and products are, without decimals.
fn text(cell: &Data) -> Option<String> {
    match cell {
        Data::Empty => None,
        other => Some(other.to_string()),
    }
}

fn numbers(name: PlSmallStr, at: usize, rows: &[&[Data]]) -> Result<Column> {
    let number = |(line, row): (usize, &&[Data])| match &row[at] {
        Data::Empty => Ok(None),
        Data::Float(number) => Ok(Some(*number)),
        Data::Int(number) => Ok(Some(*number as f64)),
        other => bail!("row {}: {name} is {other:?}, no number", line + 2),
    };
    let numbers = rows.iter().enumerate().map(number).collect::<Result<Vec<Option<f64>>>>()?;
    Ok(Column::new(name, numbers))
}

/// Moments to the millisecond.
fn moments(name: PlSmallStr, at: usize, rows: &[&[Data]]) -> Result<Column> {
    let moment = |(line, row): (usize, &&[Data])| match &row[at] {
        Data::DateTime(moment) => Ok(((moment.as_f64() - EPOCH) * 86_400_000.0).round() as i64),
        other => bail!("row {}: {name} is {other:?}, no date", line + 2),
    };
    let moments = rows.iter().enumerate().map(moment).collect::<Result<Vec<i64>>>()?;
    Ok(Column::new(name, moments).cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?)
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

    use super::*;

    const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/online-retail/OnlineRetail.parquet");

    /// Every hundredth row of the bundled file: returns, letters in codes and rows without customers among them.
    fn some_of_the_bundled() -> DataFrame {
        let frame = ParquetReader::new(File::open(BUNDLED).expect("bundled")).finish().expect("Parquet");
        let rows: Vec<IdxSize> = (0..frame.height() as IdxSize).step_by(100).collect();
        frame.take(&IdxCa::from_vec("row".into(), rows)).expect("rows of it")
    }

    /// As UCI writes them: codes of digits alone are numbers.
    fn write(page: &mut Worksheet, row: u32, at: u16, value: AnyValue<'_>) {
        let written = match value {
            AnyValue::Null => Ok(&mut *page),
            AnyValue::String(text) => match text.parse::<u32>() {
                Ok(number) if number.to_string() == text => page.write_number(row, at, number),
                _ => page.write_string(row, at, text),
            },
            AnyValue::Datetime(milliseconds, ..) => {
                let moment = ExcelDateTime::from_timestamp(milliseconds / 1000).expect("a date");
                page.write_with_format(row, at, &moment, &Format::new().set_num_format("m/d/yy h:mm"))
            }
            number => page.write_number(row, at, number.extract::<f64>().expect("a number")),
        };
        written.expect("written");
    }

    #[test]
    fn a_workbook_of_the_bundled_rows_becomes_the_same_rows_and_types() {
        let (folder, expected) = (tempfile::tempdir().expect("a folder"), some_of_the_bundled());
        let (workbook, mut book) = (folder.path().join("Online Retail.xlsx"), Workbook::new());
        let page = book.add_worksheet();
        for (at, column) in (0_u16..).zip(expected.columns()) {
            page.write_string(0, at, column.name().as_str()).expect("written");
            for (row, value) in (1_u32..).zip(column.as_materialized_series().iter()) {
                write(page, row, at, value);
            }
        }
        book.save(&workbook).expect("saved");
        let read = frame(&workbook).expect("read");
        assert_eq!(read.schema(), expected.schema());
        assert!(read.equals_missing(&expected));
    }

    #[test]
    fn another_workbook_is_refused_by_its_columns() {
        let (folder, mut book) = (tempfile::tempdir().expect("a folder"), Workbook::new());
        book.add_worksheet().write_string(0, 0, "Invoice").expect("written");
        let other = folder.path().join("other.xlsx");
        book.save(&other).expect("saved");
        let error = frame(&other).expect_err("UCI's columns are missing").to_string();
        assert!(error.starts_with("the columns are [\"Invoice\"], not UCI's"), "{error}");
    }
}
