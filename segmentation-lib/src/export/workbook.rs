//! Tables as a workbook of one sheet.

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use super::csv::PENNIES;
use super::{COLUMNS, Cell, ExportError, ExportParams, Include, Row, rows_of};
use crate::record::{Manifest, Snapshot, Unit};

/// Rows of a sheet below its header.
const ROWS: usize = (1 << 20) - 1;
/// Width of the columns, in characters.
const WIDTH: u32 = 18;

/// What a workbook is about.
#[derive(Debug, Clone)]
pub struct About<'a> {
    /// Title of the document.
    pub title: String,
    /// Name of the sheet.
    pub sheet: &'static str,
    /// The day that the document is dated by, ISO 8601: the clock would give the same rows other bytes each time.
    pub day: &'a str,
    /// ISO 4217 code of its amounts, when known.
    pub currency: Option<&'a str>,
}

/// Rows of cells in, an xlsx workbook out: texts as text, numbers as numbers, money in currency units, header and first
/// column fixed, filters on.
///
/// Rows go to a temporary file (`TMPDIR`) as they come; memory holds the compressed workbook at the end, and a row.
pub struct TableWorkbook {
    workbook: Workbook,
    /// Whether each column is money.
    money: Vec<bool>,
    amount: Format,
    written: u32,
}

impl TableWorkbook {
    /// Without a row. Of each column the name, and whether it holds pennies.
    ///
    /// # Errors
    /// A day that is none, a temporary file that cannot be made.
    pub fn new(about: &About<'_>, columns: Vec<(String, bool)>) -> Result<Self, ExportError> {
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::parse_from_str(about.day)?;
        let properties = DocProperties::new().set_title(&about.title).set_creation_datetime(&created);
        workbook.set_properties(&properties);
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(about.sheet)?.set_freeze_panes(1, 1)?;
        sheet.set_column_range_width(0, columns.len() as u16 - 1, WIDTH)?;
        let bold = Format::new().set_bold();
        for (column, (name, _)) in (0..).zip(&columns) {
            sheet.write_string_with_format(0, column, name.strip_suffix(PENNIES).unwrap_or(name), &bold)?;
        }
        let money = columns.into_iter().map(|(_, is_money)| is_money).collect();
        Ok(Self { workbook, money, amount: amount(about.currency), written: 0 })
    }

    /// Fails where a sheet has fewer rows than these.
    pub(crate) fn check_rows(rows: usize) -> Result<(), ExportError> {
        if rows > ROWS { Err(ExportError::TooLong { rows, allowed: ROWS }) } else { Ok(()) }
    }

    /// Adds a row: a cell a column. Cost O(columns).
    ///
    /// # Errors
    /// More rows than a sheet has, a temporary file that cannot be written.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), ExportError> {
        Self::check_rows(self.rows() + 1)?;
        self.written += 1;
        let (number, amount) = (self.written, &self.amount);
        let sheet = self.workbook.worksheet_from_index(0)?;
        for ((column, &money), cell) in (0..).zip(&self.money).zip(cells) {
            match cell {
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

    /// How many rows it has below its header.
    pub fn rows(&self) -> usize {
        self.written as usize
    }

    /// The bytes of the file. Cost O(n), for compression.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    pub fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        let (last_row, last_column) = (self.written, self.money.len() as u16 - 1);
        self.workbook.worksheet_from_index(0)?.autofilter(0, 0, last_row, last_column)?;
        // Straight into the caller's writer it would need to seek.
        Ok(self.workbook.save_to_buffer()?)
    }
}

/// Money with its currency, where it is known; the spreadsheet writes it as its language does.
fn amount(currency: Option<&str>) -> Format {
    // A code is three letters (ISO 4217); what else a run may hold is no part of a format.
    let code = currency.filter(|code| code.bytes().all(|b| b.is_ascii_alphabetic()));
    Format::new().set_num_format(code.map_or("#,##0.00".to_owned(), |code| format!("[${code}] #,##0.00")))
}

/// Customers in, a [`TableWorkbook`] out.
pub struct CustomerWorkbook {
    table: TableWorkbook,
    include: Include,
}

impl CustomerWorkbook {
    /// Without a row, for so many `customers` of the run.
    ///
    /// # Errors
    /// More customers than a sheet has rows, a temporary file that cannot be made.
    pub fn new(manifest: &Manifest, include: Include, customers: usize) -> Result<Self, ExportError> {
        TableWorkbook::check_rows(customers)?;
        let about = About {
            title: format!("Customers of run {}", manifest.run_id),
            sheet: "Customers",
            day: &manifest.reference_date,
            currency: manifest.source.currency.as_deref(),
        };
        let features = manifest.features.iter().map(|f| (f.name.clone(), f.unit == Unit::Pennies));
        let before = COLUMNS.iter().map(|name| ((*name).to_owned(), false));
        let beside = include.column_names().map(|name| (name.to_owned(), name.ends_with(PENNIES)));
        let columns = before.chain(features).chain(beside).collect();
        Ok(Self { table: TableWorkbook::new(&about, columns)?, include })
    }

    /// Adds the next customers. Cost O(n).
    ///
    /// # Errors
    /// A temporary file that cannot be written.
    pub fn rows<'a>(&mut self, mut rows: impl Iterator<Item = Row<'a>>) -> Result<(), ExportError> {
        rows.try_for_each(|row| self.table.row(row.cells(self.include)))
    }

    /// How many customers it has.
    pub fn customers(&self) -> usize {
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
