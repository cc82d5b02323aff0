//! Each segment in business units: size, shares, quartiles, name, what to do.
//!
//! Segments are ordered by mean net revenue a customer (without money by mean purchases), highest first, and numbered
//! from 1. Names come from
//! [`crate::naming`]; against a last published run, a segment whose centroid is clearly the former one's
//! keeps its name.
//!
//! ```
//! use segmentation_lib::profile::{NamingParams, profile};
//! # use segmentation_lib::engine::{kmeans, silhouette::silhouettes};
//! # use segmentation_lib::{features::CustomerTable, matrix::{Matrix, MatrixParams}, transactions::{ReadOptions, read}};
//! # use segmentation_lib::vocabulary::Vocabulary;
//! # let shop = [std::path::PathBuf::from("tests/data/shop.csv")];
//! # let silent = segmentation_lib::progress::Progress::silent();
//! # let transactions = read(&shop, &ReadOptions::default(), &silent)?;
//! # let customers = CustomerTable::compute(&transactions, None)?;
//! # let matrix = Matrix::build(&customers, &MatrixParams::default())?;
//!
//! let model = kmeans::fit(matrix.values().view(), 3, &kmeans::KMeansParams::default(), &silent)?;
//! let silhouette = silhouettes(matrix.values().view(), &[&model.labels], &silent)?.remove(0);
//! let names = Vocabulary::bundled();
//! let naming = NamingParams::afresh(&customers, &names);
//! let profiles = profile(&customers, &matrix, &model.labels, &silhouette.per_point, &naming)?;
//! assert_eq!(profiles.segments.iter().map(|segment| segment.customers).sum::<u64>(), 60);
//! # Ok::<(), segmentation_lib::Error>(())
//! ```

mod applied;
mod assignment;
mod best_products;
mod continuity;
mod naming;

use ndarray::{Array2, Axis};

use crate::features::{CustomerTable, FEATURES, FeaturesError};
use crate::matrix::{Matrix, quantile};
use crate::proportion::Proportion;
use crate::record::{FeatureSummary, Segment};
use crate::wording::description::description;

pub use naming::{NamingParams, Previous};

pub use applied::applied;
pub use best_products::best_products;

/// Profiles of a clustering: segments by id, and the segment id of every customer.
#[derive(Debug, Clone)]
pub struct Profiles {
    /// Segments in id order.
    pub segments: Vec<Segment>,
    /// Segment id of each customer, in row order.
    pub segment_ids: Vec<u16>,
}

/// Profiles `labels` (0-based, every label used) over the customers of `table` and `matrix`, whose
/// rows agree. Cost: n log n a feature.
pub fn profile(
    table: &CustomerTable,
    matrix: &Matrix,
    labels: &[u32],
    silhouettes: &[f64],
    naming: &NamingParams<'_>,
) -> Result<Profiles, FeaturesError> {
    let revenue = table.revenue_pennies()?;
    let members = by_value(members(labels), &worth(table, &revenue)?);
    let centroids: Vec<Vec<f64>> = members.iter().map(|rows| centroid(matrix.values(), rows)).collect();
    let came_back: Vec<Option<Proportion>> =
        members.iter().map(|rows| naming.came_back(labels[rows[0]])).collect();
    let total: i64 = revenue.iter().sum();
    let mut segments = Vec::with_capacity(members.len());
    for (position, rows) in members.iter().enumerate() {
        let revenue_pennies: i64 = rows.iter().map(|&row| revenue[row]).sum();
        let features = summaries(table, matrix, rows)?;
        segments.push(Segment {
            id: position as u16 + 1,
            key: String::new(),
            name: Default::default(),
            description: description(&features),
            condition: None,
            action: Default::default(),
            customers: rows.len() as u64,
            customer_share: rows.len() as f64 / labels.len() as f64,
            revenue_pennies,
            revenue_share: if total == 0 { 0.0 } else { revenue_pennies as f64 / total as f64 },
            silhouette: rows.iter().map(|&row| silhouettes[row]).sum::<f64>() / rows.len() as f64,
            features,
            centroid: centroids[position].clone(),
            repeat_buyers: Some(repeat_buyers(table, rows)?),
            placed_alike: None,
            came_back: came_back[position].map(Into::into),
            forecast: None,
            best_products: Vec::new(),
        });
    }
    naming.name(&mut segments, &came_back, matrix.scalings());
    Ok(Profiles { segments, segment_ids: ids(&members, labels.len()) })
}

