//! Tables whose columns have types, judged column by column.
//!
//! What a typed table says of itself needs no evidence: its dates are dates and its numbers numbers. The rules are then
//! one SQL text, [`CLEANING`], run on Polars' streaming engine, on a million rows at a time. A table that needs more (a
//! column of states or currencies, text for numbers, duplicates looked for) is read row by row ([`super::chunk`]); the
//! result is the same.
//!
//! Cost: one pass over the columns that are used. Memory: a million rows, and those kept as
//! [`super::ReadOptions::rows_in_memory`] says.

mod columns;
mod descriptions;
mod examples;
mod judged;
mod orders;
mod prices;
mod progress;
mod seen;
mod source;
mod summary;
mod table;
mod text;

use polars::prelude::*;

use self::judged::{Batch, Judged};
use self::progress::RowProgress;
use self::source::Source;
use self::summary::Summary;
use super::chunk::Chunk;
use super::error::TransactionsError;
use super::evidence::{Evidence, Hundredths};
use super::header::Says;
use super::invoices::{Invoices, LineMoney};
use super::mapping::Role;
use super::pass::{Assumptions, Interrupt, Pass};
use super::plan::Plan;
use super::rules::Rule;
use super::unit_prices::UnitPrices;

pub(super) use self::table::Table;
pub use self::text::CLEANING;
pub(super) use self::text::cleaning;

/// Roles that need more than their column's type says.
const JUDGED_ROW_BY_ROW: [Role; 7] =
    [Role::Status, Role::Payment, Role::Type, Role::Cancelled, Role::Refunded, Role::Currency, Role::Contact];

/// Reads a table whose types say all, so many rows at a time; false where it must be read row by row.
pub(super) fn read(pass: &mut Pass<'_>, table: &Table<'_>, batches: &[usize]) -> Result<bool, Interrupt> {
    let plan = pass.plan(table.layout);
    if pass.assumptions.row_by_row.contains(table.place) || !fits(table, &plan) {
        return Ok(false);
    }
    pass.collector.prepare(table.rows)?;
    let (progress, mut first) = (RowProgress::of(pass, table), 0);
    for &rows in batches {
        let batch = Batch { first, rows, codes: pass.collector.codes() };
        let chunk = judged(table, &plan, &batch, pass, &progress);
        // A query that was cancelled fails with an error of its own.
        pass.progress.check()?;
        match chunk.map_err(|error| TransactionsError::damaged(table.place, "Parquet", error))? {
            // Rows of a Parquet file count from 1; there is no header row.
            Some(chunk) => pass.add(chunk, table.place, 1)?,
            None => return Err(row_by_row(pass, table)),
        }
        first += rows;
    }
    Ok(true)
}

/// Begins again, so that nothing of what was read by columns counts twice.
fn row_by_row(pass: &Pass<'_>, table: &Table<'_>) -> Interrupt {
    let mut assumptions = Assumptions::clone(&pass.assumptions);
    assumptions.row_by_row.insert(table.place.to_owned());
    Interrupt::Again(Box::new(assumptions))
}

/// The chunk of a batch, whose rows are numbered as in the table.
fn judged(
    table: &Table<'_>,
    plan: &Plan<'_>,
    batch: &Batch,
    pass: &Pass<'_>,
    progress: &RowProgress,
) -> PolarsResult<Option<Chunk>> {
    let source = Source::of(table, plan);
    let judged = Judged::of(&source, &text::cleaning(plan), plan, batch, progress.clone())?;
    let Some(summary) = Summary::of(&judged, plan)? else { return Ok(None) };
    let invoices = match plan.asks_invoices && pass.collector.evidence.invoices.is_open() {
        true => orders::of(&judged, plan)?,
        false => Invoices::default(),
    };
    let hundredths = match plan.has_amount && pass.collector.evidence.hundredths.is_open() {
        true => hundredths(&judged, table)?,
        false => Hundredths::default(),
    };
    let unit_prices = match plan.asks_prices && pass.collector.evidence.unit_prices.is_open() {
        true => prices::of(&judged)?,
        false => UnitPrices::default(),
    };
    let is_wanted = |rule: Rule| pass.collector.lacks_example(rule);
    let removed = examples::removed(table, &summary.first_rows, is_wanted)?;
    let descriptions = descriptions::of(&judged, plan)?;
    let seen = seen::of(&judged, plan)?;
    let has_invoices = judged.has_invoices()?;
    let chunk = summary.into_chunk(judged.kept()?, removed, invoices);
    Ok(Some(Chunk {
        descriptions,
        seen,
        evidence: Evidence { hundredths, unit_prices, has_invoices, ..chunk.evidence },
        ..chunk
    }))
}

/// What the amounts kept say, up to the first that has a fraction.
fn hundredths(judged: &Judged, table: &Table<'_>) -> PolarsResult<Hundredths> {
    let mut found = Hundredths::default();
    let kind = table.layout.name(Role::Amount).and_then(|name| table.schema.get(name));
    // As `Field::is_whole_number` says: two places are the hundredths of a price.
    let has_hundredths = matches!(kind, Some(DataType::Decimal(_, 2)));
    let amounts = judged.ask(|rows| Ok(rows.filter(judged::is_kept()).select([col("amount_pennies")])))?;
    for pennies in amounts.column("amount_pennies")?.i64()?.iter().flatten() {
        found.note(pennies, !has_hundredths && pennies % 100 == 0);
        if !found.is_open() {
            break;
        }
    }
    Ok(found)
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
        && table.layout.flags().iter().all(|flag| flag.says == Says::Remark)
        && JUDGED_ROW_BY_ROW.into_iter().all(|role| table.layout.column(role).is_none())
        && is(Role::Date, |kind| matches!(kind, DataType::Date | DataType::Datetime(..)))
        && numbers.iter().all(|role| is(*role, columns::is_number))
        && plan.conventions.line_money != LineMoney::TotalOnEach
        && !plan.finds_duplicates()
        && !plan.names_minor_units()
        && !plan.names_units
        && !options.currencies.are_told_apart()
        && options.merge_ids.is_empty()
        && [Rule::UnparsableDate, Rule::UnparsableNumber, Rule::MissingCustomer, Rule::LongCustomer]
            .into_iter()
            .all(|rule| plan.is_on(rule))
}

#[cfg(test)]
mod tests;
