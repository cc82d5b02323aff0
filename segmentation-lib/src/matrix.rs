//! From the customer table to the matrix that is clustered, and back to original units.
//!
//! The single crossing from polars to ndarray, column by column. Each column is clipped
//! (winsorised) if asked, divided into natural units (pennies to currency units), transformed
//! (logarithm) and scaled; every step is kept in a [`FeatureScaling`], which is all that is needed to
//! place a customer that was not there.
//!
//! ```
//! use segmentation_lib::matrix::{Matrix, MatrixParams, place};
//! # use segmentation_lib::{features::CustomerTable, transactions::{ReadOptions, read}};
//! # let shop = [std::path::PathBuf::from("tests/data/shop.csv")];
//! # let transactions = read(&shop, &ReadOptions::default(), &segmentation_lib::progress::Progress::silent())?;
//! # let customers = CustomerTable::compute(&transactions, None)?;
//!
//! let matrix = Matrix::build(&customers, &MatrixParams { winsorize: None, ..MatrixParams::default() })?;
//! assert_eq!(matrix.values().dim(), (60, 3));
//! // A customer in original units lands where the matrix has the same customer.
//! let first = place(matrix.scalings(), &matrix.original().row(0).to_vec())?;
//! assert_eq!(first, matrix.values().row(0).to_vec());
//! # Ok::<(), segmentation_lib::Error>(())
//! ```

use ndarray::{Array2, ArrayView1};

use crate::features::{CustomerTable, Feature, FeaturesError};
use crate::record::{AppliedTransform, FeatureScaling, Unit};

pub use crate::quantile::quantile;

/// Recency, frequency and monetary: the columns of the usual segmentation.
pub const DEFAULT_FEATURES: [&str; 3] = ["recency", "frequency", "monetary"];

/// What is done to the values before scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transform {
    /// Counts and amounts as under [`Log`](Self::Log), days as they are: on a logarithmic scale the first days after a
    /// purchase are as long as the months that follow, and customers would change segment for a few days.
    #[default]
    Auto,
    /// ln(1 + x), odd-continued to negative values as -ln(1 - x): purchase data is skewed, and k-means
    /// would otherwise spend its clusters on the few largest customers.
    Log,
    /// Values as they are.
    None,
}

/// How columns are made comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaler {
    /// Mean 0, population standard deviation 1 (scikit-learn's `StandardScaler`).
    #[default]
    Standard,
    /// Median 0, interquartile range 1 (scikit-learn's `RobustScaler`).
    Robust,
    /// Columns keep their units.
    None,
}

/// How the matrix is made.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixParams {
    /// Feature names, in column order.
    pub features: Vec<String>,
    /// Before scaling.
    pub transform: Transform,
    /// Scaling.
    pub scaler: Scaler,
    /// Clip each column to its quantiles q and 1 - q, with q in (0, 0.5).
    pub winsorize: Option<f64>,
}

impl Default for MatrixParams {
    /// Recency, frequency, monetary; clipped to the quantiles 0.01 and 0.99, so that a handful of extreme
    /// customers cannot make a segment of their own; logarithm of counts and amounts; standard scaling.
    fn default() -> Self {
        Self {
            features: DEFAULT_FEATURES.map(str::to_owned).to_vec(),
            transform: Transform::default(),
            scaler: Scaler::default(),
            winsorize: Some(0.01),
        }
    }
}

/// The matrix could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatrixError {
    /// A feature is unknown or not in the data.
    #[error(transparent)]
    Features(#[from] FeaturesError),
    /// No feature was named.
    #[error("no feature was chosen; name at least one, for example recency,frequency,monetary")]
    NoFeatures,
    /// A feature was named twice.
    #[error("feature {0:?} is named twice; a repeated column would count double")]
    Repeated(String),
    /// The winsorising quantile is out of range.
    #[error("winsorising quantile is {0}; it must lie strictly between 0 and 0.5, for example 0.01")]
    Winsorize(f64),
    /// A value is not a finite number.
    #[error("feature {feature:?} of customer {customer:?} is {value}; only finite numbers can be clustered")]
    NotFinite {
        /// The feature.
        feature: String,
        /// The customer.
        customer: String,
        /// The value seen.
        value: f64,
    },
    /// A customer to be placed has the wrong number of values.
    #[error("{seen} feature values were given where the run has {expected}: {names}")]
    WrongLength {
        /// How many were given.
        seen: usize,
        /// How many the run has.
        expected: usize,
        /// Their names, in order.
        names: String,
    },
}

/// Customers by features, ready to be clustered.
#[derive(Debug, Clone)]
pub struct Matrix {
    ids: Vec<String>,
    scalings: Vec<FeatureScaling>,
    original: Array2<f64>,
    values: Array2<f64>,
}

impl Matrix {
    /// Makes the matrix. Cost: n log n a column.
    pub fn build(table: &CustomerTable, params: &MatrixParams) -> Result<Self, MatrixError> {
        params.check()?;
        let features: Vec<_> =
            params.features.iter().map(|name| table.feature(name)).collect::<Result<_, _>>()?;
        let original = original(table, &features)?;
        let scalings =
            features.iter().zip(original.columns()).map(|(feature, c)| params.fit(feature, c)).collect();
        Self::of(table, original, scalings)
    }

