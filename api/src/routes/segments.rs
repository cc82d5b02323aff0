//! Segments and their members.

mod members;

use std::borrow::Cow;
use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::card::Card;
use segmentation_lib::record::Segment;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use self::members::{Sort, joined};
use super::cursor::{Cursor, Walk, position};
use super::movement::{beside_the_workers, read};
use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::ids;
use crate::query::Query;
use crate::served::{CONFIDENT, INCLUDE, confident_of};
use crate::visit::{Outcome, Visit};

/// Members a page when the client does not say.
const DEFAULT_LIMIT: usize = 100;

/// All segments of the run.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentList<'a> {
    /// The run.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// In order of id, which is the order of business value.
    pub segments: &'a [Segment],
    /// What is said of each of them to people, in the same order.
    pub cards: &'a [Card],
}

/// One segment of the run.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentAnswer<'a> {
    /// The run.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The segment.
    pub segment: &'a Segment,
    /// What is said of it to people.
    pub card: &'a Card,
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
    /// This page's members, in the order asked for.
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
    /// What the customer is expected to bring within the run's horizon, in pennies; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 5028, nullable = false)]
    pub expected_value_pennies: Option<i64>,
    /// Probability that the customer is still one, in [0, 1]; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.93, nullable = false)]
    pub alive: Option<f32>,
    /// Whether the place is uncertain: the definition of `borderline` in the explanation.
    pub borderline: bool,
    /// Share of the bootstrap resamples that place the customer in the own segment, in [0, 1]; absent in a run that does
    /// not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.97, nullable = false)]
    pub co_assignment: Option<f32>,
    /// Whether campaigns are to leave the customer alone; absent in a run that holds nobody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub held_out: Option<bool>,
    /// The features by name, in original units (money in pennies), with `include=features`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"recency": 12.0, "frequency": 3.0, "monetary": 12_345.0}), nullable = false)]
    pub features: Option<BTreeMap<&'a str, f64>>,
}

/// Which members, and in which order.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChoiceParams {
    /// `id`, in byte order; `value`: the most valuable first, by what they are expected to bring; `leaving`: who is least
    /// likely to be still a customer first.
    #[param(required = false, default = "id", pattern = "^(id|value|leaving)$")]
    pub sort: String,
    /// Only who has come into the segment since the last run whose reference date is this day or an earlier one.
    #[param(required = false, format = Date, example = "2011-11-09")]
    pub joined_since: String,
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
    /// What each member has beside: `features`.
    #[param(required = false, pattern = "^features$", example = "features")]
    pub include: String,
    /// `true` leaves borderline members out: a page may hold fewer than `limit` then, also none, before the last.
    #[param(required = false, default = false)]
    pub confident: bool,
}

/// The segments with their profiles.
#[utoipa::path(get, path = "/v1/segments", operation_id = "list_segments", tag = "segments", responses((status = OK, body = SegmentList<'static>)))]
pub async fn list(run: Run, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    Ok(run
        .json(&request, &SegmentList { run_id: run.run_id(), segments: run.segments(), cards: run.cards() }))
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
    let card = &run.cards()[usize::from(segment.id) - 1];
    Ok(run.json(&request, &SegmentAnswer { run_id: run.run_id(), segment, card }))
}

/// A segment's members, page by page.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}/customers", operation_id = "list_segment_customers",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key"), PageParams, ChoiceParams),
    responses((status = OK, body = MemberPage<'static>))
)]
pub async fn customers(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let names = ["limit", "cursor", SORT, JOINED_SINCE, INCLUDE, CONFIDENT];
    let query = Query::parse(request.query_string(), &names)?;
    let segment = from_path(&run, &request, "/customers")?;
    let limit = query.limit()?.unwrap_or(DEFAULT_LIMIT);
    let start =
        query.one("cursor")?.map_or(Ok(0), |cursor| position(&run, Walk::through(segment.id), cursor))?;
    let (confident, with_features) = (confident_of(&query)?, with_features(&query)?);
    let chosen = chosen(&run, &visit, segment, &query).await?;
    let rows = chosen.map_or(Cow::Borrowed(run.members(segment.id)), Cow::Owned);
    let page = page(&run, segment.id, &rows, (start, limit), (confident, with_features));
    visit.spend(page.customers.len(), "give a smaller limit")?;
    for member in &page.customers {
        visit.note(Outcome::Found, member.customer_id);
    }
    Ok(run.json(&request, &page))
}

/// The parameter that says in which order members come.
pub(super) const SORT: &str = "sort";
/// The parameter that leaves members out who have been there for longer.
pub(super) const JOINED_SINCE: &str = "joined_since";

fn with_features(query: &Query) -> Result<bool, ApiError> {
    match query.one(INCLUDE)? {
        None => Ok(false),
        Some("features") => Ok(true),
        Some(other) => {
            let detail = format!("{} cannot be included; allowed: features", excerpt(other));
            Err(ApiError::new(Code::InvalidParameter, detail))
        }
    }
}

/// The rows of the members that are asked for, in order, chosen beside the workers; none where all are, by id. Cost
/// O(n log n).
pub(super) async fn chosen(
    run: &Run,
    visit: &Visit,
    segment: &Segment,
    query: &Query,
) -> Result<Option<Vec<u32>>, ApiError> {
    let (sort, since) = (Sort::of(query)?, query.day(JOINED_SINCE)?);
    if (sort, since) == (Sort::Id, None) {
        return Ok(None);
    }
    let joined = match since {
        None => None,
        Some(since) => {
            let (served, key) = (run.id()?, segment.key.clone());
            Some(read(run, visit, move |store| joined(store, &served, &key, since)).await?)
        }
    };
    let (run, segment) = (run.clone(), segment.id);
    let chosen = move || {
        let is_chosen =
            |&row: &u32| joined.as_ref().is_none_or(|joined| joined.contains(run.customer(row as usize).id));
        sort.sorted(&run, run.members(segment).iter().copied().filter(is_chosen).collect())
    };
    beside_the_workers(visit, chosen).await?.map(Some)
}

fn page<'a>(
    run: &'a Run,
    segment_id: u16,
    rows: &[u32],
    (start, limit): (usize, usize),
    (confident, with_features): (bool, bool),
) -> MemberPage<'a> {
    let (start, end) = (start.min(rows.len()), rows.len().min(start + limit));
    let names = || run.manifest().features.iter().map(|feature| feature.name.as_str());
    let member = |&row: &u32| {
        let customer = run.customer(row as usize);
        let (forecast, borderline) = (customer.forecast(), run.is_borderline(&customer));
        let member = Member {
            customer_id: customer.id,
            silhouette: customer.silhouette,
            borderline,
            co_assignment: customer.co_assignment,
            held_out: customer.held_out,
            expected_value_pennies: forecast.and_then(|forecast| forecast.expected_value_pennies),
            alive: forecast.and_then(|forecast| forecast.alive),
            features: with_features.then(|| names().zip(customer.features.iter().copied()).collect()),
        };
        Some(member).filter(|_| !(confident && borderline))
    };
    MemberPage {
        run_id: run.run_id(),
        segment_id,
        total: rows.len(),
        customers: rows[start..end].iter().filter_map(member).collect(),
        next_cursor: (end < rows.len()).then(|| Cursor::at(run, Walk::through(segment_id), end)),
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
