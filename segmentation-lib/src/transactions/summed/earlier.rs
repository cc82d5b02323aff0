//! The customers of an earlier day, and what they did from then on.

use chrono::NaiveDateTime;
use polars::prelude::*;

use super::super::error::TransactionsError;
use super::rows::{checked, number, refuse_two_rows, require, typed};

/// The customers of an earlier day, and what they did from then on.
#[derive(Debug)]
pub struct Earlier {
    /// What was purchased before counts, what was purchased from then on is what came.
    pub cut_off: NaiveDateTime,
    /// One row per customer, ascending by id: the columns of [`features.sql`](crate::features::SQL), and from the cut-off
    /// to the reference date `later_purchases`, lines that are no returns, and `later_pennies`.
    pub customers: DataFrame,
}

/// Reads them; none where the table has no row.
pub(super) fn read(frame: &DataFrame, place: &str) -> Result<Option<Earlier>, TransactionsError> {
    let mut customers = checked(typed(frame, place)?, place)?;
    for name in ["later_purchases", "later_pennies"] {
        customers.with_column(number(frame, place, name)?.into_series().into_column())?;
    }
    let Some(cut_off) = cut_off(frame, place)? else { return Ok(None) };
    let customers = customers.sort(["customer_id"], SortMultipleOptions::default())?;
    refuse_two_rows(&customers)?;
    Ok(Some(Earlier { cut_off, customers }))
}

/// The one moment that all rows name.
fn cut_off(frame: &DataFrame, place: &str) -> Result<Option<NaiveDateTime>, TransactionsError> {
    require(frame, place, ["cut_off"])?;
    let column = frame.column("cut_off")?;
    if !matches!(column.dtype(), DataType::Date | DataType::Datetime(..)) {
        let (column, seen) = ("cut_off".to_owned(), column.dtype().to_string());
        return Err(TransactionsError::SummedType { place: place.to_owned(), column, seen });
    }
    let moments = column.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?.to_physical_repr();
    let moments = moments.i64()?.clone();
    let Some(first) = moments.first() else { return Ok(None) };
    if let Some(row) = moments.iter().position(|moment| moment != Some(first)) {
        return Err(TransactionsError::SummedRow {
            place: place.to_owned(),
            row: row as u64 + 1,
            column: "cut_off".to_owned(),
            seen: "another moment than in the first row".to_owned(),
            allowed: "all customers stand at one cut-off",
        });
    }
    Ok(chrono::DateTime::from_timestamp_millis(first).map(|moment| moment.naive_utc()))
}
