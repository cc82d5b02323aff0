//! The published segmentation of Online Retail, repeated.

use std::path::PathBuf;

use polars::prelude::*;
use segmentation_lib::Error;
use segmentation_lib::engine::kmeans::{self, KMeansParams};
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::features::{CustomerTable, FeaturesError, Fence};
use segmentation_lib::matrix::{Matrix, MatrixParams, Scaler, Transform};
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{ReadOptions, ReferenceDate, Rules, read};

use super::section::{Section, section};
use crate::language::pick;

/// k and the mean silhouette that the notebook "Online Retail K-Means & Hierarchical Clustering"
/// publishes for it.
const PUBLISHED: [(usize, f64); 2] = [(2, 0.541_585_865_252_539_5), (3, 0.508_489_629_614_193_7)];

/// The instant that the published recency is counted to.
const REFERENCE: &str = "2011-12-09T12:50:00";

/// The published notebook's recipe with the library's calls, skipped on any other data set: `k`,
/// `customers`, `published`, `silhouette` (ours), `difference`, `inertia`.
///
/// The recipe: every row with a customer, cancellations in; amount, number of lines, days since the last
/// line; customers beyond [Q05 - 1.5 (Q95 - Q05), Q95 + 1.5 (Q95 - Q05)] removed, one feature after the
/// other; standard scaling without a logarithm; k-means. Cost: n² for the silhouettes.
pub fn published_recipe(dataset: &str, files: &[PathBuf]) -> Result<Section<DataFrame>, Error> {
    let repeat = || repeated(&published_matrix(files)?);
    section(
        dataset == "online-retail",
        pick(
            "estes dados não são o Online Retail, a que se referem os números publicados",
            "this data is not Online Retail, which the published figures are about",
        ),
        repeat,
    )
}

fn published_matrix(files: &[PathBuf]) -> Result<Matrix, Error> {
    let reference: ReferenceDate = REFERENCE.parse().expect("the constant is an instant");
    let mut options = ReadOptions { reference: Some(reference), ..ReadOptions::default() };
    for rule in Rules::all().iter().filter(|rule| !rule.required) {
        options.rules.disable(rule.rule.name()).expect("the rule is in the list it came from");
    }
    let transactions = read(files, &options, &Progress::silent())?;
    let everybody = CustomerTable::compute(&transactions, Some(reference))?;
    let bulk = everybody.within(&["monetary", "activity", "lines"], Fence { quantile: 0.05, factor: 1.5 })?;
    let params = MatrixParams {
        features: ["monetary", "lines", "activity"].map(str::to_owned).to_vec(),
        transform: Transform::None,
        scaler: Scaler::Standard,
        winsorize: None,
    };
    Ok(Matrix::build(&bulk, &params)?)
}

fn repeated(matrix: &Matrix) -> Result<DataFrame, Error> {
    let points = matrix.values().view();
    let (mut found, mut inertia) = (Vec::new(), Vec::new());
    for (k, _) in PUBLISHED {
        let fitted = kmeans::fit(points, k, &KMeansParams::default(), &Progress::silent())?;
        // One labeling was asked for, so there is one answer.
        found.push(silhouettes(points, &[&fitted.labels], &Progress::silent())?.remove(0).mean);
        inertia.push(fitted.inertia);
    }
    let difference: Vec<f64> =
        found.iter().zip(PUBLISHED).map(|(found, (_, published))| found - published).collect();
    let frame = df!(
        "k" => PUBLISHED.map(|(k, _)| k as u64),
        "customers" => [points.nrows() as u64; PUBLISHED.len()],
        "published" => PUBLISHED.map(|(_, silhouette)| format!("{silhouette:.16}")),
        "silhouette" => found.iter().map(|s| format!("{s:.16}")).collect::<Vec<_>>(),
        "difference" => difference.iter().map(|d| format!("{d:.1e}")).collect::<Vec<_>>(),
        "inertia" => inertia,
    );
    Ok(frame.map_err(FeaturesError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_data_set_is_skipped_without_reading_it() {
        let found = published_recipe("cdnow", &[PathBuf::from("nowhere")]).expect("nothing is read");
        assert!(found.present().is_none());
    }

    #[test]
    fn online_retail_that_is_not_there_is_an_error() {
        assert!(published_recipe("online-retail", &[PathBuf::from("nowhere")]).is_err());
    }
}
