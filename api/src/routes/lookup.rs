//! Many customers at once.

mod made;
mod stream;

use made::{Made, Results};
use stream::Asked;

use actix_web::{HttpRequest, HttpResponse, web};
use segmentation_lib::export::{CustomerForecast, Include};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::movement::beside_the_workers;
use crate::answer::Run;
use crate::batch::Form;
use crate::body;
use crate::error::{ApiError, Code, excerpt};
use crate::ids::{InvalidId, JsonId};
use crate::query::Query;
use crate::served::{INCLUDE, RfmView, SegmentName, include_of};
use crate::settings::{Settings, WEIGHT_OF_IDS};
use crate::spreadsheet::{LANGUAGE, SAFE, Spreadsheet};
use crate::state::State;
use crate::visit::{Outcome, Visit};

/// The customers to look up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; read by `body::list`")]
pub struct LookupRequest {
    /// Customer ids, answered in this order; duplicates are answered each time.
    #[schema(max_items = 10_000, example = json!(["17850", "13047", "unknown"]))]
    ids: Vec<JsonId>,
}

/// Customer ids, one a line: a text, or an object with the id as `id` or `customer_id`.
#[derive(ToSchema)]
#[schema(value_type = String, example = "\"17850\"\n{\"id\": \"13047\"}\n")]
pub struct NdjsonList(#[expect(dead_code, reason = "described, never made")] String);

/// Customer ids in the column `customer_id` or `id`.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^(customer_id|id)\\n([0-9A-Za-z]+\\n)*$", example = "customer_id\n17850\n13047\n")]
pub struct CsvList(#[expect(dead_code, reason = "described, never made")] String);

/// The parameters of the lookup by GET.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LookupParams {
    /// Customer ids separated by commas, in order.
    #[param(example = "17850,13047", required = false)]
    pub ids: String,
    /// One customer id, repeatable: the way for ids that contain a comma.
    #[param(required = false)]
    pub id: Vec<String>,
    /// What each result holds beside the segment: `rfm`, `forecast` (for which the key needs the scope `explain:read`),
    /// `borderline`,
    /// `co_assignment`, or several, separated by commas.
    #[param(
        required = false,
        pattern = "^(rfm|forecast|borderline|co_assignment)(,(rfm|forecast|borderline|co_assignment))*$",
        example = "rfm"
    )]
    pub include: String,
}

/// The parameters of a list in CSV or NDJSON.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Name of the column (CSV) or field (NDJSON) that holds the id, where several could.
    #[param(required = false, example = "customer_id")]
    pub column: String,
    /// `xlsx` answers a list in CSV or NDJSON by a workbook for people: ids are text, money is in currency units with the
    /// currency, the segment's name stands in both languages. It is made whole, then sent; at most 1,048,575 lines. Not with
    /// `safe`.
    #[param(required = false, pattern = "^xlsx$", example = "xlsx")]
    pub format: String,
    /// `spreadsheet` gives a CSV for people: a byte order mark, money in currency units with the currency in the column's
    /// name, an apostrophe before texts that would be formulas. The segment's name stands in
    /// both languages behind its key. For CSV alone, which is exact without it.
    #[param(required = false, example = "spreadsheet")]
    pub safe: String,
    /// With `safe`: `pt_br` parts columns by semicolons and decimals by a comma, as spreadsheets in Portuguese expect.
    #[param(required = false, default = "en", pattern = "^(en|pt_br)$")]
    pub language: String,
    /// What each result holds beside the segment: `rfm`, `forecast` (for which the key needs the scope `explain:read`),
    /// `borderline`,
    /// `co_assignment`, or several, separated by commas; in JSON too.
    #[param(
        required = false,
        pattern = "^(rfm|forecast|borderline|co_assignment)(,(rfm|forecast|borderline|co_assignment))*$",
        example = "rfm"
    )]
    pub include: String,
}

/// One answer an id, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookupAnswer<'a> {
    /// The run that all answers are from.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// How many ids of each status.
    pub counts: Counts,
    /// The segments' names, for reading the results.
    pub segments: Vec<SegmentName<'a>>,
    /// As many as ids were asked for, in their order.
    #[schema(value_type = Vec<LookupResult<'a>>)]
    results: Results<'a>,
}

