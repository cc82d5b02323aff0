//! One customer.

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::snapshot::Segment;
use serde::Serialize;
use utoipa::ToSchema;

use super::SegmentName;
use crate::access::{Outcome, Visit};
use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::ids;
use crate::query::Query;
use crate::table::Customer;

/// A customer's segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSegment<'a> {
    /// The run that says so.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The customer's id, exactly as in the data.
    #[schema(example = "17850")]
    pub customer_id: &'a str,
    /// The segment.
    pub segment: SegmentName<'a>,
    /// Silhouette coefficient of the customer, in [-1, 1]: how clearly the customer belongs there.
    #[schema(example = 0.61)]
    pub silhouette: f32,
    /// The date recency is counted to: what the answer holds for.
    #[schema(example = "2011-12-10")]
    pub reference_date: &'a str,
}

/// The segment of one customer.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/segment", operation_id = "get_customer_segment",
    tag = "customers",
    params(("customer_id" = String, Path, description = "The customer's id, percent-encoded; at most 256 bytes of UTF-8")),
    responses((status = OK, body = CustomerSegment<'static>))
)]
pub async fn segment(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let id = ids::from_path(request.uri().path(), "/v1/customers/", "/segment")?;
    let customer = find(&run, &visit, &id)?;
    let answer = CustomerSegment {
        run_id: run.run_id(),
        customer_id: customer.id,
        segment: segment_of(&run, &customer)?.into(),
        silhouette: customer.silhouette,
        reference_date: &run.manifest().reference_date,
    };
    Ok(run.json(&request, &answer))
}

pub(super) fn find<'a>(run: &'a Run, visit: &Visit, id: &str) -> Result<Customer<'a>, ApiError> {
    let missing = || {
        run.problem(Code::CustomerNotFound, format!("no customer {} in run {}", excerpt(id), run.run_id()))
    };
    let customer = run.find(id);
    visit.note(if customer.is_some() { Outcome::Found } else { Outcome::NotFound }, id);
    customer.ok_or_else(missing)
}

pub(super) fn segment_of<'a>(run: &'a Run, customer: &Customer<'_>) -> Result<&'a Segment, ApiError> {
    run.segment(customer.segment_id)
        .ok_or_else(|| run.problem(Code::Internal, "the run does not describe one of its segments"))
}
