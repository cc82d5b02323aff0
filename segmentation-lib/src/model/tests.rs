use ndarray::array;
use proptest::prelude::*;

use super::*;
use crate::record::{
    AppliedTransform, Assignment, FeatureBaseline, FeatureScaling, Localized, Model, Segment,
    SegmentBaseline, Unit,
};

fn segment(id: u16, key: &str) -> Segment {
    let text = || Localized { en: key.to_owned(), pt_br: key.to_owned() };
    Segment {
        id,
        key: key.to_owned(),
        name: text(),
        description: text(),
        condition: None,
        action: text(),
        customers: 1,
        customer_share: 0.5,
        revenue_pennies: 0,
        revenue_share: 0.5,
        silhouette: 0.6,
        features: Vec::new(),
        centroid: vec![1.0],
        repeat_buyers: None,
        placed_alike: None,
        came_back: None,
        best_products: Vec::new(),
        forecast: None,
    }
}

fn feature(name: &str) -> FeatureScaling {
    FeatureScaling {
        name: name.to_owned(),
        unit: Unit::Days,
        divisor: 1.0,
        transform: AppliedTransform::None,
        clip_low: None,
        clip_high: None,
        center: 0.0,
        scale: 1.0,
    }
}

fn customer(id: &str, segment_id: u16, features: &[f64]) -> Assignment {
    let (customer_id, features) = (id.to_owned(), features.to_vec());
    Assignment { customer_id, segment_id, silhouette: 0.0, features }
}

#[test]
fn equal_distances_go_to_the_first_and_an_erased_centroid_takes_nobody() {
    let points = array![[0.0], [1.0], [3.0]];
    assert_eq!(place(&points, &array![[2.0], [0.0]]), [1, 0, 0]);
    assert_eq!(place(&points, &array![[f64::NAN], [9.0]]), [1, 1, 1]);
}

proptest! {
    #[test]
    fn nobody_is_nearer_to_another_centroid(
        points in prop::collection::vec(prop::array::uniform2(-9.0..9.0f64), 1..40),
        centroids in prop::collection::vec(prop::array::uniform2(-9.0..9.0f64), 1..6),
    ) {
        let matrix = ndarray::Array2::from_shape_fn((points.len(), 2), |(i, j)| points[i][j]);
        let places = ndarray::Array2::from_shape_fn((centroids.len(), 2), |(i, j)| centroids[i][j]);
        let distance = |p: &[f64; 2], c: &[f64; 2]| (p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2);
        for (point, label) in points.iter().zip(place(&matrix, &places)) {
            let own = distance(point, &centroids[label as usize]);
            prop_assert!(centroids.iter().all(|c| own <= distance(point, c)));
        }
    }
}

fn two_bins(segments: &[Segment]) -> Model {
    Model {
        id: "0".repeat(12),
        name: "custom".to_owned(),
        fitted_at: "2026-01-01T00:00:00Z".to_owned(),
        reference_date: "2026-01-01".to_owned(),
        customers: 4,
        agreement: 1.0,
        r_squared: Some(0.25),
        features: vec![FeatureBaseline {
            name: "recency".to_owned(),
            edges: vec![10.0],
            shares: vec![0.5, 0.5],
        }],
        segments: segments
            .iter()
            .map(|s| SegmentBaseline { key: s.key.clone(), share: 0.5, silhouette: 0.6, jaccard: None })
            .collect(),
    }
}

/// A matrix whose only column is recency.
fn recencies(days: &[f64]) -> crate::matrix::Matrix {
    crate::matrix::Matrix::for_tests(vec![feature("recency")], days)
}

