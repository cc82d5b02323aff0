//! The k decision sheet: every method's vote, and where they disagree.

mod evidence;
mod summary;
mod votes;

use ndarray::Array2;

use self::evidence::Evidence;
use super::{Clustering, Selection, SelectionError, SelectionParams};
use crate::engine::EngineError;
use crate::engine::control::Control;
use crate::engine::labels;
use crate::progress::Progress;
use crate::record::{
    AlgorithmRow, Candidate, DecisionSheet, HopkinsStatistic, NegativeControl, Recovery, SheetRow,
};

/// How much work the costly methods may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationParams {
    /// Customers that gap and negative control are computed on, 10 or more: a random sample without replacement
    /// where there are more.
    pub max_rows: usize,
    /// Reference sets of the gap statistic, 2 or more.
    pub references: usize,
    /// Shuffled matrices of the negative control, 1 or more.
    pub permutations: usize,
    /// Seed of sample, reference sets, permutations and Hopkins' statistic.
    pub seed: u64,
}

impl Default for ValidationParams {
    /// 10,000 customers, 50 reference sets, 19 permutations, seed 42.
    fn default() -> Self {
        Self { max_rows: 10_000, references: 50, permutations: 19, seed: 42 }
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
/// | foresight | smallest k that keeps 92 % of the best R² | of the look-back |
/// | silhouette, every algorithm | highest mean silhouette of any algorithm | all |
/// | silhouette | highest mean silhouette | all |
/// | calinski-harabasz | highest index | all |
/// | davies-bouldin | lowest index | all |
/// | gap | smallest k within one standard error of the next | sample |
/// | knee | bend of the inertia, k = 1 included | all |
/// | stability | largest k whose every segment has a mean Jaccard similarity of 0.75 or more | as the choice |
///
/// Each votes twice: freely, and among the k that marketing can use (shares of the segments). The sheet
/// changes no choice: it says how far the votes bear it out. Beside the votes stands every algorithm's stability
/// with the chosen k. What was resampled for the choice stands in the sheet; [`SelectionParams::try_all`] has every
/// k resampled. Hopkins' statistic and the negative control tell whether any k makes sense.
///
/// Cost: about (references + permutations) clusterings of `max_rows` customers for all k. Average, complete and
/// single linkage are repeated on 2,000 customers at most, because each time takes every pair's distance. The
/// sample is said in the sheet.
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
    let votes = votes::votes(selection, &by_k, &evidence, points.nrows());
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
        resamples: params.resamples as u64,
        seed: validation.seed,
        by_algorithm: rows_by_algorithm(selection),
        votes,
        by_k,
    };
    sheet.summary = summary::summary(&sheet, params);
    Ok(sheet)
}

/// The chosen algorithm's clusterings, ascending by k, with their rows of the comparison.
fn of_algorithm(selection: &Selection) -> impl Iterator<Item = (&Clustering, &Candidate)> {
    let algorithm = selection.chosen().algorithm;
    selection.clusterings.iter().zip(&selection.candidates).filter(move |(c, _)| c.algorithm == algorithm)
}

/// Every algorithm with the chosen k, where it was resampled.
fn rows_by_algorithm(selection: &Selection) -> Vec<AlgorithmRow> {
    let k = selection.chosen().k;
    let row = |candidate: &Candidate| {
        let recovery = candidate.recovery.as_ref()?;
        Some(AlgorithmRow {
            algorithm: candidate.algorithm,
            allowed: candidate.eligible,
            silhouette: candidate.silhouette?,
            stability: recovery.weakest()?,
            jaccard: recovery.jaccard.clone(),
            customers: recovery.customers,
        })
    };
    selection.candidates.iter().filter(|candidate| candidate.k == k).filter_map(row).collect()
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
    let mut rows: Vec<SheetRow> = of_algorithm(selection).map(|(c, row)| compared(c, row)).collect();
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
    }
    rows
}

fn compared(c: &Clustering, candidate: &Candidate) -> SheetRow {
    let recovery = candidate.recovery.as_ref();
    SheetRow {
        allowed: candidate.eligible,
        silhouette: candidate.silhouette,
        smallest_share: candidate.smallest_share,
        calinski_harabasz: candidate.calinski_harabasz,
        davies_bouldin: candidate.davies_bouldin,
        inertia: candidate.inertia,
        r_squared: candidate.r_squared,
        refits: recovery.map(|r| r.refits_mean),
        jaccard: recovery.map_or(Vec::new(), |r| r.jaccard.clone()),
        stability: recovery.and_then(Recovery::weakest),
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
        r_squared: None,
        refits: None,
        jaccard: Vec::new(),
        stability: None,
    }
}

#[cfg(test)]
mod tests;
