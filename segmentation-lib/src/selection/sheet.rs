//! The k decision sheet: every method's vote, and where they disagree.

mod evidence;
mod summary;
mod votes;

use ndarray::Array2;

use self::evidence::Evidence;
use super::{Algorithm, Clustering, Selection, SelectionError, SelectionParams, comparison};
use crate::engine::EngineError;
use crate::engine::control::Control;
use crate::engine::labels;
use crate::engine::partition::Method;
use crate::progress::Progress;
use crate::record::{AlgorithmRow, DecisionSheet, HopkinsStatistic, NegativeControl, SheetRow};

/// How much work the costly methods may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationParams {
    /// Customers that gap, stability and negative control are computed on, 10 or more: a random sample
    /// without replacement where there are more.
    pub max_rows: usize,
    /// Reference sets of the gap statistic, 2 or more.
    pub references: usize,
    /// Bootstrap resamples of the stability, 1 or more.
    pub resamples: usize,
    /// Shuffled matrices of the negative control, 1 or more.
    pub permutations: usize,
    /// Seed of sample, reference sets, resamples, permutations and Hopkins' statistic.
    pub seed: u64,
}

impl Default for ValidationParams {
    /// 10,000 customers, 50 reference sets, 100 resamples, 19 permutations, seed 42.
    fn default() -> Self {
        Self { max_rows: 10_000, references: 50, resamples: 100, permutations: 19, seed: 42 }
    }
}

impl ValidationParams {
    fn check(&self) -> Result<(), EngineError> {
        if self.max_rows < 10 {
            let (name, value) = ("customers sampled for the validation", self.max_rows as f64);
            return Err(EngineError::Parameter { name, value, allowed: "10 or more" });
        }
        Ok(())
    }
}

/// Asks every method for its number of segments, for the chosen algorithm, and checks that there is
/// something to find.
///
/// | vote | decides on | customers |
/// |---|---|---|
/// | silhouette, every algorithm | highest mean silhouette of any algorithm | all |
/// | silhouette | highest mean silhouette | all |
/// | calinski-harabasz | highest index | all |
/// | davies-bouldin | lowest index | all |
/// | gap | smallest k within one standard error of the next | sample |
/// | knee | bend of the inertia, k = 1 included | all |
/// | stability | largest k whose every segment has a mean Jaccard similarity of 0.75 or more | sample |
///
/// Each votes twice: freely, and among the k that marketing can use (`min_k`, `min_share`). The sheet
/// changes no choice: the rule of [`select`](super::select) stays what it is, and the summary says how far the
/// votes bear it out. Beside the votes stands every algorithm's stability with the chosen k: two algorithms
/// with like silhouettes can differ much in it. Hopkins' statistic and the negative control tell whether any k makes sense.
///
/// Cost: about (references + 0.63 resamples + permutations) clusterings of `max_rows` customers for all k,
/// and 0.63 resamples by each other algorithm for one. Average, complete and single linkage are repeated on
/// 2,000 customers at most, because each time takes every pair's distance. The sample is said in the sheet.
///
/// # Errors
/// Parameters out of range, all sampled customers alike, cancellation.
pub fn decision_sheet(
    points: &Array2<f64>,
    selection: &Selection,
    params: &SelectionParams,
    validation: &ValidationParams,
    progress: &Progress,
) -> Result<DecisionSheet, SelectionError> {
    validation.check()?;
    let chosen = selection.chosen();
    let last = of_algorithm(selection).map(|(c, _)| c.k).max().unwrap_or(chosen.k);
    let evidence = Evidence::gather(points.view(), selection, last, params, validation, progress)?;
    let by_k = rows_by_k(points, selection, &evidence);
    let votes = votes::votes(selection, &by_k, &evidence);
    let mut sheet = DecisionSheet {
        algorithm: chosen.algorithm,
        chosen_k: chosen.k,
        summary: summary::empty(),
        control: evidence.control.as_ref().map(negative_control),
        hopkins: HopkinsStatistic {
            statistic: evidence.hopkins.statistic,
            sample: evidence.hopkins.sample as u64,
            coincident: evidence.hopkins.coincident as u64,
        },
        customers: points.nrows() as u64,
        sampled: evidence.sampled as u64,
        references: validation.references as u64,
        resamples: validation.resamples as u64,
        seed: validation.seed,
        by_algorithm: rows_by_algorithm(selection, &evidence),
        votes,
        by_k,
    };
    sheet.summary = summary::summary(&sheet, params);
    Ok(sheet)
}

