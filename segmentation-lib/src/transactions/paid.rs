//! Amounts below zero that pay amounts above it: the same customer has the same money with either sign.

use polars::prelude::*;

use super::error::TransactionsError;
use super::parts::Parts;

/// What amounts above zero add up to, and what those below take off, in pennies.
#[derive(Debug, Clone, Copy)]
pub(super) struct TakenOff {
    pub sold: i128,
    pub taken_off: i128,
}

impl TakenOff {
    /// Whether it is so much that it is worth a look: a third of what was sold.
    pub fn is_much(self) -> bool {
        self.sold > 0 && self.taken_off * 3 >= self.sold
    }
}

/// # Errors
/// Nearly all of what is taken off equals an amount above zero of the same customer: these may be payments. Cost: that of
/// grouping the rows.
pub(super) fn refuse_payments(parts: &Parts, much: TakenOff) -> Result<(), TransactionsError> {
    let TakenOff { sold, taken_off } = much;
    if i128::from(paired(parts)?) * 10 < taken_off * 9 {
        return Ok(());
    }
    Err(TransactionsError::MoneyCancels { sold, taken_off })
}

/// Money below zero that has its equal above zero, in pennies.
fn paired(parts: &Parts) -> PolarsResult<i64> {
    let amount = || col("amount_pennies");
    let size = || when(amount().lt(lit(0))).then(lit(0) - amount()).otherwise(amount());
    let count = |is: Expr, name: &str| is.cast(DataType::Int64).sum().alias(name);
    let counted = parts.collect(|part| {
        let sizes = part
            .group_by([col("customer_id"), size().alias("size")])
            .agg([count(amount().lt(lit(0)), "below"), count(amount().gt(lit(0)), "above")]);
        let pairs = when(col("below").lt(col("above"))).then(col("below")).otherwise(col("above"));
        Ok(sizes.select([(pairs * col("size")).sum().alias("pennies")]))
    })?;
    Ok(counted.column("pennies")?.i64()?.sum().unwrap_or_default())
}