    /// The matrix of these customers as an earlier one was made: features, clipping, transform and scaling are
    /// those of `scalings`. Cost: n a column.
    pub fn scaled(table: &CustomerTable, scalings: &[FeatureScaling]) -> Result<Self, MatrixError> {
        let features: Vec<_> =
            scalings.iter().map(|scaling| table.feature(&scaling.name)).collect::<Result<_, _>>()?;
        Self::of(table, original(table, &features)?, scalings.to_vec())
    }

    fn of(
        table: &CustomerTable,
        original: Array2<f64>,
        scalings: Vec<FeatureScaling>,
    ) -> Result<Self, MatrixError> {
        let mut values = original.clone();
        for (mut column, scaling) in values.columns_mut().into_iter().zip(&scalings) {
            column.mapv_inplace(|v| scaling.apply(v));
        }
        Ok(Self { ids: table.ids()?, scalings, original, values })
    }

    /// One column of values, in matrix units as they are.
    #[cfg(test)]
    pub(crate) fn for_tests(scalings: Vec<FeatureScaling>, values: &[f64]) -> Self {
        let original = Array2::from_shape_vec((values.len(), 1), values.to_vec()).expect("one column");
        let ids = (0..values.len()).map(|i| i.to_string()).collect();
        Self { ids, scalings, values: original.clone(), original }
    }

    /// Customer ids in row order.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// How each column was made, in column order.
    pub fn scalings(&self) -> &[FeatureScaling] {
        &self.scalings
    }

    /// Values in original units: customers by features.
    pub fn original(&self) -> &Array2<f64> {
        &self.original
    }

    /// Values in matrix units: customers by features.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }
}

impl MatrixParams {
    fn check(&self) -> Result<(), MatrixError> {
        if self.features.is_empty() {
            return Err(MatrixError::NoFeatures);
        }
        if let Some(twice) = self.features.iter().enumerate().find(|(i, f)| self.features[..*i].contains(f)) {
            return Err(MatrixError::Repeated(twice.1.clone()));
        }
        match self.winsorize {
            Some(q) if !(q > 0.0 && q < 0.5) => Err(MatrixError::Winsorize(q)),
            _ => Ok(()),
        }
    }

    fn fit(&self, feature: &Feature, column: ArrayView1<'_, f64>) -> FeatureScaling {
        let unit = feature.unit;
        let mut sorted = column.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut scaling = FeatureScaling {
            name: feature.name.to_owned(),
            unit,
            divisor: unit.divisor(),
            transform: self.transform.of(unit, sorted[0]),
            clip_low: self.winsorize.map(|q| quantile(&sorted, q)),
            clip_high: self.winsorize.map(|q| quantile(&sorted, 1.0 - q)),
            center: 0.0,
            scale: 1.0,
        };
        sorted.iter_mut().for_each(|v| *v = scaling.apply(*v));
        (scaling.center, scaling.scale) = self.scaler.fit(&sorted);
        scaling
    }
}

impl Transform {
    fn of(self, unit: Unit, smallest: f64) -> AppliedTransform {
        match self {
            Self::None => AppliedTransform::None,
            Self::Auto if unit == Unit::Days => AppliedTransform::None,
            _ if smallest < 0.0 => AppliedTransform::SignedLog1p,
            _ => AppliedTransform::Log1p,
        }
    }
}

impl Scaler {
    /// Centre and scale of ascending values. A constant column gets scale 1, so that it becomes zeros
    /// and adds nothing to any distance.
    fn fit(self, sorted: &[f64]) -> (f64, f64) {
        let (center, scale) = match self {
            Self::None => (0.0, 1.0),
            Self::Standard => mean_and_deviation(sorted),
            Self::Robust => (quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25)),
        };
        let constant = sorted.first() == sorted.last();
        match self {
            Self::None => (center, scale),
            _ if constant => (sorted[0], 1.0),
            // More than half of the values alike: fall back to the deviation, which is not 0 here.
            Self::Robust if scale <= 0.0 => (center, mean_and_deviation(sorted).1),
            _ => (center, scale),
        }
    }
}

/// Places one customer: original units to a row of the matrix.
pub fn place(scalings: &[FeatureScaling], values: &[f64]) -> Result<Vec<f64>, MatrixError> {
    if values.len() != scalings.len() {
        return Err(MatrixError::WrongLength {
            seen: values.len(),
            expected: scalings.len(),
            names: scalings.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", "),
        });
    }
    Ok(scalings.iter().zip(values).map(|(s, &v)| s.apply(v)).collect())
}

/// Mean and population standard deviation, in two passes over values in ascending order, so that the
/// order of customers cannot change the last digit.
fn mean_and_deviation(sorted: &[f64]) -> (f64, f64) {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let variance = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// Values in original units, customers by features; only finite numbers.
fn original(table: &CustomerTable, features: &[&Feature]) -> Result<Array2<f64>, MatrixError> {
    let mut values = Array2::zeros((table.len(), features.len()));
    for (mut column, feature) in values.columns_mut().into_iter().zip(features) {
        column.assign(&ArrayView1::from(&table.values(feature.name)?));
    }
    refuse_not_finite(&values, &table.ids()?, features)?;
    Ok(values)
}

fn refuse_not_finite(values: &Array2<f64>, ids: &[String], features: &[&Feature]) -> Result<(), MatrixError> {
    match values.indexed_iter().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some(((row, column), &value)) => Err(MatrixError::NotFinite {
            feature: features[column].name.to_owned(),
            customer: ids[row].clone(),
            value,
        }),
    }
}

#[cfg(test)]
mod tests;
