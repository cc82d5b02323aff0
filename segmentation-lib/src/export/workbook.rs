//! An export as a workbook of one sheet.

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use super::csv::PENNIES;
use super::{COLUMNS, Cell, ExportError, ExportParams, Include, Row, rows_of};
use crate::record::{Manifest, Snapshot, Unit};

/// Rows of a sheet below its header.
const ROWS: usize = (1 << 20) - 1;
/// Width of the columns, in characters.
const WIDTH: u32 = 18;

/// Customers in, an xlsx workbook out: ids and names as text, figures as numbers, money in currency units, header and
/// first column fixed, filters on.
///
/// Rows go to a temporary file (`TMPDIR`) as they come; memory holds the compressed workbook at the end, and a row.
pub struct CustomerWorkbook {
    workbook: Workbook,
    include: Include,
    /// Whether each feature is money.
    money: Vec<bool>,
    amount: Format,
    columns: u16,
    written: u32,
}

impl CustomerWorkbook {
    /// Without a row, for so many `customers` of the run.
    ///
    /// # Errors
    /// More customers than a sheet has rows, a temporary file that cannot be made.
    pub fn new(manifest: &Manifest, include: Include, customers: usize) -> Result<Self, ExportError> {
        if customers > ROWS {
            return Err(ExportError::TooLong { customers, allowed: ROWS });
        }
        let mut workbook = Workbook::new();
        // The day that recency is counted to: the clock would give the same run other bytes each time.
        let created = ExcelDateTime::parse_from_str(&manifest.reference_date)?;
        let title = format!("Customers of run {}", manifest.run_id);
        workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
        let features = manifest.features.iter().map(|feature| feature.name.clone());
        let mut names: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
        names.extend(features.chain(include.column_names().map(str::to_owned)));
        let columns = names.len() as u16;
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("Customers")?.set_freeze_panes(1, 1)?;
        sheet.set_column_range_width(0, columns - 1, WIDTH)?;
        let bold = Format::new().set_bold();
        for (column, name) in (0..).zip(names) {
            sheet.write_string_with_format(0, column, name.strip_suffix(PENNIES).unwrap_or(&name), &bold)?;
        }
        let money = manifest.features.iter().map(|feature| feature.unit == Unit::Pennies).collect();
        Ok(Self { workbook, include, money, amount: amount(manifest), columns, written: 0 })
    }

    /// Adds the next customers. Cost O(n).
    ///
    /// # Errors
    /// A temporary file that cannot be written.
    pub fn rows<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) -> Result<(), ExportError> {
        for row in rows {
            self.written += 1;
            self.row(&row)?;
        }
        Ok(())
    }

    /// How many customers it has.
    pub fn customers(&self) -> usize {
        self.written as usize
    }

    /// The bytes of the file. Cost O(n), for compression.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    pub fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        let (last_row, last_column) = (self.written, self.columns - 1);
        self.workbook.worksheet_from_index(0)?.autofilter(0, 0, last_row, last_column)?;
        // Straight into the caller's writer it would need to seek.
        Ok(self.workbook.save_to_buffer()?)
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), ExportError> {
        let (number, amount) = (self.written, &self.amount);
        let sheet = self.workbook.worksheet_from_index(0)?;
        let [id, key, name, nome] = row.texts();
        sheet.write_string(number, 0, id)?.write_number(number, 1, row.segment.id)?;
        for (column, text) in (2..).zip([key, name, nome]) {
            sheet.write_string(number, column, text)?;
        }
        sheet.write_number(number, 5, single(row.silhouette))?;
        for (column, (&value, money)) in (COLUMNS.len() as u16..).zip(row.features.iter().zip(&self.money)) {
            match money {
                true => sheet.write_number_with_format(number, column, value / 100.0, amount)?,
                false => sheet.write_number(number, column, value)?,
            };
        }
        let first = (COLUMNS.len() + row.features.len()) as u16;
        for (column, beside) in (first..).zip(self.include.columns()) {
            let money = beside.name.ends_with(PENNIES);
            match (beside.of)(&row.beside) {
                Cell::Missing => continue,
                Cell::Text(text) => sheet.write_string(number, column, text)?,
                Cell::Truth(truth) => sheet.write_boolean(number, column, truth)?,
                // A sheet's numbers are doubles: no amount of money is that large.
                Cell::Whole(pennies) if money => {
                    sheet.write_number_with_format(number, column, pennies as f64 / 100.0, amount)?
                }
                Cell::Double(pennies) if money => {
                    sheet.write_number_with_format(number, column, pennies / 100.0, amount)?
                }
                Cell::Whole(whole) => sheet.write_number(number, column, whole as f64)?,
                Cell::Single(value) => sheet.write_number(number, column, single(value))?,
                Cell::Double(value) => sheet.write_number(number, column, value)?,
            };
        }
        Ok(())
    }
}

/// Money with its currency, where the run knows it; the spreadsheet writes it as its language does.
fn amount(manifest: &Manifest) -> Format {
    // A code is three letters (ISO 4217); what else a run may hold is no part of a format.
    let code =
        manifest.source.currency.as_deref().filter(|code| code.bytes().all(|b| b.is_ascii_alphabetic()));
    Format::new().set_num_format(code.map_or("#,##0.00".to_owned(), |code| format!("[${code}] #,##0.00")))
}

/// Writes the customers of a run as a [`CustomerWorkbook`], and says how many.
///
/// Of `params`, what each row holds and who is left out count.
///
/// # Errors
/// As [`CustomerWorkbook`], and what cannot be included.
pub fn write_workbook(
    snapshot: &Snapshot,
    params: &ExportParams,
    out: &mut impl Write,
) -> Result<usize, ExportError> {
    if params.segment_only {
        return Err(ExportError::WholeWorkbook);
    }
    let include = params.include_of(snapshot);
    let rows = rows_of(snapshot, include, params.confident)?;
    let mut workbook = CustomerWorkbook::new(&snapshot.manifest, include, snapshot.assignments.len())?;
    workbook.rows(rows)?;
    let written = workbook.customers();
    out.write_all(&workbook.finish()?)?;
    Ok(written)
}

/// The number that the digits of a value of single precision say: 0.1, where the value itself is
/// 0.10000000149011612.
fn single(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
