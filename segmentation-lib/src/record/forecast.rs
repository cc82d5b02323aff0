//! What customers are expected to do next, and what that rests on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ForecastRow, Localized, Trial};

/// How customers leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Possibly after each repeat purchase (Fader, Hardie & Lee 2005). Parameters r, α, a, b.
    BgNbd,
    /// Possibly after each purchase, the first one too (Batislam, Denizel & Filiztekin 2007). Parameters
    /// r, α, a, b.
    MbgNbd,
    /// At any moment (Schmittlein, Morrison & Colombo 1987). Parameters r, α, s, β. The default: the only
    /// one of the three whose P(alive) falls for one-time buyers too as time goes by.
    #[default]
    ParetoNbd,
    /// Never (Ehrenberg 1959). Parameters r, α. For data that do not show anybody leaving; it says nothing about who
    /// is still a customer.
    Nbd,
}

impl Family {
    /// Those with leaving.
    pub const LEAVING: [Self; 3] = [Self::BgNbd, Self::MbgNbd, Self::ParetoNbd];

    /// Name on the command line and in parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "bg-nbd",
            Self::MbgNbd => "mbg-nbd",
            Self::ParetoNbd => "pareto-nbd",
            Self::Nbd => "nbd",
        }
    }

    /// Why it is taken where it is not the one that is tried first.
    pub fn instead(self) -> Localized {
        let [en, pt_br] = match self {
            Self::Nbd => [
                "the NBD, in which nobody leaves, because the data give no sign of leaving".to_owned(),
                "o NBD, em que ninguém sai, porque os dados não mostram ninguém deixando de comprar de vez"
                    .to_owned(),
            ],
            other => [
                format!("the {other}, because the data do not determine the Pareto/NBD"),
                format!("o {other}, porque os dados não determinam o Pareto/NBD"),
            ],
        };
        Localized { en, pt_br }
    }

    /// The parameters' names, in order.
    pub fn parameter_names(self) -> &'static [&'static str] {
        match self {
            Self::BgNbd | Self::MbgNbd => &["r", "alpha", "a", "b"],
            Self::ParetoNbd => &["r", "alpha", "s", "beta"],
            Self::Nbd => &["r", "alpha"],
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BgNbd => "BG/NBD",
            Self::MbgNbd => "MBG/NBD",
            Self::ParetoNbd => "Pareto/NBD",
            Self::Nbd => "NBD",
        })
    }
}

/// The unit of recency and age. A day is exactly a seventh of a week: nothing is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Days.
    Days,
    /// Weeks: days / 7. The default, as in most of what is published.
    #[default]
    Weeks,
}

impl TimeUnit {
    /// This many days in the unit.
    pub fn of_days(self, days: i64) -> f64 {
        days as f64 / self.days()
    }

    /// Days of one unit.
    pub fn days(self) -> f64 {
        match self {
            Self::Days => 1.0,
            Self::Weeks => 7.0,
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Days => "days",
            Self::Weeks => "weeks",
        })
    }
}

/// A parameter found by maximum likelihood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FittedParameter {
    /// Its name in the model's literature.
    pub name: String,
    /// Where the likelihood is highest.
    pub value: f64,
    /// Its standard error, from the observed information.
    pub standard_error: f64,
}

/// The fitted model of repeat purchases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FittedPurchases {
    /// How customers leave.
    pub family: Family,
    /// Unit of the parameters that are times.
    pub unit: TimeUnit,
    /// The parameters, in the order of [`Family::parameter_names`].
    pub parameters: Vec<FittedParameter>,
    /// Their covariances, a row each.
    pub covariances: Vec<Vec<f64>>,
    /// Maximum of the log-likelihood.
    pub log_likelihood: f64,
    /// How exactly the maximum was found: norm of the gradient per customer, 0 at the maximum.
    pub gradient_norm: f64,
    /// Steps that the search took.
    pub steps: u64,
    /// Customers fitted to.
    pub customers: u64,
    /// Distinct histories among them.
    pub distinct: u64,
}

/// The fitted model of what a purchase brings, Gamma-Gamma.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FittedSpend {
    /// p, q and gamma.
    pub parameters: Vec<FittedParameter>,
    /// Their covariances, a row each.
    pub covariances: Vec<Vec<f64>>,
    /// Maximum of the log-likelihood.
    pub log_likelihood: f64,
    /// How exactly the maximum was found, as above.
    pub gradient_norm: f64,
    /// Steps that the search took.
    pub steps: u64,
    /// Customers fitted to: a repeat purchase and a positive mean.
    pub customers: u64,
    /// Left out: no repeat purchase.
    pub without_purchase: u64,
    /// Left out: a mean of 0 or less, from returns or free items.
    pub not_positive: u64,
    /// Correlation of number and mean value of purchases among the customers fitted to; the model takes it for 0.
    pub correlation: f64,
}

/// What the forecast of a run rests on. It stays with the model of the segments until the next fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastModel {
    /// Last day of the purchases that it was fitted to, ISO 8601.
    pub fitted_until: String,
    /// How often customers buy, and when they leave.
    pub purchases: FittedPurchases,
    /// Why it is not the model that is tried first: the data do not determine how customers leave in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Localized>,
    /// What a purchase brings; none where that cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend: Option<FittedSpend>,
    /// Why it cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_spend: Option<Localized>,
    /// The same model fitted without the last days, held against them; none where the data are too short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// Why it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_trial: Option<Localized>,
}

