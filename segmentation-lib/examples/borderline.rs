//! Whom a refit places elsewhere: for each of the last months the customers as they stood when it began, placed by the
//! model fitted to them and by the one fitted a month later, and which of the marks of an uncertain place foretold it.
//! `cargo run --release --example borderline -- data/online-retail/online-retail.parquet 6`

use std::error::Error;

use chrono::{Days, NaiveDate};
use ndarray::{Array1, Array2, Axis};
use segmentation_lib::engine::agreement::most_alike;
use segmentation_lib::features::CustomerTable;
use segmentation_lib::look_back::LookBack;
use segmentation_lib::matrix::{Matrix, MatrixParams};
use segmentation_lib::model::{coefficients, place};
use segmentation_lib::nearest_segments::{BORDERLINE_SILHOUETTE, SegmentDistance, is_close};
use segmentation_lib::progress::Progress;
use segmentation_lib::replay::before;
use segmentation_lib::selection::{Selection, SelectionParams, select};
use segmentation_lib::transactions::{self, ReadOptions, ReferenceDate, Transactions};

/// Co-assignments below these are tried as a mark.
const THRESHOLDS: [f64; 4] = [0.5, 0.75, 0.9, 1.0];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: borderline FILE [MONTHS]")?;
    let months: u64 = arguments.next().map_or(Ok(6), |text| text.parse())?;
    let transactions = transactions::read(&[file.into()], &ReadOptions::default(), &Progress::silent())?;
    let mut seen = Vec::new();
    for month in 1..=months {
        let start = transactions.last().date() - Days::new(30 * month);
        seen.extend(marked(&transactions, start, start + Days::new(30))?);
    }
    let marked = |name: &str, mark: &dyn Fn(&Seen) -> bool| tell(name, &seen, mark);
    marked("all", &|_| true);
    marked("silhouette or distance", &|seen| seen.unsure);
    for least in THRESHOLDS {
        marked(&format!("co-assignment under {least}"), &|seen| seen.share < least);
        marked("  of them without the others' mark", &|seen| seen.share < least && !seen.unsure);
    }
    marked("neither, at 0.75", &|seen| seen.share >= 0.75 && !seen.unsure);
    Ok(())
}

/// A customer on one day.
struct Seen {
    /// Marked by silhouette or distance.
    unsure: bool,
    /// Co-assignment.
    share: f64,
    /// Placed elsewhere by the model of a month later, as the customer stood.
    elsewhere: bool,
}

fn tell(name: &str, seen: &[Seen], mark: &dyn Fn(&Seen) -> bool) {
    let (marked, elsewhere) = seen
        .iter()
        .filter(|seen| mark(seen))
        .fold((0, 0), |(marked, elsewhere), seen| (marked + 1, elsewhere + usize::from(seen.elsewhere)));
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    println!(
        "{name}: {marked} ({:.1} %), of whom a refit places {elsewhere} elsewhere ({:.1} %)",
        percent(marked, seen.len()),
        percent(elsewhere, marked)
    );
}

fn marked(
    transactions: &Transactions,
    day: NaiveDate,
    later: NaiveDate,
) -> Result<Vec<Seen>, Box<dyn Error>> {
    let (table, of_day) = (stood(transactions, day)?, SelectionParams::default());
    let (matrix, selection) = chosen(transactions, &table, of_day.clone())?;
    let (points, chosen_then) = (matrix.values(), selection.chosen());
    let same_k = SelectionParams { k: chosen_then.k..=chosen_then.k, ..of_day };
    let (refitted, again) = chosen(transactions, &stood(transactions, later)?, same_k)?;
    let labels = place(points, &chosen_then.centroids);
    let by_refit = place(Matrix::scaled(&table, refitted.scalings())?.values(), &again.chosen().centroids);
    let stands_for = most_alike(&labels, &by_refit);
    let coefficients = coefficients(points, &labels, (50_000, 42), &Progress::silent())?;
    let alike = shares(&selection, points, &labels);
    let elsewhere = |row: usize| stands_for[by_refit[row] as usize] != labels[row];
    let unsure = |row: usize| {
        let near = near(points.row(row).to_owned(), &chosen_then.centroids);
        (coefficients[row] as f32) < BORDERLINE_SILHOUETTE || is_close(&near, labels[row] as u16 + 1)
    };
    let seen = |row: usize| Seen { unsure: unsure(row), share: alike[row], elsewhere: elsewhere(row) };
    println!("{day}: {} customers, {} segments", labels.len(), chosen_then.k);
    Ok((0..labels.len()).map(seen).collect())
}

fn shares(selection: &Selection, points: &Array2<f64>, labels: &[u32]) -> Vec<f64> {
    let mut alike = vec![0.0; labels.len()];
    for clusters in &selection.resampled {
        let shape = (clusters.len(), points.ncols());
        let centroids = Array2::from_shape_fn(shape, |(row, column)| clusters[row].centroid[column]);
        for (row, label) in place(points, &centroids).into_iter().enumerate() {
            alike[row] += f64::from(u8::from(clusters[label as usize].stands_for == labels[row]));
        }
    }
    alike.iter().map(|alike| alike / selection.resampled.len() as f64).collect()
}

/// Distances to all centroids, nearest first.
fn near(point: Array1<f64>, centroids: &Array2<f64>) -> Vec<SegmentDistance> {
    let distance = |centroid: ndarray::ArrayView1<'_, f64>| (&point - &centroid).mapv(|d| d * d).sum().sqrt();
    let distances = centroids.axis_iter(Axis(0)).map(distance).enumerate();
    let mut near: Vec<_> =
        distances.map(|(at, distance)| SegmentDistance { segment_id: at as u16 + 1, distance }).collect();
    near.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    near
}

fn chosen(
    transactions: &Transactions,
    table: &CustomerTable,
    params: SelectionParams,
) -> Result<(Matrix, Selection), Box<dyn Error>> {
    let matrix = Matrix::build(table, &MatrixParams::default())?;
    let hindsight = match LookBack::compute(transactions, table)? {
        Some(look_back) => look_back.hindsight(matrix.scalings())?,
        None => None,
    };
    let selection = select(matrix.values(), hindsight.as_ref(), &params, &Progress::silent())?;
    Ok((matrix, selection))
}

fn stood(transactions: &Transactions, day: NaiveDate) -> Result<CustomerTable, Box<dyn Error>> {
    let reference = ReferenceDate::Day(day);
    Ok(CustomerTable::from_frame(before(transactions, day), reference, transactions.columns())?)
}
