//! The published notebook on Online Retail, expressed with the library's public calls, gives the
//! published figures.
#![cfg(feature = "analysis")]

use std::path::PathBuf;

use segmentation_lib::engine::kmeans::{self, KMeansParams};
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::features::{CustomerTable, Fence};
use segmentation_lib::matrix::{Matrix, MatrixParams, Scaler, Transform};
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{self, ReadOptions, Transactions};

fn online_retail() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/online-retail/OnlineRetail.parquet")
}

/// Every row with a customer, cancellations included; nothing else is dropped.
fn with_customer(path: PathBuf) -> Transactions {
    let mut options = ReadOptions {
        reference: Some("2011-12-09T12:50:00".parse().expect("an instant")),
        ..ReadOptions::default()
    };
    for rule in segmentation_lib::transactions::Rules::all() {
        if !rule.required {
            options.rules.disable(rule.rule.name()).expect("a rule");
        }
    }
    transactions::read(&[path], &options, &Progress::silent()).expect("the file is read")
}

fn table(transactions: &Transactions) -> CustomerTable {
    let reference = "2011-12-09T12:50:00".parse().expect("an instant");
    CustomerTable::compute(transactions, Some(reference)).expect("a customer table")
}

#[test]
fn the_customer_table_is_the_published_one() {
    let path = online_retail();
    let transactions = with_customer(path);
    assert_eq!(transactions.rows(), 406_829);
    let table = table(&transactions);
    assert_eq!(table.len(), 4_372);
    assert_eq!(table.ids().expect("ids")[..5], ["12346", "12347", "12348", "12349", "12350"]);
    let first = |name: &str| table.values(name).expect(name)[..5].to_vec();
    assert_eq!(first("monetary"), [0.0, 431_000.0, 179_724.0, 175_755.0, 33_440.0]);
    assert_eq!(first("lines"), [2.0, 182.0, 31.0, 73.0, 17.0]);
    assert_eq!(first("activity"), [325.0, 1.0, 74.0, 18.0, 309.0]);
}

#[test]
fn the_silhouettes_are_the_published_ones() {
    let path = online_retail();
    let all = table(&with_customer(path));
    let fence = Fence { quantile: 0.05, factor: 1.5 };
    let bulk = all.within(&["monetary", "activity", "lines"], fence).expect("a valid fence");
    assert_eq!(bulk.len(), 4_293);
    let params = MatrixParams {
        features: ["monetary", "lines", "activity"].map(str::to_owned).to_vec(),
        transform: Transform::None,
        scaler: Scaler::Standard,
        winsorize: None,
    };
    let matrix = Matrix::build(&bulk, &params).expect("a matrix");
    let points = matrix.values().view();
    let published = [
        (2, 0.541_585_865_252_539_5, 7661.70, vec![3_658, 635]),
        (3, 0.508_489_629_614_193_7, 4433.58, vec![2_726, 1_068, 499]),
    ];
    for (k, silhouette, inertia, sizes) in published {
        let fitted = kmeans::fit(points, k, &KMeansParams::default(), &Progress::silent()).expect("k-means");
        let mean = silhouettes(points, &[&fitted.labels], &Progress::silent()).expect("two clusters")[0].mean;
        assert!((mean - silhouette).abs() < 1e-9, "k = {k}: {mean} is not {silhouette}");
        assert!((fitted.inertia - inertia).abs() < 0.005, "k = {k}: inertia {}", fitted.inertia);
        let mut counts = fitted.counts.clone();
        counts.sort_by(|a, b| b.cmp(a));
        assert_eq!(counts, sizes, "k = {k}");
    }
}

#[test]
fn the_usual_clean_cut_has_its_rows_customers_and_money() {
    let path = online_retail();
    let mut options = ReadOptions::default();
    options.rules.returns = segmentation_lib::transactions::Returns::Drop;
    for rule in ["bad_debt", "non_product"] {
        options.rules.disable(rule).expect("a rule");
    }
    let clean = transactions::read(&[path], &options, &Progress::silent()).expect("the file is read");
    assert_eq!(clean.rows(), 397_884);
    let table = CustomerTable::compute(&clean, None).expect("a customer table");
    assert_eq!(table.len(), 4_338);
    assert_eq!(table.values("frequency").expect("frequency").iter().sum::<f64>(), 18_532.0);
    // 8,911,407.904 in the source, whose lines at fractions of a penny are rounded one by one.
    let total: i64 = table.revenue_pennies().expect("revenue").iter().sum();
    assert!((total - 891_140_790).abs() <= 5, "{total}");
}
