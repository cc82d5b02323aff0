//! A segment as a whole.

mod parquet;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::cursor::{Cursor, position};
use super::segments::from_path;
use crate::answer::Run;
use crate::batch::{Form, Row, Rows};
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;
use crate::visit::{Outcome, Visit};

/// Members a piece of the answer.
const PIECE: usize = 1024;
/// Members a row group of Parquet: some milliseconds of work, and few enough groups for a reader.
const ROW_GROUP: usize = 16_384;
/// The columns before those of the features, as `segment export` writes them.
const COLUMNS: [&str; 6] = ["customer_id", "segment_id", "segment_key", "segment", "segmento", "silhouette"];

/// The parameters of an export.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv`, `ndjson` or `parquet`.
    #[param(required = false, default = "csv")]
    pub format: ExportFormat,
    /// Where to begin: that of the `Export-Cursor` header with the number of rows received added to its
    /// last part. Not for Parquet, which is whole or nothing.
    #[param(required = false)]
    pub cursor: String,
}

/// Form of an export.
#[derive(Debug, Clone, Copy, ToSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet, not compressed in itself.
    Parquet,
}

/// A file in Apache Parquet.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ParquetFile(#[expect(dead_code, reason = "described, never made")] Vec<u8>);

/// A row of the export.
#[derive(Serialize)]
struct Exported<'a> {
    customer_id: &'a str,
    segment_id: u16,
    segment_key: &'a str,
    segment: &'a str,
    segmento: &'a str,
    silhouette: f32,
    #[serde(serialize_with = "as_map")]
    features: Vec<(&'a str, f64)>,
}

fn as_map<S: serde::Serializer>(pairs: &[(&str, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}

impl Row for Exported<'_> {
    fn fields(&self) -> Vec<String> {
        let fixed = [self.customer_id, self.segment_key, self.segment, self.segmento].map(str::to_owned);
        let [id, key, segment, segmento] = fixed;
        let mut fields =
            vec![id, self.segment_id.to_string(), key, segment, segmento, self.silhouette.to_string()];
        fields.extend(self.features.iter().map(|(_, value)| value.to_string()));
        fields
    }
}

/// All members of a segment with their features, as a stream.
///
/// Rows ascend by customer id (byte order): the same run gives the same bytes. To resume after a break,
/// count the rows that arrived whole, add their number to the last part of the `Export-Cursor` header, and
/// ask again with that as `cursor`; a cursor of another run is refused with 410. A resumed CSV has no
/// header. Parquet has its table of contents at the end: it is asked for as a whole, again when it broke
/// off. The stream is slowed to the key's rate limit.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}/export", operation_id = "export_segment",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key"), ExportParams),
    responses((status = OK, content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (ParquetFile = "application/vnd.apache.parquet"),
    )))
)]
pub async fn segment(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let query = Query::parse(request.query_string(), &["format", "cursor"])?;
    let format = parse_format(query.one("format")?.unwrap_or("csv"))?;
    let segment_id = from_path(&run, &request, "/export")?.id;
    if let Some(known) = run.known(&request) {
        return Ok(known);
    }
    let cursor = query.one("cursor")?;
    let start = cursor.map_or(Ok(0), |cursor| position(&run, segment_id, cursor))?;
    let mut response = run.head(StatusCode::OK);
    let form = match format {
        ExportFormat::Csv => Some(Form::Csv),
        ExportFormat::Ndjson => Some(Form::Ndjson),
        ExportFormat::Parquet if cursor.is_some() => {
            let detail = "Parquet cannot be resumed; ask for it without a cursor, or for csv or ndjson";
            return Err(ApiError::new(Code::InvalidParameter, detail));
        }
        ExportFormat::Parquet => None,
    };
    response.content_type(form.map_or(PARQUET, Form::content_type));
    if form.is_some() {
        let cursor = Cursor::at(&run, segment_id, start);
        response.insert_header((HeaderName::from_static("export-cursor"), cursor));
    }
    let begins = start == 0;
    let output = match form {
        Some(form) => Output::Lines { form, begins },
        None => Output::Parquet(Box::new(parquet::File::new(feature_names(&run)))),
    };
    Ok(response.streaming(pieces(Export { run, visit, output, segment_id, next: start })))
}

const PARQUET: &str = "application/vnd.apache.parquet";

fn parse_format(text: &str) -> Result<ExportFormat, ApiError> {
    match text {
        "csv" => Ok(ExportFormat::Csv),
        "ndjson" => Ok(ExportFormat::Ndjson),
        "parquet" => Ok(ExportFormat::Parquet),
        _ => {
            let detail = format!("format is {}, allowed are csv, ndjson and parquet", excerpt(text));
            Err(ApiError::new(Code::InvalidParameter, detail))
        }
    }
}

fn feature_names(run: &Run) -> impl Iterator<Item = &str> {
    run.manifest().features.iter().map(|feature| feature.name.as_str())
}

/// An export on its way.
struct Export {
    run: Run,
    visit: Visit,
    output: Output,
    segment_id: u16,
    next: usize,
}

/// What rows become.
enum Output {
    Lines {
        form: Form,
        /// Whether the header of a CSV is still to be sent.
        begins: bool,
    },
    Parquet(Box<parquet::File>),
}

fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(export, |mut export| async {
        let piece = export.piece().await.transpose()?;
        Some((piece, export))
    })
}

impl Export {
    async fn piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        let size = match self.output {
            Output::Parquet(_) => ROW_GROUP,
            Output::Lines { .. } => self.visit.portion(PIECE),
        };
        let members = self.run.members(self.segment_id);
        let members = &members[self.next..members.len().min(self.next + size)];
        self.visit.spend_in_time(members.len()).await?;
        let rows: Option<Vec<_>> = members.iter().map(|&row| row_of(&self.run, row as usize)).collect();
        let Some(rows) = rows else { return Ok(None) };
        for row in &rows {
            self.visit.note(Outcome::Found, row.customer_id);
        }
        let bytes = self.output.bytes(&rows, &self.run);
        self.next += rows.len();
        self.visit.write_down()?;
        Ok(bytes.map(Bytes::from))
    }
}

impl Output {
    /// What is sent for these rows; for no more rows, what ends the file, then `None`.
    fn bytes(&mut self, rows: &[Exported<'_>], run: &Run) -> Option<Vec<u8>> {
        match self {
            Self::Parquet(file) if rows.is_empty() => file.finish(),
            Self::Parquet(file) => Some(file.rows(rows)),
            Self::Lines { begins: false, .. } if rows.is_empty() => None,
            Self::Lines { form, begins } => {
                let header: Vec<&str> = COLUMNS.into_iter().chain(feature_names(run)).collect();
                let mut lines = Rows::new(*form, std::mem::take(begins).then_some(&header[..]));
                rows.iter().for_each(|row| lines.push(row));
                Some(lines.into_bytes())
            }
        }
    }
}

/// `None` for a member of a segment that the run does not describe, which no verified run has.
fn row_of(run: &Run, row: usize) -> Option<Exported<'_>> {
    let customer = run.customer(row);
    let segment = run.segment(customer.segment_id)?;
    Some(Exported {
        customer_id: customer.id,
        segment_id: segment.id,
        segment_key: &segment.key,
        segment: &segment.name.en,
        segmento: &segment.name.pt_br,
        silhouette: customer.silhouette,
        features: feature_names(run).zip(customer.features.iter().copied()).collect(),
    })
}
