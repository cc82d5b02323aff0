use chrono::NaiveDate;
use polars::prelude::*;

use super::*;
use crate::matrix::MatrixParams;
use crate::record::{Clock, Manifest, Naming};
use crate::transactions::{PresentColumns, ReferenceDate};
use crate::vocabulary::Vocabulary;

/// One customer a row: id, days since the only purchases, number of purchases, pennies each.
type Row = (&'static str, i64, i64, i64);

const BEST: [Row; 3] = [("a", 2, 9, 9000), ("b", 3, 8, 9500), ("c", 1, 9, 8800)];
const WORST: [Row; 3] = [("x", 300, 1, 500), ("y", 310, 1, 450), ("z", 290, 1, 700)];

fn table(rows: &[Row]) -> CustomerTable {
    let reference = NaiveDate::from_ymd_opt(2011, 12, 10).expect("a date");
    let lines: Vec<(&str, i64, i64)> = rows
        .iter()
        .flat_map(|&(id, days, n, pennies)| (0..n).map(move |i| (id, days + 7 * i, pennies)))
        .collect();
    let frame = df!(
        "customer_id" => lines.iter().map(|l| l.0).collect::<Vec<_>>(),
        "purchase_id" => (0..lines.len()).map(|i| i.to_string()).collect::<Vec<_>>(),
        "purchased_at" => lines.iter().map(|l| millis(reference, l.1)).collect::<Vec<_>>(),
        "product" => vec![None::<&str>; lines.len()],
        "quantity" => vec![None::<i64>; lines.len()],
        "amount_pennies" => lines.iter().map(|l| l.2).collect::<Vec<_>>(),
        "is_return" => vec![false; lines.len()],
    )
    .expect("columns of one length");
    let frame =
        frame.lazy().with_column(col("purchased_at").cast(DataType::Datetime(TimeUnit::Milliseconds, None)));
    CustomerTable::from_frame(frame, ReferenceDate::Day(reference), PresentColumns::default()).expect("valid")
}

fn millis(reference: NaiveDate, days: i64) -> i64 {
    reference.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis() - days * 86_400_000
}

fn profiled(rows: &[Row], labels: &[u32], previous: Option<Previous<'_>>) -> (Profiles, Matrix) {
    let table = table(rows);
    let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
    let silhouettes = vec![0.5; labels.len()];
    let vocabulary = Vocabulary::bundled();
    let naming = NamingParams { previous, ..NamingParams::afresh(&table, &vocabulary) };
    (profile(&table, &matrix, labels, &silhouettes, &naming).expect("profiles"), matrix)
}

fn best_and_worst() -> Vec<Row> {
    BEST.into_iter().chain(WORST).collect()
}

#[test]
fn the_most_valuable_segment_is_number_one_whatever_its_label() {
    for labels in [[0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]] {
        let (p, _) = profiled(&best_and_worst(), &labels, None);
        assert_eq!(p.segment_ids, [1, 1, 1, 2, 2, 2]);
        assert_eq!(p.segments[0].id, 1);
    }
}

#[test]
fn names_follow_from_the_medians_and_the_clock() {
    let (p, _) = profiled(&best_and_worst(), &[0, 0, 0, 1, 1, 1], None);
    assert_eq!(p.segments.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(), ["loyal", "one_time"]);
    // The best have 23 gaps of a week: 8, 7 and 8.
    let condition = p.segments[0].condition.as_ref().expect("named by the vocabulary");
    assert!(condition.en.ends_with("within 7 days"), "{}", condition.en);
}

#[test]
fn sizes_shares_and_quartiles_are_those_worked_out_by_hand() {
    let (p, _) = profiled(&best_and_worst(), &[0, 0, 0, 1, 1, 1], None);
    let worst = &p.segments[1];
    assert_eq!((worst.customers, worst.customer_share, worst.revenue_pennies), (3, 0.5, 1650));
    let recency = &worst.features[0];
    assert_eq!(
        (recency.name.as_str(), recency.q1, recency.median, recency.q3),
        ("recency", 295.0, 300.0, 305.0)
    );
    let shares: f64 = p.segments.iter().map(|s| s.revenue_share).sum();
    assert!((shares - 1.0).abs() < 1e-12);
}

#[test]
fn features_without_their_column_are_left_out() {
    let (p, _) = profiled(&best_and_worst(), &[0, 0, 0, 1, 1, 1], None);
    assert!(p.segments[0].features.iter().all(|f| f.name != "products" && f.name != "units"));
    assert!(p.segments[0].features.iter().any(|f| f.name == "basket"));
}

#[test]
fn one_segment_of_everybody_is_profiled() {
    let (p, _) = profiled(&best_and_worst(), &[0; 6], None);
    assert_eq!((p.segments.len(), p.segments[0].customer_share), (1, 1.0));
}

/// A former run in which the best segment had another name, and its matrix.
fn former() -> (Profiles, Matrix) {
    let (mut first, matrix) = profiled(&best_and_worst(), &[0, 0, 0, 1, 1, 1], None);
    first.segments[0].key = "loyal-high-spend".to_owned();
    first.segments[0].name.en = "Loyal customers, high spend".to_owned();
    (first, matrix)
}

#[test]
fn a_segment_keeps_the_name_it_had() {
    let (first, matrix) = former();
    let manifest = manifest(matrix.scalings().to_vec(), Vocabulary::bundled().sha256);
    let previous = Previous { manifest: &manifest, segments: &first.segments };
    let mut moved = best_and_worst();
    moved[0].1 += 1;
    let (second, _) = profiled(&moved, &[1, 1, 1, 0, 0, 0], Some(previous));
    assert_eq!(second.segments[0].name, first.segments[0].name);
    assert_eq!(second.segments[1].key, first.segments[1].key);
    let condition = second.segments[0].condition.as_ref().expect("of the vocabulary");
    assert!(condition.en.starts_with("Five to nine purchases"), "{}", condition.en);
}

#[test]
fn a_run_on_other_features_or_by_another_vocabulary_hands_no_name_on() {
    let (first, matrix) = former();
    let mut scalings = matrix.scalings().to_vec();
    scalings[0].name = "tenure".to_owned();
    let on_other_features = manifest(scalings, Vocabulary::bundled().sha256);
    let by_another = manifest(matrix.scalings().to_vec(), "0".repeat(64));
    for manifest in [on_other_features, by_another] {
        let previous = Previous { manifest: &manifest, segments: &first.segments };
        let (second, _) = profiled(&best_and_worst(), &[0, 0, 0, 1, 1, 1], Some(previous));
        assert_eq!(second.segments[0].key, "loyal");
    }
}

#[test]
fn names_that_would_meet_are_given_afresh() {
    let (mut first, matrix) = former();
    first.segments[0].key = "one_time".to_owned();
    first.segments[1].key = "one_time".to_owned();
    let manifest = manifest(matrix.scalings().to_vec(), Vocabulary::bundled().sha256);
    let previous = Previous { manifest: &manifest, segments: &first.segments };
    let (second, _) = profiled(&best_and_worst(), &[0, 0, 0, 1, 1, 1], Some(previous));
    assert_eq!(second.segments[0].key, "loyal");
}

fn manifest(features: Vec<crate::record::FeatureScaling>, vocabulary_sha256: String) -> Manifest {
    let nothing = || crate::record::Localized { en: String::new(), pt_br: String::new() };
    Manifest {
        format_version: crate::record::FORMAT_VERSION,
        run_id: String::new(),
        created_at: String::new(),
        producer: String::new(),
        source: crate::record::DataSource {
            dataset: String::new(),
            inputs: vec![],
            rows: 0,
            first_transaction: String::new(),
            last_transaction: String::new(),
            currency: None,
        },
        reference_date: String::new(),
        ledger: vec![],
        warnings: Vec::new(),
        parameters: Default::default(),
        seed: 0,
        features,
        algorithm: crate::record::Algorithm::KMeans,
        k: 2,
        silhouette: 0.0,
        silhouette_sample: None,
        reason: nothing(),
        candidates: vec![],
        foresight: None,
        decision_sheet: None,
        model: None,
        drift: None,
        from_run: None,
        forecast: None,
        lift: None,
        naming: Some(Naming { clock: Clock::ASSUMED, vocabulary_sha256, look_back: None }),
        blocks: Default::default(),
        customers: 6,
        content_sha256: String::new(),
    }
}
