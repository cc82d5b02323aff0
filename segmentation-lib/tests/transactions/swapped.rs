//! Dates whose day and month a spreadsheet swapped before it wrote them as text.

use segmentation_lib::transactions::{DateOrder, ReadOptions, TransactionsError};

use crate::support::*;

/// A year of orders, written as a spreadsheet leaves dates that it read in the wrong order.
fn swapped(stayed: impl Fn(u32, u32) -> String) -> Inputs {
    let mut lines = vec!["order_id,customer_id,order_date,total".to_owned()];
    for at in 0..120_u32 {
        let (month, day) = (1 + at % 12, 1 + at * 5 % 28);
        let date = if day <= 12 { format!("2025-{day:02}-{month:02}") } else { stayed(day, month) };
        lines.push(format!("{at},C{},{date},10.50", at % 20));
    }
    Inputs::one("shop.csv", lines.join("\n"))
}

#[test]
fn swapped_dates_are_refused_in_text_too() {
    for (inputs, part) in [
        (swapped(|day, month| format!("{day:02}/{month:02}/2025")), "dates were read month first"),
        (swapped(|day, month| format!("{month:02}/{day:02}/2025")), "dates were read day first"),
    ] {
        let error = inputs.read(&ReadOptions::default()).expect_err("refused");
        assert!(matches!(error, TransactionsError::Changed { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.to_string().contains("shop.csv"), "{error}");
    }
    let options = ReadOptions { date_order: Some(DateOrder::DayFirst), ..ReadOptions::default() };
    let inputs = swapped(|day, month| format!("{day:02}/{month:02}/2025"));
    assert_eq!(inputs.read(&options).expect("as they stand").rows(), 120);
}

#[test]
fn two_notations_without_a_gap_are_dates() {
    let mut lines = vec!["order_id,customer_id,order_date,total".to_owned()];
    for at in 0..120_u32 {
        let (month, day) = (1 + at % 12, 1 + at * 5 % 28);
        let date =
            if at < 60 { format!("2025-{month:02}-{day:02}") } else { format!("{day:02}/{month:02}/2025") };
        lines.push(format!("{at},C{},{date},10.50", at % 20));
    }
    let inputs = Inputs::one("shop.csv", lines.join("\n"));
    assert_eq!(inputs.read(&ReadOptions::default()).expect("dates").rows(), 120);
}
