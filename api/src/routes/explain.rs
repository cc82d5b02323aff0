//! Why a customer is in a segment.

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::export::CustomerForecast;
use segmentation_lib::nearest_segments::{SegmentDistance, nearest_segments};
use segmentation_lib::record::{Localized, Segment};
use serde::Serialize;
use utoipa::ToSchema;

use super::customers::{find, segment_of};
use crate::answer::Run;
use crate::error::ApiError;
use crate::ids;
use crate::query::Query;
use crate::served::{RfmView, SegmentName};
use crate::visit::Visit;

/// A customer's place and what it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation<'a> {
    /// The run that says so.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The customer's id, exactly as in the data.
    #[schema(example = "17850")]
    pub customer_id: &'a str,
    /// The date recency is counted to.
    #[schema(example = "2011-12-10")]
    pub reference_date: &'a str,
    /// The segment.
    pub segment: SegmentName<'a>,
    /// What distinguishes the segment, one sentence.
    pub description: &'a Localized,
    /// What sales and marketing can do with it.
    pub action: &'a Localized,
    /// Silhouette coefficient of the customer, in [-1, 1].
    #[schema(example = 0.61)]
    pub silhouette: f32,
    /// Whether the place is uncertain: the silhouette coefficient is below 0.1, or another segment's
    /// centroid is nearer than, or at most 10 % farther than, the own.
    pub borderline: bool,
    /// Share of the bootstrap resamples that place the customer in the own segment, in [0, 1]; absent in a run that does
    /// not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.97, nullable = false)]
    pub co_assignment: Option<f32>,
    /// Distance to the own segment's centroid, in matrix units.
    #[schema(example = 0.82)]
    pub distance: f64,
    /// The nearest other segment; null when there is none.
    pub second: Option<Second<'a>>,
    /// What the place rests on, in the matrix's order.
    pub features: Vec<FeatureValue<'a>>,
    /// The place in the rule view; absent in a run that has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rfm: Option<RfmView<'a>>,
    /// What to expect within the run's horizon; absent for who made no purchase, and in a run without a
    /// forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forecast: Option<CustomerForecast>,
    /// Whether campaigns are to leave the customer alone; absent in a run that holds nobody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub held_out: Option<bool>,
}

/// Another segment and how far away it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Second<'a> {
    /// The segment.
    pub segment: SegmentName<'a>,
    /// Distance to its centroid, in matrix units.
    #[schema(example = 1.94)]
    pub distance: f64,
}

/// One feature of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureValue<'a> {
    /// The feature's name, as in the data dictionary.
    #[schema(example = "recency")]
    pub name: &'a str,
    /// Its unit.
    #[schema(example = "days")]
    pub unit: &'a str,
    /// The customer's value, in original units.
    #[schema(example = 12.0)]
    pub value: f64,
    /// The share of all customers below this value, plus half of those with the same, in percent.
    #[schema(example = 83.4)]
    pub percentile: f64,
    /// Median of the segment; null when its profile does not have this feature.
    #[schema(example = 14.0)]
    pub segment_median: Option<f64>,
}

/// A customer's segment, and what it rests on.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}", operation_id = "explain_customer",
    tag = "customers",
    params(("customer_id" = String, Path, description = "The customer's id, percent-encoded; at most 256 bytes of UTF-8")),
    responses((status = OK, body = Explanation<'static>))
)]
pub async fn customer(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let id = ids::from_path(request.uri().path(), "/v1/customers/", "")?;
    let customer = find(&run, &visit, &id)?;
    let segment = segment_of(&run, &customer)?;
    let manifest = run.manifest();
    let near = nearest_segments(&manifest.features, run.segments(), customer.features);
    let (own, second) = own_and_second(&near, segment.id);
    let answer = Explanation {
        run_id: run.run_id(),
        customer_id: customer.id,
        reference_date: &manifest.reference_date,
        segment: segment.into(),
        description: &segment.description,
        action: action(&run, segment),
        silhouette: customer.silhouette,
        borderline: run.is_borderline(&customer),
        co_assignment: customer.co_assignment,
        distance: own,
        second: second.and_then(|neighbour| named(&run, neighbour)),
        features: feature_values(&run, segment, customer.features),
        rfm: RfmView::of(&run, &customer),
        forecast: customer.forecast(),
        held_out: customer.held_out,
    };
    Ok(run.json(&request, &answer))
}

/// What to do with the segment, as its card says it.
fn action<'r>(run: &'r Run, segment: &'r Segment) -> &'r Localized {
    let card = run.cards().iter().find(|card| card.segment_id == segment.id);
    card.and_then(|card| card.line("action")).map_or(&segment.action, |line| &line.text)
}

/// Distance to the own segment, and the nearest other one.
pub(super) fn own_and_second(near: &[SegmentDistance], own: u16) -> (f64, Option<SegmentDistance>) {
    let distance = near.iter().find(|n| n.segment_id == own).map_or(0.0, |n| n.distance);
    (distance, near.iter().find(|n| n.segment_id != own).copied())
}

pub(super) fn named<'a>(run: &'a Run, neighbour: SegmentDistance) -> Option<Second<'a>> {
    let segment = run.segment(neighbour.segment_id)?.into();
    Some(Second { segment, distance: neighbour.distance })
}

pub(super) fn feature_values<'a>(run: &'a Run, segment: &Segment, values: &[f64]) -> Vec<FeatureValue<'a>> {
    let median = |name: &str| segment.features.iter().find(|f| f.name == name).map(|f| f.median);
    let scalings = run.manifest().features.iter();
    scalings
        .zip(values)
        .enumerate()
        .map(|(index, (scaling, &value))| FeatureValue {
            name: &scaling.name,
            unit: scaling.unit.name(),
            value,
            percentile: run.percentile(index, value),
            segment_median: median(&scaling.name),
        })
        .collect()
}
