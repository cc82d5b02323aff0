//! What the exploration shows of the transactions before anything is clustered.

use polars::prelude::*;

/// Sales of each month: `month` (`2011-12`), `revenue_pennies` (net of returns), `purchases` and
/// `customers` (distinct), ascending. Cost: linear in the transactions.
pub fn sales_by_month(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    transactions
        .group_by([col("purchased_at").dt().to_string("%Y-%m").alias("month")])
        .agg([
            col("amount_pennies").sum().alias("revenue_pennies"),
            col("purchase_id").n_unique().alias("purchases"),
            col("customer_id").n_unique().alias("customers"),
        ])
        .sort(["month"], SortMultipleOptions::default())
        .collect()
}

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
    let mut current = None;
    for (cohort, month, customers) in counts {
        if current != Some(cohort) {
            current = Some(cohort);
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
    cohorts
}

/// How concentrated revenue is on few customers (Lorenz 1905, Gini 1912).
#[derive(Debug, Clone, PartialEq)]
pub struct Concentration {
    /// Cumulative share of customers, poorest first, from 0 to 1.
    pub customers: Vec<f64>,
    /// Their cumulative share of revenue.
    pub revenue: Vec<f64>,
    /// Gini coefficient: 0 when all spend the same, towards 1 when one customer spends everything.
    pub gini: f64,
}

/// Lorenz curve and Gini coefficient of the customers' revenue. A customer whose returns outweigh the
/// purchases counts as zero; without any revenue the coefficient is 0. Cost: n log n.
pub fn concentration(revenue_pennies: &[i64]) -> Concentration {
    let mut sorted: Vec<i64> = revenue_pennies.iter().map(|&pennies| pennies.max(0)).collect();
    sorted.sort_unstable();
    let (n, total) = (sorted.len() as f64, sorted.iter().map(|&v| v as f64).sum::<f64>().max(1.0));
    let mut curve = Concentration { customers: vec![0.0], revenue: vec![0.0], gini: 0.0 };
    let (mut sum, mut area) = (0.0, 0.0);
    for (i, &pennies) in sorted.iter().enumerate() {
        let before = sum;
        sum += pennies as f64;
        area += (before + sum) / (2.0 * total * n);
        curve.customers.push((i + 1) as f64 / n);
        curve.revenue.push(sum / total);
    }
    curve.gini = if sum > 0.0 { 1.0 - 2.0 * area } else { 0.0 };
    curve
}

/// Centres and counts of `bins` bins of equal width over the finite values; none for no values.
pub fn histogram(values: &[f64], bins: usize) -> (Vec<f64>, Vec<u64>) {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let (low, high) = finite.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    if finite.is_empty() || bins == 0 {
        return (Vec::new(), Vec::new());
    }
    let width = if high > low { (high - low) / bins as f64 } else { 1.0 };
    let mut counts = vec![0; bins];
    for value in finite {
        counts[(((value - low) / width) as usize).min(bins - 1)] += 1;
    }
    ((0..bins).map(|bin| low + (bin as f64 + 0.5) * width).collect(), counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purchases() -> LazyFrame {
        let day = 86_400_000_i64;
        let frame = df!(
            "customer_id" => ["a", "a", "b", "b", "a"],
            "purchase_id" => ["1", "2", "3", "4", "5"],
            "purchased_at" => [0, 31 * day, day, 62 * day, 63 * day],
            "is_return" => [false, false, false, false, true],
            "amount_pennies" => [100_i64, 200, 300, 400, -50],
        );
        let moments = DataType::Datetime(TimeUnit::Milliseconds, None);
        frame.expect("columns of one length").lazy().with_columns([col("purchased_at").cast(moments)])
    }

    #[test]
    fn months_add_up_net_of_returns() {
        let months = sales_by_month(purchases()).expect("the columns are there");
        let revenue: Vec<i64> = months
            .column("revenue_pennies")
            .and_then(|c| c.i64().map(|c| c.no_null_iter().collect()))
            .expect("whole pennies");
        assert_eq!(revenue, [400, 200, 350]);
    }

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
        assert_eq!(found.retention, [vec![1.0, 0.0, 0.25], vec![1.0]]);
    }

    #[test]
    fn equal_customers_have_a_gini_of_zero() {
        assert!(concentration(&[5, 5, 5, 5]).gini.abs() < 1e-12);
    }

    #[test]
    fn one_customer_with_everything_has_the_greatest_gini_of_n() {
        let curve = concentration(&[0, 0, 0, 100]);
        assert!((curve.gini - 0.75).abs() < 1e-12);
        assert_eq!(curve.revenue, [0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn nobody_with_revenue_has_a_gini_of_zero() {
        assert_eq!(concentration(&[-5, 0]).gini, 0.0);
    }

    #[test]
    fn every_finite_value_falls_into_one_bin() {
        let (centers, counts) = histogram(&[0.0, 0.1, 9.9, 10.0, f64::NAN], 10);
        assert_eq!(centers.first(), Some(&0.5));
        assert_eq!(counts, [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn equal_values_share_a_bin_and_none_make_none() {
        assert_eq!(histogram(&[3.0, 3.0], 2).1, [2, 0]);
        assert_eq!(histogram(&[], 5), (vec![], vec![]));
    }
}
