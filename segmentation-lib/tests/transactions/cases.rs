//! Files as shops export them. People, shops and amounts in them are invented; nearly all hold the same 40 customers
//! with 137 orders of 36,897.57 in all.

use std::path::{Path, PathBuf};

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, Transactions, TransactionsError};

use crate::support::*;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transactions/cases").join(name)
}

fn read_case(name: &str) -> Transactions {
    let read = read(&[case(name)], &ReadOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_adds_up(&read);
    read
}

fn refused(name: &str) -> TransactionsError {
    read(&[case(name)], &ReadOptions::default()).expect_err(name)
}

#[test]
fn cancelled_failed_pending_and_refunded_orders_are_no_sales() {
    let read = read_case("woo-order-status.csv");
    assert_eq!(line(&read, "kept"), (83, 32, 2_156_967));
    assert_eq!(line(&read, "not_a_sale").0, 54);
    let mut options = ReadOptions::default();
    options.rules.disable("not_a_sale").expect("a rule");
    let read = crate::support::read(&[case("woo-order-status.csv")], &options).expect("readable");
    assert_eq!(line(&read, "kept"), (137, 40, 3_689_757));
    assert_warns(&read, WarningKind::UnusedColumn, "status is not used, although \"cancelled\"");
    assert_warns(&read, WarningKind::UnusedColumn, "54 rows with 15,327.90 are counted");
}

#[test]
fn guests_are_no_customer() {
    let read = read_case("woo-guests-id-0.csv");
    assert_eq!(line(&read, "kept").0, 92);
    assert_eq!(line(&read, "placeholder_customer"), (45, 1, 1_179_213));
    assert_warns(&read, WarningKind::PlaceholderCustomers, "billing_email tells 13 customers apart");
}

#[test]
fn three_currencies_are_never_added_up() {
    let error = refused("three-currencies.csv").to_string();
    assert!(error.contains("EUR (80 rows, 20,867.81), INR (34 rows"), "{error}");
    let mut options = ReadOptions::default();
    options.currencies.keep = Some("eur".to_owned());
    let read = crate::support::read(&[case("three-currencies.csv")], &options).expect("readable");
    assert_eq!((line(&read, "kept").0, line(&read, "kept").2), (80, 2_086_781));
    assert_eq!((line(&read, "other_currency").0, read.currency()), (57, Some("EUR")));
}

#[test]
fn shortened_ids_stop_the_reading() {
    let error = refused("ids-in-scientific-notation-nine-left.csv");
    assert!(matches!(&error, TransactionsError::ShortenedIds { ids: 9, rows: 137, .. }), "{error}");
}

#[test]
fn a_nul_byte_is_one_damaged_value() {
    let read = read_case("nul-byte.csv");
    assert_eq!((line(&read, "kept").0, line(&read, "damaged_value").0), (136, 1));
    assert_warns(&read, WarningKind::DamagedRows, "row 51");
}

#[test]
fn one_id_too_long_is_one_customer_removed() {
    let read = read_case("awkward-ids.csv");
    assert_eq!(line(&read, "long_customer"), (4, 1, 41_497));
    assert_eq!(line(&read, "kept").1, 36);
    assert_eq!(read.losses().allowed(0.1), Ok(()));
}

#[test]
fn an_orders_total_counts_once() {
    let read = read_case("order-total-on-every-line.csv");
    assert_eq!((line(&read, "kept").1, line(&read, "kept").2), (40, 3_689_757));
    assert_warns(&read, WarningKind::RepeatedTotals, "order_total");
}

#[test]
fn a_spreadsheets_day_numbers_are_dates() {
    let read = read_case("excel-serial-dates.csv");
    assert_eq!(line(&read, "kept"), (137, 40, 3_689_757));
    assert_eq!(read.last().to_string(), "2026-06-29 00:00:00");
    assert_warns(&read, WarningKind::DayNumbers, "\"45705\" (excel-serial-dates.csv row 2) is 2025-02-17");
}

#[test]
fn a_hidden_copy_of_a_sheet_is_left_out() {
    let read = read_case("hidden-copy-of-the-sheet.xlsx");
    assert_eq!((line(&read, "input").0, line(&read, "kept").2), (137, 3_689_757));
    assert_warns(&read, WarningKind::HiddenSheets, "Sales (2)");
    let options = ReadOptions { sheets: vec!["Sales (2)".to_owned()], ..ReadOptions::default() };
    let read = crate::support::read(&[case("hidden-copy-of-the-sheet.xlsx")], &options).expect("readable");
    assert_eq!(line(&read, "input").0, 137);
}

#[test]
fn an_id_is_what_its_cell_shows() {
    let read = read_case("cpf-padded-by-cell-format.xlsx");
    assert_eq!(line(&read, "kept"), (137, 40, 3_689_757));
    assert!(rows(&read).iter().any(|row| row.starts_with("00057703001 | ")), "{:?}", rows(&read)[0]);
}

#[test]
fn formulas_without_values_are_named_as_the_cause() {
    let read = read_case("formulas-without-values.xlsx");
    assert_eq!((line(&read, "unparsable_number").0, line(&read, "kept").0), (3, 3));
    assert_warns(&read, WarningKind::UnsavedFormulas, "3 numbers or dates are empty");
    assert!(read.losses().allowed(0.1).is_err());
}

#[test]
fn one_mistyped_year_does_not_move_the_last_date() {
    let inputs =
        Inputs::one("wrong.csv", "customer_id,date,number_of_cds,dollar_value\n13149,20980706,1,12.25\n");
    let read = read(&[cdnow(), inputs.path("wrong.csv")], &ReadOptions::default()).expect("readable");
    assert_adds_up(&read);
    assert_eq!(read.last().to_string(), "1998-06-30 00:00:00");
    assert_eq!(line(&read, "implausible_date"), (1, 0, 1225));
    assert_warns(&read, WarningKind::ImplausibleDates, "wrong.csv row 2");
}