/// A run's forecast: how far ahead, with which model, and everybody together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forecast {
    /// Last day of the observation, ISO 8601: what is foretold begins the day after.
    pub end: String,
    /// Days that are foretold.
    pub horizon_days: u32,
    /// All customers.
    pub all: ForecastSum,
    /// What it rests on.
    pub model: ForecastModel,
}

/// Bounds that hold a figure with 95 % probability if the model is right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// What several customers are expected to do together within the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastSum {
    /// Customers with a forecast: those with a purchase.
    pub customers: u64,
    /// How many of them are still customers, in expectation; none where the model says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alive: Option<f64>,
    /// Purchases to expect; purchases of one day are one.
    pub expected_purchases: f64,
    /// Their interval; none after an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchases_interval: Option<Interval>,
    /// Value to expect, in pennies; none without a model of what a purchase brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_value_pennies: Option<i64>,
    /// Its interval, in pennies; none after an erasure, and where the spread between customers has no finite variance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_interval_pennies: Option<Interval>,
    /// What at least half of them are each expected to bring or more, in pennies: the lower median of their values. One
    /// customer moves a mean and not this. None as for the value, and in runs made before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_value_pennies: Option<i64>,
}

impl ForecastSum {
    /// The sum of these customers' forecasts, without intervals. Cost: linear.
    pub fn of<'a>(rows: impl Iterator<Item = &'a ForecastRow>) -> Self {
        let mut sum = Self {
            customers: 0,
            alive: None,
            expected_purchases: 0.0,
            purchases_interval: None,
            expected_value_pennies: None,
            value_interval_pennies: None,
            median_value_pennies: None,
        };
        let mut values = Vec::new();
        for row in rows {
            sum.customers += 1;
            if let Some(alive) = row.alive {
                *sum.alive.get_or_insert(0.0) += f64::from(alive);
            }
            sum.expected_purchases += f64::from(row.expected_purchases);
            if let Some(value) = row.expected_value_pennies() {
                *sum.expected_value_pennies.get_or_insert(0) += value;
                values.push(value);
            }
        }
        sum.median_value_pennies = lower_median(&mut values);
        sum
    }

    /// Share of them that are still customers, in expectation; none as for [`ForecastSum::alive`], and of nobody.
    pub fn alive_share(&self) -> Option<f64> {
        self.alive.filter(|_| self.customers > 0).map(|alive| alive / self.customers as f64)
    }

    /// Value to expect of one of them on average, in pennies; none without a value, and of nobody.
    pub fn value_a_head(&self) -> Option<f64> {
        let value = self.expected_value_pennies.filter(|_| self.customers > 0)?;
        Some(value as f64 / self.customers as f64)
    }

    /// Its share of the value of `all`; none without a value, and where all bring nothing.
    pub fn value_share(&self, all: &Self) -> Option<f64> {
        let all = all.expected_value_pennies.filter(|&all| all > 0)?;
        Some(self.expected_value_pennies? as f64 / all as f64)
    }

    /// Every figure, for checks.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        let bounds = self.purchases_interval.into_iter().chain(self.value_interval_pennies);
        bounds.flat_map(|i| [i.low, i.high]).chain(self.alive).chain([self.expected_purchases])
    }
}

/// The middle one of the values, of two the lower; none of none.
fn lower_median(values: &mut [i64]) -> Option<i64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(middle).1)
}

impl Forecast {
    /// Every figure, for checks.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        let ForecastModel { purchases, spend, trial, .. } = &self.model;
        let of = |parameters: &[FittedParameter], covariances: &[Vec<f64>]| -> Vec<f64> {
            let parameters = parameters.iter().flat_map(|p| [p.value, p.standard_error]);
            parameters.chain(covariances.iter().flatten().copied()).collect()
        };
        let spend = spend.iter().flat_map(move |s| {
            of(&s.parameters, &s.covariances).into_iter().chain([
                s.log_likelihood,
                s.gradient_norm,
                s.correlation,
            ])
        });
        of(&purchases.parameters, &purchases.covariances)
            .into_iter()
            .chain([purchases.log_likelihood, purchases.gradient_norm])
            .chain(spend)
            .chain(trial.iter().flat_map(Trial::figures))
            .chain(self.all.figures())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_values_are_at_least_the_lower_median() {
        assert_eq!(lower_median(&mut []), None);
        for values in [vec![7], vec![1, 9], vec![5, 696_097, 3], vec![4, 1, 3, 2], vec![2, 2, 2, 9, 1, 1]] {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let median = lower_median(&mut values.clone());
            assert_eq!(median, Some(sorted[(sorted.len() - 1) / 2]));
            let as_much = values.iter().filter(|value| Some(**value) >= median).count();
            assert!(2 * as_much >= values.len(), "{values:?}");
        }
    }

    #[test]
    fn shares_and_values_a_head_are_of_those_with_a_forecast() {
        let nobody = ForecastSum::of([].iter());
        let sum = ForecastSum {
            customers: 4,
            alive: Some(3.0),
            expected_value_pennies: Some(1000),
            ..nobody.clone()
        };
        let all = ForecastSum { expected_value_pennies: Some(4000), ..sum.clone() };
        assert_eq!((sum.alive_share(), sum.value_a_head()), (Some(0.75), Some(250.0)));
        assert_eq!(sum.value_share(&all), Some(0.25));
        assert_eq!(
            (nobody.alive_share(), nobody.value_a_head(), nobody.value_share(&all)),
            (None, None, None)
        );
        let worthless = ForecastSum { expected_value_pennies: Some(0), ..all };
        assert_eq!(sum.value_share(&worthless), None);
    }
}
