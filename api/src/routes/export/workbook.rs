//! An export as a workbook, which has its table of contents at the end: it is made whole, then sent.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use segmentation_lib::export::{CustomerWorkbook, ExportError, Include};

use super::{Export, refused, row_of};
use crate::answer::Run;
use crate::error::{ApiError, Code};
use crate::routes::large::{Large, when_asked};
use crate::routes::movement::beside_the_workers;

/// The content type.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// About what a row takes.
const ROW_BYTES: usize = 64;

/// All customers that the export has. That they fit a workbook is known before the answer begins; they are paid for and
/// made while it is sent.
pub(super) async fn answer(mut export: Export) -> Result<HttpResponse, ApiError> {
    let rows = export.members(usize::MAX).await?;
    let (run, include, customers) = (export.rows.run.clone(), export.include, rows.len());
    let fits = move || CustomerWorkbook::new(run.manifest(), include, customers).map(drop);
    beside_the_workers(&export.visit, fits).await?.map_err(problem)?;
    let mut response = export.rows.run.head(StatusCode::OK);
    response.content_type(CONTENT_TYPE);
    Ok(response.streaming(when_asked(async move {
        let piece = made(&export, rows).await?;
        Ok((export, piece))
    })))
}

async fn made(export: &Export, rows: Vec<u32>) -> Result<Large, ApiError> {
    let Export { visit, include, rows: of, .. } = export;
    let (run, include) = (of.run.clone(), *include);
    let paid = visit.pay_evenly(rows.len()).await?;
    visit.write_down_all(rows.iter().map(|&row| run.customer(row as usize).id)).await?;
    let about = rows.len() * ROW_BYTES;
    Large::tried(visit, about, paid, move || workbook(&run, include, &rows)).await?.map_err(problem)
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
