//! Shares with the number of cases behind them, and how certain they are.
//!
//! ```
//! use segmentation_lib::proportion::Proportion;
//!
//! let came_back = Proportion { count: 12, of: 40 };
//! let (low, high) = came_back.interval();
//! assert_eq!(format!("{:.2} ({low:.2} to {high:.2})", came_back.share()), "0.30 (0.18 to 0.45)");
//! ```

use serde::{Deserialize, Serialize};

/// The 97.5 % quantile of the normal distribution: two-sided intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many: 12 of 40 customers came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proportion {
    /// Cases that have the property.
    pub count: u64,
    /// All cases.
    pub of: u64,
}

impl Proportion {
    /// The share in [0, 1]; 0 of no cases.
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }

    /// The 95 % interval of Wilson (1927): lower and upper bound in [0, 1]. Of no cases it is (0, 1).
    ///
    /// Unlike the share plus and minus its standard error, it holds for few cases and for shares near 0 and 1.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p, z2) = (self.of as f64, self.share(), Z * Z);
        let middle = p + z2 / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Recorded from `statsmodels.stats.proportion.proportion_confint(count, of, method="wilson")`, 0.15.
    const STATSMODELS: [(u64, u64, (f64, f64)); 5] = [
        (0, 10, (0.0, 0.27753279986288926)),
        (10, 10, (0.7224672001371106, 1.0)),
        (12, 40, (0.1807484522974653, 0.45430018818144946)),
        (1, 3, (0.06149194472039626, 0.7923403991979523)),
        (412, 12981, (0.02885881465090782, 0.03489563791180219)),
    ];

    fn close(seen: (f64, f64), expected: (f64, f64)) -> bool {
        (seen.0 - expected.0).abs() < 1e-12 && (seen.1 - expected.1).abs() < 1e-12
    }

    #[test]
    fn intervals_are_those_of_statsmodels() {
        for (count, of, expected) in STATSMODELS {
            let seen = Proportion { count, of }.interval();
            assert!(close(seen, expected), "{count} of {of}: {seen:?}, not {expected:?}");
        }
    }

    #[test]
    fn of_no_cases_nothing_is_known() {
        let none = Proportion { count: 0, of: 0 };
        assert_eq!((none.share(), none.interval()), (0.0, (0.0, 1.0)));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share_and_narrows_with_more_cases(count in 0u64..500, more in 0u64..500) {
            let few = Proportion { count, of: count + more };
            let many = Proportion { count: count * 10, of: (count + more) * 10 };
            let (low, high) = few.interval();
            prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            prop_assert!(few.of == 0 || low <= few.share() + 1e-12 && few.share() <= high + 1e-12);
            prop_assert!(few.of == 0 || many.interval().1 - many.interval().0 <= high - low);
        }
    }
}
