//! Money that is not what it seems.

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, Transactions, TransactionsError};

use crate::support::*;

/// A year of purchases, one a day and customer, each line made by `line` from its number and date.
fn year(header: &str, line: impl Fn(u32, &str) -> String) -> Transactions {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let rows = first.iter_days().take(300).zip(0_u32..).map(|(day, at)| line(at, &day.to_string()) + "\n");
    let text = format!("{header}\n{}", rows.collect::<String>());
    Inputs::one("shop.csv", text).read(&ReadOptions::default()).expect("readable")
}

fn is_silent(read: &Transactions) -> bool {
    read.warnings().is_empty()
}

#[test]
fn one_row_that_is_most_of_the_money_is_warned_of() {
    let amounts = |largest: &str| {
        let largest = largest.to_owned();
        year("customer_id,date,amount", move |at, day| {
            let amount = if at == 40 { largest.clone() } else { format!("{}.50", 10 + at % 7) };
            format!("C{},{day},{amount}", at % 90)
        })
    };
    let read = amounts("9999999.99");
    assert_warns(&read, WarningKind::LargeCustomer, "shop.csv row 42, has 9,999,999.99");
    assert!(is_silent(&amounts("99.99")));
}

#[test]
fn a_month_without_money_is_warned_of() {
    for nothing in ["0.00", ""] {
        let read = year("customer_id,date,invoice,amount", |at, day| {
            let amount =
                if day.starts_with("2026-03") { nothing.to_owned() } else { format!("{}.50", 10 + at % 7) };
            format!("C{},{day},{},{amount}", at % 90, 1000 + at)
        });
        assert_warns(
            &read,
            WarningKind::DamagedRows,
            "no row from 2026-03-01 to 2026-03-31 has money: 31 rows",
        );
    }
}

#[test]
fn two_minus_signs_are_warned_of() {
    let read = year("customer_id,date,invoice,quantity,unit_price", |at, day| {
        let sign = if at % 10 == 3 { "-" } else { "" };
        format!("C{},{day},{},{sign}1,{sign}{}.50", at % 90, 1000 + at, 10 + at % 7)
    });
    assert_warns(&read, WarningKind::UnknownValues, "30 rows with");
    assert_warns(&read, WarningKind::UnknownValues, "quantity and price are both below zero");
}

#[test]
fn orders_paid_back_in_part_are_warned_of() {
    let read = year("customer_id,date,order_id,financial_status,total_price", |at, day| {
        let state = if at % 10 == 3 { "partially_refunded" } else { "paid" };
        format!("C{},{day},{},{state},{}.50", at % 90, 1000 + at, 10 + at % 7)
    });
    assert_eq!(read.rows(), 300);
    assert_warns(&read, WarningKind::UnknownValues, "financial_status: a part of 30 rows with");
}

#[test]
fn versions_of_an_order_are_asked_about() {
    let of = |states: &[&str]| {
        // Two lines an invoice, so that no amount is its total.
        let rows = (0..60).flat_map(|at| {
            let order = at / 2;
            states.iter().map(move |state| {
                let day = 1 + order % 28;
                format!("C{order},2026-01-{day:02},{order},{}.50,{state}\n", 10 + at)
            })
        });
        let text = format!("customer_id,date,invoice,amount,status\n{}", rows.collect::<String>());
        Inputs::one("shop.csv", text).read(&ReadOptions::default())
    };
    for states in [&["pending", "paid", "completed"][..], &["paid", "shipped", "delivered"]] {
        let error = of(states).expect_err("versions");
        assert!(
            matches!(&error, TransactionsError::SeveralVersions { column, .. } if column == "status"),
            "{error}"
        );
    }
    assert_eq!(of(&["pending", "paid"]).expect("one that counts").rows(), 60);
    assert_eq!(of(&["paid", "paid"]).expect("duplicates are warned of").rows(), 120);
}
