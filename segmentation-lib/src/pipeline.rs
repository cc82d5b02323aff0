//! One run, from purchase records to a sealed snapshot: every stage in order, every result kept.
//!
//! [`Pipeline`] says how a run is made, [`Pipeline::run`] makes it, [`Run`] holds what each stage gave.
//! The command line, the examples and the notebooks all come this way. A caller who walks the stages alone
//! joins them by [`Pipeline::finish`].
//!
//! Where a run is published already, its model stays in force: the run places its customers among the
//! segments of that model and fits nothing. Without one, or where [`Pipeline::fit`] asks for it, a model is fitted.
//!
//! ```
//! use segmentation_lib::pipeline::{Fit, Pipeline};
//! use segmentation_lib::progress::Progress;
//!
//! # let shop = std::path::PathBuf::from("tests/data/shop.csv");
//! let first = Pipeline::default().run(&[&shop], &Progress::silent())?;
//! let next = Pipeline { previous: Some(first.snapshot.clone()), ..Pipeline::default() };
//! let night = next.run(&[&shop], &Progress::silent())?;
//! assert_eq!(night.snapshot.manifest.model, first.snapshot.manifest.model);
//! let refit = Pipeline { fit: Fit::Continue, ..next }.run(&[&shop], &Progress::silent())?;
//! assert!(refit.selection.is_some());
//! # Ok::<(), segmentation_lib::Error>(())
//! ```

mod applied;
mod campaign;
mod co_assigned;
mod fitted;
mod forecast;
mod forgotten;
mod parameters;
mod sealed;

pub use self::campaign::lift_since;
pub use self::parameters::CONTINUED;
use self::parameters::VOCABULARY;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::Array2;

use crate::engine::EngineError;
use crate::error::Error;
use crate::features::{CustomerTable, Feature, FeaturesError, Needs, feature};
use crate::lifetime::ForecastParams;
use crate::look_back::{LookBack, Rates};
use crate::matrix::{Matrix, MatrixParams};
use crate::model;
use crate::profile::Profiles;
use crate::progress::Progress;
use crate::record::{FeatureScaling, Forecast, HoldoutParams, Segment, Snapshot};
use crate::selection::{Selection, SelectionParams, ValidationParams, decision_sheet, select};
use crate::store::Forgotten;
use crate::transactions::{self, ReadOptions, Transactions};
use crate::vocabulary::{Vocabulary, VocabularyError};

/// How a run is made: the parameters of every stage, and what it continues.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Catalogue name of the data, or `custom`.
    pub dataset: String,
    /// ISO 4217 code of the amounts, when known.
    pub currency: Option<String>,
    /// Reading and cleaning.
    pub read: ReadOptions,
    /// Features, transform and scaling.
    pub matrix: MatrixParams,
    /// Whether features that need money are left out where the data holds none; else they are refused. True by
    /// default: then the features are a proposal.
    pub features_by_data: bool,
    /// The clusterings compared and the choice.
    pub selection: SelectionParams,
    /// Where given, the decision sheet is made.
    pub validation: Option<ValidationParams>,
    /// What customers are expected to do next; none makes no forecast. By default Pareto/NBD, 90 days ahead.
    pub forecast: Option<ForecastParams>,
    /// The names of segments, which a fit gives and a model keeps, and the RFM groups; none takes that of the
    /// published run, else the bundled one.
    pub vocabulary: Option<Vocabulary>,
    /// The published run: its model stays in force, and names continue through a refit. None fits and names
    /// afresh.
    pub previous: Option<Snapshot>,
    /// Whether a model is fitted even where `previous` has one.
    pub fit: Fit,
    /// Who is held out, so that what a campaign brings can be measured; none holds nobody out. By default nobody.
    pub holdout: Option<HoldoutParams>,
    /// The run whose campaign is measured by what its customers did since, where it held some out; none takes `previous`.
    pub campaign: Option<Snapshot>,
    /// Customers who take no part.
    pub forgotten: Forgotten,
    /// Creation time, RFC 3339, UTC; none takes the beginning of the reference date, so that a run depends on its
    /// data alone.
    pub created_at: Option<String>,
}

/// When a model is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fit {
    /// Where none is in force.
    #[default]
    WithoutModel,
    /// Always. A k-means in force is continued: the fit starts from its centroids, and its number of segments is
    /// kept as long as they are useful, hold and foretell enough.
    Continue,
    /// Always, and chosen as if none were in force; names continue nevertheless.
    Afresh,
}

impl Default for Pipeline {
    /// Data named `custom` in no known currency, the defaults of each stage, a first fit, nobody forgotten.
    fn default() -> Self {
        Self {
            dataset: "custom".to_owned(),
            currency: None,
            read: ReadOptions::default(),
            matrix: MatrixParams::default(),
            features_by_data: true,
            selection: SelectionParams::default(),
            validation: None,
            forecast: Some(ForecastParams::default()),
            vocabulary: None,
            previous: None,
            fit: Fit::default(),
            holdout: None,
            campaign: None,
            forgotten: Forgotten::default(),
            created_at: None,
        }
    }
}