#[test]
fn the_same_customers_have_not_drifted() {
    let segments = [segment(1, "champions"), segment(2, "loyal")];
    let found =
        drift(&two_bins(&segments), &recencies(&[1.0, 10.0, 11.0, 400.0]), &segments, None, Some(0.21));
    assert_eq!(found.features[0].stability_index, 0.0);
    assert_eq!(found.segments[0].share_change, 0.0);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

#[test]
fn what_lies_beyond_a_limit_is_warned_of_in_both_languages() {
    let then = [segment(1, "champions"), segment(2, "loyal")];
    let mut now = then.clone();
    now[0].customer_share = 0.9;
    now[1].customer_share = 0.1;
    now[1].silhouette = 0.4;
    let all_late = recencies(&[50.0, 60.0, 70.0, 80.0]);
    let moved = crate::record::Moved {
        from_run: "r".to_owned(),
        known: 10,
        by_purchases: 1,
        by_ageing: 2,
        ..Default::default()
    };
    let found = drift(&two_bins(&then), &all_late, &now, Some(moved), Some(0.19));
    // Shares went from (0.5, 0.5) to (0, 1), the empty bin counted as 0.0001.
    let expected = (1e-4 - 0.5) * (1e-4f64 / 0.5).ln() + 0.5 * 2f64.ln();
    assert!((found.features[0].stability_index - expected).abs() < 1e-12);
    let english: Vec<&str> = found.warnings.iter().map(|w| w.en.as_str()).collect();
    assert_eq!(english.len(), 6, "{english:?}");
    assert!(
        english[0].starts_with("recency is distributed otherwise") && english[1].contains("+40.0 points")
    );
    assert!(english[3].contains("mean silhouette 0.20 lower") && english[4].starts_with("30.0 %"));
    assert!(english[5].contains("R² of later spending 0.06 lower"), "{english:?}");
    assert!(found.warnings[3].pt_br.contains("0,20") && found.warnings[4].pt_br.starts_with("30,0 %"));
}

fn at(id: u16, key: &str, centroid: [f64; 2]) -> Segment {
    Segment { centroid: centroid.to_vec(), ..segment(id, key) }
}

#[test]
fn the_feature_that_carried_a_customer_over_is_named_with_the_border() {
    let segments = [at(1, "near", [0.0, 0.0]), at(2, "far", [10.0, 4.0])];
    let features = [feature("recency"), feature("frequency")];
    let moved = |before: [f64; 2], now: [f64; 2]| {
        let (before, now) = ([customer("a", 1, &before)], [customer("a", 2, &now)]);
        let placed = |assignments| Placed { reference_date: "2011-12-10", assignments, segments: &segments };
        let changes = changes(placed(&before), placed(&now), &features, true);
        changes.rows[0].why.and_then(|why| why.crossing).expect("a feature did it")
    };
    // With two purchases the border is where 20 r + 8 f = 116: at r = 5.
    let alone = moved([1.0, 2.0], [9.0, 2.0]);
    assert_eq!((alone.feature, alone.before, alone.after), (0, 1.0, 9.0));
    assert!((alone.border.expect("between") - 5.0).abs() < 1e-9);
    let other = moved([4.9, 1.0], [5.0, 4.0]);
    assert_eq!((other.feature, other.border.map(|border| (border - 2.0).abs() < 1e-9)), (1, Some(true)));
    // Either would have sufficed: with the other as it is now, the border lies behind where this one came from.
    let together = moved([4.9, 2.0], [5.4, 3.1]);
    assert_eq!((together.feature, together.border), (0, None));
}

#[test]
fn purchases_and_ageing_are_told_apart() {
    let segments = [at(1, "champions", [0.0, 9.0]), at(2, "loyal", [90.0, 1.0])];
    let features = [feature("recency"), feature("frequency")];
    let before = [
        customer("aged", 1, &[10.0, 2.0]),
        customer("bought", 2, &[90.0, 1.0]),
        customer("gone", 1, &[1.0, 1.0]),
        customer("same", 1, &[5.0, 9.0]),
    ];
    let now = [
        customer("aged", 2, &[11.0, 2.0]),
        customer("bought", 1, &[1.0, 2.0]),
        customer("new", 1, &[1.0, 1.0]),
        customer("same", 1, &[6.0, 9.0]),
    ];
    let placed = |assignments| Placed { reference_date: "2011-12-10", assignments, segments: &segments };
    let compared = |same| changes(placed(&before), placed(&now), &features, same);
    let found = counted("r", &compared(true), now.len() as u64);
    assert_eq!((found.known, found.by_ageing, found.by_purchases), (3, 1, 1));
    assert_eq!((found.came, found.left), (1, 1));
    assert!((found.share() - 2.0 / 3.0).abs() < 1e-12);
    let refitted = counted("r", &compared(false), now.len() as u64);
    assert_eq!((refitted.by_model, refitted.by_ageing, refitted.by_purchases), (2, 0, 0));
}
