//! Every customer's forecast, from the purchases alone.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::summary::purchase_days;
use super::{
    ExpectedSum, Family, Frequency, Histories, History, Holdout, HoldoutParams, LifetimeError, Purchase,
    PurchaseFit, PurchaseModel, Spend, SpendFit, SpendModel, Summary, TimeUnit, summarise,
};

/// What is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastParams {
    /// How customers leave.
    pub family: Family,
    /// Days ahead.
    pub horizon_days: u32,
    /// Unit of the fitted parameters.
    pub unit: TimeUnit,
}

impl Default for ForecastParams {
    /// Pareto/NBD, 90 days, weeks.
    fn default() -> Self {
        Self { family: Family::default(), horizon_days: 90, unit: TimeUnit::default() }
    }
}

/// One customer, past and to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CustomerForecast {
    /// The past.
    pub summary: Summary,
    /// Purchases to expect within the horizon.
    pub expected_purchases: f64,
    /// Probability that the customer is still one; see [`PurchaseModel::alive`] for what it is worth.
    pub alive: f64,
    /// What a purchase is expected to bring; none without a model of value.
    pub expected_spend: Option<f64>,
    /// Day by which the customer, if still one, has bought again with a chance of one half. None beyond the
    /// calendar.
    pub next_purchase: Option<NaiveDate>,
}

impl CustomerForecast {
    /// What the customer is expected to bring within the horizon.
    pub fn expected_value(&self) -> Option<f64> {
        self.expected_spend.map(|spend| spend * self.expected_purchases)
    }
}

/// The forecasts of all customers, with what they rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// What was asked for.
    pub params: ForecastParams,
    /// Last day of the data: horizons start after it.
    pub end: NaiveDate,
    /// The model of repeat purchases.
    pub purchases: PurchaseFit,
    /// Purchases of all customers together within the horizon.
    pub together: ExpectedSum,
    /// The model of value, or why there is none: then the forecast goes on without values.
    pub spend: Result<SpendFit, LifetimeError>,
    /// The same model tried on the last `horizon_days` of the data, or why it could not be.
    pub holdout: Result<Holdout, LifetimeError>,
    /// Ascending by customer.
    pub customers: Vec<CustomerForecast>,
}

impl Forecast {
    /// Fits the models to all purchases up to and including `end`, tries them on the last `horizon_days`, and
    /// forecasts every customer.
    ///
    /// # Errors
    /// Where no model of repeat purchases can be fitted: see [`PurchaseModel::fit`]. What is missing for values
    /// or for the trial alone is said in the result.
    pub fn new(
        purchases: &[Purchase],
        end: NaiveDate,
        params: &ForecastParams,
    ) -> Result<Self, LifetimeError> {
        let ForecastParams { family, horizon_days, unit } = *params;
        if horizon_days == 0 {
            return Err(LifetimeError::BadHorizon { value: 0.0 });
        }
        let summaries = summarise(purchases, end);
        let histories: Vec<History> = summaries.iter().map(|s| s.history(unit)).collect();
        let histories = Histories::new(&histories)?;
        let fit = PurchaseModel::fit(family, &histories)?;
        let spend_of: Vec<Spend> = summaries.iter().map(|s| s.spend(Frequency::Repeat)).collect();
        // Without a finite mean for newcomers a forecast of value would say nothing about most customers.
        let spend = SpendModel::fit(&spend_of)
            .and_then(|fit| fit.model.expected_spend(&Spend { purchases: 0, mean: 0.0 }).map(|_| fit));
        let ahead = unit.of_days(i64::from(horizon_days));
        let model = fit.model;
        let forecasts = histories
            .each(|h| Ok((model.expected_purchases(h, ahead)?, model.alive(h), model.median_wait(h))))?;
        let customers =
            forecasts.into_iter().zip(&summaries).zip(&spend_of).map(|((forecast, summary), spent)| {
                let (expected_purchases, alive, wait) = forecast;
                let expected_spend = spend.as_ref().ok().and_then(|fit| fit.model.expected_spend(spent).ok());
                let next_purchase = day_after(end, wait * unit.days());
                CustomerForecast {
                    summary: *summary,
                    expected_purchases,
                    alive,
                    expected_spend,
                    next_purchase,
                }
            });
        let customers = customers.collect();
        let together = fit.expected_together(&histories, ahead)?;
        let holdout = last_period(purchases, end, params);
        Ok(Self { params: *params, end, purchases: fit, together, spend, holdout, customers })
    }

    /// Value to expect of all customers together; none without a model of value.
    pub fn expected_value(&self) -> Option<f64> {
        self.customers.iter().map(CustomerForecast::expected_value).sum()
    }
}

/// The model tried on the last days of the data.
fn last_period(
    purchases: &[Purchase],
    end: NaiveDate,
    params: &ForecastParams,
) -> Result<Holdout, LifetimeError> {
    let horizon = i64::from(params.horizon_days);
    let first = purchase_days(purchases).iter().map(|d| d.1).min().unwrap_or(end);
    let cut_off = end
        .checked_sub_days(Days::new(u64::from(params.horizon_days)))
        .filter(|cut_off| *cut_off >= first)
        .ok_or(LifetimeError::TooShort { known: 0, horizon })?;
    let params = HoldoutParams { family: params.family, unit: params.unit, cut_off, end };
    Holdout::new(purchases, &params, |_| 0)
}

/// The day `wait` days after `day`, rounded up; none beyond the calendar.
fn day_after(day: NaiveDate, wait: f64) -> Option<NaiveDate> {
    let days = wait.ceil();
    // A cast saturates; chrono's calendar ends long before u64's.
    (days < 1e8).then(|| day.checked_add_days(Days::new(days as u64))).flatten()
}
