//! The same on customers: all of CDNOW, every tenth of CDNOW with every linkage, Online Retail.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use ndarray::{Array2, s};

use crate::inputs::Uniform;
use crate::recorded::recorded;
use crate::{kmeans, linkage, silhouette};

/// Signed square roots by fixed scales, moved by up to 0.0005 so that no two pairs are equally far.
fn jittered(table: &[[f64; 3]], seed: u64) -> Array2<f64> {
    let mut u = Uniform(seed);
    Array2::from_shape_fn((table.len(), 3), |(i, j)| {
        let root = table[i][j].abs().sqrt().copysign(table[i][j]);
        root / [8.0, 2.0, 128.0][j] + (u.next() - 0.5) * 1e-3
    })
}

/// Days from the last purchase to 1998-07-01, number of purchases, cents, by customer.
fn cdnow() -> Array2<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cdnow/CDNOW_master.txt");
    let text = std::fs::read_to_string(path).expect("the bundled file");
    let reference = NaiveDate::from_ymd_opt(1998, 7, 1).expect("a date");
    let mut customers: BTreeMap<&str, [f64; 3]> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [customer, date, _, amount] = fields[..] else { panic!("four fields: {line}") };
        let date = NaiveDate::parse_from_str(date, "%Y%m%d").expect("a date");
        let days = (reference - date).num_days() as f64;
        let of = customers.entry(customer).or_insert([f64::INFINITY, 0.0, 0.0]);
        *of = [
            of[0].min(days),
            of[1] + 1.0,
            of[2] + (amount.parse::<f64>().expect("an amount") * 100.0).round(),
        ];
    }
    jittered(&customers.into_values().collect::<Vec<_>>(), 11)
}

fn all_agree(name: &str, points: &Array2<f64>) {
    let recorded = recorded(name, points);
    linkage::agree(name, points, &recorded);
    silhouette::agree(name, points, &recorded);
    silhouette::agreements(name, points, &recorded);
    kmeans::agree_from_the_same_centroids(name, points, &recorded);
    let mut tally = kmeans::Tally::default();
    tally.count(name, points, &recorded);
    assert!(tally.worse.len() <= tally.better.len() + 1, "{name}: worse {:#?}", tally.worse);
}

#[test]
fn all_customers_of_cdnow_agree() {
    all_agree("cdnow", &cdnow());
}

#[test]
fn every_tenth_customer_of_cdnow_agrees_in_every_linkage() {
    all_agree("cdnow_tenth", &cdnow().slice(s![..;10, ..]).to_owned());
}

#[cfg(feature = "analysis")]
#[test]
fn the_customers_of_online_retail_agree() {
    use segmentation_lib::features::CustomerTable;
    use segmentation_lib::progress::Progress;
    use segmentation_lib::transactions::{self, ReadOptions, Rules};

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/online-retail/OnlineRetail.parquet");
    let reference = "2011-12-09T12:50:00".parse().expect("an instant");
    let mut options = ReadOptions { reference: Some(reference), ..ReadOptions::default() };
    for rule in Rules::all().iter().filter(|rule| !rule.required) {
        options.rules.disable(rule.rule.name()).expect("a rule");
    }
    let transactions = transactions::read(&[path], &options, &Progress::silent()).expect("the file is read");
    let table = CustomerTable::compute(&transactions, Some(reference)).expect("a customer table");
    let values = ["activity", "lines", "monetary"].map(|name| table.values(name).expect(name));
    let rows: Vec<[f64; 3]> = (0..table.len()).map(|i| [0, 1, 2].map(|j| values[j][i])).collect();
    all_agree("online_retail", &jittered(&rows, 12));
}