/// How many ids of each status; the last three add up to the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Ids asked for, duplicates included.
    pub requested: usize,
    /// Ids in the run.
    pub found: usize,
    /// Valid ids not in the run.
    pub not_found: usize,
    /// Ids that no customer can have.
    pub invalid: usize,
}

/// What is known of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookupStatus {
    /// The customer is in the run.
    Found,
    /// The id is valid and not in the run.
    NotFound,
    /// No customer can have this id.
    Invalid,
}

impl From<LookupStatus> for Outcome {
    fn from(status: LookupStatus) -> Self {
        match status {
            LookupStatus::Found => Self::Found,
            LookupStatus::NotFound => Self::NotFound,
            LookupStatus::Invalid => Self::Invalid,
        }
    }
}

/// The answer for one id.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookupResult<'a> {
    /// The id asked for.
    #[schema(example = "17850")]
    pub id: &'a str,
    /// What is known of it.
    pub status: LookupStatus,
    /// The segment, when found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1, nullable = false)]
    pub segment_id: Option<u16>,
    /// The segment's stable name, when found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "champions", nullable = false)]
    pub segment_key: Option<&'a str>,
    /// Silhouette coefficient, when found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.61, nullable = false)]
    pub silhouette: Option<f32>,
    /// Why the id is invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<InvalidId>,
    /// The place in the rule view, with `include=rfm`; absent in a run that has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rfm: Option<RfmView<'a>>,
    /// What to expect within the run's horizon, with `include=forecast`; absent for who made no purchase, and in a run without a
    /// forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forecast: Option<CustomerForecast>,
    /// Whether the place is uncertain, with `include=borderline`: the definition of `borderline` in the explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub borderline: Option<bool>,
    /// Share of the bootstrap resamples that place the customer in the own segment, in [0, 1], with
    /// `include=co_assignment`; absent in a run that does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.97, nullable = false)]
    pub co_assignment: Option<f32>,
    /// Whether campaigns are to leave the customer alone; absent in a run that holds nobody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub held_out: Option<bool>,
}

/// The segments of several customers, by query parameters.
///
/// Give `ids`, or `id` repeatedly, or both; they are answered in the order written. For long lists
/// use POST.
#[utoipa::path(
    get,
    path = "/v1/segments/lookup", operation_id = "lookup_by_query",
    tag = "customers",
    params(LookupParams),
    responses((status = OK, body = LookupAnswer<'static>))
)]
pub async fn get(
    run: Run,
    visit: Visit,
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let query = Query::parse(request.query_string(), &["ids", "id", INCLUDE])?;
    let include = include_of(&query)?;
    visit.may_include(include)?;
    let named = || query.pairs().filter(|(name, _)| *name != INCLUDE);
    if named().next().is_none() {
        return Err(ApiError::new(Code::InvalidParameter, "ids is missing; give ids=a,b,c or id=a&id=b"));
    }
    let ids: Vec<&str> = named().flat_map(|(name, value)| split(name, value)).collect();
    check_count(ids.len(), &state.settings)?;
    let ids = ids.into_iter().map(str::to_owned).collect();
    answer(&run, &visit, &request, (ids, include)).await
}

fn split<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    match name {
        "ids" if value.is_empty() => Vec::new(),
        "ids" => value.split(',').collect(),
        _ => vec![value],
    }
}

