//! What would change the decision.

use chrono::NaiveDate;
use ndarray::Axis;
use polars::prelude::*;
use segmentation_lib::Error;
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::{Matrix, MatrixParams};
use segmentation_lib::progress::Progress;
use segmentation_lib::replay::before;
use segmentation_lib::selection::{Algorithm, Clustering, Selection, SelectionParams, select};
use segmentation_lib::transactions::{ReferenceDate, Transactions};

use super::trials::{Trial, agreement, later, outlier_policies, scaling_choices, smallest_share, trial};

/// The decision that trials are held against.
struct Decision<'a> {
    ids: &'a [String],
    chosen: &'a Clustering,
}

/// More customers than this are sampled.
const MOST: usize = 5000;

/// A line of the sensitivity table.
struct Line {
    assumption: &'static str,
    setting: String,
    customers: u64,
    chosen: String,
    silhouette: f64,
    smallest_share: f64,
    agreement: f64,
}

/// Every assumption changed, one at a time, and the whole comparison made anew: `assumption`,
/// `setting`, `customers`, `rule_chooses` (algorithm and k), `silhouette`, `smallest_share`, and
/// `agreement`, the adjusted Rand index of the new segments with the decision over the customers that
/// both have: 1 means the same segments, 0 no more agreement than chance.
///
/// Beyond 5,000 customers an even sample of them is compared. That is an assumption too: it has its own
/// line, held against the decision, and the lines below it are held against the sample's own choice.
/// Cost: one comparison (see [`select`]) of 5,000 customers an assumption, a dozen in all.
pub fn sensitivity(
    transactions: &Transactions,
    table: &CustomerTable,
    matrix: &Matrix,
    selection: &Selection,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<DataFrame, Error> {
    let published = Decision { ids: matrix.ids(), chosen: selection.chosen() };
    let mut lines = vec![published.line("decision", "as published", matrix.ids(), selection.chosen())];
    lines.extend(published.neighbours(selection));
    let params = &comparable(selection, params);
    let (ids, sampled) = compared(&trial("sample", "", table, MatrixParams::default()), params, progress)?;
    let standard = Decision { ids: &ids, chosen: sampled.chosen() };
    if ids.len() < table.len() {
        let setting = format!("{} customers only; the lines below compare with this one", ids.len());
        lines.push(published.line("sample", &setting, &ids, sampled.chosen()));
    }
    for trial in trials(transactions, table)? {
        lines.push(standard.repeated(&trial, params, progress)?);
    }
    for seed in [7, 2026] {
        let reseeded = SelectionParams { seed, ..params.clone() };
        let again = trial("seed", &seed.to_string(), table, MatrixParams::default());
        lines.push(standard.repeated(&again, &reseeded, progress)?);
    }
    Ok(frame(&lines).map_err(FeaturesError::from)?)
}

/// The comparison under a trial's assumption, of an even sample where there are many customers.
fn compared(
    trial: &Trial,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<(Vec<String>, Selection), Error> {
    let matrix = Matrix::build(&trial.table, &trial.matrix)?;
    let rows: Vec<usize> = (0..matrix.ids().len()).step_by(matrix.ids().len().div_ceil(MOST)).collect();
    let ids = rows.iter().map(|&row| matrix.ids()[row].clone()).collect();
    Ok((ids, select(&matrix.values().select(Axis(0), &rows), params, progress)?))
}

/// Parameters under which a sample compares the same algorithms: what was left out of the comparison of
/// all customers for its memory is left out here.
fn comparable(selection: &Selection, params: &SelectionParams) -> SelectionParams {
    let all = selection.candidates.iter().all(|candidate| candidate.k > 0);
    SelectionParams { memory_limit_bytes: if all { params.memory_limit_bytes } else { 0 }, ..params.clone() }
}

/// Everything but the default of each kind, and two things besides: fewer data, other features.
fn trials(transactions: &Transactions, table: &CustomerTable) -> Result<Vec<Trial>, Error> {
    let mut trials = Vec::new();
    for days in [30, 90] {
        let cut = transactions.last().date() - chrono::Days::new(days);
        trials.extend(cut_off(transactions, cut, days)?);
    }
    let reference = CustomerTable::compute(transactions, Some(later(table.reference(), 30)))?;
    trials.push(trial("reference date", "30 days later", &reference, MatrixParams::default()));
    trials.extend(outlier_policies(table)?.into_iter().skip(1));
    trials.extend(scaling_choices(table).into_iter().skip(1).take(2));
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
    let setting = format!("data of the last {days} days left out");
    match table {
        Ok(table) => Ok(Some(trial("cut-off date", &setting, &table, MatrixParams::default()))),
        Err(FeaturesError::NoCustomers) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Decision<'_> {
    fn line(&self, assumption: &'static str, setting: &str, ids: &[String], found: &Clustering) -> Line {
        Line {
            assumption,
            setting: setting.to_owned(),
            customers: ids.len() as u64,
            chosen: format!("{}, k = {}", found.algorithm.name(), found.k),
            silhouette: found.silhouette.mean,
            smallest_share: smallest_share(&found.labels),
            agreement: agreement(self.ids, &self.chosen.labels, ids, &found.labels),
        }
    }

    fn repeated(&self, trial: &Trial, params: &SelectionParams, progress: &Progress) -> Result<Line, Error> {
        let (ids, selection) = compared(trial, params, progress)?;
        Ok(self.line(trial.assumption, &trial.setting, &ids, selection.chosen()))
    }

    /// The decision's neighbours among the clusterings already compared: one segment less or more, the
    /// other algorithm.
    fn neighbours(&self, selection: &Selection) -> Vec<Line> {
        let (algorithm, k) = (self.chosen.algorithm, self.chosen.k);
        let other = if algorithm == Algorithm::KMeans { Algorithm::Ward } else { Algorithm::KMeans };
        let near = [("k", algorithm, k - 1), ("k", algorithm, k + 1), ("algorithm", other, k)];
        let found = near.into_iter().filter_map(|(assumption, algorithm, k)| {
            let c = selection.clusterings.iter().find(|c| c.algorithm == algorithm && c.k == k)?;
            let setting = format!("{} with k = {k} imposed", algorithm.name());
            Some(self.line(assumption, &setting, self.ids, c))
        });
        found.collect()
    }
}

fn frame(lines: &[Line]) -> PolarsResult<DataFrame> {
    df!(
        "assumption" => lines.iter().map(|l| l.assumption).collect::<Vec<_>>(),
        "setting" => lines.iter().map(|l| l.setting.as_str()).collect::<Vec<_>>(),
        "customers" => lines.iter().map(|l| l.customers).collect::<Vec<_>>(),
        "rule_chooses" => lines.iter().map(|l| l.chosen.as_str()).collect::<Vec<_>>(),
        "silhouette" => lines.iter().map(|l| l.silhouette).collect::<Vec<_>>(),
        "smallest_share" => lines.iter().map(|l| l.smallest_share).collect::<Vec<_>>(),
        "agreement" => lines.iter().map(|l| l.agreement).collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::{shop, texts};
    use super::*;

    #[test]
    fn every_kind_of_assumption_is_tried_and_the_decision_agrees_with_itself() {
        let transactions = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
        let params = SelectionParams { k: 2..=4, ..SelectionParams::default() };
        let selection = select(matrix.values(), &params, &Progress::silent()).expect("a choice");
        let frame = sensitivity(&transactions, &table, &matrix, &selection, &params, &Progress::silent())
            .expect("compared");
        let tried = texts(&frame, "assumption");
        for kind in
            ["cut-off date", "reference date", "outliers", "scaling", "features", "seed", "k", "algorithm"]
        {
            assert!(tried.iter().any(|name| name == kind), "{kind} is missing of {tried:?}");
        }
        let agreement = frame.column("agreement").expect("there").f64().expect("numbers").get(0);
        assert_eq!(agreement, Some(1.0));
    }
}
