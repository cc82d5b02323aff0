//! Customers segmented as they stood on an earlier day.

use chrono::NaiveDate;
use polars::prelude::*;

use crate::Error;
use crate::engine::hierarchical::{HierarchicalParams, dendrogram};
use crate::engine::kmeans::{self, KMeansParams};
use crate::engine::labels::canonical;
use crate::engine::silhouette::silhouettes;
use crate::features::CustomerTable;
use crate::matrix::{Matrix, MatrixParams};
use crate::profile::{NamingParams, Profiles, profile};
use crate::progress::Progress;
use crate::selection::{Clustering, SelectionParams};
use crate::transactions::{ReferenceDate, Transactions};
use crate::vocabulary::Vocabulary;

/// The segments of an earlier day.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Only what was purchased before this day counts; recency is counted to it.
    pub day: NaiveDate,
    /// The customers of that day, ascending.
    pub ids: Vec<String>,
    /// Their segments.
    pub profiles: Profiles,
}

/// Transactions before a day: what was known when it began.
pub fn before(transactions: &Transactions, day: NaiveDate) -> LazyFrame {
    transactions.frame().filter(col("purchased_at").lt(lit(day.and_time(chrono::NaiveTime::MIN))))
}

/// Segments the customers as they stood on `day`, with the algorithm and k of `chosen`: what a run on
/// that day would have said. Cost: as a clustering and its silhouettes.
///
/// # Errors
/// Nobody had purchased before that day, or too few different customers for k segments.
pub fn replay(
    transactions: &Transactions,
    day: NaiveDate,
    chosen: &Clustering,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Replay, Error> {
    let reference = ReferenceDate::Day(day);
    let table = CustomerTable::from_frame(before(transactions, day), reference, transactions.columns())?;
    let matrix = Matrix::build(&table, &MatrixParams::default())?;
    let labels = fit(&matrix, chosen, params, progress)?;
    let coefficients = silhouettes(matrix.values().view(), &[&labels], progress)?.remove(0);
    let vocabulary = Vocabulary::bundled();
    let naming = NamingParams::afresh(&table, &vocabulary);
    let profiles = profile(&table, &matrix, &labels, &coefficients.per_point, &naming)?;
    Ok(Replay { day, ids: matrix.ids().to_vec(), profiles })
}

fn fit(
    matrix: &Matrix,
    chosen: &Clustering,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Vec<u32>, Error> {
    let points = matrix.values().view();
    let labels = match chosen.algorithm.linkage() {
        None => {
            let params = KMeansParams { seed: params.seed, starts: params.starts, ..KMeansParams::default() };
            kmeans::fit(points, chosen.k, &params, progress)?.labels
        }
        Some(linkage) => {
            let limits = HierarchicalParams { memory_limit_bytes: params.memory_limit_bytes };
            dendrogram(points, linkage, &limits, progress)?.cut(chosen.k)
        }
    };
    Ok(canonical(points, &labels))
}

#[cfg(test)]
mod tests {
    use super::super::sample::shop;
    use super::*;
    use crate::selection::select;

    #[test]
    fn nobody_before_the_first_purchase_is_an_error() {
        let transactions = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
        let params = SelectionParams { k: 3..=3, ..SelectionParams::default() };
        let selection = select(matrix.values(), &params, &Progress::silent()).expect("a choice");
        let day = "2001-01-01".parse().expect("a day");
        let error = replay(&transactions, day, selection.chosen(), &params, &Progress::silent());
        assert!(error.is_err_and(|e| e.to_string().contains("no customer is left")));
    }
}
