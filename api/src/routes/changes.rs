//! Who changed segment between two runs.

mod workbook;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::stream::{self, Stream};
use segmentation_lib::export::{ExportParams, Format};
use segmentation_lib::movement::{self, Encoder, Movement, MovementError, Movements, Way};
use segmentation_lib::record::{Cause, Localized, NamedSegment};
use segmentation_lib::store::{RunId, Store};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::large::Large;
use super::movement::{beside_the_workers, read};
use crate::answer::{Run, json};
use crate::budget::Memory;
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;
use crate::spreadsheet::{LANGUAGE, SAFE, Spreadsheet};
use crate::visit::{Outcome, Visit};

/// Changes a page when the client does not say.
const DEFAULT_LIMIT: usize = 1000;

/// Bytes that reading holds for each publication on the way: a frame of changes and its index.
const BYTES_A_STEP: usize = 64 << 10;

/// About what a change takes, told in two languages.
const BYTES_A_CHANGE: usize = 512;

/// The parameters of changes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The run to begin with: what the client's copy is of. Without it and `since` the run before `to`.
    #[param(required = false, example = "20111109T080000000Z-8d0c11aa")]
    pub from: String,
    /// Instead of `from`: of `to` and the runs that it continues, the last whose reference date is this day or an earlier one.
    #[param(required = false, format = Date, example = "2011-11-09")]
    pub since: String,
    /// The run to end with; without it the one that is served.
    #[param(required = false, example = "20111210T080000000Z-1f3a9c52")]
    pub to: String,
    /// `json` gives a page; `ndjson`, `csv` and `parquet` give all as a stream, `xlsx` as a workbook for people.
    #[param(required = false, default = "json", pattern = "^(json|ndjson|csv|parquet|xlsx)$")]
    pub format: String,
    /// Changes a page, 1 to 10,000. For `json` alone.
    #[param(required = false, minimum = 1, maximum = 10_000, default = 1000)]
    pub limit: u32,
    /// The last customer id that has arrived: what comes after it follows. Not for Parquet and xlsx, which are whole or
    /// nothing.
    #[param(required = false, example = "17850")]
    pub after: String,
    /// `spreadsheet` gives a CSV for people: a byte order mark, money in currency units with the currency in the
    /// column `feature`, an apostrophe before texts that would be formulas. For CSV alone, which is exact without it.
    #[param(required = false, example = "spreadsheet")]
    pub safe: String,
    /// With `safe`: `pt_br` parts columns by semicolons and decimals by a comma, as spreadsheets in Portuguese expect.
    #[param(required = false, default = "en", pattern = "^(en|pt_br)$")]
    pub language: String,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangePage {
    /// The run that the changes begin with. Ask for the next page with it.
    #[schema(example = "20111109T080000000Z-8d0c11aa")]
    pub from: String,
    /// The run that they lead to. Ask for the next page with it, so that a publication between changes nothing.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub to: String,
    /// Ascending by customer id (byte order).
    pub changes: Vec<CustomerChange>,
    /// `after` of the next page; null on the last.
    #[schema(example = "17850")]
    pub next_after: Option<String>,
}

/// A customer's change.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerChange {
    /// The customer's id.
    #[schema(example = "17850")]
    pub customer_id: String,
    /// What became of the customer.
    pub change: movement::Kind,
    /// The segment before; null for one who came.
    pub from: Option<NamedSegment>,
    /// The segment now; null for one who left.
    pub to: Option<NamedSegment>,
    /// The segment's id in the run that the changes lead to; null for one who left.
    #[schema(example = 2)]
    pub segment_id: Option<u16>,
    /// Reference date of the run since which it is so.
    #[schema(example = "2011-12-10")]
    pub since: String,
    /// That run.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub since_run: String,
    /// What made the customer change; null for one who came or left.
    pub cause: Option<Cause>,
    /// Why, in words; null as above.
    pub why: Option<Localized>,
}

impl From<Movement> for CustomerChange {
    fn from(movement: Movement) -> Self {
        let named = |segment: &Option<std::sync::Arc<NamedSegment>>| segment.as_deref().cloned();
        Self {
            change: movement.kind(),
            from: named(&movement.from),
            to: named(&movement.to),
            segment_id: movement.segment_id,
            since: movement.since.to_string(),
            since_run: movement.since_run.to_string(),
            cause: movement.why.as_ref().map(|why| why.cause),
            why: movement.sentence(),
            customer_id: movement.customer_id,
        }
    }
}

