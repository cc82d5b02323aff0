//! Workbooks: xlsx, and xls, xlsb and ods.

mod changed;
mod currency_format;
mod gaps;
mod zeros;

use std::io::{Cursor, Read, Seek};

use calamine::{
    Data, DataRef, ExcelDateTime, ExcelDateTimeType, Reader, Sheet, SheetType, SheetVisible, Xlsx,
    open_workbook_auto_from_rs,
};

use self::changed::Changed;
use self::currency_format::currency_of;
use self::gaps::{Filled, Gaps};
use self::zeros::{ZeroFormat, shown_as};

use super::chunk::{ChunkBuilder, RowHasher};
use super::date;
use super::error::TransactionsError;
use super::field::{Field, Row};
use super::header::{Layout, ROLES, SLOTS};
use super::mapping::Role;
use super::pass::{Interrupt, Pass};
use crate::record::WarningKind;
use crate::wording::{integer, portuguese};

/// Rows in a chunk.
const CHUNK: u64 = 1 << 16;

/// Rows above the header that are passed over.
const PREAMBLE: usize = 20;

/// Serial numbers that are dates, not small or large numbers: 1954-10-04 to 2119-12-31.
const SERIALS: std::ops::Range<f64> = 20_000.0..80_355.0;

/// Reads the sheets of an xlsx that hold transactions, cell by cell.
pub(super) fn read_xlsx(pass: &mut Pass<'_>, place: &str, file: impl Read + Seek) -> Result<(), Interrupt> {
    let damaged = |error: calamine::XlsxError| TransactionsError::damaged(place, "xlsx", error);
    let mut workbook = Xlsx::new(file).map_err(damaged)?;
    let mut sheets = Sheets::new(place, workbook.has_1904_epoch());
    for name in chosen(pass, place, workbook.sheets_metadata(), &mut sheets)? {
        let place_of_sheet = sheets.place_of(&name);
        let merged = match pass.assumptions.merged_cells.contains(&place_of_sheet) {
            true => merged_cells(&mut workbook, &name),
            false => Vec::new(),
        };
        let mut cells = match workbook.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            // A chart sheet has no cells.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(damaged(error).into()),
        };
        let shown: Vec<Option<ZeroFormat>> = cells.styles().iter().map(shown_as).collect();
        let currencies: Vec<Option<&'static str>> = cells.styles().iter().map(currency_of).collect();
        let shows_currencies = currencies.iter().any(Option::is_some);
        let mut rows = GroupedRows::default();
        // Past its end the reader takes the rest of the file for a damaged sheet: it is asked once.
        let mut ended = false;
        let next = || loop {
            if ended {
                return Ok(None);
            }
            match cells.next_cell_with_style_id().map_err(damaged)? {
                None => {
                    ended = true;
                    return Ok(rows.finish());
                }
                Some((cell, style)) => {
                    let (row, column) = cell.get_position();
                    let value = Cell::from_ref(cell.get_value())
                        .shown(shown.get(style).and_then(Option::as_ref))
                        .in_currency(currencies.get(style).copied().flatten());
                    if let Some(done) = rows.push(u64::from(row), column as usize, value) {
                        return Ok(Some(done));
                    }
                }
            }
        };
        let gaps = sheets.read(pass, &name, Filled::new(merged), shows_currencies, next)?;
        drop(cells);
        look_behind(pass, &mut workbook, &name, &place_of_sheet, &gaps)?;
    }
    sheets.finish()
}

/// Why cells of a sheet are empty: they are part of merged ones, or hold formulas whose values were not saved.
fn look_behind<R: Read + Seek>(
    pass: &mut Pass<'_>,
    workbook: &mut Xlsx<R>,
    name: &str,
    place: &str,
    gaps: &Gaps,
) -> Result<(), Interrupt> {
    if gaps.may_be_merged() && !pass.assumptions.merged_cells.contains(place) {
        let merged = merged_cells(workbook, name);
        if merged.iter().any(|area| area.1.0 > area.0.0) {
            let mut assumptions = pass.assumptions.clone();
            assumptions.merged_cells.insert(place.to_owned());
            return Err(Interrupt::Again(Box::new(assumptions)));
        }
    }
    if gaps.may_be_formulas()
        && let Ok(formulas) = workbook.worksheet_formula(name)
        && formulas.used_cells().next().is_some()
    {
        let empty = integer(gaps.numbers);
        pass.warn(
            WarningKind::UnsavedFormulas,
            format!(
                "{place}: {empty} numbers or dates are empty, and the sheet holds formulas whose values were not saved: \
                 open it in a spreadsheet, let it compute, and save it"
            ),
            format!(
                "{place}: {} números ou datas estão vazios, e a planilha contém fórmulas cujos valores não foram salvos: \
                 abra-a, deixe calcular e salve",
                portuguese(&empty)
            ),
        );
    }
    Ok(())
}

