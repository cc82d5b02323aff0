//! UCI's archive, written from the Parquet file of the same data.

use std::io::{Cursor, Write};
use std::path::Path;

use polars::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

/// A zip that holds `Online Retail.xlsx`.
pub fn archive() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/online-retail/OnlineRetail.parquet");
    let frame = ParquetReader::new(std::fs::File::open(path).expect("there")).finish().expect("Parquet");
    let mut zip = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default();
    zip.start_file("Online Retail.xlsx", options).expect("a file");
    zip.write_all(&workbook(&frame)).expect("in memory");
    zip.finish().expect("in memory").into_inner()
}

fn workbook(frame: &DataFrame) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let columns: Vec<(&str, Values)> =
        frame.columns().iter().map(|column| (column.name().as_str(), Values::of(column))).collect();
    for (at, (name, _)) in columns.iter().enumerate() {
        sheet.write(0, at as u16, *name).expect("written");
    }
    let dates = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    for row in 0..frame.height() {
        for (at, (_, values)) in columns.iter().enumerate() {
            values.write(sheet, row, at as u16, &dates);
        }
    }
    book.save_to_buffer().expect("in memory")
}

/// A column as UCI's workbook holds it.
enum Values {
    Text(StringChunked),
    Number(Float64Chunked),
    Moment(Int64Chunked),
}

impl Values {
    fn of(column: &Column) -> Self {
        let cast = |kind: &DataType| column.cast(kind).expect("castable");
        match column.name().as_str() {
            "InvoiceDate" => {
                let moments = cast(&DataType::Datetime(TimeUnit::Milliseconds, None));
                Self::Moment(moments.to_physical_repr().i64().expect("integers").clone())
            }
            "Quantity" | "UnitPrice" | "CustomerID" => {
                Self::Number(cast(&DataType::Float64).f64().expect("numbers").clone())
            }
            _ => Self::Text(cast(&DataType::String).str().expect("text").clone()),
        }
    }

    fn write(&self, sheet: &mut Worksheet, row: usize, column: u16, dates: &Format) {
        let to = row as u32 + 1;
        match self {
            Self::Text(values) => values.get(row).map(|text| sheet.write(to, column, text).map(|_| ())),
            Self::Number(values) => values.get(row).map(|value| sheet.write(to, column, value).map(|_| ())),
            Self::Moment(values) => values.get(row).map(|ms| {
                let moment = ExcelDateTime::from_timestamp(ms / 1000).expect("in range");
                sheet.write_with_format(to, column, &moment, dates).map(|_| ())
            }),
        }
        .transpose()
        .expect("written");
    }
}
