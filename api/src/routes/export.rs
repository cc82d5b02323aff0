//! A segment as a whole.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::cursor::{Cursor, position};
use super::segments::from_path;
use crate::access::{Outcome, Visit};
use crate::answer::Run;
use crate::batch::{Form, Row, Rows};
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;

/// Members a piece of the answer.
const PIECE: usize = 4096;
/// The columns before those of the features, as `segment export` writes them.
const COLUMNS: [&str; 6] = ["customer_id", "segment_id", "segment_key", "segment", "segmento", "silhouette"];

/// The parameters of an export.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv` or `ndjson`.
    #[param(required = false, default = "csv")]
    pub format: ExportFormat,
    /// Where to begin: that of the `Export-Cursor` header with the number of rows received added to its
    /// last part.
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
}

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
/// header. The stream is slowed to the key's rate limit.
#[utoipa::path(
    get,
    path = "/v1/segments/{segment}/export", operation_id = "export_segment",
    tag = "segments",
    params(("segment" = String, Path, description = "The segment's id or key"), ExportParams),
    responses((status = OK, content((String = "text/csv"), (String = "application/x-ndjson"))))
)]
pub async fn segment(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let query = Query::parse(request.query_string(), &["format", "cursor"])?;
    let form = parse_format(query.one("format")?.unwrap_or("csv"))?;
    let segment_id = from_path(&run, &request, "/export")?.id;
    let start = query.one("cursor")?.map_or(Ok(0), |cursor| position(&run, segment_id, cursor))?;
    let mut response = run.head(StatusCode::OK);
    response.content_type(form.content_type());
    response.insert_header((HeaderName::from_static("export-cursor"), Cursor::at(&run, segment_id, start)));
    let export = Export { run, visit, form, segment_id, next: start, begins: start == 0 };
    Ok(response.streaming(pieces(export)))
}

fn parse_format(text: &str) -> Result<Form, ApiError> {
    match text {
        "csv" => Ok(Form::Csv),
        "ndjson" => Ok(Form::Ndjson),
        _ => {
            let detail = format!("format is {}, allowed are csv and ndjson", excerpt(text));
            Err(ApiError::new(Code::InvalidParameter, detail))
        }
    }
}

/// An export on its way.
struct Export {
    run: Run,
    visit: Visit,
    form: Form,
    segment_id: u16,
    next: usize,
    /// Whether the header of a CSV is still to be sent.
    begins: bool,
}

fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(export, |mut export| async {
        let piece = export.piece().await.transpose()?;
        Some((piece, export))
    })
}

impl Export {
    async fn piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        let end = self.run.members(self.segment_id).len().min(self.next + PIECE);
        if self.next == end && !self.begins {
            return Ok(None);
        }
        actix_web::rt::time::sleep(self.visit.spend_in_time(end - self.next)).await;
        let names = self.run.manifest().features.iter().map(|feature| feature.name.as_str());
        let header: Vec<&str> = COLUMNS.into_iter().chain(names).collect();
        let mut rows = Rows::new(self.form, std::mem::take(&mut self.begins).then_some(&header[..]));
        for &row in &self.run.members(self.segment_id)[self.next..end] {
            let Some(exported) = self.row(row as usize) else { return Ok(None) };
            self.visit.note(Outcome::Found, exported.customer_id);
            rows.push(&exported);
        }
        self.next = end;
        self.visit.write_down()?;
        Ok(Some(rows.into_bytes().into()))
    }

    /// `None` for a member of a segment that the run does not describe, which no verified run has.
    fn row(&self, row: usize) -> Option<Exported<'_>> {
        let customer = self.run.customer(row);
        let segment = self.run.segment(customer.segment_id)?;
        let names = self.run.manifest().features.iter().map(|feature| feature.name.as_str());
        Some(Exported {
            customer_id: customer.id,
            segment_id: segment.id,
            segment_key: &segment.key,
            segment: &segment.name.en,
            segmento: &segment.name.pt_br,
            silhouette: customer.silhouette,
            features: names.zip(customer.features.iter().copied()).collect(),
        })
    }
}
