//! Formats and notations, on small inputs.

use segmentation_lib::transactions::{DateOrder, Duplicates, ReadOptions, TransactionsError};

use crate::support::*;

/// Two customers, one invoice with two lines, one cancellation, in UCI's columns and a given notation.
fn retail(date: impl Fn(u32) -> String, id: &str) -> String {
    let mut text =
        String::from("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    for (invoice, code, quantity, day, price) in [
        ("536365", "85123A", 6, 1, "2.55"),
        ("536365", "71053", 2, 1, "3.39"),
        ("C536400", "71053", -1, 13, "3.39"),
        ("536500", "POST", 1, 20, "18.00"),
    ] {
        let date = date(day);
        text.push_str(&format!(
            "{invoice},{code},\"CREAM, \"\"HANGING\"\" LIGHT\",{quantity},{date},{price},{id},United Kingdom\n"
        ));
    }
    text
}

fn iso(day: u32) -> String {
    format!("2010-12-{day:02} 08:26:00")
}

#[test]
fn every_notation_of_the_same_rows_reads_alike() {
    let expected =
        rows(&Inputs::one("iso.csv", retail(iso, "17850")).read(&ReadOptions::default()).expect("ok"));
    assert_eq!(expected.len(), 3, "{expected:?}");
    let day_first = retail(|day| format!("{day:02}-12-2010 08:26"), "17850");
    let month_first = retail(|day| format!("12/{day}/2010 8:26"), "17850.0");
    let semicolons = retail(iso, "17850").replace(',', ";").replace("CREAM;", "CREAM,");
    let tabs = semicolons.replace(';', "\t");
    let windows = retail(iso, "17850").replace('\n', "\r\n");
    let marked = format!("\u{feff}{}", retail(iso, "17850"));
    for (name, text) in [
        ("day_first.csv", day_first),
        ("month_first.csv", month_first),
        ("semicolons.csv", semicolons),
        ("tabs.tsv", tabs),
        ("windows.csv", windows),
        ("byte_order_mark.csv", marked),
    ] {
        let read =
            Inputs::one(name, text).read(&ReadOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(rows(&read), expected, "{name}");
        assert_adds_up(&read);
    }
}

#[test]
fn compressed_and_zipped_files_read_like_the_plain_one() {
    let text = retail(iso, "17850");
    let expected = rows(&Inputs::one("plain.csv", &text).read(&ReadOptions::default()).expect("readable"));
    let inputs = Inputs::new();
    inputs.add("a.csv.gz", gzip(text.as_bytes()));
    inputs.add("b.csv.zst", zstd::encode_all(text.as_bytes(), 1).expect("in memory"));
    inputs.add("c.zip", zipped("Online Retail.csv", text.as_bytes()));
    inputs.add("d.xlsx", workbook());
    inputs.add("e.zip", zipped("Online Retail.xlsx", &workbook()));
    for name in ["a.csv.gz", "b.csv.zst", "c.zip", "d.xlsx", "e.zip"] {
        let read = inputs.read_one(name, &ReadOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(rows(&read), expected, "{name}");
    }
}

/// The rows of [`retail`] as UCI's workbook holds them: date cells, ids as numbers.
fn workbook() -> Vec<u8> {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let text = retail(iso, "17850");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let dates = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    for (at, line) in text.lines().enumerate() {
        let line = line.replace("\"CREAM, \"\"HANGING\"\" LIGHT\"", "LIGHT");
        for (column, value) in line.split(',').enumerate() {
            let (row, column) = (u32::try_from(at).expect("small"), u16::try_from(column).expect("small"));
            match column {
                4 if at > 0 => {
                    let moment = ExcelDateTime::parse_from_str(value).expect("a date");
                    sheet.write_with_format(row, column, &moment, &dates).expect("written");
                }
                3 | 5 | 6 if at > 0 => {
                    sheet.write(row, column, value.parse::<f64>().expect("a number")).expect("written");
                }
                _ => {
                    sheet.write(row, column, value).expect("written");
                }
            }
        }
    }
    book.save_to_buffer().expect("in memory")
}

pub fn zipped(name: &str, content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
    zip.write_all(content).expect("in memory");
    zip.finish().expect("in memory").into_inner()
}

#[test]
fn several_files_are_one_input_and_their_order_does_not_matter() {
    let header = "customer_id,trans_date,tran_amount\n";
    let inputs = Inputs::one("b.csv", format!("{header}CS2,11-Feb-13,20\n"));
    inputs.add("a.csv", format!("{header}CS1,12-Feb-13,10.5\nCS2,13-Feb-13,30\n"));
    let whole = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!((whole.rows(), whole.customers(), whole.inputs().len()), (3, 2, 2));
    let paths = [inputs.path("b.csv"), inputs.path("a.csv")];
    let pattern = read(&[inputs.path("*.csv")], &ReadOptions::default()).expect("readable");
    let listed = read(&paths, &ReadOptions::default()).expect("readable");
    assert_eq!(sorted_rows(&whole), sorted_rows(&listed));
    assert_eq!(sorted_rows(&whole), sorted_rows(&pattern));
}

#[test]
fn a_date_that_no_row_decides_is_asked_for_and_takes_an_answer() {
    let text = "customer_id,trans_date,tran_amount\nCS1,01-02-2011,5\nCS2,03-04-2011,6\n";
    let inputs = Inputs::one("ambiguous.csv", text);
    let error = inputs.read(&ReadOptions::default()).expect_err("undecided");
    assert!(matches!(error, TransactionsError::DateOrderUndecided { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("01-02-2011") && message.contains("say which it is"), "{message}");
    for (order, month) in [(DateOrder::DayFirst, "2011-02-01"), (DateOrder::MonthFirst, "2011-01-02")] {
        let options = ReadOptions { date_order: Some(order), ..ReadOptions::default() };
        let read = inputs.read(&options).expect("readable");
        assert!(rows(&read).iter().any(|row| row.contains(month)), "{:?}", rows(&read));
    }
}

#[test]
fn one_deciding_row_decides_the_whole_column() {
    let text = "customer_id,trans_date,tran_amount\nCS1,01-02-2011,5\nCS2,25-02-2011,6\n";
    let read = Inputs::one("decided.csv", text).read(&ReadOptions::default()).expect("readable");
    assert_eq!(read.first().to_string(), "2011-02-01 00:00:00");
    assert!(read.decisions().iter().any(|d| d.text.en.contains("day")), "{:?}", read.decisions());
}

#[test]
fn leading_zeros_and_letters_of_ids_are_kept() {
    let text =
        "customer_id,trans_date,tran_amount\n00123,2011-01-01,5\nCS5295,2011-01-02,6\n17850.0,2011-01-03,7\n";
    let read = Inputs::one("ids.csv", text).read(&ReadOptions::default()).expect("readable");
    let ids: Vec<String> =
        sorted_rows(&read).iter().map(|row| row.split(" | ").next().expect("an id").to_owned()).collect();
    assert_eq!(ids, ["00123", "17850", "CS5295"]);
}

#[test]
fn rows_that_cannot_be_read_stand_in_the_ledger() {
    let text = "customer_id,trans_date,tran_amount\nCS1,2011-01-01,5\nCS2,never,6\nCS3,2011-01-03,dear\n,2011-01-04,8\n";
    let read = Inputs::one("broken.csv", text).read(&ReadOptions::default()).expect("readable");
    assert_adds_up(&read);
    assert_eq!(read.rows(), 1);
    assert_eq!(line(&read, "missing_customer").0, 1);
    let unreadable: u64 =
        ["unparsable_date", "unparsable_number"].iter().map(|rule| line(&read, rule).0).sum();
    assert_eq!(unreadable, 2);
}

#[test]
fn exact_duplicates_stay_unless_told_otherwise() {
    let text = "customer_id,trans_date,tran_amount\nCS1,2011-01-01,5\nCS1,2011-01-01,5\nCS1,2011-01-02,5\n";
    let inputs = Inputs::one("twice.csv", text);
    assert_eq!(inputs.read(&ReadOptions::default()).expect("readable").rows(), 3);
    let mut options = ReadOptions::default();
    options.rules.duplicates = Duplicates::Drop;
    let read = inputs.read(&options).expect("readable");
    assert_eq!((read.rows(), line(&read, "duplicate")), (2, (1, 0, 500)));
}

#[test]
fn spilling_to_disk_changes_no_row() {
    let mut text = String::from("customer_id,trans_date,tran_amount\n");
    for i in 0..5_000 {
        text.push_str(&format!("CS{},2011-01-{:02},{}\n", i % 97, 1 + i % 28, i % 50));
    }
    let inputs = Inputs::one("many.csv", text);
    let whole = inputs.read(&ReadOptions::default()).expect("readable");
    let spilled =
        inputs.read(&ReadOptions { rows_in_memory: 500, ..ReadOptions::default() }).expect("readable");
    assert!(!whole.is_spilled() && spilled.is_spilled());
    assert_eq!(sorted_rows(&whole), sorted_rows(&spilled));
    assert_eq!(whole.ledger().lines, spilled.ledger().lines);
}

#[test]
fn unusable_files_are_refused_with_the_way_out() {
    for (name, content, expected) in [
        ("empty.csv", "", "is empty"),
        ("header.csv", "customer_id,trans_date,tran_amount\n", "no row under it"),
        ("strange.csv", "a,b,c\n1,2,3\n", "customer"),
        ("quote.csv", "customer_id,trans_date,tran_amount\n\"CS1,2011-01-01,5\n", "quote"),
        ("old.xls", "\u{d0}\u{cf}\u{11}\u{e0}", "old.xls"),
    ] {
        let error = Inputs::one(name, content).read_one(name, &ReadOptions::default()).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}
