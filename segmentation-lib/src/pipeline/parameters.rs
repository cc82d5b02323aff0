//! The parameters of a run as its manifest records them: by their command-line names, in the form that the
//! command line reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Pipeline;
use crate::lifetime::ForecastParams;
use crate::matrix::Matrix;
use crate::model::ModelError;
use crate::record::Manifest;
use crate::transactions::Transactions;

/// Parameters that only a fit uses.
const OF_THE_FIT: [&str; 15] = [
    "k",
    "choose",
    "min-share",
    "max-share",
    "algorithm",
    "starts",
    "features",
    "transform",
    "scaling",
    "winsorize",
    "memory-limit",
    "validate",
    "validate-rows",
    "forecast",
    "horizon",
];

/// Parameters of the cleaning that decide what the features are of: with others the same purchases are placed elsewhere.
const OF_THE_CLEANING: [&str; 6] = ["returns", "duplicates", "skip-rule", "amount-of", "merge-ids", "sales"];

/// Parameters of a campaign, which lasts until it is ended.
const OF_THE_CAMPAIGN: [&str; 2] = ["holdout", "holdout-seed"];

/// The file of the vocabulary; null for the bundled one.
pub(super) const VOCABULARY: &str = "vocabulary";

/// The id of the model whose centroids the fit began from. Such a run can be repeated only where that model is in force.
pub const CONTINUED: &str = "continued-model";

impl Pipeline {
    /// A run that applies a model records the parameters that the model was fitted with.
    pub(super) fn keep_parameters_of_the_fit(
        &self,
        parameters: &mut BTreeMap<String, Value>,
        fitted: &BTreeMap<String, Value>,
    ) {
        for name in OF_THE_FIT {
            if let Some(value) = fitted.get(name) {
                parameters.insert(name.to_owned(), value.clone());
            }
        }
    }

    /// Refuses parameters of the fit and of the cleaning that were asked for by name and are not those of the model in
    /// force. What an amount is of, and which values are sales, may be said where it was left to the data before.
    ///
    /// # Errors
    /// [`ModelError::OtherParameter`].
    pub fn refuse_other_parameters(&self, asked: &[&str]) -> Result<(), ModelError> {
        let Some(former) = self.in_force()? else { return Ok(()) };
        let (mine, fitted) = (self.parameters(), &former.manifest.parameters);
        let held = OF_THE_FIT.into_iter().chain(OF_THE_CLEANING);
        for name in held.filter(|name| asked.contains(name)) {
            let is_answer = |model: &Value| match name {
                "amount-of" => model.is_null(),
                "sales" => model.as_array().is_some_and(Vec::is_empty),
                _ => false,
            };
            if let (Some(run), Some(model)) = (mine.get(name), fitted.get(name))
                && run != model
                && !is_answer(model)
            {
                let (name, model, run) = (name.to_owned(), model.to_string(), run.to_string());
                return Err(ModelError::OtherParameter { name, model, run });
            }
        }
        // The seed stands beside the parameters.
        let (seed, model) = (self.selection.seed, former.manifest.seed);
        if asked.contains(&"seed") && seed != model {
            let (name, model, run) = ("seed".to_owned(), model.to_string(), seed.to_string());
            return Err(ModelError::OtherParameter { name, model, run });
        }
        Ok(())
    }

    /// Names the model that a refit continues.
    pub(super) fn record_what_is_continued(&self, parameters: &mut BTreeMap<String, Value>) {
        let model = self.previous.as_ref().and_then(|former| former.manifest.model.as_ref());
        parameters.extend(model.map(|model| (CONTINUED.to_owned(), json!(model.id))));
    }

    fn vocabulary_file(&self) -> Value {
        match &self.vocabulary {
            Some(given) => json!(given.file),
            None => json!(self.published_vocabulary().and_then(|(_, file)| file)),
        }
    }

    /// The parameters that the published run's model was fitted with: names and values.
    pub fn of_the_fit(manifest: &Manifest) -> impl Iterator<Item = (&'static str, &Value)> {
        recorded(&OF_THE_FIT, manifest)
    }

    /// The parameters of the published run's cleaning: names and values.
    pub fn of_the_cleaning(manifest: &Manifest) -> impl Iterator<Item = (&'static str, &Value)> {
        recorded(&OF_THE_CLEANING, manifest)
    }

    /// The parameters of the published run's campaign: names and values; none where it holds nobody out.
    pub fn of_the_campaign(manifest: &Manifest) -> impl Iterator<Item = (&'static str, &Value)> {
        recorded(&OF_THE_CAMPAIGN, manifest)
    }

    /// The parameters, with the features that the matrix has, and where the transactions come from.
    pub(super) fn parameters_of(
        &self,
        transactions: &Transactions,
        matrix: &Matrix,
    ) -> BTreeMap<String, Value> {
        let features: Vec<&str> = matrix.scalings().iter().map(|scaling| scaling.name.as_str()).collect();
        let mut parameters = self.parameters();
        parameters.insert("features".to_owned(), json!(features));
        parameters.extend(transactions.parameters().clone());
        parameters
    }

    /// Everything that decides the result, taken from the values that are used.
    pub fn parameters(&self) -> BTreeMap<String, Value> {
        let (read, matrix, selection) = (&self.read, &self.matrix, &self.selection);
        let validation = self.validation.clone().unwrap_or_default();
        let (first, last) = (*selection.k.start(), *selection.k.end());
        let pairs = [
            ("column", json!(read.mapping.pairs())),
            ("reference-date", json!(read.reference)),
            ("date-order", json!(read.date_order)),
            ("decimal", json!(read.decimal)),
            ("returns", json!(read.rules.returns)),
            ("duplicates", json!(read.rules.duplicates)),
            ("skip-rule", json!(read.rules.skipped())),
            ("currency", json!(read.currencies.keep)),
            ("rate", json!(read.currencies.rates.pairs())),
            ("amount-of", json!(read.line_money)),
            ("merge-ids", json!(read.merge_ids)),
            ("sales", json!(read.sales)),
            ("sheet", json!(read.sheets)),
            ("max-loss", json!(read.max_loss)),
            ("k", json!(if first == last { first.to_string() } else { format!("{first}..={last}") })),
            ("choose", json!(selection.criterion)),
            ("min-share", json!(selection.min_share)),
            ("max-share", json!(selection.max_share)),
            ("algorithm", json!(selection.algorithm.map_or("auto", |algorithm| algorithm.name()))),
            ("starts", json!(selection.starts)),
            ("features", json!(matrix.features)),
            ("transform", json!(matrix.transform)),
            ("scaling", json!(matrix.scaler)),
            ("winsorize", json!(matrix.winsorize.unwrap_or(0.0))),
            ("memory-limit", json!(selection.memory_limit_bytes >> 20)),
            ("validate", json!(self.validation.is_some())),
            ("validate-rows", json!(validation.max_rows)),
            ("forecast", json!(self.forecast.map_or("none", ForecastParams::name))),
            ("horizon", json!(self.forecast.map(|forecast| forecast.horizon_days))),
            (VOCABULARY, self.vocabulary_file()),
        ];
        let held_out = self
            .holdout
            .iter()
            .flat_map(|holdout| [("holdout", json!(holdout.share)), ("holdout-seed", json!(holdout.seed))]);
        pairs.into_iter().chain(held_out).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Those of the parameters that the manifest records.
fn recorded<'m>(
    names: &'static [&'static str],
    manifest: &'m Manifest,
) -> impl Iterator<Item = (&'static str, &'m Value)> {
    names.iter().filter_map(move |&name| Some((name, manifest.parameters.get(name)?)))
}
