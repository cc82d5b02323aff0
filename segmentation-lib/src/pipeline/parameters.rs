//! The parameters of a run as its manifest records them: by their command-line names, in the form that the
//! command line reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Pipeline;

impl Pipeline {
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
            ("k", json!(if first == last { first.to_string() } else { format!("{first}..={last}") })),
            ("min-k", json!(selection.min_k)),
            ("min-share", json!(selection.min_share)),
            ("algorithm", json!(selection.algorithm.map_or("auto", |algorithm| algorithm.name()))),
            ("starts", json!(selection.starts)),
            ("features", json!(matrix.features)),
            ("transform", json!(matrix.transform)),
            ("scaling", json!(matrix.scaler)),
            ("winsorize", json!(matrix.winsorize.unwrap_or(0.0))),
            ("memory-limit", json!(selection.memory_limit_bytes >> 20)),
            ("validate", json!(self.validation.is_some())),
            ("validate-rows", json!(validation.max_rows)),
            ("fresh-names", json!(self.previous.is_none())),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