/// The chosen algorithm as the selection ran it.
fn method(algorithm: Algorithm, params: &SelectionParams) -> Method {
    match algorithm.linkage() {
        None => Method::KMeans { starts: params.starts, seed: params.seed },
        Some(linkage) => Method::Hierarchical { linkage, memory_limit_bytes: params.memory_limit_bytes },
    }
}

/// The chosen algorithm's clusterings, ascending by k, with whether the rule may take them.
fn of_algorithm(selection: &Selection) -> impl Iterator<Item = (&Clustering, bool)> {
    let algorithm = selection.chosen().algorithm;
    let with_candidate = selection.clusterings.iter().zip(&selection.candidates);
    with_candidate.filter(move |(c, _)| c.algorithm == algorithm).map(|(c, row)| (c, row.eligible))
}

/// Every algorithm's clustering into `k`, with whether the rule may take it.
fn of_k(selection: &Selection, k: usize) -> impl Iterator<Item = (&Clustering, bool)> {
    let with_candidate = selection.clusterings.iter().zip(&selection.candidates);
    with_candidate.filter(move |(c, _)| c.k == k).map(|(c, row)| (c, row.eligible))
}

fn rows_by_algorithm(selection: &Selection, evidence: &Evidence) -> Vec<AlgorithmRow> {
    let pairs = of_k(selection, selection.chosen().k).zip(&evidence.by_algorithm);
    pairs
        .map(|((clustering, allowed), (algorithm, stability, customers))| AlgorithmRow {
            algorithm: *algorithm,
            allowed,
            silhouette: clustering.silhouette.mean,
            jaccard: stability.jaccard.clone(),
            stability: stability.lowest(),
            customers: *customers as u64,
        })
        .collect()
}

fn negative_control(control: &Control) -> NegativeControl {
    NegativeControl {
        silhouette: control.silhouette,
        shuffled_mean: control.shuffled_mean(),
        shuffled_best: control.shuffled_best(),
        permutations: control.shuffled.len() as u64,
        p_value: control.p_value(),
        clearly_worse: control.clearly_worse(),
    }
}

/// From k = 1 to one more than was compared.
fn rows_by_k(points: &Array2<f64>, selection: &Selection, evidence: &Evidence) -> Vec<SheetRow> {
    let mut rows: Vec<SheetRow> = of_algorithm(selection).map(|(c, allowed)| compared(c, allowed)).collect();
    for at in &evidence.gap.curve {
        if rows.iter().all(|row| row.k != at.k) {
            rows.push(uncompared(at.k));
        }
    }
    rows.sort_by_key(|row| row.k);
    // A curve from k = 1 has no hole only where k = 2 was compared.
    if rows.get(1).is_some_and(|second| second.k == 2 && second.inertia.is_some()) {
        rows[0].inertia = Some(labels::inertia(points.view(), &vec![0; points.nrows()]));
    }
    for row in &mut rows {
        if let Some(at) = evidence.gap.curve.iter().find(|at| at.k == row.k) {
            (row.gap, row.gap_error) = (Some(at.gap), Some(at.error));
        }
        if let Some(found) = evidence.stability.iter().find(|s| s.k == row.k) {
            row.jaccard.clone_from(&found.jaccard);
            row.stability = Some(found.lowest());
        }
    }
    rows
}

fn compared(c: &Clustering, allowed: bool) -> SheetRow {
    SheetRow {
        allowed,
        silhouette: Some(c.silhouette.mean),
        smallest_share: Some(comparison::smallest_share(c)),
        calinski_harabasz: c.indices.map(|i| i.calinski_harabasz),
        davies_bouldin: c.indices.map(|i| i.davies_bouldin),
        inertia: Some(c.inertia),
        ..uncompared(c.k)
    }
}

fn uncompared(k: usize) -> SheetRow {
    SheetRow {
        k,
        allowed: false,
        silhouette: None,
        smallest_share: None,
        calinski_harabasz: None,
        davies_bouldin: None,
        inertia: None,
        gap: None,
        gap_error: None,
        jaccard: Vec::new(),
        stability: None,
    }
}

#[cfg(test)]
mod tests;
