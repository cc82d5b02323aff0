//! Traces that plotly.js draws and the plotly crate has no type for.

use plotly::Trace;
use serde::Serialize;
use serde_json::Value;

/// A trace as plotly.js reads it.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Raw(Value);

impl Raw {
    /// `attributes` with the trace's `type` in it.
    pub(super) fn boxed(attributes: Value) -> Box<Self> {
        Box::new(Self(attributes))
    }
}

impl Trace for Raw {
    fn to_json(&self) -> String {
        self.0.to_string()
    }
}
