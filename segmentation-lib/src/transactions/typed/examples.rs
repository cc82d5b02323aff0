//! The first row that each rule removed, as it stands in the file.

use polars::prelude::*;

use super::super::chunk::Removed;
use super::super::column_values::Values;
use super::super::mapping::Role;
use super::super::rules::{RULES, Rule};
use super::table::Table;

/// Rows at the beginning of a table that are read together: most rules have their first row there.
const HEAD: u64 = 1 << 16;

/// The rows of `first_rows`, by rule; only of rules that are wanted.
pub(super) fn removed(
    table: &Table<'_>,
    first_rows: &[Option<u64>; RULES],
    is_wanted: impl Fn(Rule) -> bool,
) -> PolarsResult<[Option<Removed>; RULES]> {
    let mut removed = [const { None }; RULES];
    let is_early = |row: &u64| *row < HEAD;
    let first = |rule: Rule| first_rows[rule as usize].filter(|_| is_wanted(rule));
    let head = match Rule::ALL.into_iter().filter_map(first).any(|row| is_early(&row)) {
        true => Some(rows(table, 0, HEAD)?),
        false => None,
    };
    for rule in Rule::ALL {
        let Some(row) = first(rule) else { continue };
        let values = match head.as_ref().filter(|_| is_early(&row)) {
            Some(head) => values(table, head, row as usize)?,
            None => values(table, &rows(table, row, 1)?, 0)?,
        };
        removed[rule as usize] = Some(Removed { row, values });
    }
    Ok(removed)
}

fn rows(table: &Table<'_>, first: u64, rows: u64) -> PolarsResult<DataFrame> {
    let columns: Vec<Expr> =
        Role::ALL.into_iter().filter_map(|role| table.layout.name(role)).map(col).collect();
    table.scanned(None)?.select(columns).slice(first as i64, rows as IdxSize).collect()
}

/// The values of a row by role.
fn values(table: &Table<'_>, frame: &DataFrame, at: usize) -> PolarsResult<Vec<(&'static str, String)>> {
    let mut scratch = String::new();
    let named = Role::ALL.into_iter().filter_map(|role| Some((role, table.layout.name(role)?)));
    named
        .map(|(role, name)| {
            let values = Values::of_role(&frame.column(name)?.slice(at as i64, 1), role)?;
            Ok((role.name(), values.get(0).id(&mut scratch).unwrap_or_default().to_owned()))
        })
        .collect()
}