/// Who moved, came or left from one run to another, and why.
///
/// To keep a copy of the segments up to date, ask with the run that the copy is of and apply each change: who moved or
/// came is in `to` now, who left goes. The copy is then that of the run in `to`; its id is the next `from`. Customers
/// who were erased are in no change; a lookup does not find them. Rows ascend by customer id: what broke off goes on
/// with `after`. A run that the movement log no longer reaches is answered with 410: take a whole export then.
#[utoipa::path(
    get,
    path = "/v1/changes", operation_id = "list_changes",
    tag = "movement",
    params(ChangesQuery),
    responses((status = OK, content(
        (ChangePage = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
        (super::export::ParquetFile = "application/vnd.apache.parquet"),
        (super::export::WorkbookFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub async fn list(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let names = ["from", "since", "to", "format", "limit", "after", SAFE, LANGUAGE];
    let asked = Asked::parse(&Query::parse(request.query_string(), &names)?)?;
    if let Some(known) = run.known(&request) {
        return Ok(known);
    }
    let to = asked.to.clone().map_or_else(|| run.id(), Ok)?;
    let (from, since) = (asked.from.clone(), asked.since);
    let way = read(&run, &visit, move |store| Way::to(store, &to, from.as_ref(), since)).await?;
    let memory = visit.share().held.take(BYTES_A_STEP * way.steps.len()).await;
    let (opened, after) = (way.clone(), asked.after.clone());
    let rows = read(&run, &visit, move |store| open(store, &opened, after.as_deref())).await?;
    let reading = Reading { run, visit, rows: Some(rows), memory };
    match asked.form {
        Form::Page => page(reading, &request, &way, asked.limit).await,
        Form::Pieces(format) => stream(reading, &way, format, &asked),
        Form::Workbook => workbook::answer(reading, way).await,
    }
}

/// How changes are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A page of JSON.
    Page,
    Pieces(Format),
    Workbook,
}

impl Form {
    fn of(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Page),
            "xlsx" => Some(Self::Workbook),
            _ => Format::of(name).map(Self::Pieces),
        }
    }
}

/// What the query asks for.
struct Asked {
    from: Option<RunId>,
    since: Option<chrono::NaiveDate>,
    to: Option<RunId>,
    form: Form,
    limit: usize,
    after: Option<String>,
    spreadsheet: Spreadsheet,
}

impl Asked {
    fn parse(query: &Query) -> Result<Self, ApiError> {
        let invalid = |detail: String| ApiError::new(Code::InvalidParameter, detail);
        let run = |name: &str| -> Result<Option<RunId>, ApiError> {
            query.one(name)?.map(|text| text.parse().map_err(|e| invalid(format!("{name}: {e}")))).transpose()
        };
        let name = query.one("format")?.unwrap_or("json");
        let form = Form::of(name).ok_or_else(|| {
            invalid(format!("format is {}, allowed are json, ndjson, csv, parquet and xlsx", excerpt(name)))
        })?;
        let limit = query.limit()?;
        let asked = Self {
            from: run("from")?,
            since: query.day("since")?,
            to: run("to")?,
            form,
            limit: limit.unwrap_or(DEFAULT_LIMIT),
            after: query.one("after")?.map(str::to_owned),
            spreadsheet: Spreadsheet::of(query)?,
        };
        asked.check(limit.is_some())?;
        Ok(asked)
    }

    fn check(&self, limited: bool) -> Result<(), ApiError> {
        let what = match self.form {
            _ if self.from.is_some() && self.since.is_some() => {
                "from and since name two beginnings; give one"
            }
            Form::Pieces(Format::Parquet) | Form::Workbook if self.after.is_some() => {
                "Parquet and xlsx cannot be resumed; ask for them without after, or for csv or ndjson"
            }
            Form::Pieces(_) | Form::Workbook if limited => {
                "limit is for format=json; the other formats give all"
            }
            Form::Page | Form::Workbook if self.spreadsheet.is_asked() => "safe is for format=csv",
            _ => return Ok(()),
        };
        Err(ApiError::new(Code::InvalidParameter, what))
    }
}

fn open(store: &Store, way: &Way, after: Option<&str>) -> Result<Movements, MovementError> {
    let mut rows = Movements::open(store, way)?;
    if let Some(after) = after {
        // The next text after this one: no customer lies between.
        rows.seek(&format!("{after}\0"))?;
    }
    Ok(rows)
}

/// Changes while they are read and sent.
struct Reading {
    run: Run,
    visit: Visit,
    /// None while they are read elsewhere, and after a failure.
    rows: Option<Movements>,
    #[expect(dead_code, reason = "held as long as the changes are read")]
    memory: Memory,
}

impl Reading {
    /// The next changes, read beside the workers; fewer than asked for at the end.
    async fn next(&mut self, most: usize) -> Result<Vec<Movement>, ApiError> {
        let Some(mut rows) = self.rows.take() else { return Ok(Vec::new()) };
        let next = move |_: &Store| {
            let mut piece = Vec::new();
            while piece.len() < most {
                match rows.next()? {
                    Some(movement) => piece.push(movement),
                    None => break,
                }
            }
            Ok((piece, rows))
        };
        let (piece, rows) = read(&self.run, &self.visit, next).await?;
        self.rows = Some(rows);
        Ok(piece)
    }
}

/// The customers of these changes.
fn ids(changes: &[Movement]) -> impl Iterator<Item = &str> {
    changes.iter().map(|movement| movement.customer_id.as_str())
}

async fn page(
    mut reading: Reading,
    request: &HttpRequest,
    way: &Way,
    limit: usize,
) -> Result<HttpResponse, ApiError> {
    let changes = reading.next(limit).await?;
    reading.visit.spend(changes.len(), "give a smaller limit")?;
    ids(&changes).for_each(|id| reading.visit.note(Outcome::Found, id));
    let full = changes.len() == limit;
    let next_after = changes.last().filter(|_| full).map(|last| last.customer_id.clone());
    let (from, to) = (way.from.run_id.clone(), way.to.run_id.clone());
    // Each change is told in sentences.
    let body = move || {
        let changes = changes.into_iter().map(CustomerChange::from).collect();
        json(&ChangePage { from, to, changes, next_after })
    };
    let body = beside_the_workers(&reading.visit, body).await?;
    Ok(reading.run.made(request, body))
}

/// The beginning of an answer that holds all changes.
fn head(run: &Run, way: &Way, content_type: &'static str) -> HttpResponseBuilder {
    let mut response = run.head(StatusCode::OK);
    response.content_type(content_type);
    response.insert_header((HeaderName::from_static("changes-from"), way.from.run_id.clone()));
    response.insert_header((HeaderName::from_static("changes-to"), way.to.run_id.clone()));
    response
}

fn stream(reading: Reading, way: &Way, format: Format, asked: &Asked) -> Result<HttpResponse, ApiError> {
    let params = ExportParams { format, continued: asked.after.is_some(), ..ExportParams::default() };
    let currency = reading.run.manifest().source.currency.as_deref();
    let encoder = Encoder::new(&asked.spreadsheet.applied(params), currency)
        .map_err(|error| ApiError::new(Code::InvalidParameter, error.to_string()))?;
    let mut response = head(&reading.run, way, format.content_type());
    Ok(response.streaming(pieces(Sending { reading, format, encoder: Some(encoder), piece: None })))
}

struct Sending {
    reading: Reading,
    format: Format,
    /// None once the file has its end.
    encoder: Option<Encoder>,
    /// The changes that are handed over.
    piece: Option<Large>,
}

fn pieces(sending: Sending) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(sending, |mut sending| async {
        let piece = sending.piece().await.transpose()?;
        Some((piece, sending))
    })
}

impl Sending {
    async fn piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        if let Some(part) = self.piece.as_mut().and_then(Large::next) {
            return Ok(Some(part));
        }
        self.piece = None;
        let rows = self.format.rows_per_piece();
        let visit = self.reading.visit.clone();
        let rows = if self.format == Format::Parquet { rows } else { visit.portion(rows) };
        let changes = self.reading.next(rows).await?;
        let Some(mut encoder) = self.encoder.take() else { return Ok(None) };
        if changes.is_empty() {
            // An empty piece would be read as the end of the answer, which it is.
            return Ok(Some(Bytes::from(encoder.finish())).filter(|bytes| !bytes.is_empty()));
        }
        let paid = visit.pay_evenly(changes.len()).await?;
        visit.write_down_all(ids(&changes)).await?;
        let about = changes.len() * BYTES_A_CHANGE;
        let work = move || {
            let bytes = encoder.rows(&changes);
            (encoder, bytes)
        };
        let (encoder, piece) = Large::made(&visit, about, paid, work).await?;
        self.encoder = Some(encoder);
        Ok(self.piece.insert(piece).next())
    }
}
