//! Whether a forecast would have been any good: fitted up to a day, held against what came after.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::summary::purchase_days;
use super::{Family, Histories, History, LifetimeError, Purchase, PurchaseFit, PurchaseModel, TimeUnit};
use crate::record::{Forecaster, FrequencyClass, Score, TrackedWeek, Trial};

/// Repeat purchases from which on customers share a class.
const LAST_CLASS: u32 = 7;

/// A fit at a cut-off, and how it did after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    /// The fit at the cut-off.
    pub fit: PurchaseFit,
    /// How it did.
    #[serde(flatten)]
    pub trial: Trial,
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldoutParams {
    /// The model.
    pub family: Family,
    /// Unit of the fit.
    pub unit: TimeUnit,
    /// Last day that the fit knows.
    pub cut_off: NaiveDate,
    /// Last day of the hold-out.
    pub end: NaiveDate,
}

impl Holdout {
    /// Fits on what was known at the cut-off and holds the forecast against what customers did after it.
    ///
    /// `segment_of` names each customer's segment as of the cut-off, for the naive forecast from its mean.
    ///
    /// # Errors
    /// [`LifetimeError::TooShort`] where the data before the cut-off are shorter than those after it, and
    /// what [`PurchaseModel::fit`] refuses.
    pub fn new(
        purchases: &[Purchase],
        params: &HoldoutParams,
        segment_of: impl Fn(u32) -> u32,
    ) -> Result<Self, LifetimeError> {
        let HoldoutParams { family, unit, cut_off, end } = *params;
        let days = purchase_days(purchases);
        let first_day = days.iter().map(|d| d.1).min().unwrap_or(cut_off);
        let (known, horizon) = ((cut_off - first_day).num_days() + 1, (end - cut_off).num_days());
        if horizon < 1 || known < horizon {
            return Err(LifetimeError::TooShort { known, horizon });
        }
        let period = Period { first_day, cut_off, end, horizon };
        let customers = period.customers(&days, segment_of);
        let histories: Vec<History> = customers.iter().map(|c| c.history(&period, unit)).collect();
        let histories = Histories::new(&histories)?;
        let fit = PurchaseModel::fit(family, &histories)?;
        let ahead = unit.of_days(horizon);
        let expected = histories.each(|h| fit.model.expected_purchases(h, ahead))?;
        let scores = scores(&period, &customers, family, &expected);
        let trial = Trial {
            cut_off: cut_off.to_string(),
            end: end.to_string(),
            actual: customers.iter().map(|c| u64::from(c.after)).sum(),
            scores,
            by_frequency: by_frequency(&customers, &expected),
            by_week: period.by_week(&days, &customers, &fit.model, unit)?,
        };
        Ok(Self { fit, trial })
    }
}

/// Calibration and hold-out.
struct Period {
    first_day: NaiveDate,
    cut_off: NaiveDate,
    end: NaiveDate,
    /// Days of the hold-out.
    horizon: i64,
}

/// What a customer did on either side of the cut-off.
struct Customer {
    segment: u32,
    first: NaiveDate,
    last: NaiveDate,
    /// Repeat purchases up to the cut-off.
    frequency: u32,
    /// Those of the last `horizon` days before the cut-off.
    lately: u32,
    /// Purchases in the hold-out.
    after: u32,
}

impl Customer {
    fn history(&self, period: &Period, unit: TimeUnit) -> History {
        History {
            frequency: self.frequency,
            recency: unit.of_days((self.last - self.first).num_days()),
            age: unit.of_days(self.age_days(period)),
        }
    }

    fn age_days(&self, period: &Period) -> i64 {
        (period.cut_off - self.first).num_days()
    }
}

impl Period {
    /// The customers known at the cut-off, from their purchase days.
    fn customers(&self, days: &[(u32, NaiveDate)], segment_of: impl Fn(u32) -> u32) -> Vec<Customer> {
        let lately =
            self.cut_off.checked_sub_days(Days::new(self.horizon.unsigned_abs())).unwrap_or(NaiveDate::MIN);
        let known = days.chunk_by(|a, b| a.0 == b.0).filter(|days| days[0].1 <= self.cut_off);
        let count = |days: &[(u32, NaiveDate)]| days.len() as u32;
        known
            .map(|days| {
                let (before, later) = days.split_at(days.partition_point(|d| d.1 <= self.cut_off));
                let held_out = later.partition_point(|d| d.1 <= self.end);
                Customer {
                    segment: segment_of(days[0].0),
                    first: days[0].1,
                    last: before[before.len() - 1].1,
                    frequency: count(before) - 1,
                    lately: count(&before[before.partition_point(|d| d.1 <= lately).max(1)..]),
                    after: count(&later[..held_out]),
                }
            })
            .collect()
    }

