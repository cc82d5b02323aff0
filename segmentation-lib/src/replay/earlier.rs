//! Customers segmented as they stood on an earlier day.

use chrono::NaiveDate;
use polars::prelude::*;

use crate::Error;
use crate::engine::silhouette::EXACT_UP_TO;
use crate::features::CustomerTable;
use crate::matrix::Matrix;
use crate::model;
use crate::profile::{Profiles, applied};
use crate::progress::Progress;
use crate::record::{FeatureScaling, Segment};
use crate::transactions::{Parts, ReferenceDate, Transactions};

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

/// Seed of the customers that others are compared with where they are many.
const SEED: u64 = 42;

/// Transactions before a day: what was known when it began.
pub fn before(transactions: &Transactions, day: NaiveDate) -> Parts {
    let earlier = col("purchased_at").lt(lit(day.and_time(chrono::NaiveTime::MIN)));
    transactions.parts().clone().filter(&earlier)
}

/// The customers as they stood on `day`, placed among the `segments` of now: the borders are frozen, so that
/// whoever is elsewhere today has moved, and nothing else has. Cost: as a placement and its silhouettes.
///
/// # Errors
/// Nobody had purchased before that day, or a feature is not in the data.
pub fn replay(
    transactions: &Transactions,
    day: NaiveDate,
    scalings: &[FeatureScaling],
    segments: &[Segment],
    progress: &Progress,
) -> Result<Replay, Error> {
    let reference = ReferenceDate::Day(day);
    let table = CustomerTable::from_frame(before(transactions, day), reference, transactions.columns())?;
    let matrix = Matrix::scaled(&table, scalings)?;
    let labels = model::place(matrix.values(), &model::centroids(segments));
    let coefficients = model::coefficients(matrix.values(), &labels, (EXACT_UP_TO, SEED), progress)?;
    let profiles = applied(&table, &matrix, &labels, &coefficients, segments)?;
    Ok(Replay { day, ids: matrix.ids().to_vec(), profiles })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{run, shop};
    use super::*;

    #[test]
    fn nobody_before_the_first_purchase_is_an_error() {
        let run = run();
        let day = "2001-01-01".parse().expect("a day");
        let segments = &run.snapshot.segments;
        let error = replay(&shop(), day, run.matrix.scalings(), segments, &Progress::silent());
        assert!(error.is_err_and(|e| e.to_string().contains("no customer is left")));
    }

    #[test]
    fn on_the_reference_date_everybody_is_where_the_run_put_them() {
        let run = run();
        let ReferenceDate::Day(day) = run.customers.reference() else { panic!("a day by default") };
        let segments = &run.snapshot.segments;
        let replayed = replay(&shop(), day, run.matrix.scalings(), segments, &Progress::silent());
        let replayed = replayed.expect("placed");
        assert_eq!(replayed.ids, run.matrix.ids());
        assert_eq!(replayed.profiles.segment_ids, run.profiles.segment_ids);
    }
}
