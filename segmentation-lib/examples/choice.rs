//! What the number of segments rests on, for k-means with 3 to 8 of them: sizes, whether they come back, what
//! they foretell of the last 90 days.
//! `cargo run --release --example choice -- data/cdnow/CDNOW_master.txt`

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use chrono::{Days, NaiveDate, NaiveTime};
use ndarray::{Array2, ArrayView2};
use polars::prelude::*;
use segmentation_lib::engine::foresight::{CeilingParams, Outcome, ceiling, foresight};
use segmentation_lib::engine::kmeans::{KMeans, KMeansParams, sweep};
use segmentation_lib::engine::labels::canonical;
use segmentation_lib::engine::partition::Method;
use segmentation_lib::engine::stability::{RefitParams, StabilityParams, refits_of, stability_of};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::{Matrix, MatrixParams, Transform};
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{self, ReadOptions, ReferenceDate, Transactions};

/// Days that are foretold.
const DAYS: u64 = 90;

/// Starts of k-means for all customers, and for a resample of them.
const STARTS: (usize, usize) = (100, 30);

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: choice FILE")?;
    let progress = Progress::silent();
    let transactions = transactions::read(&[file.into()], &ReadOptions::default(), &progress)?;
    let now = matrix(&CustomerTable::compute(&transactions, None)?)?;
    let cut_off = transactions.last().date() + Days::new(1) - Days::new(DAYS);
    let then = CustomerTable::from_frame(
        transactions.frame().filter(is_later(cut_off).not()),
        ReferenceDate::Day(cut_off),
        transactions.columns(),
    )?;
    let outcome = outcome(&transactions, &then, cut_off)?.ok_or("nobody's later revenue differs")?;
    let then = matrix(&then)?;
    let ceiling = ceiling(then.view(), &outcome, &CeilingParams::default(), &progress)?;
    println!("{} customers, {} of them before {cut_off}; {ceiling:?}", now.nrows(), then.nrows());
    for (of_now, of_then) in fits(now.view())?.iter().zip(&fits(then.view())?) {
        let r_squared = foresight(&of_then.labels, &outcome)?.r_squared;
        let kept = r_squared / ceiling.r_squared();
        println!("{}; R² {r_squared:.4}, {:.1} % of the ceiling", held(now.view(), of_now)?, 100.0 * kept);
    }
    Ok(())
}

/// Recency as it is, frequency and money as logarithms; all clipped and standardised.
fn matrix(table: &CustomerTable) -> Result<Array2<f64>, Box<dyn Error>> {
    let as_they_are = MatrixParams { transform: Transform::None, ..MatrixParams::default() };
    let mut values = Matrix::build(table, &MatrixParams::default())?.values().clone();
    values.column_mut(0).assign(&Matrix::build(table, &as_they_are)?.values().column(0));
    Ok(values)
}

fn is_later(cut_off: NaiveDate) -> Expr {
    col("purchased_at").gt_eq(lit(cut_off.and_time(NaiveTime::MIN)))
}

/// What the customers of `then` spent from the cut-off on.
fn outcome(
    transactions: &Transactions,
    then: &CustomerTable,
    cut_off: NaiveDate,
) -> Result<Option<Outcome>, FeaturesError> {
    let later = transactions.frame().filter(is_later(cut_off)).group_by([col("customer_id")]);
    let later = later.agg([col("amount_pennies").sum()]).collect()?;
    let ids = later.column("customer_id")?.str()?.no_null_iter();
    let pennies: BTreeMap<&str, i64> =
        ids.zip(later.column("amount_pennies")?.i64()?.no_null_iter()).collect();
    let of = |id: &String| pennies.get(id.as_str()).copied().unwrap_or(0);
    Ok(Outcome::of_pennies(&then.ids()?.iter().map(of).collect::<Vec<_>>()))
}

fn fits(points: ArrayView2<'_, f64>) -> Result<Vec<KMeans>, Box<dyn Error>> {
    let params = KMeansParams { starts: STARTS.0, ..KMeansParams::default() };
    Ok(sweep(points, 3..=8, &params, &Progress::silent())?)
}

/// Shares, whether each segment comes back in bootstraps, whether all do without a hundredth of the rows.
fn held(points: ArrayView2<'_, f64>, fitted: &KMeans) -> Result<String, Box<dyn Error>> {
    let (begun, k) = (Instant::now(), fitted.counts.len());
    let labels = [canonical(points, &fitted.labels)];
    let method = |starts| Method::KMeans { starts, seed: 42 };
    let (resamples, missing) = (StabilityParams::default(), RefitParams::default());
    let silent = Progress::silent();
    let stability = stability_of(points, k..=k, &labels, &method(STARTS.1), &resamples, &silent)?.remove(0);
    let refits = refits_of(points, k..=k, &labels, &method(STARTS.0), &missing, &silent)?.remove(0);
    let list = |values: &[f64]| values.iter().map(|v| format!("{v:.2}")).collect::<Vec<_>>().join(" ");
    let mut shares: Vec<f64> = fitted.counts.iter().map(|&n| n as f64 / points.nrows() as f64).collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    Ok(format!(
        "k {k}: shares {}; Jaccard {}; adjusted Rand index without 1 % of the customers {:.4}, at worst {:.4}; {:.2} s",
        list(&shares),
        list(&stability.jaccard),
        refits.mean(),
        refits.worst(),
        begun.elapsed().as_secs_f64()
    ))
}
