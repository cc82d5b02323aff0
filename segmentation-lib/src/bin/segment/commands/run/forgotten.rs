//! Customers who asked to be forgotten take no part in a run.

use anyhow::Result;
use polars::prelude::{Column, DataFrame, IntoLazy, JoinArgs, JoinType, col, lit};
use segmentation_lib::features::CustomerTable;
use segmentation_lib::store::Forgotten;
use segmentation_lib::transactions::Transactions;

/// Column that marks the transactions of forgotten customers.
const MARK: &str = "forgotten";

/// The table without the customers on the list; the reference date stays that of all transactions.
pub fn left_out(
    transactions: &Transactions,
    table: CustomerTable,
    list: &Forgotten,
) -> Result<CustomerTable> {
    if list.is_empty() {
        return Ok(table);
    }
    let gone: Vec<String> = table.ids()?.into_iter().filter(|id| list.contains(id)).collect();
    if gone.is_empty() {
        return Ok(table);
    }
    let marked = DataFrame::new(gone.len(), vec![Column::new("customer_id".into(), gone)])?;
    let marked = marked.lazy().with_column(lit(true).alias(MARK));
    let all = transactions.frame();
    let joined = all.join(marked, [col("customer_id")], [col("customer_id")], JoinArgs::new(JoinType::Left));
    let kept = joined.filter(col(MARK).is_null());
    Ok(CustomerTable::from_frame(kept, table.reference(), transactions.columns())?)
}
