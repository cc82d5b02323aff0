//! One assumption changed at a time, before anything is decided.

use polars::prelude::*;
use segmentation_lib::Error;
use segmentation_lib::engine::agreement::adjusted_rand_index;
use segmentation_lib::engine::kmeans::{self, KMeansParams};
use segmentation_lib::engine::labels::canonical;
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::features::{CustomerTable, FeaturesError, Fence};
use segmentation_lib::matrix::{Matrix, MatrixParams, Scaler, Transform};
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{ReferenceDate, Transactions};

use crate::language::said;

/// An assumption and what it makes of the customers.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What is varied.
    pub assumption: &'static str,
    /// The value tried.
    pub setting: String,
    /// The customers under it.
    pub table: CustomerTable,
    /// The matrix under it.
    pub matrix: MatrixParams,
}

/// What is done about extreme customers. The first is the default.
pub fn outlier_policies(table: &CustomerTable) -> Result<Vec<Trial>, FeaturesError> {
    let cut = |setting: &str, winsorize| {
        trial("outliers", setting, table, MatrixParams { winsorize, ..MatrixParams::default() })
    };
    let fence = Fence { quantile: 0.05, factor: 1.5 };
    let inside = table.within(&["monetary", "frequency", "recency"], fence)?;
    Ok(vec![
        cut("tails cut at 1 % (default)", Some(0.01)),
        cut("kept as they are", None),
        cut("tails cut at 5 %", Some(0.05)),
        trial(
            "outliers",
            "customers beyond a fence removed",
            &inside,
            MatrixParams { winsorize: None, ..MatrixParams::default() },
        ),
    ])
}

/// How features are made comparable. The first is the default.
pub fn scaling_choices(table: &CustomerTable) -> Vec<Trial> {
    let scaled = |setting: &str, transform, scaler| {
        trial("scaling", setting, table, MatrixParams { transform, scaler, ..MatrixParams::default() })
    };
    vec![
        scaled(
            "logarithm of counts and amounts, standard deviation (default)",
            Transform::Auto,
            Scaler::Standard,
        ),
        scaled("logarithm of recency too, standard deviation", Transform::Log, Scaler::Standard),
        scaled("logarithm of counts and amounts, interquartile range", Transform::Auto, Scaler::Robust),
        scaled("no logarithm, standard deviation", Transform::None, Scaler::Standard),
        scaled("original units", Transform::None, Scaler::None),
    ]
}

/// The same purchases seen from the default reference date and from `days` after it each.
pub fn reference_dates(transactions: &Transactions, days: &[u64]) -> Result<Vec<Trial>, FeaturesError> {
    let first = ReferenceDate::day_after(transactions.last());
    let after = |days: u64| -> Result<Trial, FeaturesError> {
        let table = CustomerTable::compute(transactions, Some(later(first, days)))?;
        let setting = if days == 0 {
            "day after the last purchase (default)".to_owned()
        } else {
            said!("{} dias depois", "{} days later", days)
        };
        Ok(trial("reference date", &setting, &table, MatrixParams::default()))
    };
    std::iter::once(0).chain(days.iter().copied()).map(after).collect()
}

/// A reference day moved on; one beyond the calendar's end stays.
pub(super) fn later(reference: ReferenceDate, days: u64) -> ReferenceDate {
    match reference {
        ReferenceDate::Day(day) => {
            ReferenceDate::Day(day.checked_add_days(chrono::Days::new(days)).unwrap_or(day))
        }
        instant => instant,
    }
}

pub(super) fn trial(
    assumption: &'static str,
    setting: &str,
    table: &CustomerTable,
    matrix: MatrixParams,
) -> Trial {
    Trial { assumption, setting: setting.to_owned(), table: table.clone(), matrix }
}

