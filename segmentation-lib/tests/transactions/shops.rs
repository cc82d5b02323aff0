//! What shops' interfaces and workbooks give.

use rust_xlsxwriter::{Format, Workbook, Worksheet};
use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, TransactionsError};

use crate::support::*;

#[test]
fn rows_of_json_are_read_in_every_arrangement() {
    let row = |id: &str, amount: &str| {
        format!(r#"{{"customer_id":{id},"date":"2026-01-0{}","amount":{amount}}}"#, amount.len())
    };
    let (a, b) = (row("\"0042\"", "10.5"), row("7", "\"20\""));
    for (name, text) in [
        ("a.json", format!("[{a},\n {b}]")),
        ("a.ndjson", format!("{a}\n{b}\n")),
        ("orders.json", format!("{{\"orders\":[{a},{b}]}}")),
        (
            "nodes.json",
            format!("{{\"data\":{{\"orders\":{{\"edges\":[{{\"node\":{a}}},{{\"node\":{b}}}]}}}}}}"),
        ),
        ("pages.json", format!("[{a}]\n[{b}]")),
    ] {
        let read = Inputs::one(name, text).read(&ReadOptions::default()).expect(name);
        assert_eq!(line(&read, "kept"), (2, 2, 3050), "{name}");
        assert!(rows(&read)[0].starts_with("0042 | "), "{name}: {:?}", rows(&read));
    }
}

#[test]
fn orders_of_shopify_are_read() {
    let text = r#"{"orders":[
        {"id":1,"order_number":1001,"created_at":"2026-01-05T10:00:00+01:00","total_price":"40.00","currency":"EUR",
         "financial_status":"paid","cancelled_at":null,"customer":{"id":207,"email":"a@x.org"},
         "line_items":[{"id":9,"sku":"x","quantity":2,"price":"20.00"}],"refunds":[]},
        {"id":2,"order_number":1002,"created_at":"2026-01-06T10:00:00+01:00","total_price":"25.00","currency":"EUR",
         "financial_status":"partially_refunded","cancelled_at":null,"customer":{"id":208,"email":"b@x.org"},
         "line_items":[],"refunds":[{"id":5,"transactions":[{"amount":"5.00"}]}]},
        {"id":3,"order_number":1003,"created_at":"2026-01-07T10:00:00+01:00","total_price":"99.00","currency":"EUR",
         "financial_status":"voided","cancelled_at":"2026-01-08T10:00:00+01:00","customer":{"id":207},"line_items":[]}]}"#;
    let read = Inputs::one("orders.json", text).read(&ReadOptions::default()).expect("readable");
    assert_eq!((line(&read, "kept"), line(&read, "not_a_sale").2), ((2, 2, 6000), 9900));
    assert!(rows(&read)[0].starts_with("207 | 1001 | 2026-01-05 10:00:00"), "{:?}", rows(&read));
}

#[test]
fn orders_of_woocommerce_are_read() {
    let text = r#"[
        {"id":727,"status":"processing","currency":"EUR","date_created":"2026-03-22T16:28:02","total":"29.35","customer_id":0,
         "billing":{"email":"a@x.org"},"line_items":[{"id":1,"product_id":93,"quantity":2,"total":"29.35"}],"refunds":[]},
        {"id":728,"status":"completed","currency":"EUR","date_created":"2026-03-23T16:28:02","total":"30.00","customer_id":12,
         "billing":{"email":"b@x.org"},"line_items":[],"refunds":[{"id":5,"total":"-10.00"}]},
        {"id":729,"status":"cancelled","currency":"EUR","date_created":"2026-03-24T16:28:02","total":"50.00","customer_id":12,
         "billing":{"email":"b@x.org"},"line_items":[]}]"#;
    let read = Inputs::one("orders.json", text).read(&ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "kept"), (1, 1, 2000));
    assert_eq!((line(&read, "placeholder_customer").0, line(&read, "not_a_sale").0), (1, 1));
    assert!(rows(&read)[0].starts_with("12 | 728 | "), "{:?}", rows(&read));
}

#[test]
fn orders_without_a_total_are_read_by_line() {
    let text = r#"{"order_id":1,"customer_id":"A","date":"2026-01-05","items":[{"sku":"x","quantity":2,"price":3.5},{"sku":"y","quantity":1,"price":4}]}
{"order_id":2,"customer_id":"B","date":"2026-01-06","items":[{"sku":"x","quantity":1,"price":3.5}]}"#;
    let read = Inputs::one("orders.ndjson", text).read(&ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "kept"), (3, 2, 1450));
}

