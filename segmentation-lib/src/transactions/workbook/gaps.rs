//! Empty cells of a sheet: what may be the reason, and merged cells filled with their value.

use super::super::field::{Field, Row};
use super::super::header::Layout;
use super::super::mapping::Role;
use super::{Area, Cell};

/// Sheets up to this size are always looked at again where cells are empty.
const SMALL: u64 = 50_000;

/// Empty cells of the columns that are used.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    rows: u64,
    customers: u64,
    dates: u64,
    /// Numbers and dates.
    pub numbers: u64,
}

impl Gaps {
    pub fn note(&mut self, row: &Row<'_>, layout: &Layout) {
        let empty = |role: Role| layout.column(role).is_some() && row[role as usize] == Field::Null;
        self.rows += 1;
        self.customers += u64::from(empty(Role::Customer) || empty(Role::Invoice));
        self.dates += u64::from(empty(Role::Date));
        let number = [Role::Amount, Role::Price, Role::Quantity, Role::Date].into_iter().any(empty);
        self.numbers += u64::from(number);
    }

    /// Whether it is worth looking for merged cells, which stand at the end of a sheet.
    pub fn may_be_merged(&self) -> bool {
        self.dates > 0 || self.customers > 0 && (self.rows < SMALL || self.customers * 10 > self.rows * 3)
    }

    /// Whether it is worth looking for formulas.
    pub fn may_be_formulas(&self) -> bool {
        self.numbers > 0 && self.numbers * 10 >= self.rows
    }
}

/// Merged cells of several rows; the first cell holds the value of all.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// In the order of their first rows.
    areas: Vec<(Area, Cell)>,
    /// Areas before it have ended.
    from: usize,
    /// Cells filled.
    pub cells: u64,
}

impl Filled {
    pub fn new(areas: Vec<Area>) -> Self {
        let mut areas: Vec<Area> = areas.into_iter().filter(|(first, last)| last.0 > first.0).collect();
        areas.sort_unstable();
        Self { areas: areas.into_iter().map(|area| (area, Cell::Empty)).collect(), from: 0, cells: 0 }
    }

    /// Gives the cells of a row the values of the areas they are in. Money is not filled: a total that is merged over
    /// the lines of an order is theirs together.
    pub fn fill(&mut self, number: u64, cells: &mut Vec<Cell>, layout: &Layout) {
        const FILLED: [Role; 8] = [
            Role::Customer,
            Role::Date,
            Role::Invoice,
            Role::Status,
            Role::Payment,
            Role::Type,
            Role::Currency,
            Role::Country,
        ];
        let columns: Vec<usize> = FILLED.into_iter().filter_map(|role| layout.column(role)).collect();
        while self.areas.get(self.from).is_some_and(|((_, last), _)| u64::from(last.0) < number) {
            self.from += 1;
        }
        for ((first, last), value) in &mut self.areas[self.from..] {
            let column = first.1 as usize;
            if u64::from(first.0) > number {
                break;
            }
            if !columns.contains(&column) || u64::from(last.0) < number {
                continue;
            }
            let cell = cells.get(column).cloned().unwrap_or(Cell::Empty);
            if number == u64::from(first.0) {
                *value = cell;
            } else if cell == Cell::Empty && *value != Cell::Empty {
                if cells.len() <= column {
                    cells.resize(column + 1, Cell::Empty);
                }
                cells[column] = value.clone();
                self.cells += 1;
            }
        }
    }
}
