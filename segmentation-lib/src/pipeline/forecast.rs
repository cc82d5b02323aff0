//! What a run's customers are expected to do next.

use crate::error::Error;
use crate::features::{CustomerTable, FEATURES, Feature, FeaturesError, Needs, feature};
use crate::lifetime::{
    self, CustomerForecast, ForecastParams, Frequency, History, LifetimeError, Outlook, PurchaseFit,
    Purchases, Spend, SpendFit, summarise,
};
use crate::look_back;
use crate::record::{
    Forecast, ForecastModel, ForecastRow, ForecastSum, Forecasts, Interval, Localized, Snapshot, Warning,
    WarningKind,
};
use crate::store::Forgotten;
use crate::transactions::Transactions;

/// Digits after the point that are kept of a probability or a number of purchases.
const DIGITS: f64 = 1e6;

/// Everything that a forecast adds to a run.
pub(super) struct Foreseen {
    model: ForecastModel,
    end: String,
    fits: (PurchaseFit, Option<SpendFit>),
    params: ForecastParams,
    /// Ascending by customer id, with the ids.
    customers: Vec<(String, CustomerForecast)>,
    has_money: bool,
}

/// The features of these names that need a forecast.
pub(super) fn wanted(names: impl Iterator<Item = impl AsRef<str>>) -> Vec<&'static Feature> {
    let known = names.filter_map(|name| feature(name.as_ref()));
    known.filter(|feature| feature.needs == Needs::Forecast).collect()
}