    /// Expected and made repeat purchases at the end of each week.
    fn by_week(
        &self,
        days: &[(u32, NaiveDate)],
        customers: &[Customer],
        model: &PurchaseModel,
        unit: TimeUnit,
    ) -> Result<Vec<TrackedWeek>, LifetimeError> {
        let span = (self.end - self.first_day).num_days() as usize;
        let mut expected_by_age = vec![0.0];
        for age in 1..=span + 1 {
            expected_by_age.push(model.expected_of_new(unit.of_days(age as i64))?);
        }
        let day = |date: NaiveDate| (date - self.first_day).num_days() as usize;
        let (mut came, mut bought) = (vec![0.0; span + 1], vec![0_u32; span + 1]);
        customers.iter().for_each(|c| came[day(c.first)] += 1.0);
        for days in days.chunk_by(|a, b| a.0 == b.0).filter(|days| days[0].1 <= self.cut_off) {
            days[1..].iter().filter(|d| d.1 <= self.end).for_each(|d| bought[day(d.1)] += 1);
        }
        let week = |week: usize| {
            // Purchases count from the start of a first day to the end of the week's last.
            let last = 7 * week - 1;
            let expected = (0..=last).map(|first| came[first] * expected_by_age[last + 1 - first]).sum();
            TrackedWeek { week: week as u32, expected, actual: bought[..=last].iter().sum() }
        };
        Ok((1..=span.div_ceil(7)).filter(|w| 7 * w - 1 <= span).map(week).collect())
    }
}

fn scores(period: &Period, customers: &[Customer], family: Family, expected: &[f64]) -> Vec<Score> {
    let rate = |purchases: f64, days: f64| if days > 0.0 { purchases / days } else { 0.0 };
    let horizon = period.horizon as f64;
    let own = |c: &Customer| horizon * rate(f64::from(c.frequency), c.age_days(period) as f64);
    let mut segments: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for customer in customers {
        let (purchases, days) = segments.entry(customer.segment).or_default();
        *purchases += f64::from(customer.frequency);
        *days += customer.age_days(period) as f64;
    }
    let of_segment = |c: &Customer| {
        let (purchases, days) = segments[&c.segment];
        horizon * rate(purchases, days)
    };
    let each = |forecast: &dyn Fn(&Customer) -> f64| customers.iter().map(forecast).collect::<Vec<_>>();
    let actual = each(&|c| f64::from(c.after));
    vec![
        score(Forecaster::Model(family), expected, &actual),
        score(Forecaster::OwnRate, &each(&own), &actual),
        score(Forecaster::SegmentMean, &each(&of_segment), &actual),
        score(Forecaster::LastPeriod, &each(&|c| f64::from(c.lately)), &actual),
    ]
}

fn score(forecaster: Forecaster, forecast: &[f64], actual: &[f64]) -> Score {
    let n = actual.len() as f64;
    let (sum, made): (f64, f64) = (forecast.iter().sum(), actual.iter().sum());
    let mean =
        |of: &dyn Fn(f64, f64) -> f64| forecast.iter().zip(actual).map(|(f, a)| of(*f, *a)).sum::<f64>() / n;
    let covariance = mean(&|f, a| (f - sum / n) * (a - made / n));
    let spread = (mean(&|f, _| (f - sum / n).powi(2)) * mean(&|_, a| (a - made / n).powi(2))).sqrt();
    Score {
        forecaster,
        sum,
        bias: (made > 0.0).then(|| sum / made - 1.0),
        mean_absolute_error: mean(&|f, a| (f - a).abs()),
        root_mean_squared_error: mean(&|f, a| (f - a).powi(2)).sqrt(),
        correlation: (spread > 1e-12).then(|| covariance / spread),
    }
}

fn by_frequency(customers: &[Customer], expected: &[f64]) -> Vec<FrequencyClass> {
    let mut classes: BTreeMap<u32, (u64, f64, f64)> = BTreeMap::new();
    for (customer, expected) in customers.iter().zip(expected) {
        let class = classes.entry(customer.frequency.min(LAST_CLASS)).or_default();
        class.0 += 1;
        class.1 += expected;
        class.2 += f64::from(customer.after);
    }
    let class = |(frequency, (customers, expected, actual))| {
        let n = customers as f64;
        FrequencyClass { frequency, customers, expected: expected / n, actual: actual / n }
    };
    classes.into_iter().map(class).collect()
}
