//! Customers who asked to be forgotten take no part in a run.

use std::collections::HashSet;

use polars::prelude::*;

use crate::error::Error;
use crate::features::{CustomerTable, FeaturesError};
use crate::record::{LedgerLine, leave_out};
use crate::store::{Forgotten, StoreError};
use crate::transactions::Transactions;

/// The table without the customers on the list; the reference date stays that of all transactions. Customers who are on
/// it under another spelling, as it may be, are refused.
pub(super) fn left_out(
    transactions: &Transactions,
    table: CustomerTable,
    list: &Forgotten,
) -> Result<CustomerTable, Error> {
    if list.is_empty() {
        return Ok(table);
    }
    let ids = table.ids()?;
    refuse_like(&ids, list)?;
    if transactions.summed().is_some() {
        let stays: Vec<bool> = ids.iter().map(|id| !list.contains(id)).collect();
        return Ok(table.only(&stays)?);
    }
    let gone: HashSet<String> = ids.into_iter().filter(|id| list.contains(id)).collect();
    if gone.is_empty() {
        return Ok(table);
    }
    let rest = transactions.parts().clone().filter(&stays(gone));
    Ok(CustomerTable::from_frame(rest, table.reference(), transactions.columns())?)
}

/// An export that has lost its zeros, or writes addresses in small letters, would bring the forgotten back.
fn refuse_like(ids: &[String], list: &Forgotten) -> Result<(), StoreError> {
    let mut alike: Vec<String> = ids.iter().filter(|id| list.is_like(id)).cloned().collect();
    alike.sort_unstable();
    let Some(first) = alike.first() else { return Ok(()) };
    let forgotten_as = list.other_spelling(first);
    Err(StoreError::LikeForgotten { ids: alike, forgotten_as })
}

/// Whether a row's customer is none of these.
fn stays(gone: HashSet<String>) -> Expr {
    let read = move |ids: Column| {
        let texts = ids.cast(&DataType::String)?;
        let stays: BooleanChunked =
            texts.str()?.iter().map(|id| id.is_none_or(|id| !gone.contains(id))).collect();
        Ok(stays.with_name(ids.name().clone()).into_column())
    };
    col("customer_id").map(read, |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)))
}

/// The ledger of a run of these customers: those who were left out of the table stand in a line of their own.
pub(super) fn ledger(
    transactions: &Transactions,
    table: &CustomerTable,
    list: &Forgotten,
) -> Result<Vec<LedgerLine>, FeaturesError> {
    let mut lines = transactions.ledger().lines.clone();
    let customers = transactions.customers().saturating_sub(table.len() as u64);
    if list.is_empty() || customers == 0 {
        return Ok(lines);
    }
    let kept = transactions.ledger().line("kept").map_or(0, |kept| kept.amount_pennies);
    let rows_left: i64 = table.frame().column("lines")?.i64()?.no_null_iter().sum();
    let money_left: i64 = table.revenue_pennies()?.iter().sum();
    leave_out(&mut lines, transactions.rows() - rows_left as u64, customers, kept - money_left);
    Ok(lines)
}
