use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use super::one_customer::PurchaseLine;
use super::*;
use crate::reference_date::ReferenceDate;
use crate::transactions::PresentColumns;

struct TestLine(&'static str, &'static str, &'static str, &'static str, i64, i64, bool);

/// Ana: two invoices, one with a return. Bia: one invoice of two lines. Caio: a return only.
const LINES: [TestLine; 6] = [
    TestLine("ana", "1", "2011-01-01T10:00:00", "mug", 2, 500, false),
    TestLine("ana", "2", "2011-01-11T09:00:00", "cup", 1, 700, false),
    TestLine("ana", "C3", "2011-01-12T09:00:00", "mug", -1, -250, true),
    TestLine("bia", "4", "2011-01-05T00:00:00", "mug", 1, 250, false),
    TestLine("bia", "4", "2011-01-05T00:00:00", "cup", 3, 2100, false),
    TestLine("caio", "C5", "2011-01-03T23:59:00", "cup", -1, -700, true),
];

fn transactions(lines: impl IntoIterator<Item = &'static TestLine>) -> LazyFrame {
    let lines: Vec<_> = lines.into_iter().collect();
    let text = |f: fn(&TestLine) -> &'static str| lines.iter().map(|l| f(l)).collect::<Vec<_>>();
    let time: Vec<i64> = lines
        .iter()
        .map(|l| l.2.parse::<NaiveDateTime>().expect("a literal above").and_utc().timestamp_millis())
        .collect();
    df!(
        "customer_id" => text(|l| l.0),
        "purchase_id" => text(|l| l.1),
        "purchased_at" => time,
        "product" => text(|l| l.3),
        "quantity" => lines.iter().map(|l| l.4).collect::<Vec<_>>(),
        "amount_pennies" => lines.iter().map(|l| l.5).collect::<Vec<_>>(),
        "is_return" => lines.iter().map(|l| l.6).collect::<Vec<_>>(),
    )
    .expect("columns of one length")
    .lazy()
    .with_column(col("purchased_at").cast(DataType::Datetime(TimeUnit::Milliseconds, None)))
}

fn day(text: &str) -> ReferenceDate {
    ReferenceDate::Day(text.parse::<NaiveDate>().expect("a literal"))
}

fn all_columns() -> PresentColumns {
    PresentColumns { invoice: true, product: true, quantity: true, ..Default::default() }
}

fn table(lines: impl IntoIterator<Item = &'static TestLine>, reference: ReferenceDate) -> CustomerTable {
    CustomerTable::from_frame(transactions(lines), reference, all_columns()).expect("valid lines")
}

#[test]
fn each_feature_has_the_value_worked_out_by_hand() {
    let table = table(&LINES, day("2011-01-21"));
    assert_eq!(table.ids().expect("ids"), ["ana", "bia", "caio"]);
    let expect = |name: &str, values: [f64; 3]| {
        assert_eq!(table.values(name).expect(name), values, "{name}");
    };
    expect("recency", [10.0, 16.0, 18.0]);
    expect("frequency", [2.0, 1.0, 0.0]);
    expect("monetary", [950.0, 2350.0, -700.0]);
    expect("tenure", [20.0, 16.0, 18.0]);
    expect("basket", [600.0, 2350.0, 0.0]);
    expect("interpurchase", [(10.0 * 24.0 - 1.0) / 24.0, 16.0, 18.0]);
    expect("return_rate", [250.0 / 1200.0, 0.0, 1.0]);
    expect("lines", [3.0, 2.0, 1.0]);
    expect("activity", [9.0, 16.0, 18.0]);
    expect("products", [2.0, 2.0, 0.0]);
    expect("units", [3.0, 4.0, 0.0]);
}

fn purchase_line(line: &TestLine) -> PurchaseLine {
    PurchaseLine {
        at: line.2.parse().expect("a literal above"),
        amount_pennies: line.5,
        purchase: Some(line.1.to_owned()),
        product: Some(line.3.to_owned()),
        quantity: Some(line.4 as f64),
    }
}

#[test]
fn one_customer_alone_has_the_features_of_the_table() {
    let reference = day("2011-01-21");
    let table = table(&LINES, reference);
    let ids = table.ids().expect("ids");
    for feature in FEATURES.iter().filter(|feature| feature.needs != Needs::Forecast) {
        let alone = |id: &String| {
            let lines: Vec<_> = LINES.iter().filter(|line| line.0 == id).map(purchase_line).collect();
            one_customer::features(&lines, reference, &[feature.name]).expect(feature.name)[0]
        };
        let alone: Vec<f64> = ids.iter().map(alone).collect();
        assert_eq!(alone, table.values(feature.name).expect(feature.name), "{}", feature.name);
    }
}

