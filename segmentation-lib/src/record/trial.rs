//! A forecast tried on the data themselves: fitted up to a day, held against what came after it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Family;

/// Who forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Forecaster {
    /// The model that was fitted.
    Model(Family),
    /// Each customer goes on at the own rate so far: x / T.
    OwnRate,
    /// Each customer does what the segment's customers did on average: Σ x / Σ T. Without segments all
    /// customers are one.
    SegmentMean,
    /// Each customer does what the same customer did in the last period of the same length.
    LastPeriod,
}

impl fmt::Display for Forecaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(family) => write!(f, "{family}"),
            Self::OwnRate => f.write_str("own past rate"),
            Self::SegmentMean => f.write_str("segment mean"),
            Self::LastPeriod => f.write_str("last period"),
        }
    }
}

/// How far forecasts of single customers and of their sum were off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Score {
    /// Who forecast.
    pub forecaster: Forecaster,
    /// Sum over the customers.
    pub sum: f64,
    /// Sum / actual sum − 1; none where nothing was bought.
    pub bias: Option<f64>,
    /// Mean absolute error per customer.
    pub mean_absolute_error: f64,
    /// Root mean squared error per customer.
    pub root_mean_squared_error: f64,
    /// Pearson's correlation with what customers did; none where one of the two does not vary.
    pub correlation: Option<f64>,
}

/// Customers with the same frequency at the cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrequencyClass {
    /// Repeat purchases up to the cut-off; the last class holds more too.
    pub frequency: u32,
    /// How many.
    pub customers: u64,
    /// Mean purchases that the model expected of them.
    pub expected: f64,
    /// Mean purchases they made.
    pub actual: f64,
}

/// Repeat purchases of all customers from the first day on to the end of a week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackedWeek {
    /// Weeks since the first day of the data.
    pub week: u32,
    /// Expected by the model, which knows only when each customer came.
    pub expected: f64,
    /// Made.
    pub actual: u32,
}

/// How a forecast did in the days that its fit did not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trial {
    /// Last day that the fit knows, ISO 8601.
    pub cut_off: String,
    /// Last day of the hold-out, ISO 8601.
    pub end: String,
    /// Purchases in the hold-out of the customers known at the cut-off.
    pub actual: u64,
    /// The model, then the naive forecasters.
    pub scores: Vec<Score>,
    /// Ascending by frequency.
    pub by_frequency: Vec<FrequencyClass>,
    /// Cumulative, over calibration and hold-out.
    pub by_week: Vec<TrackedWeek>,
}

impl Trial {
    /// The naive forecasters that were nearer than the model, with the measure: the report says so.
    pub fn beaten_by(&self) -> Vec<Beaten> {
        let Some((model, naive)) = self.scores.split_first() else { return Vec::new() };
        let best = |measure: Measure| {
            let of = |score: &Score| measure.of(score);
            let best = naive.iter().min_by(|a, b| of(a).total_cmp(&of(b)))?;
            (of(best) < of(model)).then(|| Beaten {
                measure,
                forecaster: best.forecaster,
                naive: of(best),
                model: of(model),
            })
        };
        Measure::ALL.into_iter().filter_map(best).collect()
    }

    /// Every figure, for checks.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        let scores = self.scores.iter().flat_map(|s| {
            let always = [s.sum, s.mean_absolute_error, s.root_mean_squared_error];
            always.into_iter().chain(s.bias).chain(s.correlation)
        });
        let classes = self.by_frequency.iter().flat_map(|c| [c.expected, c.actual]);
        scores.chain(classes).chain(self.by_week.iter().map(|week| week.expected))
    }
}

/// By what forecasts are compared; smaller is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Distance of the sum from the actual one, as a share of it.
    AbsoluteBias,
    /// Mean absolute error.
    MeanAbsoluteError,
    /// Root mean squared error.
    RootMeanSquaredError,
}

impl Measure {
    const ALL: [Self; 3] = [Self::AbsoluteBias, Self::MeanAbsoluteError, Self::RootMeanSquaredError];

    fn of(self, score: &Score) -> f64 {
        match self {
            Self::AbsoluteBias => score.bias.unwrap_or(score.sum).abs(),
            Self::MeanAbsoluteError => score.mean_absolute_error,
            Self::RootMeanSquaredError => score.root_mean_squared_error,
        }
    }
}

/// A naive forecast that was nearer than the model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Beaten {
    /// By what.
    pub measure: Measure,
    /// The best naive forecaster by it.
    pub forecaster: Forecaster,
    /// Its figure.
    pub naive: f64,
    /// The model's figure.
    pub model: f64,
}
