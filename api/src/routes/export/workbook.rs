//! An export as a workbook, which has its table of contents at the end: it is made whole, then sent.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use segmentation_lib::export::{CustomerWorkbook, ExportError, Include};

use super::{Export, refused, row_of};
use crate::answer::Run;
use crate::error::{ApiError, Code};
use crate::routes::movement::beside_the_workers;
use crate::visit::{Outcome, Visit};

/// The content type.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Rows that are paid for and written down at a time.
const ROWS: usize = 1024;

/// All customers that the export has. Each is paid for and in the audit before the first byte is made; the work is done
/// beside the workers.
pub async fn whole(mut export: Export) -> Result<HttpResponse, ApiError> {
    let mut rows = Vec::new();
    loop {
        let members = export.members(export.visit.portion(ROWS));
        if members.is_empty() {
            break;
        }
        export.visit.spend_in_time(members.len()).await?;
        for &row in &members {
            export.visit.note(Outcome::Found, export.run.customer(row as usize).id);
        }
        export.visit.write_down()?;
        rows.extend(members);
    }
    let Export { run, visit, include, .. } = export;
    let bytes = made(&run, &visit, include, rows).await?;
    Ok(run.head(StatusCode::OK).content_type(CONTENT_TYPE).body(bytes))
}

async fn made(run: &Run, visit: &Visit, include: Include, rows: Vec<u32>) -> Result<Vec<u8>, ApiError> {
    let served = run.clone();
    let work = move || {
        let mut workbook = CustomerWorkbook::new(served.manifest(), include, rows.len())?;
        workbook.rows(rows.iter().filter_map(|&row| row_of(&served, include, row as usize)))?;
        workbook.finish()
    };
    beside_the_workers(visit, work).await?.map_err(|error| match error {
        ExportError::Workbook(error) => {
            tracing::error!(%error, "the workbook cannot be made; it needs room in the temporary folder (TMPDIR)");
            ApiError::new(Code::Internal, "the workbook cannot be made; the service's log says why")
        }
        other => refused(other),
    })
}
