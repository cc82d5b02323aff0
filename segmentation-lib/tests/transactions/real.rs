//! Real data, whole.

use std::io::Write;
use std::path::Path;

use polars::prelude::*;
use segmentation_lib::transactions::{Duplicates, ReadOptions, Returns, Rules};

use crate::support::*;

fn clean_cut() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.rules.returns = Returns::Drop;
    options.rules.disable("bad_debt").expect("known").disable("non_product").expect("known");
    options
}

#[test]
fn cdnow_is_read_whole() {
    let read = read(&[cdnow()], &ReadOptions::default()).expect("readable");
    assert_adds_up(&read);
    let counted = line(&read, "input");
    assert_eq!(counted, (69_659, 23_570, 250_031_563));
    assert_eq!(line(&read, "non_positive_amount").0, 80);
    assert_eq!(read.first().to_string(), "1997-01-01 00:00:00");
    assert_eq!(read.last().to_string(), "1998-06-30 00:00:00");
    assert_eq!(rows(&read)[0], "00001 | 1997-01-01 | 1997-01-01 00:00:00.000 | - | - | 1 | 1177 | false");
}

#[test]
fn online_retail_is_netted_by_default() {
    let path = online_retail();
    let read = read(&[path], &ReadOptions::default()).expect("readable");
    assert_adds_up(&read);
    println!("{:#?}", read.ledger());
    assert_eq!(line(&read, "input").0, 541_909);
    assert_eq!(line(&read, "missing_customer").0, 135_080);
}

#[test]
fn the_published_recipe_keeps_its_rows() {
    let path = online_retail();
    let mut options = ReadOptions::default();
    options.rules.only([]).expect("known");
    let read = read(&[path], &options).expect("readable");
    assert_eq!((read.rows(), read.customers()), (406_829, 4_372));
    assert_adds_up(&read);
}

#[test]
fn the_clean_cut_keeps_its_rows() {
    let path = online_retail();
    let read = read(&[path], &clean_cut()).expect("readable");
    let (rows, customers, pennies) = line(&read, "kept");
    assert_eq!((rows, customers), (397_884, 4_338));
    // The exact sum is 8,911,407.904; each line is rounded to the penny.
    assert_eq!(pennies, 891_140_790);
    let invoices = read.frame().select([col("purchase_id").n_unique()]).collect().expect("a count");
    assert_eq!(
        invoices.column("purchase_id").expect("there").get(0).expect("there"),
        AnyValue::UInt32(18_532)
    );
}

#[test]
fn exact_duplicates_are_those_that_were_counted() {
    let path = online_retail();
    let mut options = ReadOptions::default();
    options.rules.only([]).expect("known").duplicates = Duplicates::Drop;
    let read = read(&[path], &options).expect("readable");
    assert_eq!(line(&read, "duplicate").0, 406_829 - 401_604);
    assert_eq!(line(&read, "duplicate").1, 0);
}

/// Writes the rows of Online Retail as a CSV with the given date format and separator.
pub fn write_csv(parquet: &Path, csv: &Path, dates: &str, latin_1: bool) {
    let frame = ParquetReader::new(std::fs::File::open(parquet).expect("there")).finish().expect("Parquet");
    let moments =
        frame.column("InvoiceDate").expect("there").cast(&DataType::Datetime(TimeUnit::Milliseconds, None));
    let moments = moments.expect("moments").to_physical_repr();
    let text = |name: &str| frame.column(name).expect("there").cast(&DataType::String).expect("text");
    let columns: Vec<Column> =
        ["InvoiceNo", "StockCode", "Description", "Quantity", "UnitPrice", "CustomerID", "Country"]
            .iter()
            .map(|name| text(name))
            .collect();
    let columns: Vec<&StringChunked> = columns.iter().map(|c| c.str().expect("text")).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(csv).expect("writable"));
    writeln!(out, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r")
        .expect("written");
    let mut line = String::new();
    for at in 0..frame.height() {
        line.clear();
        let moment = moments.i64().expect("integers").get(at).expect("a date");
        let date =
            chrono::DateTime::from_timestamp_millis(moment).expect("in range").format(dates).to_string();
        for (column, values) in columns.iter().enumerate() {
            let value = values.get(at).unwrap_or("");
            match value.contains([',', '"']) {
                true => line.push_str(&format!("\"{}\"", value.replace('"', "\"\""))),
                false => line.push_str(value),
            }
            line.push(if column == 6 { '\r' } else { ',' });
            if column == 3 {
                line.push_str(&date);
                line.push(',');
            }
        }
        line.push('\n');
        let bytes: Vec<u8> = match latin_1 {
            true => line.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect(),
            false => line.clone().into_bytes(),
        };
        out.write_all(&bytes).expect("written");
    }
}

#[test]
fn every_writing_of_online_retail_reads_alike() {
    let path = online_retail();
    let expected = read(std::slice::from_ref(&path), &ReadOptions::default()).expect("readable");
    let inputs = Inputs::new();
    for (name, dates, latin_1) in
        [("kaggle.csv", "%d-%m-%Y %H:%M", true), ("us.csv", "%-m/%-d/%Y %-H:%M", false)]
    {
        write_csv(&path, &inputs.path(name), dates, latin_1);
        let read = inputs.read_one(name, &ReadOptions::default()).expect("readable");
        assert_eq!(read.ledger().lines, expected.ledger().lines, "{name}");
        assert!(rows(&read) == rows(&expected), "{name}");
        println!("{name}: {:?}", read.decisions());
    }
}

#[test]
fn the_rules_have_their_table() {
    assert_eq!(Rules::all().len(), 18);
}
