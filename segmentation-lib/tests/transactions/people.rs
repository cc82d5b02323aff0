//! Who the customers are, where the ids beside them are no people.

use std::fmt::Write as _;

use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{ReadOptions, TransactionsError};
use segmentation_lib::{Error, ErrorKind};

use crate::support::*;

/// Orders, one a day from 2025-01-01 on, with what `row` says before the date: `header,order_date,total`.
fn orders(header: &str, count: u32, row: impl Fn(u32) -> String) -> Inputs {
    let mut text = format!("{header},order_date,total\n");
    for at in 0..count {
        let (month, day) = (1 + at / 28 % 12, 1 + at % 28);
        let year = 2025 + at / 336;
        writeln!(text, "{},{year}-{month:02}-{day:02},{}.50", row(at), 10 + at % 7).expect("in memory");
    }
    Inputs::one("shop.csv", text)
}

fn given(role: &str, column: &str) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.mapping.set(role, column).expect("a role");
    options
}

#[test]
fn ids_of_one_order_each_are_asked_about_beside_a_column_of_people() {
    for (column, person) in [("email", "p{}@x.org"), ("CPF", "124.003.{}-55"), ("person_id", "{}")] {
        let header = format!("order_id,customer_id,{column}");
        let inputs = orders(&header, 300, |at| {
            format!("{at},7{at},{}", person.replace("{}", &(200 + at % 90).to_string()))
        });
        let error = inputs.read(&ReadOptions::default()).expect_err("a question");
        assert!(error.to_string().contains("tells 90 people apart"), "{error}");
        assert!(matches!(error, TransactionsError::CustomerPerOrder { .. }), "{error}");
        assert_eq!(Error::from(error).kind(), ErrorKind::Question);
        let people = inputs.read(&given("customer", column)).expect("the way out");
        assert_eq!(people.customers(), 90, "{column}");
        let ids = inputs.read(&given("customer", "customer_id")).expect("the other way out");
        assert_eq!(ids.customers(), 300, "{column}");
        assert_warns(&ids, WarningKind::TwinIds, "tells 90 people apart, 90 of whom have several ids");
    }
}

#[test]
fn ids_of_one_order_each_are_warned_of_where_nothing_else_tells_people() {
    let inputs = orders("order_id,customer_id", 300, |at| format!("{at},7{at}"));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::LargeCustomer, "each of 300 customers in customer_id has one purchase");
    // Nine in ten come once, the others again.
    let inputs = orders("order_id,customer_id", 300, |at| {
        format!("{at},{}", if at % 10 == 0 { 5000 + at / 10 % 10 } else { at })
    });
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert!(read.warnings().iter().all(|warning| !warning.text.en.contains("has one purchase")));
}

#[test]
fn contacts_that_repeat_across_ids_are_warned_of() {
    let inputs =
        orders("order_id,customer_id,email", 300, |at| format!("{at},{},p{}@x.org", 1 + at % 120, at % 60));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::TwinIds, "email tells 60 people apart, 60 of whom have several ids");
    // One address for many who have none.
    let inputs = orders("order_id,customer_id,email", 300, |at| {
        let own = format!("p{}@x.org", at % 120);
        format!("{at},{},{}", at % 120, if at % 120 < 40 { "shop@x.org".to_owned() } else { own })
    });
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert!(
        read.warnings().iter().all(|warning| warning.kind != WarningKind::TwinIds),
        "{:?}",
        read.warnings()
    );
}

#[test]
fn of_two_ids_the_unique_one_is_the_customer() {
    let inputs =
        orders("order_id,customer_id,customer_unique_id", 300, |at| format!("{at},7{at},u{}", at % 90));
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!(read.customers(), 90);
}

#[test]
fn an_id_whose_name_is_nobodys_is_named() {
    let inputs = orders("order_id,customer_id,customer_name", 300, |at| match at % 9 {
        0 => format!("{at},1,CONSUMIDOR FINAL"),
        _ => format!("{at},{},Ana {}", 100 + at % 80, at % 80),
    });
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_warns(&read, WarningKind::PlaceholderCustomers, "34 rows with");
    assert_warns(&read, WarningKind::PlaceholderCustomers, "stands for nobody (\"1\")");
}

#[test]
fn placeholders_beside_placeholders_tell_nobody_apart() {
    let inputs = orders("order_id,customer_id,customer_name", 300, |at| match at % 9 {
        0 => format!("{at},000.000.000-00,{}", ["CONSUMIDOR FINAL", "VENDA BALCAO"][at as usize / 9 % 2]),
        _ => format!("{at},{},Ana {}", 100 + at % 80, at % 80),
    });
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert!(read.warnings().iter().all(|warning| !warning.text.en.contains("may be the better id")));
}