/// A run with the result of every stage. Rows of `customers`, `matrix` and the clusterings agree.
#[derive(Debug)]
pub struct Run {
    /// The cleaned transactions, with the ledger.
    pub transactions: Transactions,
    /// One row per customer.
    pub customers: CustomerTable,
    /// What was clustered.
    pub matrix: Matrix,
    /// The clusterings, and which was chosen; none where a model was applied.
    pub selection: Option<Selection>,
    /// The customers of an earlier day and what they did next; none where the history is too short.
    pub look_back: Option<LookBack>,
    /// The segments, and the segment of each row.
    pub profiles: Profiles,
    /// What is published: sealed.
    pub snapshot: Snapshot,
    /// Wall time of each stage that [`Pipeline::run`] went through, in order.
    pub stages: Vec<(&'static str, Duration)>,
}

impl Run {
    /// The segment of a customer. Cost O(log n).
    pub fn segment_of(&self, customer_id: &str) -> Option<&Segment> {
        self.snapshot.segment_of(customer_id)
    }
}

/// Wall time of each stage.
#[derive(Default)]
struct Clock(Vec<(&'static str, Duration)>);

impl Clock {
    fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.0.push((stage, start.elapsed()));
        result
    }
}

impl Pipeline {
    /// From files to a sealed snapshot; nothing is published. Cost: that of the stages, mostly
    /// [`select`]'s O(n² d) for n customers and d features.
    ///
    /// # Errors
    /// That of the stage that failed.
    pub fn run(&self, inputs: &[impl AsRef<Path>], progress: &Progress) -> Result<Run, Error> {
        let inputs: Vec<PathBuf> = inputs.iter().map(|path| path.as_ref().to_owned()).collect();
        self.run_from(|| Ok(transactions::read(&inputs, &self.read, progress)?), progress)
    }

    /// As [`run`](Self::run), from the transactions that `read` gives, wherever they come from.
    ///
    /// # Errors
    /// That of `read` or of the stage that failed.
    pub fn run_from<E: From<Error>>(
        &self,
        read: impl FnOnce() -> Result<Transactions, E>,
        progress: &Progress,
    ) -> Result<Run, E> {
        // Before anything is read: what does not fit the model in force need not be.
        let in_force = self.in_force().map_err(Error::from)?;
        self.check_holdout().map_err(Error::from)?;
        let mut clock = Clock::default();
        let transactions = clock.time("read", read)?;
        Ok(self.on_transactions(in_force, transactions, clock, progress)?)
    }

    fn on_transactions(
        &self,
        in_force: Option<&Snapshot>,
        transactions: Transactions,
        mut clock: Clock,
        progress: &Progress,
    ) -> Result<Run, Error> {
        let customers = clock.time("features", || self.customers(&transactions))?;
        if let Some(former) = in_force {
            let mut run = self.applied(former, transactions, customers, &mut clock, progress)?;
            run.stages = clock.0;
            return Ok(run);
        }
        let wanted = forecast::wanted(self.matrix.features.iter());
        let customers = self.with_forecast(&transactions, &customers, &wanted, None)?;
        let matrix = clock.time("matrix", || Matrix::build(&customers, &self.matrix_params(&customers)))?;
        let look_back = clock.time("look back", || self.look_back(&transactions, &customers, &wanted))?;
        let selection = self.selected(&matrix, look_back.as_ref(), &mut clock, progress)?;
        let start = Instant::now();
        let mut run = self.finish(transactions, customers, matrix, look_back, selection, progress)?;
        run.stages = clock.0;
        run.stages.push(("profile", start.elapsed()));
        Ok(run)
    }

    /// The table with the features of a forecast that are wanted: by the models of `former`, or fitted to what was known
    /// the day before the table's reference date.
    fn with_forecast(
        &self,
        transactions: &Transactions,
        table: &CustomerTable,
        wanted: &[&'static Feature],
        former: Option<&Forecast>,
    ) -> Result<CustomerTable, Error> {
        match (wanted.first(), &self.forecast) {
            (None, _) => Ok(table.clone()),
            (Some(feature), None) => Err(FeaturesError::WithoutForecast { feature: feature.name }.into()),
            (Some(_), Some(params)) => {
                forecast::with_features(transactions, table, &self.forgotten, wanted, (params, former))
            }
        }
    }

    /// The look-back; what its customers were expected to do is fitted at its cut-off, so that nothing later is in it.
    fn look_back(
        &self,
        transactions: &Transactions,
        customers: &CustomerTable,
        wanted: &[&'static Feature],
    ) -> Result<Option<LookBack>, Error> {
        let Some(look_back) = LookBack::compute(transactions, customers)? else { return Ok(None) };
        match self.with_forecast(transactions, &look_back.customers, wanted, None) {
            Ok(customers) => Ok(Some(LookBack { customers, ..look_back })),
            // What was known then is too little for the features: too short a history for a look-back.
            Err(Error::Lifetime(_) | Error::Features(FeaturesError::NotForecast { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The comparison and the choice, with the decision sheet where it was asked for.
    fn selected(
        &self,
        matrix: &Matrix,
        look_back: Option<&LookBack>,
        clock: &mut Clock,
        progress: &Progress,
    ) -> Result<Selection, Error> {
        let hindsight = match look_back {
            Some(look_back) => look_back.hindsight(matrix.scalings())?,
            None => None,
        };
        let mut params = self.selection.clone();
        params.try_all |= self.validation.is_some();
        params.from = self.centroids_in_force(matrix);
        let chosen = || select(matrix.values(), hindsight.as_ref(), &params, progress);
        let mut selection = clock.time("cluster", chosen)?;
        if let Some(validation) = &self.validation {
            let sheet = || decision_sheet(matrix.values(), &selection, &params, validation, progress);
            selection.decision_sheet = Some(clock.time("validate", sheet)?);
        }
        Ok(selection)
    }

    /// The matrix that is asked for; where the features may follow the data and it holds no money, without those that
    /// need it.
    fn matrix_params(&self, customers: &CustomerTable) -> MatrixParams {
        let mut params = self.matrix.clone();
        if self.features_by_data && !customers.has_money() {
            let needs_money = |name: &str| feature(name).is_some_and(|feature| feature.needs == Needs::Money);
            params.features.retain(|name| !needs_money(name));
        }
        params
    }

    /// One row per customer who takes part. The reference date is that of all transactions.
    pub fn customers(&self, transactions: &Transactions) -> Result<CustomerTable, Error> {
        let table = CustomerTable::compute(transactions, self.read.reference)?;
        forgotten::left_out(transactions, table, &self.forgotten)
    }

    /// The forecast that is wanted; none where only sums are known, which no model can be fitted to.
    fn forecast_of(&self, transactions: &Transactions) -> Option<&ForecastParams> {
        self.forecast.as_ref().filter(|_| transactions.summed().is_none())
    }

    /// The vocabulary of this run, whose segments are made of these features. That of the published run is in it.
    fn vocabulary(&self, features: &[FeatureScaling]) -> Result<Cow<'_, Vocabulary>, VocabularyError> {
        if let Some(given) = &self.vocabulary {
            return Ok(Cow::Borrowed(given));
        }
        let Some((text, file)) = self.published_vocabulary() else {
            let ahead = !forecast::wanted(features.iter().map(|scaling| &scaling.name)).is_empty();
            let own = if ahead { Vocabulary::bundled_with_outlook } else { Vocabulary::bundled };
            return Ok(Cow::Owned(own()));
        };
        Vocabulary::parse(text, file.unwrap_or("the model's vocabulary")).map(Cow::Owned)
    }

    /// The text of the vocabulary that the published run keeps, and its file's name; none for the bundled one.
    fn published_vocabulary(&self) -> Option<(&str, Option<&str>)> {
        let former = self.previous.as_ref()?;
        let file = former.manifest.parameters.get(VOCABULARY).and_then(serde_json::Value::as_str);
        Some((former.vocabulary.as_deref()?, file))
    }

    /// Silhouette coefficients of the customers as they are placed.
    fn coefficients(
        &self,
        matrix: &Matrix,
        labels: &[u32],
        seed: u64,
        progress: &Progress,
    ) -> Result<Vec<f64>, EngineError> {
        model::coefficients(matrix.values(), labels, (self.selection.exact_silhouettes, seed), progress)
    }
}

/// The customers of the look-back by id, with the place of the centroid that is nearest to them as they stood.
fn placed(
    look_back: Option<&LookBack>,
    scalings: &[FeatureScaling],
    centroids: &Array2<f64>,
) -> Result<Vec<(String, u32)>, Error> {
    let Some(look_back) = look_back else { return Ok(Vec::new()) };
    let matrix = Matrix::scaled(&look_back.customers, scalings)?;
    let labels = model::place(matrix.values(), centroids);
    Ok(matrix.ids().iter().cloned().zip(labels).collect())
}

/// How many of them came back.
fn rates(look_back: Option<&LookBack>, placed: &[(String, u32)], segments: usize) -> Option<Rates> {
    let labels: Vec<u32> = placed.iter().map(|(_, label)| *label).collect();
    look_back.map(|look_back| look_back.rates(&labels, segments))
}
