//! A few customers as they were read, to be compared with the source.

use polars::prelude::*;
use serde::Serialize;

use super::Transactions;
use super::error::TransactionsError;
use crate::wording::{integer, money};

/// What was read of one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleCustomer {
    /// The id.
    pub id: String,
    /// Distinct purchases, returns not counted.
    pub purchases: u64,
    /// Rows kept.
    pub rows: u64,
    /// Money of the rows kept, returns taken off.
    pub amount_pennies: i64,
    /// Day of the first row, `2011-12-09`.
    pub first: String,
    /// Day of the last row.
    pub last: String,
}

impl SampleCustomer {
    /// A row of a table: id, purchases, rows, money, first and last day.
    pub fn cells(self) -> [String; 6] {
        let (purchases, rows) = (integer(self.purchases), integer(self.rows));
        [self.id, purchases, rows, money(self.amount_pennies), self.first, self.last]
    }
}

impl Transactions {
    /// `count` customers, spread evenly over all of them by id. Cost O(n) in the rows.
    ///
    /// # Errors
    /// A failure of the table.
    pub fn sample(&self, count: usize) -> Result<Vec<SampleCustomer>, TransactionsError> {
        let day = |moment: Expr| moment.dt().strftime("%Y-%m-%d");
        let purchases = col("purchase_id").filter(col("is_return").not()).n_unique();
        let figures = [
            purchases.cast(DataType::Int64).alias("purchases"),
            len().cast(DataType::Int64).alias("rows"),
            col("amount_pennies").sum(),
            day(col("purchased_at").min()).alias("first"),
            day(col("purchased_at").max()).alias("last"),
        ];
        let id = [col("customer_id")];
        let of_each = |part: LazyFrame| {
            let customers = part.group_by(&id).agg(&figures);
            Ok(customers.with_column(col("customer_id").cast(DataType::String)))
        };
        let table = self.parts().collect(of_each)?.sort(["customer_id"], SortMultipleOptions::default())?;
        let step = table.height().div_ceil(count.max(1)).max(1);
        let text = |name: &str, at: usize| -> PolarsResult<String> {
            Ok(table.column(name)?.str()?.get(at).unwrap_or_default().to_owned())
        };
        let number = |name: &str, at: usize| -> PolarsResult<i64> {
            Ok(table.column(name)?.i64()?.get(at).unwrap_or_default())
        };
        let customer = |at: usize| -> Result<SampleCustomer, TransactionsError> {
            Ok(SampleCustomer {
                id: text("customer_id", at)?,
                purchases: number("purchases", at)? as u64,
                rows: number("rows", at)? as u64,
                amount_pennies: number("amount_pennies", at)?,
                first: text("first", at)?,
                last: text("last", at)?,
            })
        };
        (0..table.height()).step_by(step).take(count).map(customer).collect()
    }
}
