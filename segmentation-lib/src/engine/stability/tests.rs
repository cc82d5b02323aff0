use std::collections::HashSet;

use ndarray::{Array2, array};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};

use super::*;
use crate::engine::hierarchical::Linkage;

const KMEANS: Method = Method::KMeans { starts: 5, seed: 1 };
const WARD: Method = Method::Hierarchical { linkage: Linkage::Ward, memory_limit_bytes: 1 << 30 };

fn found(points: &Array2<f64>, ks: RangeInclusive<usize>, method: &Method) -> Vec<Stability> {
    let params = StabilityParams { resamples: 20, ..StabilityParams::default() };
    stability(points.view(), ks, method, &params, &Progress::silent()).unwrap()
}

fn blobs() -> Array2<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(77);
    Array2::from_shape_fn((90, 2), |(i, _)| [0.0, 30.0, 80.0][i % 3] + 12.0 * random.r#gen::<f64>())
}

proptest! {
    #[test]
    fn similarities_are_those_of_sets(
        labels in prop::collection::vec((0u32..4, 0u32..5), 6..40), seed: u64
    ) {
        let (all, found): (Vec<u32>, Vec<u32>) = labels.into_iter().unzip();
        let rows = drawn(all.len(), &mut Xoshiro256PlusPlus::seed_from_u64(seed));
        let of_drawn: Vec<u32> = rows.iter().map(|&row| found[row]).collect();
        let set = |labels: &[u32], c: u32| -> HashSet<usize> {
            rows.iter().copied().filter(|&row| labels[row] == c).collect()
        };
        let points = Array2::zeros((rows.len(), 1));
        let resample = Resample::of(&points, &rows, &all, &of_drawn);
        for (c, similarity) in resample.jaccard.into_iter().enumerate() {
            let own = set(&all, c as u32);
            let jaccard = |other: u32| {
                let other = set(&found, other);
                let either = own.union(&other).count();
                if either == 0 { 0.0 } else { own.intersection(&other).count() as f64 / either as f64 }
            };
            let expected = (0..5).map(jaccard).fold(0.0, f64::max);
            prop_assert_eq!(similarity, expected);
        }
    }
}

#[test]
fn a_resample_hits_about_63_percent_of_the_rows_each_once() {
    let rows = drawn(10_000, &mut Xoshiro256PlusPlus::seed_from_u64(5));
    assert!(rows.is_sorted() && rows.iter().collect::<HashSet<_>>().len() == rows.len());
    assert!((6200..6440).contains(&rows.len()), "{}", rows.len());
}

#[test]
fn separated_blobs_always_come_back() {
    for method in [KMEANS, WARD] {
        let three = &found(&blobs(), 2..=4, &method)[1];
        assert_eq!((three.k, three.jaccard.as_slice()), (3, [1.0; 3].as_slice()), "{method:?}");
        assert_eq!((three.dissolved.clone(), three.recovered.clone()), (vec![0; 3], vec![20; 3]));
        assert!(three.jaccard.iter().all(|&jaccard| Verdict::of(jaccard) == Verdict::HighlyStable));
    }
}

#[test]
fn too_many_clusters_are_not_stable() {
    let six = &found(&blobs(), 6..=6, &KMEANS)[0];
    assert!(six.lowest() < 0.75, "{six:?}");
}

#[test]
fn one_cluster_is_always_itself() {
    assert_eq!(found(&blobs(), 1..=1, &KMEANS)[0].jaccard, [1.0]);
}

#[test]
fn a_singleton_comes_back_when_it_is_drawn() {
    let points = array![[0.0], [10.0], [20.0], [30.0]];
    let alone = &found(&points, 4..=4, &WARD)[0];
    assert_eq!(alone.jaccard.len(), 4);
    for c in 0..4 {
        assert_eq!(alone.jaccard[c], f64::from(alone.recovered[c]) / 20.0);
        assert_eq!(alone.dissolved[c] + alone.recovered[c], 20);
    }
    assert!(alone.jaccard.iter().all(|&j| j > 0.0 && j < 1.0), "{alone:?}");
}

#[test]
fn one_resample_serves_all_k_alike() {
    for method in [KMEANS, WARD] {
        let together = found(&blobs(), 2..=5, &method);
        for one in &together {
            assert_eq!(&found(&blobs(), one.k..=one.k, &method)[0], one);
        }
    }
}

#[test]
fn threads_and_constant_columns_change_nothing() {
    let wider = ndarray::concatenate![Axis(1), blobs(), Array2::from_elem((90, 1), 7.0)];
    let with = |threads, points: &Array2<f64>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(points, 2..=6, &KMEANS))
    };
    let one = with(1, &blobs());
    assert_eq!(one, with(4, &blobs()));
    // The centroids have a column more.
    let figures = |all: &[Stability]| -> Vec<_> {
        all.iter().map(|s| (s.jaccard.clone(), s.dissolved.clone(), s.recovered.clone())).collect()
    };
    assert_eq!(figures(&one), figures(&with(2, &wider)));
}

#[test]
fn thresholds_are_those_of_clusterboot() {
    let words = |j| Verdict::of(j).words();
    assert_eq!(words(0.85), "highly stable");
    assert_eq!(words(0.849), "a valid, stable cluster");
    assert_eq!(words(0.749), "a pattern, but who belongs to it is doubtful");
    assert_eq!(words(0.6), words(0.7));
    assert_eq!(words(0.599), "not to be trusted");
}

#[test]
fn bad_input_is_refused() {
    let refused = |points: Array2<f64>, ks, resamples| {
        let params = StabilityParams { resamples, ..StabilityParams::default() };
        stability(points.view(), ks, &KMEANS, &params, &Progress::silent()).unwrap_err()
    };
    let three = || array![[1.0], [2.0], [2.0]];
    assert!(matches!(refused(array![[f64::NAN]], 1..=1, 5), EngineError::NotFinite { row: 0, .. }));
    assert!(matches!(refused(three(), 0..=2, 5), EngineError::ZeroClusters));
    assert!(matches!(refused(three(), 1..=4, 5), EngineError::TooManyClusters { k: 4, rows: 3 }));
    assert!(matches!(refused(three(), 1..=3, 5), EngineError::TooFewDistinct { k: 3, distinct: 2 }));
    assert_eq!(refused(three(), 1..=2, 0).to_string(), "resamples is 0; allowed is 1 or more");
}

#[test]
fn cancelled_work_stops() {
    let progress = Progress::silent();
    progress.cancel();
    let error = stability(blobs().view(), 2..=3, &WARD, &StabilityParams::default(), &progress).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled(_)));
}
