//! Currencies that formats of cells and names of columns, sheets and files say.

use rust_xlsxwriter::{Format, Workbook};
use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{Currencies, ReadOptions, Transactions, TransactionsError};

use crate::support::*;

/// Purchases with an amount under this name.
fn purchases(amount: &str) -> String {
    let rows = (0..20).map(|row| format!("C{row},2026-01-{:02},{}.50\n", 1 + row, 10 + row));
    format!("customer_id,date,{amount}\n{}", rows.collect::<String>())
}

#[track_caller]
fn codes(read: Result<Transactions, TransactionsError>) -> Vec<String> {
    match read {
        Err(TransactionsError::MixedCurrencies { found }) => found.into_iter().map(|one| one.code).collect(),
        other => panic!("not asked: {other:?}"),
    }
}

fn keeping(code: &str) -> ReadOptions {
    let currencies = Currencies { keep: Some(code.to_owned()), ..Currencies::default() };
    ReadOptions { currencies, ..ReadOptions::default() }
}

/// A workbook whose amounts have these formats in turn.
fn formatted(formats: &[&str]) -> Inputs {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in ["customer_id", "date", "amount"].into_iter().enumerate() {
        sheet.write(0, column as u16, name).expect("written");
    }
    for row in 1..=20_u32 {
        let format = Format::new().set_num_format(formats[row as usize % formats.len()]);
        sheet.write(row, 0, format!("C{row}")).expect("written");
        sheet.write(row, 1, format!("2026-01-{row:02}")).expect("written");
        sheet.write_with_format(row, 2, 10.5, &format).expect("written");
    }
    Inputs::one("shop.xlsx", workbook.save_to_buffer().expect("in memory"))
}

#[test]
fn a_column_may_name_the_currency() {
    for (name, code) in [("amount_usd", "USD"), ("valor_brl", "BRL"), ("Total (EUR)", "EUR")] {
        let read = Inputs::one("shop.csv", purchases(name)).read(&ReadOptions::default()).expect(name);
        assert_eq!(read.currency(), Some(code));
    }
    let read = Inputs::one("all.csv", purchases("amount")).read(&ReadOptions::default()).expect("readable");
    assert_eq!(read.currency(), None);
}

#[test]
fn files_named_after_several_currencies_are_asked_about() {
    let inputs = Inputs::one("sales-USD.csv", purchases("amount"));
    inputs.add("sales-BRL.csv", purchases("amount").replace('C', "D"));
    assert_eq!(codes(inputs.read(&ReadOptions::default())), ["BRL", "USD"]);
    let read = inputs.read(&keeping("BRL")).expect("the way out");
    assert_eq!((read.rows(), line(&read, "other_currency").0), (20, 20));
}

#[test]
fn a_name_that_contradicts_the_amounts_is_asked_about() {
    let rows = (0..20).map(|row| format!("C{row},2026-01-{:02},{}.50,EUR\n", 1 + row, 10 + row));
    let text = format!("customer_id,date,amount_usd,currency\n{}", rows.collect::<String>());
    assert_eq!(codes(Inputs::one("shop.csv", text).read(&ReadOptions::default())), ["EUR", "USD"]);
}

#[test]
fn formats_of_cells_say_the_currency() {
    for (format, code) in
        [("[$€-407] #,##0.00", "EUR"), ("\"R$\" #,##0.00", "BRL"), ("[$USD] #,##0.00", "USD")]
    {
        let read = formatted(&[format]).read(&ReadOptions::default()).expect(format);
        assert_eq!((read.currency(), read.rows()), (Some(code), 20), "{format}");
    }
    let mixed = formatted(&["[$€-407] #,##0.00", "[$$-409]#,##0.00"]);
    assert_eq!(codes(mixed.read(&ReadOptions::default())), ["EUR", "USD"]);
    let read = mixed.read(&keeping("EUR")).expect("the way out");
    assert_eq!((read.rows(), line(&read, "other_currency").0), (10, 10));
}

#[test]
fn amounts_without_a_currency_beside_others_are_warned_of() {
    let rows = (0..20).map(|row| {
        let currency = if row % 5 == 0 { "" } else { "USD" };
        format!("C{row},2026-01-{:02},{}.50,{currency}\n", 1 + row, 10 + row)
    });
    let text = format!("customer_id,date,amount,currency\n{}", rows.collect::<String>());
    let read = Inputs::one("shop.csv", text).read(&ReadOptions::default()).expect("readable");
    assert_eq!(read.currency(), Some("USD"));
    assert_warns(&read, WarningKind::Currencies, "4 rows name no currency");
}
