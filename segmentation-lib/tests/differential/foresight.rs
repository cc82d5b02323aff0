//! Foresight and its ceiling beside scikit-learn's, as `tests/reference/record_foresight.py` recorded them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Days, NaiveDate};
use ndarray::Array2;
use segmentation_lib::engine::foresight::{CeilingParams, Outcome, ceiling, foresight};
use segmentation_lib::progress::Progress;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// How far R² of our trees may be from that of scikit-learn's, whose bins are others.
const NEAR: f64 = 0.01;

#[derive(Deserialize)]
struct Recorded {
    customers: usize,
    sha256: String,
    boosting: f64,
    linear: f64,
    four_segments: f64,
}

/// Days since the last purchase, purchases, pennies before the cut-off, pennies after it.
type Customer = [i64; 4];

fn agree(name: &str, customers: &[Customer]) {
    let path = format!("{}/tests/reference/foresight.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the recorded file");
    let mut all: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let recorded: Recorded =
        serde_json::from_value(all.remove(name).expect("was recorded")).expect("the figures");
    let bytes: Vec<u8> = customers.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((customers.len(), &digest), (recorded.customers, &recorded.sha256), "{name}: other customers");
    let log = |v: f64| v.abs().ln_1p().copysign(v);
    let points = Array2::from_shape_fn((customers.len(), 3), |(i, j)| match j {
        0 => customers[i][0] as f64,
        1 => log(customers[i][1] as f64),
        _ => log(customers[i][2] as f64 / 100.0),
    });
    let later: Vec<i64> = customers.iter().map(|c| c[3]).collect();
    let outcome = Outcome::of_pennies(&later).expect("it varies");
    let found =
        ceiling(points.view(), &outcome, &CeilingParams::default(), &Progress::silent()).expect("a ceiling");
    assert!((found.boosting - recorded.boosting).abs() < NEAR, "{found:?} for {}", recorded.boosting);
    assert!((found.linear - recorded.linear).abs() < 1e-8, "{found:?} for {}", recorded.linear);
    let of_segments = foresight(&four_segments(customers), &outcome).expect("one segment each").r_squared;
    assert!((of_segments - recorded.four_segments).abs() < 1e-9, "{of_segments}");
}

/// Later or earlier than the median, one purchase or more.
fn four_segments(customers: &[Customer]) -> Vec<u32> {
    let mut days: Vec<i64> = customers.iter().map(|c| c[0]).collect();
    days.sort_unstable();
    let half = days.len() / 2;
    let median = (days[half] + days[(days.len() - 1) / 2]) as f64 / 2.0;
    customers.iter().map(|c| u32::from(c[0] as f64 > median) * 2 + u32::from(c[1] > 1)).collect()
}

#[test]
fn cdnows_customers_are_foretold_as_by_scikit_learn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cdnow/CDNOW_master.txt");
    let text = std::fs::read_to_string(path).expect("the bundled file");
    let end = NaiveDate::from_ymd_opt(1998, 7, 1).expect("a date");
    let cut_off = end - Days::new(90);
    let mut before: BTreeMap<&str, (i64, BTreeSet<NaiveDate>, i64)> = BTreeMap::new();
    let mut after: BTreeMap<&str, i64> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [customer, date, _, amount] = fields[..] else { panic!("four fields: {line}") };
        let day = NaiveDate::parse_from_str(date, "%Y%m%d").expect("a date");
        let pennies = (amount.parse::<f64>().expect("an amount") * 100.0).round() as i64;
        if day >= cut_off {
            *after.entry(customer).or_default() += pennies;
            continue;
        }
        let known = before.entry(customer).or_insert((i64::MAX, BTreeSet::new(), 0));
        known.0 = known.0.min((cut_off - day).num_days());
        known.1.insert(day);
        known.2 += pennies;
    }
    let later = |customer: &str| after.get(customer).copied().unwrap_or(0);
    let customers: Vec<Customer> = before
        .iter()
        .map(|(customer, (days, purchases, pennies))| {
            [*days, purchases.len() as i64, *pennies, later(customer)]
        })
        .collect();
    agree("cdnow", &customers);
}

#[cfg(feature = "analysis")]
#[test]
fn online_retails_customers_are_foretold_as_by_scikit_learn() {
    use segmentation_lib::transactions::{self, ReadOptions, Returns};

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/online-retail/OnlineRetail.parquet");
    let mut options = ReadOptions::default();
    options.rules.returns = Returns::Drop;
    options.rules.only(["cancelled", "non_positive_quantity", "non_positive_price"]).expect("rules");
    let transactions = transactions::read(&[path], &options, &Progress::silent()).expect("the file is read");
    agree("online_retail", &customers_of(&transactions, "2011-09-11".parse().expect("a day")));
}

#[cfg(feature = "analysis")]
fn customers_of(
    transactions: &segmentation_lib::transactions::Transactions,
    cut_off: NaiveDate,
) -> Vec<Customer> {
    use polars::prelude::*;
    use segmentation_lib::features::CustomerTable;
    use segmentation_lib::transactions::ReferenceDate;

    let is_later = || col("purchased_at").gt_eq(lit(cut_off.and_time(chrono::NaiveTime::MIN)));
    let before = transactions.frame().filter(is_later().not());
    let table = CustomerTable::from_frame(before, ReferenceDate::Day(cut_off), transactions.columns())
        .expect("a customer table");
    let later = transactions.frame().filter(is_later()).group_by([col("customer_id")]);
    let later = later.agg([col("amount_pennies").sum()]).collect().expect("sums");
    let ids = later.column("customer_id").and_then(Column::str).expect("ids").no_null_iter();
    let pennies = later.column("amount_pennies").and_then(Column::i64).expect("pennies").no_null_iter();
    let later: BTreeMap<&str, i64> = ids.zip(pennies).collect();
    let values = ["recency", "frequency", "monetary"].map(|name| table.values(name).expect(name));
    let of = |(row, id): (usize, String)| {
        let whole = |column: usize| values[column][row] as i64;
        [whole(0), whole(1), whole(2), later.get(id.as_str()).copied().unwrap_or(0)]
    };
    table.ids().expect("ids").into_iter().enumerate().map(of).collect()
}