/// First and last cell of an area: row and column, from 0.
type Area = ((u32, u32), (u32, u32));

fn merged_cells<R: Read + Seek>(workbook: &mut Xlsx<R>, name: &str) -> Vec<Area> {
    let merged = workbook.merge_cells_by_sheet_name(name).unwrap_or_default();
    merged.into_iter().map(|area| (area.start, area.end)).collect()
}

/// The sheets that are read: those that were named, else the visible ones. Hidden ones that are left out are said.
fn chosen(
    pass: &mut Pass<'_>,
    place: &str,
    all: &[Sheet],
    sheets: &mut Sheets<'_>,
) -> Result<Vec<String>, TransactionsError> {
    let names = |chosen: &dyn Fn(&Sheet) -> bool| -> Vec<String> {
        all.iter().filter(|sheet| chosen(sheet)).map(|sheet| sheet.name.clone()).collect()
    };
    let wanted = &pass.options.sheets;
    if !wanted.is_empty() {
        let found =
            names(&|sheet| wanted.iter().any(|name| name.trim().eq_ignore_ascii_case(sheet.name.trim())));
        if found.is_empty() {
            let (place, wanted) = (place.to_owned(), wanted.join(", "));
            return Err(TransactionsError::NoSheet { place, wanted, sheets: names(&|_| true) });
        }
        return Ok(found);
    }
    sheets.hidden =
        names(&|sheet| sheet.visible != SheetVisible::Visible && sheet.typ == SheetType::WorkSheet);
    if !sheets.hidden.is_empty() {
        let hidden = sheets.hidden.join(", ");
        pass.warn(
            WarningKind::HiddenSheets,
            format!("{place}: hidden sheets are left out: {hidden}"),
            format!("{place}: planilhas ocultas são deixadas de fora: {hidden}"),
        );
    }
    Ok(names(&|sheet| sheet.visible == SheetVisible::Visible))
}

/// Reads the sheets of a workbook in another format, sheet by sheet.
pub(super) fn read_other(pass: &mut Pass<'_>, place: &str, bytes: Vec<u8>) -> Result<(), Interrupt> {
    let damaged = |error: calamine::Error| TransactionsError::damaged(place, "workbook", error);
    let bytes: std::sync::Arc<[u8]> = bytes.into();
    let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(damaged)?;
    let mut sheets = Sheets::new(place, false);
    for name in chosen(pass, place, workbook.sheets_metadata(), &mut sheets)? {
        let range = workbook.worksheet_range(&name).map_err(damaged)?;
        let start = range.start().map_or(0, |(row, _)| u64::from(row));
        let mut rows = range.rows().enumerate().map(|(at, row)| {
            let cells = row.iter().map(Cell::from_data).collect();
            (start + at as u64, cells)
        });
        sheets.read(pass, &name, Filled::default(), false, || Ok(rows.next()))?;
    }
    sheets.finish()
}

/// A cell's value, owned: a row is held until it is complete.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Empty,
    Text(String),
    Int(i64),
    Float(f64),
    /// A number, and how its format shows it.
    Shown(f64, String),
    /// A number, and the currency that its format shows.
    Money(f64, &'static str),
    /// Milliseconds from 1970-01-01.
    Time(i64),
}

impl Cell {
    /// The cell with what its number format shows.
    fn shown(self, format: Option<&ZeroFormat>) -> Self {
        let value = match (&self, format) {
            (Self::Float(value), Some(_)) => *value,
            (Self::Int(value), Some(_)) => *value as f64,
            _ => return self,
        };
        match format.and_then(|format| format.show(value)) {
            Some(text) => Self::Shown(value, text),
            None => self,
        }
    }

    /// The cell with the currency that its number format shows.
    fn in_currency(self, currency: Option<&'static str>) -> Self {
        match (self, currency) {
            (Self::Float(value), Some(code)) => Self::Money(value, code),
            (Self::Int(value), Some(code)) => Self::Money(value as f64, code),
            (cell, _) => cell,
        }
    }

