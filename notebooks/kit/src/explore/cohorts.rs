//! Who came back, by the month of the first purchase.

use polars::prelude::*;

/// Customers by the month of their first purchase, and how many of them came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohorts {
    /// First month of each cohort (`1997-01`), ascending.
    pub months: Vec<String>,
    /// Customers of each cohort.
    pub customers: Vec<u32>,
    /// `retention[c][a]`: share of cohort `c` that purchased `a` months after its first month.
    pub retention: Vec<Vec<f64>>,
}

impl Cohorts {
    /// Share of the customers who purchased `months` after their first month, of the cohorts that are as old.
    pub fn back_after(&self, months: usize) -> f64 {
        let aged = self.retention.iter().zip(&self.customers);
        let aged = aged.filter_map(|(row, &customers)| Some((*row.get(months)?, f64::from(customers))));
        let (back, all) = aged.fold((0.0, 0.0), |(back, all), (share, n)| (back + share * n, all + n));
        if all > 0.0 { back / all } else { 0.0 }
    }
}

/// Monthly cohorts by first purchase, returns left out. Cost: linear in the transactions.
pub fn cohorts(transactions: LazyFrame) -> PolarsResult<Cohorts> {
    let year = col("purchased_at").dt().year().cast(DataType::Int32);
    let month = col("purchased_at").dt().month().cast(DataType::Int32);
    let counted = transactions
        .filter(col("is_return").not())
        .select([col("customer_id"), (year * lit(12) + month - lit(1)).alias("month")])
        .with_columns([col("month").min().over([col("customer_id")])?.alias("cohort")])
        .group_by([col("cohort"), col("month")])
        .agg([col("customer_id").n_unique().cast(DataType::UInt32).alias("customers")])
        .sort(["cohort", "month"], SortMultipleOptions::default())
        .collect()?;
    let (cohort, month) = (counted.column("cohort")?.i32()?, counted.column("month")?.i32()?);
    let customers = counted.column("customers")?.u32()?;
    let rows = cohort.no_null_iter().zip(month.no_null_iter()).zip(customers.no_null_iter());
    Ok(table(rows.map(|((cohort, month), customers)| (cohort, month, customers))))
}

/// From counts ascending by cohort and month; months without a purchase count as nobody.
fn table(counts: impl Iterator<Item = (i32, i32, u32)>) -> Cohorts {
    let mut cohorts = Cohorts { months: Vec::new(), customers: Vec::new(), retention: Vec::new() };
    let (mut current, mut last, mut firsts) = (None, None, Vec::new());
    for (cohort, month, customers) in counts {
        last = last.max(Some(month));
        if current != Some(cohort) {
            current = Some(cohort);
            firsts.push(cohort);
            cohorts.months.push(format!("{}-{:02}", cohort.div_euclid(12), cohort.rem_euclid(12) + 1));
            // Everybody of a cohort purchased in its first month.
            cohorts.customers.push(customers);
            cohorts.retention.push(Vec::new());
        }
        if let (Some(row), Some(&size)) = (cohorts.retention.last_mut(), cohorts.customers.last()) {
            row.resize((month - cohort) as usize, 0.0);
            row.push(f64::from(customers) / f64::from(size));
        }
    }
    // What ends before the last month of the data had nobody in the months after it.
    if let Some(last) = last {
        for (row, first) in cohorts.retention.iter_mut().zip(firsts) {
            row.resize((last - first) as usize + 1, 0.0);
        }
    }
    cohorts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::sample::purchases;

    #[test]
    fn cohorts_count_who_came_back_and_leave_returns_out() {
        let found = cohorts(purchases()).expect("the columns are there");
        assert_eq!(found.months, ["1970-01"]);
        assert_eq!(found.customers, [2]);
        assert_eq!(found.retention, [[1.0, 0.5, 0.5]]);
    }

    #[test]
    fn months_without_a_purchase_count_nobody() {
        let found = table([(12, 12, 4), (12, 14, 1), (13, 13, 2)].into_iter());
        assert_eq!(found.months, ["1-01", "1-02"]);
        assert_eq!(found.retention, [vec![1.0, 0.0, 0.25], vec![1.0, 0.0]]);
    }
}
