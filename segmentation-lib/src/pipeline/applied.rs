//! A run of the model in force.

use std::collections::BTreeMap;
use std::time::Instant;

use ndarray::Array2;

use super::forecast::{self, Foreseen};
use super::sealed::Stages;
use super::{Clock, Fit, Pipeline, Run, placed, rates};
use crate::error::Error;
use crate::features::CustomerTable;
use crate::lifetime::LifetimeError;
use crate::look_back::{LookBack, Rates};
use crate::matrix::Matrix;
use crate::model::{self, LEAST_KNOWN, ModelError};
use crate::profile;
use crate::progress::Progress;
use crate::record::{
    Algorithm, FeatureScaling, Foretold, Localized, Naming, Snapshot, Warning, WarningKind, likeness,
};
use crate::transactions::Transactions;

impl Pipeline {
    /// The published run whose model this run applies, if any.
    pub(super) fn in_force(&self) -> Result<Option<&Snapshot>, ModelError> {
        let Some((former, model)) =
            self.previous.as_ref().and_then(|former| Some((former, former.manifest.model.as_ref()?)))
        else {
            return Ok(None);
        };
        if self.fit != Fit::WithoutModel {
            return Ok(None);
        }
        if model.name != self.dataset {
            let (model, run) = (model.name.clone(), self.dataset.clone());
            return Err(ModelError::OtherData { model, run });
        }
        refuse_other_currency(former, self.currency.as_deref())?;
        let named = former.manifest.naming.as_ref().map(|naming| &naming.vocabulary_sha256);
        if let (Some(given), Some(model)) = (&self.vocabulary, named)
            && !given.has_names_of(model)
        {
            let file = given.file.clone().unwrap_or_else(|| "the bundled vocabulary".to_owned());
            return Err(ModelError::OtherVocabulary { file });
        }
        Ok(Some(former))
    }

    /// The centroids of the model that a refit continues, in the units of the new matrix: none where the model was
    /// no k-means, has other features or an erased segment, or where another algorithm is asked for.
    pub(super) fn centroids_in_force(&self, matrix: &Matrix) -> Option<Array2<f64>> {
        let former = self.previous.as_ref().filter(|former| former.manifest.model.is_some())?;
        if self.fit != Fit::Continue {
            return None;
        }
        let scalings = (&former.manifest.features, matrix.scalings());
        let same_columns = scalings.0.iter().map(|f| &f.name).eq(scalings.1.iter().map(|f| &f.name));
        let asked = self.selection.algorithm.is_none_or(|only| only == Algorithm::KMeans);
        let mut centroids = model::centroids(&former.segments);
        let erased = centroids.is_any_nan();
        if former.manifest.algorithm != Algorithm::KMeans || !same_columns || !asked || erased {
            return None;
        }
        for (mut column, (then, now)) in
            centroids.columns_mut().into_iter().zip(scalings.0.iter().zip(scalings.1))
        {
            column.mapv_inplace(|value| now.apply(then.invert(value)));
        }
        Some(centroids)
    }

    /// Places the customers among the segments of the published run's model.
    pub(super) fn applied(
        &self,
        former: &Snapshot,
        transactions: Transactions,
        customers: CustomerTable,
        clock: &mut Clock,
        progress: &Progress,
    ) -> Result<Run, Error> {
        refuse_other_currency(former, self.currency_of(&transactions))?;
        refuse_strangers(former, &customers.ids()?)?;
        let wanted = forecast::wanted(former.manifest.features.iter().map(|scaling| &scaling.name));
        let in_force = former.manifest.forecast.as_ref();
        let customers = self.with_forecast(&transactions, &customers, &wanted, in_force)?;
        let matrix = clock.time("matrix", || Matrix::scaled(&customers, &former.manifest.features))?;
        let centroids = model::centroids(&former.segments);
        let labels = clock.time("place", || model::place(matrix.values(), &centroids));
        let per_point = clock
            .time("silhouette", || self.coefficients(&matrix, &labels, former.manifest.seed, progress))?;
        let look_back = clock.time("look back", || self.look_back(&transactions, &customers, &wanted))?;
        let sampled = (self.selection.max_rows, former.manifest.seed);
        let foresight = clock.time("foresight", || {
            foretold(look_back.as_ref(), matrix.scalings(), &centroids, sampled, progress)
        })?;
        let earlier = placed(look_back.as_ref(), matrix.scalings(), &centroids)?;
        let foreseen =
            clock.time("forecast", || self.foreseen(&transactions, &customers, &earlier, former))?;
        let start = Instant::now();
        let mut profiles = profile::applied(&customers, &matrix, &labels, &per_point, &former.segments)?;
        let rates = rates(look_back.as_ref(), &earlier, centroids.nrows());
        for (at, segment) in profiles.segments.iter_mut().enumerate() {
            segment.came_back = rates.as_ref().map(|rates| rates.of_segment[at].into());
        }
        let mut manifest = self.manifest(&transactions, &customers, &matrix, &per_point)?;
        let fitted = &former.manifest;
        manifest.algorithm = fitted.algorithm;
        manifest.k = fitted.k;
        manifest.reason = fitted.reason.clone();
        manifest.candidates = fitted.candidates.clone();
        manifest.foresight = foresight;
        manifest.decision_sheet = fitted.decision_sheet.clone();
        manifest.model = fitted.model.clone();
        let period = rates.as_ref().map(Rates::period);
        manifest.naming = fitted.naming.clone().map(|naming| Naming { look_back: period, ..naming });
        manifest.seed = fitted.seed;
        // Data that name no currency are still counted in the model's: else a third run could bring another.
        if let (None, Some(code)) = (&manifest.source.currency, &fitted.source.currency) {
            manifest.warnings.push(unnamed(code));
            manifest.source.currency = Some(code.clone());
        }
        self.keep_parameters_of_the_fit(&mut manifest.parameters, &fitted.parameters);
        let resamples = former.co_assignment.as_ref().map(|before| before.resamples.clone());
        let resamples = resamples.unwrap_or_default();
        let selection = None;
        let stages =
            Stages { transactions, customers, matrix, selection, look_back, profiles, foreseen, resamples };
        let vocabulary = self.vocabulary(&former.manifest.features)?;
        let run = self.sealed(stages, manifest, &per_point, &vocabulary);
        clock.0.push(("profile", start.elapsed()));
        run
    }
}

