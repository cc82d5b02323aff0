//! A segment as a whole.

pub(super) mod workbook;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use segmentation_lib::export::{COLUMNS, Encoder, ExportError, ExportParams, Format, Include, Row};
use utoipa::{IntoParams, ToSchema};

use super::cursor::{Cursor, EVERY_SEGMENT, Walk, count, position};
use super::large::Large;
use super::movement::beside_the_workers;
use super::segments::{ChoiceParams, JOINED_SINCE, SORT, chosen, from_path};
use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;
use crate::served::{CONFIDENT, INCLUDE, beside, confident_of, include_of};
use crate::spreadsheet::{LANGUAGE, SAFE, Spreadsheet};
use crate::visit::{Outcome, Visit};

/// Rows that are counted out where they are asked for: beside the worker it would take longer.
const AT_ONCE: usize = 16_384;

/// The parameters of an export.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv`, `ndjson`, `parquet` or `xlsx`. A workbook is for people: ids are text, money stands in currency units, and it has
    /// room for 1,048,575 customers.
    #[param(required = false, default = "csv", pattern = "^(csv|ndjson|parquet|xlsx)$")]
    pub format: String,
    /// Where to begin: that of the `Export-Cursor` header with the number of rows received added to its
    /// last part. Not for Parquet and xlsx, which are whole or nothing.
    #[param(required = false)]
    pub cursor: String,
    /// `spreadsheet` gives a CSV for people: a byte order mark, money in currency units with the currency in the column's
    /// name, an apostrophe before texts that would be formulas. For CSV alone, which is exact without it.
    #[param(required = false, example = "spreadsheet")]
    pub safe: String,
    /// With `safe`: `pt_br` parts columns by semicolons and decimals by a comma, as spreadsheets in Portuguese expect.
    #[param(required = false, default = "en", pattern = "^(en|pt_br)$")]
    pub language: String,
    /// What each row holds beside the segment and the features: `rfm`, `forecast`, `borderline`,
    /// `co_assignment`, or several, separated by commas.
    #[param(
        required = false,
        pattern = "^(rfm|forecast|borderline|co_assignment)(,(rfm|forecast|borderline|co_assignment))*$",
        example = "rfm"
    )]
    pub include: String,
    /// `segment` leaves everything away but the customer's id and segment: what `/v1/changes` keeps up to date. Not with
    /// `include`.
    #[param(required = false, pattern = "^segment$", example = "segment")]
    pub only: String,
    /// `true` leaves borderline customers out, by the definition of `borderline` in the explanation of a customer. A cursor
    /// of such an export is for such an export.
    #[param(required = false, default = false)]
    pub confident: bool,
}

/// A file in Apache Parquet.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ParquetFile(#[expect(dead_code, reason = "described, never made")] Vec<u8>);

/// A workbook of Office Open XML.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct WorkbookFile(#[expect(dead_code, reason = "described, never made")] Vec<u8>);

