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
    /// Whether the NBD is taken where the data do not determine how customers leave and give no sign that anybody does.
    pub or_nbd: bool,
    /// Days ahead.
    pub horizon_days: u32,
    /// Unit of the fitted parameters.
    pub unit: TimeUnit,
}

impl Default for ForecastParams {
    /// Pareto/NBD or else NBD, 90 days, weeks.
    fn default() -> Self {
        Self { family: Family::default(), or_nbd: true, horizon_days: 90, unit: TimeUnit::default() }
    }
}

impl ForecastParams {
    /// Name of the model on the command line and in a run's parameters: that of the family, `auto` for the Pareto/NBD or
    /// else NBD.
    pub fn name(self) -> &'static str {
        if self.or_nbd && self.family == Family::ParetoNbd { "auto" } else { self.family.name() }
    }

    /// The model of this name; none where nothing has it.
    pub fn named(self, name: &str) -> Option<Self> {
        let families = Family::LEAVING.into_iter().chain([Family::Nbd]);
        match name {
            "auto" => Some(Self { family: Family::ParetoNbd, or_nbd: true, ..self }),
            _ => families.into_iter().find(|f| f.name() == name).map(|family| Self {
                family,
                or_nbd: false,
                ..self
            }),
        }
    }
}

/// One customer, past and to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CustomerForecast {
    /// The past.
    pub summary: Summary,
    /// Purchases to expect within the horizon.
    pub expected_purchases: f64,
    /// Probability that the customer is still one; see [`PurchaseModel::alive`] for what it is worth. None under the
    /// NBD, in which nobody leaves.
    pub alive: Option<f64>,
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
    /// Why it is the NBD and not the family that was asked for.
    pub instead: Option<LifetimeError>,
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
        Self::with_segments(purchases, end, params, |_| 0)
    }

    /// The same; `segment_of` names each customer's segment as of `horizon_days` before `end`, for the naive forecast
    /// from the segment's mean that the model is held against.
    ///
    /// # Errors
    /// As [`Forecast::new`].
    pub fn with_segments(
        purchases: &[Purchase],
        end: NaiveDate,
        params: &ForecastParams,
        segment_of: impl Fn(u32) -> u32,
    ) -> Result<Self, LifetimeError> {
        let ForecastParams { horizon_days, unit, .. } = *params;
        if horizon_days == 0 {
            return Err(LifetimeError::BadHorizon { value: 0.0 });
        }
        let summaries = summarise(purchases, end);
        let histories = histories(&summaries, unit)?;
        let (fit, instead) = fitted(params, &histories)?;
        let spend_of: Vec<Spend> = summaries.iter().map(|s| s.spend(Frequency::Repeat)).collect();
        // Without a finite mean for newcomers a forecast of value would say nothing about most customers.
        let spend = SpendModel::fit(&spend_of)
            .and_then(|fit| fit.model.expected_spend(&Spend { purchases: 0, mean: 0.0 }).map(|_| fit));
        let models = (&fit.model, spend.as_ref().ok().map(|fit| &fit.model));
        let customers = customers(models, &summaries, end, params)?;
        let together = fit.expected_together(&histories, unit.of_days(i64::from(horizon_days)))?;
        let family = fit.model.family();
        let holdout = last_period(purchases, end, &ForecastParams { family, ..*params }, segment_of);
        Ok(Self { params: *params, end, purchases: fit, instead, together, spend, holdout, customers })
    }

    /// Value to expect of all customers together; none without a model of value.
    pub fn expected_value(&self) -> Option<f64> {
        self.customers.iter().map(CustomerForecast::expected_value).sum()
    }
}

/// The family that is asked for; where the data do not determine how customers leave and say that nobody does, the NBD
/// with the reason.
fn fitted(
    params: &ForecastParams,
    histories: &Histories,
) -> Result<(PurchaseFit, Option<LifetimeError>), LifetimeError> {
    let reason = match PurchaseModel::fit(params.family, histories) {
        Ok(fit) => return Ok((fit, None)),
        Err(reason) => reason,
    };
    let undetermined = matches!(reason, LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. });
    if !(undetermined && params.or_nbd) {
        return Err(reason);
    }
    match PurchaseModel::fit(Family::Nbd, histories) {
        Ok(fit) if fit.model.nobody_leaves(histories) => Ok((fit, Some(reason))),
        _ => Err(reason),
    }
}

/// (x, t_x, T) of each customer.
///
/// # Errors
/// As [`Histories::new`].
pub fn histories(summaries: &[Summary], unit: TimeUnit) -> Result<Histories, LifetimeError> {
    let histories: Vec<History> = summaries.iter().map(|summary| summary.history(unit)).collect();
    Histories::new(&histories)
}

/// What models fitted before, now or elsewhere expect of each customer; `end` is the last day of the observation. Cost:
/// a forecast of each distinct history.
///
/// # Errors
/// As [`PurchaseModel::expected_purchases`].
pub fn customers(
    (purchases, spend): (&PurchaseModel, Option<&SpendModel>),
    summaries: &[Summary],
    end: NaiveDate,
    params: &ForecastParams,
) -> Result<Vec<CustomerForecast>, LifetimeError> {
    let unit = params.unit;
    let ahead = unit.of_days(i64::from(params.horizon_days));
    let leaves = purchases.family() != Family::Nbd;
    let forecast = |h: &History| {
        Ok((purchases.expected_purchases(h, ahead)?, purchases.alive(h), purchases.median_wait(h)))
    };
    let forecasts = histories(summaries, unit)?.each(forecast)?;
    let customer =
        |((expected_purchases, alive, wait), summary): ((f64, f64, f64), &Summary)| CustomerForecast {
            summary: *summary,
            expected_purchases,
            alive: leaves.then_some(alive),
            expected_spend: spend
                .and_then(|model| model.expected_spend(&summary.spend(Frequency::Repeat)).ok()),
            next_purchase: day_after(end, wait * unit.days()),
        };
    Ok(forecasts.into_iter().zip(summaries).map(customer).collect())
}

/// The model tried on the last days of the data.
fn last_period(
    purchases: &[Purchase],
    end: NaiveDate,
    params: &ForecastParams,
    segment_of: impl Fn(u32) -> u32,
) -> Result<Holdout, LifetimeError> {
    let horizon = i64::from(params.horizon_days);
    let first = purchase_days(purchases).iter().map(|d| d.1).min().unwrap_or(end);
    let cut_off = end
        .checked_sub_days(Days::new(u64::from(params.horizon_days)))
        .filter(|cut_off| *cut_off >= first)
        .ok_or(LifetimeError::TooShort { known: 0, horizon })?;
    let params = HoldoutParams { family: params.family, unit: params.unit, cut_off, end };
    Holdout::new(purchases, &params, segment_of)
}

/// The day `wait` days after `day`, rounded up; none beyond the calendar.
fn day_after(day: NaiveDate, wait: f64) -> Option<NaiveDate> {
    let days = wait.ceil();
    // A cast saturates; chrono's calendar ends long before u64's.
    (days < 1e8).then(|| day.checked_add_days(Days::new(days as u64))).flatten()
}
