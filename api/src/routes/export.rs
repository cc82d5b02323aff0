//! A segment as a whole.

mod workbook;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use segmentation_lib::export::{Encoder, ExportError, ExportParams, Format, Include, Row};
use utoipa::{IntoParams, ToSchema};

use super::cursor::{Cursor, EVERY_SEGMENT, count, position};
use super::segments::from_path;
use crate::answer::Run;
use crate::batch::Safety;
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;
use crate::served::{CONFIDENT, INCLUDE, beside, confident_of, include_of};
use crate::visit::{Outcome, Visit};

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
    /// `spreadsheet` puts an apostrophe before texts that a spreadsheet would take for formulas; for CSV alone, which is
    /// exact without it.
    #[param(required = false, example = "spreadsheet")]
    pub safe: String,
    /// What each row holds beside the segment and the features: `rfm`, `forecast`, `borderline`, or several, separated by commas.
    #[param(
        required = false,
        pattern = "^(rfm|forecast|borderline)(,(rfm|forecast|borderline))*$",
        example = "rfm"
    )]
    pub include: String,
    /// `segment` leaves everything away but the customer's id and segment: what `/v1/changes` keeps up to date. Not with
    /// `include`.
    #[param(required = false, pattern = "^segment$", example = "segment")]
    pub only: String,
    /// `true` leaves borderline customers out, by the definition of `borderline` in the explanation of a customer. Such an
    /// export has no `Export-Cursor`: it is asked for as a whole.
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
/// broke off. The stream is slowed to the key's rate limit.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}/export", operation_id = "export_segment",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key"), ExportQuery),
    responses((status = OK, content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (ParquetFile = "application/vnd.apache.parquet"),
        (WorkbookFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub async fn segment(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    export(run, visit, &request, |run| Ok(from_path(run, &request, "/export")?.id)).await
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
    export(run, visit, &request, |_| Ok(EVERY_SEGMENT)).await
}

async fn export(
    run: Run,
    visit: Visit,
    request: &HttpRequest,
    segment: impl FnOnce(&Run) -> Result<u16, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let query =
        Query::parse(request.query_string(), &["format", "cursor", "safe", INCLUDE, "only", CONFIDENT])?;
    let name = query.one("format")?.unwrap_or("csv");
    // A workbook has texts that are no formulas, and is whole or nothing, as Parquet is.
    let is_workbook = name == "xlsx";
    let format = if is_workbook { Format::Parquet } else { parse_format(name)? };
    // Before the answer may be that nothing changed: what is asked must be askable.
    let (safe, include) = (Safety::of(&query)? == Safety::Spreadsheet, include_of(&query)?);
    let (segment_only, confident) = (only_segment(&query)?, confident_of(&query)?);
    let include = Include { held_out: run.holds_out() && !segment_only, ..include };
    let segment_id = segment(&run)?;
    if let Some(known) = run.known(request) {
        return Ok(known);
    }
    let cursor = query.one("cursor")?;
    if format == Format::Parquet && cursor.is_some() {
        let detail = "Parquet and xlsx cannot be resumed; ask for it without a cursor, or for csv or ndjson";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    if confident && cursor.is_some() {
        let detail =
            "an export that leaves borderline customers out cannot be resumed; ask for it without a cursor";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    let start = cursor.map_or(Ok(0), |cursor| position(&run, segment_id, cursor))?;
    if include.rfm && run.rfm_groups().is_empty() {
        return Err(refused(ExportError::NoRuleView));
    }
    if include.forecast && !run.has_forecasts() {
        return Err(refused(ExportError::NoForecast));
    }
    if is_workbook && segment_only {
        let detail = "a workbook has all columns; ask for it without only, or for csv, ndjson or parquet";
        return Err(ApiError::new(Code::InvalidParameter, detail));
    }
    let params = ExportParams { format, safe, include, segment_only, confident, continued: start > 0 };
    let encoder = Some(Encoder::new(&params, feature_names(&run)).map_err(refused)?);
    let export = Export { run, visit, format, include, confident, encoder, segment_id, next: start };
    if is_workbook {
        return workbook::whole(export).await;
    }
    let mut response = export.run.head(StatusCode::OK);
    response.content_type(format.content_type());
    if format != Format::Parquet && !confident {
        let cursor = Cursor::at(&export.run, segment_id, start);
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
        let detail = format!("format is {}, allowed are csv, ndjson, parquet and xlsx", excerpt(text));
        ApiError::new(Code::InvalidParameter, detail)
    })
}

fn refused(error: ExportError) -> ApiError {
    ApiError::new(Code::InvalidParameter, error.to_string())
}

fn feature_names(run: &Run) -> impl Iterator<Item = &str> {
    run.manifest().features.iter().map(|feature| feature.name.as_str())
}

/// An export on its way.
struct Export {
    run: Run,
    visit: Visit,
    format: Format,
    include: Include,
    confident: bool,
    /// None once the file has its end.
    encoder: Option<Encoder>,
    segment_id: u16,
    next: usize,
}

fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(export, |mut export| async {
        let piece = export.piece().await.transpose()?;
        Some((piece, export))
    })
}

impl Export {
    /// What is sent for the next members; after the last, what ends the file, then `None`.
    async fn piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        let rows = self.format.rows_per_piece();
        // A row group of Parquet is written at once.
        let rows = if self.format == Format::Parquet { rows } else { self.visit.portion(rows) };
        let members = self.members(rows);
        self.visit.spend_in_time(members.len()).await?;
        let rows: Option<Vec<_>> =
            members.iter().map(|&row| row_of(&self.run, self.include, row as usize)).collect();
        let Some(rows) = rows else { return Ok(None) };
        for row in &rows {
            self.visit.note(Outcome::Found, row.customer_id);
        }
        let bytes = match &mut self.encoder {
            Some(encoder) if !rows.is_empty() => Some(encoder.rows(&rows)),
            encoder => encoder.take().map(Encoder::finish),
        };
        self.visit.write_down()?;
        // An empty piece would be read as the end of the answer, and another end follows.
        Ok(bytes.filter(|bytes| !bytes.is_empty()).map(Bytes::from))
    }

    /// Rows of the next members, so many at most; none once all were given.
    fn members(&mut self, most: usize) -> Vec<u32> {
        let row_at = |place: usize| match self.segment_id {
            EVERY_SEGMENT => place as u32,
            id => self.run.members(id)[place],
        };
        let mut seen = 0;
        let stays = |row: u32| !self.confident || !self.run.is_borderline(&self.run.customer(row as usize));
        let places = self.next..count(&self.run, self.segment_id);
        let counted = places.map(row_at).inspect(|_| seen += 1);
        let found = counted.filter(|&row| stays(row)).take(most).collect();
        self.next += seen;
        found
    }
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
