//! Movements as a workbook.

use super::table::cells;
use super::{COLUMNS, Movement, Way};
use crate::export::{About, ExportError, ForPeople, Language, TableWorkbook};

/// Movements in, an xlsx workbook out: ids as text, values of money in currency units, which `feature` says.
pub struct MovementWorkbook {
    table: TableWorkbook,
    people: ForPeople,
}

impl MovementWorkbook {
    /// Without a row, for so many `movements` along this way; `currency` is that of the amounts, where it is known.
    ///
    /// # Errors
    /// More movements than a sheet has rows, a temporary file that cannot be made.
    pub fn new(way: &Way, currency: Option<&str>, movements: u64) -> Result<Self, ExportError> {
        TableWorkbook::check_rows(movements as usize)?;
        let about = About {
            title: format!("Changes from run {} to run {}", way.from.run_id, way.to.run_id),
            sheet: "Changes",
            day: &way.to.reference_date,
            currency,
        };
        // Features of different units share the columns of values, so that none is money alone.
        let columns = COLUMNS.iter().map(|name| ((*name).to_owned(), false)).collect();
        let people = ForPeople::of(Language::default(), currency);
        Ok(Self { table: TableWorkbook::new(&about, columns)?, people })
    }

    /// Adds the next movements. Cost O(n).
    ///
    /// # Errors
    /// More movements than a sheet has rows, a temporary file that cannot be written.
    pub fn rows(&mut self, rows: &[Movement]) -> Result<(), ExportError> {
        rows.iter().try_for_each(|row| {
            let why = row.sentence();
            self.table.row(cells(row, why.as_ref(), Some(&self.people)).into_iter())
        })
    }

    /// How many movements it has.
    pub fn movements(&self) -> usize {
        self.table.rows()
    }

    /// The bytes of the file. Cost O(n), for compression.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    pub fn finish(self) -> Result<Vec<u8>, ExportError> {
        self.table.finish()
    }
}
