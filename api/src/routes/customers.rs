//! One customer.

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::record::Segment;

use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::ids;
use crate::query::Query;
use crate::served::{
    CustomerSegment, INCLUDE, borderline_of, co_assignment_of, forecast_of, include_of, rfm_of,
};
use crate::table::Customer;
use crate::visit::{Outcome, Visit};

/// The route of single lookups as it stands in the route table, and what is around the id in its paths.
pub const PATTERN: &str = "/v1/customers/{customer_id}/segment";
/// Before the id.
pub const BEFORE_ID: &str = "/v1/customers/";
/// After the id.
pub const AFTER_ID: &str = "/segment";

/// The segment of one customer.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/segment", operation_id = "get_customer_segment",
    tag = "customers",
    params(
        ("customer_id" = String, Path, description = "The customer's id, percent-encoded; at most 256 bytes of UTF-8"),
        ("include" = Option<String>, Query, pattern = "^(rfm|forecast|borderline|co_assignment)(,(rfm|forecast|borderline|co_assignment))*$", description = "What the answer holds beside the segment: `rfm`, `forecast` (for which the key needs the scope `explain:read`), `borderline`, `co_assignment`, or several, separated by commas"),
    ),
    responses((status = OK, body = CustomerSegment<'static>))
)]
pub async fn segment(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let include = include_of(&Query::parse(request.query_string(), &[INCLUDE])?)?;
    visit.may_include(include)?;
    let id = ids::from_path(request.uri().path(), BEFORE_ID, AFTER_ID)?;
    let customer = find(&run, &visit, &id)?;
    let segment = segment_of(&run, &customer)?;
    let answer = CustomerSegment {
        rfm: rfm_of(&run, &customer, include),
        forecast: forecast_of(&customer, include),
        borderline: borderline_of(&run, &customer, include),
        co_assignment: co_assignment_of(&customer, include),
        held_out: customer.held_out,
        ..CustomerSegment::of(run.manifest(), segment, customer.id, customer.silhouette)
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
