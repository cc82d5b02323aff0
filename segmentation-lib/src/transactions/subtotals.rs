//! Rows that are sums of others, told by their amounts; [`super::sum_words`] tells them by their words.
//!
//! A report that was saved as a table has a row below each customer, below each month or at its end that adds up what
//! stands above. With a date and a name it looks like a purchase, and everything counts twice.

use polars::prelude::*;

use super::error::TransactionsError;
use super::parts::Parts;

/// Fewest rows of a customer of which one may be the sum of the others.
const FEWEST_ROWS: i64 = 4;

/// Fewest customers that have such a row.
const FEWEST: usize = 3;

/// # Errors
/// Half of the customers who have four rows or more have one that is the sum of their others, to the penny: that is no
/// purchase. Cost: that of grouping a `few` of them, of all where these raise a doubt.
pub(super) fn refuse(parts: &Parts, few: &Parts) -> Result<(), TransactionsError> {
    let is_told = |(summed, of): (usize, usize)| summed >= FEWEST && summed * 2 >= of;
    if !is_told(with_sums(few)?) {
        return Ok(());
    }
    let all = with_sums(parts)?;
    match is_told(all) {
        true => Err(TransactionsError::Subtotals { customers: all.0 as u64, of: all.1 as u64 }),
        false => Ok(()),
    }
}

/// Customers with a row that is the sum of their others, of how many with four rows or more.
fn with_sums(parts: &Parts) -> PolarsResult<(usize, usize)> {
    let money = || col("amount_pennies");
    let counted = parts.collect(|part| {
        let customers = part.group_by([col("customer_id")]).agg([
            len().cast(DataType::Int64).alias("rows"),
            money().sum().alias("sum"),
            money().max().alias("most"),
        ]);
        let several = customers.filter(col("rows").gt_eq(lit(FEWEST_ROWS)));
        let is_a_sum = col("most").gt(lit(0_i64)).and(col("sum").eq(col("most") * lit(2_i64)));
        Ok(several.select([is_a_sum.alias("has_sum")]))
    })?;
    let summed = counted.column("has_sum")?.bool()?.sum().unwrap_or(0);
    Ok((summed as usize, counted.height()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_whose_rows_hold_their_sum_are_found() {
        let table = |summed: i64| {
            let (mut ids, mut amounts) = (Vec::new(), Vec::new());
            for customer in 0..10_i64 {
                let own = [100 + customer, 250, 333];
                let last = if customer < summed { own.iter().sum::<i64>() } else { 700 };
                for amount in own.into_iter().chain([last]) {
                    ids.push(customer);
                    amounts.push(amount);
                }
            }
            let rows = df!("customer_id" => ids, "amount_pennies" => amounts).expect("two columns");
            Parts::from(rows.lazy())
        };
        let refused = |summed: i64| refuse(&table(summed), &table(summed)).is_err();
        assert_eq!([0, 4, 5, 10].map(refused), [false, false, true, true]);
    }
}