/// How many of the rows are customers with two purchases or more.
fn repeat_buyers(table: &CustomerTable, rows: &[usize]) -> Result<u64, FeaturesError> {
    let purchases = table.values("frequency")?;
    Ok(rows.iter().filter(|&&row| purchases[row] >= 2.0).count() as u64)
}

/// Rows of each label, ascending.
fn members(labels: &[u32]) -> Vec<Vec<usize>> {
    members_of(labels, labels.iter().max().map_or(0, |&top| top as usize + 1))
}

/// Rows of each of `k` labels, ascending.
fn members_of(labels: &[u32], k: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); k];
    for (row, &label) in labels.iter().enumerate() {
        members[label as usize].push(row);
    }
    members
}

/// What customers are ordered by: revenue, or purchases where the data holds no money.
fn worth(table: &CustomerTable, revenue: &[i64]) -> Result<Vec<i64>, FeaturesError> {
    if table.has_money() {
        return Ok(revenue.to_vec());
    }
    Ok(table.values("frequency")?.into_iter().map(|purchases| purchases as i64).collect())
}

/// Highest mean worth first; equal means by the earliest customer.
fn by_value(mut members: Vec<Vec<usize>>, worth: &[i64]) -> Vec<Vec<usize>> {
    let mean = |rows: &Vec<usize>| rows.iter().map(|&r| worth[r]).sum::<i64>() as f64 / rows.len() as f64;
    members.sort_by(|a, b| mean(b).total_cmp(&mean(a)).then(a[0].cmp(&b[0])));
    members
}

fn ids(members: &[Vec<usize>], customers: usize) -> Vec<u16> {
    let mut ids = vec![0; customers];
    for (position, rows) in members.iter().enumerate() {
        for &row in rows {
            ids[row] = position as u16 + 1;
        }
    }
    ids
}

fn centroid(values: &Array2<f64>, rows: &[usize]) -> Vec<f64> {
    let mut sum = ndarray::Array1::<f64>::zeros(values.ncols());
    for &row in rows {
        sum += &values.index_axis(Axis(0), row);
    }
    (sum / rows.len() as f64).to_vec()
}

/// The matrix's features first, in its order, then the others the data has.
fn summaries(
    table: &CustomerTable,
    matrix: &Matrix,
    rows: &[usize],
) -> Result<Vec<FeatureSummary>, FeaturesError> {
    let first = matrix.scalings().iter().map(|s| s.name.as_str());
    let others =
        FEATURES.iter().map(|f| f.name).filter(|name| matrix.scalings().iter().all(|s| s.name != *name));
    let available: Vec<&str> = table.available().iter().map(|f| f.name).collect();
    first
        .chain(others.filter(|name| available.contains(name)))
        .map(|name| summary(table, name, rows))
        .collect()
}

fn summary(table: &CustomerTable, name: &str, rows: &[usize]) -> Result<FeatureSummary, FeaturesError> {
    let values = table.values(name)?;
    let mut sorted: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
    sorted.sort_by(f64::total_cmp);
    Ok(FeatureSummary {
        name: name.to_owned(),
        unit: table.feature(name)?.unit,
        q1: quantile(&sorted, 0.25),
        median: quantile(&sorted, 0.5),
        q3: quantile(&sorted, 0.75),
        mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
    })
}

#[cfg(test)]
mod tests;
