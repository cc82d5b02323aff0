//! Look-ups of any number of customers, answered while they are read.

use std::collections::VecDeque;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, ContentEncoding};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use segmentation_lib::export::{
    About, Beside, Cell, ColumnKind, ExportParams, Include, TableEncoder, TableWorkbook,
};
use serde::Serialize;

use super::made::look_up;
use super::{LookupResult, LookupStatus};
use crate::answer::Run;
use crate::batch::{Form, IdLines, Part, Parts, Place};
use crate::error::{ApiError, Code};
use crate::routes::export::workbook::{CONTENT_TYPE, problem};
use crate::routes::large::Large;
use crate::served::placed;
use crate::settings::Settings;
use crate::spreadsheet::Spreadsheet;
use crate::visit::{Paid, Visit};

/// Most lines answered at once: about a millisecond, in which no other request is.
const PORTION: usize = 4096;
/// The same of lines of a workbook, which take longer.
const PORTION_OF_WORKBOOK: usize = 512;
/// About what a row of a workbook takes.
const ROW_BYTES: usize = 64;
/// A list that is announced as no longer is read to its end before its answer begins, so that all that is wrong with it is
/// a problem.
const SHORT: u64 = 64 << 10;

/// A column's name and what it holds.
type Column = (&'static str, ColumnKind);
/// The columns of a CSV; people get [`NAMES`] between.
const FIRST: [Column; 4] = [
    ("customer_id", ColumnKind::Text),
    ("status", ColumnKind::Text),
    ("segment_id", ColumnKind::Whole),
    ("segment_key", ColumnKind::Text),
];
/// The segment's name in both languages.
const NAMES: [Column; 2] = [("segment", ColumnKind::Text), ("segmento", ColumnKind::Text)];
const LAST: [Column; 2] = [("silhouette", ColumnKind::Single), ("reason", ColumnKind::Text)];

/// The columns of an answer.
fn columns(for_people: bool, include: Include) -> Vec<Column> {
    let names = NAMES.into_iter().filter(|_| for_people);
    FIRST.into_iter().chain(names).chain(LAST).chain(include.named_kinds()).collect()
}

/// The answer for one line.
#[derive(Serialize)]
struct LookupLine<'a> {
    #[serde(flatten)]
    result: LookupResult<'a>,
    /// The line's number, where it holds no id.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

impl<'a> LookupLine<'a> {
    /// As a record of [`columns`].
    fn cells(&self, run: &'a Run, for_people: bool, include: Include) -> Vec<Cell<'a>> {
        let result = &self.result;
        let text = |text: &'static str| Cell::Text(text.into());
        let segment = result.segment_id.and_then(|id| run.segment(id)).filter(|_| for_people);
        let name = segment.map_or([Cell::Missing, Cell::Missing], |segment| {
            [&segment.name.en, &segment.name.pt_br].map(|name| Cell::Text(name.as_str().into()))
        });
        let first = [
            Cell::Text(result.id.into()),
            text(result.status.as_str()),
            result.segment_id.map_or(Cell::Missing, |id| Cell::Whole(id.into())),
            result.segment_key.map_or(Cell::Missing, |key| Cell::Text(key.into())),
        ];
        let last = [
            result.silhouette.map_or(Cell::Missing, Cell::Single),
            result.reason.map_or(Cell::Missing, |reason| text(reason.as_str())),
        ];
        let mut cells: Vec<_> =
            first.into_iter().chain(name.into_iter().filter(|_| for_people)).chain(last).collect();
        cells.extend(self.beside().cells(include));
        cells
    }

    fn beside(&self) -> Beside<'a> {
        let LookupResult { rfm, forecast, borderline, co_assignment, held_out, .. } = &self.result;
        Beside {
            rfm: rfm.map(placed),
            forecast: *forecast,
            borderline: *borderline,
            co_assignment: *co_assignment,
            held_out: *held_out,
        }
    }
}

/// An answer on its way.
struct Answer {
    run: Run,
    visit: Visit,
    parts: Parts,
    lines: Lines,
    include: Include,
    /// What was read before the answer began, so that what is wrong at once is answered with a problem: the first part,
    /// or all of a short list.
    early: VecDeque<Part>,
    /// What is being answered, and from where on.
    part: Option<(Part, Place)>,
}

/// How lines are written.
enum Lines {
    /// One JSON object a line.
    Ndjson,
    /// One record a line; none once the file has its end.
    Csv { file: Option<TableEncoder>, for_people: bool },
    /// One row a line, which is sent once it has all.
    Workbook(Box<Book>),
}

/// A workbook on its way.
struct Book {
    /// The rows so far; none once it was made.
    rows: Option<TableWorkbook>,
    /// For the rows so far.
    paid: Option<Paid>,
    made: Option<Large>,
}

impl Lines {
    fn of(run: &Run, form: Form, asked: &Asked, include: Include) -> Result<Self, ApiError> {
        let currency = run.manifest().source.currency.as_deref();
        if asked.as_workbook {
            return Ok(Self::Workbook(Box::new(Book::of(run, currency, include)?)));
        }
        if form == Form::Ndjson {
            return Ok(Self::Ndjson);
        }
        let spreadsheet = asked.spreadsheet;
        let (params, for_people) = (spreadsheet.applied(ExportParams::default()), spreadsheet.is_asked());
        let file = TableEncoder::new(&params, columns(for_people, include), currency)
            .map_err(|error| ApiError::new(Code::InvalidParameter, error.to_string()))?;
        Ok(Self::Csv { file: Some(file), for_people })
    }

    /// Keeps what was paid for lines that are sent at the end.
    fn keep(&mut self, paid: Paid) {
        if let Self::Workbook(book) = self {
            book.paid = Some(match book.paid.take() {
                Some(before) => before.and(paid),
                None => paid,
            });
        }
    }

    /// Most lines at once.
    fn portion(&self) -> usize {
        if matches!(self, Self::Workbook(_)) { PORTION_OF_WORKBOOK } else { PORTION }
    }

    /// The bytes of these lines; none where they are kept for the end.
    fn bytes(
        &mut self,
        run: &Run,
        lines: &[LookupLine<'_>],
        include: Include,
    ) -> Result<Option<Vec<u8>>, ApiError> {
        match self {
            Self::Ndjson => Ok(Some(ndjson(lines))),
            Self::Csv { file, for_people } => {
                let rows: Vec<_> = lines.iter().map(|line| line.cells(run, *for_people, include)).collect();
                Ok(Some(file.as_mut().map(|file| file.rows(&rows)).unwrap_or_default()))
            }
            Self::Workbook(book) => book.add(run, lines, include).map(|()| None),
        }
    }

    /// The bytes behind the last line: a list without a line has a header all the same.
    async fn end(&mut self, visit: &Visit) -> Result<Option<Bytes>, ApiError> {
        match self {
            Self::Ndjson => Ok(None),
            Self::Csv { file, .. } => {
                let end = file.take().map(TableEncoder::finish).filter(|bytes| !bytes.is_empty());
                Ok(end.map(Bytes::from))
            }
            Self::Workbook(book) => book.part(visit).await,
        }
    }
}

impl Book {
    fn of(run: &Run, currency: Option<&str>, include: Include) -> Result<Self, ApiError> {
        let title = format!("Customers looked up in run {}", run.run_id());
        let about = About { title, sheet: "Customers", day: &run.manifest().reference_date, currency };
        let columns = columns(true, include).into_iter();
        let columns = columns.map(|(name, _)| (name.to_owned(), name.ends_with("_pennies"))).collect();
        let rows = Some(TableWorkbook::new(&about, columns).map_err(problem)?);
        Ok(Self { rows, paid: None, made: None })
    }

    fn add(&mut self, run: &Run, lines: &[LookupLine<'_>], include: Include) -> Result<(), ApiError> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let mut rows_of_lines = lines.iter().map(|line| line.cells(run, true, include));
        rows_of_lines.try_for_each(|cells| rows.row(cells.into_iter())).map_err(problem)
    }

    /// The next part of the file, which is made when the first is asked for.
    async fn part(&mut self, visit: &Visit) -> Result<Option<Bytes>, ApiError> {
        if let Some(rows) = self.rows.take() {
            let paid = match self.paid.take() {
                Some(paid) => paid,
                None => visit.pay_evenly(0).await?,
            };
            let about = rows.rows() * ROW_BYTES;
            let made = Large::tried(visit, about, paid, move || rows.finish()).await?;
            self.made = Some(made.map_err(problem)?);
        }
        Ok(self.made.as_mut().and_then(Large::next))
    }
}

fn ndjson(lines: &[LookupLine<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, line).expect("structs with text keys always serialise");
        bytes.push(b'\n');
    }
    bytes
}

/// What the query says of a list.
#[derive(Debug, Default)]
pub struct Asked {
    /// Name of the column or field that holds the id.
    pub column: Option<String>,
    /// For whom a CSV is.
    pub spreadsheet: Spreadsheet,
    /// What each line holds beside the segment.
    pub include: Include,
    /// Whether the answer is a workbook, whatever the list is.
    pub as_workbook: bool,
}

/// Answers a list in the form it comes in, line by line; what is wrong before the first line has been
/// read is a problem, what is wrong later breaks the answer off.
pub async fn answer(
    run: Run,
    visit: Visit,
    request: &HttpRequest,
    payload: Payload,
    (form, asked): (Form, Asked),
    settings: &Settings,
) -> Result<HttpResponse, ApiError> {
    let mut parts = Parts::of(
        request,
        payload,
        IdLines::new(form, asked.column.clone()),
        settings.client_timeout(),
        visit.share(),
    )?;
    let mut early = VecDeque::new();
    while let Some(part) = parts.next().await.transpose()? {
        early.push_back(part);
        if !is_short(request) {
            break;
        }
    }
    let mut response = run.head(StatusCode::OK);
    response.content_type(if asked.as_workbook { CONTENT_TYPE } else { form.content_type() });
    if visit.is_slow() {
        // Each portion goes out when it is paid for, and who is gone is noticed.
        response.insert_header(ContentEncoding::Identity);
    }
    let include = Include { held_out: run.holds_out(), ..asked.include };
    let lines = Lines::of(&run, form, &asked, include)?;
    Ok(response.streaming(pieces(Answer { run, visit, parts, lines, include, early, part: None })))
}

/// Whether the request announces a short list. A compressed one may be long.
fn is_short(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    !headers.contains_key(CONTENT_ENCODING) && announced.is_some_and(|bytes: u64| bytes <= SHORT)
}

fn pieces(answer: Answer) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(Some(answer), |answer| async {
        let mut answer = answer?;
        match answer.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(answer))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl Answer {
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            if self.part.is_none() {
                let part = match self.early.pop_front() {
                    Some(part) => Some(part),
                    None => self.parts.next().await.transpose()?,
                };
                self.part = part.map(|part| (part, Place::default()));
            }
            let Some((part, mut place)) = self.part.take() else { return self.lines.end(&self.visit).await };
            let portion = self.visit.portion(part.left(place).min(self.lines.portion()));
            let paid = self.visit.pay(portion).await?;
            let lines: Vec<_> =
                part.next_ids(&mut place, portion).map(|id| line(&self.run, id, self.include)).collect();
            for line in &lines {
                self.visit.note(line.result.status.into(), line.result.id);
            }
            let bytes = self.lines.bytes(&self.run, &lines, self.include)?;
            drop(lines);
            self.part = (part.left(place) > 0).then_some((part, place));
            self.visit.write_down()?;
            if let Some(bytes) = bytes {
                paid.sent();
                return Ok(Some(bytes.into()));
            }
            self.lines.keep(paid);
        }
    }
}

fn line<'a>(run: &'a Run, id: Result<&'a str, u32>, include: Include) -> LookupLine<'a> {
    match id {
        Ok(id) => LookupLine { result: look_up(run, id, include), line: None },
        Err(line) => LookupLine { result: LookupResult::malformed(), line: Some(line) },
    }
}

impl LookupStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
        }
    }
}
