//! Customers segmented as they stood on an earlier day, and where they went.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::*;

use crate::Error;
use crate::engine::hierarchical::{HierarchicalParams, dendrogram};
use crate::engine::kmeans::KMeansParams;
use crate::engine::labels::canonical;
use crate::engine::silhouette::silhouettes;
use crate::features::CustomerTable;
use crate::matrix::{Matrix, MatrixParams};
use crate::profile::{Profiles, profile};
use crate::progress::Progress;
use crate::selection::{Clustering, SelectionParams};
use crate::transactions::{ReferenceDate, Transactions};

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

/// Transactions before a day.
pub(super) fn before(transactions: &Transactions, day: NaiveDate) -> LazyFrame {
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
    let profiles = profile(&table, &matrix, &labels, &coefficients.per_point, None)?;
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
            KMeansParams::new(chosen.k).seed(params.seed).starts(params.starts).fit(points, progress)?.labels
        }
        Some(linkage) => {
            let limits =
                HierarchicalParams { memory_limit_bytes: params.memory_limit_bytes, ..Default::default() };
            dendrogram(points, linkage, &limits, progress)?.cut(chosen.k)
        }
    };
    Ok(canonical(points, &labels))
}

/// How many customers went from which segment to which.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// The segments of the earlier day, then `not yet a customer`.
    pub from: Vec<String>,
    /// The segments of the later day.
    pub to: Vec<String>,
    /// `customers[from][to]`.
    pub customers: Vec<Vec<u64>>,
}

impl Movement {
    /// Share of the customers of both days whose segment has the same name on both.
    pub fn stayed(&self) -> f64 {
        let known = self.customers.iter().zip(&self.from).take(self.from.len() - 1);
        let (mut same, mut all) = (0, 0);
        for (row, from) in known {
            all += row.iter().sum::<u64>();
            same += row.iter().zip(&self.to).filter(|(_, to)| *to == from).map(|(n, _)| n).sum::<u64>();
        }
        if all == 0 { 0.0 } else { same as f64 / all as f64 }
    }
}

impl Movement {
    /// The first segment's name, and the share of its customers who carry it still; nothing where no
    /// segment carries it now.
    pub fn top_that_stayed(&self) -> Option<(&str, f64)> {
        let (row, name) = (self.customers.first()?, self.from.first()?);
        let column = self.to.iter().position(|to| to == name)?;
        Some((name, row[column] as f64 / row.iter().sum::<u64>().max(1) as f64))
    }

    /// Without rows of nobody.
    pub fn of_somebody(&self) -> Self {
        let rows = self.from.iter().zip(&self.customers).filter(|(_, row)| row.iter().any(|&n| n > 0));
        let (from, customers) = rows.map(|(name, row)| (name.clone(), row.clone())).unzip();
        Self { from, to: self.to.clone(), customers }
    }
}

/// From an earlier day to the segments of now, whose customers are `ids`. Cost: n log n.
pub fn movement(earlier: &Replay, ids: &[String], now: &Profiles) -> Movement {
    let was: BTreeMap<&str, usize> = earlier
        .ids
        .iter()
        .map(String::as_str)
        .zip(earlier.profiles.segment_ids.iter().map(|&id| usize::from(id) - 1))
        .collect();
    let newcomers = earlier.profiles.segments.len();
    let mut customers = vec![vec![0; now.segments.len()]; newcomers + 1];
    for (id, &segment) in ids.iter().zip(&now.segment_ids) {
        let from = was.get(id.as_str()).copied().unwrap_or(newcomers);
        customers[from][usize::from(segment) - 1] += 1;
    }
    let names = |profiles: &Profiles| profiles.segments.iter().map(|s| s.name.en.clone()).collect::<Vec<_>>();
    let mut from = names(&earlier.profiles);
    from.push("not yet a customer".to_owned());
    Movement { from, to: names(now), customers }
}

#[cfg(test)]
mod tests {
    use super::super::sample::shop;
    use super::*;
    use crate::selection::{Algorithm, select};

    #[test]
    fn everybody_of_the_later_day_comes_from_somewhere() {
        let (_folder, transactions) = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
        for algorithm in [Algorithm::KMeans, Algorithm::Ward] {
            let params =
                SelectionParams { k: 3..=3, algorithm: Some(algorithm), ..SelectionParams::default() };
            let selection = select(matrix.values(), &params, &Progress::silent()).expect("a choice");
            let chosen = selection.chosen();
            let now = profile(&table, &matrix, &chosen.labels, &chosen.silhouette.per_point, None)
                .expect("profiles");
            let day = "2013-08-01".parse().expect("a day");
            let earlier = replay(&transactions, day, chosen, &params, &Progress::silent()).expect("segments");
            assert!(earlier.ids.len() <= matrix.ids().len());
            let found = movement(&earlier, matrix.ids(), &now);
            assert_eq!(found.customers.iter().flatten().sum::<u64>(), matrix.ids().len() as u64);
            let newcomers = found.customers.last().expect("the last row").iter().sum::<u64>() as usize;
            assert_eq!(newcomers, matrix.ids().len() - earlier.ids.len());
        }
    }

    #[test]
    fn nobody_before_the_first_purchase_is_an_error() {
        let (_folder, transactions) = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
        let params = SelectionParams { k: 3..=3, ..SelectionParams::default() };
        let selection = select(matrix.values(), &params, &Progress::silent()).expect("a choice");
        let day = "2001-01-01".parse().expect("a day");
        let error = replay(&transactions, day, selection.chosen(), &params, &Progress::silent());
        assert!(error.is_err_and(|e| e.to_string().contains("no customer is left")));
    }

    #[test]
    fn staying_counts_customers_of_both_days_by_name() {
        let names = |n: &[&str]| n.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        let found = Movement {
            from: names(&["A", "B", "not yet a customer"]),
            to: names(&["B", "A"]),
            customers: vec![vec![1, 3], vec![4, 0], vec![9, 9]],
        };
        assert_eq!(found.stayed(), 7.0 / 8.0);
        assert_eq!(found.top_that_stayed(), Some(("A", 0.75)));
        let nobody_new = Movement { customers: vec![vec![1, 3], vec![4, 0], vec![0, 0]], ..found };
        assert_eq!(nobody_new.of_somebody().from, ["A", "B"]);
    }
}
