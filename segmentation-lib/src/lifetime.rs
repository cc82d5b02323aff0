//! What each customer will do next: purchases to expect, whether the customer is still one, what a purchase
//! brings.
//!
//! ```
//! use segmentation_lib::lifetime::{Family, Histories, History, PurchaseModel};
//!
//! // Parameters of the BG/NBD on CDNOW (Fader, Hardie & Lee 2005), in weeks.
//! let model = PurchaseModel::new(Family::BgNbd, [0.243, 4.414, 0.793, 2.426])?;
//! let customer = History::new(2, 30.43, 38.86);
//! assert_eq!(format!("{:.3}", model.expected_purchases(&customer, 39.0)?), "1.226");
//! # Ok::<(), segmentation_lib::lifetime::LifetimeError>(())
//! ```
//!
//! A customer is (x, t_x, T): repeat purchases, time from the first to the last purchase, time from the first
//! purchase to the end of the observation ([`History`]). The unit of time is the caller's, and α, β,
//! horizons and waiting times are in it. [`PurchaseModel`] says how often they buy and when they leave,
//! [`SpendModel`] what a purchase brings; the two are independent of each other by assumption, so expected value
//! is the product of their answers.
//!
//! Parameters are found by maximum likelihood with exact first and second derivatives. A fit states how
//! exactly it converged and the parameters' standard errors; where the data do not determine the parameters there
//! is a [`LifetimeError`] and no number. Everything is deterministic whatever the number of threads.

mod beta_geometric;
mod error;
mod forecast;
pub mod from_lifetimes;
mod gamma_gamma;
mod histories;
mod holdout;
mod maximise;
mod model;
mod moments;
mod negative_binomial;
mod outlook;
mod pareto_nbd;
#[cfg(feature = "analysis")]
mod purchases;
mod quadrature;
mod recorded;
mod repeats;
mod special;
mod summary;
mod together;
mod value_together;

pub use crate::record::{
    Beaten, Family, Forecaster, FrequencyClass, Measure, Score, TimeUnit, TrackedWeek, Trial,
};
pub use error::LifetimeError;
pub use forecast::{CustomerForecast, Forecast, ForecastParams, customers, histories};
pub use gamma_gamma::{Spend, SpendFit, SpendModel};
pub use histories::{Histories, History};
pub use holdout::{Holdout, HoldoutParams};
pub use model::{PurchaseFit, PurchaseModel};
#[cfg(feature = "analysis")]
pub(crate) use outlook::Outlook;
#[cfg(feature = "analysis")]
pub use purchases::Purchases;
pub use summary::{Frequency, Purchase, Summary, summarise};
pub use together::ExpectedSum;
pub use value_together::ExpectedValue;

#[cfg(test)]
mod tests;
