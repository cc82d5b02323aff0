//! Customers who asked to be forgotten take no part in a run.

use polars::prelude::{Column, DataFrame, IntoLazy, JoinArgs, JoinType, col, lit};

use crate::error::Error;
use crate::features::{CustomerTable, FeaturesError};
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