#[test]
fn broken_json_is_refused_with_its_place() {
    for text in ["[{\"a\":1},", "{\"customer_id\":1", "[{]", "{\"a\" 1}"] {
        let error = Inputs::one("a.json", text).read_one("a.json", &ReadOptions::default()).expect_err(text);
        assert!(matches!(&error, TransactionsError::Damaged { format: "JSON", .. }), "{error}");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

const HEADER: [&str; 4] = ["customer_id", "date", "order_id", "amount"];

fn fill(sheet: &mut Worksheet, rows: std::ops::Range<u32>) {
    for (column, name) in HEADER.iter().enumerate() {
        sheet.write(0, column as u16, *name).expect("written");
    }
    for (at, row) in rows.enumerate() {
        let at = at as u32 + 1;
        sheet.write(at, 0, format!("C{row}")).expect("written");
        sheet.write(at, 1, format!("2026-01-{:02}", 1 + row % 28)).expect("written");
        sheet.write(at, 2, 1000 + row).expect("written");
        sheet.write(at, 3, 10.5).expect("written");
    }
}

fn workbook(sheets: &[(&str, std::ops::Range<u32>, bool)]) -> Inputs {
    let mut workbook = Workbook::new();
    for (name, rows, hidden) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).expect("a name").set_hidden(*hidden);
        fill(sheet, rows.clone());
    }
    Inputs::one("shop.xlsx", workbook.save_to_buffer().expect("in memory"))
}

#[test]
fn sheets_are_chosen() {
    let inputs = workbook(&[("Jan", 0..20, false), ("Old", 20..50, true), ("Feb", 50..60, false)]);
    let rows = |sheets: &[&str]| {
        let sheets = sheets.iter().map(|name| (*name).to_owned()).collect();
        inputs.read_one("shop.xlsx", &ReadOptions { sheets, ..ReadOptions::default() })
    };
    assert_eq!(rows(&[]).expect("visible ones").rows(), 30);
    assert_eq!(rows(&["jan"]).expect("one").rows(), 20);
    assert_eq!(rows(&["Jan", "Old"]).expect("two").rows(), 50);
    let error = rows(&["March"]).expect_err("no such sheet").to_string();
    assert!(
        error.contains("there is no sheet \"March\"; its sheets are \"Jan\", \"Old\", \"Feb\""),
        "{error}"
    );
    let hidden = workbook(&[("Notes", 0..0, false), ("Old", 0..9, true)]);
    let error = hidden.read_one("shop.xlsx", &ReadOptions::default()).expect_err("hidden").to_string();
    assert!(error.contains("Old") || error.contains("no row under it"), "{error}");
}

#[test]
fn sheets_with_the_same_rows_are_pointed_out() {
    for (first, second, same) in [
        (0..20, 0..20, 20),
        (0..40, 10..30, 20),
        (10..30, 0..40, 20),
        (0..20, 1..21, 19),
        (0..20, 10..30, 10),
    ] {
        let read = workbook(&[("A", first, false), ("B", second, false)]).read(&ReadOptions::default());
        let read = read.expect("readable");
        assert_warns(&read, WarningKind::SameRows, &format!("holds {same} rows that shop.xlsx[A] holds too"));
    }
    for (first, second) in [(0..20, 20..40), (0..5, 0..5), (0..20, 11..31)] {
        let read = workbook(&[("A", first, false), ("B", second, false)]).read(&ReadOptions::default());
        assert_eq!(read.expect("readable").warnings(), []);
    }
}

#[test]
fn merged_cells_are_filled_down() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    fill(sheet, 0..6);
    let merged = Format::new();
    sheet.merge_range(1, 0, 3, 0, "Ana", &merged).expect("merged");
    sheet.merge_range(1, 1, 2, 1, "2026-02-03", &merged).expect("merged");
    let inputs = Inputs::one("shop.xlsx", workbook.save_to_buffer().expect("in memory"));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!((read.rows(), read.customers()), (6, 4));
    assert_warns(&read, WarningKind::MergedCells, "3 cells are part of merged ones");
    assert_eq!(rows(&read).iter().filter(|row| row.starts_with("Ana | ")).count(), 3);
}

#[test]
fn ids_have_the_zeros_of_their_format() {
    for (format, shown) in [
        ("00000", "00042"),
        ("000\".\"000\"-\"00", "000.000-42"),
        ("\"C\"0000", "C0042"),
        ("General", "42"),
        ("0", "42"),
    ] {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        fill(sheet, 0..3);
        sheet.write_with_format(1, 0, 42, &Format::new().set_num_format(format)).expect("written");
        sheet.write_with_format(1, 3, 7, &Format::new().set_num_format("0000")).expect("written");
        let inputs = Inputs::one("shop.xlsx", workbook.save_to_buffer().expect("in memory"));
        let read = inputs.read(&ReadOptions::default()).expect("readable");
        assert!(rows(&read)[0].starts_with(&format!("{shown} | ")), "{format}: {:?}", rows(&read)[0]);
        assert!(rows(&read)[0].contains(" | 700 | "), "{:?}", rows(&read)[0]);
    }
}
