//! What would change the decision.

use chrono::NaiveDate;
use polars::prelude::*;
use segmentation_lib::Error;
use segmentation_lib::engine::labels::canonical;
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::{Matrix, MatrixParams};
use segmentation_lib::pipeline::Run;
use segmentation_lib::progress::Progress;
use segmentation_lib::replay::before;
use segmentation_lib::selection::{Algorithm, SelectionParams};
use segmentation_lib::transactions::{ReferenceDate, Transactions};

use crate::language::said;
use crate::plots::label;

use super::trials::{Trial, agreement, later, outlier_policies, scaling_choices, smallest_share, trial};

/// What is published: every line is held against it.
struct Published<'a> {
    ids: &'a [String],
    labels: Vec<u32>,
    algorithm: Algorithm,
    k: usize,
}

/// A line of the sensitivity table.
struct Line {
    assumption: &'static str,
    setting: String,
    customers: u64,
    smallest_share: f64,
    agreement: f64,
}

/// What becomes of the published segments where one assumption is another: `assumption`, `setting`, `customers`,
/// `smallest_share`, and `agreement`, the adjusted Rand index with the published segments over the customers that
/// both have: 1 means the same segments, 0 no more agreement than chance.
///
/// First the run's own neighbours (one segment less or more, the other algorithm); then the published algorithm
/// and number of segments, fitted anew to all customers under each assumption. Cost: a clustering an assumption, a
/// dozen in all.
pub fn sensitivity(run: &Run, params: &SelectionParams, progress: &Progress) -> Result<DataFrame, Error> {
    let manifest = &run.snapshot.manifest;
    let labels = run.profiles.segment_ids.iter().map(|&id| u32::from(id)).collect();
    let published = Published { ids: run.matrix.ids(), labels, algorithm: manifest.algorithm, k: manifest.k };
    let mut lines = vec![published.line("decision", "as published", run.matrix.ids(), &published.labels)];
    lines.extend(published.neighbours(run));
    let trials = trials(&run.transactions, &run.customers)?;
    for (done, trial) in trials.iter().enumerate() {
        progress.report("trials", done as u64, Some(trials.len() as u64));
        lines.push(published.repeated(trial, params, progress)?);
    }
    for seed in [7, 2026] {
        let reseeded = SelectionParams { seed, ..params.clone() };
        let again = trial("seed", &seed.to_string(), &run.customers, MatrixParams::default());
        lines.push(published.repeated(&again, &reseeded, progress)?);
    }
    Ok(frame(&lines).map_err(FeaturesError::from)?)
}

/// Everything but the default of each kind, and two things besides: fewer data, other features.
fn trials(transactions: &Transactions, table: &CustomerTable) -> Result<Vec<Trial>, Error> {
    let mut trials = Vec::new();
    for days in [30, 90] {
        let cut = transactions.last().date() - chrono::Days::new(days);
        trials.extend(cut_off(transactions, cut, days)?);
    }
    let reference = CustomerTable::compute(transactions, Some(later(table.reference(), 30)))?;
    trials.push(trial(
        "reference date",
        &said!("30 dias depois", "30 days later"),
        &reference,
        MatrixParams::default(),
    ));
    trials.extend(outlier_policies(table)?.into_iter().skip(1));
    trials.extend(scaling_choices(table).into_iter().skip(1).take(3));
    let features = ["recency", "frequency", "basket"].map(str::to_owned).to_vec();
    trials.push(trial(
        "features",
        "recency, frequency, basket",
        table,
        MatrixParams { features, ..MatrixParams::default() },
    ));
    Ok(trials)
}

