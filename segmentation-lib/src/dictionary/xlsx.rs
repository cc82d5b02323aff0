//! The dictionary as a spreadsheet made to be read, and read back.

use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::{Cell, DictionaryError, Sheet};

/// Widest column, in characters; longer texts wrap.
const MAX_WIDTH: usize = 60;

/// Writes the sheets: title, bold frozen header, filter, wrapped texts, widths to fit.
///
/// The file's dates are fixed, so that the same content gives the same bytes.
pub fn write(path: &Path, sheets: &[Sheet]) -> Result<(), DictionaryError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 1, 1)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title("Customer segmentation: data dictionary")
            .set_creation_datetime(&created),
    );
    for sheet in sheets {
        fill(workbook.add_worksheet(), sheet)?;
    }
    Ok(workbook.save(path)?)
}

fn fill(page: &mut Worksheet, sheet: &Sheet) -> Result<(), DictionaryError> {
    let header = Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(0x1F4E79))
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    // The indent keeps a number clear of the text to its right.
    let number = Format::new().set_align(FormatAlign::Top).set_align(FormatAlign::Right).set_indent(1);
    let [whole, decimal] = ["#,##0", "#,##0.00"].map(|shown| number.clone().set_num_format(shown));
    page.set_name(&sheet.name)?;
    page.set_freeze_panes(1, 1)?;
    page.set_row_height(0, 24)?;
    for (column, name) in (0u16..).zip(&sheet.header) {
        page.write_string_with_format(0, column, name, &header)?;
        page.set_column_width(column, width(sheet, usize::from(column)) as f64)?;
    }
    for (row, cells) in (1u32..).zip(&sheet.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(value) => page.write_string_with_format(row, column, value, &text)?,
                Cell::Number(value) => {
                    let format = if value.fract() == 0.0 { &whole } else { &decimal };
                    page.write_number_with_format(row, column, *value, format)?
                }
            };
        }
        page.set_row_height(row, 15.0 * lines(sheet, cells) as f64 + 3.0)?;
    }
    page.autofilter(0, 0, sheet.rows.len() as u32, sheet.header.len() as u16 - 1)?;
    page.set_landscape();
    page.set_print_fit_to_pages(1, 0);
    page.set_repeat_rows(0, 0)?;
    Ok(())
}

fn width(sheet: &Sheet, column: usize) -> usize {
    let cells = sheet.rows.iter().map(|row| row[column].to_string());
    let longest =
        cells.chain([sheet.header[column].clone()]).map(|cell| cell.chars().count()).max().unwrap_or(0);
    (longest + 4).clamp(10, MAX_WIDTH)
}

/// Lines the tallest cell of a row wraps to.
fn lines(sheet: &Sheet, cells: &[Cell]) -> usize {
    let wrapped = |(column, cell): (usize, &Cell)| {
        cell.to_string().chars().count().div_ceil(width(sheet, column) - 2).max(1)
    };
    cells.iter().enumerate().map(wrapped).max().unwrap_or(1)
}

/// Where the file's content differs from `sheets`; empty when it does not.
pub fn differences(path: &Path, sheets: &[Sheet]) -> Result<Vec<String>, DictionaryError> {
    let unreadable = |source| DictionaryError::Read { path: path.display().to_string(), source };
    let mut workbook: Xlsx<_> = open_workbook(path).map_err(unreadable)?;
    let mut found = Vec::new();
    let names: Vec<String> = sheets.iter().map(|s| s.name.clone()).collect();
    if workbook.sheet_names() != names {
        found.push(format!("sheets are {:?}, expected {names:?}", workbook.sheet_names()));
        return Ok(found);
    }
    for sheet in sheets {
        let range = workbook.worksheet_range(&sheet.name).map_err(unreadable)?;
        let seen: Vec<Vec<String>> =
            range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect();
        found.extend(sheet_differences(sheet, &seen));
    }
    Ok(found)
}

fn sheet_differences(sheet: &Sheet, seen: &[Vec<String>]) -> Vec<String> {
    let texts = |row: &Vec<Cell>| row.iter().map(Cell::to_string).collect::<Vec<_>>();
    let expected: Vec<Vec<String>> =
        std::iter::once(sheet.header.clone()).chain(sheet.rows.iter().map(texts)).collect();
    let mut found = Vec::new();
    if seen.len() != expected.len() {
        found.push(format!("sheet {:?} has {} rows, expected {}", sheet.name, seen.len(), expected.len()));
    }
    for (number, (seen, expected)) in seen.iter().zip(expected).enumerate() {
        if *seen != expected {
            found.push(format!(
                "sheet {:?}, row {}: {seen:?}, expected {expected:?}",
                sheet.name,
                number + 1
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned(), "rows".to_owned()];
        Sheet {
            name: "Features".to_owned(),
            header: row("name", "meaning"),
            rows: vec![vec!["recency".into(), "dias até a última compra".into(), Cell::Number(4_372.0)]],
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("metadata.xlsx");
        write(&path, &[sheet()]).expect("written");
        assert_eq!(differences(&path, &[sheet()]).expect("read"), Vec::<String>::new());
        let mut other = sheet();
        other.rows[0][1] = "something else".into();
        let found = differences(&path, &[other]).expect("read");
        assert!(found.len() == 1 && found[0].contains("row 2"), "{found:?}");
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let bytes = |name: &str| {
            let path = directory.path().join(name);
            write(&path, &[sheet()]).expect("written");
            std::fs::read(path).expect("read")
        };
        assert_eq!(bytes("a.xlsx"), bytes("b.xlsx"));
    }

    #[test]
    fn a_file_that_is_no_spreadsheet_is_refused() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("metadata.xlsx");
        std::fs::write(&path, "no spreadsheet").expect("written");
        let message = differences(&path, &[sheet()]).expect_err("no xlsx").to_string();
        assert!(message.contains("write it anew"), "{message}");
    }
}
