//! Customers beyond a fence, taken out of the table.

use super::{CustomerTable, FeaturesError};
use crate::quantile::quantile;

/// A fence around the bulk of a feature: [q - f (Q - q), Q + f (Q - q)] with q and Q the lower and
/// the upper quantile (Tukey 1977 with other quantiles).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fence {
    /// Lower quantile, in (0, 0.5); the upper one is 1 less it.
    pub quantile: f64,
    /// Width of the fence in quantile ranges, at least 0.
    pub factor: f64,
}

impl CustomerTable {
    /// The customers within the fence of every named feature, one feature after the other, each fence
    /// computed on the customers the one before left.
    ///
    /// The default run keeps everybody, because every customer needs a segment; this is for analyses
    /// that do not. Cost: n log n a feature.
    pub fn within(&self, features: &[&str], fence: Fence) -> Result<Self, FeaturesError> {
        let Fence { quantile: q, factor } = fence;
        if !(q > 0.0 && q < 0.5 && factor >= 0.0) {
            return Err(FeaturesError::Fence { quantile: q, factor });
        }
        let mut table = self.clone();
        for name in features {
            let values = table.values(name)?;
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let (low, high) = (quantile(&sorted, q), quantile(&sorted, 1.0 - q));
            let (low, high) = (low - factor * (high - low), high + factor * (high - low));
            let inside: Vec<bool> = values.iter().map(|v| (low..=high).contains(v)).collect();
            table = table.only(&inside)?;
        }
        if table.is_empty() { Err(FeaturesError::NoCustomers) } else { Ok(table) }
    }
}