    /// The currency that its format shows.
    fn currency(&self) -> Option<&'static str> {
        match self {
            Self::Money(_, code) => Some(*code),
            _ => None,
        }
    }

    /// The cell as an id: as it is shown.
    fn id_field(&self) -> Field<'_> {
        match self {
            Self::Shown(_, text) => Field::text(text),
            other => other.field(),
        }
    }

    fn from_ref(value: &DataRef<'_>) -> Self {
        match value {
            DataRef::SharedString(text) => Self::Text((*text).to_owned()),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                Self::Text(text.clone())
            }
            DataRef::Int(value) => Self::Int(*value),
            DataRef::Float(value) => Self::Float(*value),
            DataRef::Bool(value) => Self::Text(value.to_string()),
            DataRef::DateTime(moment) => Self::from_moment(moment),
            DataRef::Error(_) | DataRef::Empty => Self::Empty,
        }
    }

    fn from_data(value: &Data) -> Self {
        match value {
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                Self::Text(text.clone())
            }
            Data::Int(value) => Self::Int(*value),
            Data::Float(value) => Self::Float(*value),
            Data::Bool(value) => Self::Text(value.to_string()),
            Data::DateTime(moment) => Self::from_moment(moment),
            Data::Error(_) | Data::Empty => Self::Empty,
        }
    }

    /// A duration is a number that was formatted as a time.
    fn from_moment(moment: &ExcelDateTime) -> Self {
        match moment.is_datetime().then(|| milliseconds(moment)).flatten() {
            Some(ms) => Self::Time(ms),
            None => Self::Float(moment.as_f64()),
        }
    }

    fn field(&self) -> Field<'_> {
        match self {
            Self::Empty => Field::Null,
            Self::Text(text) => Field::text(text),
            Self::Int(value) => Field::Int(*value),
            Self::Float(value) | Self::Shown(value, _) | Self::Money(value, _) => Field::Float(*value),
            Self::Time(ms) => Field::Time(*ms),
        }
    }

    /// In a date column a number that could be one is a serial date without its format.
    fn date_field(&self, epoch_1904: bool) -> Field<'_> {
        let serial = match self {
            Self::Float(value) | Self::Shown(value, _) | Self::Money(value, _) => *value,
            Self::Int(value) => *value as f64,
            _ => return self.field(),
        };
        if !SERIALS.contains(&serial) {
            return self.field();
        }
        let moment = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, epoch_1904);
        milliseconds(&moment).map_or(self.field(), Field::Time)
    }
}

fn milliseconds(moment: &ExcelDateTime) -> Option<i64> {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time =
        ((i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second)) * 1000 + i64::from(milli);
    date::milliseconds(i32::from(year), u32::from(month), u32::from(day), time)
}

/// Cells, which come row by row, put together to rows.
#[derive(Default)]
struct GroupedRows {
    row: u64,
    cells: Vec<Cell>,
}

impl GroupedRows {
    /// Adds a cell; the row before it when the cell begins another.
    fn push(&mut self, row: u64, column: usize, cell: Cell) -> Option<(u64, Vec<Cell>)> {
        let done = if row == self.row { None } else { self.finish() };
        self.row = row;
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Cell::Empty);
        }
        self.cells[column] = cell;
        done
    }

    fn finish(&mut self) -> Option<(u64, Vec<Cell>)> {
        (!self.cells.is_empty()).then(|| (self.row, std::mem::take(&mut self.cells)))
    }
}

/// Reads the sheets that hold transactions and remembers the others.
struct Sheets<'p> {
    place: &'p str,
    /// Dates count from 1904, as on old Macintosh computers.
    epoch_1904: bool,
    read: usize,
    refused: Option<TransactionsError>,
    /// Hidden sheets that are left out.
    hidden: Vec<String>,
}

impl<'p> Sheets<'p> {
    fn new(place: &'p str, epoch_1904: bool) -> Self {
        Self { place, epoch_1904, read: 0, refused: None, hidden: Vec::new() }
    }

    fn place_of(&self, sheet: &str) -> String {
        format!("{}[{sheet}]", self.place)
    }

    fn read(
        &mut self,
        pass: &mut Pass<'_>,
        sheet: &str,
        filled: Filled,
        shows_currencies: bool,
        mut next: impl FnMut() -> Result<Option<(u64, Vec<Cell>)>, TransactionsError>,
    ) -> Result<Gaps, Interrupt> {
        let place = self.place_of(sheet);
        let Some(layout) = self.header(pass, &place, &mut next)? else { return Ok(Gaps::default()) };
        pass.compares_tables = true;
        pass.begin_table(&place, &layout, ["sheet", "planilha"]);
        self.read += 1;
        let mut reading = SheetRows {
            place: &place,
            layout: &layout,
            epoch_1904: self.epoch_1904,
            filled,
            shows_currencies,
            gaps: Gaps::default(),
        };
        reading.read(pass, next)?;
        let SheetRows { gaps, filled, .. } = reading;
        if filled.cells > 0 {
            let (n, place) = (integer(filled.cells), &place);
            pass.warn(
                WarningKind::MergedCells,
                format!("{place}: {n} cells are part of merged ones and were filled with their value"),
                format!(
                    "{place}: {} células fazem parte de células mescladas e receberam seu valor",
                    portuguese(&n)
                ),
            );
        }
        Ok(gaps)
    }

