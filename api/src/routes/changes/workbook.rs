//! Changes as a workbook, which has its table of contents at the end: it is made whole, then sent.

use actix_web::HttpResponse;
use segmentation_lib::export::Format;
use segmentation_lib::movement::{Matrix, MovementWorkbook, Way};
use segmentation_lib::store::Store;

use super::{Reading, head, ids};
use crate::error::ApiError;
use crate::routes::export::workbook::{CONTENT_TYPE, problem};
use crate::routes::large::{Large, when_asked};
use crate::routes::movement::{beside_the_workers, read};

/// About what a row takes: its sentences are much alike.
const ROW_BYTES: usize = 128;

/// All changes. That they fit a workbook is known before the answer begins: they are counted first. They are read, paid
/// for and written to a temporary file while it is sent.
pub async fn answer(reading: Reading, way: Way) -> Result<HttpResponse, ApiError> {
    let (run, along) = (reading.run.clone(), way.clone());
    let counted = move |store: &Store| Ok((Matrix::of(store, &along)?.changes(), along));
    let (movements, along) = read(&reading.run, &reading.visit, counted).await?;
    let begun = move || MovementWorkbook::new(&along, run.manifest().source.currency.as_deref(), movements);
    let rows = beside_the_workers(&reading.visit, begun).await?.map_err(problem)?;
    let mut response = head(&reading.run, &way, CONTENT_TYPE);
    Ok(response.streaming(when_asked(async move {
        let mut reading = reading;
        let piece = made(&mut reading, rows).await?;
        Ok((reading, piece))
    })))
}

/// The file with all changes.
async fn made(reading: &mut Reading, mut book: MovementWorkbook) -> Result<Large, ApiError> {
    let visit = reading.visit.clone();
    let mut paid = visit.pay_evenly(0).await?;
    loop {
        let changes = reading.next(Format::Parquet.rows_per_piece()).await?;
        if changes.is_empty() {
            break;
        }
        paid = paid.and(visit.pay_evenly(changes.len()).await?);
        visit.write_down_all(ids(&changes)).await?;
        let work = move || book.rows(&changes).map(|()| book);
        book = beside_the_workers(&visit, work).await?.map_err(problem)?;
    }
    let about = book.movements() * ROW_BYTES;
    Large::tried(&visit, about, paid, move || book.finish()).await?.map_err(problem)
}
