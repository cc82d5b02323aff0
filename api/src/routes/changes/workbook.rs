//! Changes as a workbook, which has its table of contents at the end: it is made whole, then sent.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use segmentation_lib::export::Format;
use segmentation_lib::movement::{MovementWorkbook, Way};

use super::{Reading, head, ids};
use crate::error::ApiError;
use crate::routes::export::workbook::{CONTENT_TYPE, problem};
use crate::routes::large::Large;
use crate::routes::movement::beside_the_workers;

/// About what a row takes: its sentences are much alike.
const ROW_BYTES: usize = 128;

/// A workbook on its way.
struct Book {
    reading: Reading,
    /// The rows so far; none once it was made.
    rows: Option<MovementWorkbook>,
    made: Option<Large>,
}

/// All changes. They are read, paid for and written to a temporary file while the answer is sent.
pub async fn answer(reading: Reading, way: Way) -> Result<HttpResponse, ApiError> {
    let (run, along) = (reading.run.clone(), way.clone());
    let begun = move || MovementWorkbook::new(&along, run.manifest().source.currency.as_deref());
    let rows = beside_the_workers(&reading.visit, begun).await?.map_err(problem)?;
    let mut response = head(&reading.run, &way, CONTENT_TYPE);
    Ok(response.streaming(parts(Book { reading, rows: Some(rows), made: None })))
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

    /// The file with all changes.
    async fn make(&mut self, mut book: MovementWorkbook) -> Result<Large, ApiError> {
        let visit = self.reading.visit.clone();
        let mut paid = visit.pay_evenly(0).await?;
        loop {
            let changes = self.reading.next(Format::Parquet.rows_per_piece()).await?;
            if changes.is_empty() {
                break;
            }
            paid = paid.and(visit.pay_evenly(changes.len()).await?);
            visit.write_down_all(ids(&changes)).await?;
            let work = move || book.rows(&changes).map(|()| book);
            book = beside_the_workers(&visit, work).await?.map_err(problem)?;
        }
        let about = book.movements() * ROW_BYTES;
        let work = move || match book.finish() {
            Ok(bytes) => (Ok(()), bytes),
            Err(error) => (Err(error), Vec::new()),
        };
        let (done, made) = Large::made(&visit, about, paid, work).await?;
        done.map_err(problem)?;
        Ok(made)
    }
}