impl Pipeline {
    /// The forecast by what was fitted with the model; fitted now where it has none.
    fn foreseen(
        &self,
        transactions: &Transactions,
        customers: &CustomerTable,
        earlier: &[(String, u32)],
        former: &Snapshot,
    ) -> Result<Option<Result<Foreseen, LifetimeError>>, Error> {
        let Some(params) = self.forecast_of(transactions) else { return Ok(None) };
        match &former.manifest.forecast {
            Some(before) => forecast::applied(transactions, customers, &self.forgotten, before).map(Some),
            None => forecast::fitted(transactions, customers, &self.forgotten, earlier, params).map(Some),
        }
    }
}

/// What the segments in force foretold of the days before this run. None for want of a look-back, and after an erasure
/// that took a whole segment with its place.
fn foretold(
    look_back: Option<&LookBack>,
    scalings: &[FeatureScaling],
    centroids: &Array2<f64>,
    (most, seed): (usize, u64),
    progress: &Progress,
) -> Result<Option<Foretold>, Error> {
    let Some(look_back) = look_back.filter(|_| !centroids.is_any_nan()) else { return Ok(None) };
    let Some(hindsight) = look_back.hindsight(scalings)? else { return Ok(None) };
    Ok(hindsight.foretold(centroids, most, seed, progress)?)
}

/// Centroids in one currency place nobody who pays in another.
fn refuse_other_currency(former: &Snapshot, now: Option<&str>) -> Result<(), ModelError> {
    match (former.manifest.source.currency.as_deref(), now) {
        (Some(model), Some(run)) if model != run => {
            Err(ModelError::OtherCurrency { model: model.to_owned(), run: run.to_owned() })
        }
        _ => Ok(()),
    }
}

/// A run in which hardly anybody of the published run appears would replace it by something else. Both ascend.
fn refuse_strangers(former: &Snapshot, ids: &[String]) -> Result<(), ModelError> {
    let known = former.assignments.iter().filter(|a| ids.binary_search(&a.customer_id).is_ok()).count();
    if (known as f64) < LEAST_KNOWN * former.assignments.len() as f64 {
        let respelled = respelled(former, ids);
        let former = former.assignments.len() as u64;
        return Err(ModelError::HardlyKnown { former, known: known as u64, respelled });
    }
    Ok(())
}

/// The first id that the published run writes otherwise, with how it does.
fn respelled(former: &Snapshot, ids: &[String]) -> Option<(String, String)> {
    let known = former.assignments.iter().map(|row| row.customer_id.as_str());
    let forms: BTreeMap<String, &str> = known.map(|id| (likeness(id), id)).collect();
    let mut pairs = ids.iter().filter_map(|id| Some((*forms.get(&likeness(id))?, id)));
    let (before, now) = pairs.find(|(before, now)| before != now)?;
    Some((before.to_owned(), now.clone()))
}

/// Said of data that name no currency, where the run before had one.
fn unnamed(code: &str) -> Warning {
    Warning {
        kind: WarningKind::Currencies,
        text: Localized {
            en: format!("the data name no currency: they count in {code}, as in the run before"),
            pt_br: format!("os dados não dizem a moeda: contam em {code}, como na execução anterior"),
        },
    }
}