/// What each trial makes of k-means with `k` clusters: `assumption`, `setting`, `customers`,
/// `silhouette`, `smallest_share`, and `agreement`, the adjusted Rand index with the first trial over
/// the customers both have. Silhouettes under different scalings measure different distances, so the
/// agreement is what compares. Cost: n² a trial.
pub fn effects(trials: &[Trial], k: usize, progress: &Progress) -> Result<DataFrame, Error> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(trials.len());
    for (done, trial) in trials.iter().enumerate() {
        progress.report("trials", done as u64, Some(trials.len() as u64));
        outcomes.push(Outcome::of(trial, k, progress)?);
    }
    let agreement = |o: &Outcome| {
        outcomes.first().map_or(1.0, |first| agreement(&first.ids, &first.labels, &o.ids, &o.labels))
    };
    let frame = df!(
        "assumption" => trials.iter().map(|t| t.assumption).collect::<Vec<_>>(),
        "setting" => trials.iter().map(|t| t.setting.as_str()).collect::<Vec<_>>(),
        "customers" => outcomes.iter().map(|o| o.ids.len() as u64).collect::<Vec<_>>(),
        "silhouette" => outcomes.iter().map(|o| o.silhouette).collect::<Vec<_>>(),
        "smallest_share" => outcomes.iter().map(|o| smallest_share(&o.labels)).collect::<Vec<_>>(),
        "agreement" => outcomes.iter().map(agreement).collect::<Vec<_>>(),
    );
    Ok(frame.map_err(FeaturesError::from)?)
}

struct Outcome {
    ids: Vec<String>,
    labels: Vec<u32>,
    silhouette: f64,
}

impl Outcome {
    fn of(trial: &Trial, k: usize, progress: &Progress) -> Result<Self, Error> {
        let matrix = Matrix::build(&trial.table, &trial.matrix)?;
        let points = matrix.values().view();
        let fitted = kmeans::fit(points, k, &KMeansParams::default(), progress)?;
        let labels = canonical(points, &fitted.labels);
        // One labeling was asked for, so there is one answer.
        let silhouette = silhouettes(points, &[&labels], progress)?.first().map_or(0.0, |s| s.mean);
        Ok(Self { ids: matrix.ids().to_vec(), labels, silhouette })
    }
}

pub(super) fn smallest_share(labels: &[u32]) -> f64 {
    let mut sizes = std::collections::BTreeMap::<u32, u64>::new();
    labels.iter().for_each(|&label| *sizes.entry(label).or_default() += 1);
    sizes.values().min().map_or(0.0, |&least| least as f64 / labels.len() as f64)
}

/// Adjusted Rand index over the customers that both have; ids ascend in both. 1 where they share none.
pub(super) fn agreement(a_ids: &[String], a: &[u32], b_ids: &[String], b: &[u32]) -> f64 {
    let mut common = (Vec::new(), Vec::new());
    let mut at = 0;
    for (id, &label) in a_ids.iter().zip(a) {
        while at < b_ids.len() && b_ids[at] < *id {
            at += 1;
        }
        if b_ids.get(at) == Some(id) {
            common.0.push(label);
            common.1.push(b[at]);
        }
    }
    if common.0.is_empty() { 1.0 } else { adjusted_rand_index(&common.0, &common.1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::sample::{integers, shop};

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn agreement_is_over_the_customers_that_both_have() {
        let (a, b) = (ids(&["a", "b", "c", "d"]), ids(&["b", "c", "d", "e"]));
        assert_eq!(agreement(&a, &[9, 0, 0, 1], &b, &[5, 5, 7, 7]), 1.0);
        assert!(agreement(&a, &[9, 0, 1, 1], &b, &[5, 5, 7, 7]) < 1.0);
        assert_eq!(agreement(&a, &[0; 4], &ids(&["x"]), &[0]), 1.0);
    }

    #[test]
    fn the_smallest_share_is_that_of_the_rarest_label() {
        assert_eq!(smallest_share(&[0, 0, 2, 0]), 0.25);
    }

    #[test]
    fn the_first_trial_agrees_with_itself_and_removed_customers_are_not_counted() {
        let transactions = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let trials = outlier_policies(&table).expect("policies");
        let frame = effects(&trials, 2, &Progress::silent()).expect("clustered");
        let agreement =
            frame.column("agreement").and_then(|c| c.f64()?.get(0).ok_or_else(|| polars_err!(NoData: "")));
        assert_eq!(agreement.expect("a value"), 1.0);
        let customers = integers(&frame, "customers");
        assert!(customers[3] <= customers[0] && customers[1] == customers[0], "{customers:?}");
    }

    #[test]
    fn a_later_reference_date_makes_every_customer_older_by_the_same_days() {
        let transactions = shop();
        let trials = reference_dates(&transactions, &[30]).expect("dates");
        let recency = |i: usize| trials[i].table.values("recency").expect("recency");
        assert!(recency(0).iter().zip(recency(1)).all(|(a, b)| a + 30.0 == b));
    }
}
