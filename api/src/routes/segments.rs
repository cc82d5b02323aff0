//! Segments and their members.

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::record::Segment;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::cursor::{Cursor, position};
use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::ids;
use crate::query::Query;
use crate::served::{CONFIDENT, confident_of};
use crate::visit::{Outcome, Visit};

/// Members a page when the client does not say.
const DEFAULT_LIMIT: usize = 100;
/// Most members a page.
const MAX_LIMIT: usize = 10_000;

/// All segments of the run.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentList<'a> {
    /// The run.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// In order of id, which is the order of business value.
    pub segments: &'a [Segment],
}

/// One segment of the run.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentAnswer<'a> {
    /// The run.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The segment.
    pub segment: &'a Segment,
}

/// A page of a segment's members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberPage<'a> {
    /// The run; all pages of one walk are of the same.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The segment.
    #[schema(example = 1)]
    pub segment_id: u16,
    /// Members in all.
    #[schema(example = 1342)]
    pub total: usize,
    /// This page's members, ascending by id (byte order).
    pub customers: Vec<Member<'a>>,
    /// Cursor of the next page; null on the last.
    #[schema(example = "20111210T080000000Z-1f3a9c52.1.100")]
    pub next_cursor: Option<String>,
}

/// A member of a segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member<'a> {
    /// The customer's id.
    #[schema(example = "17850")]
    pub customer_id: &'a str,
    /// Silhouette coefficient, in [-1, 1].
    #[schema(example = 0.61)]
    pub silhouette: f32,
    /// Whether the place is uncertain: the definition of `borderline` in the explanation.
    pub borderline: bool,
    /// Whether campaigns are to leave the customer alone; absent in a run that holds nobody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub held_out: Option<bool>,
}

/// The parameters of a page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Members a page, 1 to 10,000.
    #[param(required = false, minimum = 1, maximum = 10_000, default = 100)]
    pub limit: u32,
    /// `next_cursor` of the page before; without it the first page.
    #[param(required = false)]
    pub cursor: String,
    /// `true` leaves borderline members out: a page may hold fewer than `limit` then, also none, before the last.
    #[param(required = false, default = false)]
    pub confident: bool,
}

/// The segments with their profiles.
#[utoipa::path(get, path = "/v1/segments", operation_id = "list_segments", tag = "segments", responses((status = OK, body = SegmentList<'static>)))]
pub async fn list(run: Run, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    Ok(run.json(&request, &SegmentList { run_id: run.run_id(), segments: run.segments() }))
}

/// One segment with its profile.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}", operation_id = "get_segment",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key")),
    responses((status = OK, body = SegmentAnswer<'static>))
)]
pub async fn one(run: Run, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let segment = from_path(&run, &request, "")?;
    Ok(run.json(&request, &SegmentAnswer { run_id: run.run_id(), segment }))
}

/// A segment's members, page by page.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}/customers", operation_id = "list_segment_customers",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key"), PageParams),
    responses((status = OK, body = MemberPage<'static>))
)]
pub async fn customers(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let query = Query::parse(request.query_string(), &["limit", "cursor", CONFIDENT])?;
    let segment = from_path(&run, &request, "/customers")?;
    let limit = query.one("limit")?.map_or(Ok(DEFAULT_LIMIT), parse_limit)?;
    let start = query.one("cursor")?.map_or(Ok(0), |cursor| position(&run, segment.id, cursor))?;
    let page = page(&run, segment.id, (start, limit), confident_of(&query)?);
    visit.spend(page.customers.len(), "give a smaller limit")?;
    for member in &page.customers {
        visit.note(Outcome::Found, member.customer_id);
    }
    Ok(run.json(&request, &page))
}

fn page(run: &Run, segment_id: u16, (start, limit): (usize, usize), confident: bool) -> MemberPage<'_> {
    let rows = run.members(segment_id);
    let end = rows.len().min(start + limit);
    let member = |&row: &u32| {
        let customer = run.customer(row as usize);
        let borderline = run.is_borderline(&customer);
        let (customer_id, silhouette, held_out) = (customer.id, customer.silhouette, customer.held_out);
        Some(Member { customer_id, silhouette, borderline, held_out }).filter(|_| !(confident && borderline))
    };
    MemberPage {
        run_id: run.run_id(),
        segment_id,
        total: rows.len(),
        customers: rows[start..end].iter().filter_map(member).collect(),
        next_cursor: (end < rows.len()).then(|| Cursor::at(run, segment_id, end)),
    }
}

/// The segment named in the path by id or by key.
pub(super) fn from_path<'a>(
    run: &'a Run,
    request: &HttpRequest,
    suffix: &str,
) -> Result<&'a Segment, ApiError> {
    let raw = request.uri().path().strip_prefix("/v1/segments/").and_then(|rest| rest.strip_suffix(suffix));
    let name = ids::decode(raw.unwrap_or("")).unwrap_or_default();
    let by_id = name.parse().ok().and_then(|id| run.segment(id));
    let segment = by_id.or_else(|| run.segments().iter().find(|segment| segment.key == name));
    let missing = || {
        let detail =
            format!("no segment {} in run {}; /v1/segments lists them", excerpt(&name), run.run_id());
        run.problem(Code::SegmentNotFound, detail)
    };
    segment.ok_or_else(missing)
}

fn parse_limit(text: &str) -> Result<usize, ApiError> {
    let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let detail = || format!("limit is {}, allowed are whole numbers from 1 to {MAX_LIMIT}", excerpt(text));
    limit.ok_or_else(|| ApiError::new(Code::InvalidParameter, detail()))
}
