//! Rows into a file: CSV as an export has it, or Parquet with typed columns.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, NaiveDate};
use polars::prelude::*;

use super::lines::Line;

/// Rows of a row group.
const GROUP: usize = 1 << 19;

/// An open file of either kind.
pub struct Output {
    rows: u64,
    kind: Kind,
}

enum Kind {
    Csv(BufWriter<File>),
    Parquet { writer: Box<polars::io::parquet::write::BatchedWriter<File>>, group: Vec<Line> },
}

impl Output {
    pub fn create(path: &Path) -> Result<Self, Box<dyn Error>> {
        let file = File::create(path)?;
        let kind = match path.extension().and_then(|end| end.to_str()) {
            Some("csv") => {
                let mut csv = BufWriter::with_capacity(1 << 20, file);
                writeln!(csv, "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country")?;
                Kind::Csv(csv)
            }
            Some("parquet") => {
                let schema = frame(&[])?.schema().as_ref().clone();
                let writer = ParquetWriter::new(file)
                    .with_compression(ParquetCompression::Zstd(None))
                    .batched(&schema)?;
                Kind::Parquet { writer: Box::new(writer), group: Vec::with_capacity(GROUP) }
            }
            _ => return Err("the file's name must end in .csv or .parquet".into()),
        };
        Ok(Self { rows: 0, kind })
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn write(&mut self, line: Line) -> Result<(), Box<dyn Error>> {
        self.rows += 1;
        match &mut self.kind {
            Kind::Csv(csv) => {
                let time =
                    DateTime::from_timestamp(begin() + line.seconds, 0).ok_or("a time out of range")?;
                let customer = line.customer.map(|id| id.to_string()).unwrap_or_default();
                let (pounds, pennies) = (line.price_pennies / 100, line.price_pennies % 100);
                let Line { invoice, stock_code, quantity, country, .. } = line;
                let time = time.format("%Y-%m-%d %H:%M:%S");
                writeln!(
                    csv,
                    "{invoice},{stock_code},{quantity},{time},{pounds}.{pennies:02},{customer},{country}"
                )?;
            }
            Kind::Parquet { writer, group } => {
                group.push(line);
                if group.len() == GROUP {
                    writer.write_batch(&frame(group)?)?;
                    group.clear();
                }
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Result<(), Box<dyn Error>> {
        match self.kind {
            Kind::Csv(mut csv) => csv.flush()?,
            Kind::Parquet { mut writer, group } => {
                writer.write_batch(&frame(&group)?)?;
                writer.finish()?;
            }
        }
        Ok(())
    }
}

/// 2010-01-01, in seconds.
fn begin() -> i64 {
    let day = NaiveDate::from_ymd_opt(2010, 1, 1).expect("a day of the calendar");
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

fn frame(lines: &[Line]) -> PolarsResult<DataFrame> {
    let texts = |name: &str, text: fn(&Line) -> &str| {
        Column::new(name.into(), lines.iter().map(text).collect::<Vec<_>>())
    };
    let times: Vec<i64> = lines.iter().map(|line| (begin() + line.seconds) * 1_000_000).collect();
    let times =
        Column::new("InvoiceDate".into(), times).cast(&DataType::Datetime(TimeUnit::Microseconds, None))?;
    let prices: Vec<f64> = lines.iter().map(|line| line.price_pennies as f64 / 100.0).collect();
    let columns = vec![
        texts("InvoiceNo", |line| &line.invoice),
        texts("StockCode", |line| &line.stock_code),
        Column::new("Quantity".into(), lines.iter().map(|line| line.quantity).collect::<Vec<_>>()),
        times,
        Column::new("UnitPrice".into(), prices),
        Column::new(
            "CustomerID".into(),
            lines.iter().map(|line| line.customer.map(|id| id as i64)).collect::<Vec<_>>(),
        ),
        texts("Country", |line| line.country),
    ];
    DataFrame::new(lines.len(), columns)
}