/// The segments of many customers.
///
/// As JSON up to the cap: texts or whole numbers. As `application/x-ndjson` (a text, a whole number or an object with `id` a line) or `text/csv`
/// (a column `customer_id` or `id`, in any case, separated by `,`, `;` or tabs) any number: the answer has the form of the request, one line a line,
/// and is sent while the list is read. A byte order mark at the beginning is skipped. A line that holds no id is answered as `invalid`. An answer that
/// ends without its last chunk is not complete. Such a list is slowed to the key's rate limit, not refused.
#[utoipa::path(
    post,
    path = "/v1/segments/lookup", operation_id = "lookup",
    tag = "customers",
    params(ListParams),
    request_body(content(
        (LookupRequest = "application/json"),
        (NdjsonList = "application/x-ndjson"),
        (CsvList = "text/csv"),
    )),
    responses((status = OK, content(
        (LookupAnswer<'static> = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
        (super::export::WorkbookFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub async fn post(
    run: Run,
    visit: Visit,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let query = Query::parse(request.query_string(), &["column", FORMAT, SAFE, LANGUAGE, INCLUDE])?;
    let form = form_of(&request)?;
    let include = include_of(&query)?;
    visit.may_include(include)?;
    let spreadsheet = Spreadsheet::of(&query)?;
    let as_workbook = as_workbook(&query, form)?;
    if spreadsheet.is_asked() && (as_workbook || form != Some(Form::Csv)) {
        return Err(ApiError::new(Code::InvalidParameter, "safe=spreadsheet is for CSV alone"));
    }
    let column = query.one("column")?.map(str::to_owned);
    if let Some(form) = form {
        let asked = (form, Asked { column, spreadsheet, include, as_workbook });
        return stream::answer(run, visit, &request, payload, asked, &state.settings).await;
    }
    if column.is_some() {
        let detail = "column is for CSV and NDJSON; in JSON the ids are a list";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    body::expect_type(&request, &["application/json", "application/x-ndjson", "text/csv"])?;
    let (share, limits) = (visit.share(), state.settings.limits());
    let read = body::list::<JsonId>(&request, payload, ("ids", WEIGHT_OF_IDS), limits, &share).await?;
    check_count(read.list.count, &state.settings)?;
    let ids = read.list.items.into_iter().map(|JsonId(id)| id).collect();
    answer(&run, &visit, &request, (ids, include)).await
}

/// The form of a list; none for JSON and for what is no list.
fn form_of(request: &HttpRequest) -> Result<Option<Form>, ApiError> {
    let Some(content_type) = body::content_type(request) else { return Ok(None) };
    let form = Form::of(&content_type);
    if form.is_some() {
        body::expect_utf8(&content_type)?;
    }
    Ok(form)
}

/// The parameter that asks for another form than the request's.
const FORMAT: &str = "format";

/// Whether a workbook is asked for.
fn as_workbook(query: &Query, form: Option<Form>) -> Result<bool, ApiError> {
    let detail = match query.one(FORMAT)? {
        None => return Ok(false),
        Some("xlsx") if form.is_some() => return Ok(true),
        Some("xlsx") => "format=xlsx is for lists in CSV and NDJSON; send the ids as one of these".to_owned(),
        Some(other) => {
            format!(
                "format is {}, allowed is xlsx; else the answer has the form of the request",
                excerpt(other)
            )
        }
    };
    Err(ApiError::new(Code::InvalidParameter, detail))
}

/// Ids that are looked up where they are read: beside the worker a few would take longer.
const AT_ONCE: usize = 500;

const SLOWED: &str =
    "split the list, or send it as application/x-ndjson or text/csv: such a list is slowed to the limit";

fn check_count(ids: usize, settings: &Settings) -> Result<(), ApiError> {
    let cap = settings.max_ids as usize;
    let detail = || format!("{ids} ids, the most in one request is {cap}; split the list");
    if ids > cap { Err(ApiError::new(Code::TooManyIds, detail())) } else { Ok(()) }
}

async fn answer(
    run: &Run,
    visit: &Visit,
    request: &HttpRequest,
    (ids, include): (Vec<String>, Include),
) -> Result<HttpResponse, ApiError> {
    visit.spend(ids.len(), SLOWED)?;
    let made = if ids.len() <= AT_ONCE {
        Made::of(run, ids, include)
    } else {
        let run = run.clone();
        beside_the_workers(visit, move || Made::of(&run, ids, include)).await?
    };
    for (id, status) in made.ids.iter().zip(made.statuses) {
        visit.note(status.into(), id);
    }
    Ok(run.made(request, made.body))
}

impl<'a> LookupResult<'a> {
    fn without_segment(id: &'a str, status: LookupStatus) -> Self {
        Self {
            id,
            status,
            segment_id: None,
            segment_key: None,
            silhouette: None,
            reason: None,
            rfm: None,
            forecast: None,
            borderline: None,
            co_assignment: None,
            held_out: None,
        }
    }

    fn malformed() -> Self {
        Self { reason: Some(InvalidId::Malformed), ..Self::without_segment("", LookupStatus::Invalid) }
    }
}
