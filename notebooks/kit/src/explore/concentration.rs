//! How few customers bring how much of the revenue.

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

impl Concentration {
    /// Share of revenue of the poorest `share` of the customers, by the customer next below.
    pub fn revenue_of_the_first(&self, share: f64) -> f64 {
        let at = self.customers.partition_point(|&customers| customers <= share + 1e-12);
        self.revenue.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_poorest_half_is_read_off_the_curve() {
        let curve = concentration(&[1, 3, 4, 8]);
        assert_eq!(curve.revenue_of_the_first(0.5), 0.25);
        assert_eq!((curve.revenue_of_the_first(0.0), curve.revenue_of_the_first(1.0)), (0.0, 1.0));
    }

    #[test]
    fn nobody_with_revenue_has_a_gini_of_zero() {
        assert_eq!(concentration(&[-5, 0]).gini, 0.0);
    }
}