/// All members of a segment with their features, as a stream.
///
/// Rows ascend by customer id (byte order): the same run gives the same bytes. To resume after a break,
/// count the rows that arrived whole, add their number to the last part of the `Export-Cursor` header, and
/// ask again with that as `cursor`; a cursor of another run is refused with 410. A resumed CSV has no
/// header. Parquet and xlsx have their table of contents at the end: they are asked for as a whole, again when they
/// broke off; so are members in another order or since a day. The stream is slowed to the key's rate limit.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}/export", operation_id = "export_segment",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key"), ExportQuery, ChoiceParams),
    responses((status = OK, content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (ParquetFile = "application/vnd.apache.parquet"),
        (WorkbookFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub async fn segment(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    export(run, visit, &request, true).await
}

/// All customers with their segments, as a stream.
///
/// As `export_segment`, of every segment at once. With `only=segment` it is what `/v1/changes` keeps up to date.
#[utoipa::path(
    get,
    path = "/v1/export", operation_id = "export_customers",
    tag = "customers",
    params(ExportQuery),
    responses((status = OK, content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (ParquetFile = "application/vnd.apache.parquet"),
        (WorkbookFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub async fn all(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    export(run, visit, &request, false).await
}

async fn export(
    run: Run,
    visit: Visit,
    request: &HttpRequest,
    of_segment: bool,
) -> Result<HttpResponse, ApiError> {
    let names = ["format", "cursor", SAFE, LANGUAGE, INCLUDE, "only", CONFIDENT, SORT, JOINED_SINCE];
    let names = if of_segment { &names[..] } else { &names[..names.len() - 2] };
    let query = Query::parse(request.query_string(), names)?;
    let name = query.one("format")?.unwrap_or("csv");
    // A workbook has texts that are no formulas, and is whole or nothing, as Parquet is.
    let is_workbook = name == "xlsx";
    let format = if is_workbook { Format::Parquet } else { parse_format(name)? };
    // Before the answer may be that nothing changed: what is asked must be askable.
    let (spreadsheet, include) = (Spreadsheet::of(&query)?, include_of(&query)?);
    let (segment_only, confident) = (only_segment(&query)?, confident_of(&query)?);
    let include = Include { held_out: run.holds_out() && !segment_only, ..include };
    let segment = if of_segment { Some(from_path(&run, request, "/export")?) } else { None };
    let segment_id = segment.map_or(EVERY_SEGMENT, |segment| segment.id);
    if let Some(known) = run.known(request) {
        return Ok(known);
    }
    let cursor = query.one("cursor")?;
    if format == Format::Parquet && cursor.is_some() {
        let detail = "Parquet and xlsx cannot be resumed; ask for it without a cursor, or for csv or ndjson";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    let chosen = match segment {
        Some(segment) => chosen(&run, &visit, segment, &query).await?,
        None => None,
    };
    if chosen.is_some() && cursor.is_some() {
        let detail =
            "members in another order or since a day cannot be resumed; ask for them without a cursor";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    let walk = Walk { segment_id, confident };
    let start = cursor.map_or(Ok(0), |cursor| position(&run, walk, cursor))?;
    if include.rfm && run.rfm_groups().is_empty() {
        return Err(refused(ExportError::NoRuleView));
    }
    if include.forecast && !run.has_forecasts() {
        return Err(refused(ExportError::NoForecast));
    }
    if include.co_assignment && !run.has_co_assignment() {
        return Err(refused(ExportError::NoCoAssignment));
    }
    if is_workbook && segment_only {
        let detail = "a workbook has all columns; ask for it without only, or for csv, ndjson or parquet";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    let params = ExportParams {
        format,
        include,
        segment_only,
        confident,
        continued: start > 0,
        ..ExportParams::default()
    };
    let encoder = Some(Encoder::new(&spreadsheet.applied(params), run.manifest()).map_err(refused)?);
    let next = place_after(&run, &visit, walk, start).await?;
    let whole = chosen.is_some() || format == Format::Parquet;
    let rows = Rows { run, walk, chosen: chosen.map(Arc::from), next };
    let export = Export { rows, visit, format, include, encoder, group: None };
    if is_workbook {
        return workbook::answer(export).await;
    }
    let mut response = export.rows.run.head(StatusCode::OK);
    response.content_type(format.content_type());
    if !whole {
        let cursor = Cursor::at(&export.rows.run, walk, start);
        response.insert_header((HeaderName::from_static("export-cursor"), cursor));
    }
    Ok(response.streaming(pieces(export)))
}

fn only_segment(query: &Query) -> Result<bool, ApiError> {
    match query.one("only")? {
        None => Ok(false),
        Some("segment") => Ok(true),
        Some(other) => {
            let detail = format!("only is {}, allowed is segment", excerpt(other));
            Err(ApiError::new(Code::InvalidParameter, detail))
        }
    }
}

fn parse_format(text: &str) -> Result<Format, ApiError> {
    Format::of(text).ok_or_else(|| {
        let names = Format::ALL.map(Format::name).join(", ");
        let detail = format!("format is {}, allowed are {names} and xlsx", excerpt(text));
        ApiError::new(Code::InvalidParameter, detail)
    })
}

fn refused(error: ExportError) -> ApiError {
    ApiError::new(Code::InvalidParameter, error.to_string())
}

/// The place behind so many rows of the walk. Cost O(n) where borderline customers are passed over.
///
/// # Errors
/// The walk has fewer rows.
async fn place_after(run: &Run, visit: &Visit, walk: Walk, rows: usize) -> Result<usize, ApiError> {
    if !walk.confident || rows == 0 {
        return Ok(rows);
    }
    let served = run.clone();
    let stays = move |&place: &usize| is_sure(&served, row_at(&served, walk.segment_id, place));
    let places = 0..count(run, walk.segment_id);
    let last = move || places.filter(stays).nth(rows - 1);
    let last = beside_the_workers(visit, last).await?;
    let fewer = || run.problem(Code::InvalidCursor, format!("the export has fewer than {rows} customers"));
    last.map(|place| place + 1).ok_or_else(fewer)
}

/// The row at a place of the walk.
fn row_at(run: &Run, segment_id: u16, place: usize) -> u32 {
    match segment_id {
        EVERY_SEGMENT => place as u32,
        id => run.members(id)[place],
    }
}

/// Whether the customer in this row is not borderline.
fn is_sure(run: &Run, row: u32) -> bool {
    !run.is_borderline(&run.customer(row as usize))
}

/// An export on its way.
struct Export {
    rows: Rows,
    visit: Visit,
    format: Format,
    include: Include,
    /// None once the file has its end.
    encoder: Option<Encoder>,
    /// The row group of Parquet that is handed over.
    group: Option<Large>,
}

/// The rows that are still to come.
#[derive(Clone)]
struct Rows {
    run: Run,
    walk: Walk,
    /// The members that are asked for, in their order; none where all are, by id.
    chosen: Option<Arc<[u32]>>,
    next: usize,
}

fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(export, |mut export| async {
        let piece = export.piece().await.transpose()?;
        Some((piece, export))
    })
}

impl Export {
    /// What is sent next; after the last members, what ends the file, then `None`.
    async fn piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        if let Some(part) = self.group.as_mut().and_then(Large::next) {
            return Ok(Some(part));
        }
        // Its memory is free for the next one.
        self.group = None;
        if self.format == Format::Parquet { self.row_group().await } else { self.lines().await }
    }

    /// The lines of the next members.
    async fn lines(&mut self) -> Result<Option<Bytes>, ApiError> {
        let members = self.members(self.visit.portion(self.format.rows_per_piece())).await?;
        let paid = self.visit.pay(members.len()).await?;
        let run = &self.rows.run;
        let rows: Option<Vec<_>> =
            members.iter().map(|&row| row_of(run, self.include, row as usize)).collect();
        let Some(rows) = rows else { return Ok(None) };
        for row in &rows {
            self.visit.note(Outcome::Found, row.customer_id);
        }
        let bytes = match &mut self.encoder {
            Some(encoder) if !rows.is_empty() => Some(encoder.rows(&rows)),
            encoder => encoder.take().map(Encoder::finish),
        };
        self.visit.write_down()?;
        paid.sent();
        // An empty piece would be read as the end of the answer, and another end follows.
        Ok(bytes.filter(|bytes| !bytes.is_empty()).map(Bytes::from))
    }

    /// The beginning of the next row group, which is encoded beside the workers; after the last, the footer.
    async fn row_group(&mut self) -> Result<Option<Bytes>, ApiError> {
        let members = self.members(self.format.rows_per_piece()).await?;
        let Some(mut encoder) = self.encoder.take() else { return Ok(None) };
        if members.is_empty() {
            return Ok(Some(encoder.finish().into()));
        }
        let paid = self.visit.pay_evenly(members.len()).await?;
        let (run, include) = (self.rows.run.clone(), self.include);
        self.visit.write_down_all(members.iter().map(|&row| run.customer(row as usize).id)).await?;
        let about = members.len() * row_bytes(&run, include);
        let work = move || {
            let rows: Vec<_> =
                members.iter().filter_map(|&row| row_of(&run, include, row as usize)).collect();
            let bytes = encoder.rows(&rows);
            (encoder, bytes)
        };
        let (encoder, group) = Large::made(&self.visit, about, paid, work).await?;
        self.encoder = Some(encoder);
        Ok(self.group.insert(group).next())
    }

    /// Rows of the next members, so many at most; none once all were given. Many, and those that are sure of their place,
    /// are chosen beside the workers.
    async fn members(&mut self, most: usize) -> Result<Vec<u32>, ApiError> {
        if !self.rows.walk.confident && most <= AT_ONCE {
            return Ok(self.rows.next(most));
        }
        let mut rows = self.rows.clone();
        let choose = move || {
            let members = rows.next(most);
            (rows, members)
        };
        let (rows, members) = beside_the_workers(&self.visit, choose).await?;
        self.rows = rows;
        Ok(members)
    }
}

impl Rows {
    /// The next, so many at most; none once all were given.
    fn next(&mut self, most: usize) -> Vec<u32> {
        let (run, walk, chosen) = (&self.run, self.walk, self.chosen.as_deref());
        let all = chosen.map_or_else(|| count(run, walk.segment_id), <[u32]>::len);
        let row =
            |place: usize| chosen.map_or_else(|| row_at(run, walk.segment_id, place), |rows| rows[place]);
        let mut seen = 0;
        let passed = (self.next..all).map(row).inspect(|_| seen += 1);
        let found = passed.filter(|&row| !walk.confident || is_sure(run, row)).take(most).collect();
        self.next += seen;
        found
    }
}

/// About what a row takes in Parquet: its id, and a number with its share of a dictionary in each column.
fn row_bytes(run: &Run, include: Include) -> usize {
    32 + 12 * (COLUMNS.len() + run.manifest().features.len() + include.column_names().count())
}

/// `None` for a member of a segment that the run does not describe, which no verified run has.
fn row_of(run: &Run, include: Include, row: usize) -> Option<Row<'_>> {
    let customer = run.customer(row);
    Some(Row {
        customer_id: customer.id,
        segment: run.segment(customer.segment_id)?,
        silhouette: customer.silhouette,
        features: customer.features,
        beside: beside(run, &customer, include),
    })
}
