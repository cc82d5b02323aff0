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
use crate::table::{Customer, Table};

/// The route of single lookups as it stands in the route table, and what is around the id in its paths.
pub const PATTERN: &str = "/v1/customers/{customer_id}/segment";
/// Before the id.
pub const BEFORE_ID: &str = "/v1/customers/";
/// After the id.
pub const AFTER_ID: &str = "/segment";

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
    let id = ids::from_path(request.uri().path(), BEFORE_ID, AFTER_ID)?;
    let customer = find(&run, &visit, &id)?;
    let answer = CustomerSegment::of(&run, &customer);
    Ok(run.json(&request, &answer.ok_or_else(|| undescribed(&run))?))
}

/// The same answer's body alone; `None` for a segment that the run does not describe.
pub fn body(table: &Table, customer: &Customer<'_>) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(256);
    serde_json::to_writer(&mut body, &CustomerSegment::of(table, customer)?).ok()?;
    Some(body)
}

impl<'a> CustomerSegment<'a> {
    fn of(table: &'a Table, customer: &Customer<'a>) -> Option<Self> {
        Some(Self {
            run_id: table.run_id(),
            customer_id: customer.id,
            segment: table.segment(customer.segment_id)?.into(),
            silhouette: customer.silhouette,
            reference_date: &table.manifest().reference_date,
        })
    }
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
    run.segment(customer.segment_id).ok_or_else(|| undescribed(run))
}

/// No verified run is like that.
fn undescribed(run: &Run) -> ApiError {
    run.problem(Code::Internal, "the run does not describe one of its segments")
}
