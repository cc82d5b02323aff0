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
    /// Whether others are tried where the data do not determine the family: the NBD, which is taken where they give no
    /// sign that anybody leaves; else the MBG/NBD, in which like in the Pareto/NBD one-time buyers may have left too; else
    /// the BG/NBD. The one that was fitted stays with the model of the segments.
    pub or_others: bool,
    /// Days ahead.
    pub horizon_days: u32,
    /// Unit of the fitted parameters.
    pub unit: TimeUnit,
}

impl Default for ForecastParams {
    /// Pareto/NBD or else the others in their order, 90 days, weeks.
    fn default() -> Self {
        Self { family: Family::default(), or_others: true, horizon_days: 90, unit: TimeUnit::default() }
    }
}

impl ForecastParams {
    /// Name of the model on the command line and in a run's parameters: that of the family, `auto` for the Pareto/NBD or
    /// else the others.
    pub fn name(self) -> &'static str {
        if self.or_others && self.family == Family::ParetoNbd { "auto" } else { self.family.name() }
    }

    /// The model of this name; none where nothing has it.
    pub fn named(self, name: &str) -> Option<Self> {
        let families = Family::LEAVING.into_iter().chain([Family::Nbd]);
        match name {
            "auto" => Some(Self { family: Family::ParetoNbd, or_others: true, ..self }),
            _ => families.into_iter().find(|f| f.name() == name).map(|family| Self {
                family,
                or_others: false,
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
    /// Why it is not the family that was tried first.
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
    /// Where no model of repeat purchases can be fitted: see [`PurchaseModel::fit`], and [`LifetimeError::NoModel`] where
    /// others were tried too. What is missing for values
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
        let fit_of = |family| PurchaseModel::fit(family, &histories);
        let (fit, instead) = fitted(params, fit_of, |fit| fit.model.nobody_leaves(&histories))?;
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

/// What is tried where nothing tells how customers leave in the Pareto/NBD but some do, in this order.
const OTHERS: [Family; 2] = [Family::MbgNbd, Family::BgNbd];

/// The family that is asked for; where the data do not determine it and others may be tried, the first of those, with the
/// reason. Cost: a fit of each.
fn fitted(
    params: &ForecastParams,
    fit_of: impl Fn(Family) -> Result<PurchaseFit, LifetimeError>,
    nobody_leaves: impl Fn(&PurchaseFit) -> bool,
) -> Result<(PurchaseFit, Option<LifetimeError>), LifetimeError> {
    let reason = match fit_of(params.family) {
        Ok(fit) => return Ok((fit, None)),
        Err(reason) => reason,
    };
    let undetermined = matches!(reason, LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. });
    if !(undetermined && params.or_others) {
        return Err(reason);
    }
    let staying = fit_of(Family::Nbd).ok().filter(nobody_leaves);
    match staying.or_else(|| OTHERS.into_iter().find_map(|family| fit_of(family).ok())) {
        Some(fit) => Ok((fit, Some(reason))),
        None => Err(LifetimeError::NoModel { reason: Box::new(reason) }),
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

#[cfg(test)]
mod tests {
    use super::*;

    const RIDGE: LifetimeError = LifetimeError::Ridge { parameter: "beta", value: 1e7 };

    fn fit_of(family: Family) -> PurchaseFit {
        PurchaseFit {
            model: PurchaseModel::new(family, [0.5, 6.0, 0.8, 3.0]).expect("positive"),
            log_likelihood: 0.0,
            standard_errors: [0.0; 4],
            covariances: [[0.0; 4]; 4],
            gradient_norm: 0.0,
            steps: 1,
            customers: 2,
            distinct: 2,
        }
    }

    /// The family that is taken where these can be fitted.
    fn taken(
        params: ForecastParams,
        possible: &[Family],
        nobody_leaves: bool,
    ) -> Result<Family, LifetimeError> {
        let try_one = |family| if possible.contains(&family) { Ok(fit_of(family)) } else { Err(RIDGE) };
        let (fit, instead) = fitted(&params, try_one, |_| nobody_leaves)?;
        assert_eq!(instead.is_some(), fit.model.family() != params.family);
        Ok(fit.model.family())
    }

    #[test]
    fn the_others_are_tried_in_their_order_and_the_choice_is_said() {
        use Family::{BgNbd, MbgNbd, Nbd, ParetoNbd};
        let auto = ForecastParams::default();
        assert_eq!(taken(auto, &[ParetoNbd, MbgNbd, BgNbd, Nbd], true), Ok(ParetoNbd));
        assert_eq!(taken(auto, &[MbgNbd, BgNbd, Nbd], true), Ok(Nbd));
        assert_eq!(taken(auto, &[MbgNbd, BgNbd, Nbd], false), Ok(MbgNbd));
        assert_eq!(taken(auto, &[BgNbd, Nbd], false), Ok(BgNbd));
        let none = taken(auto, &[Nbd], false).expect_err("somebody leaves");
        assert_eq!(none, LifetimeError::NoModel { reason: Box::new(RIDGE) });
        assert!(!none.to_string().contains("another model"), "{none}");
        assert!(none.localized().pt_br.contains("nenhum dos modelos"), "{:?}", none.localized());
    }

    #[test]
    fn a_family_that_is_named_is_taken_or_refused() {
        let named = ForecastParams::default().named("pareto-nbd").expect("a family");
        assert_eq!(taken(named, &[Family::BgNbd], true), Err(RIDGE));
    }

    #[test]
    fn data_that_no_model_can_be_fitted_to_are_refused_for_what_they_are() {
        let few = LifetimeError::TooFewCustomers { customers: 1 };
        let refused = fitted(&ForecastParams::default(), |_| Err(few.clone()), |_| true);
        assert_eq!(refused, Err(few));
    }
}
