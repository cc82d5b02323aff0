//! Tables whose columns have types, judged column by column.
//!
//! What a typed table says of itself needs no evidence: its dates are dates and its numbers numbers. The rules are then
//! one SQL text, [`CLEANING`], run on Polars' streaming engine, and nothing is copied: the rows kept are read from the
//! file again by whoever asks for them, unless there is room for them in memory. A table that needs more (a column of
//! states or currencies, text for numbers, duplicates looked for) is read row by row ([`super::chunk`]); the result is
//! the same.
//!
//! Cost: one pass over the columns that are used. Memory: the rows, where there is room for them
//! ([`super::ReadOptions::rows_in_memory`]); otherwise a row for each customer and day.

mod columns;
mod descriptions;
mod examples;
mod judged;
mod orders;
mod progress;
mod source;
mod summary;
mod table;
mod text;

use polars::prelude::*;

use self::judged::Judged;
use self::progress::RowProgress;
use self::source::Source;
use self::summary::Summary;
use super::chunk::Chunk;
use super::error::TransactionsError;
use super::invoices::{Invoices, LineMoney};
use super::mapping::Role;
use super::pass::Pass;
use super::plan::Plan;
use super::rules::Rule;
use super::text_columns::Codes;

pub(super) use self::table::Table;
pub use self::text::CLEANING;
pub(super) use self::text::cleaning;

/// Roles that need more than their column's type says.
const JUDGED_ROW_BY_ROW: [Role; 7] =
    [Role::Status, Role::Payment, Role::Type, Role::Cancelled, Role::Refunded, Role::Currency, Role::Contact];

/// Reads a table whose types say all; `None` where it must be read row by row.
pub(super) fn read(
    pass: &Pass<'_>,
    table: &Table<'_>,
    plan: &Plan<'_>,
) -> Result<Option<Chunk>, TransactionsError> {
    if !fits(table, plan) {
        return Ok(None);
    }
    let result = judged(table, plan, pass.collector.codes_for(table.rows), RowProgress::of(pass, table));
    // A query that was cancelled fails with an error of its own.
    pass.progress.check()?;
    result.map_err(|error| TransactionsError::damaged(table.place, "Parquet", error))
}

fn judged(
    table: &Table<'_>,
    plan: &Plan<'_>,
    memory: Option<Codes>,
    progress: RowProgress,
) -> PolarsResult<Option<Chunk>> {
    let source = Source::of(table, plan);
    let cleaning = text::cleaning(plan);
    let judged = Judged::of(&source, &cleaning, plan, memory, progress)?;
    let Some(summary) = Summary::of(&judged, plan)? else { return Ok(None) };
    let invoices = match plan.asks_invoices {
        true => orders::of(&judged, plan)?,
        false => Invoices::default(),
    };
    let removed = examples::removed(table, &summary.first_rows)?;
    let descriptions = descriptions::of(&judged, plan)?;
    let chunk = summary.into_chunk(judged.kept()?, removed, invoices);
    Ok(Some(Chunk { descriptions, ..chunk }))
}

/// Whether the types of the table's columns, and the options, leave nothing to be found out row by row.
fn fits(table: &Table<'_>, plan: &Plan<'_>) -> bool {
    let is = |role: Role, wanted: fn(&DataType) -> bool| {
        table.layout.name(role).and_then(|name| table.schema.get(name)).is_none_or(wanted)
    };
    let numbers: &[Role] =
        if plan.has_amount { &[Role::Quantity, Role::Amount] } else { &[Role::Quantity, Role::Price] };
    let options = plan.options;
    table.rows < IdxSize::MAX as usize
        && JUDGED_ROW_BY_ROW.into_iter().all(|role| table.layout.column(role).is_none())
        && is(Role::Date, |kind| matches!(kind, DataType::Date | DataType::Datetime(..)))
        && numbers.iter().all(|role| is(*role, columns::is_number))
        && plan.conventions.line_money != LineMoney::TotalOnEach
        && !plan.finds_duplicates()
        && !options.currencies.are_told_apart()
        && options.merge_ids.is_empty()
        && [Rule::UnparsableDate, Rule::UnparsableNumber, Rule::MissingCustomer, Rule::LongCustomer]
            .into_iter()
            .all(|rule| plan.is_on(rule))
}

#[cfg(test)]
mod tests;
