//! An export as a workbook of one sheet.

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::{COLUMNS, Cell, ExportError, ExportParams, Include, Row, column_names, feature_names, rows_of};
use crate::record::Snapshot;

/// Rows of a sheet below its header.
const ROWS: usize = (1 << 20) - 1;
/// Width of the columns, in characters.
const WIDTH: u32 = 18;

/// Writes the customers of a run as an xlsx workbook, and says how many: ids and names as text, figures as numbers, header and first
/// column fixed, filters on. Memory O(n).
///
/// Of `params`, what each row holds and who is left out count. Refuses more customers than a sheet has rows.
pub fn write_workbook(
    snapshot: &Snapshot,
    params: &ExportParams,
    out: &mut (impl Write + Send),
) -> Result<usize, ExportError> {
    let customers = snapshot.assignments.len();
    if customers > ROWS {
        return Err(ExportError::TooLong { customers, allowed: ROWS });
    }
    let mut workbook = Workbook::new();
    // The day that recency is counted to: the clock would give the same run other bytes each time.
    let created = ExcelDateTime::parse_from_str(&snapshot.manifest.reference_date)?;
    let title = format!("Customers of run {}", snapshot.manifest.run_id);
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    let written = fill(workbook.add_worksheet(), snapshot, params)?;
    // Straight into the caller's writer it would need to seek.
    out.write_all(&workbook.save_to_buffer()?)?;
    Ok(written as usize)
}

fn fill(sheet: &mut Worksheet, snapshot: &Snapshot, params: &ExportParams) -> Result<u32, ExportError> {
    let include = params.include.of(snapshot);
    let features: Vec<String> = feature_names(snapshot).map(str::to_owned).collect();
    let names = column_names(&features, include);
    let last = names.len() as u16 - 1;
    sheet.set_name("Customers")?.set_freeze_panes(1, 1)?;
    sheet.set_column_range_width(0, last, WIDTH)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0..).zip(names) {
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    let mut written = 0;
    for row in rows_of(snapshot, include, params.confident)? {
        written += 1;
        write_row(sheet, written, &row, include)?;
    }
    sheet.autofilter(0, 0, written, last)?;
    Ok(written)
}

fn write_row(sheet: &mut Worksheet, number: u32, row: &Row<'_>, include: Include) -> Result<(), ExportError> {
    for (column, text) in [0, 2, 3, 4].into_iter().zip(row.texts()) {
        sheet.write_string(number, column, text)?;
    }
    sheet.write_number(number, 1, row.segment.id)?;
    sheet.write_number(number, 5, single(row.silhouette))?;
    for (column, &value) in (COLUMNS.len() as u16..).zip(row.features) {
        sheet.write_number(number, column, value)?;
    }
    let first = (COLUMNS.len() + row.features.len()) as u16;
    for (column, beside) in (first..).zip(include.columns()) {
        match (beside.of)(&row.beside) {
            Cell::Missing => continue,
            Cell::Text(text) => sheet.write_string(number, column, text)?,
            Cell::Truth(truth) => sheet.write_boolean(number, column, truth)?,
            // A sheet's numbers are doubles: no amount of money is that large.
            Cell::Whole(whole) => sheet.write_number(number, column, whole as f64)?,
            Cell::Single(value) => sheet.write_number(number, column, single(value))?,
            Cell::Double(value) => sheet.write_number(number, column, value)?,
        };
    }
    Ok(())
}

/// The number that the digits of a value of single precision say: 0.1, where the value itself is
/// 0.10000000149011612.
fn single(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
