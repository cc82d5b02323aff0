//! The model in force.

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::record::{
    Algorithm, Drift, FeatureScaling, Foretold, Localized, Model, SegmentBaseline,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Run;
use crate::error::ApiError;
use crate::query::Query;
use crate::served::SegmentName;

/// What places customers, since when, how well, and how far they have drifted from those it was fitted on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelAnswer<'a> {
    /// The run that applies it.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The model; absent in a run of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub model: Option<&'a Model>,
    /// How its segments were found.
    pub algorithm: Algorithm,
    /// Number of segments.
    pub k: usize,
    /// Why these segments, one sentence.
    pub reason: &'a Localized,
    /// How each feature enters, in order.
    pub features: &'a [FeatureScaling],
    /// Its segments by id, with their centroids.
    pub segments: Vec<ModelSegment<'a>>,
    /// What the segments foretold in the days before this run; absent where the history is too short.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub foresight: Option<&'a Foretold>,
    /// What has changed since the fit; absent where nothing was published before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drift: Option<&'a Drift>,
}

/// A segment of the model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelSegment<'a> {
    /// Id and names.
    #[serde(flatten)]
    pub name: SegmentName<'a>,
    /// Centroid in matrix units, one value a feature.
    pub centroid: &'a [f64],
    /// How it was at the fit; absent in a run of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at_fit: Option<&'a SegmentBaseline>,
}

/// The model in force: a customer belongs to the segment with the nearest centroid.
#[utoipa::path(get, path = "/v1/model", operation_id = "get_model", tag = "run", responses((status = OK, body = ModelAnswer<'static>)))]
pub async fn get(run: Run, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let manifest = run.manifest();
    let at_fit = |index: usize| manifest.model.as_ref().and_then(|model| model.segments.get(index));
    let segments = run.segments().iter().enumerate().map(|(index, segment)| ModelSegment {
        name: segment.into(),
        centroid: &segment.centroid,
        at_fit: at_fit(index),
    });
    let answer = ModelAnswer {
        run_id: run.run_id(),
        model: manifest.model.as_ref(),
        algorithm: manifest.algorithm,
        k: manifest.k,
        reason: &manifest.reason,
        features: &manifest.features,
        segments: segments.collect(),
        foresight: manifest.foresight.as_ref(),
        drift: manifest.drift.as_ref(),
    };
    Ok(run.json(&request, &answer))
}
