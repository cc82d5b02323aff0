//! A run of the model in force.

use std::time::Instant;

use super::{Clock, Pipeline, Run, Stages, coefficients, rates};
use crate::error::Error;
use crate::features::CustomerTable;
use crate::look_back::{LookBack, Rates};
use crate::matrix::Matrix;
use crate::model::{self, LEAST_KNOWN, ModelError};
use crate::profile;
use crate::progress::Progress;
use crate::record::{Naming, Snapshot};
use crate::transactions::Transactions;

impl Pipeline {
    /// The published run whose model this run applies, if any.
    pub(super) fn in_force(&self) -> Result<Option<&Snapshot>, ModelError> {
        let Some((former, model)) =
            self.previous.as_ref().and_then(|former| Some((former, former.manifest.model.as_ref()?)))
        else {
            return Ok(None);
        };
        if self.refit {
            return Ok(None);
        }
        if model.name != self.dataset {
            let (model, run) = (model.name.clone(), self.dataset.clone());
            return Err(ModelError::OtherData { model, run });
        }
        let currency = &former.manifest.source.currency;
        if currency.is_some() && self.currency.is_some() && *currency != self.currency {
            let named = |code: &Option<String>| code.clone().unwrap_or_default();
            return Err(ModelError::OtherCurrency { model: named(currency), run: named(&self.currency) });
        }
        Ok(Some(former))
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
        refuse_strangers(former, &customers.ids()?)?;
        let matrix = clock.time("matrix", || Matrix::scaled(&customers, &former.manifest.features))?;
        let centroid = |s: &'_ crate::record::Segment| (!s.is_erased()).then(|| s.centroid.clone());
        let centroids: Vec<Option<Vec<f64>>> = former.segments.iter().map(centroid).collect();
        let some: Vec<_> = centroids.iter().map(Option::as_deref).collect();
        let labels = clock.time("place", || model::place(matrix.values(), &some));
        let per_point = clock.time("silhouette", || coefficients(&matrix, &labels, progress))?;
        let start = Instant::now();
        let mut profiles = profile::applied(&customers, &matrix, &labels, &per_point, &former.segments)?;
        let look_back = LookBack::compute(&transactions, &customers)?;
        let rates = rates(look_back.as_ref(), matrix.scalings(), &some)?;
        for (at, segment) in profiles.segments.iter_mut().enumerate() {
            segment.came_back = rates.as_ref().map(|rates| rates.of_segment[at].into());
        }
        let mut manifest = self.manifest(&transactions, &customers, &matrix, &per_point)?;
        let fitted = &former.manifest;
        manifest.algorithm = fitted.algorithm;
        manifest.k = fitted.k;
        manifest.reason = fitted.reason.clone();
        manifest.candidates = fitted.candidates.clone();
        manifest.decision_sheet = fitted.decision_sheet.clone();
        manifest.model = fitted.model.clone();
        let period = rates.as_ref().map(Rates::period);
        manifest.naming = fitted.naming.clone().map(|naming| Naming { look_back: period, ..naming });
        manifest.seed = fitted.seed;
        self.keep_parameters_of_the_fit(&mut manifest.parameters, &fitted.parameters);
        let stages = Stages { transactions, customers, matrix, selection: None, look_back, profiles };
        let run = self.sealed(stages, manifest, &per_point);
        clock.0.push(("profile", start.elapsed()));
        run
    }
}

/// A run in which hardly anybody of the published run appears would replace it by something else. Both ascend.
fn refuse_strangers(former: &Snapshot, ids: &[String]) -> Result<(), ModelError> {
    let known = former.assignments.iter().filter(|a| ids.binary_search(&a.customer_id).is_ok()).count();
    if (known as f64) < LEAST_KNOWN * former.assignments.len() as f64 {
        let former = former.assignments.len() as u64;
        return Err(ModelError::HardlyKnown { former, known: known as u64 });
    }
    Ok(())
}