    /// Looks for the header in the first rows. A sheet without one is left out, and that is noted.
    fn header(
        &mut self,
        pass: &mut Pass<'_>,
        place: &str,
        next: &mut impl FnMut() -> Result<Option<(u64, Vec<Cell>)>, TransactionsError>,
    ) -> Result<Option<Layout>, TransactionsError> {
        let mut refused = None;
        for _ in 0..=PREAMBLE {
            let Some((_, cells)) = next()? else { break };
            let mut scratch = String::new();
            let columns: Vec<String> = cells
                .iter()
                .map(|cell| cell.field().id(&mut scratch).unwrap_or_default().to_owned())
                .collect();
            match pass.layout(place, &columns) {
                Ok(layout) => return Ok(Some(layout)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let reason = refused.unwrap_or_else(|| TransactionsError::Empty { place: place.to_owned() });
        pass.note_left_out(&reason);
        pass.decide("sheets", format!("left out: {reason}"), format!("deixada de fora: {reason}"));
        self.refused = self.refused.take().or(Some(reason));
        Ok(None)
    }

    fn finish(self) -> Result<(), Interrupt> {
        if self.read > 0 {
            return Ok(());
        }
        if !self.hidden.is_empty() {
            let (place, sheets) = (self.place.to_owned(), self.hidden);
            return Err(TransactionsError::OnlyHidden { place, sheets }.into());
        }
        Err(self.refused.unwrap_or_else(|| TransactionsError::Empty { place: self.place.to_owned() }).into())
    }
}

/// The rows of one sheet.
struct SheetRows<'s> {
    place: &'s str,
    layout: &'s Layout,
    epoch_1904: bool,
    filled: Filled,
    /// Formats of its cells show currencies.
    shows_currencies: bool,
    gaps: Gaps,
}

impl SheetRows<'_> {
    fn read(
        &mut self,
        pass: &mut Pass<'_>,
        mut next: impl FnMut() -> Result<Option<(u64, Vec<Cell>)>, TransactionsError>,
    ) -> Result<(), Interrupt> {
        let before = pass.collector.rows();
        let mut hasher = RowHasher::default();
        let mut changed = Changed::default();
        let mut more = true;
        while more {
            let mut plan = pass.plan(self.layout);
            plan.shows_currencies = self.shows_currencies;
            let mut builder = ChunkBuilder::new(&plan, &pass.collector.codes(), CHUNK as usize)?;
            while builder.rows() < CHUNK {
                let Some((number, mut cells)) = next()? else {
                    more = false;
                    break;
                };
                if cells.iter().all(|cell| *cell == Cell::Empty) {
                    continue;
                }
                self.filled.fill(number, &mut cells, self.layout);
                let row = row(&cells, self.layout, self.epoch_1904);
                self.gaps.note(&row, self.layout);
                changed.note(&row);
                builder.push(number, &row, || hash(&mut hasher, &cells))?;
            }
            let chunk = builder.finish()?;
            // Rows carry their number in the sheet, from 0.
            pass.add(chunk, self.place, 1)?;
        }
        if pass.collector.rows() == before {
            return Err(TransactionsError::HeaderOnly { place: self.place.to_owned() }.into());
        }
        match changed.what(pass.options.date_order.is_none()) {
            None => Ok(()),
            Some(what) => Err(TransactionsError::Changed { place: self.place.to_owned(), what }.into()),
        }
    }
}

/// Roles whose values are shown as text: a number format may give them zeros.
fn is_id(role: Role) -> bool {
    matches!(role, Role::Customer | Role::Invoice | Role::Product | Role::Contact)
}

fn row<'c>(cells: &'c [Cell], layout: &Layout, epoch_1904: bool) -> Row<'c> {
    let mut row: Row<'c> = [Field::Null; SLOTS];
    for role in Role::ALL {
        let Some(cell) = layout.column(role).and_then(|column| cells.get(column)) else { continue };
        row[role as usize] = match role {
            Role::Date => cell.date_field(epoch_1904),
            role if is_id(role) => cell.id_field(),
            _ => cell.field(),
        };
    }
    for (slot, column) in layout.slots().filter(|(slot, _)| *slot >= ROLES) {
        row[slot] = cells.get(column).map_or(Field::Null, Cell::field);
    }
    if row[Role::Currency as usize] == Field::Null {
        let shown = |role: Role| layout.column(role).and_then(|column| cells.get(column)?.currency());
        row[Role::Currency as usize] =
            shown(Role::Amount).or_else(|| shown(Role::Price)).map_or(Field::Null, Field::Text);
    }
    row
}

fn hash(hasher: &mut RowHasher, cells: &[Cell]) -> u128 {
    let mut scratch = String::new();
    // A row may or may not store its empty last cells.
    let used = cells.iter().rposition(|cell| *cell != Cell::Empty).map_or(0, |last| last + 1);
    for cell in &cells[..used] {
        hasher.add(cell.field().id(&mut scratch).unwrap_or_default().as_bytes());
    }
    hasher.finish()
}
