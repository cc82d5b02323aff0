//! An export as a workbook, which has its table of contents at the end: it is made whole, then sent.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use segmentation_lib::export::{CustomerWorkbook, ExportError, Include};

use super::{Export, refused, row_of};
use crate::answer::Run;
use crate::error::{ApiError, Code};
use crate::routes::large::Large;
use crate::routes::movement::beside_the_workers;

/// The content type.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// About what a row takes.
const ROW_BYTES: usize = 64;

/// A workbook on its way.
struct Book {
    export: Export,
    /// Whose rows it is to have; none once it was made.
    rows: Option<Vec<u32>>,
    made: Option<Large>,
}

/// All customers that the export has. That they fit a workbook is known before the answer begins; they are paid for and
/// made while it is sent.
pub(super) async fn answer(mut export: Export) -> Result<HttpResponse, ApiError> {
    let rows = export.members(usize::MAX).await?;
    let (run, include, customers) = (export.rows.run.clone(), export.include, rows.len());
    let fits = move || CustomerWorkbook::new(run.manifest(), include, customers).map(drop);
    beside_the_workers(&export.visit, fits).await?.map_err(problem)?;
    let mut response = export.rows.run.head(StatusCode::OK);
    response.content_type(CONTENT_TYPE);
    Ok(response.streaming(parts(Book { export, rows: Some(rows), made: None })))
}

fn parts(book: Book) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(book, |mut book| async {
        let part = book.part().await.transpose()?;
        Some((part, book))
    })
}

impl Book {
    async fn part(&mut self) -> Result<Option<Bytes>, ApiError> {
        if let Some(rows) = self.rows.take() {
            self.made = Some(self.make(rows).await?);
        }
        Ok(self.made.as_mut().and_then(Large::next))
    }

    async fn make(&self, rows: Vec<u32>) -> Result<Large, ApiError> {
        let Export { visit, include, rows: of, .. } = &self.export;
        let (run, include) = (of.run.clone(), *include);
        let paid = visit.pay_evenly(rows.len()).await?;
        visit.write_down_all(rows.iter().map(|&row| run.customer(row as usize).id)).await?;
        let about = rows.len() * ROW_BYTES;
        let work = move || match workbook(&run, include, &rows) {
            Ok(bytes) => (Ok(()), bytes),
            Err(error) => (Err(error), Vec::new()),
        };
        let (done, made) = Large::made(visit, about, paid, work).await?;
        done.map_err(problem)?;
        Ok(made)
    }
}

fn workbook(run: &Run, include: Include, rows: &[u32]) -> Result<Vec<u8>, ExportError> {
    let mut workbook = CustomerWorkbook::new(run.manifest(), include, rows.len())?;
    workbook.rows(rows.iter().filter_map(|&row| row_of(run, include, row as usize)))?;
    workbook.finish()
}

/// What is told of a workbook that cannot be made.
pub(in crate::routes) fn problem(error: ExportError) -> ApiError {
    match error {
        ExportError::Workbook(error) => {
            tracing::error!(%error, "the workbook cannot be made; it needs room in the temporary folder (TMPDIR)");
            ApiError::new(Code::Internal, "the workbook cannot be made; the service's log says why")
        }
        other => refused(other),
    }
}
