//! Customers who asked to be forgotten take no part in a run.

use polars::prelude::{Column, DataFrame, IntoLazy, JoinArgs, JoinType, col, lit};

use crate::error::Error;
use crate::features::{CustomerTable, FeaturesError};
use crate::record::{LedgerLine, leave_out};
use crate::store::Forgotten;
use crate::transactions::Transactions;

/// Column that marks the transactions of forgotten customers.
const MARK: &str = "forgotten";

/// The table without the customers on the list; the reference date stays that of all transactions.
pub(super) fn left_out(
    transactions: &Transactions,
    table: CustomerTable,
    list: &Forgotten,
) -> Result<CustomerTable, Error> {
    if list.is_empty() {
        return Ok(table);
    }
    if transactions.summed().is_some() {
        let stays: Vec<bool> = table.ids()?.iter().map(|id| !list.contains(id)).collect();
        return Ok(table.only(&stays)?);
    }
    let gone: Vec<String> = table.ids()?.into_iter().filter(|id| list.contains(id)).collect();
    if gone.is_empty() {
        return Ok(table);
    }
    let marked = DataFrame::new(gone.len(), vec![Column::new("customer_id".into(), gone)]);
    let marked = marked.map_err(FeaturesError::from)?.lazy().with_column(lit(true).alias(MARK));
    let key = [col("customer_id")];
    let joined = transactions.frame().join(marked, &key, &key, JoinArgs::new(JoinType::Left));
    let kept = joined.filter(col(MARK).is_null());
    Ok(CustomerTable::from_frame(kept, table.reference(), transactions.columns())?)
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