#[test]
fn order_of_rows_changes_nothing() {
    let forward = table(&LINES, day("2011-01-21"));
    let backward = table(LINES.iter().rev(), day("2011-01-21"));
    assert!(forward.frame().equals_missing(backward.frame()));
}

#[test]
fn an_instant_counts_whole_periods_of_24_hours() {
    let instant = ReferenceDate::Instant("2011-01-12T08:59:59".parse().expect("a literal"));
    let lines = || LINES.iter().filter(|l| !l.6);
    assert_eq!(table(lines(), instant).values("recency").expect("recency"), [0.0, 7.0]);
    assert_eq!(table(lines(), day("2011-01-12")).values("recency").expect("recency"), [1.0, 7.0]);
}

#[test]
fn purchases_after_the_reference_date_are_refused() {
    let error = CustomerTable::from_frame(transactions(&LINES), day("2011-01-08"), all_columns());
    let message = error.expect_err("ana returned on 12 January").to_string();
    assert!(message.contains("\"ana\"") && message.contains("2011-01-08"), "{message}");
}

#[test]
fn a_feature_without_its_column_is_refused() {
    let none = PresentColumns::default();
    let table =
        CustomerTable::from_frame(transactions(&LINES), day("2011-01-21"), none).expect("valid lines");
    let message = table.values("products").expect_err("no product column").to_string();
    assert!(message.contains("product column"), "{message}");
    let message = table.values("age").expect_err("no such feature").to_string();
    assert!(message.contains("\"age\"") && message.contains("recency, frequency"), "{message}");
}

/// Twenty customers with a purchase on day 0, two on day 10 and one on day 40, all on one day two lines.
#[test]
fn the_clock_counts_days_between_purchase_days() {
    let ids: Vec<String> = (0..20).flat_map(|i| vec![format!("c{i:02}"); 5]).collect();
    let days: Vec<i64> = (0..20).flat_map(|_| [40, 0, 10, 10, 12]).collect();
    let times: Vec<i64> = days.iter().enumerate().map(|(i, d)| d * 86_400_000 + i as i64).collect();
    let lines = df!(
        "customer_id" => &ids,
        "purchase_id" => (0..ids.len()).map(|i| i.to_string()).collect::<Vec<_>>(),
        "purchased_at" => times,
        "product" => vec![None::<&str>; ids.len()],
        "quantity" => vec![None::<i64>; ids.len()],
        "amount_pennies" => vec![100_i64; ids.len()],
        "is_return" => days.iter().map(|d| *d == 12).collect::<Vec<_>>(),
    );
    let lines = lines.expect("columns of one length").lazy();
    let lines = lines.with_column(col("purchased_at").cast(DataType::Datetime(TimeUnit::Milliseconds, None)));
    assert_eq!(gaps::gaps(&lines.clone().into()).expect("counted"), [(10, 20), (30, 20)]);
    let table = CustomerTable::from_frame(lines, day("1970-03-01"), PresentColumns::default());
    let clock = table.expect("valid lines").clock();
    assert_eq!((clock.usual_days, clock.active_days, clock.gaps), (21, 30, 40));
}

#[test]
fn no_transactions_is_an_error() {
    let empty = transactions(&LINES).filter(lit(false));
    let error = CustomerTable::from_frame(empty, day("2011-01-21"), all_columns());
    assert!(matches!(error, Err(FeaturesError::NoCustomers)));
}

#[test]
fn customers_beyond_the_fence_are_taken_out() {
    let table = table(&LINES, day("2011-01-21"));
    let within = table.within(&["monetary"], Fence { quantile: 0.25, factor: 0.0 }).expect("a valid fence");
    assert_eq!(within.ids().expect("ids"), ["ana"]);
    let all =
        table.within(&["monetary", "lines"], Fence { quantile: 0.25, factor: 9.0 }).expect("a valid fence");
    assert_eq!(all.len(), 3);
    let wrong = table.within(&["monetary"], Fence { quantile: 0.5, factor: 1.0 });
    assert!(matches!(wrong, Err(FeaturesError::Fence { .. })));
}