/// The table with what is expected, as it was known the day before its reference date: by the models of `former` where it
/// is given, else by models fitted to what was known. Beside the wanted features it has the others of which the model
/// says something: names rest on them too.
///
/// # Errors
/// What cannot be fitted, or a feature that the model says nothing of.
pub(super) fn with_features(
    transactions: &Transactions,
    table: &CustomerTable,
    list: &Forgotten,
    wanted: &[&'static Feature],
    (params, former): (&ForecastParams, Option<&Forecast>),
) -> Result<CustomerTable, Error> {
    let observed = Observed::of(transactions, table, list)?;
    let customers = match former {
        Some(former) => with_model(&observed, former)?.customers,
        None => {
            observed.named(lifetime::Forecast::new(&observed.purchases.rows, observed.end, params)?.customers)
        }
    };
    let ids = table.ids()?;
    let of =
        |id: &String| customers.binary_search_by(|(known, _)| known.cmp(id)).ok().map(|at| &customers[at].1);
    let column = |feature: &Feature| -> Option<Vec<f64>> {
        let value = |id| of(id).map_or(Some(0.0), |customer| value_of(feature, customer, observed.has_money));
        ids.iter().map(value).collect()
    };
    let all = FEATURES.iter().filter(|feature| feature.needs == Needs::Forecast);
    let columns: Vec<_> =
        all.filter_map(|feature| column(feature).map(|values| (feature.name, values))).collect();
    match wanted.iter().find(|wanted| columns.iter().all(|(name, _)| *name != wanted.name)) {
        Some(missing) => Err(FeaturesError::NotForecast { feature: missing.name }.into()),
        None => Ok(table.with_forecast(columns)?),
    }
}

/// None where the model says nothing of it.
fn value_of(feature: &Feature, customer: &CustomerForecast, has_money: bool) -> Option<f64> {
    match feature.name {
        "alive" => customer.alive,
        "expected_value" => {
            customer.expected_value().filter(|_| has_money).map(|value| (value * 100.0).round())
        }
        _ => Some((customer.expected_purchases * DIGITS).round() / DIGITS),
    }
}

/// What a run knows of its customers' purchases.
struct Observed {
    purchases: Purchases,
    end: chrono::NaiveDate,
    has_money: bool,
}

impl Observed {
    fn of(transactions: &Transactions, customers: &CustomerTable, list: &Forgotten) -> Result<Self, Error> {
        let purchases = Purchases::of(transactions)?.without(|id| list.contains(id));
        let end = customers.reference().days_before(1).day();
        Ok(Self { purchases, end, has_money: customers.has_money() })
    }

    fn named(&self, customers: Vec<CustomerForecast>) -> Vec<(String, CustomerForecast)> {
        let id = |c: &CustomerForecast| self.purchases.ids[c.summary.customer as usize].clone();
        customers.into_iter().map(|customer| (id(&customer), customer)).collect()
    }
}

/// Fits, tries on the last days and forecasts. `earlier` are the customers of the look-back by id, with the segment that
/// they are placed in. The inner error says why nothing can be fitted.
pub(super) fn fitted(
    transactions: &Transactions,
    customers: &CustomerTable,
    list: &Forgotten,
    earlier: &[(String, u32)],
    params: &ForecastParams,
) -> Result<Result<Foreseen, LifetimeError>, Error> {
    let observed = Observed::of(transactions, customers, list)?;
    // Of another day than that of the look-back the segments are not known.
    let known = params.horizon_days == look_back::DAYS;
    let segments: Vec<u32> = observed.purchases.ids.iter().map(|id| segment_of(earlier, id, known)).collect();
    let rows = &observed.purchases.rows;
    let of = |customer: u32| segments[customer as usize];
    let forecast = match lifetime::Forecast::with_segments(rows, observed.end, params, of) {
        Ok(forecast) => forecast,
        Err(reason) => return Ok(Err(reason)),
    };
    let reason = |reason: &LifetimeError| reason.localized();
    let spend = forecast.spend.as_ref().ok().filter(|_| observed.has_money).cloned();
    let no_money = || Localized {
        en: "the data holds no money".to_owned(),
        pt_br: "os dados não têm valores em dinheiro".to_owned(),
    };
    let no_spend = spend.is_none().then(|| forecast.spend.as_ref().err().map_or_else(no_money, reason));
    let model = ForecastModel {
        fitted_until: observed.end.to_string(),
        purchases: forecast.purchases.recorded(params.unit),
        instead: forecast.instead.as_ref().map(LifetimeError::cause),
        spend: spend.as_ref().map(SpendFit::recorded),
        no_spend,
        trial: forecast.holdout.as_ref().ok().map(|held| held.trial.clone()),
        no_trial: forecast.holdout.as_ref().err().map(reason),
    };
    Ok(Ok(Foreseen {
        model,
        end: observed.end.to_string(),
        customers: observed.named(forecast.customers),
        fits: (forecast.purchases, spend),
        params: *params,
        has_money: observed.has_money,
    }))
}

/// The segment on the day of the look-back, counted from 1; 0 where it is not known.
fn segment_of(earlier: &[(String, u32)], id: &str, known: bool) -> u32 {
    let at = earlier.binary_search_by(|(earlier, _)| earlier.as_str().cmp(id)).ok().filter(|_| known);
    at.map_or(0, |at| earlier[at].1 + 1)
}

/// Forecasts with what a published run fitted.
pub(super) fn applied(
    transactions: &Transactions,
    customers: &CustomerTable,
    list: &Forgotten,
    former: &Forecast,
) -> Result<Result<Foreseen, LifetimeError>, Error> {
    let observed = Observed::of(transactions, customers, list)?;
    Ok(with_model(&observed, former))
}

fn with_model(observed: &Observed, former: &Forecast) -> Result<Foreseen, LifetimeError> {
    let ForecastModel { purchases, spend, .. } = &former.model;
    let fits = (PurchaseFit::of_record(purchases)?, spend.as_ref().map(SpendFit::of_record).transpose()?);
    let params = ForecastParams {
        family: purchases.family,
        or_others: false,
        horizon_days: former.horizon_days,
        unit: purchases.unit,
    };
    let summaries = summarise(&observed.purchases.rows, observed.end);
    let models = (&fits.0.model, fits.1.as_ref().map(|fit| &fit.model));
    let customers = lifetime::customers(models, &summaries, observed.end, &params)?;
    Ok(Foreseen {
        model: former.model.clone(),
        end: observed.end.to_string(),
        customers: observed.named(customers),
        fits,
        params,
        has_money: observed.has_money,
    })
}

impl Foreseen {
    /// Adds the forecasts to a run that is not sealed yet: everybody's, the segments' and the sum.
    ///
    /// # Errors
    /// As [`PurchaseFit::expected_together`].
    pub(super) fn add_to(self, snapshot: &mut Snapshot) -> Result<(), LifetimeError> {
        let of_row: Vec<Option<&CustomerForecast>> = snapshot
            .assignments
            .iter()
            .map(|a| {
                let at = self.customers.binary_search_by(|(id, _)| id.as_str().cmp(&a.customer_id)).ok()?;
                Some(&self.customers[at].1)
            })
            .collect();
        let rows: Vec<Option<ForecastRow>> = of_row.iter().map(|c| c.map(|c| self.row(c))).collect();
        let known = self.known(&of_row)?;
        let sum = |segment: Option<u16>| {
            let member = |at: &usize| segment.is_none_or(|id| snapshot.assignments[*at].segment_id == id);
            let members: Vec<usize> = (0..rows.len()).filter(member).collect();
            let sum = ForecastSum::of(members.iter().filter_map(|&at| rows[at].as_ref()));
            self.with_intervals(sum, members.iter().filter_map(|&at| known[at].as_ref()))
        };
        let of_segments: Vec<ForecastSum> =
            snapshot.segments.iter().map(|segment| sum(Some(segment.id))).collect::<Result<_, _>>()?;
        let all = sum(None)?;
        for (segment, sum) in snapshot.segments.iter_mut().zip(of_segments) {
            segment.forecast = Some(sum);
        }
        let Self { model, end, params: ForecastParams { horizon_days, .. }, .. } = self;
        snapshot.manifest.forecast = Some(Forecast { end, horizon_days, all, model });
        snapshot.forecasts = Some(Forecasts { rows });
        Ok(())
    }

    fn row(&self, customer: &CustomerForecast) -> ForecastRow {
        let summary = &customer.summary;
        let rounded = |value: f64| ((value * DIGITS).round() / DIGITS) as f32;
        // A cast saturates: no purchase is worth that much.
        let pennies = |amount: Option<f64>| {
            amount.filter(|_| self.has_money).map(|amount| (amount * 100.0).round() as i64)
        };
        ForecastRow {
            purchases: summary.purchase_days,
            span_days: (summary.last - summary.first).num_days() as u32,
            value_pennies: self.has_money.then_some(summary.first_pennies + summary.repeat_pennies),
            expected_purchases: rounded(customer.expected_purchases),
            alive: customer.alive.map(rounded),
            expected_spend_pennies: pennies(customer.expected_spend),
            next_purchase: customer.next_purchase,
        }
    }

    /// What each row's sums are made of; one pass serves the segments and all customers.
    fn known(&self, of_row: &[Option<&CustomerForecast>]) -> Result<Vec<Option<Known>>, LifetimeError> {
        let ForecastParams { unit, horizon_days, .. } = self.params;
        let histories: Vec<History> = of_row.iter().flatten().map(|c| c.summary.history(unit)).collect();
        let ahead = unit.of_days(i64::from(horizon_days));
        let mut outlooks = self.fits.0.outlooks(&lifetime::Histories::new(&histories)?, ahead)?.into_iter();
        let mut known = |customer: &CustomerForecast| {
            let outlook = outlooks.next()?;
            Some(Known { outlook, spend: customer.summary.spend(Frequency::Repeat) })
        };
        Ok(of_row.iter().map(|customer| customer.and_then(&mut known)).collect())
    }

    fn with_intervals<'a>(
        &self,
        sum: ForecastSum,
        customers: impl Iterator<Item = &'a Known> + Clone,
    ) -> Result<ForecastSum, LifetimeError> {
        let (purchases, spend) = (&self.fits.0, self.fits.1.as_ref());
        let together = purchases.sum_of(customers.clone().map(|known| &known.outlook));
        let each = || customers.clone().map(|known| (&known.outlook, &known.spend));
        let value = spend.map(|spend| purchases.value_of(spend, each())).transpose()?;
        let pennies = |(low, high): (f64, f64)| interval(((100.0 * low).round(), (100.0 * high).round()));
        Ok(ForecastSum {
            purchases_interval: Some(interval(together.interval())),
            value_interval_pennies: value.and_then(|value| value.interval()).map(pennies),
            ..sum
        })
    }
}

/// What the sums over groups that a customer is in are made of.
struct Known {
    outlook: Outlook,
    spend: Spend,
}

fn interval((low, high): (f64, f64)) -> Interval {
    Interval { low, high }
}

/// Says that a run has no forecast.
pub(super) fn none(reason: &LifetimeError) -> Warning {
    let Localized { en, pt_br } = reason.localized();
    let text = Localized { en: format!("no forecast: {en}"), pt_br: format!("sem previsão: {pt_br}") };
    Warning { kind: WarningKind::NoForecast, text }
}
