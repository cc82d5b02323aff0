//! A Parquet file's rows as CSV with a header, as databases load them; nulls are empty:
//! `cargo run --features cli --example parquet_csv -- OnlineRetail.parquet > OnlineRetail.csv`

use std::fs::File;
use std::io;

use anyhow::{Result, anyhow, bail};
use polars::prelude::*;

/// Rows written at a time.
const BATCH: usize = 1 << 16;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else { bail!("usage: parquet_csv PARQUET") };
    let file = File::open(&path).map_err(|error| anyhow!("cannot open {path}: {error}"))?;
    let frame = ParquetReader::new(file).finish()?;
    let mut out = csv::Writer::from_writer(io::stdout().lock());
    out.write_record(frame.get_column_names().into_iter().map(|name| name.as_str()))?;
    for start in (0..frame.height()).step_by(BATCH) {
        write(&frame.slice(start as i64, BATCH), &mut out)?;
    }
    Ok(out.flush()?)
}

fn write(frame: &DataFrame, out: &mut csv::Writer<impl io::Write>) -> Result<()> {
    let texts: Vec<Column> =
        frame.columns().iter().map(|column| column.cast(&DataType::String)).collect::<PolarsResult<_>>()?;
    let texts: Vec<&StringChunked> = texts.iter().map(Column::str).collect::<PolarsResult<_>>()?;
    for row in 0..frame.height() {
        out.write_record(texts.iter().map(|column| column.get(row).unwrap_or_default()))?;
    }
    Ok(())
}