/// The customers as they stood on a day; none where nobody had purchased yet.
fn cut_off(transactions: &Transactions, day: NaiveDate, days: u64) -> Result<Option<Trial>, Error> {
    let table =
        CustomerTable::from_frame(before(transactions, day), ReferenceDate::Day(day), transactions.columns());
    let setting = said!("sem os dados dos últimos {} dias", "data of the last {} days left out", days);
    match table {
        Ok(table) => Ok(Some(trial("cut-off date", &setting, &table, MatrixParams::default()))),
        Err(FeaturesError::NoCustomers) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Published<'_> {
    fn line(&self, assumption: &'static str, setting: &str, ids: &[String], labels: &[u32]) -> Line {
        Line {
            assumption,
            setting: setting.to_owned(),
            customers: ids.len() as u64,
            smallest_share: smallest_share(labels),
            agreement: agreement(self.ids, &self.labels, ids, labels),
        }
    }

    /// The published algorithm and number of segments under a trial's assumption.
    fn repeated(&self, trial: &Trial, params: &SelectionParams, progress: &Progress) -> Result<Line, Error> {
        let matrix = Matrix::build(&trial.table, &trial.matrix)?;
        let points = matrix.values().view();
        let method = params.method(self.algorithm, params.starts);
        let labels = method.partitions(points, self.k..=self.k, progress)?.remove(0);
        Ok(self.line(trial.assumption, &trial.setting, matrix.ids(), &canonical(points, &labels)))
    }

    /// The decision's neighbours among the clusterings already compared: one segment less or more, the
    /// other algorithm.
    fn neighbours(&self, run: &Run) -> Vec<Line> {
        let (algorithm, k) = (self.algorithm, self.k);
        let other = if algorithm == Algorithm::KMeans { Algorithm::Ward } else { Algorithm::KMeans };
        let near = [("k", algorithm, k - 1), ("k", algorithm, k + 1), ("algorithm", other, k)];
        let compared = run.selection.as_ref().map_or(&[][..], |selection| &selection.clusterings);
        let found = near.into_iter().filter_map(|(assumption, algorithm, k)| {
            let c = compared.iter().find(|c| c.algorithm == algorithm && c.k == k)?;
            let setting = said!("{} com k = {} imposto", "{} with k = {} imposed", label(algorithm), k);
            Some(self.line(assumption, &setting, self.ids, &c.labels))
        });
        found.collect()
    }
}

fn frame(lines: &[Line]) -> PolarsResult<DataFrame> {
    df!(
        "assumption" => lines.iter().map(|l| l.assumption).collect::<Vec<_>>(),
        "setting" => lines.iter().map(|l| l.setting.as_str()).collect::<Vec<_>>(),
        "customers" => lines.iter().map(|l| l.customers).collect::<Vec<_>>(),
        "smallest_share" => lines.iter().map(|l| l.smallest_share).collect::<Vec<_>>(),
        "agreement" => lines.iter().map(|l| l.agreement).collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use segmentation_lib::pipeline::Pipeline;

    use super::super::sample::{file, texts};
    use super::*;

    #[test]
    fn every_kind_of_assumption_is_tried_and_the_decision_agrees_with_itself() {
        let params = SelectionParams { k: 3..=4, resamples: 10, ..SelectionParams::default() };
        for algorithm in [Algorithm::KMeans, Algorithm::Ward] {
            let selection = SelectionParams { algorithm: Some(algorithm), ..params.clone() };
            let pipeline = Pipeline { selection: selection.clone(), ..Pipeline::default() };
            let run = pipeline.run(&[file()], &Progress::silent()).expect("segments");
            let frame = sensitivity(&run, &selection, &Progress::silent()).expect("compared");
            let tried = texts(&frame, "assumption");
            for kind in [
                "cut-off date",
                "reference date",
                "outliers",
                "scaling",
                "features",
                "seed",
                "k",
                "algorithm",
            ] {
                assert!(tried.iter().any(|name| name == kind), "{kind} is missing of {tried:?}");
            }
            let agreement = frame.column("agreement").expect("there").f64().expect("numbers").get(0);
            assert_eq!(agreement, Some(1.0));
        }
    }
}
